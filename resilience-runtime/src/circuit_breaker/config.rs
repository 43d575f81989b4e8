use std::time::Duration;

use super::state::Config;
use super::window::{Extent, MOST_CALLS, Rate};
use crate::backoff::Fixed;

/// What one `#[circuit_breaker]` was given, built in an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerConfig(pub(super) Config);

impl BreakerConfig {
    pub const DEFAULT: Self = Self(Config::DEFAULT);

    #[must_use]
    #[track_caller]
    pub const fn failure_threshold(mut self, failures: u32) -> Self {
        assert!(failures >= 1, "`failure_threshold` must be at least 1");
        self.0.failure_threshold = failures;
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn window(mut self, calls: u32) -> Self {
        assert!(calls >= 1 && calls <= MOST_CALLS, "a `window` holds between 1 and 100000 calls");
        self.0.window = Some(Extent::Calls(calls));
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn window_time(mut self, time: Duration) -> Self {
        assert!(!time.is_zero(), "a `window` of time must be longer than zero");
        self.0.window = Some(Extent::Time(time));
        self
    }

    /// For a constant, whose type says which of the two it is.
    #[must_use]
    pub const fn windowed<T>(self, extent: T) -> Windowed<T> {
        Windowed { config: self, extent }
    }

    #[must_use]
    #[track_caller]
    pub const fn failure_rate(mut self, rate: f64) -> Self {
        match Rate::from_f64(rate) {
            Some(rate) => self.0.failure_rate = rate,
            None => panic!("`failure_rate` must be above 0 and at most 1"),
        }
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn min_calls(mut self, calls: u32) -> Self {
        assert!(calls >= 1, "`min_calls` must be at least 1");
        self.0.min_calls = Some(calls);
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn slow_call(mut self, limit: Duration) -> Self {
        assert!(!limit.is_zero(), "`slow_call` must be longer than zero");
        self.0.slow_call = Some(limit);
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn slow_rate(mut self, rate: f64) -> Self {
        match Rate::from_f64(rate) {
            Some(rate) => self.0.slow_rate = rate,
            None => panic!("`slow_rate` must be above 0 and at most 1"),
        }
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn max_keys(mut self, keys: u32) -> Self {
        assert!(keys >= 1, "`max_keys` must be at least 1");
        self.0.max_keys = keys;
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn success_threshold(mut self, successes: u32) -> Self {
        assert!(successes >= 1, "`success_threshold` must be at least 1");
        self.0.success_threshold = successes;
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn half_open_max(mut self, probes: u32) -> Self {
        assert!(probes >= 1, "`half_open_max` must be at least 1");
        self.0.half_open_max = probes;
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn recovery(mut self, time: Duration) -> Self {
        assert!(!time.is_zero(), "`recovery` must be longer than zero");
        self.0.recovery = time;
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn recovery_factor(mut self, factor: f64) -> Self {
        assert!(factor >= 1.0 && factor <= 1e9, "`recovery_factor` must be between 1 and 1e9");
        self.0.recovery_factor = Fixed::from_f64(factor);
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn max_recovery(mut self, time: Duration) -> Self {
        assert!(!time.is_zero(), "`max_recovery` must be longer than zero");
        self.0.max_recovery = time;
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn probe_lease(mut self, time: Duration) -> Self {
        assert!(!time.is_zero(), "`probe_lease` must be longer than zero");
        self.0.probe_lease = time;
        self
    }

    /// The last step of the `const` item: what only the whole can show.
    #[must_use]
    #[track_caller]
    pub const fn checked(self) -> Self {
        assert!(
            self.0.recovery.as_nanos() <= self.0.max_recovery.as_nanos(),
            "`recovery` is longer than `max_recovery`"
        );
        self
    }

    /// The same, of a window and its `min_calls`.
    #[must_use]
    #[track_caller]
    pub const fn judged(self) -> Self {
        self.window_is_judged();
        self
    }

    #[track_caller]
    pub(super) const fn window_is_judged(&self) {
        if let (Some(Extent::Calls(size)), Some(least)) = (self.0.window, self.0.min_calls) {
            assert!(least <= size, "`min_calls` is larger than the `window`, so that it would never open");
        }
    }
}

/// A configuration and a constant that says how far its window reaches. What a constant of another type is told is the
/// name of the method that it has not.
#[derive(Debug, Clone, Copy)]
pub struct Windowed<T> {
    config: BreakerConfig,
    extent: T,
}

impl Windowed<u32> {
    #[must_use]
    #[track_caller]
    pub const fn takes_a_u32_or_a_duration(self) -> BreakerConfig {
        self.config.window(self.extent)
    }
}

impl Windowed<Duration> {
    #[must_use]
    #[track_caller]
    pub const fn takes_a_u32_or_a_duration(self) -> BreakerConfig {
        self.config.window_time(self.extent)
    }
}
