#[allow(clippy::absolute_paths)]
#[cfg_attr(
    doc,
    doc = "\n# Resilience\n\nFrom the outside in:\n\n1. `#[retry]`: up to 4 attempts, with pauses of at most 7s in total, unless the service asks for longer ones\n2. `#[timeout]`: at most 20s between two items\n\n**Worst case:** the body runs 4 times, and nothing limits its time."
)]
fn read(file: File) -> impl Stream<Item = io::Result<Line>> + Send {
    #[timeout(__not_from_resilience_then_write_its_full_path)]
    const _: () = ();
    ::resilience::__private::lazy_stream(async move {
        fn __resilience_function() -> &'static dyn ::resilience::__private::FunctionName {
            static __RESILIENCE_ITEM: ::resilience::__private::FunctionItem = ::resilience::__private::FunctionItem::new(
                &__resilience_function,
                ::core::module_path!(),
                "read",
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
            let __failure_type = <::resilience::__private::StreamEnd<
                io::Result<Line>,
            > as ::resilience::__private::Outcome>::failure_type();
            (
                __failure_type.__resilience_classifier(),
                __failure_type.__resilience_identity(),
            )
        };
        {
            static __RESILIENCE_CONFIG: ::resilience::__private::RetryConfig = ::resilience::__private::RetryConfig::new(
                __RESILIENCE_FUNCTION,
            );
            #[allow(
                clippy::no_effect_underscore_binding,
                clippy::shadow_reuse,
                clippy::shadow_same,
                clippy::shadow_unrelated,
                clippy::used_underscore_binding
            )]
            let mut __slot_file = ::resilience::__private::ArgSlot::new(file);
            let mut __retry = ::resilience::__private::Retry::<()>::start();
            loop {
                let __last = __retry.is_last(&__RESILIENCE_CONFIG);
                let __pause = {
                    let __out: ::resilience::__private::StreamOpening<
                        _,
                        io::Result<Line>,
                    > = {
                        let __limits = ::resilience::__private::StreamLimits::of(const {
                            &::resilience::__private::StreamTimes::new(
                                    __RESILIENCE_FUNCTION,
                                )
                                .idle(::core::time::Duration::from_secs(20u64))
                        });
                        let __out: ::resilience::__private::StreamOpening<
                            _,
                            io::Result<Line>,
                        > = {
                            #[allow(
                                clippy::no_effect_underscore_binding,
                                clippy::shadow_reuse,
                                clippy::shadow_same,
                                clippy::shadow_unrelated,
                                clippy::used_underscore_binding
                            )]
                            let file = ::resilience::__private::CloneArg::take(
                                &mut __slot_file,
                                __last.then_some(::resilience::__private::LastUse),
                            );
                            ::resilience::__private::in_retry(
                                    __retry.call(),
                                    (),
                                    ::resilience::__private::open_stream::<
                                        _,
                                        io::Result<Line>,
                                    >(async move {
                                        if let ::core::option::Option::Some(__out) = ::core::option::Option::None::<
                                            _,
                                        > {
                                            return __out;
                                        }
                                        lines(file)
                                    }),
                                )
                                .await
                        };
                        ::resilience::__private::limit_stream(
                            __out,
                            __limits,
                            move |__rejection| {
                                let __mapped: <::resilience::__private::StreamEnd<
                                    io::Result<Line>,
                                > as ::resilience::__private::Outcome>::Failure = Error::late(
                                    __rejection,
                                );
                                __mapped
                            },
                        )
                    };
                    match ::resilience::__private::after_classified::<
                        ::resilience::__private::StreamOpening<_, io::Result<Line>>,
                    >(
                        &mut __retry,
                        &__RESILIENCE_CONFIG,
                        &__out,
                        __identity,
                        __classifier,
                    ) {
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
    })
}
