use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::time::Duration;

use super::gate::{GateLayer, Settle};
use super::invalid::Draft;
use super::{
    ClassifyFn, InvalidPolicy, Layer, LayerKind, LogErrorFn, Predicate, Reject, classified, display_only, unclassified,
};
use crate::circuit_breaker::{
    CircuitBreaker, CircuitBreakerConfig, Fate, NO_SLOW_CALL, NO_WINDOW, Permit, TWO_WAYS, record,
};
use crate::classify::Classify;
use crate::error::Error;
use crate::instance::Site;
use crate::outcome::Rejection;

/// Stops calls to a service that keeps failing, as `#[circuit_breaker]` does.
///
/// All policies and attributes with this name share one breaker. It exists from the first call on,
/// and [`CircuitBreaker::named`] returns it.
///
/// Every error counts as a failure, unless [`when`](BreakerBuilder::when),
/// [`ignore`](BreakerBuilder::ignore) or [`classified`](BreakerBuilder::classified) decides
/// otherwise. A call that is dropped or panics does not count.
///
/// ```
/// # fn main() -> Result<(), resilience::policy::InvalidPolicy> {
/// use resilience::{Error, Policy, policy};
///
/// let stock: Policy<u32, Error> =
///     Policy::new() >> policy::circuit_breaker("stock").failure_threshold(1).build()?;
///
/// let limit = std::time::Duration::from_secs(1);
/// let timeout = Error::Timeout { limit, elapsed: limit };
/// assert_eq!(stock.call_blocking(|| Err(timeout.clone())), Err(timeout.clone()));
/// let rejected = stock.call_blocking(|| unreachable!("the breaker is open"));
/// assert!(matches!(rejected, Err(Error::CircuitOpen { .. })));
/// # Ok(()) }
/// ```
#[track_caller]
pub fn circuit_breaker<E: From<Error>>(name: impl Into<Cow<'static, str>>) -> BreakerBuilder<E> {
    BreakerBuilder {
        draft: Draft::new(CircuitBreakerConfig::DEFAULT),
        explicit: ExplicitBreakerSettings::default(),
        name: name.into(),
        place: Location::caller(),
        reject: Rejection::from_rejection,
        judge: Judge { classify: unclassified, log_error: None, when: None, ignore: None },
    }
}

/// Builds a circuit breaker layer. Created by [`circuit_breaker`].
#[must_use = "there is no layer before `build()`"]
pub struct BreakerBuilder<E> {
    draft: Draft<CircuitBreakerConfig>,
    explicit: ExplicitBreakerSettings,
    name: Cow<'static, str>,
    place: &'static Location<'static>,
    reject: Reject<E>,
    judge: Judge<E>,
}

#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "one for each setting")]
struct ExplicitBreakerSettings {
    threshold: bool,
    calls: bool,
    time: bool,
    part_of_window: bool,
    slow_call: bool,
    slow_rate: bool,
}

pub(super) struct Judge<E> {
    classify: ClassifyFn<E>,
    log_error: Option<LogErrorFn<E>>,
    when: Option<Predicate<E>>,
    ignore: Option<Predicate<E>>,
}

impl<E> Settle<CircuitBreaker, E> for Judge<E> {
    fn settle<T>(&self, permit: Permit<'_>, out: &Result<T, E>) {
        let Self { classify, log_error, when, ignore } = self;
        let judge = |error: &E| {
            if ignore.as_ref().is_some_and(|ignore| ignore(error)) {
                return Fate::Ignored;
            }
            Fate::counted(when.as_ref().map_or_else(|| classify(error).is_failure(), |when| when(error)))
        };
        record(permit, out, judge, log_error.zip(out.as_ref().err()).map(|(log_error, error)| log_error(error)));
    }
}

impl<E> BreakerBuilder<E> {
    /// Sets the consecutive failures that open the breaker, at least 1. Default: 5.
    pub fn failure_threshold(mut self, failures: u32) -> Self {
        self.explicit.threshold = true;
        self.draft.set(|config| config.try_failure_threshold(failures));
        self
    }

    /// Opens the breaker by the rate of failures among the last `calls` calls, from 1 to 100,000,
    /// instead of by consecutive failures. Default: no window.
    pub fn window(mut self, calls: u32) -> Self {
        self.explicit.calls = true;
        self.draft.set(|config| config.try_window(calls));
        self
    }

    /// Opens the breaker by the rate of failures among the calls that ended within the last `time`,
    /// longer than zero, instead of by consecutive failures. Default: no window.
    pub fn window_time(mut self, time: Duration) -> Self {
        self.explicit.time = true;
        self.draft.set(|config| config.try_window_time(time));
        self
    }

    /// Sets the rate of failures in the window that opens the breaker, above 0 and at most 1.
    /// Default: 0.5.
    pub fn failure_rate(mut self, rate: f64) -> Self {
        self.explicit.part_of_window = true;
        self.draft.set(|config| config.try_failure_rate(rate));
        self
    }

    /// Sets how many calls the window must hold before it is evaluated, at least 1. Default: all
    /// calls of a window of calls, at most 100; 20 calls of a window of time.
    pub fn min_calls(mut self, calls: u32) -> Self {
        self.explicit.part_of_window = true;
        self.draft.set(|config| config.try_min_calls(calls));
        self
    }

    /// Counts a call that takes longer than `limit` as slow; longer than zero. Default: no call is
    /// slow.
    pub fn slow_call(mut self, limit: Duration) -> Self {
        self.explicit.part_of_window = true;
        self.explicit.slow_call = true;
        self.draft.set(|config| config.try_slow_call(limit));
        self
    }

    /// Sets the rate of slow calls in the window that opens the breaker, above 0 and at most 1.
    /// Default: 1.
    pub fn slow_rate(mut self, rate: f64) -> Self {
        self.explicit.slow_rate = true;
        self.draft.set(|config| config.try_slow_rate(rate));
        self
    }

    /// Sets how long the breaker stays open before it admits a probe, longer than zero. Default: 60
    /// s.
    pub fn recovery(mut self, time: Duration) -> Self {
        self.draft.set(|config| config.try_recovery(time));
        self
    }

    /// Sets the factor by which each failed probe extends the next open time, from 1 to 1e9.
    /// Default: 1.
    pub fn recovery_factor(mut self, factor: f64) -> Self {
        self.draft.set(|config| config.try_recovery_factor(factor));
        self
    }

    /// Sets the longest open time, not shorter than `recovery`. Default: no limit.
    pub fn max_recovery(mut self, time: Duration) -> Self {
        self.draft.set(|config| config.try_max_recovery(time));
        self
    }

    /// Sets how many successful probes close the breaker, at least 1. Default: 2.
    pub fn success_threshold(mut self, successes: u32) -> Self {
        self.draft.set(|config| config.try_success_threshold(successes));
        self
    }

    /// Sets the limit on concurrent probes, at least 1. Default: 1.
    pub fn half_open_max(mut self, probes: u32) -> Self {
        self.draft.set(|config| config.try_half_open_max(probes));
        self
    }

    /// Sets how long a probe may take before another call may take its place, longer than zero.
    /// Default: 60 s.
    pub fn probe_lease(mut self, time: Duration) -> Self {
        self.draft.set(|config| config.try_probe_lease(time));
        self
    }

    /// Selects the errors that count as failures. All other errors count as successes, because the
    /// service has answered. Default: all errors.
    pub fn when(mut self, is_failure: impl Fn(&E) -> bool + Send + Sync + 'static) -> Self {
        self.judge.when = Some(Box::new(is_failure));
        self
    }

    /// Selects the errors that do not count, neither as failures nor as successes. Default: none.
    pub fn ignore(mut self, is_ignored: impl Fn(&E) -> bool + Send + Sync + 'static) -> Self {
        self.judge.ignore = Some(Box::new(is_ignored));
        self
    }

    /// Lets the classification of an error decide: a permanent error does not count as a failure.
    pub fn classified(mut self) -> Self
    where
        E: Classify,
    {
        self.judge.classify = classified;
        self
    }

    /// Writes the error that opens the breaker into the event `breaker.open`, by its `Display`.
    /// Make sure that it holds no secret. Default: off.
    pub fn log_errors(mut self) -> Self
    where
        E: fmt::Display,
    {
        self.judge.log_error = Some(display_only);
        self
    }

    /// Builds the layer.
    ///
    /// # Errors
    ///
    /// [`InvalidPolicy`], with every mistake: a value out of its range, an empty name,
    /// `failure_threshold` together with a window, two windows, a setting of a window without one,
    /// more `min_calls` than the window holds, a `recovery` longer than `max_recovery`.
    pub fn build<T>(self) -> Result<Layer<T, E>, InvalidPolicy> {
        let Self { mut draft, explicit, name, place, reject, judge } = self;
        let windowed = explicit.calls || explicit.time;
        draft.problem_if(explicit.threshold && windowed, TWO_WAYS);
        draft.problem_if(
            explicit.calls && explicit.time,
            "`window` covers a number of calls, `window_time` a period; keep one of them",
        );
        draft.problem_if(explicit.part_of_window && !windowed, NO_WINDOW);
        draft.problem_if(explicit.slow_rate && !explicit.slow_call, NO_SLOW_CALL);
        draft.set(CircuitBreakerConfig::try_checked);
        draft.set(CircuitBreakerConfig::try_judged);
        let name = draft.name(name);
        let config = draft.finish("circuit_breaker")?;
        let site = Site::named(name, place.file(), place.line());
        Ok(Layer(LayerKind::CircuitBreaker(Box::new(GateLayer { site, config, reject, settle: judge }))))
    }
}
