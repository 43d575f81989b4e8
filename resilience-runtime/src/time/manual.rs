//! A clock that a test moves by hand.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::clock::{self, Override};
use super::moment::Moment;
use super::skip;

thread_local! {
    static NOW: Cell<Option<Moment>> = const { Cell::new(None) };
    /// The number of the clock, 0 for the real one.
    static NUMBER: Cell<u64> = const { Cell::new(0) };
}

pub(super) fn now() -> Option<Moment> {
    NOW.get()
}

pub(super) fn number() -> u64 {
    NUMBER.get()
}

/// Returns whether a manual clock is installed and has moved on.
pub fn take_sleep(wait: Duration) -> bool {
    let now = NOW.get();
    NOW.set(now.map(|now| now.after(wait)));
    now.is_some()
}

/// A clock for the current thread that stands still until a sleep or [`advance`](Self::advance) moves it.
///
/// For tests of synchronous code; asynchronous code runs on tokio's clock, which
/// `#[tokio::test(start_paused = true)]` makes virtual. Clocks nest: dropping the inner one brings the outer one back.
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
    outer_number: u64,
    _override: Override,
    _not_send: PhantomData<*const ()>,
}

impl ManualClock {
    /// Replaces the clock of this thread until the returned value is dropped.
    #[must_use = "dropping it brings the real clock back"]
    pub fn install() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let start = clock::now();
        let counted = Override::begin();
        // `clock::now` adds the time that sleeps have skipped.
        let outer = NOW.replace(Some(start.before(skip::skipped())));
        let outer_number = NUMBER.replace(NEXT.fetch_add(1, Ordering::Relaxed));
        Self { start, outer, outer_number, _override: counted, _not_send: PhantomData }
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        let _moved = take_sleep(by);
    }

    /// Moves the clock back, as a faulty clock would.
    pub fn step_back(&self, by: Duration) {
        NOW.set(NOW.get().map(|now| now.before(by)));
    }

    /// The time that has passed on this clock since it was installed.
    pub fn elapsed(&self) -> Duration {
        clock::now().since(self.start)
    }
}

impl Drop for ManualClock {
    fn drop(&mut self) {
        NUMBER.set(self.outer_number);
        NOW.set(self.outer);
    }
}
