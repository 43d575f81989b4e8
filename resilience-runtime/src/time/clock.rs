//! The only place that reads time.
//!
//! A test can replace the time of its thread by a [`ManualClock`](super::ManualClock) or by
//! [`skip_sleeps`](super::skip_sleeps). Every build contains both, so tests run the code that
//! ships; unused, they cost one relaxed load.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;

use super::moment::Moment;
use super::{manual, skip};

/// Counts the overrides of the whole process.
static OVERRIDES: AtomicUsize = AtomicUsize::new(0);

#[derive(Debug)]
pub(super) struct Override(());

impl Override {
    pub(super) fn begin() -> Self {
        OVERRIDES.fetch_add(1, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for Override {
    fn drop(&mut self) {
        OVERRIDES.fetch_sub(1, Ordering::Relaxed);
    }
}

#[inline]
pub fn is_overridden() -> bool {
    OVERRIDES.load(Ordering::Relaxed) != 0
}

/// Reads tokio's clock, which tests can pause; outside of a runtime, the system's monotonic clock.
pub fn now() -> Moment {
    if is_overridden() { overridden_now() } else { Moment::from_instant(instant_now()) }
}

#[cold]
fn overridden_now() -> Moment {
    manual::now().unwrap_or_else(|| Moment::from_instant(instant_now())).after(skip::skipped())
}

/// tokio panics if its pausable clock is read by the destructor of a thread-local that outlives
/// tokio's own. The system's clock stands in for it there.
#[inline]
pub(super) fn instant_now() -> Instant {
    if CAN_TOKIO_PAUSE && Handle::try_current().is_err_and(|error| error.is_thread_local_destroyed()) {
        return Instant::from_std(std::time::Instant::now());
    }
    Instant::now()
}

pub const CAN_TOKIO_PAUSE: bool = pausing::tokio_can_pause();

impl Moment {
    /// `None` when it is out of the timer's reach.
    pub fn to_timer(self) -> Option<Instant> {
        // Neither skipped time nor a manual clock moves tokio's clock.
        if is_overridden() { Instant::now().checked_add(self.since(now())) } else { self.to_instant() }
    }
}

pub fn sleep_blocking(wait: Duration) {
    if !manual::take_sleep(wait) && !skip::take_sleep(wait) {
        std::thread::sleep(wait);
    }
}

/// Asks the coarse clock first: it costs a quarter of the exact one, and settles distant moments.
#[cfg(feature = "cached")]
#[inline]
pub fn is_before(moment: Moment) -> bool {
    (!is_overridden() && coarse::is_surely_before(moment)) || now() < moment
}

#[cfg(all(feature = "cached", not(target_os = "linux")))]
mod coarse {
    pub const fn is_surely_before(_: super::Moment) -> bool {
        false
    }
}

#[cfg(all(feature = "cached", target_os = "linux"))]
mod coarse {
    use std::sync::OnceLock;
    use std::time::Duration;

    use coarsetime::Instant;

    use super::{CAN_TOKIO_PAUSE, Moment, now};

    /// The clock lags by milliseconds, or longer if the host stalls only the processor that ticks.
    pub const MARGIN: Duration = Duration::from_secs(1);

    #[inline]
    pub fn is_surely_before(moment: Moment) -> bool {
        !CAN_TOKIO_PAUSE && lagging_now().after(MARGIN) < moment
    }

    #[inline]
    pub fn lagging_now() -> Moment {
        static START: OnceLock<(Instant, Moment)> = OnceLock::new();
        // Reads the coarse clock first: a stall between the two makes it lag less, which is safe.
        let (coarse, exact) = *START.get_or_init(|| (Instant::now_without_cache_update(), now()));
        let since = Instant::now_without_cache_update().duration_since(coarse);
        Moment::from_nanos(exact.as_nanos().saturating_add(since.as_nanos()))
    }
}

mod pausing {
    trait MayBeMissing {
        const EXISTS: bool;
    }

    struct Missing;

    impl MayBeMissing for Missing {
        const EXISTS: bool = false;
    }

    impl<F: Fn()> MayBeMissing for F {
        const EXISTS: bool = true;
    }

    /// Returns whether tokio has `time::pause`. The features of another crate are invisible, but its names
    /// are not: a name that a glob imports into a block hides the same name outside of it.
    pub const fn tokio_can_pause() -> bool {
        const fn exists<P: MayBeMissing>(_: &P) -> bool {
            P::EXISTS
        }
        #[allow(dead_code, non_upper_case_globals, reason = "hidden by tokio's function, if there is one")]
        const pause: Missing = Missing;
        {
            #[allow(unused_imports, clippy::wildcard_imports, reason = "it imports `pause`, if there is one")]
            use tokio::time::*;
            exists(&pause)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(feature = "cached", target_os = "linux"))]
    #[test]
    fn the_coarse_clock_is_within_its_margin() {
        for _ in 0..100 {
            let (before, coarse, after) = (now(), coarse::lagging_now(), now());
            assert!(before.since(coarse) < coarse::MARGIN, "{coarse:?} after {before:?}");
            assert!(coarse.since(after) < coarse::MARGIN, "{coarse:?} before {after:?}");
        }
    }

    #[cfg(all(feature = "cached", target_os = "linux"))]
    #[tokio::test]
    async fn the_coarse_clock_is_not_read_where_tokio_can_pause_time() {
        const { assert!(CAN_TOKIO_PAUSE, "these tests have tokio's `test-util`") }
        let soon = now().after(Duration::from_secs(60));
        assert!(is_before(soon));
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(!is_before(soon), "however the clock was read before it was paused");
    }

    #[cfg(feature = "cached")]
    #[test]
    fn a_manual_clock_decides_whether_a_moment_is_in_the_future() {
        let clock = crate::time::ManualClock::install();
        let soon = now().after(Duration::from_secs(60));
        assert!(is_before(soon));
        clock.advance(Duration::from_secs(60));
        assert!(!is_before(soon));
    }

    #[test]
    fn the_destructor_of_a_thread_local_reads_the_time_although_a_clock_was_paused() {
        struct Last;
        impl Drop for Last {
            fn drop(&mut self) {
                now();
            }
        }
        thread_local! {
            static LAST: Last = const { Last };
        }
        let paused = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        drop(paused.expect("a runtime"));
        for is_first in [false, true] {
            let ended = std::thread::spawn(move || {
                if is_first {
                    LAST.with(|_| ());
                }
                assert!(Handle::try_current().is_err(), "it is the first use of tokio's thread-local");
                LAST.with(|_| ());
            });
            assert!(ended.join().is_ok());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_follows_the_paused_clock_and_converts_back() {
        let start = now();
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(now().since(start), Duration::from_secs(3));
        assert_eq!(now().to_timer(), Some(Instant::now()));
    }
}
