use std::time::Duration;

use resilience_options::circuit_breaker::{
    TWO_WAYS_TO_OPEN, check_min_calls, check_recovery, check_window_time, rules,
};

use super::CircuitBreaker;
use super::window::{Extent, Rate};
use crate::time::backoff::Fixed;
use crate::validation::sound;

pub(crate) const NO_WINDOW: &str = "this belongs to a window; call `window` or `window_time` before it";
pub(crate) const NO_SLOW_CALL: &str = "`slow_rate` is the rate of slow calls; call `slow_call` before it";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CircuitBreakerConfig {
    pub(super) failure_threshold: u32,
    pub(super) window: Option<Extent>,
    pub(super) failure_rate: Rate,
    pub(super) min_calls: Option<u32>,
    pub(super) slow_call: Option<Duration>,
    pub(super) slow_rate: Rate,
    pub(super) success_threshold: u32,
    pub(super) half_open_max: u32,
    pub(super) half_open_calls: Option<u32>,
    pub(super) recovery: Duration,
    pub(super) recovery_factor: Fixed,
    pub(super) max_recovery: Duration,
    pub(super) probe_lease: Duration,
    pub(super) max_keys: u32,
    /// The number of processes that must open before a store tells all of them.
    pub(super) quorum: u32,
    /// It comes with a store.
    pub(super) is_shared: bool,
    pub(super) is_enabled: bool,
}

/// The rules of the options accept no rate that is none.
const fn rate_or_all(rate: f64) -> Rate {
    match Rate::from_f64(rate) {
        Some(rate) => rate,
        None => Rate::ALL,
    }
}

impl CircuitBreakerConfig {
    pub const DEFAULT: Self = Self {
        failure_threshold: rules::failure_threshold.default_value(),
        window: None,
        failure_rate: rate_or_all(rules::failure_rate.default_value()),
        min_calls: rules::min_calls.default,
        slow_call: rules::slow_call.default,
        slow_rate: rate_or_all(rules::slow_rate.default_value()),
        success_threshold: rules::success_threshold.default_value(),
        half_open_max: rules::half_open_max.default_value(),
        half_open_calls: rules::half_open_calls.default,
        recovery: rules::recovery.default_value(),
        recovery_factor: Fixed::from_f64(rules::recovery_factor.default_value()),
        max_recovery: Duration::MAX,
        probe_lease: rules::probe_lease.default_value(),
        max_keys: rules::max_keys.default_value(),
        quorum: rules::quorum.default_value(),
        is_shared: false,
        is_enabled: true,
    };

    setters! {
        failure_threshold / try_failure_threshold(self, failures: u32) by rules::failure_threshold =>
            self.failure_threshold = failures;
        window / try_window(self, calls: u32) by rules::window => self.window = Some(Extent::Calls(calls));
        failure_rate / try_failure_rate(self, rate: f64) by rules::failure_rate => self.failure_rate = rate_or_all(rate);
        min_calls / try_min_calls(self, calls: u32) by rules::min_calls => self.min_calls = Some(calls);
        slow_call / try_slow_call(self, limit: Duration) by rules::slow_call => self.slow_call = Some(limit);
        slow_rate / try_slow_rate(self, rate: f64) by rules::slow_rate => self.slow_rate = rate_or_all(rate);
        success_threshold / try_success_threshold(self, successes: u32) by rules::success_threshold =>
            self.success_threshold = successes;
        half_open_max / try_half_open_max(self, probes: u32) by rules::half_open_max => self.half_open_max = probes;
        recovery / try_recovery(self, time: Duration) by rules::recovery => self.recovery = time;
        recovery_factor / try_recovery_factor(self, factor: f64) by rules::recovery_factor =>
            self.recovery_factor = Fixed::from_f64(factor);
        max_recovery / try_max_recovery(self, time: Duration) by rules::max_recovery => self.max_recovery = time;
        half_open_calls / try_half_open_calls(self, calls: u32) by rules::half_open_calls =>
            self.half_open_calls = Some(calls);
        probe_lease / try_probe_lease(self, time: Duration) by rules::probe_lease => self.probe_lease = time;
        max_keys / try_max_keys(self, keys: u32) by rules::max_keys => self.max_keys = keys;
        quorum / try_quorum(self, processes: u32) by rules::quorum => self.quorum = processes;
    }

    #[must_use]
    pub const fn shared(mut self) -> Self {
        self.is_shared = true;
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn window_time(self, time: Duration) -> Self {
        sound(self.try_window_time(time))
    }

    pub(crate) const fn try_window_time(mut self, time: Duration) -> Result<Self, &'static str> {
        if let Err(problem) = check_window_time(time) {
            return Err(problem);
        }
        self.window = Some(Extent::Time(time));
        Ok(self)
    }

    /// The type of the constant selects the kind of the window.
    #[must_use]
    pub const fn windowed<T>(self, extent: T) -> Windowed<T> {
        Windowed { config: self, extent }
    }

    #[must_use]
    #[track_caller]
    pub const fn checked(self) -> Self {
        sound(self.try_checked())
    }

    pub(crate) const fn try_checked(self) -> Result<Self, &'static str> {
        match check_recovery(self.recovery, self.max_recovery) {
            Ok(()) => Ok(self),
            Err(problem) => Err(problem),
        }
    }

    #[must_use]
    #[track_caller]
    pub const fn judged(self) -> Self {
        sound(self.try_judged())
    }

    pub(crate) const fn try_judged(self) -> Result<Self, &'static str> {
        if let (Some(Extent::Calls(window)), Some(min_calls)) = (self.window, self.min_calls) {
            if let Err(problem) = check_min_calls(min_calls, window) {
                return Err(problem);
            }
        }
        Ok(self)
    }

    /// By default a window of calls must be full or hold 100, as in resilience4j. A window of time
    /// may never see 100 calls, so 20 are enough, as in Hystrix.
    pub(super) const fn effective_min_calls(&self) -> u32 {
        match (self.min_calls, self.window) {
            (Some(calls), _) => calls,
            (None, Some(Extent::Calls(size))) if size < 100 => size,
            (None, Some(Extent::Calls(_))) => 100,
            (None, _) => 20,
        }
    }
}

/// A configuration without recovery times is not checked again.
const _: CircuitBreakerConfig = CircuitBreakerConfig::DEFAULT.checked();

/// A window of another type makes rustc name the method that does not exist.
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

/// Writes setters whose documentation, default and rule are a row of `resilience-options`.
macro_rules! static_setters {
    ($docs:ident; $($option:ident($value:ident: $ty:ty);)*) => {$(
        #[doc = concat!("Sets", resilience_options::$docs!($option))]
        ///
        /// # Panics
        ///
        /// If the value is out of its range; in a `static` that is a compile error.
        #[must_use]
        #[track_caller]
        pub const fn $option(mut self, $value: $ty) -> Self {
            self.config = self.config.$option($value);
            self
        }
    )*};
}

impl CircuitBreaker {
    /// Sets the number of consecutive failures that opens the breaker. Default: 5.
    ///
    /// # Panics
    ///
    /// If `failures` is zero, or a window is set; in a `static` that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn failure_threshold(mut self, failures: u32) -> Self {
        assert!(self.config.window.is_none(), "{}", TWO_WAYS_TO_OPEN);
        self.config = self.config.failure_threshold(failures);
        self
    }

    /// Opens the breaker by the rate of failures among the last `calls` calls, instead of by
    /// consecutive failures. The limit is [`failure_rate`](Self::failure_rate). Calls are counted
    /// when they end.
    ///
    /// ```
    /// use resilience::CircuitBreaker;
    ///
    /// static LLM: CircuitBreaker = CircuitBreaker::new("llm").window(100).failure_rate(0.5).min_calls(20);
    /// ```
    ///
    /// # Panics
    ///
    /// If `calls` is zero or above 100,000, if [`failure_threshold`](Self::failure_threshold) is
    /// set, or if the window holds fewer calls than [`min_calls`](Self::min_calls); in a `static`
    /// that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn window(mut self, calls: u32) -> Self {
        self.config = self.config.window(calls);
        self.windowed()
    }

    /// Opens the breaker by the rate of failures among the calls that ended within the last `time`.
    /// The window consists of 20 buckets, counted from the first call, and advances by one at a time.
    /// If a bucket is longer than a second, a success may count in it up to 20 milliseconds after its
    /// end.
    ///
    /// # Panics
    ///
    /// If `time` is zero, or [`failure_threshold`](Self::failure_threshold) is set; in a `static`
    /// that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn window_time(mut self, time: Duration) -> Self {
        self.config = self.config.window_time(time);
        self.windowed()
    }

    #[track_caller]
    const fn windowed(mut self) -> Self {
        self.mirror.restart(&self.config);
        assert!(
            self.config.failure_threshold == CircuitBreakerConfig::DEFAULT.failure_threshold,
            "{}",
            TWO_WAYS_TO_OPEN
        );
        let _judged = self.config.judged();
        self
    }

    #[track_caller]
    const fn has_window(&self) {
        assert!(self.config.window.is_some(), "{}", NO_WINDOW);
    }

    /// Sets the rate of failures in the window that opens the breaker: `0.5` is one half. Default:
    /// 0.5.
    ///
    /// # Panics
    ///
    /// Unless `0 < rate <= 1`, or if no window is set; in a `static` that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn failure_rate(mut self, rate: f64) -> Self {
        self.has_window();
        self.config = self.config.failure_rate(rate);
        self
    }

    /// Sets the number of calls that the window must hold before it is judged. Default: a window of
    /// calls has to be full, or to hold 100; a window of time has to hold 20.
    ///
    /// # Panics
    ///
    /// If `calls` is zero or above the size of a window of calls, or if no window is set; in a
    /// `static` that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn min_calls(mut self, calls: u32) -> Self {
        self.has_window();
        self.config = self.config.min_calls(calls).judged();
        self
    }

    /// Counts a call that takes longer than `limit` as slow, whether it fails or not. The rate of
    /// slow calls opens the breaker, see [`slow_rate`](Self::slow_rate). A slow probe counts as
    /// failed. Default: no call is slow.
    ///
    /// # Panics
    ///
    /// If `limit` is zero, or no window is set; in a `static` that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn slow_call(mut self, limit: Duration) -> Self {
        self.has_window();
        self.config = self.config.slow_call(limit);
        self.mirror.restart(&self.config);
        self
    }

    /// Sets the rate of slow calls in the window that opens the breaker. Default: 1.0.
    ///
    /// # Panics
    ///
    /// Unless `0 < rate <= 1`, or if [`slow_call`](Self::slow_call) is not set; in a `static` that
    /// is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn slow_rate(mut self, rate: f64) -> Self {
        assert!(self.config.slow_call.is_some(), "{}", NO_SLOW_CALL);
        self.config = self.config.slow_rate(rate);
        self
    }

    static_setters! {
        circuit_breaker_docs;
        recovery(time: Duration);
        recovery_factor(factor: f64);
        success_threshold(successes: u32);
        half_open_max(probes: u32);
        half_open_calls(calls: u32);
        probe_lease(time: Duration);
        quorum(processes: u32);
    }

    /// Sets the longest open time, however many probes have failed. Default: no limit. A longer
    /// [`recovery`](Self::recovery) is cut to it, in whichever order the two are set.
    ///
    /// # Panics
    ///
    /// If `time` is zero; in a `static` that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn max_recovery(mut self, time: Duration) -> Self {
        self.config = self.config.max_recovery(time);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit_breaker::{BreakerState, Permit};

    /// BUG-A27.
    #[test]
    fn builders_reject_values_that_would_never_or_always_open() {
        let rejected = |build: fn() -> CircuitBreaker| std::panic::catch_unwind(build).is_err();
        let zero: [fn() -> CircuitBreaker; 11] = [
            || CircuitBreaker::new("").failure_threshold(0),
            || CircuitBreaker::new("").success_threshold(0),
            || CircuitBreaker::new("").half_open_max(0),
            || CircuitBreaker::new("").recovery(Duration::ZERO),
            || CircuitBreaker::new("").max_recovery(Duration::ZERO),
            || CircuitBreaker::new("").probe_lease(Duration::ZERO),
            || CircuitBreaker::new("").window(0),
            || CircuitBreaker::new("").window(u32::MAX),
            || CircuitBreaker::new("").window_time(Duration::ZERO),
            || CircuitBreaker::new("").window(1).min_calls(0),
            || CircuitBreaker::new("").window(1).slow_call(Duration::ZERO),
        ];
        for build in zero {
            assert!(rejected(build));
        }
        let rates = [0.0, -0.0, -1.0, 1.1, 100.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        for rate in rates {
            let breaker = || CircuitBreaker::new("").window(10).slow_call(Duration::MAX);
            assert!(std::panic::catch_unwind(|| breaker().failure_rate(rate)).is_err(), "{rate}");
            assert!(std::panic::catch_unwind(|| breaker().slow_rate(rate)).is_err(), "{rate}");
        }
        for factor in [0.0, 0.999, f64::NAN, f64::INFINITY, -2.0] {
            assert!(std::panic::catch_unwind(|| CircuitBreaker::new("").recovery_factor(factor)).is_err(), "{factor}");
        }
        assert!(rejected(|| CircuitBreaker::new("").window(10).min_calls(11)));
        assert!(rejected(|| CircuitBreaker::new("").window_time(Duration::MAX).min_calls(11).window(10)));
        for part in [f64::MIN_POSITIVE, 0.5, 1.0] {
            for breaker in [
                CircuitBreaker::new("").window(1).failure_rate(part),
                CircuitBreaker::new("").window_time(Duration::MAX).failure_rate(part).min_calls(1),
                CircuitBreaker::new("").window_time(Duration::from_nanos(1)).failure_rate(part).min_calls(1),
            ] {
                assert!(breaker.admit().map(Permit::fail).is_ok());
                assert_eq!(breaker.state(), BreakerState::Open);
            }
        }
    }

    #[test]
    fn each_setting_accepts_its_bounds_and_nothing_beyond() {
        const D: CircuitBreakerConfig = CircuitBreakerConfig::DEFAULT;
        const NANO: Duration = Duration::from_nanos(1);
        const WINDOW: CircuitBreakerConfig = D.window(10);
        let accepted = [
            D.try_failure_threshold(1),
            D.try_failure_threshold(u32::MAX),
            D.try_window(1),
            D.try_window(100_000),
            D.try_window_time(NANO),
            D.try_window_time(Duration::MAX),
            D.try_failure_rate(f64::MIN_POSITIVE),
            D.try_failure_rate(1.0),
            D.try_slow_rate(f64::MIN_POSITIVE),
            D.try_slow_rate(1.0),
            D.try_min_calls(1),
            D.try_slow_call(NANO),
            D.try_success_threshold(1),
            D.try_half_open_max(1),
            D.try_half_open_calls(1),
            D.try_recovery(NANO),
            D.try_recovery_factor(1.0),
            D.try_recovery_factor(1e9),
            D.try_max_recovery(NANO),
            D.try_probe_lease(NANO),
            WINDOW.min_calls(10).try_judged(),
            D.window_time(NANO).min_calls(u32::MAX).try_judged(),
            D.recovery(Duration::from_secs(7)).max_recovery(Duration::from_secs(7)).try_checked(),
        ];
        assert!(accepted.iter().all(Result::is_ok), "{accepted:?}");
        let rejected = [
            D.try_failure_threshold(0),
            D.try_window(0),
            D.try_window(100_001),
            D.try_window_time(Duration::ZERO),
            D.try_failure_rate(0.0),
            D.try_failure_rate(1.0 + f64::EPSILON),
            D.try_slow_rate(0.0),
            D.try_slow_rate(1.0 + f64::EPSILON),
            D.try_min_calls(0),
            D.try_slow_call(Duration::ZERO),
            D.try_success_threshold(0),
            D.try_half_open_max(0),
            D.try_half_open_calls(0),
            D.try_recovery(Duration::ZERO),
            D.try_recovery_factor(1.0 - f64::EPSILON),
            D.try_recovery_factor(1_000_000_000.1),
            D.try_max_recovery(Duration::ZERO),
            D.try_probe_lease(Duration::ZERO),
            WINDOW.min_calls(11).try_judged(),
            D.recovery(Duration::from_nanos(7)).max_recovery(Duration::from_nanos(6)).try_checked(),
        ];
        assert!(rejected.iter().all(Result::is_err), "{rejected:?}");
        assert_eq!(D.max_keys(1).max_keys, 1);
        assert!(std::panic::catch_unwind(|| D.max_keys(0)).is_err());
    }
}
