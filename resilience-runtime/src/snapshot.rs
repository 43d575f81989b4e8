//! Snapshots of all named state.

use crate::bulkhead::{Bulkhead, BulkheadSnapshot, KeyedBulkheadsSnapshot};
#[cfg(feature = "cached")]
use crate::cache::{self, CacheSnapshot};
use crate::circuit_breaker::{BreakerSnapshot, CircuitBreaker, KeyedCircuitBreakersSnapshot};
use crate::instance::{keyed_snapshots, snapshots};
use crate::rate_limit::{KeyedRateLimitersSnapshot, RateLimiter, RateLimiterSnapshot};
use crate::retry::{self, BudgetSnapshot};
use crate::shutdown;
#[cfg(feature = "store")]
use crate::store::{self, StoreSnapshot};

/// All named state of the process, returned by [`snapshot`]. Each list is sorted by name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Snapshot {
    /// True from the beginning of a [`shutdown`](crate::shutdown) on.
    pub is_shutting_down: bool,
    /// The calls in progress that [`shutdown`](crate::shutdown) would wait for.
    pub calls_in_progress: u64,
    /// The circuit breakers.
    pub breakers: Vec<BreakerSnapshot>,
    /// The circuit breakers of attributes with a `key`, as counts.
    pub keyed_breakers: Vec<KeyedCircuitBreakersSnapshot>,
    /// The bulkheads.
    pub bulkheads: Vec<BulkheadSnapshot>,
    /// The bulkheads of attributes with a `key`, as sums.
    pub keyed_bulkheads: Vec<KeyedBulkheadsSnapshot>,
    /// The rate limiters.
    pub rate_limiters: Vec<RateLimiterSnapshot>,
    /// The rate limiters of attributes with a `key`, as sums.
    pub keyed_rate_limiters: Vec<KeyedRateLimitersSnapshot>,
    /// The retry budgets.
    pub budgets: Vec<BudgetSnapshot>,
    /// The caches.
    #[cfg(feature = "cached")]
    pub caches: Vec<CacheSnapshot>,
    /// The stores in which processes share state, from the first request on.
    #[cfg(feature = "store")]
    pub stores: Vec<StoreSnapshot>,
}

/// Returns every circuit breaker, bulkhead, rate limiter, cache and retry budget that has a name.
///
/// A health endpoint can show it. State exists from the first call of its function or policy on.
/// State in a `static` of yours is not included; it has a `snapshot()` method of its own.
///
/// Each part is consistent in itself. Calls may change other parts while the snapshot is taken.
///
/// ```
/// use resilience::circuit_breaker;
///
/// #[circuit_breaker(name = "inventory", failure_threshold = 1)]
/// fn stock() -> Option<u32> {
///     None
/// }
///
/// assert_eq!(stock(), None);
/// let snapshot = resilience::snapshot();
/// let open: Vec<&str> = snapshot
///     .breakers
///     .iter()
///     .filter(|breaker| breaker.state == resilience::BreakerState::Open)
///     .map(|breaker| &*breaker.name)
///     .collect();
/// assert_eq!(open, ["inventory"]);
/// ```
pub fn snapshot() -> Snapshot {
    #[cfg(feature = "config")]
    crate::config::report_new();
    Snapshot {
        is_shutting_down: shutdown::is_shutting_down(),
        calls_in_progress: shutdown::calls_in_progress(),
        breakers: snapshots::<CircuitBreaker>(),
        keyed_breakers: keyed_snapshots::<CircuitBreaker>(),
        bulkheads: snapshots::<Bulkhead>(),
        keyed_bulkheads: keyed_snapshots::<Bulkhead>(),
        rate_limiters: snapshots::<RateLimiter>(),
        keyed_rate_limiters: keyed_snapshots::<RateLimiter>(),
        budgets: retry::snapshots(),
        #[cfg(feature = "cached")]
        caches: cache::snapshots(),
        #[cfg(feature = "store")]
        stores: store::snapshots(),
    }
}
