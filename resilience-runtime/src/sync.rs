//! Locks and waiting.

use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) use blocking::{block_on, block_on_at_most};

/// Locks, whether or not some thread panicked while it held the lock: what we guard is only ever replaced by
/// whole values, so a panic in user code (`Drop`, `Hash`, `Clone`) leaves it consistent.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

mod blocking {
    use std::future::Future;
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, Wake, Waker};
    use std::thread::{self, Thread};
    use std::time::{Duration, Instant};

    use tokio::task::unconstrained;

    use crate::clock;

    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    /// Waits on this thread for a future that needs no runtime. tokio's own blocking calls refuse to run inside of
    /// an async context, where a synchronous cached function may well be called.
    ///
    /// Without tokio's budget of ready operations: the task that has used it up, if this is one, gets it back only when it
    /// yields, and would ask here for ever.
    pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
        let mut future = pin!(unconstrained(future));
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut cx = Context::from_waker(&waker);
        loop {
            match future.as_mut().poll(&mut cx) {
                Poll::Ready(output) => return output,
                Poll::Pending => thread::park(),
            }
        }
    }

    /// The same for at most so long, `None` if that was too short. A thread sleeps in real time, whatever the clock; on
    /// an injected clock, which nobody else can move, the time is over at once.
    pub(crate) fn block_on_at_most<F: Future>(future: F, limit: Duration) -> Option<F::Output> {
        let mut future = pin!(unconstrained(future));
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut cx = Context::from_waker(&waker);
        let begin = Instant::now();
        let mut skipped = false;
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                return Some(output);
            }
            let left = if skipped { Duration::ZERO } else { limit.saturating_sub(begin.elapsed()) };
            if left.is_zero() {
                return None;
            }
            skipped = clock::skip(limit);
            if !skipped {
                thread::park_timeout(left);
            }
        }
    }
}
