//! A clock for what happens outside of the program, such as in an exporter. No test replaces it.

/// It lags by milliseconds. A tick is the unit of the clock, which costs least.
#[cfg(target_os = "linux")]
#[inline]
pub fn coarse_ticks() -> u64 {
    coarsetime::Instant::now_without_cache_update().as_ticks()
}

#[cfg(target_os = "linux")]
pub const TICKS_PER_SECOND: u64 = 1 << 32;

#[cfg(not(target_os = "linux"))]
pub fn coarse_ticks() -> u64 {
    use std::sync::OnceLock;
    use std::time::Instant;

    static START: OnceLock<Instant> = OnceLock::new();
    u64::try_from(START.get_or_init(Instant::now).elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(not(target_os = "linux"))]
pub const TICKS_PER_SECOND: u64 = 1_000;
