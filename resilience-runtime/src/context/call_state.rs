use std::sync::atomic::{AtomicU8, Ordering};

use super::facts::RejectionFacts;

/// The outcome of the current attempt, for the layers of a call. Atomic to keep its future `Send`.
#[derive(Debug, Default)]
pub struct CallState(AtomicU8);

const RAN: u8 = 0;
const REJECTED: u8 = 1;
const HIT: u8 = 1 << 1;

impl CallState {
    /// Nothing has happened yet.
    pub const fn new() -> Self {
        Self(AtomicU8::new(RAN))
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

    /// A gate of this call has rejected it.
    pub fn rejected(&self, rejection: &impl RejectionFacts) {
        if rejection.is_rejection() {
            self.add(REJECTED);
        }
    }

    /// Returns whether a gate of this call has rejected it.
    pub fn is_rejected(&self) -> bool {
        self.has(REJECTED)
    }

    /// A cache has answered, or another caller's load.
    pub fn hit(&self) {
        self.add(HIT);
    }

    /// Returns whether a cache of this call has answered.
    pub fn is_hit(&self) -> bool {
        self.has(HIT)
    }

    /// Adopts the state of the part of the call that ran on another thread.
    pub fn join(&self, other: &Self) {
        self.0.store(other.0.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    fn add(&self, fact: u8) {
        self.0.store(self.0.load(Ordering::Relaxed) | fact, Ordering::Relaxed);
    }

    fn has(&self, fact: u8) -> bool {
        self.0.load(Ordering::Relaxed) & fact != 0
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
    use crate::error::Error;

    #[test]
    fn a_rejection_is_forgotten_by_the_next_attempt_and_a_timeout_is_none() {
        let call = CallState::new();
        assert!(!call.is_rejected());
        call.rejected(&Error::BulkheadFull { name: "x".into() });
        assert!(call.is_rejected());
        call.begin_attempt();
        call.rejected(&Error::Timeout { limit: std::time::Duration::ZERO, elapsed: std::time::Duration::ZERO });
        assert!(!call.is_rejected());
    }
}
