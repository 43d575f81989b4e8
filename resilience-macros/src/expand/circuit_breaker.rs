//! `#[circuit_breaker]`

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use super::Config;
use super::static_bound::{KeySource, Stored};
use super::{ConstConfig, Expansion, Place};
use crate::attribute::circuit_breaker::{CircuitBreaker, Instance};
use crate::parse::expression::span_of;

impl Expansion {
    /// ```text
    /// // Input:  #[circuit_breaker(name = "llm")]
    /// // Output:
    /// '__gate: {
    ///     let __permit = match __BREAKER.instance(&__CONFIG).admit() {
    ///         Ok(__permit) => __permit,
    ///         Err(__rejection) => break '__gate <rejection>,
    ///     };
    ///     let __out: Output = <inner>;
    ///     record_classified(__permit, &__out, __classifier); // or record(__permit, &__out, |__failure| <fate>)
    ///     __out
    /// }
    /// ```
    ///
    /// With `key = tenant`, the breaker stands in a local of its own: `let __breaker = __BREAKER.instance(&__CONFIG, &<key>);`.
    ///
    /// The `match` ends before the body begins: what it looks at would stay in the future for as long.
    pub(crate) fn circuit_breaker(
        &self,
        breaker: &CircuitBreaker,
        at: Span,
        place: Place,
        inner: &TokenStream,
    ) -> TokenStream {
        let (path, output) = (&self.path, &self.output);
        let key = breaker.key.as_ref().map(|key| {
            let lasting = Stored { key: KeySource::Expression(key), results: false };
            (self.key(lasting, at, place), self.static_bound_at(lasting))
        });
        let (items, found) = match &breaker.instance {
            Instance::Shared(path) => {
                let here = span_of(path).resolved_at(Span::mixed_site());
                let private = self.private_at(here);
                let item = quote_spanned!(here=> static __RESILIENCE_SHARED: &#private::CircuitBreaker = &#path;);
                (item, quote_spanned!(at=> __RESILIENCE_SHARED))
            }
            Instance::Named(name, config) => self.breaker_site("named", &quote!(#name), config, key.as_ref(), at),
            Instance::OfFunction(config) => self.breaker_site("of_function", path, config, key.as_ref(), at),
        };
        let rejected = self.needs.call_state.then(|| quote_spanned!(at=> __call_state.rejected(&__rejection);));
        let reject = self.rejection(breaker.map_err.as_ref());
        let record = if breaker.classifies_only() && self.is_nameable() {
            self.bounded("record_classified", quote_spanned!(at=> __permit, &__out, __classifier))
        } else {
            let fate = self.fate(breaker, at);
            let fate = match breaker.when.as_ref().or(breaker.ignore.as_ref()) {
                Some(asked) => {
                    let here = span_of(asked).resolved_at(at);
                    Self::closure(asked, "__failure", &quote_spanned!(here=> { #fate }))
                }
                None => quote_spanned!(at=> |__failure| #fate),
            };
            match breaker.log_errors {
                None => self.bounded("record", quote_spanned!(at=> __permit, &__out, #fate)),
                Some(asked) => {
                    let said = self.logged_error_of(&quote_spanned!(at=> &__out), asked);
                    self.bounded("record_said", quote_spanned!(at=> __permit, &__out, #fate, #said))
                }
            }
        };
        let gate = place.label("gate", at);
        // The breaker of a key is held for as long as the call is under way, and the key is gone before the body begins.
        let (held, found) = if key.is_some() {
            let rebound = self.rebind(place);
            (quote_spanned!(at=> #rebound let __breaker = #found;), quote_spanned!(at=> __breaker))
        } else {
            (TokenStream::new(), found)
        };
        let give = self.give(&TokenStream::new());
        quote_spanned! {at=> #gate: {
            #items
            #held
            let __permit = match #found.admit() {
                ::core::result::Result::Ok(__permit) => __permit,
                ::core::result::Result::Err(__rejection) => {
                    #rejected
                    break #gate #reject;
                }
            };
            let __out: #output = #inner;
            #record;
            #give
        }}
    }

    /// What the breaker learns of `__failure`.
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

    /// The items that hold a breaker of this function, and the expression that finds it.
    pub(crate) fn breaker_site(
        &self,
        how: &str,
        name: &TokenStream,
        config: &Config,
        key: Option<&(TokenStream, Span)>,
        at: Span,
    ) -> (TokenStream, TokenStream) {
        let (private, how) = (&self.private, Ident::new(how, at));
        let site = Ident::new(if key.is_some() { "KeyedBreakerSite" } else { "BreakerSite" }, at);
        let value = config.expression(&quote_spanned!(at=> #private::BreakerConfig::DEFAULT));
        let ConstConfig { item, name: config } = self.config("BreakerConfig", &value, config.constants(), at);
        let items = quote_spanned! {at=>
            static __RESILIENCE_BREAKER: #private::#site =
                #private::#site::#how(#name, ::core::file!(), ::core::line!());
            #item
        };
        let found = match key {
            Some((key, lasting)) => quote_spanned!(*lasting=> __RESILIENCE_BREAKER.instance(#config, &#key)),
            None => quote_spanned!(at=> __RESILIENCE_BREAKER.instance(#config)),
        };
        (items, found)
    }
}
