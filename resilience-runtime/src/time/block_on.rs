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

/// Blocks the thread until `future` is ready or no time is `left`; `None` means no limit.
///
/// tokio's blocking calls panic in an async context, where a synchronous function may well run. The
/// future runs outside tokio's budget: a task that has used it up regains it only by yielding.
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

/// Sleeps in real time, whatever the clock. On a manual clock, which nobody else can move, the time
/// is over at once.
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
