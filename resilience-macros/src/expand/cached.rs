//! `#[cached]`

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Expr;

use super::lasting::{Key, Lasting};
use super::{ConstConfig, Expansion, Place};
use crate::attribute::cached::{Cached, Capacity};
use crate::parse::expression::{bare, span_of};

impl Expansion {
    /// ```text
    /// // Input:  #[cached(ttl = 60)]
    /// // Output:
    /// let __key = KeyRef((Part::part(query),));
    /// let __lookup = lookup(&__CACHE, &__CONFIG, <cache policy>, <failure sharing>, &__key, <instantiation>);
    /// if let Some(__out) = __lookup.find(&__key) { break '__kept __out; }
    /// let __load = match __lookup.join(to_owned_key(&__key), &__call_state).await {
    ///     Miss::Ready(__out) => break '__kept __out,
    ///     Miss::Load(__load) => __load,
    /// };
    /// let __out: Output = { let mut __scope = LoadScope::new(__load.id(), &__call_state, <the scope around it>); <inner> };
    /// __lookup.complete(__load, __out, &__call_state, |_| true, |_, _| (), |_| None)
    /// ```
    ///
    /// No result is looked at while another is awaited: it may be less `Send` than the future.
    pub(crate) fn cached(&self, cached: &Cached, at: Span, place: Place, inner: &TokenStream) -> TokenStream {
        let (private, path, output) = (&self.private, &self.path, &self.output);
        let value = cached.config.expression(&quote_spanned!(at=> #private::CacheConfig::DEFAULT));
        let ConstConfig { item, name: config } = self.config("CacheConfig", &value, cached.config.constants(), at);
        let name = cached.name.as_ref().map_or_else(|| path.clone(), ToTokens::to_token_stream);
        let rebound = self.rebind(place);
        let key = cached.key.as_ref().map_or(Key::ParametersBut(&cached.skip), Key::Expression);
        let kept_for_good = Lasting { key, results: true };
        let key = self.key(kept_for_good, at, place);
        let scale = match &cached.capacity {
            Capacity::Entries(_) => None,
            Capacity::Weight { weigh, .. } => Some(weigh),
        };
        let lasting = self.lasting_at(kept_for_good);
        let there = self.private.placed(lasting);
        let weight =
            if scale.is_some() { quote_spanned!(at=> ::core::primitive::u64) } else { quote_spanned!(at=> ()) };
        let lookup = quote_spanned!(lasting=> #there::lookup::<#output, #weight, _, _, _>);
        // The type of a closure depends on all generic parameters around it, those of an `impl` included, which the `static`
        // cannot tell apart.
        let instantiation = quote_spanned!(at=> #private::instantiation_of(&|| ()));
        let kept = {
            // What cannot be kept is reported at the return type.
            let at = self.output_span.resolved_at(Span::mixed_site());
            let private = self.private_at(at);
            let (probe, policy) = if cached.negative_ttl.is_some() {
                ("NegativeCachePolicyProbe", "__resilience_negative_cache_policy")
            } else {
                ("CachePolicyProbe", "__resilience_cache_policy")
            };
            let (probe, policy) = (Ident::new(probe, at), Ident::new(policy, at));
            quote_spanned! {at=>
                use #private::probes::*;
                let __result = ::core::marker::PhantomData::<fn() -> #output>;
                let __keep = (&&&#private::#probe::new(__result)).#policy();
                let __share = (&&#private::ShareFailureProbe::new(__result)).__resilience_share_failure();
            }
        };
        let when = cached.when.as_ref().map_or_else(
            || quote_spanned!(at=> |_| true),
            |predicate| {
                let asks = Self::asks(predicate, &quote_spanned!(at=> __out), &self.helper("asks"));
                quote_spanned!(at=> |__out| #asks)
            },
        );
        let (join, mark) = if self.is_async() {
            let section = place.section();
            (
                self.leaf(&quote_spanned!(lasting=> __lookup.join(__key, &__call_state)), lasting, place),
                quote_spanned!(lasting=> let mut __scope = #there::LoadScope::new(__load.id(), &__call_state, #section);),
            )
        } else {
            (
                quote_spanned!(lasting=> __lookup.join_blocking(__key, &__call_state)),
                quote_spanned!(lasting=> let __scope = #there::LoadScope::new(__load.id(), &__call_state, ());),
            )
        };
        let weigh = scale.map_or_else(|| quote_spanned!(at=> |_, _| ()), |weigh| self.weighs(weigh));
        let logged_error = cached.log_errors.map_or_else(
            || quote_spanned!(at=> |_| ::core::option::Option::None),
            |asked| {
                let said = self.said_of(&quote_spanned!(at=> __out), asked);
                quote_spanned!(at=> |__out| #said)
            },
        );
        let complete =
            quote_spanned!(lasting=> __lookup.complete(__load, __out, &__call_state, #when, #weigh, #logged_error));
        let kept_already = place.label("kept", at);
        let store = quote_spanned! {lasting=>
            let __lookup = {
                #kept
                #lookup(&__RESILIENCE_CACHE, #config, __keep, __share, &__key, #instantiation)
            };
            if let ::core::option::Option::Some(__out) = __lookup.find(&__key) {
                break #kept_already __out;
            }
            let __key = #there::to_owned_key(&__key);
            let __load = match #join {
                #there::Miss::Ready(__out) => break #kept_already __out,
                #there::Miss::Load(__load) => __load,
            };
        };
        quote_spanned! {at=> #kept_already: {
            static __RESILIENCE_CACHE: #private::CacheSite = #private::CacheSite::new(#name);
            #item
            #rebound
            let __key = #key;
            #store
            let __out: #output = {
                #mark
                #inner
            };
            #complete
        }}
    }

    /// The user's scale, as a closure.
    fn weighs(&self, weigh: &Expr) -> TokenStream {
        let at = span_of(weigh).resolved_at(Span::mixed_site());
        let call = match bare(weigh) {
            Expr::Path(path) => quote_spanned!(at=> #path(__key, __value)),
            Expr::Field(method) => {
                let (base, member) = (&method.base, &method.member);
                quote_spanned!(at=> #base.#member(__key, __value))
            }
            closure => {
                let private = self.private_at(at);
                quote_spanned!(at=> #private::weigh_with(__key, __value, #closure))
            }
        };
        quote_spanned!(at=> |__key, __value| { let __weight: ::core::primitive::u64 = #call; __weight })
    }
}
