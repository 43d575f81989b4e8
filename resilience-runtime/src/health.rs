//! The health of the process, for load balancers and people.

#[cfg(feature = "axum")]
mod axum;

use std::fmt;

use crate::error::BreakerState;
use crate::shutdown::is_shutting_down;
use crate::snapshot::{Snapshot, snapshot};

/// The health of the process, returned by [`health`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Health {
    /// `Running`, or `ShuttingDown` from the beginning of a [`shutdown`](crate::shutdown) on.
    pub status: HealthStatus,
    /// The dependencies that are degraded, by kind and name. They are meant for people and logs,
    /// and do not change the `status`.
    pub degraded: Vec<Degradation>,
}

/// Says whether the process should get new calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum HealthStatus {
    /// It should get new calls.
    Running,
    /// It is finishing its calls, and new ones should go to another process.
    ShuttingDown,
}

/// A dependency that is degraded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Degradation {
    /// The kind of degradation.
    pub kind: DegradationKind,
    /// The name of the breaker, bulkhead or rate limiter.
    pub name: String,
}

/// A kind of degradation of a dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum DegradationKind {
    /// A breaker is open, or some breakers of a `key` are not closed.
    BreakerOpen,
    /// A breaker probes whether the service works again.
    BreakerHalfOpen,
    /// A breaker was forced open by hand.
    BreakerForcedOpen,
    /// All permits of a bulkhead are in use, or calls wait in some bulkheads of a `key`.
    BulkheadFull,
    /// Calls wait for their turns.
    RateLimitWaiting,
    /// A server has asked to wait, and a rate limit holds all calls back.
    RateLimitHeld,
}

impl DegradationKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::BreakerOpen => "open breaker",
            Self::BreakerHalfOpen => "half-open breaker",
            Self::BreakerForcedOpen => "forced open breaker",
            Self::BulkheadFull => "full bulkhead",
            Self::RateLimitWaiting => "calls wait for the rate limit",
            Self::RateLimitHeld => "the server asks to wait",
        }
    }
}

impl fmt::Display for DegradationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Health {
    /// Returns whether new calls should come to this process: `true` until a
    /// [`shutdown`](crate::shutdown) begins, whatever is degraded.
    pub fn is_ready(&self) -> bool {
        self.status == HealthStatus::Running
    }
}

/// One line for a log: `running, degraded: open breaker llm, full bulkhead db`.
impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_ready() { "running" } else { "shutting down" })?;
        for (place, Degradation { kind, name }) in self.degraded.iter().enumerate() {
            write!(f, "{}{kind} {name}", if place == 0 { ", degraded: " } else { ", " })?;
        }
        Ok(())
    }
}

/// Returns whether the process should get new calls, for the health endpoint that a load balancer asks.
///
/// The process is ready from its start until a [`shutdown`](crate::shutdown) begins. An open
/// breaker does not make it unready, because it means that *another* service fails. Every process
/// that calls that service has an open breaker, so all of them would leave the load balancer at
/// once, along with every endpoint that does not need the service. Open breakers and other
/// degradations are only listed.
///
/// With the feature `axum`, the value is a response: 200 while the process runs and 503 once a
/// shutdown has begun, with the status as its text. The text does not name breakers; with the
/// feature `serde`, `axum::Json(health())` does.
/// [Operations](https://docs.rs/resilience-fn/latest/resilience/docs/operations/index.html#health)
/// explains how to use it.
///
/// It costs as much as a [`snapshot`](crate::snapshot()).
///
/// ```
/// use resilience::{circuit_breaker, health};
///
/// #[circuit_breaker(name = "inventory", failure_threshold = 1)]
/// fn stock() -> Option<u32> {
///     None
/// }
///
/// assert_eq!(stock(), None);
/// let running = health();
/// assert!(running.is_ready());
/// assert_eq!(running.to_string(), "running, degraded: open breaker inventory");
///
/// resilience::begin_shutdown();
/// assert!(!health().is_ready());
/// ```
pub fn health() -> Health {
    let status = if is_shutting_down() { HealthStatus::ShuttingDown } else { HealthStatus::Running };
    Health { status, degraded: degraded(snapshot()) }
}

fn degraded(state: Snapshot) -> Vec<Degradation> {
    use DegradationKind::{
        BreakerForcedOpen, BreakerHalfOpen, BreakerOpen, BulkheadFull, RateLimitHeld, RateLimitWaiting,
    };
    let breakers = state.breakers.into_iter().filter_map(|breaker| {
        let kind = match breaker.state {
            BreakerState::Open => BreakerOpen,
            BreakerState::HalfOpen => BreakerHalfOpen,
            BreakerState::ForcedOpen => BreakerForcedOpen,
            BreakerState::Closed | BreakerState::Disabled => return None,
        };
        Some(Degradation { kind, name: breaker.name })
    });
    let keyed_breakers = state.keyed_breakers.into_iter().filter(|all| all.open + all.half_open > 0);
    let keyed_breakers = keyed_breakers.map(|all| Degradation { kind: BreakerOpen, name: all.name });
    let bulkheads = state.bulkheads.into_iter().filter(|all| all.in_flight >= all.max);
    let bulkheads = bulkheads.map(|all| Degradation { kind: BulkheadFull, name: all.name });
    let keyed_bulkheads = state.keyed_bulkheads.into_iter().filter(|all| all.waiting > 0);
    let keyed_bulkheads = keyed_bulkheads.map(|all| Degradation { kind: BulkheadFull, name: all.name });
    let limiters = state.rate_limiters.into_iter().filter_map(|limiter| {
        let kind = match limiter.held_for {
            Some(_) => RateLimitHeld,
            None if limiter.waiting > 0 => RateLimitWaiting,
            None => return None,
        };
        Some(Degradation { kind, name: limiter.name })
    });
    let keyed_limiters = state.keyed_rate_limiters.into_iter().filter(|all| all.waiting > 0);
    let keyed_limiters = keyed_limiters.map(|all| Degradation { kind: RateLimitWaiting, name: all.name });
    let gates = bulkheads.chain(keyed_bulkheads).chain(limiters).chain(keyed_limiters);
    breakers.chain(keyed_breakers).chain(gates).collect()
}
