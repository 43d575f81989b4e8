#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

#[cfg(feature = "cached")]
pub use resilience_macros::cached;
pub use resilience_macros::{Classify, bulkhead, circuit_breaker, fallback, rate_limit, retry, stack, timeout};
#[cfg(feature = "metrics")]
pub use resilience_runtime::describe_metrics;
pub use resilience_runtime::policy;
#[cfg(feature = "testing")]
pub use resilience_runtime::testing;
pub use resilience_runtime::{
    BreakerSnapshot, BreakerState, BudgetSnapshot, Bulkhead, BulkheadSnapshot, Category, CircuitBreaker, Classify,
    Error, Keyed, KeyedBulkheads, KeyedBulkheadsSnapshot, KeyedCircuitBreakers, KeyedCircuitBreakersSnapshot,
    KeyedRateLimiters, KeyedRateLimitersSnapshot, Observe, Permit, Policy, RateLimiter, RateLimiterSnapshot, Report,
    RetryBudget, RetryState, Severity, Snapshot, checkpoint, classify_chain, deadline, observe, observe_blocking,
    remaining, snapshot,
};
#[cfg(feature = "cached")]
pub use resilience_runtime::{CacheHandle, CacheSnapshot, CacheStats, WrongKeyType, cache};

/// What generated code names. Not public: it changes with every release.
#[doc(hidden)]
pub mod __private {
    pub use resilience_macros::__apply;
    pub use resilience_runtime::private::*;
}

/// What the guide shows is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../docs/from-python.md")]
struct Guide;

/// The only tests that run in an edition of their own.
#[cfg(doctest)]
#[doc = concat!(
    "```edition2018\n", include_str!("../tests/editions/temporaries.rs"), "```\n",
    "```edition2021\n", include_str!("../tests/editions/temporaries.rs"), "```\n",
    "```edition2024\n", include_str!("../tests/editions/temporaries.rs"), "```\n",
)]
struct TheTemporariesOfALastExpressionLiveAsLongAsInThePlainFunction;
