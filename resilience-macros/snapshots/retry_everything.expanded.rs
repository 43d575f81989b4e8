#[allow(clippy::absolute_paths)]
#[cfg_attr(
    doc,
    doc = "\n# Resilience\n\nFrom the outside in:\n\n1. `#[retry]`: up to a constant number of attempts, begun within `LIMIT`\n\n**Worst case:** the body runs as often as its constant says, and nothing limits its time."
)]
async fn ask(&mut self, query: Query, __arg2: (u32, u32)) -> Option<Answer> {
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
    let __identity = {
        use ::resilience::__private::probes::failure_type::*;
        let __failure_type = <Option<
            Answer,
        > as ::resilience::__private::Outcome>::failure_type();
        __failure_type.__resilience_identity()
    };
    {
        static __RESILIENCE_CONFIG: ::resilience::__private::RetryConfig = {
            let __config = ::resilience::__private::RetryConfig::new(
                    __RESILIENCE_FUNCTION,
                )
                .max_delay(::core::time::Duration::from_secs(10u64));
            let __value: ::core::primitive::u32 = TRIES;
            let __config = __config.attempts(__value);
            let __value: ::core::time::Duration = LIMIT;
            let __config = __config.max_elapsed(__value);
            let __config = __config.checked();
            __config
        };
        #[allow(
            clippy::no_effect_underscore_binding,
            clippy::shadow_reuse,
            clippy::shadow_same,
            clippy::shadow_unrelated,
            clippy::used_underscore_binding
        )]
        let mut __slot___arg2 = ::resilience::__private::ArgSlot::new(__arg2);
        let mut __retry = ::resilience::__private::Retry::<
            ::resilience::__private::FullHistory,
        >::start();
        loop {
            let __last = __retry.is_last(&__RESILIENCE_CONFIG);
            let __pause = {
                let __out: Option<Answer> = {
                    #[allow(
                        clippy::no_effect_underscore_binding,
                        clippy::shadow_reuse,
                        clippy::shadow_same,
                        clippy::shadow_unrelated,
                        clippy::used_underscore_binding
                    )]
                    let __arg2 = ::resilience::__private::CloneArg::take(
                        &mut __slot___arg2,
                        __last.then_some(::resilience::__private::LastUse),
                    );
                    ::resilience::__private::in_retry(
                            __retry.call(),
                            (),
                            async {
                                if let ::core::option::Option::Some(__out) = ::core::option::Option::None::<
                                    Option<Answer>,
                                > {
                                    return __out;
                                }
                                let _ = &mut *self;
                                #[allow(
                                    clippy::no_effect_underscore_binding,
                                    clippy::shadow_reuse,
                                    clippy::shadow_same,
                                    clippy::shadow_unrelated,
                                    clippy::used_underscore_binding
                                )]
                                let (a, mut b) = __arg2;
                                {
                                    b += a;
                                    self.client.ask(&query, b).await
                                }
                            },
                        )
                        .await
                };
                match {
                    let __hint = || -> ::core::option::Option<::core::time::Duration> {
                        match <Option<
                            Answer,
                        > as ::resilience::__private::Outcome>::failure(&__out) {
                            ::core::option::Option::Some(__argument) => {
                                self.hint(__argument)
                            }
                            ::core::option::Option::None => ::core::option::Option::None,
                        }
                    };
                    ::resilience::__private::after_hinted::<
                        Option<Answer>,
                    >(
                        &mut __retry,
                        &__RESILIENCE_CONFIG,
                        &__out,
                        __identity,
                        |__failure| {
                            let __again = {
                                let __answer: ::core::primitive::bool = ::resilience::__private::asks(
                                    __failure,
                                    |error| error.is_busy(),
                                );
                                __answer
                            };
                            ::resilience::__private::RetryVerdict::from_predicate(
                                    __again,
                                    {
                                        use ::resilience::__private::probes::failure_type::*;
                                        ::resilience::__private::Classifier::classify(
                                            ::resilience::__private::failure_type_of(__failure)
                                                .__resilience_classifier(),
                                            __failure,
                                        )
                                    },
                                )
                                .with_retry_after(__hint())
                        },
                        |__value| ::resilience::__private::ValueVerdict::new(
                            {
                                let __answer: ::core::primitive::bool = is_empty(__value);
                                __answer
                            },
                            __hint,
                        ),
                        |__state| {
                            let __state = ::resilience::__private::with_value::<
                                Option<Answer>,
                            >(&__out, __state);
                            let __delay: ::core::time::Duration = ::resilience::__private::call_with_state(
                                &__state,
                                |state| state.previous_delay * 2,
                            );
                            ::resilience::__private::DelayRange::exactly(__delay)
                        },
                    )
                } {
                    ::core::option::Option::None => break __out,
                    ::core::option::Option::Some(__next) => {
                        {
                            let __state = ::resilience::__private::state_before_pause::<
                                Option<Answer>,
                            >(&__retry, &__RESILIENCE_CONFIG, &__out, &__next);
                            let __state = ::resilience::__private::with_value::<
                                Option<Answer>,
                            >(&__out, &__state);
                            '__told: {
                                let __hook = {
                                    use ::resilience::__private::probes::hook::*;
                                    let __returned = log(&__state);
                                    (&&::resilience::__private::HookProbe::of(&__returned))
                                        .__resilience_hook()
                                        .run(__returned)
                                };
                                if __hook.is_over() {
                                    break '__told;
                                }
                                ::resilience::__private::HookResult::returned(
                                    __hook.into_future().await,
                                );
                            }
                        }
                        __next.__resilience_pause(__out)
                    }
                }
            };
            if let ::core::option::Option::Some(__out) = __pause.await {
                break __out;
            }
        }
    }
}
