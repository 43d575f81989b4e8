//! Listeners may call back and may panic.

use std::panic::catch_unwind;
use std::time::Duration;

use resilience::{BreakerState, CircuitBreaker, circuit_breaker};
use tracing_subscriber::layer::SubscriberExt;

use crate::FAILED;
use crate::common::{Answer, blocking, is_open, secs};

/// BUG-A17.
#[test]
fn a_listener_may_call_back_into_the_breaker_and_may_panic() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("listener").failure_threshold(1).success_threshold(1).recovery(Duration::from_secs(10));

    #[circuit_breaker(shared = BREAKER)]
    fn call(answer: Answer) -> Answer {
        answer
    }

    struct Curious;

    impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Curious {
        fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
            let seen = (event.metadata().name(), BREAKER.state());
            let expected = match seen.0 {
                "breaker.open" | "breaker.rejected" => BreakerState::Open,
                "breaker.half_open" => BreakerState::HalfOpen,
                _ => BreakerState::Closed,
            };
            assert_eq!(seen.1, expected);
            if expected == BreakerState::Open {
                assert!(is_open(&call(Ok(9))), "the breaker is free while it is listened to");
            }
            assert_ne!(seen.0, "breaker.close", "told to panic");
        }
    }

    let clock = blocking::Clock::start();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(Curious));
    assert_eq!(letters!(2, call(FAILED)), "FO");
    clock.sleep(secs(10));
    assert!(catch_unwind(|| call(Ok(1))).is_err(), "the listener of the closing panics");
    assert_eq!((BREAKER.state(), BREAKER.snapshot().probes), (BreakerState::Closed, 0), "the breaker has closed");
    assert_eq!(letters!(3, call(Ok(2))), "SSS");
}

/// BUG-A17.
#[test]
fn a_listener_may_use_every_method_and_may_panic_at_any_change() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("any change").window(1).failure_rate(1.0).success_threshold(1).recovery(secs(10));
    static PANICS_AT: std::sync::Mutex<&str> = std::sync::Mutex::new("");

    struct Meddler;

    impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Meddler {
        fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
            drop((BREAKER.name(), BREAKER.snapshot(), format!("{BREAKER:?}"), BREAKER.admit()));
            let panics_at = *PANICS_AT.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            assert_ne!(event.metadata().name(), panics_at, "told to panic");
            if panics_at == "never" {
                BREAKER.disable();
                BREAKER.force_open();
                BREAKER.close();
                BREAKER.reset();
            }
        }
    }

    let clock = blocking::Clock::start();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(Meddler));
    let fail = || catch_unwind(|| BREAKER.admit().map(resilience::Permit::fail).is_ok());
    let succeed = || catch_unwind(|| BREAKER.admit().map(resilience::Permit::succeed).is_ok());
    for panics_at in ["", "breaker.open", "breaker.half_open", "breaker.close"] {
        *PANICS_AT.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = panics_at;
        assert_eq!(fail().is_err(), panics_at == "breaker.open");
        assert_eq!(BREAKER.state(), BreakerState::Open);
        clock.sleep(secs(10));
        // The probe is lost with the panic of its admission, and its place is not.
        let probe = succeed();
        assert_eq!(probe.is_err(), matches!(panics_at, "breaker.half_open" | "breaker.close"));
        if panics_at == "breaker.half_open" {
            assert_eq!(BREAKER.snapshot().probes, 0);
            assert!(succeed().is_ok());
        }
        assert_eq!((BREAKER.state(), BREAKER.snapshot().probes), (BreakerState::Closed, 0), "{panics_at}");
    }
    *PANICS_AT.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = "never";
    assert!(fail().is_ok());
    assert_eq!((BREAKER.state(), BREAKER.snapshot().opened), (BreakerState::Closed, 0), "put back by the listener");
}
