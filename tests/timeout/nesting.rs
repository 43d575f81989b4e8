//! Limits within limits, and under or above a retry.

use std::future::pending;
use std::time::Duration;

use resilience::{Error, remaining, retry, timeout};
use tokio::time::sleep;

use crate::common::awaiting::{Clock, Script};
use crate::common::{Answer, Elapsed, Recorder, TestError, is_timeout, millis, secs};
use crate::timed_out;

#[tokio::test(start_paused = true)]
async fn the_smaller_of_two_limits_fires() {
    // Constants: of two literals, the larger one inside is a compile error.
    const SHORT: Duration = Duration::from_secs(1);
    const LONG: Duration = Duration::from_secs(10);

    #[timeout(LONG)]
    #[timeout(SHORT)]
    async fn short_inside() -> Answer {
        pending().await
    }
    #[timeout(SHORT)]
    #[timeout(LONG)]
    async fn short_outside() -> Answer {
        pending().await
    }

    let clock = Clock::start();
    let recorder = Recorder::start();
    assert_eq!(short_inside().await, Err(timed_out(secs(1))));
    assert_eq!(clock.elapsed(), secs(1));
    assert_eq!(short_outside().await, Err(timed_out(secs(1))));
    assert_eq!(clock.elapsed(), secs(2));
    assert_eq!(recorder.names(), ["timeout"; 2], "once a call");
}

#[tokio::test(start_paused = true)]
async fn a_nested_call_gets_no_more_than_the_callers_remaining_time() {
    #[timeout(secs = 5)]
    async fn inner() -> Answer {
        pending().await
    }
    #[timeout(secs = 10)]
    async fn outer(before: Duration) -> Answer {
        sleep(before).await;
        inner().await
    }

    let clock = Clock::start();
    assert_eq!(outer(secs(2)).await, Err(timed_out(secs(5))));
    assert_eq!(clock.elapsed(), secs(7));
    assert_eq!(outer(secs(8)).await, Err(timed_out(secs(10))), "the ten of the caller");
    assert_eq!(clock.elapsed(), secs(17));
}

#[tokio::test(start_paused = true)]
async fn a_limit_never_exceeds_the_outer_deadline() {
    #[timeout(secs = 1)]
    async fn inner() -> Result<Option<Duration>, Error> {
        // The clock moves while this body has the thread.
        tokio::time::advance(millis(1500)).await;
        Ok(remaining())
    }
    #[timeout(secs = 10)]
    async fn outer() -> Answer {
        sleep(secs(8)).await;
        assert!(inner().await.is_ok_and(|left| left <= Some(millis(500))));
        assert_eq!(remaining(), Some(millis(500)));
        Ok(7)
    }

    assert_eq!(outer().await, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn a_timed_out_attempt_is_retried() {
    #[retry(max = 3, backoff = "constant", jitter = false)]
    #[timeout(secs = 2)]
    async fn call(script: &Script<'_>) -> Answer {
        match script.next() {
            Err(_) => pending().await,
            answer => answer,
        }
    }

    let clock = Clock::start();
    let script = Script::fails(2, &clock);
    assert_eq!(call(&script).await, Ok(3));
    assert_eq!(script.starts(), [secs(0), secs(3), secs(6)]);
}

/// MP-RT1, MP-RT2.
#[tokio::test(start_paused = true)]
async fn the_last_attempt_decides_whether_a_timeout_or_an_error_is_returned() {
    #[retry(max = 1, backoff = "none")]
    #[timeout(ms = 500)]
    async fn call(times: [u64; 2], script: &Script<'_>) -> Answer {
        let answer = script.next();
        sleep(millis(times[script.calls() - 1])).await;
        answer
    }

    let clock = Clock::start();
    for (times, expected) in [
        ([1000, 1000], timed_out(millis(500))),
        ([10, 10], TestError::Transient),
        ([1000, 10], TestError::Transient),
        ([10, 1000], timed_out(millis(500))),
    ] {
        let script = Script::fails(9, &clock);
        assert_eq!(call(times, &script).await, Err(expected));
        assert_eq!(script.calls(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_above_a_retry_covers_all_attempts() {
    #[timeout(secs = 10)]
    #[retry(max = 9, backoff = "none")]
    #[timeout(secs = 4)]
    async fn call(script: &Script<'_>) -> Answer {
        script.next().ok();
        pending().await
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert!(is_timeout(&call(&script).await));
    assert_eq!(script.starts(), [secs(0), secs(4), secs(8)]);
    assert_eq!(clock.elapsed(), secs(10));
}

/// BUG-D17.
#[tokio::test(start_paused = true)]
async fn a_limit_below_a_retry_applies_to_each_attempt() {
    #[retry(max = 2, backoff = "none")]
    #[timeout(secs = 4)]
    async fn call(script: &Script<'_>) -> Answer {
        assert_eq!(remaining(), Some(secs(4)));
        sleep(secs(3)).await;
        assert_eq!(remaining(), Some(secs(1)));
        script.run().await
    }

    let clock = Clock::start();
    assert_eq!(call(&Script::fails(2, &clock)).await, Ok(3));
}
