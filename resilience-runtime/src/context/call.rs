//! What the layers of one expansion tell each other.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::error::Error;
use crate::time::clock;

/// How the current attempt has ended, as far as the layers of one stack need to know. One value per call; an
/// atomic only so that the future that holds it stays `Send`.
#[derive(Debug, Default)]
pub struct Flow(AtomicU64);

const BODY: u64 = 0;
const DEGRADED: u64 = 1;
/// Set when the call was turned away; the other bits are the nanoseconds until it would be let in.
const REJECTED: u64 = 1 << 63;

impl Flow {
    pub const fn new() -> Self {
        Self(AtomicU64::new(BODY))
    }

    /// A new attempt begins: what the last one left behind no longer counts.
    pub fn attempt(&self) {
        self.0.store(BODY, Ordering::Relaxed);
    }

    /// The same below a cache, which has to know only whether the last attempt has asked for a substitute.
    pub fn attempt_to_keep(&self) {
        SUBSTITUTED.set(false);
        self.attempt();
    }

    /// A breaker (or another gate) turned the call away: the body did not run. Of one that does not know for how long,
    /// nobody can say when another call is worth it.
    #[cold]
    pub fn rejected(&self, error: &Error) {
        let left = clock::nanos(error.retry_after().unwrap_or(Duration::MAX)).min(REJECTED - 1);
        self.0.store(REJECTED | left, Ordering::Relaxed);
    }

    /// The time until the rejecting layer would let a call in, when it did turn this one away.
    pub fn rejection(&self) -> Option<Duration> {
        let state = self.0.load(Ordering::Relaxed);
        (state & REJECTED != 0).then(|| Duration::from_nanos(state & !REJECTED))
    }

    /// A fallback answered.
    pub fn degraded(&self) {
        mark_degraded();
        self.0.store(DEGRADED, Ordering::Relaxed);
    }

    /// What another thread has to say about its part of the call.
    pub fn join(&self, other: &Self) {
        self.0.store(other.0.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    pub fn is_degraded(&self) -> bool {
        self.0.load(Ordering::Relaxed) == DEGRADED
    }
}

thread_local! {
    static SUBSTITUTED: Cell<bool> = const { Cell::new(false) };
}

/// A substitute was asked for: what is told to a cache around this call, through the user's functions, which know nothing
/// of it.
pub fn mark_degraded() {
    SUBSTITUTED.set(true);
}

/// Whether a substitute has been asked for on this thread, as far as the watch in force goes.
pub fn is_marked() -> bool {
    SUBSTITUTED.get()
}

/// Puts the mark back to what it was before code that is none of the call's.
#[cfg(feature = "metrics")]
pub fn restore_mark(mark: bool) {
    SUBSTITUTED.set(mark);
}

/// Watches what runs inside of a load for substitutes, wherever in the calls it makes they are asked for, and tells the
/// stack. It sees what runs inside alone: an asynchronous load lays it down while it waits.
#[cfg(feature = "cached")]
#[derive(Debug)]
pub struct Watch<'a> {
    flow: &'a Flow,
    /// The mark of the code around it, while it is in force.
    around: Option<bool>,
    own: bool,
}

#[cfg(feature = "cached")]
impl<'a> Watch<'a> {
    /// In force from now on.
    pub fn new(flow: &'a Flow) -> Self {
        Self { flow, around: Some(SUBSTITUTED.replace(false)), own: false }
    }

    pub fn suspend(&mut self) {
        if let Some(around) = self.around.take() {
            self.own = SUBSTITUTED.replace(around);
        }
    }

    pub fn resume(&mut self) {
        if self.around.is_none() {
            self.around = Some(SUBSTITUTED.replace(self.own));
        }
    }
}

#[cfg(feature = "cached")]
impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let Some(around) = self.around else { return };
        if SUBSTITUTED.replace(around) {
            self.flow.degraded();
        }
    }
}

/// Calls a synchronous body. The bound tells rustc that the closure is called once, so that its result may borrow from
/// what it captures mutably.
#[inline]
pub fn once<R>(body: impl FnOnce() -> R) -> R {
    body()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_is_told_with_its_hint_and_forgotten_by_the_next_attempt() {
        let flow = Flow::new();
        assert_eq!(flow.rejection(), None);
        flow.rejected(&Error::CircuitOpen { name: "x".into(), retry_after: Duration::from_secs(9) });
        assert_eq!(flow.rejection(), Some(Duration::from_secs(9)));
        flow.rejected(&Error::CircuitOpen { name: "x".into(), retry_after: Duration::MAX });
        assert!(flow.rejection().is_some_and(|left| left > Duration::from_secs(1 << 33)));
        flow.attempt();
        assert_eq!(flow.rejection(), None);
        flow.rejected(&Error::BulkheadFull { name: "x".into() });
        assert!(flow.rejection().is_some_and(|left| left > Duration::from_secs(1 << 33)), "without a hint");
    }
}
