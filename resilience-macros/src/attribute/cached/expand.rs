use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::Expr;

use super::{Cached, Capacity};
use crate::expand::{ConstConfig, Expansion, KeySource, Place, Stored};
use crate::parse::expression::{bare, span_of};

impl Expansion {
    /// ```text
    /// // Input:  #[cached(ttl = 60)]
    /// // Output:
    /// let __lookup = lookup(&__CACHE, &__CONFIG, .., &__key, ..);
    /// if let Some(__out) = __lookup.find(&__key) { break '__hit __out; }
    /// let __load = match __lookup.join(to_owned_key(&__key)).await {
    ///     Miss::Ready(__out) => break '__hit __out,
    ///     Miss::Load(__load) => __load,
    /// };
    /// let __out: Output = { let mut __scope = LoadScope::new(..); <inner> };
    /// __lookup.complete(__load, __out, ..)
    /// ```
    ///
    /// No result is held across an await point, since it may not be `Send`.
    pub(crate) fn cached(&self, cached: &Cached, at: Span, place: Place, inner: &TokenStream) -> TokenStream {
        let (private, output) = (&self.private, &self.output);
        let value = cached.config.expression(&quote_spanned!(at=> #private::CacheConfig::DEFAULT));
        let ConstConfig { item, name: config, .. } =
            self.config("CacheConfig", &value, cached.config.constants(), cached.config.is_literal(), at);
        let configured = self.configured(place.depth, at);
        let site = self.cache_site(cached, at);
        let rebound = self.rebind(place);
        let key = cached.key.as_ref().map_or(KeySource::ParametersBut(&cached.skip), KeySource::Expression);
        let stored = Stored { key, results: true };
        let key = self.key(stored, at, place);
        let stored_at = self.static_bound_at(stored);
        let there = self.private.placed(stored_at);
        let hit = place.label("hit", at);
        let lookup = self.lookup(cached, &config, stored_at, at);
        let (join, scope) = if self.is_async() {
            let join = quote_spanned!(stored_at=> __lookup.join(__key));
            (self.await_point(&join, stored_at, place), place.scope())
        } else {
            (quote_spanned!(stored_at=> __lookup.join_blocking(__key)), quote_spanned!(stored_at=> ()))
        };
        let mutable = self.is_async().then(|| quote_spanned!(stored_at=> mut));
        let complete = self.complete(cached, stored_at, at);
        let count_hit = self.needs.hits.then(|| quote_spanned!(stored_at=> __call_state.hit();));
        let end = |miss: &TokenStream| {
            quote_spanned! {stored_at=>
                let __load = match #miss {
                    #there::Miss::Ready(__out) => { #count_hit break #hit __out }
                    #there::Miss::Load(__load) => __load,
                };
            }
        };
        let owned_key = self.owned_key(cached.shared.as_ref(), stored, stored_at);
        let load = end(&join);
        let ask = cached.shared.as_ref().map(|_| self.far_level(&self.weigh(cached, at), end, stored_at, place));
        let store = quote_spanned! {stored_at=>
            #lookup
            if let ::core::option::Option::Some(__out) = __lookup.find(&__key) {
                #count_hit
                break #hit __out;
            }
            #owned_key
            #load
            #ask
        };
        let enter = quote_spanned!(stored_at=> let #mutable __scope = #there::LoadScope::new(__load.lead(), #scope););
        quote_spanned! {at=> #hit: {
            static __RESILIENCE_CACHE: #private::CacheSite = #private::CacheSite::#site #configured;
            #item
            #rebound
            let __key = #key;
            #store
            let __out: #output = {
                #enter
                #inner
            };
            #complete
        }}
    }

    fn cache_site(&self, cached: &Cached, at: Span) -> TokenStream {
        match &cached.name {
            Some(name) => quote_spanned!(at=> new(#name, ::core::file!(), ::core::line!())),
            None => {
                let find = self.finds_name();
                quote_spanned!(at=> of_function(#find))
            }
        }
    }

    fn lookup(&self, cached: &Cached, config: &TokenStream, stored_at: Span, at: Span) -> TokenStream {
        let (private, output) = (&self.private, &self.output);
        let there = self.private.placed(stored_at);
        let mut weight = match &cached.capacity {
            Capacity::Entries(_) => quote_spanned!(at=> ()),
            Capacity::Weight { .. } => quote_spanned!(at=> ::core::primitive::u64),
        };
        if cached.time_to_idle.is_some() {
            weight = quote_spanned!(at=> #private::IdleTime<#weight>);
        }
        let lookup = quote_spanned!(stored_at=> #there::lookup::<#output, #weight, _, _, _, _>);
        let function = self.function_ref();
        let caller = quote_spanned!(at=> #private::caller_of(|| #function, __reject));
        let policy = self.cache_policy(cached);
        // The type of a closure differs for each set of generic parameters; the `static` does not.
        let instantiation = quote_spanned!(at=> #private::instantiation_of(&|| ()));
        let found = quote_spanned!(stored_at=>
            #lookup(&__RESILIENCE_CACHE, #config, __keep, __share, #caller, &__key, #instantiation)
        );
        if cached.shared.is_none() {
            return quote_spanned!(stored_at=> let __lookup = { #policy #found };);
        }
        let output_at = self.output_span.resolved_at(Span::mixed_site());
        let codec = self.private_at(output_at);
        let values = quote_spanned!(output_at=> let __values = #codec::value_codec(&__keep, __result););
        quote_spanned!(stored_at=> let (__lookup, __values) = { #policy #values (#found, __values) };)
    }

    /// Errors about the policy have the span of the return type.
    fn cache_policy(&self, cached: &Cached) -> TokenStream {
        let output = &self.output;
        let at = self.output_span.resolved_at(Span::mixed_site());
        let private = self.private_at(at);
        let (probe, policy) = if cached.negative_ttl.is_some() {
            ("NegativeCachePolicyProbe", "__resilience_negative_cache_policy")
        } else {
            ("CachePolicyProbe", "__resilience_cache_policy")
        };
        let (probe, policy) = (Ident::new(probe, at), Ident::new(policy, at));
        let share = cached.clone_error.as_ref().map_or_else(
            || quote_spanned!(at=> (&&#private::ShareFailureProbe::new(__result)).__resilience_share_failure()),
            |function| {
                let cloned = Self::call(function, &quote_spanned!(at=> __failure), &self.helper("call_clone_error"));
                let clone_error = Self::closure(function, "__failure", &cloned);
                // The compiler would check a type argument as well, and report an error that cannot be shared twice.
                quote_spanned!(at=> #private::share_with(__result, #clone_error))
            },
        );
        quote_spanned! {at=>
            use #private::probes::cache::*;
            let __result = ::core::marker::PhantomData::<fn() -> #output>;
            let __keep = (&&&#private::#probe::new(__result)).#policy();
            let __share = #share;
            let __reject = #private::LoadRejectionProbe::new(__result).__resilience_reject_load();
        }
    }

    fn complete(&self, cached: &Cached, stored_at: Span, at: Span) -> TokenStream {
        let when = cached.when.as_ref().map_or_else(
            || quote_spanned!(at=> |_| true),
            |predicate| {
                let asks = Self::ask(predicate, &quote_spanned!(at=> __out), &self.helper("asks"));
                quote_spanned!(at=> |__out| #asks)
            },
        );
        let weigh = self.weigh(cached, at);
        let failure = self.failure_of_load(cached, at);
        let arguments = quote_spanned!(at=> __load, __out, #when, #weigh, #failure);
        let Some(function) = &cached.ttl_function else {
            return quote_spanned!(stored_at=> __lookup.complete(#arguments));
        };
        let time = Self::call(function, &quote_spanned!(at=> __value), &self.helper("call_ttl"));
        let ttl = Self::closure(
            function,
            "__value",
            &quote_spanned!(at=> { let __ttl: ::core::time::Duration = #time; __ttl }),
        );
        quote_spanned!(stored_at=> __lookup.complete_for(#arguments, #ttl))
    }

    fn weigh(&self, cached: &Cached, at: Span) -> TokenStream {
        match &cached.capacity {
            Capacity::Entries(_) if cached.time_to_idle.is_none() => quote_spanned!(at=> |_, _| ()),
            Capacity::Entries(_) => {
                let private = &self.private;
                quote_spanned!(at=> |_, _| #private::IdleTime::new(()))
            }
            Capacity::Weight { weigh, .. } => self.weighs(weigh, cached.time_to_idle.is_some()),
        }
    }

    /// Decides whether a failure is a verdict, which ends a stale value, or an outage, whose error is logged.
    fn failure_of_load(&self, cached: &Cached, at: Span) -> TokenStream {
        let private = &self.private;
        if !cached.replaces_failures() {
            return quote_spanned!(at=> |_| #private::LoadFailure::Verdict);
        }
        let logged = cached.log_errors.map_or_else(
            || quote_spanned!(at=> ::core::option::Option::None),
            |asked| self.logged_error_of(&quote_spanned!(at=> __out), asked),
        );
        let is_outage = if let Some(predicate) = &cached.stale_when {
            let asks = Self::closure(predicate, "__failure", &self.ask_about_failure(predicate));
            self.call_with_output("failed", quote_spanned!(at=> __out, #asks))
        } else {
            let output = &self.output;
            quote_spanned! {at=> {
                use #private::probes::outage::*;
                let __result = ::core::marker::PhantomData::<fn() -> #output>;
                let __rule = (&&&#private::OutageProbe::new(__result)).__resilience_outage();
                #private::OutageRule::is_outage(&__rule, __out, &__call_state)
            }}
        };
        quote_spanned! {at=>
            |__out| if #is_outage { #private::LoadFailure::Outage(#logged) } else { #private::LoadFailure::Verdict }
        }
    }

    fn weighs(&self, weigh: &Expr, has_idle_time: bool) -> TokenStream {
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
        let weight = if has_idle_time {
            let private = self.private_at(at);
            quote_spanned!(at=> #private::IdleTime::new(__weight))
        } else {
            quote_spanned!(at=> __weight)
        };
        quote_spanned!(at=> |__key, __value| { let __weight: ::core::primitive::u64 = #call; #weight })
    }
}
