use std::time::Duration;

use super::store::Capacity;
use crate::time::backoff::Fixed;

/// The configuration of one cache, built in a `const`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheConfig {
    pub(super) ttl: Option<Duration>,
    pub(super) negative_ttl: Option<Duration>,
    pub(super) stale_while_revalidate: Option<Duration>,
    pub(super) stale_if_error: Option<Duration>,
    pub(super) ttl_jitter: Option<Fixed>,
    pub(super) capacity: Capacity,
    pub(super) max_concurrent_loads: u32,
    pub(super) coalesce: bool,
    pub(super) cache_degraded: bool,
}

impl CacheConfig {
    pub const DEFAULT: Self = Self {
        ttl: None,
        negative_ttl: None,
        stale_while_revalidate: None,
        stale_if_error: None,
        ttl_jitter: None,
        capacity: Capacity::Entries(1_000),
        max_concurrent_loads: 1,
        coalesce: true,
        cache_degraded: false,
    };

    setters! {
        ttl / try_ttl(self, ttl: Duration) {
            !ttl.is_zero(), "a `ttl` of zero keeps nothing" =>
                self.ttl = Some(ttl)
        }
        negative_ttl / try_negative_ttl(self, ttl: Duration) {
            !ttl.is_zero(), "a `negative_ttl` of zero keeps no error" =>
                self.negative_ttl = Some(ttl)
        }
        stale_while_revalidate / try_stale_while_revalidate(self, window: Duration) {
            !window.is_zero(), "a `stale_while_revalidate` of zero never serves an old value" =>
                self.stale_while_revalidate = Some(window)
        }
        stale_if_error / try_stale_if_error(self, window: Duration) {
            !window.is_zero(), "a `stale_if_error` of zero never serves an old value" =>
                self.stale_if_error = Some(window)
        }
        ttl_jitter / try_ttl_jitter(self, ratio: f64) {
            ratio >= 0.0 && ratio <= 1.0, "`ttl_jitter` of `#[cached]` must be between 0 and 1" =>
                self.ttl_jitter = Some(Fixed::from_f64(ratio))
        }
        max_size / try_max_size(self, entries: usize) {
            entries >= 1, "`max_size` of `#[cached]` must be at least 1" =>
                self.capacity = Capacity::Entries(entries)
        }
        max_weight / try_max_weight(self, weight: u64) {
            weight >= 1, "`max_weight` of `#[cached]` must be at least 1" =>
                self.capacity = Capacity::Weight(weight)
        }
        max_concurrent_loads / try_max_concurrent_loads(self, loads: u32) {
            loads >= 1, "`max_concurrent_loads` of `#[cached]` must be at least 1" =>
                self.max_concurrent_loads = loads
        }
    }

    #[must_use]
    #[track_caller]
    pub const fn coalesce(mut self, coalesce: bool) -> Self {
        self.coalesce = coalesce;
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn cache_degraded(mut self, keep: bool) -> Self {
        self.cache_degraded = keep;
        self
    }
}
