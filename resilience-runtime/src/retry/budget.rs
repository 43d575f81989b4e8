//! Retry budgets: what keeps the retries of many calls from becoming the outage.

use std::fmt;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::registry::Registry;
use crate::sync::lock;
use crate::time::backoff::Fixed;
use crate::time::{self, Moment};

/// A share of all calls that may be retries, for all functions that name it.
///
/// While a service is down, every call to it is retried, and the load on it multiplies by the number of attempts. A budget
/// bounds that: each call puts [`ratio`](Self::ratio) of a retry into it, each retry takes one out, and when it is empty,
/// the last error returns without a retry. [`min_per_second`](Self::min_per_second) keeps a service with few calls from never
/// retrying, and [`capacity`](Self::capacity) is what a calm time can save up for a bad one. It begins full.
///
/// `#[retry(budget = "llm")]` makes one with the defaults, which are those of Finagle's retry budget but for the
/// capacity (a ratio of 0.2, 10 retries a second), and shares it by its name. For another configuration put one in a `static`:
///
/// ```
/// use resilience::{RetryBudget, retry};
///
/// static LLM: RetryBudget = RetryBudget::new("llm").ratio(0.1).min_per_second(0).capacity(2);
///
/// #[retry(max = 3, backoff = "none", budget = LLM)]
/// fn ask(calls: &mut u32) -> Result<(), &'static str> {
///     *calls += 1;
///     Err("down")
/// }
///
/// let mut calls = 0;
/// for _ in 0..10 {
///     assert_eq!(ask(&mut calls), Err("down"));
/// }
/// assert_eq!(calls, 10 + 2, "ten calls, and the two retries it began with");
/// assert_eq!(LLM.snapshot().rejected, 10);
/// ```
pub struct RetryBudget {
    name: &'static str,
    ratio: Fixed,
    min_per_second: u32,
    capacity: u32,
    /// Counts what was taken, so a budget in a `static` begins full.
    spent: AtomicU64,
    rejected: AtomicU64,
    /// The time up to which the retries of `min_per_second` were added.
    refilled: Mutex<Option<Moment>>,
}

/// A retry budget at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BudgetSnapshot {
    /// Its name.
    pub name: String,
    /// The retries left in it, without those that time has added since the last retry.
    pub available: u32,
    /// The retries it can hold.
    pub capacity: u32,
    /// Retries that it has rejected since the process started or the budget was reset.
    pub rejected: u64,
}

/// One retry, in the fractions that are counted.
const RETRY: u64 = 1 << 20;

impl RetryBudget {
    /// With the defaults: a ratio of 0.2, at least 10 retries a second, a capacity of 100.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            ratio: Fixed::from_f64(0.2),
            min_per_second: 10,
            capacity: 100,
            spent: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
            refilled: Mutex::new(None),
        }
    }

    /// The part of a retry that each call allows, between 0 and 1. Default: 0.2.
    ///
    /// # Panics
    ///
    /// Outside of that range; in a `static` that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn ratio(mut self, ratio: f64) -> Self {
        assert!(ratio >= 0.0 && ratio <= 1.0, "the `ratio` of a retry budget must be between 0 and 1");
        self.ratio = Fixed::from_f64(ratio);
        self
    }

    /// The retries that are allowed in each second, however few calls there are. Default: 10.
    #[must_use]
    pub const fn min_per_second(mut self, retries: u32) -> Self {
        self.min_per_second = retries;
        self
    }

    /// The retries it can hold, and those it begins with. Default: 100.
    ///
    /// # Panics
    ///
    /// At zero; in a `static` that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn capacity(mut self, retries: u32) -> Self {
        assert!(retries >= 1, "the `capacity` of a retry budget must be at least 1");
        self.capacity = retries;
        self
    }

    /// The budget of this name, once a function that carries it has been called. One in a `static` is found by its path.
    pub fn named(name: &str) -> Option<&'static Self> {
        BUDGETS.get(name)
    }

    /// The name it was given.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Everything there is to see of it.
    pub fn snapshot(&self) -> BudgetSnapshot {
        let left = self.full().saturating_sub(self.spent.load(Ordering::Relaxed));
        BudgetSnapshot {
            name: self.name.to_owned(),
            available: u32::try_from(left / RETRY).unwrap_or(u32::MAX),
            capacity: self.capacity,
            rejected: self.rejected.load(Ordering::Relaxed),
        }
    }

    /// Fills it up again, and forgets what it has rejected.
    pub fn reset(&self) {
        *lock(&self.refilled) = None;
        self.spent.store(0, Ordering::Relaxed);
        self.rejected.store(0, Ordering::Relaxed);
    }

    fn full(&self) -> u64 {
        u64::from(self.capacity) * RETRY
    }

    /// A call puts its share in. A full budget, as it is while all is well, is only read.
    #[inline]
    pub fn deposit(&self) {
        if self.spent.load(Ordering::Relaxed) != 0 {
            self.give(self.ratio.times(RETRY));
        }
    }

    #[cold]
    fn give(&self, parts: u64) {
        let less = |spent: u64| Some(spent.saturating_sub(parts));
        let _always_updated = self.spent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    pub(super) fn withdraw(&self) -> bool {
        self.give(self.earned(time::now()));
        let more = |spent: u64| spent.checked_add(RETRY).filter(|spent| *spent <= self.full());
        let taken = self.spent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok();
        if !taken {
            self.rejected.fetch_add(1, Ordering::Relaxed);
        }
        taken
    }

    /// The deposit of `min_per_second` since the last call.
    fn earned(&self, now: Moment) -> u64 {
        let mut refilled = lock(&self.refilled);
        // A clock that steps back earns nothing until it has caught up.
        let since = refilled.map_or(Duration::ZERO, |before| now.since(before));
        *refilled = Some(refilled.map_or(now, |before| before.max(now)));
        let parts =
            since.as_nanos().saturating_mul(u128::from(self.min_per_second) * u128::from(RETRY)) / 1_000_000_000;
        u64::try_from(parts).unwrap_or(u64::MAX)
    }
}

impl fmt::Debug for RetryBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.snapshot(), f)
    }
}

static BUDGETS: Registry<RetryBudget> = Registry::new();

pub(crate) fn snapshots() -> Vec<BudgetSnapshot> {
    BUDGETS.all().into_iter().map(RetryBudget::snapshot).collect()
}

#[cfg(feature = "testing")]
pub(crate) fn reset_all() {
    for budget in BUDGETS.all() {
        budget.reset();
    }
}

#[derive(Debug)]
pub struct BudgetSite {
    name: &'static str,
    found: OnceLock<&'static RetryBudget>,
}

impl BudgetSite {
    pub const fn new(name: &'static str) -> Self {
        Self { name, found: OnceLock::new() }
    }

    #[inline]
    pub fn budget(&self) -> &'static RetryBudget {
        self.found.get_or_init(|| BUDGETS.get_or_insert(self.name, || RetryBudget::new(self.name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(budget: &RetryBudget, asked: u32) -> u32 {
        (0..asked).map(|_| u32::from(budget.withdraw())).sum()
    }

    #[test]
    fn it_begins_full_and_calls_fill_it_again() {
        let budget = RetryBudget::new("calls").ratio(0.25).min_per_second(0).capacity(3);
        assert_eq!(granted(&budget, 10), 3);
        for _ in 0..8 {
            budget.deposit();
        }
        assert_eq!(granted(&budget, 10), 2);
        for _ in 0..1_000 {
            budget.deposit();
        }
        assert_eq!(granted(&budget, 10), 3, "never more than it can hold");
        assert_eq!(budget.snapshot().rejected, 22);
    }

    #[tokio::test(start_paused = true)]
    async fn time_fills_it_at_the_rate_that_was_promised() {
        let budget = RetryBudget::new("time").ratio(0.0).min_per_second(2).capacity(5);
        assert_eq!(granted(&budget, 10), 5);
        tokio::time::advance(Duration::from_millis(1_500)).await;
        assert_eq!(granted(&budget, 10), 3);
        tokio::time::advance(Duration::from_secs(3_600)).await;
        assert_eq!(granted(&budget, 10), 5);
    }

    #[test]
    fn no_clock_and_no_configuration_overflows() {
        let budget = RetryBudget::new("edges").ratio(1.0).min_per_second(u32::MAX).capacity(u32::MAX);
        for nanos in [0, u64::MAX, 5, u64::MAX] {
            budget.earned(Moment::from_nanos(nanos));
        }
        assert!(budget.withdraw());
        budget.deposit();
        assert_eq!(budget.snapshot().available, u32::MAX);
    }

    /// BUG-C9: with everything failing, the load is at most the calls, their ratio, and what it began with.
    #[test]
    fn a_fleet_whose_every_call_fails_sends_no_more_than_the_ratio_on_top() {
        let budget = RetryBudget::new("fleet").ratio(0.2).min_per_second(0).capacity(100);
        let mut sent = 0;
        for _ in 0..10_000 {
            budget.deposit();
            sent += 1 + granted(&budget, 3);
        }
        assert!((12_000..=12_100).contains(&sent), "{sent}");
    }
}
