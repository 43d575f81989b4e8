#[allow(clippy::absolute_paths)]
#[cfg_attr(
    doc,
    doc = "\n# Resilience\n\nFrom the outside in:\n\n1. `#[rate_limit]`: at most 90000 units per 1m in `llm-tokens` for each `tenant` of all processes with the store `crate::SHARED`, 90000 of them at once, held back while the server asks to wait\n2. `#[rate_limit]`: at most 10 calls per 1s in `requests` of all processes with the store `SHARED`, 10 of them at once\n\n**Worst case:** the body runs once, and nothing limits its time."
)]
async fn ask(tenant: &str, query: &str) -> Result<Answer, AskError> {
    #[rate_limit(__not_from_resilience_then_write_its_full_path)]
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
    let __identity = {
        use ::resilience::__private::probes::failure_type::*;
        let __failure_type = <Result<
            Answer,
            AskError,
        > as ::resilience::__private::Outcome>::failure_type();
        __failure_type.__resilience_identity()
    };
    let __body_runs = ::resilience::__private::BodyRuns::new();
    '__layer0_gate: {
        static __RESILIENCE_SITE: ::resilience::__private::KeyedSite<
            ::resilience::__private::RateLimiter,
        > = ::resilience::__private::KeyedSite::named(
                "llm-tokens",
                ::core::file!(),
                ::core::line!(),
            )
            .called_by(__RESILIENCE_FUNCTION);
        let __gate = __RESILIENCE_SITE
            .for_shared_key(
                const {
                    &::resilience::__private::RateLimiterConfig::DEFAULT
                        .max(90000)
                        .per(::core::time::Duration::from_secs(60u64))
                        .shared()
                        .lease(1000)
                        .instances(4)
                        .closed_on_outage()
                },
                &{
                    let __part0 = tenant;
                    {
                        use ::resilience::__private::probes::key_part::*;
                        ::resilience::__private::KeyRef((
                            ::resilience::__private::shared_part(
                                ::resilience::__private::Part::kind(
                                        &__part0,
                                        (&&&&::resilience::__private::KeyPartProbe::of(&__part0))
                                            .__resilience_key_part(),
                                    )
                                    .part(__part0),
                            ),
                        ))
                    }
                },
            );
        let __cost = { ::resilience::__private::Units::units(estimate(query)) };
        let __permit = match ::resilience::__private::enter(
                &::resilience::__private::shared_limit(
                    &*__gate,
                    __cost,
                    ::core::option::Option::Some(&__body_runs),
                    &crate::SHARED,
                ),
            )
            .await
        {
            ::core::result::Result::Ok(__permit) => __permit,
            ::core::result::Result::Err(__rejection) => {
                __body_runs.rejected();
                break '__layer0_gate (::resilience::__private::Rejection::rejected_by_gate::<
                    Result<Answer, AskError>,
                >(__rejection, __identity, __RESILIENCE_FUNCTION));
            }
        };
        let __out: Result<Answer, AskError> = '__layer1_gate: {
            static __RESILIENCE_SITE: ::resilience::__private::Site<
                ::resilience::__private::RateLimiter,
            > = ::resilience::__private::Site::named(
                "requests",
                ::core::file!(),
                ::core::line!(),
            );
            let __permit = match ::resilience::__private::in_attempt(
                    (),
                    ::resilience::__private::enter(
                        &::resilience::__private::shared_limit(
                            __RESILIENCE_SITE
                                .instance(const {
                                    &::resilience::__private::RateLimiterConfig::DEFAULT
                                        .max(10)
                                        .shared()
                                }),
                            1,
                            ::core::option::Option::None,
                            &SHARED,
                        ),
                    ),
                )
                .await
            {
                ::core::result::Result::Ok(__permit) => __permit,
                ::core::result::Result::Err(__rejection) => {
                    __body_runs.rejected();
                    break '__layer1_gate (::resilience::__private::Rejection::rejected_by_gate::<
                        Result<Answer, AskError>,
                    >(__rejection, __identity, __RESILIENCE_FUNCTION));
                }
            };
            let __out: Result<Answer, AskError> = {
                __body_runs.begin();
                ::resilience::__private::in_attempt(
                        (),
                        async move {
                            if let ::core::option::Option::Some(__out) = ::core::option::Option::None::<
                                Result<Answer, AskError>,
                            > {
                                return __out;
                            }
                            model.ask(tenant, query).await
                        },
                    )
                    .await
            };
            ::resilience::__private::leave_or_refund::<
                Result<Answer, AskError>,
            >(__permit, &__out, __identity);
            __out
        };
        {
            ::resilience::__private::learn_hint::<
                Result<Answer, AskError>,
            >(
                &__permit,
                &__out,
                __identity,
                |__failure| {
                    use ::resilience::__private::probes::failure_type::*;
                    ::resilience::__private::Classifier::classify(
                        ::resilience::__private::failure_type_of(__failure)
                            .__resilience_classifier(),
                        __failure,
                    )
                },
                || ::core::option::Option::None,
                __RESILIENCE_FUNCTION,
            )
        };
        ::resilience::__private::settle::<
            Result<Answer, AskError>,
        >(
            __permit,
            &__out,
            __identity,
            |__value| ::resilience::__private::UnitsTaken::add_to(
                ::resilience::__private::call_settle(__value, |a| a.tokens),
                ::core::option::Option::None,
            ),
        );
        __out
    }
}
