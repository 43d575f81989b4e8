#[allow(clippy::absolute_paths)]
#[cfg_attr(
    doc,
    doc = "\n# Resilience\n\nFrom the outside in:\n\n1. `#[retry]`: up to 4 attempts, with pauses of at most 700ms in total, unless the service asks for longer ones\n\n**Worst case:** the body runs 4 times, and nothing limits its time."
)]
fn ask(client: &mut Client, query: &str) -> Result<Answer, AskError> {
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
    {
        static __RESILIENCE_CONFIG: ::resilience::__private::RetryConfig = ::resilience::__private::RetryConfig::new(
                __RESILIENCE_FUNCTION,
            )
            .max(3)
            .base_delay(::core::time::Duration::from_millis(100u64))
            .checked();
        let mut __retry = ::resilience::__private::Retry::<()>::start_blocking();
        loop {
            let __out: Result<Answer, AskError> = {
                #[allow(
                    clippy::no_effect_underscore_binding,
                    clippy::shadow_reuse,
                    clippy::shadow_same,
                    clippy::shadow_unrelated,
                    clippy::used_underscore_binding
                )]
                let client = &mut *client;
                ::resilience::__private::once(move || -> Result<Answer, AskError> {
                    client.ask(query)
                })
            };
            match ::resilience::__private::after::<
                Result<Answer, AskError>,
            >(
                &mut __retry,
                &__RESILIENCE_CONFIG,
                &__out,
                __identity,
                |__failure| {
                    let __again = {
                        let __answer: ::core::primitive::bool = is_transient(__failure);
                        __answer
                    };
                    ::resilience::__private::RetryVerdict::from_predicate(
                        __again,
                        {
                            use ::resilience::__private::probes::failure_type::*;
                            ::resilience::__private::Classifier::classify(
                                ::resilience::__private::failure_type_of(__failure)
                                    .__resilience_classifier(),
                                __failure,
                            )
                        },
                    )
                },
                |_| false,
                ::resilience::__private::configured_backoff(&__RESILIENCE_CONFIG),
            ) {
                ::core::option::Option::None => break __out,
                ::core::option::Option::Some(__next) => {
                    if __next.pause_blocking() {
                        break __out;
                    }
                }
            }
        }
    }
}
