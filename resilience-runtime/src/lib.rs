//! The runtime of the [`resilience`](https://docs.rs/resilience-fn) crate: what its attributes expand into.
//!
//! Use the facade. This crate is separate only because a procedural-macro crate cannot export types;
//! everything public here is re-exported there, under the same name.
//!
//! Each layer is a small pure core (`time::backoff`, `circuit_breaker::state`, `cache::entry`) that takes
//! the time and random numbers as arguments, inside a thin shell that owns the lock. These modules touch
//! the world: `time`, `rng`, `emit` and, behind their features, `metrics`, `config` and `store`.

#![warn(missing_docs)]

#[macro_use]
mod validation;

#[cfg(feature = "dashboard")]
#[allow(missing_docs, reason = "only the dashboard names it")]
mod activity;
#[allow(missing_docs, reason = "only generated code names it")]
mod attempt;
pub mod bounds;
#[allow(missing_docs, clippy::missing_errors_doc, reason = "what is not exported is for generated code only")]
mod bulkhead;
#[cfg(feature = "cached")]
mod cache;
mod circuit_breaker;
mod classify;
#[cfg(feature = "config")]
pub mod config;
mod context;
mod count;
#[cfg(feature = "dashboard")]
pub mod dashboard;
mod emit;
mod error;
#[allow(missing_docs, reason = "only one of its types is exported")]
mod event;
#[allow(missing_docs, reason = "only generated code names it")]
mod fallback;
#[allow(missing_docs, clippy::missing_errors_doc, reason = "only generated code names it")]
mod gate;
#[cfg(test)]
mod gate_tests;
mod health;
mod instance;
#[allow(missing_docs, reason = "only generated code names it")]
mod metrics;
mod observe;
mod one_line;
#[allow(missing_docs, reason = "only generated code names it")]
mod outcome;
pub mod policy;
#[doc(hidden)]
pub mod private;
#[allow(missing_docs, clippy::missing_errors_doc, reason = "what is not exported is for generated code only")]
mod rate_limit;
mod registry;
mod retry;
mod rng;
#[allow(missing_docs, reason = "only generated code names it")]
mod settings;
mod shutdown;
mod snapshot;
#[allow(missing_docs, reason = "only generated code names it")]
mod specialize;
#[cfg(feature = "store")]
pub mod store;
#[allow(missing_docs, clippy::missing_errors_doc, reason = "only generated code names it")]
mod stream;
mod sync;
#[cfg(feature = "testing")]
pub mod testing;
mod time;
mod timeout;

pub use bulkhead::{Bulkhead, BulkheadSnapshot, KeyedBulkheads, KeyedBulkheadsSnapshot};
#[cfg(feature = "cached")]
pub use cache::{Cache, CacheSnapshot, CacheStats, EntryError, WrongKeyType};
pub use circuit_breaker::{
    BreakerSnapshot, BreakerState, CircuitBreaker, KeyedCircuitBreakers, KeyedCircuitBreakersSnapshot, Permit,
};
#[cfg(feature = "http")]
pub use classify::retry_after;
pub use classify::{Category, Classify, Severity, Verdict, classify_chain};
pub use context::{IdempotencyKey, attempt, deadline, idempotency_key, remaining};
pub use error::Error;
pub use health::{Degradation, DegradationKind, Health, HealthStatus, health};
pub use instance::Keyed;
#[cfg(feature = "metrics")]
pub use metrics::{describe_metrics, duration_buckets};
pub use observe::{Observe, Report, observe, observe_blocking};
pub use policy::Policy;
pub use rate_limit::{KeyedRateLimiters, KeyedRateLimitersSnapshot, RateLimiter, RateLimiterSnapshot};
pub use registry::Handle;
pub use retry::{BudgetSnapshot, RetryBudget, RetryState, RetryStateOf};
pub use shutdown::{
    CallsLeft, InProgress, ShutdownReport, begin_shutdown, in_progress, is_shutting_down, shutdown, shutdown_blocking,
};
pub use snapshot::{Snapshot, snapshot};
pub use timeout::checkpoint;
