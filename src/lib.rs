#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

#[cfg(feature = "cached")]
pub use resilience_macros::cached;
pub use resilience_macros::{circuit_breaker, fallback, retry, stack, timeout};
#[cfg(feature = "testing")]
pub use resilience_runtime::testing;
pub use resilience_runtime::{
    BreakerSnapshot, BreakerState, Category, CircuitBreaker, Classify, Error, Permit, RetryState, Severity, breaker,
    checkpoint, deadline, remaining,
};
#[cfg(feature = "cached")]
pub use resilience_runtime::{CacheHandle, CacheStats, WrongKeyType, cache};

/// What generated code names. Not public: it changes with every release.
#[doc(hidden)]
pub mod __private {
    pub use resilience_macros::__apply;
    pub use resilience_runtime::private::*;
}
