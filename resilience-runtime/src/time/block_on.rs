//! Waiting on a thread for a future that needs no runtime.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use tokio::task::unconstrained;

use super::manual;

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Blocks the thread until `future` is ready or no time is `left`; `None` from `left` means for ever.
///
/// tokio's own blocking calls refuse to run inside of an async context, where a synchronous function of
/// ours may well be called. The future runs without tokio's budget of ready operations: a task that has used it up
/// gets it back only when it yields, and would wait here for ever.
pub fn block_on_within<F: Future>(future: F, left: impl Fn() -> Option<Duration>) -> Option<F::Output> {
    let mut future = pin!(unconstrained(future));
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return Some(output);
        }
        match left() {
            None => thread::park(),
            Some(Duration::ZERO) => return None,
            Some(left) => thread::park_timeout(left),
        }
    }
}

/// Blocks the thread until `future` is ready or `limit` is over.
///
/// A thread sleeps in real time, whatever the clock; on a manual clock, which nobody else can move, the time is over at
/// once.
pub fn block_on_at_most<F: Future>(future: F, limit: Duration) -> Option<F::Output> {
    let (begin, skipped) = (Instant::now(), Cell::new(false));
    block_on_within(future, || {
        if skipped.get() {
            return Some(Duration::ZERO);
        }
        let left = limit.saturating_sub(begin.elapsed());
        skipped.set(!left.is_zero() && manual::take_sleep(limit));
        Some(if skipped.get() { Duration::from_nanos(1) } else { left })
    })
}
