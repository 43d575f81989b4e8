//! Another recovery time reaches breakers that are open.

use std::time::Duration;

use resilience::config::{set, unset};
use resilience::{CircuitBreaker, Policy, circuit_breaker, policy};

use crate::alone;
use crate::common::{Answer, Classified, TestError, secs};

fn wait(answer: &Answer) -> Option<Duration> {
    answer.as_ref().err().and_then(TestError::retry_after)
}

#[sync_and_async::test]
async fn a_shorter_or_longer_recovery_counts_from_the_opening() {
    let _alone = alone();
    #[circuit_breaker(name = "open long", failure_threshold = 1, recovery = "60s")]
    async fn call(up: bool) -> Answer {
        pause().await;
        if up { Ok(1) } else { Err(TestError::Transient) }
    }
    let clock = Clock::start();
    let recovery = |time: &str| set("open long.circuit_breaker.recovery", time);
    assert!(call(false).await.is_err());
    clock.sleep(secs(10)).await;
    assert_eq!(wait(&call(true).await), Some(secs(50)));
    assert_eq!(recovery("5m"), Ok(()));
    assert_eq!(wait(&call(true).await), Some(secs(290)));
    assert_eq!(recovery("20s"), Ok(()));
    assert_eq!(wait(&call(true).await), Some(secs(10)));
    assert!(unset("open long.circuit_breaker.recovery"));
    assert_eq!(wait(&call(true).await), Some(secs(50)), "as it was");
    assert_eq!(recovery("5s"), Ok(()));
    let breaker = CircuitBreaker::named("open long").expect("called");
    assert!(breaker.snapshot().would_admit, "its time is over");
    assert_eq!((call(true).await, call(true).await), (Ok(1), Ok(1)), "two probes");
    assert_eq!(breaker.snapshot().state, resilience::BreakerState::Closed);
}

#[sync_and_async::test]
async fn no_setting_shortens_the_wait_that_the_server_asked_for() {
    let _alone = alone();
    #[circuit_breaker(name = "asked to wait", failure_threshold = 1, recovery = "60s")]
    async fn call(answer: Result<u32, Classified>) -> Result<u32, Classified> {
        pause().await;
        answer
    }
    let clock = Clock::start();
    let left = || CircuitBreaker::named("asked to wait").expect("called").snapshot().retry_after;
    assert!(call(Err(Classified(TestError::RateLimited(secs(30))))).await.is_err());
    clock.sleep(secs(10)).await;
    assert_eq!(left(), Some(secs(50)));
    assert_eq!(set("asked to wait.circuit_breaker.recovery", "1s"), Ok(()));
    assert_eq!(left(), Some(secs(20)), "what is left of the hint");
    assert_eq!(set("asked to wait.circuit_breaker.recovery", "2m"), Ok(()));
    assert_eq!(left(), Some(secs(110)));
}

#[sync_and_async::test]
async fn a_recovery_that_has_grown_is_computed_anew() {
    let _alone = alone();
    #[circuit_breaker(name = "has grown", failure_threshold = 1, recovery = "10s", recovery_factor = 3.0, key = id)]
    async fn call(id: u32) -> Answer {
        pause().await;
        Err(TestError::Transient)
    }
    let clock = Clock::start();
    for time in [0, 10, 30] {
        clock.sleep(secs(time)).await;
        assert_eq!(call(7).await, Err(TestError::Transient), "the first call, and two probes");
    }
    assert_eq!(wait(&call(7).await), Some(secs(90)));
    assert_eq!(set("has grown.circuit_breaker.recovery_factor", 2.0), Ok(()));
    assert_eq!(wait(&call(7).await), Some(secs(40)));
    assert_eq!(set("has grown.circuit_breaker.max_recovery", "25s"), Ok(()));
    assert_eq!(wait(&call(7).await), Some(secs(25)), "for each key");
}

#[test]
fn a_policy_with_another_recovery_reaches_its_open_breaker_too() {
    let _alone = alone();
    let with = |recovery: u64| -> Policy<u32, TestError> {
        let breaker = policy::circuit_breaker("open policy").failure_threshold(1).recovery(secs(recovery));
        Policy::new() >> breaker.build().expect("valid")
    };
    let clock = resilience::testing::ManualClock::install();
    let first = with(60);
    assert!(first.call_blocking(|| Err(TestError::Transient)).is_err());
    clock.advance(secs(10));
    let second = with(30);
    assert_eq!(wait(&second.call_blocking(|| Ok(1))), Some(secs(20)));
    assert_eq!(set("open policy.circuit_breaker.recovery", "15s"), Ok(()));
    assert_eq!(wait(&first.call_blocking(|| Ok(1))), Some(secs(5)));
}
