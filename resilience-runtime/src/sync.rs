//! Locks and waiting.

use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) use blocking::{block_on_at_most, block_on_within};

/// Locks, whether or not some thread panicked while it held the lock: what we guard is only ever replaced by
/// whole values, so a panic in user code (`Drop`, `Hash`, `Clone`) leaves it consistent.
pub fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(feature = "cached")]
pub use sharded::{read, write};

/// The same for a lock that readers do not share. What panics while it is held is `Eq` of a key, which is asked before anything
/// changes, or `Clone` of a value, which only reads.
#[cfg(feature = "cached")]
mod sharded {
    use std::sync::PoisonError;

    use crossbeam_utils::sync::{ShardedLock, ShardedLockReadGuard, ShardedLockWriteGuard};

    #[inline]
    pub fn read<T>(lock: &ShardedLock<T>) -> ShardedLockReadGuard<'_, T> {
        lock.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn write<T>(lock: &ShardedLock<T>) -> ShardedLockWriteGuard<'_, T> {
        lock.write().unwrap_or_else(PoisonError::into_inner)
    }
}

mod blocking {
    use std::cell::Cell;
    use std::future::Future;
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, Wake, Waker};
    use std::thread::{self, Thread};
    use std::time::{Duration, Instant};

    use tokio::task::unconstrained;

    use crate::time::clock;

    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    /// Waits on this thread for a future that needs no runtime, as long as there is time `left`; `None` from it is for
    /// ever. tokio's own blocking calls reject to run inside of an async context, where a synchronous function of ours may
    /// well be called.
    ///
    /// Without tokio's budget of ready operations: the task that has used it up, if this is one, gets it back only when it
    /// yields, and would ask here for ever.
    pub(crate) fn block_on_within<F: Future>(future: F, left: impl Fn() -> Option<Duration>) -> Option<F::Output> {
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

    /// The same for at most so long. A thread sleeps in real time, whatever the clock; on an injected clock, which nobody
    /// else can move, the time is over at once.
    pub(crate) fn block_on_at_most<F: Future>(future: F, limit: Duration) -> Option<F::Output> {
        let (begin, skipped) = (Instant::now(), Cell::new(false));
        block_on_within(future, || {
            if skipped.get() {
                return Some(Duration::ZERO);
            }
            let left = limit.saturating_sub(begin.elapsed());
            skipped.set(!left.is_zero() && clock::injected_sleep(limit));
            Some(if skipped.get() { Duration::from_nanos(1) } else { left })
        })
    }
}
