//! Calls that panic or are dropped, and runtimes that shut down.

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt;
use resilience::rate_limit;
use tokio::time::sleep;

use crate::common::{Answer, Elapsed, awaiting, blocking, poll_at_most, secs};
use crate::{snapshot, snapshot_of};

#[tokio::test(start_paused = true)]
async fn the_last_waiter_gives_its_turn_back_when_dropped() {
    #[rate_limit(max = 1, wait = "1h", name = "given back")]
    async fn call() -> Answer {
        awaiting::pause().await;
        Ok(7)
    }

    let clock = awaiting::Clock::start();
    assert_eq!(call().await, Ok(7));
    for polls in 0..9 {
        let begin = clock.elapsed();
        assert_eq!(poll_at_most(polls.min(1), call()).await, None);
        assert_eq!((snapshot("given back").waiting, clock.elapsed()), (0, begin));
    }
    assert_eq!((call().await, clock.elapsed()), (Ok(7), secs(1)), "as if nobody had been there");
}

#[tokio::test(start_paused = true)]
async fn a_turn_dropped_in_the_middle_goes_unused_and_the_rate_holds() {
    #[rate_limit(max = 1, wait = "1h", name = "unused")]
    async fn call() -> Answer {
        awaiting::pause().await;
        Ok(7)
    }

    let clock = awaiting::Clock::start();
    assert_eq!(call().await, Ok(7));
    let mut waiters: Vec<_> = (0..3).map(|_| Box::pin(call())).collect();
    for waiter in &mut waiters {
        assert_eq!(poll_at_most(1, waiter).await, None);
    }
    assert_eq!(snapshot("unused").waiting, 3);
    drop(waiters.remove(0));
    assert_eq!(snapshot("unused").waiting, 2);
    assert_eq!((waiters.remove(0).await, clock.elapsed()), (Ok(7), secs(2)));
    let (next, last) = tokio::join!(call(), waiters.remove(0));
    assert_eq!((next, last, clock.elapsed()), (Ok(7), Ok(7), secs(4)), "one behind the other");
    assert_eq!(snapshot("unused").waiting, 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_at_any_poll_leaves_no_waiter_behind() {
    #[rate_limit(max = 1, wait = "1h", name = "any poll")]
    async fn call() -> Answer {
        awaiting::pause().await;
        sleep(secs(1)).await;
        Ok(7)
    }

    for polls in 0..6 {
        let _seen = poll_at_most(polls, call()).await;
        let _behind = tokio::join!(poll_at_most(polls, call()), poll_at_most(6 - polls, call()));
        if let Some(seen) = snapshot_of("any poll") {
            assert_eq!(seen.waiting, 0, "after {polls} polls");
        }
    }
    assert!(call().await.is_ok());
}

/// BUG-B9.
#[test]
fn a_runtime_that_shuts_down_leaves_no_waiter_behind() {
    #[rate_limit(max = 1, per = "1m", wait = "1h", name = "runtime")]
    async fn call() -> Answer {
        pending().await
    }

    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    for _ in 0..5 {
        drop(runtime.spawn(call()));
    }
    runtime.block_on(awaiting::pause());
    assert_eq!(snapshot("runtime").waiting, 4);
    drop(runtime);
    assert_eq!(snapshot("runtime").waiting, 0);
}

#[test]
fn a_panic_of_the_body_does_not_change_the_rate() {
    #[rate_limit(max = 2)]
    fn call(panics: bool) -> Answer {
        assert!(!panics, "told to panic");
        Ok(7)
    }
    #[rate_limit(max = 2)]
    async fn later(panics: bool) -> Answer {
        assert!(!panics, "told to panic");
        Ok(7)
    }

    let _clock = blocking::Clock::start();
    assert!(catch_unwind(|| call(true)).is_err());
    assert_eq!(letters!(2, call(false)), "SL");
    assert!(AssertUnwindSafe(later(true)).catch_unwind().now_or_never().unwrap().is_err());
    assert_eq!(letters!(2, later(false).now_or_never().unwrap()), "SL");
}

/// BUG-B10: A task that has used up tokio's budget is not rejected.
#[tokio::test]
async fn a_task_without_tokio_budget_passes_while_there_are_tokens() {
    #[rate_limit(max = 1000, per = "1h", wait = "1m")]
    async fn call() -> Answer {
        Ok(7)
    }

    while tokio::task::consume_budget().now_or_never().is_some() {}
    for _ in 0..1000 {
        assert_eq!(call().now_or_never(), Some(Ok(7)));
    }
}
