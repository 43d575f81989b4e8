//! The runtime of the [`resilience`](https://docs.rs/resilience) crate: what its attributes expand into.
//!
//! Use the facade. This crate is separate only because a procedural-macro crate cannot export types;
//! everything public here is re-exported there, under the same name.
//!
//! Every policy is a small pure core (`backoff`, `circuit_breaker::state`, `cached::store`) that takes the
//! time and random numbers as arguments, inside a thin shell that owns the lock. Three modules touch the
//! world: `clock`, `rng` and `telemetry`.

#![warn(missing_docs)]

#[allow(missing_docs, reason = "only generated code names it")]
mod backoff;
#[cfg(feature = "cached")]
mod cached;
mod circuit_breaker;
mod classify;
mod clock;
mod error;
#[allow(missing_docs, reason = "only generated code names it")]
mod fallback;
#[allow(missing_docs, reason = "only generated code names it")]
mod flow;
#[allow(missing_docs, reason = "only generated code names it")]
mod leaf;
#[allow(missing_docs, reason = "only generated code names it")]
mod outcome;
#[doc(hidden)]
pub mod private;
mod registry;
mod retry;
mod rng;
mod sync;
mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
mod timeout;

#[cfg(feature = "cached")]
pub use cached::{CacheHandle, CacheStats, cache};
pub use circuit_breaker::{BreakerSnapshot, BreakerState, CircuitBreaker, Permit, breaker};
pub use classify::{Category, Classify, Severity};
pub use error::Error;
pub use retry::{BudgetSnapshot, RetryBudget, RetryState};
pub use timeout::{checkpoint, deadline, remaining};
