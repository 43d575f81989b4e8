//! The only place that reads time.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::time::Instant;

/// A point in time as whole nanoseconds on a process-wide line. Integers make the arithmetic total: it
/// saturates, and a clock that steps back is a difference of zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

/// The process's epoch sits far from both ends of the line: a paused test clock may have been started before
/// the epoch was taken.
const EPOCH: u64 = 1 << 62;

impl Moment {
    /// Later than every reachable moment: what `u64` arithmetic saturates at.
    pub const FAR: Self = Self(u64::MAX >> 1);

    pub const fn from_nanos(nanos: u64) -> Self {
        Self(if nanos > Self::FAR.0 { Self::FAR.0 } else { nanos })
    }

    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    pub const fn after(self, wait: Duration) -> Self {
        Self::from_nanos(self.0.saturating_add(nanos(wait)))
    }

    #[cfg(feature = "testing")]
    pub const fn before(self, time: Duration) -> Self {
        Self(self.0.saturating_sub(nanos(time)))
    }

    /// Zero when `earlier` is in fact later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// The same point for tokio's timer, `None` when it is out of its reach.
    pub fn to_instant(self) -> Option<Instant> {
        let epoch = epoch();
        // The timer knows nothing of the time that was skipped.
        let real = self.0.saturating_sub(nanos(sleeps::skipped()));
        match real.checked_sub(EPOCH) {
            Some(after) => epoch.checked_add(Duration::from_nanos(after)),
            None => epoch.checked_sub(Duration::from_nanos(EPOCH - real)),
        }
    }
}

/// `u64` nanoseconds last 584 years; longer durations are as good as that.
pub const fn nanos(wait: Duration) -> u64 {
    let nanos = wait.as_nanos();
    if nanos > u64::MAX as u128 {
        u64::MAX
    } else {
        #[expect(clippy::cast_possible_truncation, reason = "checked above")]
        let nanos = nanos as u64;
        nanos
    }
}

fn epoch() -> Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(Instant::now)
}

/// The time of tokio's clock, which tests can pause; outside of a runtime, the system's monotonic clock.
#[cfg(not(feature = "testing"))]
pub fn now() -> Moment {
    real_now()
}

/// The same, unless a clock was injected, and with what sleeps have skipped.
#[cfg(feature = "testing")]
pub fn now() -> Moment {
    crate::testing::injected_now().unwrap_or_else(real_now).after(crate::testing::skipped())
}

fn real_now() -> Moment {
    let (epoch, now) = (epoch(), Instant::now());
    Moment::from_nanos(match now.checked_duration_since(epoch) {
        Some(after) => EPOCH.saturating_add(nanos(after)),
        None => EPOCH.saturating_sub(nanos(epoch.saturating_duration_since(now))),
    })
}

/// Whether this moment is yet to come.
///
/// For a moment that is far away, the coarse clock of the system tells, at a quarter of what the exact one costs.
#[cfg(feature = "cached")]
#[inline]
pub fn is_before(moment: Moment) -> bool {
    coarse::is_surely_before(moment) || now() < moment
}

/// Where there is no coarse clock.
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

    use super::{Moment, now};

    /// How far the coarse clock may lag without a difference. It does by the milliseconds between two ticks, and by more only
    /// where a host holds up the processor that ticks, and not the one that asks.
    pub const MARGIN: Duration = Duration::from_secs(1);

    /// Whether this program can have a time of its own. Tests pause tokio's clock, with its feature `test-util`, or replace
    /// ours, with `testing`; the coarse clock would know nothing of it. Where neither is compiled in, neither can happen.
    pub const IS_TIME_VIRTUAL: bool = cfg!(feature = "testing") || tokio_can_pause();

    #[inline]
    pub fn is_surely_before(moment: Moment) -> bool {
        !IS_TIME_VIRTUAL && lagging_now().after(MARGIN) < moment
    }

    /// Now, or somewhat earlier.
    #[inline]
    pub fn lagging_now() -> Moment {
        static START: OnceLock<(Instant, Moment)> = OnceLock::new();
        // The coarse clock first: a thread that is held up between the two is ahead then, and that costs time at the most.
        let (coarse, exact) = *START.get_or_init(|| (Instant::now_without_cache_update(), now()));
        let since = Instant::now_without_cache_update().duration_since(coarse);
        Moment::from_nanos(exact.0.saturating_add(since.as_nanos()))
    }

    trait Pause {
        const IS_THERE: bool;
    }

    struct Missing;

    impl Pause for Missing {
        const IS_THERE: bool = false;
    }

    impl<F: Fn()> Pause for F {
        const IS_THERE: bool = true;
    }

    /// Whether there is a `tokio::time::pause`. No crate sees the features of another, but it sees its names: what a glob
    /// imports into a block hides what is outside of it, and what is not there hides nothing.
    const fn tokio_can_pause() -> bool {
        const fn is_there<P: Pause>(_: &P) -> bool {
            P::IS_THERE
        }
        #[allow(dead_code, non_upper_case_globals, reason = "hidden by the function, where there is one")]
        const pause: Missing = Missing;
        {
            #[allow(unused_imports, clippy::wildcard_imports, reason = "it may import what is asked for")]
            use tokio::time::*;
            is_there(&pause)
        }
    }
}

/// Sleeps are real.
#[cfg(not(feature = "testing"))]
mod sleeps {
    use std::time::Duration;

    pub use tokio::time::{Sleep, sleep};

    pub const fn is_skipping() -> bool {
        false
    }

    pub const fn skipped() -> Duration {
        Duration::ZERO
    }

    pub const fn injected_sleep(_: Duration) -> bool {
        false
    }

    pub const fn skip(_: Duration) -> bool {
        false
    }

    pub const fn carry<F>(work: F) -> F {
        work
    }
}

#[cfg(feature = "testing")]
use crate::testing as sleeps;

pub(crate) use sleeps::{Sleep, carry, injected_sleep, is_skipping, sleep};

/// Blocks the thread, or moves the injected clock.
pub fn sleep_blocking(wait: Duration) {
    if !injected_sleep(wait) && !sleeps::skip(wait) {
        std::thread::sleep(wait);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates_at_both_ends() {
        assert_eq!(Moment::from_nanos(5).after(Duration::MAX), Moment::FAR);
        assert_eq!(Moment::from_nanos(5).since(Moment::from_nanos(9)), Duration::ZERO);
        assert_eq!(Moment::FAR.after(Duration::from_nanos(1)), Moment::FAR);
        assert_eq!(nanos(Duration::MAX), u64::MAX);
    }

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
    async fn where_time_can_be_paused_the_coarse_clock_is_not_asked() {
        const { assert!(coarse::IS_TIME_VIRTUAL, "these tests have tokio's `test-util`") }
        let soon = now().after(Duration::from_secs(60));
        assert!(is_before(soon));
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(!is_before(soon), "however the clock was read before it was paused");
    }

    #[tokio::test(start_paused = true)]
    async fn follows_the_paused_clock_and_converts_back() {
        let start = now();
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(now().since(start), Duration::from_secs(3));
        assert_eq!(now().to_instant(), Some(Instant::now()));
    }
}
