#[cfg_attr(
    doc,
    doc = "\n# Resilience\n\nFrom the outside in:\n\n1. `#[cached]`: keeps results for 1h, at most a weight of 1000000 of them; shares them with other processes in the store `crate::SHARED`, which is asked every 30s\n\n**Worst case:** the body runs once, and nothing limits its time."
)]
async fn ask(query: &str) -> Result<Answer, AskError> {
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
        static __RESILIENCE_CACHE: ::resilience::__private::CacheSite = ::resilience::__private::CacheSite::new(
            "answers",
            ::core::file!(),
            ::core::line!(),
        );
        let __key = {
            let __part0 = &*query;
            {
                use ::resilience::__private::probes::key_part::*;
                ::resilience::__private::KeyRef((
                    ::resilience::__private::Part::kind(
                            __part0,
                            (&&&&::resilience::__private::KeyPartProbe::of(&__part0))
                                .__resilience_key_part(),
                        )
                        .part(__part0),
                ))
            }
        };
        let (__lookup, __values) = {
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
            let __values = ::resilience::__private::value_codec(&__keep, __result);
            (
                ::resilience::__private::lookup::<
                    Result<Answer, AskError>,
                    ::core::primitive::u64,
                    _,
                    _,
                    _,
                    _,
                >(
                    &__RESILIENCE_CACHE,
                    const {
                        &::resilience::__private::CacheConfig::DEFAULT
                            .ttl(::core::time::Duration::from_secs(3600u64))
                            .max_weight(1000000)
                            .shared()
                            .version(3)
                            .near(::core::time::Duration::from_secs(30u64))
                    },
                    __keep,
                    __share,
                    ::resilience::__private::caller_of(
                        || __RESILIENCE_FUNCTION,
                        __reject,
                    ),
                    &__key,
                    ::resilience::__private::instantiation_of(&|| ()),
                ),
                __values,
            )
        };
        if let ::core::option::Option::Some(__out) = __lookup.find(&__key) {
            break '__layer0_hit __out;
        }
        let __keys = ::resilience::__private::key_codec(&__key);
        let __key = ::resilience::__private::to_owned_key(&__key);
        __lookup.connect(&crate::SHARED, __keys, __values);
        let __load = match __lookup.join(__key).await {
            ::resilience::__private::Miss::Ready(__out) => break '__layer0_hit __out,
            ::resilience::__private::Miss::Load(__load) => __load,
        };
        let __answer = __lookup.ask(&__load).await;
        let __load = match __lookup
            .take_answer(
                __load,
                __answer,
                |__key, __value| {
                    let __weight: ::core::primitive::u64 = size(__key, __value);
                    __weight
                },
            )
        {
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
                        remote(query).await
                    },
                )
                .await
        };
        __lookup
            .complete(
                __load,
                __out,
                |_| true,
                |__key, __value| {
                    let __weight: ::core::primitive::u64 = size(__key, __value);
                    __weight
                },
                |_| ::resilience::__private::LoadFailure::Verdict,
            )
    }
}
