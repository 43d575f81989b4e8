//! The shutdown of the process: waits end, and no retry, fallback or load begins.
//!
//! Only code that is about to wait, or that handles a failure, reads the state.

mod drain;
mod in_progress;
mod wait;

use std::sync::atomic::{AtomicBool, Ordering};

use crate::emit::emit;
use crate::event::Event;

pub use drain::{CallsLeft, ShutdownReport, shutdown, shutdown_blocking};
pub(crate) use in_progress::wait_for_places;
pub use in_progress::{InProgress, in_progress};
#[cfg(feature = "dashboard")]
pub(crate) use wait::shutdown_begun;
pub(crate) use wait::{UntilShutdown, sleep_blocking, sleep_blocking_unless, until_shutdown, wake_sleepers};

static HAS_BEGUN: AtomicBool = AtomicBool::new(false);

/// Returns whether the shutdown of the process has begun.
///
/// ```
/// assert!(!resilience::is_shutting_down());
/// resilience::begin_shutdown();
/// assert!(resilience::is_shutting_down());
/// ```
#[inline]
pub fn is_shutting_down() -> bool {
    HAS_BEGUN.load(Ordering::Acquire)
}

/// Begins the shutdown of the process and returns at once. [`shutdown`] does this, and then waits for
/// the calls in progress.
///
/// Later calls do nothing.
///
/// ```
/// use resilience::retry;
///
/// #[retry(max = 3, base_delay = "1m")]
/// fn ask() -> Result<(), &'static str> {
///     Err("down")
/// }
///
/// resilience::begin_shutdown();
/// assert_eq!(ask(), Err("down"), "without a pause");
/// ```
pub fn begin_shutdown() {
    if is_shutting_down() {
        return;
    }
    let (calls, waiting) = (in_progress::total(), wait::count());
    if wait::end_all(&HAS_BEGUN) {
        emit(&Event::ShutdownBegun { calls, waiting });
    }
}

/// Undoes the shutdown.
#[cfg(feature = "testing")]
pub(crate) fn reset() {
    HAS_BEGUN.store(false, Ordering::Release);
}

/// Returns the number of counted calls in progress, for a snapshot.
pub(crate) fn calls_in_progress() -> u64 {
    in_progress::total()
}
