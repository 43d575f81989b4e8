#[allow(clippy::absolute_paths)]
#[cfg_attr(
    doc,
    doc = "\n# Resilience\n\nFrom the outside in:\n\n1. `#[retry]`: up to 4 attempts, with pauses of at most 7s in total, unless the service asks for longer ones\n2. `#[circuit_breaker]`: guarded by `llm`\n3. `#[timeout]`: at most 30s\n\n**Worst case:** the body runs 4 times, and the call takes 2m7s, or up to 5m if the service asks for longer pauses."
)]
async fn ask(client: &Client, id: u64) -> Result<Answer, AskError> {
    #[circuit_breaker(__not_from_resilience_then_write_its_full_path)]
    const _: () = ();
    #[timeout(__not_from_resilience_then_write_its_full_path)]
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
            Answer,
            AskError,
        > as ::resilience::__private::Outcome>::failure_type();
        (
            __failure_type.__resilience_classifier(),
            __failure_type.__resilience_identity(),
        )
    };
    {
        let mut __retry = ::resilience::__private::Retry::<()>::start();
        #[inline]
        fn __resilience_layers() -> (
            &'static ::resilience::__private::RetryConfig,
            ::resilience::__private::BreakerEntry,
            &'static ::resilience::__private::TimeoutConfig,
        ) {
            (
                const {
                    &::resilience::__private::RetryConfig::new(__RESILIENCE_FUNCTION)
                        .max(3)
                },
                {
                    static __RESILIENCE_SITE: ::resilience::__private::Site<
                        ::resilience::__private::CircuitBreaker,
                    > = ::resilience::__private::Site::named(
                        "llm",
                        ::core::file!(),
                        ::core::line!(),
                    );
                    __RESILIENCE_SITE
                        .breaker_entry(
                            const {
                                &::resilience::__private::CircuitBreakerConfig::DEFAULT
                            },
                            __RESILIENCE_FUNCTION,
                        )
                },
                {
                    const {
                        &::resilience::__private::TimeoutConfig::new(
                            __RESILIENCE_FUNCTION,
                            ::core::time::Duration::from_secs(30u64),
                        )
                    }
                },
            )
        }
        loop {
            if let ::core::option::Option::Some(__out) = ::resilience::__private::Rejection::held_by::<
                Result<Answer, AskError>,
                _,
            >(
                    ::resilience::__private::AttemptOf::<Result<Answer, AskError>>::NEW
                        .__resilience_attempt(
                            &mut __retry,
                            __resilience_layers,
                            __identity,
                            __classifier,
                            async move {
                                if let ::core::option::Option::Some(__out) = ::core::option::Option::None::<
                                    Result<Answer, AskError>,
                                > {
                                    return __out;
                                }
                                client.ask(id).await
                            },
                        ),
                )
                .await
            {
                break __out;
            }
        }
    }
}
