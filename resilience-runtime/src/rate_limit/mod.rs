//! A pure cell rate algorithm behind a short lock, with turns that waiting calls take in advance.

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

use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use crate::emit::emit;
use crate::error::Error;
use crate::event::Event;
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
    inside: Mutex<Configured<Limit, RateLimiterState>>,
    meter: Meter<OfLimiter>,
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

    /// Returns its state at this moment.
    pub fn snapshot(&self) -> RateLimiterSnapshot {
        let (config, available, waiting, rejected) = {
            let Configured { config: Limit { config, quota }, state } = &*lock(&self.inside);
            (*config, state.available(*quota, time::now()), state.waiting(), state.rejected())
        };
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
    fn limited(&self, retry_after: Duration) -> Error {
        self.meter.count(&self.name, OfLimiter::Rejected);
        emit(&Event::RateLimit { name: &self.name, retry_after });
        Error::RateLimited { name: self.name.to_cow(), retry_after }
    }
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.snapshot(), f)
    }
}
