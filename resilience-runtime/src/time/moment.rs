use std::sync::OnceLock;
use std::time::Duration;

use tokio::time::Instant;

/// Nanoseconds on a process-wide line. The arithmetic saturates, so a clock may step back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

/// Far from both ends: a paused test clock may have started before the epoch was taken.
const EPOCH: u64 = 1 << 62;

impl Moment {
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

    pub const fn before(self, time: Duration) -> Self {
        Self(self.0.saturating_sub(nanos(time)))
    }

    /// Zero when `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    pub(super) fn from_instant(instant: Instant) -> Self {
        let epoch = epoch();
        Self::from_nanos(match instant.checked_duration_since(epoch) {
            Some(after) => EPOCH.saturating_add(nanos(after)),
            None => EPOCH.saturating_sub(nanos(epoch.saturating_duration_since(instant))),
        })
    }

    /// `None` when it is out of the reach of tokio's timer.
    pub(super) fn to_instant(self) -> Option<Instant> {
        match self.0.checked_sub(EPOCH) {
            Some(after) => epoch().checked_add(Duration::from_nanos(after)),
            None => epoch().checked_sub(Duration::from_nanos(EPOCH - self.0)),
        }
    }
}

/// Saturates at 584 years.
#[inline]
pub const fn nanos(wait: Duration) -> u64 {
    wait.as_secs().saturating_mul(1_000_000_000).saturating_add(wait.subsec_nanos() as u64)
}

fn epoch() -> Instant {
    static EPOCH: OnceLock<Instant> = OnceLock::new();
    *EPOCH.get_or_init(super::clock::instant_now)
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
}
