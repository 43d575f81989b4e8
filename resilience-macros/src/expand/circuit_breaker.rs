//! `#[circuit_breaker]`

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::gate::{Gate, Source};
use super::{Expansion, Place};
use crate::attribute::circuit_breaker::{CircuitBreaker, Instance};
use crate::parse::expression::span_of;

impl Expansion {
    pub(crate) fn circuit_breaker(
        &self,
        breaker: &CircuitBreaker,
        at: Span,
        place: Place,
        inner: &TokenStream,
    ) -> TokenStream {
        let (kind, key) = ("CircuitBreaker", breaker.key.as_ref());
        let source = match &breaker.instance {
            Instance::Shared(path) => Source::Shared { kind, path },
            Instance::Named(name, config) => Source::Site { kind, name: Some(name), key, config },
            Instance::OfFunction(config) => Source::Site { kind, name: None, key, config },
        };
        let gate = Gate { source, waits: false, map_err: breaker.map_err.as_ref() };
        self.gate(&gate, &self.record(breaker, at), at, place, inner)
    }

    /// ```text
    /// // Input:  #[circuit_breaker(ignore = is_cancelled, log_errors = true)]
    /// // Output: record::<Output>(__permit, &__out, |__failure| <fate>, <error>)
    /// // Input:  #[circuit_breaker]
    /// // Output: record::<Output>(__permit, &__out, by_classification(__classifier), None)
    /// ```
    fn record(&self, breaker: &CircuitBreaker, at: Span) -> TokenStream {
        let private = &self.private;
        let judge = match breaker.when.as_ref().or(breaker.ignore.as_ref()) {
            _ if breaker.classifies_only() && self.is_nameable() => {
                quote_spanned!(at=> #private::by_classification(__classifier))
            }
            None => {
                let fate = self.fate(breaker, at);
                quote_spanned!(at=> |__failure| #fate)
            }
            Some(asked) => {
                let (fate, here) = (self.fate(breaker, at), span_of(asked).resolved_at(at));
                Self::closure(asked, "__failure", &quote_spanned!(here=> { #fate }))
            }
        };
        let error = breaker.log_errors.map_or_else(
            || quote_spanned!(at=> ::core::option::Option::None),
            |asked| self.said_of(&quote_spanned!(at=> &__out), asked),
        );
        self.bounded("record", quote_spanned!(at=> __permit, &__out, #judge, #error))
    }

    /// What the breaker learns about `__failure`.
    fn fate(&self, breaker: &CircuitBreaker, at: Span) -> TokenStream {
        let private = &self.private;
        let counts = if let Some(predicate) = &breaker.when {
            self.asks_failure(predicate)
        } else {
            let classified = self.classified(at);
            quote_spanned!(at=> #classified.is_failure())
        };
        if let Some(predicate) = &breaker.ignore {
            let ignored = self.asks_failure(predicate);
            quote_spanned! {at=>
                if #ignored { #private::Fate::Ignored } else { #private::Fate::counted(#counts) }
            }
        } else {
            quote_spanned!(at=> #private::Fate::counted(#counts))
        }
    }
}
