use std::fmt;

#[cfg(feature = "cached")]
use super::call::Reject;
use super::gate::GateLayer;
use super::{bulkhead, circuit_breaker, fallback, rate_limit, retry, timeout};
use crate::bulkhead::Bulkhead;
use crate::circuit_breaker::CircuitBreaker;
use crate::registry::FunctionRef;

/// A layer of a [`Policy`](super::Policy), created by the functions of this [module](super).
pub struct Layer<T, E>(pub(super) LayerKind<T, E>);

pub(super) enum LayerKind<T, E> {
    Timeout(timeout::TimeoutLayer<E>),
    Retry(Box<retry::RetryLayer<T, E>>),
    CircuitBreaker(Box<GateLayer<CircuitBreaker, E, circuit_breaker::Judge<T, E>>>),
    Bulkhead(GateLayer<Bulkhead, E, bulkhead::LeaveBulkhead>),
    RateLimit(Box<rate_limit::RateLimitLayer<T, E>>),
    Fallback(fallback::FallbackLayer<T, E>),
}

impl<T, E> Layer<T, E> {
    /// Sets the policy that events name, and the section of its settings.
    pub(super) fn name(&mut self, policy: FunctionRef, section: Option<&str>) {
        match &mut self.0 {
            LayerKind::Timeout(layer) => layer.name(policy, section),
            LayerKind::Retry(layer) => layer.name(policy, section),
            LayerKind::Fallback(layer) => layer.name(policy),
            LayerKind::CircuitBreaker(layer) => layer.name(policy),
            LayerKind::Bulkhead(layer) => layer.name(policy),
            LayerKind::RateLimit(layer) => layer.gate.name(policy),
        }
    }

    /// Returns the conversion of our error into that of the policy, if the layer can fail on its own.
    #[cfg(feature = "cached")]
    pub(super) fn reject(&self) -> Option<Reject<E>> {
        match &self.0 {
            LayerKind::Timeout(layer) => Some(layer.reject()),
            LayerKind::CircuitBreaker(layer) => Some(layer.reject),
            LayerKind::Bulkhead(layer) => Some(layer.reject),
            LayerKind::RateLimit(layer) => Some(layer.gate.reject),
            LayerKind::Retry(_) | LayerKind::Fallback(_) => None,
        }
    }

    /// Returns the name of the attribute that does the same.
    pub(super) const fn kind(&self) -> &'static str {
        match self.0 {
            LayerKind::Timeout(_) => "timeout",
            LayerKind::Retry(_) => "retry",
            LayerKind::CircuitBreaker(_) => "circuit_breaker",
            LayerKind::Bulkhead(_) => "bulkhead",
            LayerKind::RateLimit(_) => "rate_limit",
            LayerKind::Fallback(_) => "fallback",
        }
    }

    pub(super) const fn is_gate(&self) -> bool {
        matches!(self.0, LayerKind::CircuitBreaker(_) | LayerKind::Bulkhead(_) | LayerKind::RateLimit(_))
    }
}

impl<T, E> fmt::Debug for Layer<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            LayerKind::Timeout(layer) => fmt::Debug::fmt(layer, f),
            LayerKind::Retry(layer) => fmt::Debug::fmt(&layer.config, f),
            LayerKind::CircuitBreaker(layer) => fmt::Debug::fmt(layer, f),
            LayerKind::Bulkhead(layer) => fmt::Debug::fmt(layer, f),
            LayerKind::RateLimit(layer) => fmt::Debug::fmt(&layer.gate, f),
            LayerKind::Fallback(layer) => fmt::Debug::fmt(layer, f),
        }
    }
}
