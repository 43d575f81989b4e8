#[allow(clippy::absolute_paths)]
#[cfg_attr(
    doc,
    doc = "\n# Resilience\n\nFrom the outside in:\n\n1. `#[fallback]`: falls back on `small_model`, then a closure, then a fixed value\n\n**Worst case:** the body runs once, and nothing limits its time."
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
    let _ = <Result<
        Answer,
        AskError,
    > as ::resilience::__private::Outcome>::failure_type();
    '__layer0_done: {
        #[allow(
            unused_variables,
            clippy::no_effect_underscore_binding,
            clippy::shadow_reuse,
            clippy::shadow_same,
            clippy::shadow_unrelated,
            clippy::used_underscore_binding
        )]
        let mut __slot_query = ::resilience::__private::ArgSlot::new(query);
        '__layer0_value: {
            {
                let __out: Result<Answer, AskError> = {
                    let __last = false;
                    {
                        #[allow(
                            unused_variables,
                            clippy::no_effect_underscore_binding,
                            clippy::shadow_reuse,
                            clippy::shadow_same,
                            clippy::shadow_unrelated,
                            clippy::used_underscore_binding
                        )]
                        let query = ::resilience::__private::CloneArg::take(
                            &mut __slot_query,
                            __last.then_some(::resilience::__private::LastUse),
                        );
                        async move {
                            if let ::core::option::Option::Some(__out) = ::core::option::Option::None::<
                                Result<Answer, AskError>,
                            > {
                                return __out;
                            }
                            client.ask(query).await
                        }
                            .await
                    }
                };
                if !::resilience::__private::failed::<
                    Result<Answer, AskError>,
                >(
                    &__out,
                    |__failure| {
                        let __answer: ::core::primitive::bool = is_transient(__failure);
                        __answer
                    },
                ) {
                    break '__layer0_done __out;
                }
            }
            if ::resilience::__private::is_shutting_down() {
                ::resilience::__private::announce(
                    __RESILIENCE_FUNCTION,
                    3,
                    ::core::option::Option::None,
                );
                break '__layer0_value;
            }
            ::resilience::__private::announce(
                __RESILIENCE_FUNCTION,
                1,
                ::core::option::Option::None,
            );
            let __failure = {
                let __out: Result<Answer, AskError> = {
                    let __out: Result<Answer, AskError> = '__answered: {
                        let __later = {
                            let __argument0 = client;
                            let __argument1 = ::resilience::__private::CloneArg::take(
                                &mut __slot_query,
                                false.then_some(::resilience::__private::LastUse),
                            );
                            let __answer = small_model(__argument0, __argument1);
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
                        __later.await
                    };
                    ::resilience::__private::substituted::<
                        Result<Answer, AskError>,
                    >(&__out, __RESILIENCE_FUNCTION, 1);
                    __out
                };
                match ::resilience::__private::unless_failed::<
                    Result<Answer, AskError>,
                >(
                    __out,
                    |__failure| {
                        let __answer: ::core::primitive::bool = is_transient(__failure);
                        __answer
                    },
                ) {
                    ::core::result::Result::Ok(__out) => break '__layer0_done __out,
                    ::core::result::Result::Err(__failure) => __failure,
                }
            };
            if ::resilience::__private::is_shutting_down() {
                ::resilience::__private::announce(
                    __RESILIENCE_FUNCTION,
                    3,
                    ::core::option::Option::None,
                );
                break '__layer0_value;
            }
            ::resilience::__private::hand_over(
                __RESILIENCE_FUNCTION,
                2,
                ::core::option::Option::None,
            );
            {
                let __out: Result<Answer, AskError> = {
                    let __out: Result<Answer, AskError> = '__answered: {
                        let __later = {
                            #[allow(
                                unused_variables,
                                clippy::no_effect_underscore_binding,
                                clippy::shadow_reuse,
                                clippy::shadow_same,
                                clippy::shadow_unrelated,
                                clippy::used_underscore_binding
                            )]
                            let query = ::resilience::__private::CloneArg::take(
                                &mut __slot_query,
                                true.then_some(::resilience::__private::LastUse),
                            );
                            #[allow(
                                clippy::redundant_closure,
                                clippy::redundant_closure_for_method_calls
                            )]
                            let __answer = ::resilience::__private::call_fallback(
                                __failure,
                                |error| canned(error, &query),
                            );
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
                        __later.await
                    };
                    ::resilience::__private::substituted::<
                        Result<Answer, AskError>,
                    >(&__out, __RESILIENCE_FUNCTION, 2);
                    __out
                };
                if !::resilience::__private::failed::<
                    Result<Answer, AskError>,
                >(
                    &__out,
                    |__failure| {
                        let __answer: ::core::primitive::bool = is_transient(__failure);
                        __answer
                    },
                ) {
                    break '__layer0_done __out;
                }
            }
            ::resilience::__private::announce(
                __RESILIENCE_FUNCTION,
                3,
                ::core::option::Option::None,
            );
        }
        {
            let __out: Result<Answer, AskError> = {
                let __value: <Result<
                    Answer,
                    AskError,
                > as ::resilience::__private::Outcome>::Value = Answer::empty();
                <Result<
                    Answer,
                    AskError,
                > as ::resilience::__private::Outcome>::from_value(__value)
            };
            ::resilience::__private::substituted::<
                Result<Answer, AskError>,
            >(&__out, __RESILIENCE_FUNCTION, 3);
            __out
        }
    }
}
