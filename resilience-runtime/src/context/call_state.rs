use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::error::Error;
use crate::time::nanos;

/// The outcome of the current attempt, for the layers of a call. Atomic to keep its future `Send`.
#[derive(Debug, Default)]
pub struct CallState(AtomicU64);

const RAN: u64 = 0;
/// The other bits hold the nanoseconds until the gate would admit the call.
const REJECTED: u64 = 1 << 63;

impl CallState {
    /// Nothing has happened yet.
    pub const fn new() -> Self {
        Self(AtomicU64::new(RAN))
    }

    /// Forgets the previous attempt.
    pub fn begin_attempt(&self) {
        #[cfg(feature = "cached")]
        super::loads::forget_limit();
        self.0.store(RAN, Ordering::Relaxed);
    }

    /// Forgets the previous attempt, also for an outer cache: only the last attempt counts there.
    #[cfg(feature = "cached")]
    pub fn begin_cached_attempt(&self) {
        super::Degraded::clear();
        self.begin_attempt();
    }

    /// Records a rejection. A gate without a hint may reject for ever.
    #[cold]
    pub fn rejected(&self, error: &Error) {
        let left = nanos(error.retry_after().unwrap_or(Duration::MAX)).min(REJECTED - 1);
        self.0.store(REJECTED | left, Ordering::Relaxed);
    }

    /// Returns the time until the gate that rejected the call would admit it.
    pub fn rejection(&self) -> Option<Duration> {
        let state = self.0.load(Ordering::Relaxed);
        (state & REJECTED != 0).then(|| Duration::from_nanos(state & !REJECTED))
    }

    /// Adopts the state of the part of the call that ran on another thread.
    pub fn join(&self, other: &Self) {
        self.0.store(other.0.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

/// Calls a synchronous body. `FnOnce` lets the result borrow mutably from the captures.
#[inline]
pub fn once<R>(body: impl FnOnce() -> R) -> R {
    body()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::BreakerState;

    #[test]
    fn a_rejection_is_told_with_its_hint_and_forgotten_by_the_next_attempt() {
        let call = CallState::new();
        assert_eq!(call.rejection(), None);
        call.rejected(&Error::CircuitOpen {
            name: "x".into(),
            state: BreakerState::Open,
            retry_after: Some(Duration::from_secs(9)),
        });
        assert_eq!(call.rejection(), Some(Duration::from_secs(9)));
        call.rejected(&Error::CircuitOpen { name: "x".into(), state: BreakerState::ForcedOpen, retry_after: None });
        assert!(call.rejection().is_some_and(|left| left > Duration::from_secs(1 << 33)));
        call.begin_attempt();
        assert_eq!(call.rejection(), None);
        call.rejected(&Error::BulkheadFull { name: "x".into() });
        assert!(call.rejection().is_some_and(|left| left > Duration::from_secs(1 << 33)), "without a hint");
    }
}
