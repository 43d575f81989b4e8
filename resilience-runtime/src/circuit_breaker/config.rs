use std::time::Duration;

use super::state::Config;
use super::window::{Extent, MOST_CALLS, Rate};
use crate::time::backoff::Fixed;
use crate::validation::sound;

/// What is wrong where settings do not go together.
pub(crate) const TWO_WAYS: &str = "`failure_threshold` and a window are two ways to open; keep one of them";
pub(crate) const NO_WINDOW: &str = "this belongs to a window; call `window` or `window_time` before it";
pub(crate) const NO_SLOW_CALL: &str = "`slow_rate` is the rate of slow calls; call `slow_call` before it";

/// What one `#[circuit_breaker]` was given, built in an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CircuitBreakerConfig(pub(super) Config);

impl CircuitBreakerConfig {
    pub const DEFAULT: Self = Self(Config::DEFAULT);

    #[must_use]
    #[track_caller]
    pub const fn max_keys(mut self, keys: u32) -> Self {
        assert!(keys >= 1, "`max_keys` must be at least 1");
        self.0.max_keys = keys;
        self
    }

    setters! {
        failure_threshold / try_failure_threshold(self, failures: u32) {
            failures >= 1, "`failure_threshold` must be at least 1" =>
                self.0.failure_threshold = failures
        }
        window / try_window(self, calls: u32) {
            calls >= 1 && calls <= MOST_CALLS, "a `window` holds between 1 and 100000 calls" =>
                self.0.window = Some(Extent::Calls(calls))
        }
        window_time / try_window_time(self, time: Duration) {
            !time.is_zero(), "a `window` of time must be longer than zero" =>
                self.0.window = Some(Extent::Time(time))
        }
    }

    /// For a constant, whose type says which of the two it is.
    #[must_use]
    pub const fn windowed<T>(self, extent: T) -> Windowed<T> {
        Windowed { config: self, extent }
    }

    setters! {
        failure_rate / try_failure_rate(self, rate: f64) {
            Rate::from_f64(rate).is_some(), "`failure_rate` must be above 0 and at most 1" =>
                if let Some(rate) = Rate::from_f64(rate) { self.0.failure_rate = rate; }
        }
        min_calls / try_min_calls(self, calls: u32) {
            calls >= 1, "`min_calls` must be at least 1" =>
                self.0.min_calls = Some(calls)
        }
        slow_call / try_slow_call(self, limit: Duration) {
            !limit.is_zero(), "`slow_call` must be longer than zero" =>
                self.0.slow_call = Some(limit)
        }
        slow_rate / try_slow_rate(self, rate: f64) {
            Rate::from_f64(rate).is_some(), "`slow_rate` must be above 0 and at most 1" =>
                if let Some(rate) = Rate::from_f64(rate) { self.0.slow_rate = rate; }
        }
        success_threshold / try_success_threshold(self, successes: u32) {
            successes >= 1, "`success_threshold` must be at least 1" =>
                self.0.success_threshold = successes
        }
        half_open_max / try_half_open_max(self, probes: u32) {
            probes >= 1, "`half_open_max` must be at least 1" =>
                self.0.half_open_max = probes
        }
        recovery / try_recovery(self, time: Duration) {
            !time.is_zero(), "`recovery` must be longer than zero" =>
                self.0.recovery = time
        }
        recovery_factor / try_recovery_factor(self, factor: f64) {
            factor >= 1.0 && factor <= 1e9, "`recovery_factor` must be between 1 and 1e9" =>
                self.0.recovery_factor = Fixed::from_f64(factor)
        }
        max_recovery / try_max_recovery(self, time: Duration) {
            !time.is_zero(), "`max_recovery` must be longer than zero" =>
                self.0.max_recovery = time
        }
        probe_lease / try_probe_lease(self, time: Duration) {
            !time.is_zero(), "`probe_lease` must be longer than zero" =>
                self.0.probe_lease = time
        }
    }

    /// The last step of the `const` item: what only the whole can show.
    #[must_use]
    #[track_caller]
    pub const fn checked(self) -> Self {
        sound(self.try_checked())
    }

    pub(crate) const fn try_checked(self) -> Result<Self, &'static str> {
        if self.0.recovery.as_nanos() > self.0.max_recovery.as_nanos() {
            return Err("`recovery` is longer than `max_recovery`");
        }
        Ok(self)
    }

    /// The same, of a window and its `min_calls`.
    #[must_use]
    #[track_caller]
    pub const fn judged(self) -> Self {
        sound(self.try_judged())
    }

    pub(crate) const fn try_judged(self) -> Result<Self, &'static str> {
        match (self.0.window, self.0.min_calls) {
            (Some(Extent::Calls(size)), Some(least)) if least > size => {
                Err("`min_calls` is larger than the `window`, so that it would never open")
            }
            _ => Ok(self),
        }
    }
}

/// A configuration and a constant that says how far its window reaches. What a constant of another type is told is the
/// name of the method that it has not.
#[derive(Debug, Clone, Copy)]
pub struct Windowed<T> {
    config: CircuitBreakerConfig,
    extent: T,
}

impl Windowed<u32> {
    #[must_use]
    #[track_caller]
    pub const fn takes_a_u32_or_a_duration(self) -> CircuitBreakerConfig {
        self.config.window(self.extent)
    }
}

impl Windowed<Duration> {
    #[must_use]
    #[track_caller]
    pub const fn takes_a_u32_or_a_duration(self) -> CircuitBreakerConfig {
        self.config.window_time(self.extent)
    }
}
