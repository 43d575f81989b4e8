#[allow(clippy::absolute_paths)]
#[cfg_attr(
    doc,
    doc = "\n# Resilience\n\nFrom the outside in:\n\n1. `#[timeout]`: at most 9s\n2. `#[fallback]`: falls back on a fixed value\n\n**Worst case:** the body runs once, and the call takes 9s."
)]
async fn ask() -> Result<u32, AskError> {
    #[fallback(__not_from_resilience_then_write_its_full_path)]
    const _: () = ();
    const _: () = {
        #[deprecated(
            note = "nothing below ends a call that hangs, and the `#[timeout]` above does so without asking the fallback; move `#[fallback]` above it, or put a shorter `#[timeout]` below; if it is meant, add `allow(late_fallback)` to `#[fallback]`"
        )]
        macro_rules! late_fallback {
            () => {
                ()
            };
        }
        late_fallback! {}
    };
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
    let _ = <Result<u32, AskError> as ::resilience::__private::Outcome>::failure_type();
    '__layer0_limit: {
        #[inline]
        fn __resilience_limit() -> &'static ::resilience::__private::TimeoutConfig {
            const {
                &::resilience::__private::TimeoutConfig::new(
                    __RESILIENCE_FUNCTION,
                    ::core::time::Duration::from_secs(9u64),
                )
            }
        }
        let __rejection = '__layer0_expired: {
            let mut __scope = ::resilience::__private::DeadlineScope::new(
                __resilience_limit,
                (),
            );
            break '__layer0_limit ('__layer1_done: {
                {
                    let __out: Result<u32, AskError> = {
                        match ::resilience::__private::in_context(
                                &mut __scope,
                                async move {
                                    if let ::core::option::Option::Some(__out) = ::core::option::Option::None::<
                                        Result<u32, AskError>,
                                    > {
                                        return __out;
                                    }
                                    query().await
                                },
                            )
                            .await
                        {
                            ::core::result::Result::Ok(__out) => __out,
                            ::core::result::Result::Err(__rejection) => {
                                break '__layer0_expired __rejection;
                            }
                        }
                    };
                    if !::resilience::__private::failed::<
                        Result<u32, AskError>,
                    >(&__out, |_| true) {
                        break '__layer1_done __out;
                    }
                }
                ::resilience::__private::announce(
                    __RESILIENCE_FUNCTION,
                    1,
                    ::core::option::Option::None,
                );
                {
                    let __out: Result<u32, AskError> = {
                        let __value: <Result<
                            u32,
                            AskError,
                        > as ::resilience::__private::Outcome>::Value = 1;
                        <Result<
                            u32,
                            AskError,
                        > as ::resilience::__private::Outcome>::from_value(__value)
                    };
                    ::resilience::__private::substituted::<
                        Result<u32, AskError>,
                    >(&__out, __RESILIENCE_FUNCTION, 1);
                    __out
                }
            });
        };
        break '__layer0_limit (<Result<
            u32,
            AskError,
        > as ::resilience::__private::Outcome>::from_failure(
            ::resilience::__private::Rejection::from_rejection(__rejection),
        ));
    }
}
