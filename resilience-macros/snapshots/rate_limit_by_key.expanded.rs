#[allow(clippy::absolute_paths)]
#[cfg_attr(
    doc,
    doc = "\n# Resilience\n\nFrom the outside in:\n\n1. `#[rate_limit]`: at most 10 calls per 1s for each `(self.region, tenant)`, 10 of them at once\n2. `#[bulkhead]`: at most 4 concurrent calls for each `tenant`\n\n**Worst case:** the body runs once, and nothing limits its time."
)]
async fn load(&self, tenant: String) -> Result<String, DbError> {
    #[bulkhead(__not_from_resilience_then_write_its_full_path)]
    const _: () = ();
    fn __resilience_function() -> &'static dyn ::resilience::__private::FunctionName {
        static __RESILIENCE_ITEM: ::resilience::__private::FunctionItem = ::resilience::__private::FunctionItem::new(
            &__resilience_function,
            ::core::module_path!(),
            "load",
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
            String,
            DbError,
        > as ::resilience::__private::Outcome>::failure_type();
        __failure_type.__resilience_identity()
    };
    let __body_runs = ::resilience::__private::BodyRuns::new();
    '__layer0_gate: {
        static __RESILIENCE_SITE: ::resilience::__private::KeyedSite<
            ::resilience::__private::RateLimiter,
        > = ::resilience::__private::KeyedSite::of_function(
            __resilience_function,
            ::core::file!(),
            ::core::line!(),
        );
        static __RESILIENCE_CONFIG: ::resilience::__private::RateLimiterConfig = {
            let __config = ::resilience::__private::RateLimiterConfig::DEFAULT.max(10);
            let __value: ::core::primitive::u32 = KEYS;
            let __config = __config.max_keys(__value);
            __config
        };
        let __gate = __RESILIENCE_SITE
            .for_key(
                &__RESILIENCE_CONFIG,
                &{
                    #[allow(
                        unused_variables,
                        clippy::no_effect_underscore_binding,
                        clippy::shadow_reuse,
                        clippy::shadow_same,
                        clippy::shadow_unrelated,
                        clippy::used_underscore_binding
                    )]
                    let tenant = &tenant;
                    let __part0 = self.region;
                    let __part1 = tenant;
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
                },
            );
        let __permit = match ::resilience::__private::enter_now(
            &::resilience::__private::refundable(
                &*__gate,
                1,
                ::core::option::Option::Some(&__body_runs),
            ),
            __RESILIENCE_FUNCTION,
        ) {
            ::core::result::Result::Ok(__permit) => __permit,
            ::core::result::Result::Err(__rejection) => {
                __body_runs.rejected();
                break '__layer0_gate (::resilience::__private::Rejection::rejected_by_gate::<
                    Result<String, DbError>,
                >(__rejection, __identity, __RESILIENCE_FUNCTION));
            }
        };
        let __out: Result<String, DbError> = '__layer1_gate: {
            static __RESILIENCE_SITE: ::resilience::__private::KeyedSite<
                ::resilience::__private::Bulkhead,
            > = ::resilience::__private::KeyedSite::of_function(
                __resilience_function,
                ::core::file!(),
                ::core::line!(),
            );
            let __gate = __RESILIENCE_SITE
                .for_key(
                    const { &::resilience::__private::BulkheadConfig::DEFAULT.max(4) },
                    &{
                        #[allow(
                            unused_variables,
                            clippy::no_effect_underscore_binding,
                            clippy::shadow_reuse,
                            clippy::shadow_same,
                            clippy::shadow_unrelated,
                            clippy::used_underscore_binding
                        )]
                        let tenant = &tenant;
                        let __part0 = tenant;
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
                    __body_runs.rejected();
                    break '__layer1_gate (::resilience::__private::Rejection::rejected_by_gate::<
                        Result<String, DbError>,
                    >(__rejection, __identity, __RESILIENCE_FUNCTION));
                }
            };
            let __out: Result<String, DbError> = {
                __body_runs.begin();
                async move {
                    if let ::core::option::Option::Some(__out) = ::core::option::Option::None::<
                        Result<String, DbError>,
                    > {
                        return __out;
                    }
                    #[allow(
                        unused_variables,
                        clippy::no_effect_underscore_binding,
                        clippy::shadow_reuse,
                        clippy::shadow_same,
                        clippy::shadow_unrelated,
                        clippy::used_underscore_binding
                    )]
                    let tenant = tenant;
                    query(tenant).await
                }
                    .await
            };
            ::resilience::__private::leave(__permit);
            __out
        };
        ::resilience::__private::leave_or_refund::<
            Result<String, DbError>,
        >(__permit, &__out, __identity);
        __out
    }
}
