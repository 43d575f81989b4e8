use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::panic::Location;

use super::error_traits::ErrorTraits;
use super::keyed::{CallKey, Held};
use super::{Blocking, InnerCall, Operation, Reject};
use crate::bulkhead::Bulkhead;
use crate::circuit_breaker::CircuitBreaker;
use crate::context::in_attempt;
use crate::event::SourceLocation;
use crate::gate::{Gate, GateRejection, announced_rejection, enter, enter_blocking, leave};
use crate::instance::{KeyedSite, NamedInstance, Site};
use crate::rate_limit::RateLimiter;
use crate::registry::FunctionRef;

/// A named gate, and how the end of a call settles its permits.
pub(super) struct GateLayer<G: NamedInstance, E, S = Leave> {
    pub(super) site: GateSite<G>,
    pub(super) config: G::Config,
    pub(super) reject: Reject<E>,
    pub(super) settle: S,
    /// The policy.
    pub(super) function: FunctionRef,
}

pub(super) enum GateSite<G: NamedInstance> {
    Named(Site<G>),
    Keyed(KeyedSite<G>),
}

impl<G: NamedInstance> GateSite<G> {
    pub(super) fn new(
        name: Cow<'static, str>,
        place: &'static Location<'static>,
        config: &G::Config,
        is_keyed: bool,
    ) -> Self {
        let location = SourceLocation { file: place.file(), line: place.line() };
        if is_keyed {
            Self::Keyed(KeyedSite::of_policy(name, location, config))
        } else {
            Self::Named(Site::of_policy(name, location, config))
        }
    }

    pub(super) fn set_caller(&mut self, policy: FunctionRef) {
        match self {
            Self::Named(site) => site.set_caller(policy),
            Self::Keyed(site) => site.set_caller(policy),
        }
    }

    pub(super) fn explicit_name(&self) -> Option<(&str, bool)> {
        match self {
            Self::Named(site) => site.explicit_name().map(|name| (name, false)),
            Self::Keyed(site) => site.explicit_name().map(|name| (name, true)),
        }
    }
}

impl<G: NamedInstance, E, S> GateLayer<G, E, S> {
    pub(super) fn name(&mut self, policy: FunctionRef) {
        self.function = policy;
        self.site.set_caller(policy);
    }
}

impl<G: NamedInstance> fmt::Debug for GateSite<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(site) => fmt::Debug::fmt(site, f),
            Self::Keyed(site) => fmt::Debug::fmt(site, f),
        }
    }
}

pub(super) trait OfKey: NamedInstance {
    fn of_key<'s>(key: &dyn CallKey, site: &'s KeyedSite<Self>, config: &Self::Config) -> Held<'s, Self>;
}

macro_rules! of_key {
    ($($gate:ident $find:ident;)*) => {$(
        impl OfKey for $gate {
            fn of_key<'s>(key: &dyn CallKey, site: &'s KeyedSite<Self>, config: &Self::Config) -> Held<'s, Self> {
                key.$find(site, config)
            }
        }
    )*};
}

of_key! { CircuitBreaker breaker; Bulkhead bulkhead; RateLimiter limiter; }

pub(super) trait Settle<G: Gate, T, E> {
    fn settle(&self, permit: G::Permit<'_>, out: &Result<T, E>, errors: &ErrorTraits<E>, function: FunctionRef);
}

/// For a gate that ignores the outcome.
pub(super) struct Leave;

impl<G: Gate, T, E> Settle<G, T, E> for Leave {
    fn settle(&self, permit: G::Permit<'_>, _: &Result<T, E>, _: &ErrorTraits<E>, _: FunctionRef) {
        leave(permit);
    }
}

impl<G: Gate + OfKey, E, S> GateLayer<G, E, S> {
    pub(super) fn gate(&self, key: Option<&dyn CallKey>) -> Held<'_, G> {
        match (&self.site, key) {
            (GateSite::Named(site), _) => Held::Shared(site.instance(&self.config)),
            (GateSite::Keyed(site), Some(key)) => G::of_key(key, site, &self.config),
            (GateSite::Keyed(_), None) => unreachable!("a policy with such a layer is called with a key"),
        }
    }

    pub(super) fn rejected<T, F: ?Sized>(&self, inner: &InnerCall<'_, T, E, F>, rejection: impl GateRejection) -> E {
        let (error, until) = announced_rejection(self.function, rejection);
        inner.rejected(self.reject, error, until)
    }

    pub(super) async fn call<T, F, Fut>(&self, inner: &mut InnerCall<'_, T, E, Operation<'_, F, Fut>>) -> Result<T, E>
    where
        S: Settle<G, T, E>,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let gate = self.gate(inner.call.key);
        let permit = match enter(&*gate).await {
            Ok(permit) => permit,
            Err(rejection) => return Err(self.rejected(inner, rejection)),
        };
        let out = in_attempt((), inner.call()).await;
        self.settle.settle(permit, &out, inner.call.errors, self.function);
        out
    }

    pub(super) fn call_blocking<T>(&self, inner: &mut InnerCall<'_, T, E, Blocking<'_, T, E>>) -> Result<T, E>
    where
        S: Settle<G, T, E>,
    {
        let gate = self.gate(inner.call.key);
        let permit = enter_blocking(&*gate, self.function).map_err(|rejection| self.rejected(inner, rejection))?;
        let out = inner.call_blocking();
        self.settle.settle(permit, &out, inner.call.errors, self.function);
        out
    }
}

impl<G: NamedInstance, E, S> fmt::Debug for GateLayer<G, E, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.site, f)
    }
}
