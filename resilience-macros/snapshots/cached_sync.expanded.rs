#[cfg_attr(
    doc,
    doc = "\n# Resilience\n\nFrom the outside in:\n\n1. `#[cached]`: keeps results without expiry, at most 1000 of them\n\n**Worst case:** the body runs once, and nothing limits its time."
)]
fn area(width: u32, height: u32) -> u32 {
    fn __resilience_function() -> &'static dyn ::resilience::__private::FunctionName {
        static __RESILIENCE_ITEM: ::resilience::__private::FunctionItem = ::resilience::__private::FunctionItem::new(
            &__resilience_function,
            ::core::module_path!(),
            "area",
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
            let __part0 = &width;
            let __part1 = &height;
            {
                use ::resilience::__private::probes::key_part::*;
                ::resilience::__private::KeyRef((
                    ::resilience::__private::Part::kind(
                            __part0,
                            (&&&&::resilience::__private::KeyPartProbe::of(&__part0))
                                .__resilience_key_part(),
                        )
                        .part(__part0),
                    ::resilience::__private::Part::kind(
                            __part1,
                            (&&&&::resilience::__private::KeyPartProbe::of(&__part1))
                                .__resilience_key_part(),
                        )
                        .part(__part1),
                ))
            }
        };
        let __lookup = {
            use ::resilience::__private::probes::cache::*;
            let __result = ::core::marker::PhantomData::<fn() -> u32>;
            let __keep = (&&&::resilience::__private::CachePolicyProbe::new(__result))
                .__resilience_cache_policy();
            let __share = (&&::resilience::__private::ShareFailureProbe::new(__result))
                .__resilience_share_failure();
            let __reject = ::resilience::__private::LoadRejectionProbe::new(__result)
                .__resilience_reject_load();
            ::resilience::__private::lookup::<
                u32,
                (),
                _,
                _,
                _,
                _,
            >(
                &__RESILIENCE_CACHE,
                const { &::resilience::__private::CacheConfig::DEFAULT },
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
        let __load = match __lookup.join_blocking(__key) {
            ::resilience::__private::Miss::Ready(__out) => break '__layer0_hit __out,
            ::resilience::__private::Miss::Load(__load) => __load,
        };
        let __out: u32 = {
            let __scope = ::resilience::__private::LoadScope::new(__load.lead(), ());
            ::resilience::__private::once(move || -> u32 { width * height })
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
