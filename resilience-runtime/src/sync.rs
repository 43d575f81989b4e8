//! Locks and waiting.

use std::sync::{Mutex, MutexGuard, PoisonError};

#[cfg(feature = "cached")]
pub(crate) use blocking::block_on_within;

/// Locks, whether or not some thread panicked while it held the lock: what we guard is only ever replaced by
/// whole values, so a panic in user code (`Drop`, `Hash`, `Clone`) leaves it consistent.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(feature = "cached")]
mod blocking {
    use std::future::Future;
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, Wake, Waker};
    use std::thread::{self, Thread};
    use std::time::Duration;

    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    /// Waits on this thread for a future that needs no runtime, as long as there is time `left`. tokio's own blocking
    /// calls refuse to run inside of an async context, where a synchronous cached function may well be called.
    pub(crate) fn block_on_within<F: Future>(future: F, left: impl Fn() -> Option<Duration>) -> Option<F::Output> {
        let mut future = pin!(future);
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut cx = Context::from_waker(&waker);
        loop {
            match future.as_mut().poll(&mut cx) {
                Poll::Ready(output) => return Some(output),
                Poll::Pending => match left() {
                    None => thread::park(),
                    Some(Duration::ZERO) => return None,
                    Some(left) => thread::park_timeout(left),
                },
            }
        }
    }
}
