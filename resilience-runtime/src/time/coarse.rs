//! A clock that no test replaces: for what happens outside of the program, such as in an exporter.

/// In nanoseconds. It lags by milliseconds, if the system has such a clock.
#[cfg(target_os = "linux")]
#[inline]
pub fn coarse_nanos() -> u64 {
    use rustix::time::{ClockId, clock_gettime};

    let now = clock_gettime(ClockId::MonotonicCoarse);
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
