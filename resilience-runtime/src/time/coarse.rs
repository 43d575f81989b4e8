//! A clock for what happens outside of the program, such as in an exporter. No test replaces it.

/// It lags by milliseconds.
#[cfg(target_os = "linux")]
#[inline]
pub fn coarse_millis() -> u64 {
    use coarsetime::{Duration, Instant};

    Duration::from_ticks(Instant::now_without_cache_update().as_ticks()).as_millis()
}

#[cfg(not(target_os = "linux"))]
pub fn coarse_millis() -> u64 {
    use std::sync::OnceLock;
    use std::time::Instant;

    static START: OnceLock<Instant> = OnceLock::new();
    u64::try_from(START.get_or_init(Instant::now).elapsed().as_millis()).unwrap_or(u64::MAX)
}
