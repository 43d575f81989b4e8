//! What the layers of one expansion tell each other.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::mark_degraded;
use crate::error::Error;
use crate::time::nanos;

/// How the current attempt has ended, as far as the layers of one stack need to know. There is one for each call; it is
/// an atomic only to keep the future that holds it `Send`.
#[derive(Debug, Default)]
pub struct CallState(AtomicU64);

const RAN: u64 = 0;
const DEGRADED: u64 = 1;
/// The call was rejected; the other bits are the nanoseconds until it would be admitted.
const REJECTED: u64 = 1 << 63;

impl CallState {
    /// Nothing has happened yet.
    pub const fn new() -> Self {
        Self(AtomicU64::new(RAN))
    }

    /// Forgets the attempt before.
    pub fn begin_attempt(&self) {
        self.0.store(RAN, Ordering::Relaxed);
    }

    /// Forgets the attempt before, also for the cache around it: only the last attempt decides whether an answer is a
    /// substitute.
    #[cfg(feature = "cached")]
    pub fn begin_cached_attempt(&self) {
        super::marks::Degraded::clear();
        self.begin_attempt();
    }

    /// A gate has rejected the call, so the body did not run. A gate that cannot tell for how long may do so for ever.
    #[cold]
    pub fn rejected(&self, error: &Error) {
        let left = nanos(error.retry_after().unwrap_or(Duration::MAX)).min(REJECTED - 1);
        self.0.store(REJECTED | left, Ordering::Relaxed);
    }

    /// The time until the gate that has rejected the call would admit it, if one has.
    pub fn rejection(&self) -> Option<Duration> {
        let state = self.0.load(Ordering::Relaxed);
        (state & REJECTED != 0).then(|| Duration::from_nanos(state & !REJECTED))
    }

    /// A fallback has answered.
    pub fn degraded(&self) {
        mark_degraded();
        self.0.store(DEGRADED, Ordering::Relaxed);
    }

    /// Takes over what the part of the call on another thread has told.
    pub fn join(&self, other: &Self) {
        self.0.store(other.0.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Whether a fallback has answered.
    pub fn is_degraded(&self) -> bool {
        self.0.load(Ordering::Relaxed) == DEGRADED
    }
}

/// Calls a synchronous body. The bound tells rustc that the closure is called once, so its result may borrow from what
/// it captures mutably.
#[inline]
pub fn once<R>(body: impl FnOnce() -> R) -> R {
    body()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_is_told_with_its_hint_and_forgotten_by_the_next_attempt() {
        let call = CallState::new();
        assert_eq!(call.rejection(), None);
        call.rejected(&Error::CircuitOpen { name: "x".into(), retry_after: Duration::from_secs(9) });
        assert_eq!(call.rejection(), Some(Duration::from_secs(9)));
        call.rejected(&Error::CircuitOpen { name: "x".into(), retry_after: Duration::MAX });
        assert!(call.rejection().is_some_and(|left| left > Duration::from_secs(1 << 33)));
        call.begin_attempt();
        assert_eq!(call.rejection(), None);
        call.rejected(&Error::BulkheadFull { name: "x".into() });
        assert!(call.rejection().is_some_and(|left| left > Duration::from_secs(1 << 33)), "without a hint");
    }
}
