// The README links to files beside it. On docs.rs these definitions, the first ones, take precedence.
#![doc = "[picture]: https://raw.githubusercontent.com/resilience-fn/resilience/main/docs/llm_gateway.svg"]
#![doc = "[shop]: https://github.com/resilience-fn/resilience/tree/main/examples/shop"]
#![doc = "[clients]: docs::clients"]
#![doc = "[guide]: docs::guide"]
#![doc = "[distributed]: docs::distributed"]
#![doc = "[patterns]: docs::patterns"]
#![doc = "[streams]: docs::streams"]
#![doc = "[observability]: docs::observability"]
#![doc = "[operations]: docs::operations"]
#![doc = "[settings]: docs::settings"]
#![doc = "[idempotency]: docs::idempotency"]
#![doc = "[lints]: docs::lints"]
#![doc = "[from-python]: docs::from_python"]
#![doc = "[performance]: https://github.com/resilience-fn/resilience/blob/main/docs/performance.md"]
#![doc = "[compile-cost]: https://github.com/resilience-fn/resilience/blob/main/docs/compile-cost.md"]
#![doc = "[cache]: https://github.com/resilience-fn/resilience/blob/main/docs/cache.md"]
#![doc = "[architecture]: https://github.com/resilience-fn/resilience/blob/main/docs/ARCHITECTURE.md"]
#![doc = "[changelog]: https://github.com/resilience-fn/resilience/blob/main/CHANGELOG.md"]
#![doc = "[contributing]: https://github.com/resilience-fn/resilience/blob/main/CONTRIBUTING.md"]
#![doc = ""]
#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

#[cfg(feature = "cached")]
pub use resilience_macros::cached;
pub use resilience_macros::{Classify, bulkhead, circuit_breaker, fallback, rate_limit, retry, stack, timeout};
#[cfg(feature = "config")]
pub use resilience_runtime::config;
#[cfg(feature = "dashboard")]
pub use resilience_runtime::dashboard;
#[cfg(feature = "http")]
pub use resilience_runtime::retry_after;
#[cfg(feature = "store")]
pub use resilience_runtime::store;
#[cfg(feature = "testing")]
pub use resilience_runtime::testing;
pub use resilience_runtime::{
    BreakerSnapshot, BreakerState, BudgetSnapshot, Bulkhead, BulkheadSnapshot, CallsLeft, Category, CircuitBreaker,
    Classify, Degradation, DegradationKind, Error, Handle, Health, HealthStatus, IdempotencyKey, InProgress, Keyed,
    KeyedBulkheads, KeyedBulkheadsSnapshot, KeyedCircuitBreakers, KeyedCircuitBreakersSnapshot, KeyedRateLimiters,
    KeyedRateLimitersSnapshot, Observe, Permit, Policy, RateLimiter, RateLimiterSnapshot, Report, RetryBudget,
    RetryState, RetryStateOf, Severity, ShutdownReport, Snapshot, Verdict, attempt, begin_shutdown, checkpoint,
    classify_chain, deadline, health, idempotency_key, in_progress, is_shutting_down, observe, observe_blocking,
    remaining, shutdown, shutdown_blocking, snapshot,
};
#[cfg(feature = "cached")]
pub use resilience_runtime::{Cache, CacheSnapshot, CacheStats, EntryError, WrongKeyType};
pub use resilience_runtime::{bounds, policy};
#[cfg(feature = "metrics")]
pub use resilience_runtime::{describe_metrics, duration_buckets};

/// The names that generated code uses. Not public: they change with every release.
#[doc(hidden)]
pub mod __private {
    pub use resilience_macros::__apply;
    pub use resilience_runtime::private::*;
}

#[cfg(doc)]
pub mod docs;

/// Runs the same tests in each edition, which only doctests can.
#[cfg(doctest)]
#[doc = concat!(
    "```edition2018\n", include_str!("../tests/editions/temporaries.rs"), "```\n",
    "```edition2021\n", include_str!("../tests/editions/temporaries.rs"), "```\n",
    "```edition2024\n", include_str!("../tests/editions/temporaries.rs"), "```\n",
)]
struct TheTemporariesOfALastExpressionLiveAsLongAsInThePlainFunction;
