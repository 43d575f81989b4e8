//! Calls that wait for a permit.

use std::cell::RefCell;
use std::time::Duration;

use futures_util::future::join_all;
use resilience::{Bulkhead, bulkhead};
use tokio::time::sleep;

use crate::common::{Answer, Elapsed, alone, awaiting, letter, millis, poll_at_most, secs};
use crate::{full, snapshot, state};

#[sync_and_async::test]
async fn a_wait_ends_with_a_rejection_after_its_time() {
    macro_rules! waited {
        ($($key:ident = $value:expr),*) => {
            [$({
                #[bulkhead(max = 1, queue = 1, $key = $value)]
                async fn call(depth: u32) -> Answer {
                    pause().await;
                    if depth == 0 { boxed(call(1)).await } else { Ok(depth) }
                }
                let clock = Clock::start();
                assert_eq!(letters!(1, call(0).await), "B");
                clock.elapsed()
            }),*]
        };
    }
    const TIME: Duration = Duration::from_millis(1500);
    let waited = waited!(wait = "1m30s", wait = TIME, wait_secs = 20, wait_ms = 250);
    assert_eq!(waited, [90_000, 1_500, 20_000, 250].map(millis));
}

#[sync_and_async::test]
async fn a_waiter_that_times_out_leaves_the_queue_and_counts_as_rejected() {
    let _alone = alone();
    #[bulkhead(max = 1, queue = 1, wait = "1s", name = "in vain")]
    async fn call(depth: u32) -> Answer {
        pause().await;
        if depth > 0 {
            return Ok(depth);
        }
        let rejected = boxed(call(1)).await;
        assert_eq!(state("in vain"), (1, 0));
        rejected
    }

    let _clock = Clock::start();
    let before = Bulkhead::named("in vain").map_or(0, |bulkhead| bulkhead.snapshot().rejected);
    assert_eq!((call(0).await, call(1).await), (full("in vain"), Ok(1)));
    assert!(snapshot("in vain").rejected > before);
}

/// The body holds its permit until it is released.
#[tokio::test(start_paused = true)]
async fn the_queue_is_first_in_first_out() {
    #[bulkhead(max = 2, queue = 20)]
    async fn call(number: u32, order: &RefCell<Vec<u32>>) -> Answer {
        order.borrow_mut().push(number);
        sleep(secs(1)).await;
        Ok(number)
    }

    let (clock, order) = (awaiting::Clock::start(), RefCell::default());
    let answers = join_all((0..20).map(|number| call(number, &order))).await;
    assert_eq!(answers, (0..20).map(Ok).collect::<Vec<_>>());
    assert_eq!((order.take(), clock.elapsed()), ((0..20).collect(), secs(10)));
}

#[tokio::test(start_paused = true)]
async fn later_calls_do_not_overtake_waiters() {
    #[bulkhead(max = 1, queue = 9, name = "no overtaking")]
    async fn call(number: u32, order: &RefCell<Vec<u32>>) -> Answer {
        awaiting::pause().await;
        order.borrow_mut().push(number);
        Ok(number)
    }

    let order = RefCell::default();
    let mut first = Box::pin(call(1, &order));
    assert_eq!(poll_at_most(1, &mut first).await, None);
    let mut waiter = Box::pin(call(2, &order));
    assert_eq!(poll_at_most(1, &mut waiter).await, None);
    assert_eq!(first.await, Ok(1));
    // The place is the waiter's now, though it has not been polled since.
    assert_eq!(state("no overtaking"), (1, 0));
    let (third, waiter) = tokio::join!(call(3, &order), waiter);
    assert_eq!((waiter, third, order.take()), (Ok(2), Ok(3), vec![1, 2, 3]));
}

#[tokio::test(start_paused = true)]
async fn the_queue_holds_no_more_than_its_length() {
    #[bulkhead(max = 2, queue = 3, name = "length")]
    async fn call() -> Answer {
        sleep(secs(1)).await;
        Ok(7)
    }

    let answers = join_all((0..10).map(|_| call())).await;
    let letters: String = answers.iter().map(letter).collect();
    assert_eq!(letters, "SSSSSBBBBB");
    let after = snapshot("length");
    assert_eq!((after.in_flight, after.waiting, after.rejected), (0, 0, 5));
}

#[tokio::test(start_paused = true)]
async fn a_call_admitted_after_waiting_behaves_like_any_other() {
    #[bulkhead(max = 1, queue = 9, wait = "2s")]
    async fn call(time: Duration) -> Answer {
        sleep(time).await;
        Ok(7)
    }

    let clock = awaiting::Clock::start();
    let answers = tokio::join!(call(millis(1999)), call(secs(60)));
    assert_eq!((answers, clock.elapsed()), ((Ok(7), Ok(7)), millis(61_999)), "`wait` does not limit the body");
}

/// BUG-B1: A permit that becomes free exactly when the wait ends is not lost.
#[tokio::test(start_paused = true)]
async fn a_permit_granted_as_the_wait_ends_is_not_lost() {
    #[bulkhead(max = 1, queue = 9, wait = "1s", name = "moment")]
    async fn call(time: Duration) -> Answer {
        sleep(time).await;
        Ok(7)
    }

    for _ in 0..10 {
        let answers = tokio::join!(call(secs(1)), call(secs(1)), call(secs(1)));
        assert_eq!(answers.0, Ok(7));
        let letters: String = [&answers.1, &answers.2].map(letter).iter().collect();
        assert!(["BB", "SB"].contains(&&*letters), "{letters}");
        assert_eq!(state("moment"), (0, 0));
    }
}
