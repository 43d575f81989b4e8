use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::time::Duration;

use resilience_options::circuit_breaker::{NO_RATE_OF_PROBES, OPTIONS, TWO_WAYS_TO_CLOSE, TWO_WAYS_TO_OPEN};

use super::error_log::{ErrorLog, ShownError};
use super::error_traits::ErrorTraits;
use super::gate::{GateLayer, GateSite, Settle};
use super::invalid::Draft;
use super::retry::{RetryAfterFn, RetryAfterResultFn};
use super::shared::LayerSharing;
use super::stream::StreamProgress;
use super::{ClassifyFn, InnerCall, InvalidPolicy, Layer, LayerKind, Operation, Predicate, Reject, classified};
use crate::circuit_breaker::{
    CircuitBreaker, CircuitBreakerConfig, Judgement, NO_SLOW_CALL, NO_WINDOW, Permit, TimedBreakerScope, record_values,
};
use crate::classify::Classify;
use crate::context::in_attempt;
use crate::error::Error;
use crate::gate::{Rejection, enter_now};
use crate::registry::FunctionRef;

/// Stops calls to a service that keeps failing, as `#[circuit_breaker]` does.
///
/// All policies and attributes with this name share one breaker. It exists from the first call on,
/// and [`CircuitBreaker::named`] returns it.
///
/// Every error counts as a failure, unless its [`Classify`] says that it is permanent, or
/// [`when`](BreakerBuilder::when) or [`ignore`](BreakerBuilder::ignore) decides otherwise. A call
/// that is dropped or panics does not count.
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
        has_window_of_time: false,
        name: name.into(),
        place: Location::caller(),
        reject: Rejection::from_rejection,
        judge: FailureJudge { classify: None, log_error: None, when: None, ignore: None, retry_after: None },
        when_ok: (),
        shared: LayerSharing::NONE,
    }
}

/// Builds a circuit breaker layer. Created by [`circuit_breaker`].
#[must_use = "there is no layer before `build()`"]
pub struct BreakerBuilder<E, W = ()> {
    pub(super) draft: Draft<CircuitBreakerConfig>,
    has_window_of_time: bool,
    name: Cow<'static, str>,
    place: &'static Location<'static>,
    reject: Reject<E>,
    judge: FailureJudge<E>,
    when_ok: W,
    pub(super) shared: LayerSharing,
}

/// Selects the values that are failures. Implemented for `()`, which selects none, and for the result
/// of [`when_ok`](BreakerBuilder::when_ok).
pub trait ValuePredicate<T, E>: sealed::Sealed {
    #[doc(hidden)]
    fn into_judge(self) -> ValueJudge<T, E>;
}

/// The values that [`when_ok`](BreakerBuilder::when_ok) selects.
pub struct BadValues<T, E>(ValueJudge<T, E>);

/// Tells which values are failures, and for how long they ask to wait.
#[doc(hidden)]
pub struct ValueJudge<T, E> {
    is_failure: Option<Predicate<T>>,
    retry_after: Option<RetryAfterResultFn<T, E>>,
}

impl<T, E> fmt::Debug for ValueJudge<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValueJudge").finish_non_exhaustive()
    }
}

impl<T, E> fmt::Debug for BadValues<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BadValues").finish_non_exhaustive()
    }
}

impl<T, E> ValuePredicate<T, E> for () {
    fn into_judge(self) -> ValueJudge<T, E> {
        ValueJudge { is_failure: None, retry_after: None }
    }
}

impl<T, E> ValuePredicate<T, E> for BadValues<T, E> {
    fn into_judge(self) -> ValueJudge<T, E> {
        self.0
    }
}

pub(super) mod sealed {
    pub trait Sealed {}
    impl Sealed for () {}
    impl<T, E> Sealed for super::BadValues<T, E> {}
}

pub(super) struct FailureJudge<E> {
    classify: Option<ClassifyFn<E>>,
    log_error: Option<ErrorLog<E>>,
    when: Option<Predicate<E>>,
    ignore: Option<Predicate<E>>,
    retry_after: Option<RetryAfterFn<E>>,
}

pub(super) struct Judge<T, E> {
    failures: FailureJudge<E>,
    values: ValueJudge<T, E>,
    shared: LayerSharing,
}

impl<T, E> Settle<CircuitBreaker, T, E> for Judge<T, E> {
    fn settle(&self, permit: Permit<'_>, out: &Result<T, E>, errors: &ErrorTraits<E>, function: FunctionRef) {
        let Self { failures: FailureJudge { classify: asked, log_error, when, ignore, retry_after }, values, .. } =
            self;
        let shown = log_error.as_ref().and_then(|log| Some(log.of(out.as_ref().err()?)));
        let judge = |error: &E| {
            if ignore.as_ref().is_some_and(|ignore| ignore(error)) {
                return Judgement::IGNORED;
            }
            let classified = asked.unwrap_or(errors.classify)(error);
            let judgement = match when {
                None => Judgement::of(classified),
                Some(when) => Judgement::counted(when(error), classified),
            };
            match (&values.retry_after, retry_after) {
                (Some(hint), _) => judgement.with_retry_after(|| hint(out)),
                (None, Some(hint)) => judgement.with_retry_after(|| hint(error)),
                (None, None) => judgement,
            }
        };
        let when_ok = |value: &T| {
            let is_failure = values.is_failure.as_ref().is_some_and(|is_failure| is_failure(value));
            Judgement::of_value(is_failure).with_retry_after(|| values.retry_after.as_ref()?(out))
        };
        let shown = shown.as_ref().map(ShownError::logged);
        record_values(permit, out, errors, judge, shown, when_ok, function);
    }
}

impl<T, E> GateLayer<CircuitBreaker, E, Judge<T, E>> {
    /// The permit is a scope of the call. An `async fn` of a trait would lose `Send`.
    pub(super) async fn call_in_scope<F, Fut>(
        &self,
        inner: &mut InnerCall<'_, T, E, Operation<'_, F, Fut>>,
    ) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let gate = self.gate(inner.call.key);
        if let Err(rejection) = self.settle.shared.check_signal(&gate, inner.call.key).await {
            return Err(self.rejected(inner, rejection));
        }
        let permit = match enter_now(&*gate, self.function) {
            Ok(permit) => permit,
            Err(rejection) => return Err(self.rejected(inner, rejection)),
        };
        let scope = Some(TimedBreakerScope::new(permit, self.function, ()));
        let mut held = StreamScope { scope, stream: inner.call.stream, function: self.function };
        let out =
            in_attempt(held.scope.as_mut().unwrap_or_else(|| unreachable!("the call is running")), inner.call()).await;
        if let Some(permit) = held.take_permit() {
            self.settle.settle(permit, &out, inner.call.errors, self.function);
        }
        out
    }
}

/// A call that is dropped because its stream has ended has succeeded.
struct StreamScope<'a> {
    scope: Option<TimedBreakerScope<'a>>,
    stream: Option<&'a StreamProgress>,
    function: FunctionRef,
}

impl<'a> StreamScope<'a> {
    /// A stream is slow if its first item comes late.
    fn take_permit(&mut self) -> Option<Permit<'a>> {
        let mut permit = self.scope.take()?.into_permit();
        if let Some(began) = self.stream.and_then(StreamProgress::began) {
            permit.answered_at(began);
        }
        Some(permit)
    }
}

impl Drop for StreamScope<'_> {
    fn drop(&mut self) {
        let Some(stream) = self.stream.filter(|stream| stream.has_begun() || stream.has_ended()) else { return };
        if let Some(permit) = self.take_permit().filter(|_| stream.has_ended()) {
            permit.succeed_as(self.function);
        }
    }
}

impl<E> BreakerBuilder<E> {
    /// Selects the values that count as failures, such as a response with the status 503. All other
    /// values count as successes. Default: none.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), resilience::policy::InvalidPolicy> {
    /// use resilience::{CircuitBreaker, Error, Policy, policy};
    ///
    /// let status: Policy<u16, Error> =
    ///     Policy::new() >> policy::circuit_breaker("shop").failure_threshold(1).when_ok(|status| *status >= 500).build()?;
    ///
    /// assert_eq!(status.call_blocking(|| Ok(503)), Ok(503));
    /// assert!(status.call_blocking(|| Ok(200)).is_err());
    /// # Ok(()) }
    /// ```
    pub fn when_ok<T>(
        self,
        is_failure: impl Fn(&T) -> bool + Send + Sync + 'static,
    ) -> BreakerBuilder<E, BadValues<T, E>> {
        let Self { draft, has_window_of_time, name, place, reject, judge, when_ok: (), shared } = self;
        let when_ok = BadValues(ValueJudge { is_failure: Some(Box::new(is_failure)), retry_after: None });
        BreakerBuilder { draft, has_window_of_time, name, place, reject, judge, when_ok, shared }
    }
}

impl<T, E> BreakerBuilder<E, BadValues<T, E>> {
    /// Reads from a result how long the breaker stays open at least: from an error, or from a value that
    /// [`when_ok`](BreakerBuilder::when_ok) selects, which comes first. Replaces
    /// [`retry_after`](Self::retry_after).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), resilience::policy::InvalidPolicy> {
    /// use resilience::{Error, Policy, policy};
    /// use std::time::Duration;
    ///
    /// struct Response { status: u16, retry_after: Option<Duration> }
    ///
    /// let shop: Policy<Response, Error> = Policy::new()
    ///     >> policy::circuit_breaker("shop with hints")
    ///         .failure_threshold(1)
    ///         .recovery(Duration::from_secs(10))
    ///         .when_ok(|response: &Response| response.status == 503)
    ///         .retry_after_result(|result: &Result<Response, Error>| result.as_ref().ok()?.retry_after)
    ///         .build()?;
    ///
    /// let busy = || Ok(Response { status: 503, retry_after: Some(Duration::from_secs(120)) });
    /// assert!(shop.call_blocking(busy).is_ok());
    /// let rejection = shop.call_blocking(busy).map(drop).expect_err("the breaker is open");
    /// assert!(rejection.retry_after() > Some(Duration::from_secs(100)));
    /// # Ok(()) }
    /// ```
    pub fn retry_after_result(
        mut self,
        hint: impl Fn(&Result<T, E>) -> Option<Duration> + Send + Sync + 'static,
    ) -> Self {
        self.when_ok.0.retry_after = Some(Box::new(hint));
        self
    }
}

impl<E, W> BreakerBuilder<E, W> {
    option_setters! {
        OPTIONS, circuit_breaker_docs;
        failure_threshold(failures: u32) => CircuitBreakerConfig::try_failure_threshold;
        failure_rate(rate: f64) => CircuitBreakerConfig::try_failure_rate;
        min_calls(calls: u32) => CircuitBreakerConfig::try_min_calls;
        slow_call(limit: Duration) => CircuitBreakerConfig::try_slow_call;
        slow_rate(rate: f64) => CircuitBreakerConfig::try_slow_rate;
        recovery(time: Duration) => CircuitBreakerConfig::try_recovery;
        recovery_factor(factor: f64) => CircuitBreakerConfig::try_recovery_factor;
        max_recovery(time: Duration) => CircuitBreakerConfig::try_max_recovery;
        success_threshold(successes: u32) => CircuitBreakerConfig::try_success_threshold;
        half_open_max(probes: u32) => CircuitBreakerConfig::try_half_open_max;
        half_open_calls(calls: u32) => CircuitBreakerConfig::try_half_open_calls;
        probe_lease(time: Duration) => CircuitBreakerConfig::try_probe_lease;
    }

    /// Opens the breaker by the rate of failures among the last `calls` calls, from 1 to 100,000,
    /// instead of by consecutive failures. Default: no window.
    pub fn window(mut self, calls: u32) -> Self {
        self.draft.set_option(OPTIONS.window.key, |config| config.try_window(calls));
        self
    }

    /// Opens the breaker by the rate of failures among the calls that ended within the last `time`,
    /// longer than zero, instead of by consecutive failures. Default: no window.
    pub fn window_time(mut self, time: Duration) -> Self {
        self.has_window_of_time = true;
        self.draft.set(|config| config.try_window_time(time));
        self
    }

    /// Selects the errors that count as failures. All other errors count as successes, because the
    /// service has answered. Default: the classification, else all errors.
    pub fn when(mut self, is_failure: impl Fn(&E) -> bool + Send + Sync + 'static) -> Self {
        self.judge.when = Some(Box::new(is_failure));
        self
    }

    /// Selects the errors that do not count, neither as failures nor as successes. Default: none.
    pub fn ignore(mut self, is_ignored: impl Fn(&E) -> bool + Send + Sync + 'static) -> Self {
        self.judge.ignore = Some(Box::new(is_ignored));
        self
    }

    /// Reads from an error how long the breaker stays open at least, if the error opens it or fails a
    /// probe. Default: the `retry_after` of the classification.
    pub fn retry_after(mut self, hint: impl Fn(&E) -> Option<Duration> + Send + Sync + 'static) -> Self {
        self.judge.retry_after = Some(Box::new(hint));
        self
    }

    /// Lets the classification of an error decide. This is the default where the policy is called with
    /// an error type that is known to implement [`Classify`]. A permanent error does not count as a
    /// failure.
    pub fn classified(mut self) -> Self
    where
        E: Classify,
    {
        self.judge.classify = Some(classified);
        self
    }

    /// Writes the error that opens the breaker into the event `breaker.open`, with its sources, as
    /// `log_errors = true` of the attribute does. Make sure that it holds no secret. Default: off.
    pub fn log_errors(mut self) -> Self
    where
        E: StdError,
    {
        self.judge.log_error = Some(ErrorLog::sources());
        self
    }

    /// Does what [`log_errors`](Self::log_errors) does, with a function that formats the error, for
    /// types that do not implement `Error`: `|error| format!("{error:#}")` for `anyhow`.
    pub fn log_errors_with(mut self, show: impl Fn(&E) -> String + Send + Sync + 'static) -> Self {
        self.judge.log_error = Some(ErrorLog::with(show));
        self
    }

    /// Builds the layer.
    ///
    /// # Errors
    ///
    /// [`InvalidPolicy`], with every mistake: a value out of its range, an empty name,
    /// `failure_threshold` together with a window, two windows, a setting of a window without one,
    /// more `min_calls` than the window holds, a `recovery` longer than `max_recovery`.
    pub fn build<T>(self) -> Result<Layer<T, E>, InvalidPolicy>
    where
        W: ValuePredicate<T, E>,
    {
        self.into_layer(false)
    }

    pub(super) fn limit_keys(&mut self, keys: u32) {
        self.draft.set_option(OPTIONS.max_keys.key, |config| config.try_max_keys(keys));
    }

    pub(super) fn into_layer<T>(self, is_keyed: bool) -> Result<Layer<T, E>, InvalidPolicy>
    where
        W: ValuePredicate<T, E>,
    {
        let Self { mut draft, has_window_of_time, name, place, reject, judge, when_ok, shared } = self;
        let has_window_of_calls = draft.has(OPTIONS.window.key);
        let has_window = has_window_of_calls || has_window_of_time;
        let of_window = [OPTIONS.failure_rate.key, OPTIONS.min_calls.key, OPTIONS.slow_call.key];
        draft.problem_if(draft.has(OPTIONS.failure_threshold.key) && has_window, TWO_WAYS_TO_OPEN);
        draft.problem_if(
            has_window_of_calls && has_window_of_time,
            "`window` covers a number of calls, `window_time` a period; keep one of them",
        );
        draft.problem_if(
            draft.has(OPTIONS.success_threshold.key) && draft.has(OPTIONS.half_open_calls.key),
            TWO_WAYS_TO_CLOSE,
        );
        draft.problem_if(draft.has(OPTIONS.half_open_calls.key) && !has_window, NO_RATE_OF_PROBES);
        draft.problem_if(of_window.into_iter().any(|key| draft.has(key)) && !has_window, NO_WINDOW);
        draft.problem_if(draft.has(OPTIONS.slow_rate.key) && !draft.has(OPTIONS.slow_call.key), NO_SLOW_CALL);
        shared.check_breaker(&mut draft, is_keyed);
        draft.set(CircuitBreakerConfig::try_checked);
        draft.set(CircuitBreakerConfig::try_judged);
        draft.name(&name);
        let config = draft.finish("circuit_breaker")?;
        let settle = Judge { failures: judge, values: when_ok.into_judge(), shared };
        let site = GateSite::new(name, place, &config, is_keyed);
        Ok(Layer(LayerKind::CircuitBreaker(Box::new(GateLayer {
            site,
            config,
            reject,
            settle,
            function: FunctionRef::UNNAMED,
        }))))
    }
}
