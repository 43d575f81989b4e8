//! `#[rate_limit]`

use proc_macro2::{Span, TokenStream};

use super::gate::{Gate, Source};
use super::{Expansion, Place};
use crate::attribute::rate_limit::RateLimit;

impl Expansion {
    pub(crate) fn rate_limit(&self, limit: &RateLimit, at: Span, place: Place, inner: &TokenStream) -> TokenStream {
        let RateLimit { config, wait, name, key, map_err, .. } = limit;
        let source = Source::Site { kind: "RateLimiter", name: name.as_ref(), key: key.as_ref(), config };
        let gate = Gate { source, waits: wait.is_some(), map_err: map_err.as_ref() };
        self.gate(&gate, &self.leaves(at), at, place, inner)
    }
}
