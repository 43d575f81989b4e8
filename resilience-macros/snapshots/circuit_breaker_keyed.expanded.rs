#[allow(clippy::absolute_paths)]
#[cfg_attr(
    doc,
    doc = "\n# Resilience\n\nFrom the outside in:\n\n1. `#[circuit_breaker]`: guarded by a breaker of its own, one for each `(self.region, tenant)`, which opens at 50% failures among the calls of the last `CALLS`\n\n**Worst case:** the body runs once, and nothing limits its time."
)]
fn ask(&self, tenant: String, question: &str) -> Option<Answer> {
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
        let __failure_type = <Option<
            Answer,
        > as ::resilience::__private::Outcome>::failure_type();
        (
            __failure_type.__resilience_classifier(),
            __failure_type.__resilience_identity(),
        )
    };
    '__layer0_gate: {
        static __RESILIENCE_SITE: ::resilience::__private::KeyedSite<
            ::resilience::__private::CircuitBreaker,
        > = ::resilience::__private::KeyedSite::of_function(
            __resilience_function,
            ::core::file!(),
            ::core::line!(),
        );
        static __RESILIENCE_CONFIG: ::resilience::__private::CircuitBreakerConfig = {
            let __config = ::resilience::__private::CircuitBreakerConfig::DEFAULT
                .failure_rate(0.5f64)
                .min_calls(10)
                .slow_call(::core::time::Duration::from_secs(2u64))
                .slow_rate(0.8f64);
            let __value = CALLS;
            let __config = __config.windowed(__value).takes_a_u32_or_a_duration();
            let __config = __config.judged();
            __config
        };
        let __gate = __RESILIENCE_SITE
            .for_key(
                &__RESILIENCE_CONFIG,
                &{
                    #[allow(
                        unused_variables,
                        clippy::no_effect_underscore_binding,
                        clippy::shadow_reuse,
                        clippy::shadow_same,
                        clippy::shadow_unrelated,
                        clippy::used_underscore_binding
                    )]
                    let tenant = &tenant;
                    let __part0 = self.region;
                    let __part1 = tenant;
                    {
                        use ::resilience::__private::probes::key_part::*;
                        ::resilience::__private::KeyRef((
                            ::resilience::__private::Part::kind(
                                    &__part0,
                                    (&&&&::resilience::__private::KeyPartProbe::of(&__part0))
                                        .__resilience_key_part(),
                                )
                                .part(__part0),
                            ::resilience::__private::Part::kind(
                                    &__part1,
                                    (&&&&::resilience::__private::KeyPartProbe::of(&__part1))
                                        .__resilience_key_part(),
                                )
                                .part(__part1),
                        ))
                    }
                },
            );
        let __permit = match ::resilience::__private::enter_now(
            &*__gate,
            __RESILIENCE_FUNCTION,
        ) {
            ::core::result::Result::Ok(__permit) => __permit,
            ::core::result::Result::Err(__rejection) => {
                break '__layer0_gate (::resilience::__private::Rejection::rejected_by_gate::<
                    Option<Answer>,
                >(__rejection, __identity, __RESILIENCE_FUNCTION));
            }
        };
        let __out: Option<Answer> = ::resilience::__private::once(move || -> Option<
            Answer,
        > {
            #[allow(
                unused_variables,
                clippy::no_effect_underscore_binding,
                clippy::shadow_reuse,
                clippy::shadow_same,
                clippy::shadow_unrelated,
                clippy::used_underscore_binding
            )]
            let tenant = tenant;
            self.client.ask(tenant, question)
        });
        ::resilience::__private::record_classified::<
            Option<Answer>,
        >(__permit, &__out, __identity, __classifier, __RESILIENCE_FUNCTION);
        __out
    }
}
