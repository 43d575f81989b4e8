//! The rate limit: a pure meter behind one short lock, and turns that are taken in advance by those who wait.

#[allow(missing_docs, clippy::missing_panics_doc, reason = "called in items of generated code only")]
mod config;
mod gcra;
mod keyed;

use std::borrow::Cow;
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use crate::context;
use crate::emit::emit;
use crate::error::Error;
use crate::event::{Event, GateKind};
use crate::instance::keyed::{Instance, Standing};
use crate::instance::registry::Registry;
use crate::instance::site::{Located, Many, Named};
use crate::metrics::{self, OfLimiter, Running};
use crate::sync::lock;
use crate::time;

pub use config::RateLimiterConfig;
use gcra::{Decision, Meter, Quota, Turn};
pub(crate) use keyed::snapshots as keyed_snapshots;
pub use keyed::{KeyedRateLimiters, KeyedRateLimitersSnapshot};

static LIMITERS: Registry<Located<RateLimiter>> = Registry::new();
static KEYED: Registry<Many<RateLimiter>> = Registry::new();

/// A rate limiter that an attribute made: so many calls per time, so that the other side does not have to reject them.
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
    name: Cow<'static, str>,
    config: RateLimiterConfig,
    quota: Quota,
    state: Mutex<State>,
    meter: metrics::Meter<OfLimiter>,
}

#[derive(Debug)]
struct State {
    meter: Meter,
    waiting: u32,
    rejected: u64,
}

impl State {
    const NEW: Self = Self { meter: Meter::FULL, waiting: 0, rejected: 0 };
}

/// A rate limiter at one moment, read under one lock.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RateLimiterSnapshot {
    /// The name it is found under.
    pub name: String,
    /// How many calls it lets pass,
    pub max: u32,
    /// in this time,
    pub per: Duration,
    /// and how many of them at once.
    pub burst: u32,
    /// How many calls would pass now, one after the other.
    pub available: u32,
    /// How many callers wait for their turn.
    pub waiting: u32,
    /// Calls turned away since the process started or the limiter was reset.
    pub rejected: u64,
}

impl RateLimiter {
    /// The limiter of this name, once the function that carries it has been called.
    ///
    /// A limiter without a name of its own is called by the path of its function, `my_crate::api::ask`. Methods of two
    /// types in one module would share that name; the second one to be called gets `#2` behind it.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::find(name)
    }

    /// The name it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Everything there is to see of it.
    pub fn snapshot(&self) -> RateLimiterSnapshot {
        let (available, waiting, rejected) = {
            let state = lock(&self.state);
            (state.meter.available(self.quota, time::now()), state.waiting, state.rejected)
        };
        RateLimiterSnapshot {
            name: self.name.clone().into_owned(),
            max: self.config.max,
            per: self.config.per,
            burst: self.config.bursts(),
            available,
            waiting,
            rejected,
        }
    }

    /// `None` for a call that passes at once.
    fn ask(&self, patience: Duration) -> Result<Option<Waiting<'_>>, Error> {
        let decision = {
            let mut state = lock(&self.state);
            // Read here, the time follows the order of the calls. A thread that was put to sleep between the clock and the
            // lock would come with a time long past, and be turned away for calls that came later.
            let decision = state.meter.ask(self.quota, time::now(), patience);
            match decision {
                Decision::Pass => {}
                Decision::Wait(..) => state.waiting = state.waiting.saturating_add(1),
                Decision::Reject(_) => state.rejected = state.rejected.saturating_add(1),
            }
            decision
        };
        match decision {
            Decision::Pass => {
                self.meter.count(&self.name, OfLimiter::Passed);
                Ok(None)
            }
            Decision::Wait(time, turn) => {
                let shown = self.meter.running(&self.name, OfLimiter::Waiting);
                Ok(Some(Waiting { limiter: self, time, turn: Some(turn), shown }))
            }
            Decision::Reject(retry_after) => Err(self.limited(retry_after)),
        }
    }

    #[cold]
    fn limited(&self, retry_after: Duration) -> Error {
        self.meter.count(&self.name, OfLimiter::Rejected);
        emit(&Event::RateLimit { name: &self.name, retry_after });
        Error::RateLimited { name: self.name.clone(), retry_after }
    }

    /// The longest wait that is worth beginning: what is left when it is over must be something.
    fn patience(&self) -> Duration {
        let Some(wait) = self.config.wait else { return Duration::ZERO };
        context::remaining().map_or(wait, |left| wait.min(left.saturating_sub(Duration::from_nanos(1))))
    }
}

impl Named for RateLimiter {
    type Config = RateLimiterConfig;
    const GATE: GateKind = GateKind::RateLimit;

    fn make(name: Cow<'static, str>, config: &RateLimiterConfig) -> Self {
        let quota = Quota::new(config.max, config.per, config.bursts());
        Self { name, config: *config, quota, state: Mutex::new(State::NEW), meter: metrics::Meter::new() }
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn config(&self) -> RateLimiterConfig {
        self.config
    }

    fn registry() -> &'static Registry<Located<Self>> {
        &LIMITERS
    }

    fn keyed() -> &'static Registry<Many<Self>> {
        &KEYED
    }

    fn max_keys(config: &RateLimiterConfig) -> u32 {
        config.max_keys
    }
}

impl Instance for RateLimiter {
    /// One that rejects is in force: a flood of other keys does not let its own begin anew. One that has tokens left may
    /// go when there is no room: with as many keys as that takes, a caller has as many limits anyway.
    fn standing(&self) -> Standing {
        match lock(&self.state).meter.available(self.quota, time::now()) {
            0 => Standing::InForce,
            tokens if tokens < self.config.bursts() => Standing::Spare,
            _ => Standing::Idle,
        }
    }
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.snapshot(), f)
    }
}

pub(crate) fn snapshots() -> Vec<RateLimiterSnapshot> {
    LIMITERS.all().into_iter().map(|located| located.instance.snapshot()).collect()
}

/// Callers that wait keep their turns: what they were told stays true for them.
#[cfg(feature = "testing")]
pub(crate) fn reset_all() {
    let reset = |limiter: &RateLimiter| {
        let mut state = lock(&limiter.state);
        *state = State { waiting: state.waiting, ..State::NEW };
    };
    for located in LIMITERS.all() {
        reset(&located.instance);
    }
    for many in KEYED.all() {
        many.reset(reset);
    }
}

/// A turn that has been taken, and is waited for. Dropped before its time, it is given back.
#[derive(Debug)]
struct Waiting<'a> {
    limiter: &'a RateLimiter,
    time: Duration,
    /// `None` once it has come.
    turn: Option<Turn>,
    shown: Running,
}

impl Waiting<'_> {
    fn pass(mut self) {
        self.turn = None;
        self.shown.end();
        self.limiter.meter.count(&self.limiter.name, OfLimiter::Waited);
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.limiter.state);
        state.waiting = state.waiting.saturating_sub(1);
        if let Some(turn) = self.turn {
            state.meter.give_back(turn);
        }
    }
}

/// Lets an asynchronous call pass, after a wait if need be. The wait is boxed, and only when there is one, so that the
/// future of a call that passes at once stays small.
#[inline]
pub async fn admit(limiter: &RateLimiter) -> Result<(), Error> {
    if let Some(waiting) = limiter.ask(limiter.patience())? {
        Box::pin(wait(waiting)).await;
    }
    Ok(())
}

async fn wait(waiting: Waiting<'_>) {
    context::sleep(waiting.time).await;
    waiting.pass();
}

/// Lets a call pass that does not wait.
#[inline]
pub fn admit_now(limiter: &RateLimiter) -> Result<(), Error> {
    limiter.ask(Duration::ZERO).map(drop)
}

/// Lets a synchronous call pass, whose thread waits if need be.
pub fn admit_blocking(limiter: &RateLimiter) -> Result<(), Error> {
    if let Some(waiting) = limiter.ask(limiter.patience())? {
        time::sleep_blocking(waiting.time);
        waiting.pass();
    }
    Ok(())
}
