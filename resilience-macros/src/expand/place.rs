//! Where in the stack a piece of code stands.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::Lifetime;

#[expect(clippy::struct_excessive_bools, reason = "facts that do not depend on each other")]
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place {
    /// Whether arguments taken by value are in slots, and not under their names.
    pub(crate) has_slots: bool,
    /// Whether the code may run more than once, so that `self` cannot be moved into it.
    pub(crate) runs_again: bool,
    pub(crate) depth: usize,
    pub(crate) is_last: bool,
    /// Whether a context guard is in scope, in asynchronous code.
    pub(crate) has_scope: bool,
    /// The depth of the innermost timeout that is a context guard.
    pub(crate) limited_by: Option<usize>,
    /// Whether a retry around it asks if one further in has given up.
    pub(crate) is_in_attempt: bool,
    /// Whether a cache is around it, which asks if the answer is degraded.
    pub(crate) is_cached: bool,
}

impl Place {
    /// A label that no other layer has.
    pub(crate) fn label(self, name: &str, at: Span) -> Lifetime {
        label(self.depth, name, at)
    }

    /// The context guard in scope, for a further guard or an await point.
    pub(crate) fn scope(self) -> TokenStream {
        let at = Span::mixed_site();
        if self.has_scope { quote_spanned!(at=> &mut __scope) } else { quote_spanned!(at=> ()) }
    }
}

pub(super) fn label(depth: usize, name: &str, at: Span) -> Lifetime {
    Lifetime::new(&format!("'__layer{depth}_{name}"), at)
}
