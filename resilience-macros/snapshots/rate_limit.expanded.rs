#[allow(clippy::absolute_paths)]
#[cfg_attr(
    doc,
    doc = "\n# Resilience\n\nFrom the outside in:\n\n1. `#[rate_limit]`: at most 10 calls per 1m, 10 of them at once, each waiting for up to 5s\n\n**Worst case:** the body runs once, and nothing limits its time."
)]
fn load(id: u32) -> Option<String> {
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
        let __failure_type = <Option<
            String,
        > as ::resilience::__private::Outcome>::failure_type();
        __failure_type.__resilience_identity()
    };
    '__layer0_gate: {
        static __RESILIENCE_SITE: ::resilience::__private::Site<
            ::resilience::__private::RateLimiter,
        > = ::resilience::__private::Site::of_function(
            __resilience_function,
            ::core::file!(),
            ::core::line!(),
        );
        let __permit = match ::resilience::__private::enter_blocking(
            __RESILIENCE_SITE
                .instance(const {
                    &::resilience::__private::RateLimiterConfig::DEFAULT
                        .max(10)
                        .per(::core::time::Duration::from_secs(60u64))
                        .wait(::core::time::Duration::from_secs(5u64))
                }),
            __RESILIENCE_FUNCTION,
        ) {
            ::core::result::Result::Ok(__permit) => __permit,
            ::core::result::Result::Err(__rejection) => {
                break '__layer0_gate (::resilience::__private::Rejection::rejected_by_gate::<
                    Option<String>,
                >(__rejection, __identity, __RESILIENCE_FUNCTION));
            }
        };
        let __out: Option<String> = ::resilience::__private::once(move || -> Option<
            String,
        > { query(id) });
        ::resilience::__private::leave_limit::<
            Option<String>,
        >(__permit, &__out, __identity);
        __out
    }
}
