//! Calls that panic or are dropped, runtimes that shut down, and wakers that call back.

use std::cell::RefCell;
use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use futures_util::FutureExt;
use futures_util::future::join_all;
use resilience::{Bulkhead, bulkhead};
use tokio::time::sleep;

use crate::common::{Answer, awaiting, poll_at_most, secs};
use crate::{snapshot, state};

/// BUG-B1, BUG-B2, BUG-B5, BUG-B7.
#[tokio::test(start_paused = true)]
async fn a_call_dropped_at_any_poll_releases_its_permit_or_leaves_the_queue() {
    #[bulkhead(max = 1, queue = 3, wait = "1m", name = "dropped")]
    async fn call() -> Answer {
        awaiting::pause().await;
        sleep(secs(1)).await;
        Ok(7)
    }

    for polls in 0..9 {
        let mut holder = Box::pin(call());
        assert_eq!(poll_at_most(1, &mut holder).await, None);
        let (dropped, behind) = (poll_at_most(polls, call()), call());
        let (held, _, behind) = tokio::join!(holder, dropped, behind);
        assert_eq!((held, behind, state("dropped")), (Ok(7), Ok(7), (0, 0)), "after {polls} polls");
    }
}

/// BUG-B1, BUG-B6: A waiter that is granted a permit and not polled passes it on when it is dropped.
#[tokio::test(start_paused = true)]
async fn a_permit_granted_to_a_dropped_waiter_goes_to_the_next_waiter() {
    #[bulkhead(max = 1, queue = 3, name = "passed on")]
    async fn call(number: u32) -> Answer {
        awaiting::pause().await;
        Ok(number)
    }

    let mut holder = Box::pin(call(0));
    assert_eq!(poll_at_most(1, &mut holder).await, None);
    let mut waiters: Vec<_> = (1..=3).map(|number| Box::pin(call(number))).collect();
    for waiter in &mut waiters {
        assert_eq!(poll_at_most(1, waiter).await, None);
    }
    assert_eq!(state("passed on"), (1, 3));
    assert_eq!(holder.await, Ok(0));
    assert_eq!(state("passed on"), (1, 2), "given to the first");
    let last = waiters.pop().expect("three");
    drop(waiters);
    assert_eq!(state("passed on"), (1, 0), "given to the last");
    assert_eq!((last.await, state("passed on")), (Ok(3), (0, 0)));
}

/// BUG-B5.
#[tokio::test(start_paused = true)]
async fn waiters_dropped_in_any_order_do_not_delay_the_others() {
    #[bulkhead(max = 1, queue = 5, name = "any order")]
    async fn call(number: u32, order: &RefCell<Vec<u32>>) -> Answer {
        awaiting::pause().await;
        order.borrow_mut().push(number);
        Ok(number)
    }

    for dropped in 0..1_u32 << 5 {
        let order = RefCell::default();
        let mut holder = Box::pin(call(9, &order));
        assert_eq!(poll_at_most(1, &mut holder).await, None);
        let mut waiters: Vec<_> = (0..5).map(|number| Some(Box::pin(call(number, &order)))).collect();
        for waiter in waiters.iter_mut().flatten() {
            assert_eq!(poll_at_most(1, waiter).await, None);
        }
        // Half of them before the place is free, half of them after.
        let drop_some = |waiters: &mut Vec<Option<_>>, range: std::ops::Range<usize>| {
            for index in range.filter(|index| dropped >> index & 1 == 1) {
                waiters[index] = None;
            }
        };
        drop_some(&mut waiters, 2..5);
        assert_eq!(holder.await, Ok(9));
        drop_some(&mut waiters, 0..2);
        join_all(waiters.into_iter().flatten()).await;
        let left: Vec<u32> = (0..5).filter(|number| dropped >> number & 1 == 0).collect();
        assert_eq!((&order.take()[1..], state("any order")), (&*left, (0, 0)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_passes_the_permit_to_the_next_waiter() {
    #[bulkhead(max = 1, queue = 1, name = "panic")]
    async fn call(panics: bool) -> Answer {
        awaiting::pause().await;
        assert!(!panics, "told to panic");
        Ok(7)
    }

    let (panicked, next) = tokio::join!(AssertUnwindSafe(call(true)).catch_unwind(), call(false));
    assert!(panicked.is_err());
    assert_eq!((next, state("panic")), (Ok(7), (0, 0)));
}

#[test]
fn a_panic_of_a_synchronous_body_releases_the_permit() {
    #[bulkhead(max = 1, name = "sync panic")]
    fn call(panics: bool) -> Answer {
        assert!(!panics, "told to panic");
        Ok(7)
    }

    assert!(catch_unwind(|| call(true)).is_err());
    assert_eq!((call(false), state("sync panic")), (Ok(7), (0, 0)));
}

/// BUG-B9.
#[test]
fn a_runtime_that_shuts_down_releases_all_permits() {
    #[bulkhead(max = 2, queue = 3, name = "runtime")]
    async fn call() -> Answer {
        sleep(secs(60)).await;
        Ok(7)
    }

    for _ in 0..2 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        for _ in 0..5 {
            drop(runtime.spawn(call()));
        }
        runtime.block_on(awaiting::pause());
        assert_eq!(state("runtime"), (2, 3));
        drop(runtime);
        assert_eq!(state("runtime"), (0, 0));
    }
}

/// BUG-B10: A task that has used up tokio's budget is not rejected.
#[tokio::test]
async fn a_task_without_tokio_budget_gets_a_free_permit() {
    #[bulkhead(max = 1, queue = 1, wait = "1m", name = "budget")]
    async fn call(number: u32) -> Answer {
        Ok(number)
    }

    while tokio::task::consume_budget().now_or_never().is_some() {}
    for number in 0..300 {
        assert_eq!(poll_at_most(1, call(number)).await, Some(Ok(number)));
    }
}

/// BUG-B10: A synchronous call of such a task does not wait for ever either, though the budget returns only when
/// the task has yielded.
#[tokio::test]
async fn a_blocked_thread_of_a_task_without_tokio_budget_is_admitted() {
    #[bulkhead(max = 1, queue = 1, name = "thread without budget")]
    fn call(wait_for_another: bool) -> Answer {
        while wait_for_another && state("thread without budget").1 == 0 {
            thread::yield_now();
        }
        Ok(7)
    }

    let other = thread::spawn(|| call(true));
    while Bulkhead::named("thread without budget").is_none_or(|bulkhead| bulkhead.snapshot().in_flight == 0) {
        thread::yield_now();
    }
    while tokio::task::consume_budget().now_or_never().is_some() {}
    assert_eq!((call(false), other.join().unwrap()), (Ok(7), Ok(7)));
}

/// BUG-B8: A waker that calls the bulkhead when it is woken or dropped finds no lock taken.
#[test]
fn a_waker_may_call_back_into_the_bulkhead() {
    #[bulkhead(max = 1, queue = 2, name = "waker")]
    async fn call() -> Answer {
        pending().await
    }

    struct Nosy(AtomicU32);

    impl Nosy {
        fn look(&self) {
            self.0.fetch_add(1, SeqCst);
            let _seen = snapshot("waker");
            assert_eq!(call().now_or_never().and_then(Result::ok), None);
        }
    }

    impl Wake for Nosy {
        fn wake(self: Arc<Self>) {
            self.look();
        }
    }

    impl Drop for Nosy {
        fn drop(&mut self) {
            self.look();
        }
    }

    fn poll(call: &mut Pin<Box<impl Future<Output = Answer>>>, waker: &Waker) {
        assert_eq!(call.as_mut().poll(&mut Context::from_waker(waker)), Poll::Pending);
    }

    let (mut holder, mut waiter) = (Box::pin(call()), Box::pin(call()));
    poll(&mut holder, Waker::noop());
    for _ in 0..3 {
        // Each poll replaces the waker of the one before.
        poll(&mut waiter, &Waker::from(Arc::new(Nosy(AtomicU32::new(0)))));
    }
    drop(holder);
    drop(waiter);
    assert_eq!(state("waker"), (0, 0));
}
