use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::time::Duration;

use super::gate::{GateLayer, Settle};
use super::invalid::Draft;
use super::{
    ClassifyFn, InvalidPolicy, Layer, LayerKind, LogErrorFn, Predicate, Reject, classified, said, unclassified,
};
use crate::circuit_breaker::{
    CircuitBreaker, CircuitBreakerConfig, Fate, NO_SLOW_CALL, NO_WINDOW, Permit, TWO_WAYS, record,
};
use crate::classify::Classify;
use crate::error::Error;
use crate::instance::Site;
use crate::outcome::Rejection;

/// Stops calling a service that keeps failing, as `#[circuit_breaker]` does.
///
/// All policies and attributes with this name share one breaker. It exists from the first call on,
/// and [`CircuitBreaker::named`] finds it.
///
/// Every error counts as a failure, unless [`when`](BreakerBuilder::when),
/// [`ignore`](BreakerBuilder::ignore) or [`classified`](BreakerBuilder::classified) decides
/// otherwise. A call that is dropped, or panics, counts as nothing.
#[track_caller]
pub fn circuit_breaker<E: From<Error>>(name: impl Into<Cow<'static, str>>) -> BreakerBuilder<E> {
    BreakerBuilder {
        draft: Draft::new(CircuitBreakerConfig::DEFAULT),
        given: GivenSettings::default(),
        name: name.into(),
        place: Location::caller(),
        reject: Rejection::from_rejection,
        judge: Judge { classify: unclassified, says: None, when: None, ignore: None },
    }
}

/// Builds a circuit breaker layer. Created by [`circuit_breaker`].
#[must_use = "there is no layer before `build()`"]
pub struct BreakerBuilder<E> {
    draft: Draft<CircuitBreakerConfig>,
    given: GivenSettings,
    name: Cow<'static, str>,
    place: &'static Location<'static>,
    reject: Reject<E>,
    judge: Judge<E>,
}

#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "one for each setting")]
struct GivenSettings {
    threshold: bool,
    calls: bool,
    time: bool,
    part_of_window: bool,
    slow_call: bool,
    slow_rate: bool,
}

pub(super) struct Judge<E> {
    classify: ClassifyFn<E>,
    says: Option<LogErrorFn<E>>,
    when: Option<Predicate<E>>,
    ignore: Option<Predicate<E>>,
}

impl<E> Settle<CircuitBreaker, E> for Judge<E> {
    fn settle<T>(&self, permit: Permit<'_>, out: &Result<T, E>) {
        let Self { classify, says, when, ignore } = self;
        let judge = |error: &E| {
            if ignore.as_ref().is_some_and(|ignore| ignore(error)) {
                return Fate::Ignored;
            }
            Fate::counted(when.as_ref().map_or_else(|| classify(error).is_failure(), |when| when(error)))
        };
        record(permit, out, judge, says.zip(out.as_ref().err()).map(|(says, error)| says(error)));
    }
}

impl<E> BreakerBuilder<E> {
    /// Sets the consecutive failures that open the breaker, at least 1. Default: 5.
    pub fn failure_threshold(mut self, failures: u32) -> Self {
        self.given.threshold = true;
        self.draft.set(|config| config.try_failure_threshold(failures));
        self
    }

    /// Opens by the rate of failures among the last `calls` calls instead, between 1 and 100,000.
    pub fn window(mut self, calls: u32) -> Self {
        self.given.calls = true;
        self.draft.set(|config| config.try_window(calls));
        self
    }

    /// Opens by the rate of failures among the calls that ended within the last `time` instead,
    /// longer than zero.
    pub fn window_time(mut self, time: Duration) -> Self {
        self.given.time = true;
        self.draft.set(|config| config.try_window_time(time));
        self
    }

    /// Sets the rate of failures in the window that opens the breaker, above 0 and at most 1.
    /// Default: 0.5.
    pub fn failure_rate(mut self, rate: f64) -> Self {
        self.given.part_of_window = true;
        self.draft.set(|config| config.try_failure_rate(rate));
        self
    }

    /// Sets how many calls the window must hold before it is judged, at least 1. Default: a window
    /// of calls has to be full, or to hold 100; a window of time has to hold 20.
    pub fn min_calls(mut self, calls: u32) -> Self {
        self.given.part_of_window = true;
        self.draft.set(|config| config.try_min_calls(calls));
        self
    }

    /// Counts a call that takes longer than `limit` as slow; longer than zero. Default: no call is
    /// slow.
    pub fn slow_call(mut self, limit: Duration) -> Self {
        self.given.part_of_window = true;
        self.given.slow_call = true;
        self.draft.set(|config| config.try_slow_call(limit));
        self
    }

    /// Sets the rate of slow calls in the window that opens the breaker, above 0 and at most 1.
    /// Default: 1.
    pub fn slow_rate(mut self, rate: f64) -> Self {
        self.given.slow_rate = true;
        self.draft.set(|config| config.try_slow_rate(rate));
        self
    }

    /// Sets how long the breaker stays open before it admits a probe, longer than zero. Default: 60
    /// s.
    pub fn recovery(mut self, time: Duration) -> Self {
        self.draft.set(|config| config.try_recovery(time));
        self
    }

    /// Sets what each failed probe multiplies the next open time by, from 1 to 1e9. Default: 1.
    pub fn recovery_factor(mut self, factor: f64) -> Self {
        self.draft.set(|config| config.try_recovery_factor(factor));
        self
    }

    /// Sets the longest open time, not shorter than `recovery`. Default: no limit.
    pub fn max_recovery(mut self, time: Duration) -> Self {
        self.draft.set(|config| config.try_max_recovery(time));
        self
    }

    /// Sets the successful probes that close the breaker, at least 1. Default: 2.
    pub fn success_threshold(mut self, successes: u32) -> Self {
        self.draft.set(|config| config.try_success_threshold(successes));
        self
    }

    /// Sets the limit on concurrent probes, at least 1. Default: 1.
    pub fn half_open_max(mut self, probes: u32) -> Self {
        self.draft.set(|config| config.try_half_open_max(probes));
        self
    }

    /// Sets how long a probe may take before its place is given to another, longer than zero.
    /// Default: 60 s.
    pub fn probe_lease(mut self, time: Duration) -> Self {
        self.draft.set(|config| config.try_probe_lease(time));
        self
    }

    /// Selects the errors that count as failures. Every other error counts as a success: the
    /// service has answered.
    pub fn when(mut self, counts: impl Fn(&E) -> bool + Send + Sync + 'static) -> Self {
        self.judge.when = Some(Box::new(counts));
        self
    }

    /// Selects the errors that count as nothing.
    pub fn ignore(mut self, says_nothing: impl Fn(&E) -> bool + Send + Sync + 'static) -> Self {
        self.judge.ignore = Some(Box::new(says_nothing));
        self
    }

    /// Lets the classification of an error decide: a permanent error does not count.
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
        self.judge.says = Some(said);
        self
    }

    /// Builds the layer.
    ///
    /// # Errors
    ///
    /// [`InvalidPolicy`], with every mistake: a value out of its range, an empty name, two ways to
    /// open, part of a window without one, more `min_calls` than the window holds, a `recovery`
    /// longer than `max_recovery`.
    pub fn build<T>(self) -> Result<Layer<T, E>, InvalidPolicy> {
        let Self { mut draft, given, name, place, reject, judge } = self;
        let windowed = given.calls || given.time;
        draft.problem_if(given.threshold && windowed, TWO_WAYS);
        draft.problem_if(given.calls && given.time, "a window is of calls or of time; keep one of them");
        draft.problem_if(given.part_of_window && !windowed, NO_WINDOW);
        draft.problem_if(given.slow_rate && !given.slow_call, NO_SLOW_CALL);
        draft.set(CircuitBreakerConfig::try_checked);
        draft.set(CircuitBreakerConfig::try_judged);
        let name = draft.name(name);
        let config = draft.finish("circuit_breaker")?;
        let site = Site::named(name, place.file(), place.line());
        Ok(Layer(LayerKind::CircuitBreaker(Box::new(GateLayer { site, config, reject, settle: judge }))))
    }
}
