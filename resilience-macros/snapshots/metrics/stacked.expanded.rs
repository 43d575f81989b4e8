#[allow(clippy::cognitive_complexity)]
#[allow(clippy::absolute_paths)]
#[cfg_attr(
    doc,
    doc = "\n# Resilience\n\nFrom the outside in:\n\n1. `#[cached]`: keeps results for 1h, at most 10000 of them\n2. `#[timeout]`: at most 2m\n3. `#[fallback]`: falls back on `ask_small_model`, then `canned_answer`\n4. `#[retry]`: up to 4 attempts, with pauses of at most 7s in total, unless the service asks for longer ones\n5. `#[circuit_breaker]`: guarded by `llm`\n6. `#[timeout]`: at most 30s\n\n**Worst case:** the body runs 4 times, and the call takes 2m, plus any wait for another caller."
)]
async fn ask(client: &Client, query: &str) -> Result<Answer, AskError> {
    #[timeout(__not_from_resilience_then_write_its_full_path)]
    const _: () = ();
    #[fallback(__not_from_resilience_then_write_its_full_path)]
    const _: () = ();
    #[retry(__not_from_resilience_then_write_its_full_path)]
    const _: () = ();
    #[circuit_breaker(__not_from_resilience_then_write_its_full_path)]
    const _: () = ();
    #[timeout(__not_from_resilience_then_write_its_full_path)]
    const _: () = ();
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
    static __RESILIENCE_CALLS: ::resilience::__private::CallMetrics = ::resilience::__private::CallMetrics::of(
        __RESILIENCE_FUNCTION,
        &["cached", "timeout", "fallback", "retry", "circuit_breaker", "timeout"],
    );
    let __call = __RESILIENCE_CALLS.begin();
    let (__classifier, __identity) = {
        use ::resilience::__private::probes::failure_type::*;
        let __failure_type = <Result<
            Answer,
            AskError,
        > as ::resilience::__private::Outcome>::failure_type();
        (
            __failure_type.__resilience_classifier(),
            __failure_type.__resilience_identity(),
        )
    };
    let __call_state = ::resilience::__private::CallState::new();
    let __out: Result<Answer, AskError> = '__layer0_hit: {
        static __RESILIENCE_CACHE: ::resilience::__private::CacheSite = ::resilience::__private::CacheSite::of_function(
            __resilience_function,
        );
        let __key = {
            let __part0 = normalize(query);
            {
                use ::resilience::__private::probes::key_part::*;
                ::resilience::__private::KeyRef((
                    ::resilience::__private::Part::kind(
                            &__part0,
                            (&&&&::resilience::__private::KeyPartProbe::of(&__part0))
                                .__resilience_key_part(),
                        )
                        .part(__part0),
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
            '__layer1_limit: {
                #[inline]
                fn __resilience_limit() -> &'static ::resilience::__private::TimeoutConfig {
                    const {
                        &::resilience::__private::TimeoutConfig::new(
                            __RESILIENCE_FUNCTION,
                            ::core::time::Duration::from_secs(120u64),
                        )
                    }
                }
                let __rejection = '__layer1_expired: {
                    let mut __scope = ::resilience::__private::DeadlineScope::new(
                        __resilience_limit,
                        &mut __scope,
                    );
                    break '__layer1_limit ('__layer2_done: {
                        {
                            let __out: Result<Answer, AskError> = {
                                {
                                    let mut __retry = ::resilience::__private::Retry::<
                                        (),
                                    >::start();
                                    loop {
                                        __call_state.begin_cached_attempt();
                                        __RESILIENCE_CALLS.attempt();
                                        let __pause = {
                                            let __out: Result<Answer, AskError> = '__layer4_gate: {
                                                static __RESILIENCE_SITE: ::resilience::__private::Site<
                                                    ::resilience::__private::CircuitBreaker,
                                                > = ::resilience::__private::Site::named(
                                                    "llm",
                                                    ::core::file!(),
                                                    ::core::line!(),
                                                );
                                                let mut __scope = match __RESILIENCE_SITE
                                                    .enter_scope(
                                                        const {
                                                            &::resilience::__private::CircuitBreakerConfig::DEFAULT
                                                        },
                                                        __RESILIENCE_FUNCTION,
                                                        &mut __scope,
                                                    )
                                                {
                                                    ::core::result::Result::Ok(__permit) => __permit,
                                                    ::core::result::Result::Err(__rejection) => {
                                                        __call_state.rejected(&__rejection);
                                                        break '__layer4_gate (::resilience::__private::Rejection::rejected_by_gate::<
                                                            Result<Answer, AskError>,
                                                        >(__rejection, __identity, __RESILIENCE_FUNCTION));
                                                    }
                                                };
                                                let __out: Result<Answer, AskError> = {
                                                    #[inline]
                                                    fn __resilience_limit() -> &'static ::resilience::__private::TimeoutConfig {
                                                        const {
                                                            &::resilience::__private::TimeoutConfig::new(
                                                                __RESILIENCE_FUNCTION,
                                                                ::core::time::Duration::from_secs(30u64),
                                                            )
                                                        }
                                                    }
                                                    ::resilience::__private::Rejection::unless_rejected::<
                                                        Result<Answer, AskError>,
                                                    >(
                                                        ::resilience::__private::timeout_in_retry(
                                                                &__retry,
                                                                __resilience_limit,
                                                                &mut __scope,
                                                                async move {
                                                                    if let ::core::option::Option::Some(__out) = ::core::option::Option::None::<
                                                                        Result<Answer, AskError>,
                                                                    > {
                                                                        return __out;
                                                                    }
                                                                    client.complete("large", query).await
                                                                },
                                                            )
                                                            .await,
                                                    )
                                                };
                                                ::resilience::__private::record_classified::<
                                                    Result<Answer, AskError>,
                                                >(
                                                    __scope,
                                                    &__out,
                                                    __identity,
                                                    __classifier,
                                                    __RESILIENCE_FUNCTION,
                                                );
                                                __out
                                            };
                                            match ::resilience::__private::after_classified::<
                                                Result<Answer, AskError>,
                                            >(
                                                &mut __retry,
                                                const {
                                                    &::resilience::__private::RetryConfig::new(
                                                            __RESILIENCE_FUNCTION,
                                                        )
                                                        .max(3)
                                                        .exponential()
                                                },
                                                &__out,
                                                __identity,
                                                __classifier,
                                            ) {
                                                ::core::option::Option::None => break __out,
                                                ::core::option::Option::Some(__next) => {
                                                    __next.__resilience_pause(__out)
                                                }
                                            }
                                        };
                                        if let ::core::option::Option::Some(__out) = match ::resilience::__private::in_context(
                                                &mut __scope,
                                                __pause,
                                            )
                                            .await
                                        {
                                            ::core::result::Result::Ok(__out) => __out,
                                            ::core::result::Result::Err(__rejection) => {
                                                break '__layer1_expired __rejection;
                                            }
                                        } {
                                            break __out;
                                        }
                                    }
                                }
                            };
                            if !::resilience::__private::begins::<
                                Result<Answer, AskError>,
                            >(&__out, |_| true) {
                                break '__layer2_done __out;
                            }
                        }
                        ::resilience::__private::announce(
                            __RESILIENCE_FUNCTION,
                            1,
                            ::core::option::Option::None,
                        );
                        {
                            let __out: Result<Answer, AskError> = {
                                let __out: Result<Answer, AskError> = '__answered: {
                                    let __later = {
                                        let __argument0 = client;
                                        let __argument1 = query;
                                        let __answer = ask_small_model(__argument0, __argument1);
                                        use ::resilience::__private::probes::fallback::*;
                                        match (&&::resilience::__private::FallbackProbe::of(
                                            &__answer,
                                        ))
                                            .__resilience_fallback()
                                            .output(__answer)
                                        {
                                            ::resilience::__private::FallbackOutput::Ready(__out) => {
                                                break '__answered __out;
                                            }
                                            ::resilience::__private::FallbackOutput::Pending(
                                                __later,
                                            ) => __later,
                                        }
                                    };
                                    match ::resilience::__private::in_context(
                                            &mut __scope,
                                            __later,
                                        )
                                        .await
                                    {
                                        ::core::result::Result::Ok(__out) => __out,
                                        ::core::result::Result::Err(__rejection) => {
                                            break '__layer1_expired __rejection;
                                        }
                                    }
                                };
                                ::resilience::__private::substituted::<
                                    Result<Answer, AskError>,
                                >(&__out, __RESILIENCE_FUNCTION, 1);
                                __out
                            };
                            if !::resilience::__private::begins::<
                                Result<Answer, AskError>,
                            >(&__out, |_| true) {
                                break '__layer2_done __out;
                            }
                        }
                        ::resilience::__private::announce(
                            __RESILIENCE_FUNCTION,
                            2,
                            ::core::option::Option::None,
                        );
                        {
                            let __out: Result<Answer, AskError> = '__answered: {
                                let __later = {
                                    let __argument0 = client;
                                    let __argument1 = query;
                                    let __answer = canned_answer(__argument0, __argument1);
                                    use ::resilience::__private::probes::fallback::*;
                                    match (&&::resilience::__private::FallbackProbe::of(
                                        &__answer,
                                    ))
                                        .__resilience_fallback()
                                        .output(__answer)
                                    {
                                        ::resilience::__private::FallbackOutput::Ready(__out) => {
                                            break '__answered __out;
                                        }
                                        ::resilience::__private::FallbackOutput::Pending(
                                            __later,
                                        ) => __later,
                                    }
                                };
                                match ::resilience::__private::in_context(
                                        &mut __scope,
                                        __later,
                                    )
                                    .await
                                {
                                    ::core::result::Result::Ok(__out) => __out,
                                    ::core::result::Result::Err(__rejection) => {
                                        break '__layer1_expired __rejection;
                                    }
                                }
                            };
                            ::resilience::__private::substituted::<
                                Result<Answer, AskError>,
                            >(&__out, __RESILIENCE_FUNCTION, 2);
                            __out
                        }
                    });
                };
                break '__layer1_limit (<Result<
                    Answer,
                    AskError,
                > as ::resilience::__private::Outcome>::from_failure(
                    ::resilience::__private::Rejection::from_rejection(__rejection),
                ));
            }
        };
        __lookup
            .complete(
                __load,
                __out,
                |_| true,
                |_, _| (),
                |_| ::resilience::__private::LoadFailure::Verdict,
            )
    };
    {
        use ::resilience::__private::probes::failure::*;
        (&&&::resilience::__private::FailureProbe(&__out)).__resilience_end(__call);
    }
    __out
}
