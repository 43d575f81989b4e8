use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::time::Duration;

use super::invalid::Draft;
use super::{
    Asks, Blocking, Classifies, Inside, InvalidPolicy, Kind, Layer, Operation, Reject, Says, classified, said,
    unclassified,
};
use crate::circuit_breaker::{
    CircuitBreaker, CircuitBreakerConfig, Fate, NO_SLOW_CALL, NO_WINDOW, Permit, TWO_WAYS, record,
};
use crate::classify::Classify;
use crate::error::Error;
use crate::instance::site::Site;
use crate::outcome::Rejection;

/// Stops calling what keeps failing, as `#[circuit_breaker]` does: with the breaker of this
/// name, which all policies and attributes share that say it, and [`breaker`](crate::breaker) finds. It exists from the
/// first call on.
///
/// Every error counts, until [`when`](BreakerBuilder::when), [`ignore`](BreakerBuilder::ignore) or
/// [`classified`](BreakerBuilder::classified) says otherwise. A call that is dropped, or panics, counts as nothing.
#[track_caller]
pub fn circuit_breaker<E: From<Error>>(name: impl Into<Cow<'static, str>>) -> BreakerBuilder<E> {
    BreakerBuilder {
        draft: Draft::new(CircuitBreakerConfig::DEFAULT),
        given: Given::default(),
        name: name.into(),
        place: Location::caller(),
        parts: Parts {
            reject: Rejection::from_rejection,
            classify: unclassified,
            says: None,
            when: None,
            ignore: None,
        },
    }
}

/// A circuit breaker in the making, from [`circuit_breaker`].
#[must_use = "there is no layer before `build()`"]
pub struct BreakerBuilder<E> {
    draft: Draft<CircuitBreakerConfig>,
    given: Given,
    name: Cow<'static, str>,
    place: &'static Location<'static>,
    parts: Parts<E>,
}

/// What was said of it, for what does not go together.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "one for each setting")]
struct Given {
    threshold: bool,
    calls: bool,
    time: bool,
    part_of_window: bool,
    slow_call: bool,
    slow_rate: bool,
}

struct Parts<E> {
    reject: Reject<E>,
    classify: Classifies<E>,
    says: Option<Says<E>>,
    when: Option<Asks<E>>,
    ignore: Option<Asks<E>>,
}

impl<E> BreakerBuilder<E> {
    /// The failures in a row that open it; at least 1. Default: 5.
    pub fn failure_threshold(mut self, failures: u32) -> Self {
        self.given.threshold = true;
        self.draft.set(|config| config.try_failure_threshold(failures));
        self
    }

    /// Instead: opens by the rate of failures among the last so many calls, from 1 to 100,000.
    pub fn window(mut self, calls: u32) -> Self {
        self.given.calls = true;
        self.draft.set(|config| config.try_window(calls));
        self
    }

    /// The same for the calls that have ended within the last so long; longer than zero.
    pub fn window_time(mut self, time: Duration) -> Self {
        self.given.time = true;
        self.draft.set(|config| config.try_window_time(time));
        self
    }

    /// The part of the calls in the window that opens it when so many fail, above 0 and at most 1. Default: 0.5.
    pub fn failure_rate(mut self, rate: f64) -> Self {
        self.given.part_of_window = true;
        self.draft.set(|config| config.try_failure_rate(rate));
        self
    }

    /// The calls the window must hold before it is judged; at least 1. Default: a window of calls has to be full, or to hold
    /// 100; a window of time has to hold 20.
    pub fn min_calls(mut self, calls: u32) -> Self {
        self.given.part_of_window = true;
        self.draft.set(|config| config.try_min_calls(calls));
        self
    }

    /// A call that takes longer than this is slow; longer than zero. Default: none is.
    pub fn slow_call(mut self, limit: Duration) -> Self {
        self.given.part_of_window = true;
        self.given.slow_call = true;
        self.draft.set(|config| config.try_slow_call(limit));
        self
    }

    /// The part of the calls in the window that opens it when so many are slow, above 0 and at most 1. Default: 1.
    pub fn slow_rate(mut self, rate: f64) -> Self {
        self.given.slow_rate = true;
        self.draft.set(|config| config.try_slow_rate(rate));
        self
    }

    /// How long it stays open before it lets a probe through; longer than zero. Default: 60 s.
    pub fn recovery(mut self, time: Duration) -> Self {
        self.draft.set(|config| config.try_recovery(time));
        self
    }

    /// What each failed probe multiplies the next open time by, from 1 to 1e9. Default: 1.
    pub fn recovery_factor(mut self, factor: f64) -> Self {
        self.draft.set(|config| config.try_recovery_factor(factor));
        self
    }

    /// The longest open time; no shorter than `recovery`. Default: none.
    pub fn max_recovery(mut self, time: Duration) -> Self {
        self.draft.set(|config| config.try_max_recovery(time));
        self
    }

    /// The successful probes that close it; at least 1. Default: 2.
    pub fn success_threshold(mut self, successes: u32) -> Self {
        self.draft.set(|config| config.try_success_threshold(successes));
        self
    }

    /// The probes at the same time; at least 1. Default: 1.
    pub fn half_open_max(mut self, probes: u32) -> Self {
        self.draft.set(|config| config.try_half_open_max(probes));
        self
    }

    /// How long a probe may be on its way before its place is given to another; longer than zero. Default: 60 s.
    pub fn probe_lease(mut self, time: Duration) -> Self {
        self.draft.set(|config| config.try_probe_lease(time));
        self
    }

    /// Which errors count as failures; any other counts as a success, for the other side has answered.
    pub fn when(mut self, counts: impl Fn(&E) -> bool + Send + Sync + 'static) -> Self {
        self.parts.when = Some(Box::new(counts));
        self
    }

    /// Which errors count as nothing.
    pub fn ignore(mut self, says_nothing: impl Fn(&E) -> bool + Send + Sync + 'static) -> Self {
        self.parts.ignore = Some(Box::new(says_nothing));
        self
    }

    /// Errors say themselves whether they count: a permanent one does not.
    pub fn classified(mut self) -> Self
    where
        E: Classify,
    {
        self.parts.classify = classified;
        self
    }

    /// Writes the error that opens the breaker into the event `breaker.open`, as its `Display`: see that it holds no secret. Default: none.
    pub fn log_errors(mut self) -> Self
    where
        E: fmt::Display,
    {
        self.parts.says = Some(said);
        self
    }

    /// The layer.
    ///
    /// # Errors
    ///
    /// [`InvalidPolicy`], with everything that is wrong: a value out of its range, an empty name, two ways to open, part of a
    /// window without one, more `min_calls` than the window holds, a `recovery` longer than `max_recovery`.
    pub fn build<T>(self) -> Result<Layer<T, E>, InvalidPolicy> {
        let Self { mut draft, given, name, place, parts } = self;
        let windowed = given.calls || given.time;
        draft.wrong_if(given.threshold && windowed, TWO_WAYS);
        draft.wrong_if(given.calls && given.time, "a window is of calls or of time; keep one of them");
        draft.wrong_if(given.part_of_window && !windowed, NO_WINDOW);
        draft.wrong_if(given.slow_rate && !given.slow_call, NO_SLOW_CALL);
        draft.set(CircuitBreakerConfig::try_checked);
        draft.set(CircuitBreakerConfig::try_judged);
        let name = draft.name(name);
        let config = draft.finish("circuit_breaker")?;
        let site = Site::named(name, place.file(), place.line());
        Ok(Layer(Kind::CircuitBreaker(Box::new(Breaker { site, config, parts }))))
    }
}

pub(super) struct Breaker<E> {
    pub site: Site<CircuitBreaker>,
    config: CircuitBreakerConfig,
    parts: Parts<E>,
}

impl<E> Breaker<E> {
    fn admit<T, F: ?Sized>(&self, inside: &Inside<'_, T, E, F>) -> Result<Permit<'static>, E> {
        let breaker: &'static CircuitBreaker = self.site.instance(&self.config);
        breaker.admit().map_err(|rejection| inside.rejected(self.parts.reject, rejection))
    }

    fn record<T>(&self, permit: Permit<'_>, out: &Result<T, E>) {
        let Parts { classify, says, when, ignore, .. } = &self.parts;
        let judge = |error: &E| {
            if ignore.as_ref().is_some_and(|ignore| ignore(error)) {
                return Fate::Ignored;
            }
            Fate::counted(when.as_ref().map_or_else(|| classify(error).is_failure(), |when| when(error)))
        };
        record(permit, out, judge, says.zip(out.as_ref().err()).map(|(says, error)| says(error)));
    }

    pub async fn call<T, F: Operation<T, E>>(&self, mut inside: Inside<'_, T, E, F>) -> Result<T, E> {
        let permit = self.admit(&inside)?;
        let out = inside.call().await;
        self.record(permit, &out);
        out
    }

    pub fn call_blocking<T>(&self, mut inside: Inside<'_, T, E, Blocking<'_, T, E>>) -> Result<T, E> {
        let permit = self.admit(&inside)?;
        let out = inside.call_blocking();
        self.record(permit, &out);
        out
    }
}
