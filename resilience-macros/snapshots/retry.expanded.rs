#[allow(clippy::absolute_paths)]
#[cfg_attr(
    doc,
    doc = "\n# Resilience\n\nFrom the outside in:\n\n1. `#[retry]`: up to 4 attempts, with pauses of at most 7s in total, unless the service asks for longer ones\n\n**Worst case:** the body runs 4 times, and nothing limits its time."
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
        static __RESILIENCE_CONFIG: ::resilience::__private::RetryConfig = ::resilience::__private::RetryConfig::new(
                __RESILIENCE_FUNCTION,
            )
            .max(3);
        #[allow(
            clippy::no_effect_underscore_binding,
            clippy::shadow_reuse,
            clippy::shadow_same,
            clippy::shadow_unrelated,
            clippy::used_underscore_binding
        )]
        let mut __slot_query = ::resilience::__private::ArgSlot::new(query);
        let mut __retry = ::resilience::__private::Retry::<()>::start();
        loop {
            let __last = __retry.is_last(&__RESILIENCE_CONFIG);
            let __pause = {
                let __out: Result<Answer, AskError> = {
                    #[allow(
                        clippy::no_effect_underscore_binding,
                        clippy::shadow_reuse,
                        clippy::shadow_same,
                        clippy::shadow_unrelated,
                        clippy::used_underscore_binding
                    )]
                    let query = ::resilience::__private::CloneArg::take(
                        &mut __slot_query,
                        __last.then_some(::resilience::__private::LastUse),
                    );
                    ::resilience::__private::in_retry(
                            __retry.call(),
                            (),
                            async move {
                                if let ::core::option::Option::Some(__out) = ::core::option::Option::None::<
                                    Result<Answer, AskError>,
                                > {
                                    return __out;
                                }
                                client.ask(query).await
                            },
                        )
                        .await
                };
                match ::resilience::__private::after_classified::<
                    Result<Answer, AskError>,
                >(&mut __retry, &__RESILIENCE_CONFIG, &__out, __identity, __classifier) {
                    ::core::option::Option::None => break __out,
                    ::core::option::Option::Some(__next) => {
                        __next.__resilience_pause(__out)
                    }
                }
            };
            if let ::core::option::Option::Some(__out) = __pause.await {
                break __out;
            }
        }
    }
}
