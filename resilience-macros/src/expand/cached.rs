//! `#[cached]`

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use super::{Code, ConstConfig, Expansion, Place};
use crate::options::Cached;

impl Expansion {
    /// ```text
    /// // Input:  #[cached(ttl = 60)]
    /// // Output:
    /// let __key = KeyRef((Part::part(query),));
    /// let __store = lookup(&__CACHE, &__CONFIG, <what is kept>, <what is shared>, &__key, <instance>);
    /// if let Some(__out) = __store.find(&__key) { break '__kept __out; }
    /// let __loading = match __store.join(to_owned_key(&__key), __flow).await {
    ///     Found::Ready(__out) => break '__kept __out,
    ///     Found::Load(__loading) => __loading,
    /// };
    /// let __out: Output = load(__loading.flight(), async move { <inner> }).await;
    /// __store.done(__loading, &__out, __flow, |_| true);
    /// __out
    /// ```
    ///
    /// No result is looked at while another is awaited: it may be less `Send` than the future.
    pub(super) fn cached(&self, cached: &Cached, at: Span, place: Place, inner: Code) -> TokenStream {
        let (private, path, output) = (&self.private, &self.path, &self.output);
        let value = cached.config.expression(&quote_spanned!(at=> #private::CacheConfig::DEFAULT));
        let ConstConfig { item, name: config } = self.config("CacheConfig", &value, cached.config.constants(), at);
        let name = cached.name.as_ref().map_or_else(|| path.clone(), ToTokens::to_token_stream);
        let rebound = self.rebind(place);
        let key = self.key(cached.key.as_ref(), &cached.skip, at);
        let lookup = quote_spanned!(at=> #private::lookup::<#output, _, _, _>);
        // The type of a closure names all generic parameters around it, those of an `impl` included, which the `static`
        // cannot tell apart.
        let instance = quote_spanned!(at=> ::core::any::type_name_of_val(&|| ()));
        let kept = {
            // What cannot be kept is reported at the return type.
            let at = self.output_span.resolved_at(Span::mixed_site());
            let private = self.private_at(at);
            quote_spanned! {at=>
                use #private::{
                    KeepAny as _, KeepPart as _, KeepUnfit as _, KeepWhole as _, SharesClone as _, SharesNothing as _,
                };
                let __kept = #private::Kept::<#output>::new();
                let (__keep, __share) = ((&&&__kept).__resilience_keep(), (&&__kept).__resilience_share());
            }
        };
        let when = cached.when.as_ref().map_or_else(
            || quote_spanned!(at=> |_| true),
            |predicate| {
                let asks =
                    Self::asks(predicate, &quote_spanned!(at=> __out), &quote!(#private::asks_result::<#output>));
                quote_spanned!(at=> |__out| #asks)
            },
        );
        let (join, load) = if self.is_async() {
            let moves = self.moves(place);
            let body = match inner {
                Code::Future(future) => future,
                Code::Value(inner) => quote_spanned!(at=> async #moves { #inner }),
            };
            (
                quote_spanned!(at=> __store.join(__key, __flow).await),
                quote_spanned!(at=> #private::load(__loading.flight(), #body).await),
            )
        } else {
            let inner = inner.value();
            (
                quote_spanned!(at=> __store.join_blocking(__key, __flow)),
                quote_spanned!(at=> {
                    let __leading = #private::lead(__loading.flight());
                    #inner
                }),
            )
        };
        let kept_already = place.label("kept", at);
        quote_spanned! {at=> #kept_already: {
            static __RESILIENCE_CACHE: #private::CacheSite = #private::CacheSite::new(#name);
            #item
            #rebound
            let __key = #key;
            let __store = {
                #kept
                #lookup(&__RESILIENCE_CACHE, #config, __keep, __share, &__key, #instance)
            };
            if let ::core::option::Option::Some(__out) = __store.find(&__key) {
                break #kept_already __out;
            }
            let __key = #private::to_owned_key(&__key);
            let __loading = match #join {
                #private::Found::Ready(__out) => break #kept_already __out,
                #private::Found::Load(__loading) => __loading,
            };
            let __out: #output = #load;
            __store.done(__loading, &__out, __flow, #when);
            __out
        }}
    }
}
