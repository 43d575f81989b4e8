#[allow(clippy::absolute_paths)]
#[cfg_attr(
    doc,
    doc = "\n# Resilience\n\nFrom the outside in:\n\n1. `#[timeout]`: at most 30s\n\n**Worst case:** the body runs once, and the call takes 30s."
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
    {
        #[inline]
        fn __resilience_limit() -> &'static ::resilience::__private::TimeoutConfig {
            const {
                &::resilience::__private::TimeoutConfig::new(
                    __RESILIENCE_FUNCTION,
                    ::core::time::Duration::from_secs(30u64),
                )
            }
        }
        ::resilience::__private::Rejection::unless_rejected::<
            Result<Answer, AskError>,
        >(
            ::resilience::__private::timeout(
                    __resilience_limit,
                    (),
                    async move {
                        if let ::core::option::Option::Some(__out) = ::core::option::Option::None::<
                            Result<Answer, AskError>,
                        > {
                            return __out;
                        }
                        #[allow(
                            clippy::no_effect_underscore_binding,
                            clippy::shadow_reuse,
                            clippy::shadow_same,
                            clippy::shadow_unrelated,
                            clippy::used_underscore_binding
                        )]
                        let query = query;
                        client.ask(query).await
                    },
                )
                .await,
        )
    }
}
