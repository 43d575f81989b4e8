#[allow(clippy::absolute_paths)]
#[cfg_attr(
    doc,
    doc = "\n# Resilience\n\nFrom the outside in:\n\n1. `#[circuit_breaker]`: guarded by `llm`\n\n**Worst case:** the body runs once, and nothing limits its time."
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
    let __identity = {
        use ::resilience::__private::probes::failure_type::*;
        let __failure_type = <Result<
            Answer,
            AskError,
        > as ::resilience::__private::Outcome>::failure_type();
        __failure_type.__resilience_identity()
    };
    '__layer0_gate: {
        static __RESILIENCE_SITE: ::resilience::__private::Site<
            ::resilience::__private::CircuitBreaker,
        > = ::resilience::__private::Site::named(
            "llm",
            ::core::file!(),
            ::core::line!(),
        );
        static __RESILIENCE_CONFIG: ::resilience::__private::CircuitBreakerConfig = {
            let __config = ::resilience::__private::CircuitBreakerConfig::DEFAULT
                .failure_threshold(3);
            let __value: ::core::time::Duration = RECOVERY;
            let __config = __config.recovery(__value);
            let __config = __config.checked();
            __config
        };
        let mut __scope = match __RESILIENCE_SITE
            .enter_scope(&__RESILIENCE_CONFIG, __RESILIENCE_FUNCTION, ())
        {
            ::core::result::Result::Ok(__permit) => __permit,
            ::core::result::Result::Err(__rejection) => {
                break '__layer0_gate ({
                    let (__rejection, __until) = ::resilience::__private::announced_rejection(
                        __RESILIENCE_FUNCTION,
                        __rejection,
                    );
                    let __out: Result<Answer, AskError> = <Result<
                        Answer,
                        AskError,
                    > as ::resilience::__private::Outcome>::from_failure({
                        let __mapped: <Result<
                            Answer,
                            AskError,
                        > as ::resilience::__private::Outcome>::Failure = AskError::Library(
                            __rejection,
                        );
                        __mapped
                    });
                    ::resilience::__private::rejected::<
                        Result<Answer, AskError>,
                    >(&__out, __until, __identity);
                    __out
                });
            }
        };
        let __out: Result<Answer, AskError> = ::resilience::__private::in_attempt(
                &mut __scope,
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
            .await;
        ::resilience::__private::record::<
            Result<Answer, AskError>,
        >(
            __scope,
            &__out,
            __identity,
            |__failure| {
                if {
                    let __answer: ::core::primitive::bool = is_cancelled(__failure);
                    __answer
                } {
                    ::resilience::__private::Judgement::IGNORED
                } else {
                    ::resilience::__private::Judgement::of({
                        use ::resilience::__private::probes::failure_type::*;
                        ::resilience::__private::Classifier::classify(
                            ::resilience::__private::failure_type_of(__failure)
                                .__resilience_classifier(),
                            __failure,
                        )
                    })
                }
            },
            ::core::option::Option::None,
            __RESILIENCE_FUNCTION,
        );
        __out
    }
}
