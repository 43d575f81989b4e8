use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::time::Duration;

use resilience_options::rate_limit::{
    NO_HINTS, NO_MAX, NO_MAX_FOR_COST, NO_MAX_FOR_RATE, OPTIONS, SPREAD_AND_MAX, check_cost,
};

use super::circuit_breaker::sealed::Sealed;
use super::error_traits::ErrorTraits;
use super::gate::{GateLayer, GateSite};
use super::invalid::Draft;
use super::shared::LayerSharing;
use super::stream::StreamProgress;
use super::{Blocking, InnerCall, InvalidPolicy, Layer, LayerKind, Operation};
use crate::context::facts::undisturbed;
use crate::context::in_attempt;
use crate::error::Error;
use crate::gate::{Rejection, enter, enter_blocking};
use crate::rate_limit::{
    LearningPermit, RateLimitPermit, RateLimiter, RateLimiterConfig, SettlingPermit, UnitsTaken, costing, learn_hint,
    leave_limit, leave_or_refund, refundable, settle, settle_failed,
};
use crate::registry::FunctionRef;

/// Limits the calls per period, as `#[rate_limit]` does.
///
/// All policies and attributes with this name share one rate limiter. It exists from the first call
/// on, and [`RateLimiter::named`](crate::RateLimiter::named) returns it.
///
/// A call that is dropped while it waits gives its turn back. A call that a gate inside rejects gives
/// its token back.
///
/// With [`cost`](RateLimitBuilder::cost), it counts units instead of calls. With
/// [`learn`](RateLimitBuilder::learn), it holds calls back for as long as the server asks.
///
/// ```
/// # fn main() -> Result<(), resilience::policy::InvalidPolicy> {
/// use resilience::{Error, Policy, policy};
/// use std::time::Duration;
///
/// let send: Policy<(), Error> =
///     Policy::new() >> policy::rate_limit("mail").max(1).per(Duration::from_secs(60)).build()?;
///
/// assert_eq!(send.call_blocking(|| Ok(())), Ok(()));
/// let rejected = send.call_blocking(|| unreachable!("the limit is reached"));
/// assert!(matches!(rejected, Err(Error::RateLimited { .. })));
/// # Ok(()) }
/// ```
#[track_caller]
pub fn rate_limit(name: impl Into<Cow<'static, str>>) -> RateLimitBuilder {
    let draft = Draft::new(RateLimiterConfig::DEFAULT);
    let place = Location::caller();
    let shared = LayerSharing::NONE;
    RateLimitBuilder { draft, name: name.into(), place, cost: None, learns: false, shared, settle: (), hint: () }
}

/// Builds a rate limit layer. Created by [`rate_limit`].
#[must_use = "there is no layer before `build()`"]
pub struct RateLimitBuilder<S = (), H = ()> {
    pub(super) draft: Draft<RateLimiterConfig>,
    name: Cow<'static, str>,
    place: &'static Location<'static>,
    cost: Option<u64>,
    learns: bool,
    pub(super) shared: LayerSharing,
    settle: S,
    hint: H,
}

/// Adds the units that a value or an item took.
type SettleFn<T> = Box<dyn Fn(&T, Option<u64>) -> Option<u64> + Send + Sync>;
type ErrorHintFn<E> = Box<dyn Fn(&E) -> Option<Duration> + Send + Sync>;
type HintFn<T, E> = Box<dyn Fn(&Result<T, E>) -> Option<Duration> + Send + Sync>;

/// Reads the units that a call really took. Without [`settle`](RateLimitBuilder::settle), these are its
/// cost.
pub trait UsedUnits<T>: Sealed {
    #[doc(hidden)]
    fn into_settle(self) -> Option<SettleFn<T>>;
}

/// Reads how long the server asks to wait: from the classification, or with
/// [`retry_after`](RateLimitBuilder::retry_after) or
/// [`retry_after_result`](RateLimitBuilder::retry_after_result).
pub trait ServerHint<T, E>: Sealed {
    #[doc(hidden)]
    fn into_hint(self) -> Option<HintFn<T, E>>;
}

/// Reads the units from a value.
pub struct UnitsOfValue<T>(SettleFn<T>);

/// Reads the hint of an error.
pub struct HintOfError<E>(ErrorHintFn<E>);

/// Reads the hint of a value or of an error.
pub struct HintOfResult<T, E>(HintFn<T, E>);

impl<T> UsedUnits<T> for () {
    fn into_settle(self) -> Option<SettleFn<T>> {
        None
    }
}

impl<T> UsedUnits<T> for UnitsOfValue<T> {
    fn into_settle(self) -> Option<SettleFn<T>> {
        Some(self.0)
    }
}

impl<T, E> ServerHint<T, E> for () {
    fn into_hint(self) -> Option<HintFn<T, E>> {
        None
    }
}

impl<T, E: 'static> ServerHint<T, E> for HintOfError<E> {
    fn into_hint(self) -> Option<HintFn<T, E>> {
        Some(Box::new(move |result| result.as_ref().err().and_then(&self.0)))
    }
}

impl<T, E> ServerHint<T, E> for HintOfResult<T, E> {
    fn into_hint(self) -> Option<HintFn<T, E>> {
        Some(self.0)
    }
}

impl<T> Sealed for UnitsOfValue<T> {}
impl<E> Sealed for HintOfError<E> {}
impl<T, E> Sealed for HintOfResult<T, E> {}

impl<H> RateLimitBuilder<(), H> {
    /// Reads from the value of a call how many units it really took, as `u64`, or as `Option<u64>` with
    /// `None` if unknown. When the call ends, the difference to its cost is given back or charged. A
    /// call that fails or is dropped keeps its cost. Default: the cost.
    ///
    /// For a [stream](super::Policy::call_stream) it reads each item: `u64`s add up, and the latest `Some`
    /// of an `Option` is the total so far. A stream that fails or is dropped keeps its cost, or pays
    /// more if its items took more.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), resilience::policy::InvalidPolicy> {
    /// use resilience::{Error, Policy, RateLimiter, policy};
    /// use std::time::Duration;
    ///
    /// struct Answer { tokens: u64 }
    ///
    /// let ask: Policy<Answer, Error> = Policy::new()
    ///     >> policy::rate_limit("tokens a minute")
    ///         .max(10_000)
    ///         .per(Duration::from_secs(60))
    ///         .cost(4_000)
    ///         .settle(|answer: &Answer| answer.tokens)
    ///         .build()?;
    ///
    /// assert!(ask.call_blocking(|| Ok(Answer { tokens: 700 })).is_ok());
    /// let left = RateLimiter::named("tokens a minute").map(|limiter| limiter.snapshot().available);
    /// assert!(left >= Some(9_300));
    /// # Ok(()) }
    /// ```
    pub fn settle<T, U: UnitsTaken>(
        self,
        units: impl Fn(&T) -> U + Send + Sync + 'static,
    ) -> RateLimitBuilder<UnitsOfValue<T>, H> {
        let Self { draft, name, place, cost, learns, shared, settle: (), hint } = self;
        let settle = UnitsOfValue(Box::new(move |value: &T, known| units(value).add_to(known)));
        RateLimitBuilder { draft, name, place, cost, learns, shared, settle, hint }
    }
}

impl<S> RateLimitBuilder<S, ()> {
    /// Reads from an error how long the server asks to wait, and turns [`learn`](Self::learn) on.
    /// Where it returns `None`, the classification decides. Default: the classification alone.
    pub fn retry_after<E>(
        self,
        hint: impl Fn(&E) -> Option<Duration> + Send + Sync + 'static,
    ) -> RateLimitBuilder<S, HintOfError<E>> {
        self.hinted(HintOfError(Box::new(hint)))
    }

    /// Reads from a result how long the server asks to wait, from an error or from a value such as a
    /// response with the status 429, and turns [`learn`](Self::learn) on.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), resilience::policy::InvalidPolicy> {
    /// use resilience::{Error, Policy, policy};
    /// use std::time::Duration;
    ///
    /// struct Response { retry_after: Option<Duration> }
    ///
    /// let ask: Policy<Response, Error> = Policy::new()
    ///     >> policy::rate_limit("their limit")
    ///         .retry_after_result(|result: &Result<Response, Error>| result.as_ref().ok()?.retry_after)
    ///         .build()?;
    ///
    /// assert!(ask.call_blocking(|| Ok(Response { retry_after: Some(Duration::from_secs(60)) })).is_ok());
    /// let rejected = ask.call_blocking(|| unreachable!("the server has asked to wait"));
    /// assert!(rejected.is_err_and(|error| error.retry_after() > Some(Duration::from_secs(59))));
    /// # Ok(()) }
    /// ```
    pub fn retry_after_result<T, E>(
        self,
        hint: impl Fn(&Result<T, E>) -> Option<Duration> + Send + Sync + 'static,
    ) -> RateLimitBuilder<S, HintOfResult<T, E>> {
        self.hinted(HintOfResult(Box::new(hint)))
    }

    fn hinted<H>(self, hint: H) -> RateLimitBuilder<S, H> {
        let Self { draft, name, place, cost, shared, settle, hint: (), .. } = self;
        RateLimitBuilder { draft, name, place, cost, learns: true, shared, settle, hint }
    }
}

impl<S, H> RateLimitBuilder<S, H> {
    option_setters! {
        OPTIONS, rate_limit_docs;
        max(calls: u32) => RateLimiterConfig::try_max;
        per(time: Duration) => RateLimiterConfig::try_per;
        burst(calls: u32) => RateLimiterConfig::try_burst;
        wait(time: Duration) => RateLimiterConfig::try_wait;
        spread(time: Duration) => RateLimiterConfig::try_spread;
    }

    /// Counts units instead of calls. Sets the cost of a call without
    /// [`with_cost`](crate::Policy::with_cost). Default: counts calls.
    ///
    /// A call that costs more than `burst` is rejected with
    /// [`CostAboveBurst`](crate::Error::CostAboveBurst).
    pub fn cost(mut self, units: u64) -> Self {
        self.cost = Some(units);
        self
    }

    /// Holds all calls back while the server asks for it: after an error of the category
    /// [`RateLimit`](crate::Category::RateLimit) with a `retry_after`, or one that
    /// [`retry_after`](Self::retry_after) recognises. It does not need [`max`](Self::max). Default: off.
    pub fn learn(mut self) -> Self {
        self.learns = true;
        self
    }

    /// Builds the layer.
    ///
    /// # Errors
    ///
    /// [`InvalidPolicy`], with every mistake: no `max` without `learn`, a value of zero, a `cost` above
    /// `burst`, an empty name.
    pub fn build<T, E: From<Error>>(self) -> Result<Layer<T, E>, InvalidPolicy>
    where
        S: UsedUnits<T>,
        H: ServerHint<T, E>,
    {
        self.into_layer(false)
    }

    pub(super) fn limit_keys(&mut self, keys: u32) {
        self.draft.set_option(OPTIONS.max_keys.key, |config| config.try_max_keys(keys));
    }

    pub(super) fn into_layer<T, E: From<Error>>(self, is_keyed: bool) -> Result<Layer<T, E>, InvalidPolicy>
    where
        S: UsedUnits<T>,
        H: ServerHint<T, E>,
    {
        let Self { mut draft, name, place, cost, learns, shared, settle, hint } = self;
        let (settle, hint) = (settle.into_settle(), hint.into_hint());
        let has_max = draft.has(OPTIONS.max.key);
        let of_rate = [OPTIONS.per.key, OPTIONS.burst.key].into_iter().any(|key| draft.has(key));
        draft.problem_if(!has_max && !learns, NO_MAX);
        draft.problem_if(!has_max && learns && of_rate, NO_MAX_FOR_RATE);
        draft.problem_if(!has_max && learns && (cost.is_some() || settle.is_some()), NO_MAX_FOR_COST);
        draft.problem_if(has_max && draft.has(OPTIONS.spread.key), SPREAD_AND_MAX);
        draft.problem_if(!has_max && !learns && draft.has(OPTIONS.spread.key), NO_HINTS);
        draft.set(|config| check_cost(cost.unwrap_or(1), config.effective_burst()).map(|()| config));
        shared.check_limit(&mut draft, is_keyed);
        draft.name(&name);
        let config = draft.finish("rate_limit")?;
        let site = GateSite::new(name, place, &config, is_keyed);
        let gate = GateLayer {
            site,
            config,
            reject: Rejection::from_rejection,
            settle: LeaveLimit,
            function: FunctionRef::UNNAMED,
        };
        Ok(Layer(LayerKind::RateLimit(Box::new(RateLimitLayer { gate, cost, settle, learns, shared, hint }))))
    }
}

/// Does nothing, because the layer handles the end of a call.
pub(super) struct LeaveLimit;

pub(super) struct RateLimitLayer<T, E> {
    pub gate: GateLayer<RateLimiter, E, LeaveLimit>,
    cost: Option<u64>,
    settle: Option<SettleFn<T>>,
    learns: bool,
    #[cfg_attr(not(feature = "store"), allow(dead_code, reason = "it is about a store"))]
    pub(super) shared: LayerSharing,
    hint: Option<HintFn<T, E>>,
}

impl<T, E> RateLimitLayer<T, E> {
    pub async fn call<F, Fut>(&self, inner: &mut InnerCall<'_, T, E, Operation<'_, F, Fut>>) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        #[cfg(feature = "store")]
        if let Some(store) = self.shared.store {
            return Box::pin(self.call_shared(store, inner)).await;
        }
        let limiter = self.gate.gate(inner.call.key);
        if self.may_refund(inner) {
            let permit = match enter(&refundable(&limiter, self.cost_of(inner), Some(&inner.call.runs))).await {
                Ok(permit) => permit,
                Err(rejection) => return Err(self.gate.rejected(inner, rejection)),
            };
            let mut permit = StreamPermit::new(permit, inner);
            let out = in_attempt((), inner.call()).await;
            if let Some(permit) = permit.permit.take() {
                self.settle(permit, &out, inner);
            }
            return out;
        }
        let permit = match enter(&costing(&limiter, self.cost_of(inner))).await {
            Ok(permit) => permit,
            Err(rejection) => return Err(self.gate.rejected(inner, rejection)),
        };
        let out = in_attempt((), inner.call()).await;
        self.leave(permit, &out, inner.call.errors);
        out
    }

    pub fn call_blocking(&self, inner: &mut InnerCall<'_, T, E, Blocking<'_, T, E>>) -> Result<T, E> {
        #[cfg(feature = "store")]
        if let Some(store) = self.shared.store {
            return self.call_shared_blocking(store, inner);
        }
        let limiter = self.gate.gate(inner.call.key);
        if self.may_refund(inner) {
            let permit =
                enter_blocking(&refundable(&limiter, self.cost_of(inner), Some(&inner.call.runs)), self.gate.function)
                    .map_err(|rejection| self.gate.rejected(inner, rejection))?;
            let out = inner.call_blocking();
            self.settle(permit, &out, inner);
            return out;
        }
        let permit = enter_blocking(&costing(&limiter, self.cost_of(inner)), self.gate.function)
            .map_err(|rejection| self.gate.rejected(inner, rejection))?;
        let out = inner.call_blocking();
        self.leave(permit, &out, inner.call.errors);
        out
    }

    /// Above other gates, it gets the units back of a call that they reject.
    fn may_refund<F: ?Sized>(&self, inner: &InnerCall<'_, T, E, F>) -> bool {
        self.settle.is_some() || inner.is_above_gate()
    }

    pub(super) fn cost_of<F: ?Sized>(&self, inner: &InnerCall<'_, T, E, F>) -> u64 {
        self.cost.map_or(1, |cost| inner.call.cost.unwrap_or(cost))
    }

    fn leave(&self, permit: RateLimitPermit<'_>, out: &Result<T, E>, errors: &ErrorTraits<E>) {
        self.learn(&permit, out, errors);
        leave_limit(permit, out, errors);
    }

    pub(super) fn settle<F: ?Sized>(
        &self,
        permit: impl SettlingPermit + LearningPermit,
        out: &Result<T, E>,
        inner: &InnerCall<'_, T, E, F>,
    ) {
        self.learn(&permit, out, inner.call.errors);
        match &self.settle {
            Some(units) if !inner.has_begun() => {
                settle(permit, out, inner.call.errors, |value| units(value, None));
            }
            Some(_) => settle_failed(permit, out, inner.call.errors, inner.reported_units(inner.layers.len())),
            None => leave_or_refund(permit, out, inner.call.errors),
        }
    }

    /// Adds the units that an item of a stream took.
    pub fn add_units(&self, item: &T, known: Option<u64>) -> Option<u64> {
        self.settle.as_ref().map_or(known, |units| undisturbed(|| units(item, known)))
    }

    fn learn(&self, permit: &impl LearningPermit, out: &Result<T, E>, errors: &ErrorTraits<E>) {
        if self.learns {
            let hint = || self.hint.as_ref().and_then(|hint| hint(out));
            learn_hint(permit, out, errors, errors.classify, hint, self.gate.function);
        }
    }
}

/// The permit of a call that may have a stream. It is dropped when the stream ends or is dropped.
pub(super) struct StreamPermit<'r, P: SettlingPermit> {
    pub(super) permit: Option<P>,
    stream: Option<&'r StreamProgress>,
    /// The number of layers inside, by which the stream identifies this layer.
    inside: usize,
}

impl<'r, P: SettlingPermit> StreamPermit<'r, P> {
    pub(super) fn new<T, E, F: ?Sized>(permit: P, inner: &InnerCall<'r, T, E, F>) -> Self {
        Self { permit: Some(permit), stream: inner.call.stream, inside: inner.layers.len() }
    }
}

impl<P: SettlingPermit> Drop for StreamPermit<'_, P> {
    fn drop(&mut self) {
        let Some((permit, stream)) = self.permit.take().zip(self.stream) else { return };
        let told = stream.reported_units(self.inside);
        if stream.has_ended() {
            permit.settle(told);
        } else if stream.has_begun() {
            permit.settle_unfinished(told);
        }
    }
}

macro_rules! functions {
    ($($name:ident<$($part:ident),*>)*) => {$(
        impl<$($part),*> fmt::Debug for $name<$($part),*> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

functions! { UnitsOfValue<T> HintOfError<E> HintOfResult<T, E> }
