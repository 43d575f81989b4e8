#[cfg(feature = "axum")]
mod axum;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "serde")]
mod serialized;
#[cfg(feature = "tonic")]
mod tonic;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// The error of an attribute that ends a call itself.
///
/// The attributes never wrap or replace the error of the annotated function. If an attribute has to
/// fail, it converts this error into the error type of the function: through `E:
/// From<resilience::Error>`, or with `map_err = path`.
///
/// No variant and no message contains an argument of a call.
///
/// ```
/// #[derive(Debug, thiserror::Error)]
/// enum AskError {
///     #[error("the model is overloaded")]
///     Overloaded,
///     #[error(transparent)]
///     Resilience(#[from] resilience::Error),
/// }
///
/// const LIMIT: std::time::Duration = std::time::Duration::from_secs(30);
/// let rejected = AskError::from(resilience::Error::Timeout { limit: LIMIT, elapsed: LIMIT });
/// assert_eq!(rejected.to_string(), "timed out after 30s");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `#[timeout]` dropped the body, or the body reached a [`checkpoint`](crate::checkpoint) after
    /// the limit.
    #[error("timed out after {limit:?}")]
    Timeout {
        /// The limit that ended the call, as it is configured: that of the function itself, or a
        /// shorter one of a function that calls it.
        limit: Duration,
        /// The time from the start of that limit until the call ended. It is close to `limit`, unless
        /// the body blocks its thread or rarely reaches a checkpoint.
        elapsed: Duration,
    },
    /// `#[circuit_breaker]` rejected the call. The body did not run.
    #[error("circuit breaker `{name}` is {state}{}", rejects_until(*.state, *.retry_after))]
    CircuitOpen {
        /// The name of the breaker.
        name: Cow<'static, str>,
        /// Why it rejects calls: `Open`, `HalfOpen` while all probes are in progress, or
        /// `ForcedOpen`.
        state: BreakerState,
        /// The time until an open breaker admits a probe. If it is longer than a second, it may be too
        /// long by 20 milliseconds, and never too short.
        ///
        /// `None` while it is half-open, because it does not know when a probe ends, and while it is
        /// forced open.
        retry_after: Option<Duration>,
    },
    /// `#[bulkhead]` rejected the call: it had no free permit, and the queue was full or the wait
    /// too long. The body did not run.
    #[error("bulkhead `{name}` is full")]
    BulkheadFull {
        /// The name of the bulkhead.
        name: Cow<'static, str>,
    },
    /// `#[rate_limit]` rejected the call. The body did not run.
    #[error("rate limit `{name}` is reached, next call in {retry_after:?}")]
    RateLimited {
        /// The name of the rate limiter.
        name: Cow<'static, str>,
        /// The time until the next call can pass, unless another call passes first. If it is longer
        /// than 100 milliseconds, it may be too long by 20, and never too short.
        retry_after: Duration,
    },
    /// `#[rate_limit]` rejected the call, because its `cost` is above `burst`. The body did not run,
    /// and no wait would change that.
    #[error("rate limit `{name}` never admits a cost of {cost}, because at most {burst} may pass at once")]
    CostAboveBurst {
        /// The name of the rate limiter.
        name: Cow<'static, str>,
        /// The cost of the call.
        cost: u64,
        /// The largest cost that can pass.
        burst: u32,
    },
    /// `#[rate_limit(on_outage = "closed")]` rejected the call, because its store does not answer. The
    /// body did not run.
    #[error("rate limit `{name}` rejects all calls while its store is away, next attempt in {retry_after:?}")]
    StoreAway {
        /// The name of the rate limiter.
        name: Cow<'static, str>,
        /// The time until the store is asked again.
        retry_after: Duration,
    },
    /// `#[timeout(mode = "thread")]` had no thread for the body: `max_threads` bodies run, too many of
    /// them past their limit, or the system has no thread left. The body did not run.
    #[error("no thread for `{function}`; bodies of other calls running: {running}, past their limit: {abandoned}")]
    NoThread {
        /// The path of the function.
        function: &'static str,
        /// The number of bodies of other calls that are running.
        running: u32,
        /// The number of those bodies that are past their limit, and whose callers have returned.
        abandoned: u32,
    },
    /// The process is [shutting down](crate::shutdown): a bulkhead or a rate limit does not let the
    /// call wait, or a cache has no entry for it and begins no load. The body did not run.
    #[error("`{name}` rejected the call, because the process is shutting down")]
    ShuttingDown {
        /// The name of the bulkhead, the rate limiter or the cache.
        name: Cow<'static, str>,
    },
}

fn rejects_until(state: BreakerState, retry_after: Option<Duration>) -> String {
    match (state, retry_after) {
        (_, Some(wait)) => format!(", next probe in {wait:?}"),
        (BreakerState::HalfOpen, None) => ", all probes are in progress".to_owned(),
        (_, None) => String::new(),
    }
}

/// The state of a circuit breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum BreakerState {
    /// Calls pass.
    Closed,
    /// Calls are rejected.
    Open,
    /// Probes pass; other calls are rejected.
    HalfOpen,
    /// Calls are rejected until [`reset`](crate::CircuitBreaker::reset) or
    /// [`close`](crate::CircuitBreaker::close).
    ForcedOpen,
    /// Every call passes, and nothing is counted.
    Disabled,
}

impl BreakerState {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half-open",
            Self::ForcedOpen => "forced open",
            Self::Disabled => "disabled",
        }
    }
}

impl fmt::Display for BreakerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Error {
    /// Returns a stable identifier for metrics and API responses: `timeout`, `circuit_open`,
    /// `bulkhead_full`, `rate_limited`, `cost_above_burst`, `store_away`, `no_thread` or
    /// `shutting_down`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Timeout { .. } => "timeout",
            Self::CircuitOpen { .. } => "circuit_open",
            Self::NoThread { .. } => "no_thread",
            Self::BulkheadFull { .. } => "bulkhead_full",
            Self::RateLimited { .. } => "rate_limited",
            Self::CostAboveBurst { .. } => "cost_above_burst",
            Self::ShuttingDown { .. } => "shutting_down",
            Self::StoreAway { .. } => "store_away",
        }
    }

    /// Returns whether the call may succeed later: `true` for every variant but `CostAboveBurst`.
    ///
    /// If [`retry_after`](Self::retry_after) returns a time, wait for it first. After `ShuttingDown`, another
    /// process may answer.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Timeout { .. }
            | Self::CircuitOpen { .. }
            | Self::BulkheadFull { .. }
            | Self::RateLimited { .. }
            | Self::StoreAway { .. }
            | Self::NoThread { .. }
            | Self::ShuttingDown { .. } => true,
            Self::CostAboveBurst { .. } => false,
        }
    }

    /// Returns the time to wait before the call can be admitted, if it is known.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::CircuitOpen { retry_after, .. } => *retry_after,
            Self::RateLimited { retry_after, .. } | Self::StoreAway { retry_after, .. } => Some(*retry_after),
            Self::Timeout { .. }
            | Self::BulkheadFull { .. }
            | Self::CostAboveBurst { .. }
            | Self::NoThread { .. }
            | Self::ShuttingDown { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_hints_and_messages_are_stable() {
        let (limit, elapsed) = (Duration::from_millis(1500), Duration::from_millis(1503));
        let timeout = Error::Timeout { limit, elapsed };
        let rejected = |state, retry_after| Error::CircuitOpen { name: "llm".into(), state, retry_after };
        let open = rejected(BreakerState::Open, Some(Duration::from_secs(7)));
        assert_eq!((timeout.code(), open.code()), ("timeout", "circuit_open"));
        assert_eq!((timeout.retry_after(), open.retry_after()), (None, Some(Duration::from_secs(7))));
        assert!(timeout.is_retryable() && open.is_retryable());
        assert_eq!(timeout.to_string(), "timed out after 1.5s");
        assert_eq!(open.to_string(), "circuit breaker `llm` is open, next probe in 7s");
        let (probing, held) = (rejected(BreakerState::HalfOpen, None), rejected(BreakerState::ForcedOpen, None));
        assert_eq!(probing.to_string(), "circuit breaker `llm` is half-open, all probes are in progress");
        assert_eq!(held.to_string(), "circuit breaker `llm` is forced open");
        assert_eq!((probing.retry_after(), held.retry_after()), (None, None));
    }

    #[test]
    fn a_rejection_names_the_gate_and_the_time_to_wait() {
        let full = Error::BulkheadFull { name: "db".into() };
        let limited = Error::RateLimited { name: "api".into(), retry_after: Duration::from_millis(250) };
        assert_eq!((full.code(), limited.code()), ("bulkhead_full", "rate_limited"));
        assert_eq!((full.retry_after(), limited.retry_after()), (None, Some(Duration::from_millis(250))));
        assert!(full.is_retryable() && limited.is_retryable());
        assert_eq!(full.to_string(), "bulkhead `db` is full");
        assert_eq!(limited.to_string(), "rate limit `api` is reached, next call in 250ms");
        let never = Error::CostAboveBurst { name: "api".into(), cost: 11, burst: 10 };
        assert_eq!((never.code(), never.retry_after(), never.is_retryable()), ("cost_above_burst", None, false));
        let text = "rate limit `api` never admits a cost of 11, because at most 10 may pass at once";
        assert_eq!(never.to_string(), text);
        let ends = Error::ShuttingDown { name: "db".into() };
        assert_eq!((ends.code(), ends.retry_after(), ends.is_retryable()), ("shutting_down", None, true));
        assert_eq!(ends.to_string(), "`db` rejected the call, because the process is shutting down");
    }
}
