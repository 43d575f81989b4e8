//! Calls that panic or are dropped.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt;
use resilience::retry;

use crate::common::{Answer, Elapsed, Script, awaiting, blocking, millis, poll_at_most, secs};
use crate::seconds;

/// BUG-C11.
#[tokio::test(start_paused = true)]
async fn a_call_dropped_during_its_delay_ends_there() {
    #[retry(max = 3, jitter = false)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(9, &clock);
    let cut = tokio::time::timeout(millis(1500), call(&script));
    assert!(cut.await.is_err());
    assert_eq!((script.starts(), clock.elapsed()), (vec![secs(0), secs(1)], millis(1500)));
    tokio::time::sleep(secs(60)).await;
    assert_eq!(script.calls(), 2, "nothing goes on behind");
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_at_any_poll_does_not_affect_the_next() {
    #[retry(max = 2, jitter = false)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }

    let clock = awaiting::Clock::start();
    let mut polls = 0;
    while poll_at_most(polls, call(&Script::fails(9, &clock))).await.is_none() {
        let script = Script::fails(9, &clock);
        assert!(call(&script).await.is_err());
        assert_eq!(seconds(&script.gaps()), [1, 2]);
        polls += 1;
    }
    assert!(polls >= 5, "three attempts and two pauses, each of them waits");
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_not_retried_and_does_not_affect_the_next_call() {
    #[retry(max = 3, backoff = "none")]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        let answer = script.run().await;
        assert!(script.calls() != 2, "told to panic");
        answer
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(9, &clock);
    assert!(AssertUnwindSafe(call(&script)).catch_unwind().await.is_err());
    assert_eq!(script.calls(), 2);
    let script = Script::fails(3, &clock);
    script.next().expect_err("the first two calls are over");
    script.next().expect_err("the first two calls are over");
    assert_eq!(call(&script).await, Ok(4));
}

#[test]
fn a_synchronous_panic_is_not_retried_and_does_not_affect_the_next_call() {
    #[retry(max = 3, backoff = "none")]
    fn call(script: &blocking::Script<'_>) -> Answer {
        let answer = script.run();
        assert!(script.calls() != 2, "told to panic");
        answer
    }

    let clock = blocking::Clock::start();
    let script = Script::fails(9, &clock);
    assert!(catch_unwind(AssertUnwindSafe(|| call(&script))).is_err());
    assert_eq!(script.calls(), 2);
    let script = Script::fails(3, &clock);
    script.next().expect_err("the first two calls are over");
    script.next().expect_err("the first two calls are over");
    assert_eq!(call(&script), Ok(4));
}
