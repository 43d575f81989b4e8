//! Retry budgets: limit the load that retries add.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use resilience_options::budget::rules;

use crate::registry::{Entry, Handle, HandleEntry, Registry, StateName};
use crate::settings::SettingsCell;
use crate::sync::lock;
use crate::time::{self, Moment, nanos};

/// Limits retries to a share of the calls of all functions that use the budget.
///
/// While a service is down, every call to it is retried, which multiplies its load by the number of
/// attempts. A budget limits that load. Each call deposits [`ratio`](Self::ratio) of a retry, and
/// each retry withdraws a whole one. If the budget is empty, the call returns its last error
/// without a retry.
///
/// [`min_per_second`](Self::min_per_second) allows some retries even with few calls.
/// [`capacity`](Self::capacity) limits how many retries quiet times can save up. A new budget is
/// full.
///
/// `#[retry(budget = "llm")]` creates a budget with the defaults and shares it by name. Apart from
/// the capacity, the defaults are those of Finagle: a ratio of 0.2, and 10 retries per second. For
/// other settings use a `static`:
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
/// assert_eq!(calls, 10 + 2, "ten calls, and the two retries of a full budget");
/// assert_eq!(LLM.snapshot().rejected, 10);
/// ```
pub struct RetryBudget {
    name: Cow<'static, str>,
    written: BudgetConfig,
    settings: SettingsCell<BudgetConfig>,
    /// Counts what was taken, so a budget in a `static` begins full.
    spent: AtomicU64,
    rejected: AtomicU64,
    /// The time up to which the retries of `min_per_second` were added.
    refilled: Mutex<Option<Moment>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetConfig {
    /// In the parts of [`RETRY`].
    pub(super) ratio: u64,
    pub(super) min_per_second: u32,
    pub(super) capacity: u32,
}

impl BudgetConfig {
    pub const DEFAULT: Self = Self {
        ratio: parts(rules::ratio.default_value()),
        min_per_second: rules::min_per_second.default_value(),
        capacity: rules::capacity.default_value(),
    };

    setters! {
        min_per_second / try_min_per_second(self, retries: u32) by rules::min_per_second => self.min_per_second = retries;
        capacity / try_capacity(self, retries: u32) by rules::capacity => self.capacity = retries;
    }

    pub(super) const fn with_ratio(self, ratio: f64) -> Self {
        Self { ratio: parts(ratio), ..self }
    }

    #[cfg(feature = "config")]
    #[expect(clippy::cast_precision_loss, reason = "at most 1e9")]
    pub(super) fn ratio_as_number(self) -> f64 {
        self.ratio as f64 / 1e9
    }
}

/// The state of a retry budget at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BudgetSnapshot {
    /// The name of the budget.
    pub name: String,
    /// The retries left, without those that `min_per_second` has added since the last retry.
    pub available: u32,
    /// The largest number of retries that the budget can hold.
    pub capacity: u32,
    /// The retries rejected since the process started or the budget was reset.
    pub rejected: u64,
}

/// One retry, in the parts that are counted. There are as many as nanoseconds in a second, so the parts that
/// `min_per_second` adds in any time are a whole number, and so is every ratio of up to nine decimals.
const RETRY: u64 = 1_000_000_000;

/// The parts of a ratio. One that is no whole number of parts is rounded up: three calls at a third make a retry.
const fn parts(ratio: f64) -> u64 {
    let exact = ratio * 1e9;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a ratio is between 0 and 1")]
    let whole = exact as u64;
    #[expect(clippy::cast_precision_loss, reason = "at most 1e9")]
    let rest = exact - whole as f64;
    // Most decimals have no exact `f64`: 0.07 is slightly more than seven hundredths.
    if rest > 1e-6 { whole + 1 } else { whole }
}

impl RetryBudget {
    /// Creates a full budget with a ratio of 0.2, at least 10 retries per second, and a capacity of
    /// 100.
    pub const fn new(name: &'static str) -> Self {
        Self::with_name(Cow::Borrowed(name))
    }

    const fn with_name(name: Cow<'static, str>) -> Self {
        Self {
            name,
            written: BudgetConfig::DEFAULT,
            settings: SettingsCell::new(),
            spent: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
            refilled: Mutex::new(None),
        }
    }

    /// Sets the share of a retry that each call deposits, from 0 to 1. Default: 0.2.
    ///
    /// # Panics
    ///
    /// Panics if `ratio` is out of range. In a `static` this is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn ratio(mut self, ratio: f64) -> Self {
        assert!(ratio >= 0.0 && ratio <= 1.0, "the `ratio` of a retry budget must be between 0 and 1");
        self.written = self.written.with_ratio(ratio);
        self
    }

    /// Sets the number of retries that are allowed per second, even with few calls. Default: 10.
    #[must_use]
    pub const fn min_per_second(mut self, retries: u32) -> Self {
        self.written = self.written.min_per_second(retries);
        self
    }

    /// Sets how many retries the budget can hold and starts with, at least 1. Default: 100.
    ///
    /// # Panics
    ///
    /// Panics if `retries` is zero. In a `static` this is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn capacity(mut self, retries: u32) -> Self {
        self.written = self.written.capacity(retries);
        self
    }

    /// Returns the budget with this name, or `None` before the first call of a function or policy
    /// that uses it.
    ///
    /// A budget in a `static` is not found by name.
    pub fn named(name: &str) -> Option<Handle<Self>> {
        BUDGETS.get(name).map(|budget| Handle::new(budget))
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the current state.
    pub fn snapshot(&self) -> BudgetSnapshot {
        let left = self.full().saturating_sub(self.spent.load(Ordering::Relaxed));
        BudgetSnapshot {
            name: self.name.clone().into_owned(),
            available: u32::try_from(left / RETRY).unwrap_or(u32::MAX),
            capacity: self.settings.of(&self.written).capacity,
            rejected: self.rejected.load(Ordering::Relaxed),
        }
    }

    /// Fills the budget and sets the number of rejected retries to zero.
    pub fn reset(&self) {
        *lock(&self.refilled) = None;
        self.spent.store(0, Ordering::Relaxed);
        self.rejected.store(0, Ordering::Relaxed);
    }

    fn full(&self) -> u64 {
        u64::from(self.settings.of(&self.written).capacity) * RETRY
    }

    /// A call puts its share in. A full budget, as it is while all is well, is only read.
    #[inline]
    pub fn deposit(&self) {
        if self.spent.load(Ordering::Relaxed) != 0 {
            self.give_share();
        }
    }

    #[cold]
    fn give_share(&self) {
        self.give(self.settings.of(&self.written).ratio);
    }

    #[cfg(feature = "config")]
    pub(super) fn put_in_force(&self, config: BudgetConfig) {
        self.settings.put(&self.written, config);
    }

    #[cold]
    fn give(&self, parts: u64) {
        let _always_updated = self.update_spent(|spent| Some(spent.saturating_sub(parts)));
    }

    /// `fetch_update`, which newer compilers report as renamed, and older ones do not know by the new name.
    fn update_spent(&self, change: impl Fn(u64) -> Option<u64>) -> bool {
        let mut spent = self.spent.load(Ordering::Relaxed);
        while let Some(changed) = change(spent) {
            match self.spent.compare_exchange_weak(spent, changed, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(other) => spent = other,
            }
        }
        false
    }

    pub(super) fn withdraw(&self) -> bool {
        self.give(self.earned(time::now()));
        let more = |spent: u64| spent.checked_add(RETRY).filter(|spent| *spent <= self.full());
        let taken = self.update_spent(more);
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
        nanos(since).saturating_mul(u64::from(self.settings.of(&self.written).min_per_second))
    }
}

impl fmt::Debug for RetryBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.snapshot(), f)
    }
}

static BUDGETS: Registry<RetryBudget> = Registry::new();

pub(crate) fn snapshots() -> Vec<BudgetSnapshot> {
    BUDGETS.all().iter().map(|budget| budget.snapshot()).collect()
}

#[cfg(feature = "testing")]
pub(crate) fn reset_all() {
    for budget in BUDGETS.all() {
        budget.reset();
    }
}

impl HandleEntry<RetryBudget> for Entry<RetryBudget> {
    fn instance(&self) -> &RetryBudget {
        self
    }
}

#[derive(Debug)]
pub struct BudgetSite {
    name: Cow<'static, str>,
    found: OnceLock<Arc<Entry<RetryBudget>>>,
}

impl BudgetSite {
    pub const fn new(name: &'static str) -> Self {
        Self::of_policy(Cow::Borrowed(name))
    }

    pub const fn of_policy(name: Cow<'static, str>) -> Self {
        Self { name, found: OnceLock::new() }
    }

    #[inline]
    pub fn budget(&self) -> &RetryBudget {
        self.found.get_or_init(|| self.find())
    }

    #[cold]
    fn find(&self) -> Arc<Entry<RetryBudget>> {
        let is_new = Cell::new(false);
        let entry = BUDGETS.get_or_insert(self.name.clone(), |name: StateName| {
            is_new.set(true);
            RetryBudget::with_name(name.to_cow())
        });
        #[cfg(feature = "config")]
        if is_new.get() {
            super::budget_settings::register(&entry);
        }
        entry
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

    #[test]
    fn a_ratio_is_deposited_exactly() {
        for (ratio, calls) in [(0.2, 5), (0.1, 10), (0.25, 4), (1.0 / 3.0, 3), (1.0 / 7.0, 7), (0.05, 20), (1.0, 1)] {
            let budget = RetryBudget::new("share").ratio(ratio).min_per_second(0).capacity(1);
            assert_eq!(granted(&budget, 2), 1);
            for round in 1..=1_000 {
                for _ in 1..calls {
                    budget.deposit();
                }
                assert_eq!(granted(&budget, 1), 0, "{ratio}, too early, round {round}");
                budget.deposit();
                assert_eq!(granted(&budget, 2), 1, "{ratio}, round {round}");
            }
        }
    }

    #[test]
    fn time_fills_it_exactly_however_often_it_is_asked() {
        let budget = RetryBudget::new("often").ratio(0.0).min_per_second(1).capacity(5);
        let clock = crate::time::ManualClock::install();
        assert_eq!(granted(&budget, 10), 5);
        let mut retries = 0;
        while clock.elapsed() < Duration::from_secs(2) {
            clock.advance(Duration::from_nanos(20_500));
            retries += granted(&budget, 1);
        }
        assert_eq!(retries, 2);
    }
}
