//! Every decision of every policy leaves the library here, and only here.
//!
//! The names of events and fields are part of the public interface (see the crate's documentation). No event
//! holds an argument or an error of the user.

use std::time::Duration;

use tracing::{Level, event};

use crate::classify::Category;

/// One decision.
#[derive(Debug)]
pub enum Event<'a> {
    Retry {
        function: &'static str,
        attempt: u32,
        max: u32,
        delay: Duration,
        category: Option<Category>,
    },
    Timeout {
        function: &'static str,
        limit: Duration,
    },
    BreakerOpen {
        name: &'a str,
        recovery: Duration,
    },
    BreakerHalfOpen {
        name: &'a str,
    },
    BreakerClose {
        name: &'a str,
    },
    BreakerConflict {
        name: &'a str,
        first: Location,
        second: Location,
    },
    Fallback {
        function: &'static str,
        step: u32,
    },
    #[cfg(feature = "cached")]
    CacheHit {
        name: &'a str,
    },
    #[cfg(feature = "cached")]
    CacheMiss {
        name: &'a str,
    },
    #[cfg(feature = "cached")]
    CacheStale {
        name: &'a str,
        reason: StaleReason,
    },
}

/// Why an expired value was given out.
#[cfg(feature = "cached")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaleReason {
    /// Another caller refreshes it.
    Revalidating,
    /// The body has failed.
    Failed,
}

/// Where an attribute stands in the user's source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location {
    pub file: &'static str,
    pub line: u32,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

const TARGET: &str = "resilience";

pub fn emit(event: &Event<'_>) {
    match *event {
        Event::Retry { function, attempt, max, delay, category } => event!(
            name: "retry", target: TARGET, Level::WARN,
            function, attempt, max, delay_ms = millis(delay),
            category = category.map_or("unclassified", Category::as_str),
            "attempt {attempt}/{max} failed, retrying in {delay:?}"
        ),
        Event::Timeout { function, limit } => event!(
            name: "timeout", target: TARGET, Level::WARN,
            function, limit_ms = millis(limit),
            "timed out after {limit:?}"
        ),
        Event::BreakerOpen { name, recovery } => event!(
            name: "breaker.open", target: TARGET, Level::WARN,
            breaker = name, recovery_ms = millis(recovery),
            "circuit breaker opened, probing in {recovery:?}"
        ),
        Event::BreakerHalfOpen { name } => event!(
            name: "breaker.half_open", target: TARGET, Level::INFO,
            breaker = name,
            "circuit breaker is probing"
        ),
        Event::BreakerClose { name } => event!(
            name: "breaker.close", target: TARGET, Level::INFO,
            breaker = name,
            "circuit breaker closed"
        ),
        Event::BreakerConflict { name, first, second } => event!(
            name: "breaker.conflict", target: TARGET, Level::ERROR,
            breaker = name, first = %first, second = %second,
            "two configurations under one name; the first one applies"
        ),
        Event::Fallback { function, step } => event!(
            name: "fallback", target: TARGET, Level::WARN,
            function, step,
            "answering with a fallback"
        ),
        #[cfg(feature = "cached")]
        Event::CacheHit { name } => event!(name: "cache.hit", target: TARGET, Level::TRACE, cache = name, "cache hit"),
        #[cfg(feature = "cached")]
        Event::CacheMiss { name } => {
            event!(name: "cache.miss", target: TARGET, Level::TRACE, cache = name, "cache miss");
        }
        #[cfg(feature = "cached")]
        Event::CacheStale { name, reason: StaleReason::Revalidating } => event!(
            name: "cache.stale", target: TARGET, Level::DEBUG,
            cache = name, reason = "revalidating",
            "answering with an expired value while it is refreshed"
        ),
        #[cfg(feature = "cached")]
        Event::CacheStale { name, reason: StaleReason::Failed } => event!(
            name: "cache.stale", target: TARGET, Level::WARN,
            cache = name, reason = "failed",
            "answering with an expired value, the body has failed"
        ),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
