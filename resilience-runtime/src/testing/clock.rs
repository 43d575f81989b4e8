//! A clock for synchronous code.

use std::cell::Cell;
use std::marker::PhantomData;
use std::time::Duration;

use crate::time::clock::{self, Moment};

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
        let start = clock::now();
        // What sleeps have skipped comes on top of it again.
        let standing = start.before(super::skipped());
        Self { start, outer: INJECTED.replace(Some(standing)), _not_send: PhantomData }
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        let _moved = injected_sleep(by);
    }

    /// Moves the clock back, as a faulty one would.
    pub fn step_back(&self, by: Duration) {
        INJECTED.set(INJECTED.get().map(|now| now.before(by)));
    }

    /// The time that has passed on this clock since it was installed.
    pub fn elapsed(&self) -> Duration {
        clock::now().since(self.start)
    }
}

impl Drop for ManualClock {
    fn drop(&mut self) {
        INJECTED.set(self.outer);
    }
}
