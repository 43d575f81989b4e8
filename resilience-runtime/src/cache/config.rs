use std::time::Duration;

use resilience_options::cached::{check_refresh, rules};

use super::store::Capacity;
use crate::time::backoff::Fixed;

/// The configuration of one cache, built in a `const`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "settings that do not depend on each other")]
pub struct CacheConfig {
    pub(super) ttl: Option<Duration>,
    pub(super) has_ttl_function: bool,
    pub(crate) time_to_idle: Option<Duration>,
    pub(super) negative_ttl: Option<Duration>,
    pub(super) stale_while_revalidate: Option<Duration>,
    pub(super) stale_if_error: Option<Duration>,
    pub(super) ttl_jitter: Option<Fixed>,
    pub(super) capacity: Capacity,
    pub(super) max_concurrent_loads: u32,
    pub(crate) coalesce: bool,
    pub(super) cache_degraded: bool,
    /// Processes share its values in a store.
    pub(super) is_shared: bool,
    pub(super) version: u32,
    pub(super) near: Duration,
    #[cfg(feature = "config")]
    pub(super) is_enabled: bool,
}

impl CacheConfig {
    pub const DEFAULT: Self = Self {
        ttl: rules::ttl.default,
        has_ttl_function: false,
        time_to_idle: rules::time_to_idle.default,
        negative_ttl: rules::negative_ttl.default,
        stale_while_revalidate: rules::stale_while_revalidate.default,
        stale_if_error: rules::stale_if_error.default,
        ttl_jitter: None,
        capacity: Capacity::Entries(rules::max_size.default_value()),
        max_concurrent_loads: rules::max_concurrent_loads.default_value(),
        coalesce: rules::coalesce.default_value(),
        cache_degraded: rules::cache_degraded.default_value(),
        is_shared: false,
        version: rules::version.default_value(),
        near: rules::near.default_value(),
        #[cfg(feature = "config")]
        is_enabled: true,
    };

    pub(super) fn stale_window(&self) -> Option<Duration> {
        self.stale_if_error.max(self.stale_while_revalidate)
    }

    /// A function of the value computes the `ttl`.
    #[must_use]
    pub const fn ttl_function(mut self) -> Self {
        self.has_ttl_function = true;
        self
    }

    #[must_use]
    pub const fn shared(mut self) -> Self {
        self.is_shared = true;
        self
    }

    /// The time for which a value is used without asking the store.
    #[cfg(feature = "store")]
    pub(super) const fn near_time(&self) -> Duration {
        self.near
    }

    setters! {
        ttl / try_ttl(self, ttl: Duration) by rules::ttl => self.ttl = Some(ttl);
        time_to_idle / try_time_to_idle(self, time: Duration) by rules::time_to_idle => self.time_to_idle = Some(time);
        negative_ttl / try_negative_ttl(self, ttl: Duration) by rules::negative_ttl => self.negative_ttl = Some(ttl);
        stale_while_revalidate / try_stale_while_revalidate(self, window: Duration) by rules::stale_while_revalidate =>
            self.stale_while_revalidate = Some(window);
        stale_if_error / try_stale_if_error(self, window: Duration) by rules::stale_if_error =>
            self.stale_if_error = Some(window);
        ttl_jitter / try_ttl_jitter(self, ratio: f64) by rules::ttl_jitter =>
            self.ttl_jitter = Some(Fixed::from_f64(ratio));
        max_size / try_max_size(self, entries: usize) by rules::max_size => self.capacity = Capacity::Entries(entries);
        max_weight / try_max_weight(self, weight: u64) by rules::max_weight => self.capacity = Capacity::Weight(weight);
        max_concurrent_loads / try_max_concurrent_loads(self, loads: u32) by rules::max_concurrent_loads =>
            self.max_concurrent_loads = loads;
        coalesce / try_coalesce(self, coalesce: bool) by rules::coalesce => self.coalesce = coalesce;
        cache_degraded / try_cache_degraded(self, keep: bool) by rules::cache_degraded => self.cache_degraded = keep;
        version / try_version(self, version: u32) by rules::version => self.version = version;
        near / try_near(self, time: Duration) by rules::near => self.near = time;
    }

    pub(crate) const fn try_checked(self) -> Result<Self, &'static str> {
        match check_refresh(self.stale_while_revalidate.is_some(), self.coalesce) {
            Ok(()) => Ok(self),
            Err(problem) => Err(problem),
        }
    }
}
