//! `#[bulkhead]`

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, LitStr};

use super::Config;
use super::static_bound::{KeySource, Stored};
use super::{ConstConfig, Expansion, Place};
use crate::attribute::bulkhead::Bulkhead;

impl Expansion {
    /// ```text
    /// // Input:  #[bulkhead(max = 10, queue = 5)]
    /// // Output:
    /// '__gate: {
    ///     let __inside = match enter(__BULKHEAD.instance(&__CONFIG)).await {
    ///         Ok(__inside) => __inside,
    ///         Err(__rejection) => break '__gate <rejection>,
    ///     };
    ///     let __out: Output = <inner>;
    ///     drop(__inside);
    ///     __out
    /// }
    /// ```
    ///
    /// With `key = tenant`, the bulkhead stands in a local of its own, which keeps it in memory:
    /// `let __bulkhead = __BULKHEAD.instance(&__CONFIG, &<key>);`.
    ///
    /// Without a queue nothing is awaited. The place is free before any layer around it goes on.
    pub(crate) fn bulkhead(&self, bulkhead: &Bulkhead, at: Span, place: Place, inner: &TokenStream) -> TokenStream {
        let (private, output) = (&self.private, &self.output);
        let key = bulkhead.key.as_ref();
        let (items, mut found) = self.site("Bulkhead", bulkhead.name.as_ref(), key, &bulkhead.config, at, place);
        let held = key.map(|_| {
            let rebound = self.rebind(place);
            let held = quote_spanned!(at=> #rebound let __bulkhead = #found;);
            found = quote_spanned!(at=> &__bulkhead);
            held
        });
        let entered = match (&bulkhead.queue, self.is_async()) {
            (None, _) => quote_spanned!(at=> #private::enter_now(#found)),
            (Some(_), true) => self.await_point(&quote_spanned!(at=> #private::enter(#found)), at, place),
            (Some(_), false) => quote_spanned!(at=> #private::enter_blocking(#found)),
        };
        let rejected = self.needs.call_state.then(|| quote_spanned!(at=> __call_state.rejected(&__rejection);));
        let reject = self.rejection(bulkhead.map_err.as_ref());
        let (gate, give) = (place.label("gate", at), self.give(&TokenStream::new()));
        quote_spanned! {at=> #gate: {
            #items
            #held
            let __inside = match #entered {
                ::core::result::Result::Ok(__inside) => __inside,
                ::core::result::Result::Err(__rejection) => {
                    #rejected
                    break #gate #reject;
                }
            };
            let __out: #output = #inner;
            ::core::mem::drop(__inside);
            #give
        }}
    }

    /// The items that hold a named instance for this function, of the runtime's type `kind`, and the expression that finds
    /// it.
    pub(crate) fn site(
        &self,
        kind: &str,
        name: Option<&LitStr>,
        key: Option<&Expr>,
        config: &Config,
        at: Span,
        place: Place,
    ) -> (TokenStream, TokenStream) {
        let (private, path) = (&self.private, &self.path);
        let (ty, config_ty) = (Ident::new(kind, at), Ident::new(&format!("{kind}Config"), at));
        let value = config.expression(&quote_spanned!(at=> #private::#config_ty::DEFAULT));
        let ConstConfig { item, name: config } = self.config(&config_ty.to_string(), &value, config.constants(), at);
        let site = Ident::new(if key.is_some() { "KeyedSite" } else { "Site" }, at);
        let found = match key {
            Some(key) => {
                let lasting = Stored { key: KeySource::Expression(key), results: false };
                let (key, lasting) = (self.key(lasting, at, place), self.static_bound_at(lasting));
                quote_spanned!(lasting=> __RESILIENCE_SITE.instance(#config, &#key))
            }
            None => quote_spanned!(at=> __RESILIENCE_SITE.instance(#config)),
        };
        let how = Ident::new(if name.is_some() { "named" } else { "of_function" }, at);
        let name = name.map_or_else(|| path.clone(), ToTokens::to_token_stream);
        let items = quote_spanned! {at=>
            static __RESILIENCE_SITE: #private::#site<#private::#ty> =
                #private::#site::#how(#name, ::core::file!(), ::core::line!());
            #item
        };
        (items, found)
    }
}
