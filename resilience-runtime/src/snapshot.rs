//! All named state at one glance.

use crate::bulkhead::{Bulkhead, BulkheadSnapshot, KeyedBulkheadsSnapshot};
#[cfg(feature = "cached")]
use crate::cache::{self, CacheSnapshot};
use crate::circuit_breaker::{BreakerSnapshot, CircuitBreaker, KeyedCircuitBreakersSnapshot};
use crate::instance::{keyed_snapshots, snapshots};
use crate::rate_limit::{KeyedRateLimitersSnapshot, RateLimiter, RateLimiterSnapshot};
use crate::retry::{self, BudgetSnapshot};

/// All named state of the process, as [`snapshot`] found it, each kind in the order of its names.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Snapshot {
    /// The breakers that attributes have made.
    pub breakers: Vec<BreakerSnapshot>,
    /// Those of attributes with a `key`, counted.
    pub keyed_breakers: Vec<KeyedCircuitBreakersSnapshot>,
    /// The bulkheads.
    pub bulkheads: Vec<BulkheadSnapshot>,
    /// Those of attributes with a `key`, added up.
    pub keyed_bulkheads: Vec<KeyedBulkheadsSnapshot>,
    /// The rate limits.
    pub rate_limiters: Vec<RateLimiterSnapshot>,
    /// Those of attributes with a `key`, added up.
    pub keyed_rate_limiters: Vec<KeyedRateLimitersSnapshot>,
    /// The retry budgets that attributes have made.
    pub budgets: Vec<BudgetSnapshot>,
    /// The caches of all functions that have been called.
    #[cfg(feature = "cached")]
    pub caches: Vec<CacheSnapshot>,
}

/// Every breaker, bulkhead, rate limit, cache and retry budget by its name: what a health endpoint shows.
///
/// What is in a `static` of yours and not made by an attribute is not among them; it has a `snapshot()` of its own. State
/// exists from the first call of its function on. Each part is read at one moment, the whole is not.
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
    Snapshot {
        breakers: snapshots::<CircuitBreaker>(),
        keyed_breakers: keyed_snapshots::<CircuitBreaker>(),
        bulkheads: snapshots::<Bulkhead>(),
        keyed_bulkheads: keyed_snapshots::<Bulkhead>(),
        rate_limiters: snapshots::<RateLimiter>(),
        keyed_rate_limiters: keyed_snapshots::<RateLimiter>(),
        budgets: retry::snapshots(),
        #[cfg(feature = "cached")]
        caches: cache::snapshots(),
    }
}
