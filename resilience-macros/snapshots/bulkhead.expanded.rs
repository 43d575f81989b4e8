#[allow(clippy::absolute_paths)]
#[cfg_attr(
    doc,
    doc = "\n# Resilience\n\nFrom the outside in:\n\n1. `#[bulkhead]`: at most 4 concurrent calls in `db`, 9 more waiting for up to 1s\n\n**Worst case:** the body runs once, and nothing limits its time."
)]
async fn load(id: u32) -> Result<String, DbError> {
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
    '__layer0_gate: {
        static __RESILIENCE_SITE: ::resilience::__private::Site<
            ::resilience::__private::Bulkhead,
        > = ::resilience::__private::Site::named("db", ::core::file!(), ::core::line!());
        static __RESILIENCE_CONFIG: ::resilience::__private::BulkheadConfig = ::resilience::__private::BulkheadConfig::DEFAULT
            .max(4)
            .queue(9)
            .wait(::core::time::Duration::from_secs(1u64))
            .checked();
        let __permit = match ::resilience::__private::enter(
                __RESILIENCE_SITE.instance(&__RESILIENCE_CONFIG),
            )
            .await
        {
            ::core::result::Result::Ok(__permit) => __permit,
            ::core::result::Result::Err(__rejection) => {
                break '__layer0_gate (::resilience::__private::Rejection::rejected_by_gate::<
                    Result<String, DbError>,
                >(__rejection, __identity, __RESILIENCE_FUNCTION));
            }
        };
        let __out: Result<String, DbError> = async move {
            if let ::core::option::Option::Some(__out) = ::core::option::Option::None::<
                Result<String, DbError>,
            > {
                return __out;
            }
            query(id).await
        }
            .await;
        ::resilience::__private::leave(__permit);
        __out
    }
}
