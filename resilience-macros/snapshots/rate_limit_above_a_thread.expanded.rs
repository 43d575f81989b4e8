#[allow(clippy::absolute_paths)]
#[cfg_attr(
    doc,
    doc = "\n# Resilience\n\nFrom the outside in:\n\n1. `#[rate_limit]`: at most 10 calls per 24h, 10 of them at once\n2. `#[timeout]`: at most 30s\n3. `#[bulkhead]`: at most 2 concurrent calls\n\n**Worst case:** the body runs once, and the call takes 30s."
)]
fn load(id: u32) -> Result<u32, Error> {
    #[timeout(__not_from_resilience_then_write_its_full_path)]
    const _: () = ();
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
            u32,
            Error,
        > as ::resilience::__private::Outcome>::failure_type();
        __failure_type.__resilience_identity()
    };
    let __body_runs = ::resilience::__private::BodyRuns::new();
    '__layer0_gate: {
        static __RESILIENCE_SITE: ::resilience::__private::Site<
            ::resilience::__private::RateLimiter,
        > = ::resilience::__private::Site::of_function(
            __resilience_function,
            ::core::file!(),
            ::core::line!(),
        );
        let __permit = match ::resilience::__private::enter_now(
            &::resilience::__private::refundable(
                __RESILIENCE_SITE
                    .instance(const {
                        &::resilience::__private::RateLimiterConfig::DEFAULT
                            .max(10)
                            .per(::core::time::Duration::from_secs(86400u64))
                    }),
                1,
                ::core::option::Option::Some(&__body_runs),
            ),
            __RESILIENCE_FUNCTION,
        ) {
            ::core::result::Result::Ok(__permit) => __permit,
            ::core::result::Result::Err(__rejection) => {
                __body_runs.rejected();
                break '__layer0_gate (::resilience::__private::Rejection::rejected_by_gate::<
                    Result<u32, Error>,
                >(__rejection, __identity, __RESILIENCE_FUNCTION));
            }
        };
        let __out: Result<u32, Error> = {
            static __RESILIENCE_THREADS: ::resilience::__private::Threads = ::resilience::__private::Threads::new();
            match ::resilience::__private::ThreadBody::run_on_thread(
                move || {
                    let __body_runs = ::resilience::__private::BodyRuns::new();
                    let __out = '__layer2_gate: {
                        static __RESILIENCE_SITE: ::resilience::__private::Site<
                            ::resilience::__private::Bulkhead,
                        > = ::resilience::__private::Site::of_function(
                            __resilience_function,
                            ::core::file!(),
                            ::core::line!(),
                        );
                        let __permit = match ::resilience::__private::enter_now(
                            __RESILIENCE_SITE
                                .instance(const {
                                    &::resilience::__private::BulkheadConfig::DEFAULT.max(2)
                                }),
                            __RESILIENCE_FUNCTION,
                        ) {
                            ::core::result::Result::Ok(__permit) => __permit,
                            ::core::result::Result::Err(__rejection) => {
                                __body_runs.rejected();
                                break '__layer2_gate (::resilience::__private::Rejection::rejected_by_gate::<
                                    Result<u32, Error>,
                                >(__rejection, __identity, __RESILIENCE_FUNCTION));
                            }
                        };
                        let __out: Result<u32, Error> = {
                            __body_runs.begin();
                            ::resilience::__private::once(move || -> Result<u32, Error> {
                                Ok(id)
                            })
                        };
                        ::resilience::__private::leave(__permit);
                        __out
                    };
                    (__out, __body_runs)
                },
                const {
                    &::resilience::__private::TimeoutConfig::new(
                        __RESILIENCE_FUNCTION,
                        ::core::time::Duration::from_secs(30u64),
                    )
                },
                &__RESILIENCE_THREADS,
            ) {
                ::core::result::Result::Ok((__out, __runs_inside)) => {
                    __body_runs.join(&__runs_inside);
                    __out
                }
                ::core::result::Result::Err(__rejection) => {
                    __body_runs.left_behind(&__rejection);
                    ::resilience::__private::Rejection::rejected::<
                        Result<u32, Error>,
                    >(__rejection, __identity)
                }
            }
        };
        ::resilience::__private::leave_or_refund::<
            Result<u32, Error>,
        >(__permit, &__out, __identity);
        __out
    }
}
