//! Clocks that step back, and the real clock.

use std::future::pending;

use resilience::circuit_breaker;

use crate::common::{Answer, Counter, Script, TestError, awaiting, blocking, is_open, millis, poll_at_most, secs};
use crate::wait_secs;

#[test]
fn a_clock_that_steps_back_is_harmless() {
    #[circuit_breaker(failure_threshold = 1, success_threshold = 1, recovery = "10s")]
    fn call(script: &blocking::Script<'_>) -> Answer {
        script.run()
    }

    let clock = blocking::Clock::start();
    let script = Script::of("F", &clock);
    assert_eq!(letters!(1, call(&script)), "F");
    clock.step_back(secs(5));
    assert_eq!(wait_secs(&call(&script)), Some(15));
    clock.sleep(secs(15));
    assert_eq!(letters!(2, call(&script)), "SS");
}

#[test]
fn a_synchronous_breaker_recovers_by_the_real_clock() {
    #[circuit_breaker(failure_threshold = 1, success_threshold = 1, recovery_ms = 5)]
    fn call(calls: &Counter) -> Answer {
        if calls.up() == 1 { Err(TestError::Transient) } else { Ok(7) }
    }

    let (calls, start) = (Counter::new(), std::time::Instant::now());
    assert_eq!(letters!(1, call(&calls)), "F");
    while is_open(&call(&calls)) {
        std::thread::yield_now();
    }
    assert!(start.elapsed() >= millis(5));
    assert_eq!(calls.get(), 2);
}

#[tokio::test]
async fn an_asynchronous_breaker_recovers_by_the_real_clock() {
    #[circuit_breaker(failure_threshold = 1, success_threshold = 1, recovery_ms = 5)]
    async fn call(hangs: bool) -> Answer {
        if hangs { pending().await } else { Err(TestError::Transient) }
    }

    let start = std::time::Instant::now();
    assert_eq!(letters!(2, call(false).await), "FO");
    while poll_at_most(1, call(true)).await.is_some() {
        awaiting::pause().await;
    }
    assert!(start.elapsed() >= millis(5));
}
