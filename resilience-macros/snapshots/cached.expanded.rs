#[cfg_attr(
    doc,
    doc = "\n# Resilience\n\nFrom the outside in:\n\n1. `#[cached]`: keeps results for 1h, at most 10000 of them\n\n**Worst case:** the body runs once, and nothing limits its time."
)]
async fn ask(client: &Client, query: String) -> Result<Answer, AskError> {
    fn __resilience_function() -> &'static dyn ::resilience::__private::FunctionName {
        static __RESILIENCE_ITEM: ::resilience::__private::FunctionItem = ::resilience::__private::FunctionItem::new(
            &__resilience_function,
            ::core::module_path!(),
            "ask",
            true,
            ::core::file!(),
            ::core::line!(),
        );
        &__RESILIENCE_ITEM
    }
    const __RESILIENCE_FUNCTION: ::resilience::__private::FunctionRef = ::resilience::__private::FunctionRef::Item(
        __resilience_function,
    );
    let __call_state = ::resilience::__private::CallState::new();
    '__layer0_hit: {
        static __RESILIENCE_CACHE: ::resilience::__private::CacheSite = ::resilience::__private::CacheSite::of_function(
            __resilience_function,
        );
        let __key = {
            #[allow(
                unused_variables,
                clippy::no_effect_underscore_binding,
                clippy::shadow_reuse,
                clippy::shadow_same,
                clippy::shadow_unrelated,
                clippy::used_underscore_binding
            )]
            let query = &query;
            let __part0 = normalize(query);
            let __part1 = client.id;
            {
                use ::resilience::__private::probes::key_part::*;
                ::resilience::__private::KeyRef((
                    ::resilience::__private::Part::kind(
                            &__part0,
                            (&&&&::resilience::__private::KeyPartProbe::of(&__part0))
                                .__resilience_key_part(),
                        )
                        .part(__part0),
                    ::resilience::__private::Part::kind(
                            &__part1,
                            (&&&&::resilience::__private::KeyPartProbe::of(&__part1))
                                .__resilience_key_part(),
                        )
                        .part(__part1),
                ))
            }
        };
        let __lookup = {
            use ::resilience::__private::probes::cache::*;
            let __result = ::core::marker::PhantomData::<
                fn() -> Result<Answer, AskError>,
            >;
            let __keep = (&&&::resilience::__private::CachePolicyProbe::new(__result))
                .__resilience_cache_policy();
            let __share = (&&::resilience::__private::ShareFailureProbe::new(__result))
                .__resilience_share_failure();
            let __reject = ::resilience::__private::LoadRejectionProbe::new(__result)
                .__resilience_reject_load();
            ::resilience::__private::lookup::<
                Result<Answer, AskError>,
                (),
                _,
                _,
                _,
                _,
            >(
                &__RESILIENCE_CACHE,
                const {
                    &::resilience::__private::CacheConfig::DEFAULT
                        .ttl(::core::time::Duration::from_secs(3600u64))
                        .max_size(10000)
                },
                __keep,
                __share,
                ::resilience::__private::caller_of(|| __RESILIENCE_FUNCTION, __reject),
                &__key,
                ::resilience::__private::instantiation_of(&|| ()),
            )
        };
        if let ::core::option::Option::Some(__out) = __lookup.find(&__key) {
            break '__layer0_hit __out;
        }
        let __key = ::resilience::__private::to_owned_key(&__key);
        let __load = match __lookup.join(__key).await {
            ::resilience::__private::Miss::Ready(__out) => break '__layer0_hit __out,
            ::resilience::__private::Miss::Load(__load) => __load,
        };
        let __out: Result<Answer, AskError> = {
            let mut __scope = ::resilience::__private::LoadScope::new(__load.lead(), ());
            ::resilience::__private::in_context(
                    &mut __scope,
                    async move {
                        if let ::core::option::Option::Some(__out) = ::core::option::Option::None::<
                            Result<Answer, AskError>,
                        > {
                            return __out;
                        }
                        client.ask(query).await
                    },
                )
                .await
        };
        __lookup
            .complete(
                __load,
                __out,
                |_| true,
                |_, _| (),
                |_| ::resilience::__private::LoadFailure::Verdict,
            )
    }
}
