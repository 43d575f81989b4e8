//! A pure cell rate algorithm in one atomic word, and behind a short lock where calls wait for turns
//! that they take in advance, or may be refunded.

#[allow(missing_docs, reason = "only generated code names it")]
mod body_runs;
#[allow(missing_docs, clippy::missing_panics_doc, reason = "called in items of generated code only")]
mod config;
mod gcra;
mod named;
mod permit;
#[allow(missing_docs, reason = "only generated code names it")]
mod refundable;
mod refunds;
mod state;
mod word;

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use crate::context::facts;
use crate::error::Error;
use crate::metrics::{Meter, OfLimiter};
use crate::registry::{Handle, StateName};
use crate::sync::{Configured, lock};
use crate::time;

pub use body_runs::BodyRuns;
pub use config::RateLimiterConfig;
use gcra::Quota;
pub use named::{KeyedRateLimiters, KeyedRateLimitersSnapshot, RateLimiterSnapshot};
pub use permit::{RateLimitPermit, leave_limit};
pub use refundable::{leave_or_refund, refundable};
use state::RateLimiterState;
use word::{QuotaWord, RejectedUntil};

/// Limits the calls per period, so that the called service does not have to reject them.
///
/// The attribute creates it; this handle is for its state.
///
/// ```
/// use resilience::{RateLimiter, rate_limit};
///
/// #[rate_limit(name = "search", max = 10, per = "1m", burst = 3)]
/// fn search(query: &str) -> Option<usize> {
///     Some(query.len())
/// }
///
/// assert_eq!(search("rust"), Some(4));
/// let limiter = RateLimiter::named("search").ok_or("called now")?;
/// assert_eq!(limiter.snapshot().available, 2);
/// # Ok::<(), &str>(())
/// ```
pub struct RateLimiter {
    name: StateName,
    word: QuotaWord,
    inside: Mutex<LimiterInside>,
    /// Calls that the word has rejected.
    rejected: AtomicU64,
    meter: Meter<OfLimiter>,
}

type LimiterInside = Configured<Limit, RateLimiterState>;

/// The machine with the whole state. Dropping it puts the state back into the word.
struct LockedLimiter<'a> {
    word: &'a QuotaWord,
    inside: MutexGuard<'a, LimiterInside>,
}

impl Deref for LockedLimiter<'_> {
    type Target = LimiterInside;

    fn deref(&self) -> &LimiterInside {
        &self.inside
    }
}

impl DerefMut for LockedLimiter<'_> {
    fn deref_mut(&mut self) -> &mut LimiterInside {
        &mut self.inside
    }
}

impl Drop for LockedLimiter<'_> {
    fn drop(&mut self) {
        let Configured { config: Limit { config, quota }, state } = &*self.inside;
        if let Some(passed) = state.without_turns() {
            self.word.put_back(passed, *quota, config.wait.is_some(), time::now());
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Limit {
    config: RateLimiterConfig,
    quota: Quota,
}

impl Limit {
    fn new(config: &RateLimiterConfig) -> Self {
        Self { config: *config, quota: config.quota() }
    }
}

impl RateLimiter {
    /// Finds the rate limiter with this name.
    ///
    /// `None` until the function that carries it has been called. A rate limiter without an
    /// explicit name has the name of its function, `my_crate::api::ask` or
    /// `my_crate::api::Client::ask`.
    pub fn named(name: &str) -> Option<Handle<Self>> {
        crate::instance::find(name)
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn lock(&self) -> LockedLimiter<'_> {
        let mut inside = lock(&self.inside);
        if let Some(passed) = self.word.take() {
            inside.state.set_passed(passed);
        }
        LockedLimiter { word: &self.word, inside }
    }

    /// Returns its state at this moment.
    pub fn snapshot(&self) -> RateLimiterSnapshot {
        let (config, available, waiting, rejected) = {
            let Configured { config: Limit { config, quota }, state } = &*self.lock();
            (*config, state.available(*quota, time::now()), state.waiting(), state.rejected())
        };
        let rejected = rejected.saturating_add(self.rejected.load(Ordering::Relaxed));
        RateLimiterSnapshot {
            name: self.name.to_string(),
            max: config.max,
            per: config.per,
            burst: config.effective_burst(),
            available,
            waiting,
            rejected,
        }
    }

    #[cold]
    fn limited(&self, RejectedUntil { left: retry_after, until }: RejectedUntil) -> Error {
        facts::rejection_ends(retry_after, until);
        self.meter.count(&self.name, OfLimiter::Rejected);
        Error::RateLimited { name: self.name.to_cow(), retry_after }
    }
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.snapshot(), f)
    }
}

#[cfg(test)]
mod tests;
