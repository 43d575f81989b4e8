//! `#[bulkhead]`

use proc_macro2::{Span, TokenStream};

use super::gate::{Gate, Source};
use super::{Expansion, Place};
use crate::attribute::bulkhead::Bulkhead;

impl Expansion {
    pub(crate) fn bulkhead(&self, bulkhead: &Bulkhead, at: Span, place: Place, inner: &TokenStream) -> TokenStream {
        let Bulkhead { config, queue, name, key, map_err, .. } = bulkhead;
        let source = Source::Site { kind: "Bulkhead", name: name.as_ref(), key: key.as_ref(), config };
        let gate = Gate { source, waits: queue.is_some(), map_err: map_err.as_ref() };
        self.gate(&gate, &self.leaves(at), at, place, inner)
    }
}
