//! All named state at one glance.

use crate::bulkhead::{self, BulkheadSnapshot, KeyedBulkheadsSnapshot};
#[cfg(feature = "cached")]
use crate::cache::{self, CacheSnapshot};
use crate::circuit_breaker::{self, BreakerSnapshot, KeyedBreakersSnapshot};
use crate::rate_limit::{self, KeyedRateLimitersSnapshot, RateLimiterSnapshot};
use crate::retry::{self, BudgetSnapshot};

/// All named state of the process, as [`snapshot`] found it, each kind in the order of its names.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Snapshot {
    /// The breakers that attributes have made.
    pub breakers: Vec<BreakerSnapshot>,
    /// Those of attributes with a `key`, counted.
    pub keyed_breakers: Vec<KeyedBreakersSnapshot>,
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
        breakers: circuit_breaker::snapshots(),
        keyed_breakers: circuit_breaker::keyed_snapshots(),
        bulkheads: bulkhead::snapshots(),
        keyed_bulkheads: bulkhead::keyed_snapshots(),
        rate_limiters: rate_limit::snapshots(),
        keyed_rate_limiters: rate_limit::keyed_snapshots(),
        budgets: retry::snapshots(),
        #[cfg(feature = "cached")]
        caches: cache::snapshots(),
    }
}
