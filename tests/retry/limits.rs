//! The time limits of a retry: `max_elapsed`, a deadline, and the edges of the clock.

use std::time::Duration;

use resilience::{retry, timeout};

use crate::common::{Answer, Counter, Elapsed, Script, TestError, awaiting, blocking, millis, secs};

#[sync_and_async::test]
async fn max_elapsed_ends_the_retries_before_a_sleep_that_does_not_fit() {
    #[retry(max = 99, backoff = "constant", base_delay = "4s", jitter = false, max_elapsed = "10s")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::new(&clock, |call| Err(TestError::RateLimited(secs(call.into()))));
    assert_eq!(call(&script).await, Err(TestError::RateLimited(secs(3))), "the last error");
    assert_eq!((script.calls(), clock.elapsed()), (3, secs(8)), "returned at once");
}

/// BUG-C12.
#[sync_and_async::test]
async fn max_elapsed_includes_the_time_of_the_attempts() {
    #[retry(max = 99, backoff = "constant", base_delay_secs = 1, jitter = false, max_elapsed_secs = 7)]
    async fn call(clock: &Clock, script: &Script<'_>) -> Answer {
        let answer = script.run().await;
        clock.sleep(secs(2)).await;
        answer
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert!(call(&clock, &script).await.is_err());
    assert_eq!(script.starts(), [secs(0), secs(3), secs(6)]);
    assert_eq!(clock.elapsed(), secs(8));
}

/// MP-R02.
#[sync_and_async::test]
async fn max_elapsed_applies_without_delays() {
    #[retry(max = 90, backoff = "none", max_elapsed_ms = 1000, allow(hot_retry))]
    async fn call(clock: &Clock, script: &Script<'_>) -> Answer {
        clock.sleep(millis(100)).await;
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert!(call(&clock, &script).await.is_err());
    assert_eq!(script.calls(), 10);
}

#[sync_and_async::test]
async fn max_elapsed_does_not_interrupt_an_attempt() {
    #[retry(max = 2, backoff = "none", max_elapsed = "1s")]
    async fn call(clock: &Clock, script: &Script<'_>) -> Answer {
        clock.sleep(secs(5)).await;
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!(call(&clock, &script).await, Ok(1));
}

/// BUG-C1, BUG-C2.
#[sync_and_async::test]
async fn no_number_of_attempts_is_too_large() {
    #[retry(max = 4_294_967_295, backoff = "none", allow(hot_retry))]
    async fn max(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(attempts = u32::MAX, factor = 1e9)]
    async fn attempts(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    assert_eq!(max(&Script::fails(5000, &clock)).await, Ok(5001));
    let script = Script::fails(200, &clock);
    assert_eq!(attempts(&script).await, Ok(201));
    assert!(script.gaps().iter().all(|gap| *gap <= secs(60)));
}

/// BUG-C7.
#[sync_and_async::test]
async fn no_duration_is_too_long_or_too_short() {
    #[retry(
        max = 1, base_delay = Duration::MAX, max_delay = Duration::MAX, max_elapsed = Duration::MAX, jitter = false
    )]
    async fn long(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(max = 3, base_delay = Duration::from_nanos(1), max_delay = Duration::from_nanos(2), jitter = 1.0)]
    async fn short(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    assert_eq!(short(&Script::fails(3, &clock)).await, Ok(4));
    assert!(clock.elapsed() <= millis(3));
    assert_eq!(long(&Script::fails(1, &clock)).await, Ok(2));
    assert!(clock.elapsed() > secs(1_000_000), "{:?}", clock.elapsed());
}

/// BUG-C20.
#[test]
fn a_clock_that_steps_back_is_harmless() {
    #[retry(max = 3, backoff = "constant", base_delay = "1s", jitter = false, max_elapsed = "10s")]
    fn call(clock: &blocking::Clock, script: &blocking::Script<'_>) -> Answer {
        let answer = script.run();
        clock.step_back(secs(3600));
        answer
    }

    let clock = blocking::Clock::start();
    let script = Script::fails(3, &clock);
    assert_eq!(call(&clock, &script), Ok(4));
}

/// BUG-C12.
#[tokio::test(start_paused = true)]
async fn a_sleep_beyond_the_deadline_is_not_started() {
    #[timeout(secs = 10)]
    #[retry(max = 9, backoff = "constant", base_delay = "4s", jitter = false)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }

    let clock = awaiting::Clock::start();
    let script = Script::always(TestError::Permanent, &clock);
    assert_eq!(call(&script).await, Err(TestError::Permanent), "the real error, not the timeout");
    assert_eq!((script.calls(), clock.elapsed()), (3, secs(8)));
}

#[test]
fn a_sleep_beyond_a_cooperative_deadline_is_not_started() {
    #[timeout(secs = 10, mode = "cooperative")]
    #[retry(max = 9, backoff = "constant", base_delay = "4s", jitter = false)]
    fn call(script: &blocking::Script<'_>) -> Answer {
        script.run()
    }

    let clock = blocking::Clock::start();
    let script = Script::always(TestError::Permanent, &clock);
    assert_eq!(call(&script), Err(TestError::Permanent), "the real error, not the timeout");
    assert_eq!((script.calls(), clock.elapsed()), (3, secs(8)));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_the_caller_applies() {
    #[retry(max = 9, backoff = "constant", base_delay = "4s", jitter = false)]
    async fn inner(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }
    #[timeout(secs = 10)]
    async fn outer(script: &awaiting::Script<'_>) -> Answer {
        tokio::time::sleep(secs(3)).await;
        inner(script).await
    }

    let clock = awaiting::Clock::start();
    let script = Script::always(TestError::Permanent, &clock);
    assert_eq!(outer(&script).await, Err(TestError::Permanent));
    assert_eq!((script.starts(), clock.elapsed()), (vec![secs(3), secs(7)], secs(7)));
}

#[tokio::test(start_paused = true)]
async fn a_hint_beyond_the_deadline_ends_the_retries_immediately() {
    #[timeout(secs = 10)]
    #[retry(max = 9, backoff = "none", retry_after = TestError::retry_after)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }

    let clock = awaiting::Clock::start();
    let script = Script::always(TestError::RateLimited(secs(30)), &clock);
    assert_eq!(call(&script).await, Err(TestError::RateLimited(secs(30))));
    assert_eq!((script.calls(), clock.elapsed()), (1, secs(0)));
}

#[tokio::test]
async fn an_asynchronous_delay_uses_the_real_clock() {
    #[retry(max = 1, base_delay_ms = 5, jitter = false)]
    async fn call(calls: &Counter) -> Answer {
        tokio::task::yield_now().await;
        calls.up();
        Err(TestError::Transient)
    }

    let (calls, start) = (Counter::new(), std::time::Instant::now());
    assert!(call(&calls).await.is_err());
    assert_eq!(calls.get(), 2);
    assert!(start.elapsed() >= millis(5));
}

#[test]
fn a_blocking_delay_uses_the_real_clock() {
    #[retry(max = 1, base_delay_ms = 5, jitter = false)]
    fn call(calls: &Counter) -> Answer {
        calls.up();
        Err(TestError::Transient)
    }

    let (calls, start) = (Counter::new(), std::time::Instant::now());
    assert!(call(&calls).is_err());
    assert_eq!(calls.get(), 2);
    assert!(start.elapsed() >= millis(5));
}
