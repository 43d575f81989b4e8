//! Calls that panic, are dropped, or never end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use futures_util::FutureExt;
use resilience::{BreakerState, CircuitBreaker, circuit_breaker};
use tokio::time::sleep;

use crate::common::{Answer, Script, TestError, awaiting, blocking, poll_at_most, secs};
use crate::{FAILED, wait};

/// BUG-A1.
#[tokio::test(start_paused = true)]
async fn a_panic_is_not_counted_and_releases_the_probe() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("panic").failure_threshold(2).success_threshold(1).recovery(Duration::from_secs(10));

    #[circuit_breaker(shared = BREAKER)]
    async fn call(fails: Option<bool>) -> Answer {
        awaiting::pause().await;
        if fails.expect("told to panic") { Err(TestError::Transient) } else { Ok(7) }
    }

    assert_eq!(letters!(1, call(Some(true)).await), "F");
    assert!(AssertUnwindSafe(call(None)).catch_unwind().await.is_err());
    assert_eq!(BREAKER.snapshot().consecutive_failures, 1);
    assert_eq!(letters!(2, call(Some(true)).await), "FO");
    sleep(secs(10)).await;
    for _ in 0..5 {
        assert!(AssertUnwindSafe(call(None)).catch_unwind().await.is_err(), "admitted each time");
        assert_eq!((BREAKER.state(), BREAKER.snapshot().probes), (BreakerState::HalfOpen, 0));
    }
    assert_eq!(letters!(1, call(Some(false)).await), "S");
    assert_eq!(BREAKER.state(), BreakerState::Closed);
}

#[test]
fn a_synchronous_panic_is_not_counted_and_releases_the_probe() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("sync panic").failure_threshold(2).success_threshold(1).recovery(Duration::from_secs(10));

    #[circuit_breaker(shared = BREAKER)]
    fn call(fails: Option<bool>) -> Answer {
        if fails.expect("told to panic") { Err(TestError::Transient) } else { Ok(7) }
    }

    let clock = blocking::Clock::start();
    assert_eq!(letters!(1, call(Some(true))), "F");
    assert!(catch_unwind(|| call(None)).is_err());
    assert_eq!(BREAKER.snapshot().consecutive_failures, 1);
    assert_eq!(letters!(2, call(Some(true))), "FO");
    clock.sleep(secs(10));
    for _ in 0..5 {
        assert!(catch_unwind(|| call(None)).is_err(), "admitted each time");
        assert_eq!((BREAKER.state(), BREAKER.snapshot().probes), (BreakerState::HalfOpen, 0));
    }
    assert_eq!(letters!(1, call(Some(false))), "S");
    assert_eq!(BREAKER.state(), BreakerState::Closed);
}

/// BUG-A24, SYS-E21.
#[tokio::test(start_paused = true)]
async fn a_call_dropped_while_closed_is_not_counted() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("dropped closed").failure_threshold(2);

    #[circuit_breaker(shared = BREAKER)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(99, &clock);
    assert_eq!(letters!(1, call(&script).await), "F");
    for polls in [0, 1, 0, 1, 1] {
        assert_eq!(poll_at_most(polls, call(&script)).await, None);
        assert_eq!(BREAKER.snapshot().consecutive_failures, 1, "neither a failure nor a success");
    }
    assert_eq!(letters!(2, call(&script).await), "FO");
}

/// BUG-A1.
#[tokio::test(start_paused = true)]
async fn a_probe_dropped_at_any_poll_releases_its_permit() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("dropped probe")
        .failure_threshold(1)
        .success_threshold(1)
        .recovery(Duration::from_secs(10));

    #[circuit_breaker(shared = BREAKER)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        let answer = script.run().await;
        awaiting::pause().await;
        sleep(secs(1)).await;
        answer
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(1, &clock);
    assert_eq!(letters!(1, call(&script).await), "F");
    sleep(secs(10)).await;
    let mut polls = 0;
    while poll_at_most(polls, call(&script)).await.is_none() {
        assert_eq!(BREAKER.snapshot().probes, 0, "after {polls} polls");
        assert_ne!(BREAKER.state(), BreakerState::Closed);
        polls += 1;
    }
    assert_eq!((polls, BREAKER.state()), (4, BreakerState::Closed));
}

/// BUG-A2.
#[tokio::test(start_paused = true)]
async fn a_probe_that_never_ends_releases_its_permit_when_its_lease_expires() {
    #[circuit_breaker(failure_threshold = 1, success_threshold = 1, recovery = "10s", probe_lease = "30s")]
    async fn call(script: &awaiting::Script<'_>, time: Duration) -> Answer {
        let answer = script.next();
        sleep(time).await;
        answer
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(1, &clock);
    assert_eq!(call(&script, secs(0)).await, FAILED);
    sleep(secs(10)).await;
    let mut hung = Box::pin(call(&script, secs(100)));
    assert_eq!(poll_at_most(1, &mut hung).await, None);
    sleep(secs(20)).await;
    let rejected = call(&script, secs(0)).await;
    assert!(rejected.as_ref().is_err_and(TestError::is_open), "until the lease is over");
    assert_eq!(wait(&rejected), None, "which is no hint: the probe may end at any time");
    sleep(secs(10)).await;
    assert_eq!(call(&script, secs(0)).await, Ok(3));
    assert_eq!(letters!(2, call(&script, secs(0)).await), "SS", "closed");
}

/// BUG-A2.
#[tokio::test(start_paused = true)]
async fn a_probe_that_outlives_its_lease_counts_in_the_half_open_period_that_admitted_it() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("outlived").failure_threshold(1).success_threshold(2).recovery(Duration::from_secs(10));

    // The default lease is 60 s.
    #[circuit_breaker(shared = BREAKER)]
    async fn call(answer: Answer, time: Duration) -> Answer {
        sleep(time).await;
        answer
    }

    assert_eq!(letters!(1, call(FAILED, secs(0)).await), "F");
    sleep(secs(10)).await;
    let mut hung = Box::pin(call(FAILED, secs(61)));
    assert_eq!(poll_at_most(1, &mut hung).await, None);
    sleep(secs(60)).await;
    let mut second = Box::pin(call(Ok(2), secs(10)));
    assert_eq!(poll_at_most(1, &mut second).await, None, "admitted in its place");
    assert_eq!((BREAKER.state(), BREAKER.snapshot().probes), (BreakerState::HalfOpen, 1));
    assert_eq!(hung.await, FAILED);
    assert_eq!(BREAKER.state(), BreakerState::Open, "a late failure is a failure");
    assert_eq!(second.await, Ok(2));
    assert_eq!(BREAKER.state(), BreakerState::Open, "of a period that is over");
    sleep(secs(10)).await;
    let mut hung = Box::pin(call(Ok(4), secs(61)));
    assert_eq!(poll_at_most(1, &mut hung).await, None);
    sleep(secs(60)).await;
    assert_eq!(letters!(1, call(Ok(3), secs(0)).await), "S", "in its place");
    assert_eq!((hung.await, BREAKER.state()), (Ok(4), BreakerState::Closed), "a late success is a success");
}

/// One call a second for an hour, each of 61 s under a lease of 60 s.
#[tokio::test(start_paused = true)]
async fn healthy_calls_that_take_longer_than_the_lease_close_the_breaker() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("slow and healthy").failure_threshold(1).recovery(Duration::from_secs(10));

    #[circuit_breaker(shared = BREAKER)]
    async fn call(answer: Answer, time: Duration) -> Answer {
        sleep(time).await;
        answer
    }

    assert_eq!(call(FAILED, secs(0)).await, FAILED);
    sleep(secs(10)).await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..3_600 {
        calls.spawn(call(Ok(1), secs(61)));
        sleep(secs(1)).await;
    }
    let answers = calls.join_all().await;
    let rejected = answers.iter().filter(|answer| answer.is_err()).count();
    assert_eq!((rejected, BREAKER.state()), (118, BreakerState::Closed), "two minutes, and two probes");
}
