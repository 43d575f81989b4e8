#[cfg_attr(
    doc,
    doc = "\n# Resilience\n\nFrom the outside in:\n\n1. `#[timeout]`: at most 1m30s\n\n**Worst case:** the body runs once, and nothing limits its time."
)]
fn crunch(numbers: &[u64]) -> Result<u64, Error> {
    fn __resilience_function() -> &'static dyn ::resilience::__private::FunctionName {
        static __RESILIENCE_ITEM: ::resilience::__private::FunctionItem = ::resilience::__private::FunctionItem::new(
            &__resilience_function,
            ::core::module_path!(),
            "crunch",
            true,
            ::core::file!(),
            ::core::line!(),
        );
        &__RESILIENCE_ITEM
    }
    const __RESILIENCE_FUNCTION: ::resilience::__private::FunctionRef = ::resilience::__private::FunctionRef::Item(
        __resilience_function,
    );
    {
        let __deadline = ::resilience::__private::cooperative(const {
            &::resilience::__private::TimeoutConfig::new(
                __RESILIENCE_FUNCTION,
                ::core::time::Duration::from_secs(90u64),
            )
        });
        ::resilience::__private::once(move || -> Result<u64, Error> { sum(numbers) })
    }
}
