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

    /// Zero when `earlier` is in fact later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// The same point for tokio's timer, `None` when it is out of its reach.
    pub fn to_instant(self) -> Option<Instant> {
        let epoch = epoch();
        match self.0.checked_sub(EPOCH) {
            Some(after) => epoch.checked_add(Duration::from_nanos(after)),
            None => epoch.checked_sub(Duration::from_nanos(EPOCH - self.0)),
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
pub fn now() -> Moment {
    #[cfg(feature = "testing")]
    if let Some(moment) = crate::testing::injected_now() {
        return moment;
    }
    let (epoch, now) = (epoch(), Instant::now());
    Moment::from_nanos(match now.checked_duration_since(epoch) {
        Some(after) => EPOCH.saturating_add(nanos(after)),
        None => EPOCH.saturating_sub(nanos(epoch.saturating_duration_since(now))),
    })
}

/// Moves the injected clock, where there is one.
#[cfg(feature = "testing")]
pub fn skip(wait: Duration) -> bool {
    crate::testing::injected_sleep(wait)
}

/// There is none.
#[cfg(not(feature = "testing"))]
pub const fn skip(_: Duration) -> bool {
    false
}

/// Blocks the thread, or moves the injected clock.
pub fn sleep_blocking(wait: Duration) {
    if !skip(wait) {
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

    #[tokio::test(start_paused = true)]
    async fn follows_the_paused_clock_and_converts_back() {
        let start = now();
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(now().since(start), Duration::from_secs(3));
        assert_eq!(now().to_instant(), Some(Instant::now()));
    }
}
