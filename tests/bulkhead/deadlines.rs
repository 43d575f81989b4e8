//! Waiting under a deadline.

use std::future::pending;

use futures_util::future::join_all;
use resilience::{bulkhead, timeout};

use crate::common::{Answer, Elapsed, awaiting, blocking, letter, poll_at_most, secs};
use crate::{full, state};

#[tokio::test(start_paused = true)]
async fn a_timeout_ends_a_wait_in_the_queue_with_a_timeout_error() {
    #[timeout(secs = 2)]
    #[bulkhead(max = 1, queue = 9, name = "deadline")]
    async fn call() -> Answer {
        pending().await
    }
    #[bulkhead(max = 1, queue = 9, name = "deadline")]
    async fn inner() -> Answer {
        pending().await
    }
    #[timeout(secs = 2)]
    async fn outer() -> Answer {
        inner().await
    }

    let clock = awaiting::Clock::start();
    let mut holder = Box::pin(inner());
    assert_eq!(poll_at_most(1, &mut holder).await, None);
    let letters: String = join_all((0..3).map(|_| call())).await.iter().map(letter).collect();
    assert_eq!((&*letters, clock.elapsed(), state("deadline")), ("TTT", secs(2), (1, 0)));
    let letters: String = join_all((0..3).map(|_| outer())).await.iter().map(letter).collect();
    assert_eq!((&*letters, clock.elapsed(), state("deadline")), ("TTT", secs(4), (1, 0)));
    drop(holder);
    // Those who are let in at the last moment have no time left either.
    let letters: String = join_all((0..3).map(|_| call())).await.iter().map(letter).collect();
    assert_eq!((&*letters, clock.elapsed(), state("deadline")), ("TTT", secs(6), (0, 0)));
}

#[test]
fn a_cooperative_deadline_ends_the_wait_of_a_synchronous_call() {
    #[timeout(secs = 2, mode = "cooperative")]
    #[bulkhead(max = 1, queue = 9, name = "cooperative")]
    fn call(again: bool) -> Answer {
        if again { call(false) } else { Ok(7) }
    }

    let clock = blocking::Clock::start();
    assert_eq!((call(true), clock.elapsed()), (full("cooperative"), secs(2)));
    assert_eq!((call(false), state("cooperative")), (Ok(7), (0, 0)));
}

/// Nothing else would end the wait.
#[test]
fn a_cooperative_deadline_ends_the_wait_of_an_asynchronous_call() {
    #[bulkhead(max = 1, queue = 9, name = "cooperative async")]
    async fn held() -> Answer {
        pending().await
    }
    #[timeout(secs = 2, mode = "cooperative")]
    fn call(runtime: &tokio::runtime::Runtime) -> Answer {
        runtime.block_on(async {
            let mut first = Box::pin(held());
            assert_eq!(poll_at_most(1, &mut first).await, None);
            held().await
        })
    }

    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    assert_eq!((call(&runtime), state("cooperative async")), (full("cooperative async"), (0, 0)));
}

#[test]
fn a_call_without_time_left_does_not_wait() {
    #[bulkhead(max = 1, queue = 9, wait = "1m", name = "no time")]
    fn call(again: bool) -> Answer {
        if again { call(false) } else { Ok(7) }
    }
    #[timeout(secs = 1, mode = "cooperative")]
    fn late(clock: &blocking::Clock) -> Answer {
        clock.sleep(secs(3));
        call(true)
    }

    let clock = blocking::Clock::start();
    assert_eq!((late(&clock), clock.elapsed(), state("no time")), (full("no time"), secs(3), (0, 0)));
}
