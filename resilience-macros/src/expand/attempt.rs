//! Attempts of a retried call, each of which is one future of the runtime.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::Expansion;

/// The part of a layer in the future of an attempt.
pub(crate) enum AttemptPart {
    None,
    Retry(AttemptLoop),
    Gate(AttemptConfig),
    Limit(AttemptConfig),
}

pub(crate) struct AttemptLoop {
    pub(crate) before: TokenStream,
    pub(crate) each: TokenStream,
    pub(crate) config: AttemptConfig,
}

pub(crate) struct AttemptConfig {
    pub(crate) ty: TokenStream,
    pub(crate) value: TokenStream,
    /// An inner function cannot mention it.
    pub(crate) is_generic: bool,
}

impl AttemptConfig {
    fn none(at: Span) -> Self {
        let unit = quote_spanned!(at=> ());
        Self { ty: unit.clone(), value: unit, is_generic: false }
    }
}

pub(crate) struct Attempt {
    pub(crate) retry: AttemptLoop,
    pub(crate) gate: Option<AttemptConfig>,
    pub(crate) limit: Option<AttemptConfig>,
}

impl Attempt {
    pub(crate) fn of(parts: impl IntoIterator<Item = AttemptPart>) -> Option<Self> {
        let mut parts = parts.into_iter();
        let Some(AttemptPart::Retry(retry)) = parts.next() else { return None };
        let mut attempt = Self { retry, gate: None, limit: None };
        for part in parts {
            match part {
                AttemptPart::Gate(gate) if attempt.gate.is_none() && attempt.limit.is_none() => {
                    attempt.gate = Some(gate);
                }
                AttemptPart::Limit(limit) if attempt.limit.is_none() => attempt.limit = Some(limit),
                _ => return None,
            }
        }
        Some(attempt)
    }
}

impl Expansion {
    /// Returns whether an outermost retry can leave its attempts to the runtime.
    pub(crate) fn has_whole_attempts(&self, has_gate: bool) -> bool {
        // A rejected call takes no arguments out of their slots, and tells a cache further out.
        let is_admitted_first = !has_gate || !self.has_slots() && !self.needs.call_state;
        self.is_async() && !self.is_stream() && self.is_nameable() && !self.needs.body_runs && is_admitted_first
    }

    /// ```text
    /// // Input:  #[retry(max = 3)] #[circuit_breaker] #[timeout(secs = 30)]
    /// // Output:
    /// fn __resilience_layers() -> (&'static RetryConfig, BreakerEntry, &'static TimeoutConfig) { .. }
    /// let mut __retry = Retry::<()>::start();
    /// loop {
    ///     if let Some(__out) = Rejection::held_by::<Output, _>(AttemptOf::<Output>::NEW.__resilience_attempt(
    ///         &mut __retry, __resilience_layers, __identity, __classifier, async move { .. },
    ///     )).await { break __out; }
    /// }
    /// ```
    ///
    /// A function takes no place in the future, and one for all layers is checked in less time than one for each.
    pub(crate) fn attempts(&self, attempt: Attempt, at: Span, body: &TokenStream) -> TokenStream {
        let Attempt { retry: AttemptLoop { before, each, config }, gate, limit } = attempt;
        let [gate, limit] = [gate, limit].map(|part| part.unwrap_or_else(|| AttemptConfig::none(at)));
        let parts = [config, gate, limit];
        let types = parts.iter().map(|part| &part.ty);
        let values = parts.iter().map(|part| &part.value);
        let values = quote_spanned!(at=> (#(#values),*));
        let (function, layers) = if parts.iter().any(|part| part.is_generic) {
            (None, quote_spanned!(at=> || #values))
        } else {
            let function = quote_spanned! {at=>
                #[inline]
                fn __resilience_layers() -> (#(#types),*) { #values }
            };
            (Some(function), quote_spanned!(at=> __resilience_layers))
        };
        let (identity, output, here) = (self.identity(), &self.output, self.output_span);
        let private = self.private.placed(here);
        let make = quote_spanned!(here=> #private::AttemptOf::<#output>::NEW.__resilience_attempt);
        let arguments = quote_spanned!(at=> &mut __retry, #layers, #identity, __classifier, #body);
        let future = self.call_at_output(&make, arguments);
        let held = Ident::new("held_by", here);
        let future = self.call_at_output(&quote_spanned!(here=> #private::Rejection::#held::<#output, _>), future);
        let awaited = quote_spanned!(here=> #future.await);
        let give = self.out_value(&quote_spanned!(at=> break));
        quote_spanned! {at=> {
            #before
            #function
            loop {
                #each
                if let ::core::option::Option::Some(__out) = #awaited {
                    #give;
                }
            }
        }}
    }
}
