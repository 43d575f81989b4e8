#[allow(clippy::absolute_paths)]
#[cfg_attr(
    doc,
    doc = "\n# Resilience\n\nFrom the outside in:\n\n1. `#[fallback]`: falls back on a closure, then a fixed value\n2. `#[retry]`: up to 4 attempts, with pauses of at most 7s in total, unless the service asks for longer ones\n3. `#[circuit_breaker]`: guarded by a breaker of its own\n\n**Worst case:** the body runs 4 times, and nothing limits its time."
)]
fn count(client: &Client) -> Result<u32, AskError> {
    #[retry(__not_from_resilience_then_write_its_full_path)]
    const _: () = ();
    #[circuit_breaker(__not_from_resilience_then_write_its_full_path)]
    const _: () = ();
    fn __resilience_function() -> &'static dyn ::resilience::__private::FunctionName {
        static __RESILIENCE_ITEM: ::resilience::__private::FunctionItem = ::resilience::__private::FunctionItem::new(
            &__resilience_function,
            ::core::module_path!(),
            "count",
            true,
            ::core::file!(),
            ::core::line!(),
        );
        &__RESILIENCE_ITEM
    }
    const __RESILIENCE_FUNCTION: ::resilience::__private::FunctionRef = ::resilience::__private::FunctionRef::Item(
        __resilience_function,
    );
    let __identity = {
        use ::resilience::__private::probes::failure_type::*;
        let __failure_type = <Result<
            u32,
            AskError,
        > as ::resilience::__private::Outcome>::failure_type();
        __failure_type.__resilience_identity()
    };
    '__layer0_done: {
        '__layer0_value: {
            let __failure = {
                let __out: Result<u32, AskError> = {
                    {
                        static __RESILIENCE_CONFIG: ::resilience::__private::RetryConfig = ::resilience::__private::RetryConfig::new(
                            __RESILIENCE_FUNCTION,
                        );
                        let mut __retry = ::resilience::__private::Retry::<
                            (),
                        >::start_blocking();
                        loop {
                            let __out: Result<u32, AskError> = '__layer2_gate: {
                                static __RESILIENCE_SITE: ::resilience::__private::Site<
                                    ::resilience::__private::CircuitBreaker,
                                > = ::resilience::__private::Site::of_function(
                                    __resilience_function,
                                    ::core::file!(),
                                    ::core::line!(),
                                );
                                let __permit = match ::resilience::__private::enter_now(
                                    __RESILIENCE_SITE
                                        .instance(const {
                                            &::resilience::__private::CircuitBreakerConfig::DEFAULT
                                        }),
                                    __RESILIENCE_FUNCTION,
                                ) {
                                    ::core::result::Result::Ok(__permit) => __permit,
                                    ::core::result::Result::Err(__rejection) => {
                                        break '__layer2_gate (::resilience::__private::Rejection::rejected_by_gate::<
                                            Result<u32, AskError>,
                                        >(__rejection, __identity, __RESILIENCE_FUNCTION));
                                    }
                                };
                                let __out: Result<u32, AskError> = ::resilience::__private::once(move || -> Result<
                                    u32,
                                    AskError,
                                > { client.count() });
                                ::resilience::__private::record::<
                                    Result<u32, AskError>,
                                >(
                                    __permit,
                                    &__out,
                                    __identity,
                                    |__failure| ::resilience::__private::Judgement::of({
                                        use ::resilience::__private::probes::failure_type::*;
                                        ::resilience::__private::Classifier::classify(
                                            ::resilience::__private::failure_type_of(__failure)
                                                .__resilience_classifier(),
                                            __failure,
                                        )
                                    }),
                                    <Result<
                                        u32,
                                        AskError,
                                    > as ::resilience::__private::Outcome>::failure(&__out)
                                        .map(|__failure| {
                                            use ::resilience::__private::probes::log_error::*;
                                            ::resilience::__private::LogError::log_error(
                                                __failure,
                                                (&&::resilience::__private::LogErrorProbe::of(__failure))
                                                    .__resilience_log_error(),
                                            )
                                        }),
                                    __RESILIENCE_FUNCTION,
                                );
                                __out
                            };
                            match ::resilience::__private::after::<
                                Result<u32, AskError>,
                            >(
                                &mut __retry,
                                &__RESILIENCE_CONFIG,
                                &__out,
                                __identity,
                                |__failure| {
                                    ::resilience::__private::RetryVerdict::from_classification({
                                            use ::resilience::__private::probes::failure_type::*;
                                            ::resilience::__private::Classifier::classify(
                                                ::resilience::__private::failure_type_of(__failure)
                                                    .__resilience_classifier(),
                                                __failure,
                                            )
                                        })
                                        .with_logged_error({
                                            use ::resilience::__private::probes::log_error::*;
                                            ::resilience::__private::LogError::log_error(
                                                __failure,
                                                (&&::resilience::__private::LogErrorProbe::of(__failure))
                                                    .__resilience_log_error(),
                                            )
                                        })
                                },
                                |_| false,
                                ::resilience::__private::configured_backoff(
                                    &__RESILIENCE_CONFIG,
                                ),
                            ) {
                                ::core::option::Option::None => break __out,
                                ::core::option::Option::Some(__next) => {
                                    if __next.pause_blocking() {
                                        break __out;
                                    }
                                }
                            }
                        }
                    }
                };
                match ::resilience::__private::unless_failed::<
                    Result<u32, AskError>,
                >(__out, |_| true) {
                    ::core::result::Result::Ok(__out) => break '__layer0_done __out,
                    ::core::result::Result::Err(__failure) => __failure,
                }
            };
            if ::resilience::__private::is_shutting_down() {
                ::resilience::__private::announce(
                    __RESILIENCE_FUNCTION,
                    2,
                    ::core::option::Option::Some({
                        use ::resilience::__private::probes::log_error::*;
                        ::resilience::__private::LogError::log_error(
                            &__failure,
                            (&&::resilience::__private::LogErrorProbe::of(&__failure))
                                .__resilience_log_error(),
                        )
                    }),
                );
                break '__layer0_value;
            }
            ::resilience::__private::hand_over(
                __RESILIENCE_FUNCTION,
                1,
                ::core::option::Option::Some({
                    use ::resilience::__private::probes::log_error::*;
                    ::resilience::__private::LogError::log_error(
                        &__failure,
                        (&&::resilience::__private::LogErrorProbe::of(&__failure))
                            .__resilience_log_error(),
                    )
                }),
            );
            {
                let __out: Result<u32, AskError> = {
                    let __out: Result<u32, AskError> = {
                        #[allow(
                            clippy::redundant_closure,
                            clippy::redundant_closure_for_method_calls
                        )]
                        let __answer = ::resilience::__private::call_fallback(
                            __failure,
                            |error| Err(error),
                        );
                        __answer
                    };
                    ::resilience::__private::substituted::<
                        Result<u32, AskError>,
                    >(&__out, __RESILIENCE_FUNCTION, 1);
                    __out
                };
                if !::resilience::__private::failed::<
                    Result<u32, AskError>,
                >(&__out, |_| true) {
                    break '__layer0_done __out;
                }
                ::resilience::__private::announce(
                    __RESILIENCE_FUNCTION,
                    2,
                    <Result<
                        u32,
                        AskError,
                    > as ::resilience::__private::Outcome>::failure(&__out)
                        .map(|__failure| {
                            use ::resilience::__private::probes::log_error::*;
                            ::resilience::__private::LogError::log_error(
                                __failure,
                                (&&::resilience::__private::LogErrorProbe::of(__failure))
                                    .__resilience_log_error(),
                            )
                        }),
                );
            }
        }
        {
            let __out: Result<u32, AskError> = {
                let __value: <Result<
                    u32,
                    AskError,
                > as ::resilience::__private::Outcome>::Value = 0;
                <Result<
                    u32,
                    AskError,
                > as ::resilience::__private::Outcome>::from_value(__value)
            };
            ::resilience::__private::substituted::<
                Result<u32, AskError>,
            >(&__out, __RESILIENCE_FUNCTION, 2);
            __out
        }
    }
}
