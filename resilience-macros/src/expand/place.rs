//! The place of code in the stack.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::Lifetime;

#[expect(clippy::struct_excessive_bools, reason = "facts that do not depend on each other")]
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place {
    /// Arguments taken by value are in slots, and not under their names.
    pub(crate) has_slots: bool,
    /// A layer further out has taken `self` out of its slot, under another name.
    pub(crate) is_self_renamed: bool,
    /// Code that may run more than once cannot move `self`.
    pub(crate) runs_again: bool,
    pub(crate) depth: usize,
    pub(crate) is_last: bool,
    /// A context guard is in scope; never in synchronous code.
    pub(crate) has_scope: bool,
    /// The depth of the innermost timeout that is a context guard.
    pub(crate) limited_by: Option<usize>,
    /// A layer below may reject the call.
    pub(crate) is_above_gate: bool,
    /// An outer layer asks what is known about a failure.
    pub(crate) is_in_attempt: bool,
    /// A layer around it is a retry, whose attempt the code below can ask for.
    pub(crate) is_in_retry: bool,
    /// An outer cache asks whether the answer is degraded.
    pub(crate) is_cached: bool,
}

impl Place {
    pub(crate) fn label(self, name: &str, at: Span) -> Lifetime {
        label(self.depth, name, at)
    }

    pub(crate) fn scope(self) -> TokenStream {
        let at = Span::mixed_site();
        if self.has_scope { quote_spanned!(at=> &mut __scope) } else { quote_spanned!(at=> ()) }
    }
}

pub(super) fn label(depth: usize, name: &str, at: Span) -> Lifetime {
    Lifetime::new(&format!("'__layer{depth}_{name}"), at)
}
