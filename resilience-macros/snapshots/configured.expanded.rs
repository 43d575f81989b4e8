#[allow(clippy::absolute_paths)]
#[cfg_attr(
    doc,
    doc = "\n# Resilience\n\nFrom the outside in:\n\n1. `#[timeout]`: at most 30s\n2. `#[retry]`: up to 4 attempts, with pauses of at most 7s in total, unless the service asks for longer ones\n3. `#[bulkhead]`: at most 4 concurrent calls\n\n**Worst case:** the body runs 4 times, and the call takes 30s."
)]
async fn ask(id: u32) -> Result<String, AskError> {
    #[retry(__not_from_resilience_then_write_its_full_path)]
    const _: () = ();
    #[bulkhead(__not_from_resilience_then_write_its_full_path)]
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
    let (__classifier, __identity) = {
        use ::resilience::__private::probes::failure_type::*;
        let __failure_type = <Result<
            String,
            AskError,
        > as ::resilience::__private::Outcome>::failure_type();
        (
            __failure_type.__resilience_classifier(),
            __failure_type.__resilience_identity(),
        )
    };
    '__layer0_limit: {
        #[inline]
        fn __resilience_limit() -> &'static ::resilience::__private::TimeoutConfig {
            const {
                &::resilience::__private::TimeoutConfig::new(
                    __RESILIENCE_FUNCTION,
                    ::core::time::Duration::from_secs(30u64),
                )
            }
        }
        static __RESILIENCE_SETTINGS: ::resilience::__private::SettingsSite<
            ::resilience::__private::TimeoutConfig,
        > = ::resilience::__private::SettingsSite::new(
            "llm",
            ::core::file!(),
            ::core::line!(),
        );
        let __settings = __RESILIENCE_SETTINGS
            .of(const {
                &::resilience::__private::TimeoutConfig::new(
                    __RESILIENCE_FUNCTION,
                    ::core::time::Duration::from_secs(30u64),
                )
            });
        let __rejection = '__layer0_expired: {
            let mut __scope = ::resilience::__private::DeadlineScope::new(
                ::resilience::__private::limit_of(&__settings, __resilience_limit),
                (),
            );
            break '__layer0_limit ({
                static __RESILIENCE_SETTINGS: ::resilience::__private::SettingsSite<
                    ::resilience::__private::RetryConfig,
                > = ::resilience::__private::SettingsSite::new(
                    "llm",
                    ::core::file!(),
                    ::core::line!(),
                );
                let __settings = __RESILIENCE_SETTINGS
                    .of(const {
                        &::resilience::__private::RetryConfig::new(__RESILIENCE_FUNCTION)
                            .max(3)
                    });
                let mut __retry = ::resilience::__private::Retry::<
                    ::resilience::__private::SettingsHistory,
                >::start();
                loop {
                    let __pause = {
                        let __out: Result<String, AskError> = '__layer2_gate: {
                            static __RESILIENCE_SITE: ::resilience::__private::Site<
                                ::resilience::__private::Bulkhead,
                            > = ::resilience::__private::Site::of_function(
                                    __resilience_function,
                                    ::core::file!(),
                                    ::core::line!(),
                                )
                                .configured("llm");
                            let __permit = match match ::resilience::__private::in_retry(
                                    __retry.call(),
                                    &mut __scope,
                                    ::resilience::__private::enter(
                                        __RESILIENCE_SITE
                                            .instance(const {
                                                &::resilience::__private::BulkheadConfig::DEFAULT.max(4)
                                            }),
                                    ),
                                )
                                .await
                            {
                                ::core::result::Result::Ok(__out) => __out,
                                ::core::result::Result::Err(__rejection) => {
                                    break '__layer0_expired __rejection;
                                }
                            } {
                                ::core::result::Result::Ok(__permit) => __permit,
                                ::core::result::Result::Err(__rejection) => {
                                    break '__layer2_gate (::resilience::__private::Rejection::rejected_by_gate::<
                                        Result<String, AskError>,
                                    >(__rejection, __identity, __RESILIENCE_FUNCTION));
                                }
                            };
                            let __out: Result<String, AskError> = match ::resilience::__private::in_retry(
                                    __retry.call(),
                                    &mut __scope,
                                    async move {
                                        if let ::core::option::Option::Some(__out) = ::core::option::Option::None::<
                                            Result<String, AskError>,
                                        > {
                                            return __out;
                                        }
                                        query(id).await
                                    },
                                )
                                .await
                            {
                                ::core::result::Result::Ok(__out) => __out,
                                ::core::result::Result::Err(__rejection) => {
                                    break '__layer0_expired __rejection;
                                }
                            };
                            ::resilience::__private::leave(__permit);
                            __out
                        };
                        match ::resilience::__private::after_classified::<
                            Result<String, AskError>,
                        >(
                            &mut __retry,
                            ::resilience::__private::settings_over(
                                &__settings,
                                const {
                                    &::resilience::__private::RetryConfig::new(
                                            __RESILIENCE_FUNCTION,
                                        )
                                        .max(3)
                                },
                            ),
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
                            break '__layer0_expired __rejection;
                        }
                    } {
                        break __out;
                    }
                }
            });
        };
        break '__layer0_limit (<Result<
            String,
            AskError,
        > as ::resilience::__private::Outcome>::from_failure(
            ::resilience::__private::Rejection::from_rejection(__rejection),
        ));
    }
}
