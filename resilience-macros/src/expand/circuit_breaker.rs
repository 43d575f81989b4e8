//! `#[circuit_breaker]`

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::{Code, ConstConfig, Expansion, Place};
use crate::options::{Breaker, CircuitBreaker, Config};
use crate::value::span_of;

impl Expansion {
    /// ```text
    /// // Input:  #[circuit_breaker(name = "llm")]
    /// // Output:
    /// '__gate: {
    ///     let __permit = match __BREAKER.breaker(&__CONFIG).admit() {
    ///         Ok(__permit) => __permit,
    ///         Err(__refusal) => break '__gate <refusal>,
    ///     };
    ///     let __out: Output = <inner>;
    ///     record(__permit, &__out, |__failure| <fate>);
    ///     __out
    /// }
    /// ```
    ///
    /// The `match` ends before the body begins: what it looks at would stay in the future for as long.
    pub(super) fn circuit_breaker(&self, breaker: &CircuitBreaker, at: Span, place: Place, inner: Code) -> TokenStream {
        let (private, path, output) = (&self.private, &self.path, &self.output);
        let (items, found) = match &breaker.breaker {
            Breaker::Shared(path) => {
                let here = span_of(path).resolved_at(Span::mixed_site());
                let private = self.private_at(here);
                let item = quote_spanned!(here=> static __RESILIENCE_SHARED: &#private::CircuitBreaker = &#path;);
                (item, quote_spanned!(at=> __RESILIENCE_SHARED))
            }
            Breaker::Named(name, config) => self.breaker_site("named", &quote!(#name), config, at),
            Breaker::OfFunction(config) => self.breaker_site("of_function", path, config, at),
        };
        let refused = self.has_flow.then(|| quote_spanned!(at=> __flow.refused(&__refusal);));
        let refuse = self.refusal(breaker.map_err.as_ref());
        let record = self.bounded("record");
        let counts = if let Some(predicate) = &breaker.when {
            self.asks_failure(predicate)
        } else {
            let classified = self.classified(at);
            quote_spanned!(at=> #classified.is_failure())
        };
        let fate = if let Some(predicate) = &breaker.ignore {
            let ignored = self.asks_failure(predicate);
            quote_spanned! {at=>
                if #ignored { #private::Fate::Ignored } else { #private::Fate::counted(#counts) }
            }
        } else {
            quote_spanned!(at=> #private::Fate::counted(#counts))
        };
        let inner = inner.value();
        let gate = place.label("gate", at);
        let give = self.give(&TokenStream::new());
        quote_spanned! {at=> #gate: {
            #items
            let __permit = match #found.admit() {
                ::core::result::Result::Ok(__permit) => __permit,
                ::core::result::Result::Err(__refusal) => {
                    #refused
                    break #gate #refuse;
                }
            };
            let __out: #output = #inner;
            #record(__permit, &__out, |__failure| #fate);
            #give
        }}
    }

    /// The items that hold a breaker of this function, and the expression that finds it.
    pub(super) fn breaker_site(
        &self,
        how: &str,
        name: &TokenStream,
        config: &Config,
        at: Span,
    ) -> (TokenStream, TokenStream) {
        let (private, how) = (&self.private, Ident::new(how, at));
        let value = config.expression(&quote_spanned!(at=> #private::BreakerConfig::DEFAULT));
        let ConstConfig { item, name: config } = self.config("BreakerConfig", &value, config.constants(), at);
        let items = quote_spanned! {at=>
            static __RESILIENCE_BREAKER: #private::BreakerSite =
                #private::BreakerSite::#how(#name, ::core::file!(), ::core::line!());
            #item
        };
        (items, quote_spanned!(at=> __RESILIENCE_BREAKER.breaker(#config)))
    }
}
