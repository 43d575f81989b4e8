use std::borrow::Cow;
use std::panic::Location;
use std::time::Duration;

use resilience_options::rate_limit::OPTIONS;

use super::gate::{GateLayer, GateSite, Settle};
use super::invalid::Draft;
use super::{Blocking, ClassifyFn, InnerCall, InvalidPolicy, Layer, LayerKind};
use crate::context::facts::identity::OpaqueIdentity;
use crate::error::Error;
use crate::gate::{Rejection, enter, enter_blocking};
use crate::rate_limit::{RateLimitPermit, RateLimiter, RateLimiterConfig, leave_limit, leave_or_refund, refundable};
use crate::registry::FunctionRef;

/// Limits the calls per period, as `#[rate_limit]` does.
///
/// All policies and attributes with this name share one rate limiter. It exists from the first call
/// on, and [`RateLimiter::named`](crate::RateLimiter::named) returns it.
///
/// A call that is dropped while it waits gives its turn back. A call that a gate inside rejects gives
/// its token back.
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
    RateLimitBuilder { draft, name: name.into(), place: Location::caller() }
}

/// Builds a rate limit layer. Created by [`rate_limit`].
#[derive(Debug)]
#[must_use = "there is no layer before `build()`"]
pub struct RateLimitBuilder {
    draft: Draft<RateLimiterConfig>,
    name: Cow<'static, str>,
    place: &'static Location<'static>,
}

impl RateLimitBuilder {
    option_setters! {
        OPTIONS, rate_limit_docs;
        max(calls: u32) => RateLimiterConfig::try_max;
        per(time: Duration) => RateLimiterConfig::try_per;
        burst(calls: u32) => RateLimiterConfig::try_burst;
        wait(time: Duration) => RateLimiterConfig::try_wait;
    }

    /// Builds the layer.
    ///
    /// # Errors
    ///
    /// [`InvalidPolicy`], with every mistake: no `max`, a value of zero, an empty name.
    pub fn build<T, E: From<Error>>(self) -> Result<Layer<T, E>, InvalidPolicy> {
        self.into_layer(false)
    }

    pub(super) fn limit_keys(&mut self, keys: u32) {
        self.draft.set_option(OPTIONS.max_keys.key, |config| config.try_max_keys(keys));
    }

    pub(super) fn into_layer<T, E: From<Error>>(self, is_keyed: bool) -> Result<Layer<T, E>, InvalidPolicy> {
        let Self { mut draft, name, place } = self;
        draft
            .problem_if(!draft.has(OPTIONS.max.key), "`max` is missing: a rate limit has no default number of calls; add `.max(10)`, and `.per(..)` for the period");
        draft.name(&name);
        let config = draft.finish("rate_limit")?;
        let site = GateSite::new(name, place, &config, is_keyed);
        let reject = Rejection::from_rejection;
        Ok(Layer(LayerKind::RateLimit(RateLimitLayer(GateLayer {
            site,
            config,
            reject,
            settle: LeaveLimit,
            function: FunctionRef::UNNAMED,
        }))))
    }
}

pub(super) struct LeaveLimit;

impl<T, E> Settle<RateLimiter, T, E> for LeaveLimit {
    fn settle(&self, permit: RateLimitPermit<'_>, out: &Result<T, E>, _: ClassifyFn<E>, _: FunctionRef) {
        leave_limit(permit, out, OpaqueIdentity);
    }
}

/// Above other gates, it gets its token back for a call that they reject.
pub(super) struct RateLimitLayer<E>(pub GateLayer<RateLimiter, E, LeaveLimit>);

impl<E> RateLimitLayer<E> {
    pub async fn call<T, F, Fut>(&self, mut inner: InnerCall<'_, T, E, F>) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        if !inner.is_above_gate() {
            return self.0.call(inner).await;
        }
        let limiter = self.0.gate(inner.key);
        let permit = match enter(&refundable(&limiter, inner.runs)).await {
            Ok(permit) => permit,
            Err(rejection) => return Err(self.0.rejected(&inner, rejection)),
        };
        let out = inner.call().await;
        leave_or_refund(permit, &out, OpaqueIdentity);
        out
    }

    pub fn call_blocking<T>(&self, mut inner: InnerCall<'_, T, E, Blocking<'_, T, E>>) -> Result<T, E> {
        if !inner.is_above_gate() {
            return self.0.call_blocking(inner);
        }
        let limiter = self.0.gate(inner.key);
        let permit = enter_blocking(&refundable(&limiter, inner.runs), self.0.function)
            .map_err(|rejection| self.0.rejected(&inner, rejection))?;
        let out = inner.call_blocking();
        leave_or_refund(permit, &out, OpaqueIdentity);
        out
    }
}
