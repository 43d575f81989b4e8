#[allow(clippy::cognitive_complexity)]
#[allow(clippy::absolute_paths)]
#[cfg_attr(
    doc,
    doc = "\n# Resilience\n\nFrom the outside in:\n\n1. `#[fallback]`: falls back on `small_model`, then a fixed value\n2. `#[retry]`: up to 3 attempts, with pauses of at most 3s in total, unless the service asks for longer ones\n3. `#[circuit_breaker]`: guarded by `llm`\n4. `#[bulkhead]`: at most 10 concurrent calls for each `user`\n5. `#[timeout]`: at most 10m, at most 1m until the first item, at most 20s between two items\n\n**Worst case:** the body runs 3 times, and the call takes 30m3s, or up to 32m if the service asks for longer pauses, plus the time of the fallbacks."
)]
async fn ask(
    user: u32,
    query: &Query,
) -> Result<Pin<Box<dyn Stream<Item = Result<Chunk, AskError>> + Send>>, AskError> {
    #[retry(__not_from_resilience_then_write_its_full_path)]
    const _: () = ();
    #[circuit_breaker(__not_from_resilience_then_write_its_full_path)]
    const _: () = ();
    #[bulkhead(__not_from_resilience_then_write_its_full_path)]
    const _: () = ();
    #[timeout(__not_from_resilience_then_write_its_full_path)]
    const _: () = ();
    let __source = ::resilience::__private::FailureSource::new();
    let __opening: ::resilience::__private::StreamOpening<_, Result<Chunk, AskError>> = {
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
        let (__classifier, __identity) = {
            use ::resilience::__private::probes::failure_type::*;
            let __failure_type = <::resilience::__private::StreamEnd<
                Result<Chunk, AskError>,
            > as ::resilience::__private::Outcome>::failure_type();
            (
                __failure_type.__resilience_classifier(),
                __failure_type.__resilience_identity(),
            )
        };
        '__layer0_done: {
            '__layer0_value: {
                {
                    let __out: ::resilience::__private::StreamOpening<
                        _,
                        Result<Chunk, AskError>,
                    > = {
                        {
                            let mut __retry = ::resilience::__private::Retry::<
                                (),
                            >::start();
                            loop {
                                let __pause = {
                                    let __out: ::resilience::__private::StreamOpening<
                                        _,
                                        Result<Chunk, AskError>,
                                    > = '__layer2_gate: {
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
                                                (),
                                            )
                                        {
                                            ::core::result::Result::Ok(__permit) => __permit,
                                            ::core::result::Result::Err(__rejection) => {
                                                break '__layer2_gate ({
                                                    __source.layer();
                                                    ::resilience::__private::Rejection::rejected_by_gate::<
                                                        ::resilience::__private::StreamOpening<
                                                            _,
                                                            Result<Chunk, AskError>,
                                                        >,
                                                    >(__rejection, __identity, __RESILIENCE_FUNCTION)
                                                });
                                            }
                                        };
                                        let __out: ::resilience::__private::StreamOpening<
                                            _,
                                            Result<Chunk, AskError>,
                                        > = '__layer3_gate: {
                                            static __RESILIENCE_SITE: ::resilience::__private::KeyedSite<
                                                ::resilience::__private::Bulkhead,
                                            > = ::resilience::__private::KeyedSite::of_function(
                                                __resilience_function,
                                                ::core::file!(),
                                                ::core::line!(),
                                            );
                                            let __gate = __RESILIENCE_SITE
                                                .for_key(
                                                    const {
                                                        &::resilience::__private::BulkheadConfig::DEFAULT.max(10)
                                                    },
                                                    &{
                                                        #[allow(
                                                            unused_variables,
                                                            clippy::no_effect_underscore_binding,
                                                            clippy::shadow_reuse,
                                                            clippy::shadow_same,
                                                            clippy::shadow_unrelated,
                                                            clippy::used_underscore_binding
                                                        )]
                                                        let user = &user;
                                                        let __part0 = user;
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
                                                    },
                                                );
                                            let __permit = match ::resilience::__private::enter_now(
                                                &*__gate,
                                                __RESILIENCE_FUNCTION,
                                            ) {
                                                ::core::result::Result::Ok(__permit) => __permit,
                                                ::core::result::Result::Err(__rejection) => {
                                                    break '__layer3_gate ({
                                                        __source.layer();
                                                        ::resilience::__private::Rejection::rejected_by_gate::<
                                                            ::resilience::__private::StreamOpening<
                                                                _,
                                                                Result<Chunk, AskError>,
                                                            >,
                                                        >(__rejection, __identity, __RESILIENCE_FUNCTION)
                                                    });
                                                }
                                            };
                                            let __out: ::resilience::__private::StreamOpening<
                                                _,
                                                Result<Chunk, AskError>,
                                            > = {
                                                let __limits = ::resilience::__private::StreamLimits::of(const {
                                                    &::resilience::__private::StreamTimes::new(
                                                            __RESILIENCE_FUNCTION,
                                                        )
                                                        .first(::core::time::Duration::from_secs(60u64))
                                                        .idle(::core::time::Duration::from_secs(20u64))
                                                        .whole(::core::time::Duration::from_secs(600u64))
                                                });
                                                let __out: ::resilience::__private::StreamOpening<
                                                    _,
                                                    Result<Chunk, AskError>,
                                                > = {
                                                    match ::resilience::__private::timeout_in_retry(
                                                            &__retry,
                                                            __limits.opening(),
                                                            &mut __scope,
                                                            ::resilience::__private::open_stream_result::<
                                                                _,
                                                                _,
                                                                Result<Chunk, AskError>,
                                                            >(
                                                                async move {
                                                                    if let ::core::option::Option::Some(__out) = ::core::option::Option::None::<
                                                                        Result<
                                                                            Pin<Box<dyn Stream<Item = Result<Chunk, AskError>> + Send>>,
                                                                            AskError,
                                                                        >,
                                                                    > {
                                                                        return __out;
                                                                    }
                                                                    client().ask(query).await
                                                                },
                                                                &__source,
                                                                |__failure| ::resilience::__private::IntoItemFailure::into_item_failure(
                                                                    __failure,
                                                                ),
                                                            ),
                                                        )
                                                        .await
                                                    {
                                                        ::core::result::Result::Ok(__out) => __out,
                                                        ::core::result::Result::Err(__rejection) => {
                                                            __source.layer();
                                                            <::resilience::__private::StreamOpening<
                                                                _,
                                                                Result<Chunk, AskError>,
                                                            > as ::resilience::__private::Outcome>::from_failure(
                                                                ::resilience::__private::Rejection::from_rejection(
                                                                    __rejection,
                                                                ),
                                                            )
                                                        }
                                                    }
                                                };
                                                ::resilience::__private::limit_stream(
                                                    __out,
                                                    __limits,
                                                    move |__rejection| ::resilience::__private::Rejection::from_rejection(
                                                        __rejection,
                                                    ),
                                                )
                                            };
                                            {
                                                let __permit = ::resilience::__private::detach(
                                                    &*__gate,
                                                    __permit,
                                                );
                                                let __held = ::resilience::__private::HeldGate::new(
                                                    __gate,
                                                    __permit,
                                                );
                                                ::resilience::__private::until_stream_ends(
                                                    __out,
                                                    __held,
                                                    move |
                                                        __held,
                                                        __out: &::resilience::__private::StreamEnd<
                                                            Result<Chunk, AskError>,
                                                        >|
                                                    {
                                                        __held
                                                            .settle(|__permit| {
                                                                ::resilience::__private::leave(__permit);
                                                            });
                                                    },
                                                )
                                            }
                                        };
                                        let __permit = __scope.into_permit();
                                        ::resilience::__private::until_stream_ends(
                                            __out,
                                            __permit,
                                            move |
                                                __permit,
                                                __out: &::resilience::__private::StreamEnd<
                                                    Result<Chunk, AskError>,
                                                >|
                                            {
                                                ::resilience::__private::record_classified::<
                                                    ::resilience::__private::StreamEnd<Result<Chunk, AskError>>,
                                                >(
                                                    __permit,
                                                    &__out,
                                                    __identity,
                                                    __classifier,
                                                    __RESILIENCE_FUNCTION,
                                                );
                                            },
                                        )
                                    };
                                    match ::resilience::__private::after_classified::<
                                        ::resilience::__private::StreamOpening<
                                            _,
                                            Result<Chunk, AskError>,
                                        >,
                                    >(
                                        &mut __retry,
                                        const {
                                            &::resilience::__private::RetryConfig::new(
                                                    __RESILIENCE_FUNCTION,
                                                )
                                                .max(2)
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
                                if let ::core::option::Option::Some(__out) = __pause.await {
                                    break __out;
                                }
                            }
                        }
                    };
                    if !::resilience::__private::failed::<
                        ::resilience::__private::StreamOpening<
                            _,
                            Result<Chunk, AskError>,
                        >,
                    >(&__out, |_| true) {
                        break '__layer0_done (::resilience::__private::body_stream(
                            __out,
                        ));
                    }
                }
                if ::resilience::__private::is_shutting_down() {
                    ::resilience::__private::announce(
                        __RESILIENCE_FUNCTION,
                        2,
                        ::core::option::Option::None,
                    );
                    break '__layer0_value;
                }
                ::resilience::__private::announce(
                    __RESILIENCE_FUNCTION,
                    1,
                    ::core::option::Option::None,
                );
                {
                    let __out: ::resilience::__private::StreamOpening<
                        _,
                        Result<Chunk, AskError>,
                    > = {
                        let __out: ::resilience::__private::StreamOpening<
                            _,
                            Result<Chunk, AskError>,
                        > = {
                            let __later = {
                                let __argument0 = user;
                                let __argument1 = query;
                                let __answer = small_model(__argument0, __argument1);
                                use ::resilience::__private::probes::fallback::*;
                                let __answered = (&&::resilience::__private::FallbackProbe::of(
                                    &__answer,
                                ))
                                    .__resilience_fallback()
                                    .output(__answer);
                                ::resilience::__private::open_stream_result::<
                                    _,
                                    _,
                                    Result<Chunk, AskError>,
                                >(
                                    async move {
                                        match __answered {
                                            ::resilience::__private::FallbackOutput::Ready(__out) => {
                                                __out
                                            }
                                            ::resilience::__private::FallbackOutput::Pending(
                                                __later,
                                            ) => __later.await,
                                        }
                                    },
                                    &__source,
                                    |__failure| ::resilience::__private::IntoItemFailure::into_item_failure(
                                        __failure,
                                    ),
                                )
                            };
                            __later.await
                        };
                        ::resilience::__private::substituted::<
                            ::resilience::__private::StreamOpening<
                                _,
                                Result<Chunk, AskError>,
                            >,
                        >(&__out, __RESILIENCE_FUNCTION, 1);
                        __out
                    };
                    if !::resilience::__private::failed::<
                        ::resilience::__private::StreamOpening<
                            _,
                            Result<Chunk, AskError>,
                        >,
                    >(&__out, |_| true) {
                        break '__layer0_done (::resilience::__private::alternative_stream(
                            ::resilience::__private::body_stream(__out),
                        ));
                    }
                }
                ::resilience::__private::announce(
                    __RESILIENCE_FUNCTION,
                    2,
                    ::core::option::Option::None,
                );
            }
            {
                let __out: ::resilience::__private::StreamOpening<
                    _,
                    Result<Chunk, AskError>,
                > = {
                    let __out: ::resilience::__private::StreamOpening<
                        _,
                        Result<Chunk, AskError>,
                    > = {
                        let __value: <Result<
                            Chunk,
                            AskError,
                        > as ::resilience::__private::StreamItem>::Value = canned();
                        ::resilience::__private::stream_of_value::<
                            Result<Chunk, AskError>,
                        >(__value)
                    };
                    ::resilience::__private::substituted::<
                        ::resilience::__private::StreamOpening<
                            _,
                            Result<Chunk, AskError>,
                        >,
                    >(&__out, __RESILIENCE_FUNCTION, 2);
                    __out
                };
                ::resilience::__private::alternative_stream(
                    ::resilience::__private::alternative_stream(__out),
                )
            }
        }
    };
    match {
        use ::resilience::__private::probes::opening_error::*;
        ::resilience::__private::OpeningErrorProbe::<
            <Result<
                Pin<Box<dyn Stream<Item = Result<Chunk, AskError>> + Send>>,
                AskError,
            > as ::resilience::__private::Outcome>::Failure,
            <Result<Chunk, AskError> as ::resilience::__private::StreamItem>::Failure,
            Result<Chunk, AskError>,
        >::NEW
            .__resilience_place(__source.place(__opening))
    } {
        ::core::result::Result::Ok(__stream) => {
            ::core::result::Result::Ok({
                let __stream: Pin<
                    Box<dyn Stream<Item = Result<Chunk, AskError>> + Send>,
                > = ::std::boxed::Box::pin(__stream);
                __stream
            })
        }
        ::core::result::Result::Err(__failure) => ::core::result::Result::Err(__failure),
    }
}
