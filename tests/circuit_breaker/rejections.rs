//! What a rejection says: the state, a hint that can be used, and an event.

use std::time::{Duration, Instant};

use resilience::{BreakerState, CircuitBreaker, Error, Policy, circuit_breaker, policy};

use crate::common::{Answer, Recorder, TestError, blocking, secs};

fn rejection(answer: Answer) -> (BreakerState, Option<Duration>, String) {
    match answer {
        Err(TestError::Resilience(error)) => {
            let text = error.to_string();
            let Error::CircuitOpen { state, retry_after, .. } = error else { panic!("{error}") };
            assert_eq!(error.retry_after(), retry_after);
            (state, retry_after, text)
        }
        answer => panic!("{answer:?}"),
    }
}

#[sync_and_async::test]
async fn a_rejection_says_why_and_has_a_hint_only_where_somebody_can_use_it() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("why").failure_threshold(1).recovery(Duration::from_secs(10));

    #[circuit_breaker(shared = BREAKER)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(1, &clock);
    assert_eq!(letters!(1, call(&script).await), "F");
    clock.sleep(secs(3)).await;
    let text = "circuit breaker `why` is open, next probe in 7s".to_owned();
    assert_eq!(rejection(call(&script).await), (BreakerState::Open, Some(secs(7)), text));

    clock.sleep(secs(7)).await;
    let probe = BREAKER.admit().expect("a probe");
    let text = "circuit breaker `why` is half-open, all probes are in progress".to_owned();
    assert_eq!(rejection(call(&script).await), (BreakerState::HalfOpen, None, text));
    drop(probe);

    BREAKER.force_open();
    let text = "circuit breaker `why` is forced open".to_owned();
    assert_eq!(rejection(call(&script).await), (BreakerState::ForcedOpen, None, text));
}

#[test]
fn no_hint_of_a_breaker_takes_a_caller_out_of_the_range_of_its_clock() {
    for recovery in [Duration::from_nanos(1), secs(60), Duration::MAX] {
        let breaker = CircuitBreaker::new("far").failure_threshold(1).recovery(recovery);
        breaker.admit().expect("closed").fail();
        let hint = |breaker: &CircuitBreaker| breaker.admit().err().and_then(|error| error.retry_after());
        if let Some(wait) = hint(&breaker) {
            assert!(wait <= recovery && Instant::now().checked_add(wait).is_some(), "{wait:?}");
        }
        breaker.force_open();
        assert_eq!(hint(&breaker), None);
    }
}

/// The events of rejections by a breaker, as its state and the hint.
fn rejections(recorder: &Recorder, breaker: &str) -> Vec<String> {
    recorder
        .named("breaker.rejected")
        .iter()
        .filter(|event| event.field("breaker").split('#').next().is_some_and(|name| name.ends_with(breaker)))
        .map(|event| {
            assert_eq!(event.level, tracing::Level::DEBUG);
            format!("{} {}", event.field("state"), event.field("retry_after_ms")).trim_end().to_owned()
        })
        .collect()
}

#[sync_and_async::test]
async fn every_rejection_is_an_event() {
    static SHARED: CircuitBreaker =
        CircuitBreaker::new("told, shared").failure_threshold(1).recovery(Duration::from_secs(10));

    struct Tenants;
    impl Tenants {
        #[circuit_breaker(key = tenant, failure_threshold = 1, recovery = "10s")]
        async fn keyed(&self, tenant: &str, script: &Script<'_>) -> Answer {
            let _ = tenant;
            script.run().await
        }
        #[circuit_breaker(failure_threshold = 1, recovery = "10s")]
        async fn method(&self, script: &Script<'_>) -> Option<u32> {
            script.run().await.ok()
        }
    }
    #[circuit_breaker(shared = SHARED)]
    async fn shared(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let recorder = Recorder::start();
    let script = Script::fails(3, &clock);
    for _ in 0..2 {
        let _ = (Tenants.keyed("a", &script).await, Tenants.method(&script).await, shared(&script).await);
    }
    for breaker in ["::keyed", "::method", "told, shared"] {
        assert_eq!(rejections(&recorder, breaker), ["open 10000"], "{breaker}");
    }
    clock.sleep(secs(10)).await;
    let probe = SHARED.admit().expect("a probe");
    assert!(SHARED.admit().is_err() && shared(&script).await.is_err());
    drop(probe);
    SHARED.force_open();
    assert!(SHARED.admit().is_err() && shared(&script).await.is_err());
    let expected = ["open 10000", "half-open", "half-open", "forced open", "forced open"];
    assert_eq!(rejections(&recorder, "told, shared"), expected);
}

#[test]
fn every_rejection_by_a_policy_is_an_event() {
    let clock = blocking::Clock::start();
    let recorder = Recorder::start();
    let layer = policy::circuit_breaker("told, policy").failure_threshold(1).recovery(secs(10)).build();
    let guarded: Policy<u32, TestError> = Policy::new() >> layer.expect("valid");
    let fail = || guarded.call_blocking(|| Err(TestError::Transient));
    assert_eq!(letters!(3, fail()), "FOO");
    clock.sleep(secs(4));
    assert_eq!(letters!(1, fail()), "O");
    assert_eq!(rejections(&recorder, "told, policy"), ["open 10000", "open 10000", "open 6000"]);
}

#[test]
fn a_recording_and_a_report_show_rejections() {
    #[circuit_breaker(name = "told, recorded", failure_threshold = 1)]
    fn call() -> Option<u32> {
        None
    }

    let ((_, report), events) =
        resilience::testing::record_blocking(|| resilience::observe_blocking(|| (call(), call(), call())));
    assert_eq!(events.names(), ["breaker.open", "breaker.rejected", "breaker.rejected"]);
    assert_eq!((&events[1]["breaker"], &events[1]["state"]), (&"told, recorded".into(), &"open".into()));
    assert_eq!((report.rejections, report.breaker), (2, Some(BreakerState::Open)));
}
