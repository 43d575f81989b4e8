//! Help for testing code that carries these attributes.
//!
//! Asynchronous code needs nothing of this for its time: it runs on tokio's clock, which
//! `#[tokio::test(start_paused = true)]` makes virtual. Synchronous code gets a [`ManualClock`]. State is shared
//! by name within a process, so tests that use the same functions call [`reset`] first.

use std::cell::Cell;
use std::marker::PhantomData;
use std::time::Duration;

use crate::clock::{Moment, nanos};

thread_local! {
    static INJECTED: Cell<Option<Moment>> = const { Cell::new(None) };
}

pub(crate) fn injected_now() -> Option<Moment> {
    INJECTED.get()
}

/// Whether an injected clock took the sleep.
pub(crate) fn injected_sleep(wait: Duration) -> bool {
    let now = INJECTED.get();
    INJECTED.set(now.map(|now| now.after(wait)));
    now.is_some()
}

/// A clock for the thread that holds it: it stands still, a sleep moves it on, and so does [`advance`](Self::advance).
///
/// ```
/// use resilience::{retry, testing::ManualClock};
/// use std::time::Duration;
///
/// #[retry(max = 2, base_delay = "10s", jitter = false)]
/// fn always_down() -> Result<(), &'static str> {
///     Err("down")
/// }
///
/// let clock = ManualClock::install();
/// assert!(always_down().is_err());
/// assert_eq!(clock.elapsed(), Duration::from_secs(10 + 20));
/// ```
#[derive(Debug)]
pub struct ManualClock {
    start: Moment,
    outer: Option<Moment>,
    // The clock is the thread's.
    _not_send: PhantomData<*const ()>,
}

impl ManualClock {
    /// Replaces the clock of this thread until the returned value is dropped.
    #[must_use = "dropping it brings the real clock back"]
    pub fn install() -> Self {
        let start = crate::clock::now();
        Self { start, outer: INJECTED.replace(Some(start)), _not_send: PhantomData }
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        let _moved = injected_sleep(by);
    }

    /// Moves the clock back, as a faulty one would.
    pub fn step_back(&self, by: Duration) {
        INJECTED.set(INJECTED.get().map(|now| Moment::from_nanos(now.as_nanos().saturating_sub(nanos(by)))));
    }

    /// The time that has passed on this clock since it was installed.
    pub fn elapsed(&self) -> Duration {
        INJECTED.get().map_or(Duration::ZERO, |now| now.since(self.start))
    }
}

impl Drop for ManualClock {
    fn drop(&mut self) {
        INJECTED.set(self.outer);
    }
}

/// Puts all named state back to its beginning: breakers are closed, retry budgets are full, caches and their
/// statistics are empty, bulkheads have refused nothing, rate limiters have let nobody pass.
///
/// Calls that are under way finish as calls of an earlier generation: their results change nothing.
pub fn reset() {
    crate::circuit_breaker::reset_all();
    crate::retry::reset_all();
    crate::bulkhead::reset_all();
    crate::rate_limit::reset_all();
    #[cfg(feature = "cached")]
    crate::cached::reset_all();
}
