//! Clocks that no test replaces: for what happens outside of the program, such as in an exporter.

#[cfg(target_os = "linux")]
use rustix::time::{ClockId, clock_gettime};

/// In nanoseconds. It lags by milliseconds, if the system has such a clock.
#[cfg(target_os = "linux")]
#[inline]
pub fn coarse_nanos() -> u64 {
    nanos_of(ClockId::MonotonicCoarse)
}

/// On the line of [`coarse_nanos`], and exact. `None` without that line.
#[cfg(all(feature = "metrics", target_os = "linux"))]
#[inline]
#[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
pub fn exact_nanos() -> Option<u64> {
    Some(nanos_of(ClockId::Monotonic))
}

#[cfg(all(feature = "metrics", not(target_os = "linux")))]
#[inline]
pub fn exact_nanos() -> Option<u64> {
    None
}

#[cfg(target_os = "linux")]
#[inline]
fn nanos_of(clock: ClockId) -> u64 {
    let now = clock_gettime(clock);
    #[expect(clippy::cast_sign_loss, reason = "neither is negative")]
    let (secs, nanos) = (now.tv_sec as u64, now.tv_nsec as u64);
    secs.wrapping_mul(1_000_000_000).wrapping_add(nanos)
}

#[cfg(all(feature = "metrics", not(target_os = "linux")))]
pub fn coarse_nanos() -> u64 {
    use std::sync::OnceLock;
    use std::time::Instant;

    static START: OnceLock<Instant> = OnceLock::new();
    u64::try_from(START.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX)
}
