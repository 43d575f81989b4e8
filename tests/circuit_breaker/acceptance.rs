//! The contract of a breaker in seven tests.

use std::future::pending;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use resilience::{BreakerState, CircuitBreaker, circuit_breaker, timeout};
use tokio::time::sleep;

use crate::common::{Answer, Script, TestError, awaiting, is_open, secs};

#[sync_and_async::test]
async fn an_outage_after_100_000_successes_opens_a_window_of_100_within_100_calls() {
    #[circuit_breaker(window = 100, failure_rate = 0.5)]
    async fn call(fails: bool) -> Answer {
        if fails { Err(TestError::Transient) } else { Ok(7) }
    }

    let _clock = Clock::start();
    for _ in 0..100_000 {
        assert_eq!(call(false).await, Ok(7));
    }
    assert_eq!(letters!(100, call(true).await).find('O'), Some(50));
}

#[sync_and_async::test]
async fn a_dropped_permit_of_a_probe_is_released() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("acceptance c").failure_threshold(1).recovery(Duration::from_secs(10));

    let clock = Clock::start();
    BREAKER.admit().expect("closed").fail();
    clock.sleep(secs(10)).await;
    for _ in 0..10 {
        drop(BREAKER.admit().expect("the place is free"));
    }
}

#[sync_and_async::test]
async fn a_result_of_an_earlier_generation_changes_nothing() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("acceptance e").window(2).failure_rate(0.5).recovery(Duration::from_secs(10));

    let clock = Clock::start();
    let late = [(); 3].map(|()| BREAKER.admit().expect("closed"));
    for _ in 0..2 {
        BREAKER.admit().expect("closed").fail();
    }
    let [success, failure, ignored] = late;
    success.succeed();
    assert_eq!(BREAKER.state(), BreakerState::Open);
    clock.sleep(secs(10)).await;
    let probe = BREAKER.admit().expect("half-open");
    failure.fail();
    ignored.ignore();
    assert_eq!((BREAKER.state(), BREAKER.snapshot().probes), (BreakerState::HalfOpen, 1));
    probe.succeed();
    BREAKER.admit().expect("half-open").succeed();
    assert_eq!((BREAKER.state(), BREAKER.snapshot().calls), (BreakerState::Closed, 0));
}

#[sync_and_async::test]
async fn an_open_breaker_never_runs_the_body() {
    #[circuit_breaker(window = 5, failure_rate = 0.2)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::of("SSSSF", &clock);
    assert_eq!(letters!(500, call(&script).await).matches('O').count(), 495);
    assert_eq!(script.calls(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_half_open_breaker_admits_exactly_its_quota_of_a_thousand_calls() {
    #[circuit_breaker(window = 1, failure_rate = 1, success_threshold = 9, half_open_max = 4, recovery = "10s")]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        let answer = script.run().await;
        sleep(secs(1)).await;
        answer
    }

    let clock = awaiting::Clock::start();
    let script = Script::of("F", &clock);
    assert_eq!(letters!(1, call(&script).await), "F");
    sleep(secs(10)).await;
    let answers = join_all((0..1_000).map(|_| call(&script))).await;
    assert_eq!(answers.iter().filter(|answer| is_open(answer)).count(), 996);
    assert_eq!(script.calls(), 1 + 4);
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_by_its_caller_is_not_counted_and_one_dropped_by_a_timeout_is_a_failure() {
    #[circuit_breaker(window = 2, failure_rate = 0.5)]
    #[timeout(secs = 5)]
    async fn call() -> Answer {
        pending().await
    }

    for _ in 0..10 {
        assert!(tokio::time::timeout(secs(1), call()).await.is_err(), "the caller goes away");
    }
    assert_eq!(letters!(3, call().await), "TTO");
}

#[tokio::test(start_paused = true)]
async fn a_panic_releases_the_permit() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("acceptance f")
        .window(1)
        .failure_rate(1.0)
        .success_threshold(1)
        .recovery(Duration::from_secs(10));

    #[circuit_breaker(shared = BREAKER)]
    async fn call(panics: bool) -> Answer {
        sleep(secs(1)).await;
        assert!(!panics, "told to");
        Ok(7)
    }

    BREAKER.admit().expect("closed").fail();
    sleep(secs(10)).await;
    for _ in 0..3 {
        assert!(AssertUnwindSafe(call(true)).catch_unwind().await.is_err());
        assert_eq!((BREAKER.state(), BREAKER.snapshot().probes), (BreakerState::HalfOpen, 0));
    }
    assert_eq!(letters!(2, call(false).await), "SS");
    assert_eq!(BREAKER.state(), BreakerState::Closed);
}
