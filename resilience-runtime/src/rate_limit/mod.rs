//! A pure cell rate algorithm in one atomic word, and behind a short lock where calls wait for turns
//! that they take in advance, or may be refunded.

#[allow(missing_docs, reason = "only generated code names it")]
mod body_runs;
#[allow(missing_docs, clippy::missing_panics_doc, reason = "called in items of generated code only")]
mod config;
mod gcra;
#[allow(missing_docs, reason = "only generated code names it")]
mod hint;
mod named;
mod permit;
#[allow(missing_docs, reason = "only generated code names it")]
mod refundable;
mod refunds;
mod rejection;
#[cfg(feature = "config")]
mod settings;
mod settling;
#[cfg(feature = "store")]
#[allow(missing_docs, reason = "only generated code names it")]
mod shared;
mod state;
#[allow(missing_docs, reason = "only generated code names it")]
mod streamed;
mod turn_wait;
mod word;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tracing::Level;

use crate::context::facts;
use crate::count::Count;
use crate::emit::emit_at;
use crate::error::Error;
use crate::event::Event;
use crate::metrics::{Meter, OfLimiter};
use crate::registry::{FunctionRef, Handle, StateName};
use crate::sync::lock;
use crate::time;

pub use body_runs::BodyRuns;
#[cfg(feature = "store")]
pub use config::OnOutage;
pub use config::RateLimiterConfig;
use gcra::Quota;
pub use hint::{LearningPermit, Units, UnitsTaken, call_settle, learn_hint};
#[cfg(feature = "store")]
pub use named::SharedLimitSnapshot;
pub use named::{KeyedRateLimiters, KeyedRateLimitersSnapshot, RateLimiterSnapshot};
pub use permit::{RateLimitPermit, costing, leave_limit};
pub use refundable::refundable;
pub use settling::{SettlingPermit, leave_or_refund, settle, settle_failed};
#[cfg(feature = "store")]
pub use shared::shared_limit;
use state::{RateLimiterState, Refundable};
pub use streamed::{StreamedCall, detach_call};
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
#[repr(C)]
pub struct RateLimiter {
    // First, beside the key that a call compares: with many keys, each further cache line is another wait.
    word: QuotaWord,
    /// Calls that the word has rejected.
    rejected: Count,
    name: StateName,
    inside: Mutex<LimiterInside>,
    meter: Meter<OfLimiter>,
    #[cfg(feature = "store")]
    shared: shared::SharedLink,
}

/// A hundred thousand keys have as many limiters. All share their settings, and most need no machine.
#[derive(Debug)]
struct LimiterInside {
    limit: Arc<Limit>,
    /// `None` before its first use: all calls have passed by the word.
    machine: Option<Box<RateLimiterState>>,
}

/// The machine with the whole state. Dropping it puts the state back into the word.
struct LockedLimiter<'a> {
    word: &'a QuotaWord,
    inside: MutexGuard<'a, LimiterInside>,
}

impl LockedLimiter<'_> {
    fn parts(&mut self) -> (&Limit, &mut RateLimiterState) {
        let LimiterInside { limit, machine } = &mut *self.inside;
        (limit, machine.get_or_insert_default())
    }
}

impl Drop for LockedLimiter<'_> {
    fn drop(&mut self) {
        let word = self.word;
        let (&Limit { config, quota }, state) = self.parts();
        let now = time::now();
        if let Some(passed) = state.without_turns(quota, now) {
            word.put_back(passed, quota, config.wait.is_some(), now);
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
        let mut locked = LockedLimiter { word: &self.word, inside: lock(&self.inside) };
        if let Some(passed) = self.word.take() {
            locked.parts().1.set_passed(passed);
        }
        locked
    }

    /// Looks at the state, without making a machine where none has been needed.
    fn look<T>(&self, look: impl FnOnce(&Limit, &RateLimiterState) -> T) -> T {
        let inside = lock(&self.inside);
        if inside.machine.is_none() {
            let mut state = RateLimiterState::new();
            if let Some(passed) = self.word.peek() {
                state.set_passed(passed);
            }
            return look(&inside.limit, &state);
        }
        drop(inside);
        let mut locked = self.lock();
        let (limit, state) = locked.parts();
        look(limit, state)
    }

    fn limit(&self) -> Arc<Limit> {
        Arc::clone(&lock(&self.inside).limit)
    }

    /// Returns its state at this moment.
    pub fn snapshot(&self) -> RateLimiterSnapshot {
        let (config, available, held_for, waiting, rejected) = self.look(|&Limit { config, quota }, state| {
            let now = time::now();
            (config, state.available(quota, now), state.held_for(now), state.waiting(), state.rejected())
        });
        let rejected = rejected.saturating_add(self.rejected.get());
        #[cfg(feature = "store")]
        let waiting = waiting.saturating_add(self.shared_waiting());
        RateLimiterSnapshot {
            name: self.name.to_string(),
            max: config.max.unwrap_or(u32::MAX),
            per: config.per,
            burst: config.effective_burst(),
            available,
            held_for,
            waiting,
            rejected,
            #[cfg(feature = "store")]
            shared: self.shared_snapshot(),
        }
    }

    #[inline]
    fn limited(&self, RejectedUntil { left: retry_after, until }: RejectedUntil) -> Error {
        facts::rejection_ends(retry_after, until);
        self.meter.count(&self.name, OfLimiter::Rejected);
        Error::RateLimited { name: self.name.to_cow(), retry_after }
    }
}

impl RateLimiter {
    /// Lets no call pass until the server admits calls again, as `learn = true` does with a hint. Of a
    /// limit that processes share in a store, that is true of all of them, as soon as the store is told.
    ///
    /// Calls that wait go on waiting, as long as their `wait` allows; others are rejected with the time
    /// that is left. Afterwards calls pass at the rate of the limit, as from a bucket with one token.
    /// A time that is shorter than what is left of an earlier one changes nothing, and neither does
    /// zero.
    ///
    /// # Examples
    ///
    /// ```
    /// use resilience::{Error, RateLimiter, rate_limit};
    /// use std::time::Duration;
    ///
    /// #[rate_limit(name = "quotes", max = 100)]
    /// fn quote(symbol: &str) -> Result<usize, Error> {
    ///     Ok(symbol.len())
    /// }
    ///
    /// assert_eq!(quote("ACME"), Ok(4));
    /// // A webhook of the provider says that it is closed for a minute.
    /// RateLimiter::named("quotes").ok_or("called now")?.hold_back(Duration::from_secs(60));
    /// assert!(quote("ACME").is_err_and(|rejected| rejected.retry_after() > Some(Duration::from_secs(59))));
    /// # Ok::<(), &str>(())
    /// ```
    pub fn hold_back(&self, time: Duration) {
        self.hold_back_for(None, time);
    }

    /// `function` is the call in which the server has asked to wait.
    fn hold_back_for(&self, function: Option<FunctionRef>, time: Duration) {
        if time.is_zero() {
            return;
        }
        let (is_longer, config) = {
            let mut locked = self.lock();
            let (&Limit { config, quota }, state) = locked.parts();
            (config.is_enabled && state.hold(quota, time::now().after(time)), config)
        };
        if is_longer {
            self.held_back(time, &config);
            self.meter.count(&self.name, OfLimiter::Held);
            emit_at(Level::WARN, |emit| {
                let function = function.map(FunctionRef::name);
                emit(&Event::RateLimitHeld { name: &self.name, function: function.as_deref(), time });
            });
        }
    }

    /// Starts over with a full burst, and without a hint that holds calls back.
    ///
    /// Calls that wait keep their turns, unless a hint has moved these. A limit that processes share in
    /// a store starts over for all of them, as soon as the store is told.
    pub fn reset(&self) {
        self.lock().parts().1.reset();
        self.rejected.reset();
        #[cfg(feature = "store")]
        self.share_reset();
    }

    /// The call has run, and took so many units. `None` if nobody knows: it keeps its cost.
    fn end_call(&self, call: Refundable, taken: Option<u64>) {
        let mut locked = self.lock();
        let (limit, state) = locked.parts();
        match taken {
            Some(taken) => state.settle(call, taken, limit.quota, time::now()),
            None => state.spend(call),
        }
    }

    #[cfg(feature = "store")]
    fn held_back(&self, time: Duration, config: &RateLimiterConfig) {
        self.share_hold(time, config);
    }

    #[cfg(not(feature = "store"))]
    #[allow(clippy::unused_self, reason = "with the feature `store` it is used")]
    const fn held_back(&self, _: Duration, _: &RateLimiterConfig) {}

    #[cold]
    fn never_admits(&self, cost: u64) -> Error {
        self.meter.count(&self.name, OfLimiter::Rejected);
        let burst = self.limit().config.effective_burst();
        Error::CostAboveBurst { name: self.name.to_cow(), cost, burst }
    }
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.snapshot(), f)
    }
}

#[cfg(test)]
mod tests;
