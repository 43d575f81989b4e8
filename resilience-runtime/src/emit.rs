//! Emits events to their listeners: observers, metrics and `tracing`.
//!
//! The names of events and fields are part of the public interface and documented in `docs/observability.md`.

use std::time::Duration;

use tracing::level_filters::LevelFilter;
use tracing::{Level, event};

use crate::context::observer;
use crate::event::Event;
use crate::metrics;

const TARGET: &str = "resilience";

#[inline]
pub fn emit(event: &Event<'_>) {
    if observer::is_active() || has_other_listeners(event) {
        dispatch(event);
    }
}

/// For an event that most subscribers do not want. It is made if somebody listens: a name may have to
/// be found.
#[inline]
pub fn emit_at<'a>(level: Level, event: impl FnOnce() -> Event<'a>) {
    if observer::is_active() || LevelFilter::current() >= level {
        dispatch(&event());
    }
}

/// A constant at each inlined call.
#[inline]
const fn has_other_listeners(event: &Event<'_>) -> bool {
    !matches!(event, Event::Attempt | Event::BreakerAdmitted { .. })
}

// `event!` and `millis` come from the place of expansion: here, or the recorder of `testing`.
#[rustfmt::skip]
macro_rules! event_table { ($event:expr) => {{
    #[cfg(feature = "cached")]
    use $crate::event::StaleReason;
    use $crate::event::{Event, GateKind, RetryEnd, StateKind};
    match $event {
        Event::Attempt | Event::BreakerAdmitted { .. } => {}
        Event::Retry { function, attempt, max, delay, category, error } => event!(
            name: "retry", target: TARGET, Level::WARN,
            function, attempt, max, delay_ms = millis(delay),
            category = category.map_or("unclassified", $crate::classify::Category::as_str),
            error = error.map(tracing::field::display),
            "attempt {attempt}/{max} failed, retrying in {delay:?}"
        ),
        Event::RetryExhausted { function, attempts, reason: RetryEnd::Permanent, .. } => event!(
            name: "retry.exhausted", target: TARGET, Level::DEBUG,
            function, attempts, reason = RetryEnd::Permanent.as_str(),
            "failed, and not worth a retry"
        ),
        Event::RetryExhausted { function, attempts, reason, budget } => event!(
            name: "retry.exhausted", target: TARGET, Level::WARN,
            function, attempts, reason = reason.as_str(), budget = budget.map(tracing::field::display),
            "failed, and not retried again"
        ),
        Event::Timeout { function, limit } => event!(
            name: "timeout", target: TARGET, Level::WARN,
            function, limit_ms = millis(limit),
            "timed out after {limit:?}"
        ),
        Event::BreakerRejected { name, state, retry_after } => event!(
            name: "breaker.rejected", target: TARGET, Level::DEBUG,
            breaker = name, state = state.as_str(), retry_after_ms = retry_after.map(millis),
            "circuit breaker rejected the call"
        ),
        Event::BreakerOpen { name, recovery, generation, error } => event!(
            name: "breaker.open", target: TARGET, Level::WARN,
            breaker = name, generation, recovery_ms = millis(recovery), error = error.map(tracing::field::display),
            "circuit breaker opened, probing in {recovery:?}"
        ),
        Event::BreakerHalfOpen { name, generation } => event!(
            name: "breaker.half_open", target: TARGET, Level::INFO,
            breaker = name, generation,
            "circuit breaker is probing"
        ),
        Event::BreakerClose { name, generation } => event!(
            name: "breaker.close", target: TARGET, Level::INFO,
            breaker = name, generation,
            "circuit breaker closed"
        ),
        Event::Conflict { kind: StateKind::Gate(GateKind::CircuitBreaker), name, first, second, settings } => event!(
            name: "breaker.conflict", target: TARGET, Level::ERROR,
            breaker = name, first = %first, second = %second,
            first_settings = &*settings.first,
            second_settings = &*settings.second,
            applies = if settings.second_applies { "second" } else { "first" },
            "two configurations under one name"
        ),
        Event::KeysFull { gate: GateKind::CircuitBreaker, name, max } => event!(
            name: "breaker.keys_full", target: TARGET, Level::WARN,
            breaker = name, max_keys = max,
            "all {max} circuit breakers are open or in use; further keys pass without one"
        ),
        Event::BulkheadFull { name } => event!(
            name: "bulkhead.full", target: TARGET, Level::WARN,
            bulkhead = name,
            "bulkhead is full, call rejected"
        ),
        Event::KeysFull { gate: GateKind::Bulkhead, name, max } => event!(
            name: "bulkhead.keys_full", target: TARGET, Level::WARN,
            bulkhead = name, max_keys = max,
            "all {max} bulkheads are in use; further keys share one"
        ),
        Event::Conflict { kind: StateKind::Gate(GateKind::Bulkhead), name, first, second, settings } => event!(
            name: "bulkhead.conflict", target: TARGET, Level::ERROR,
            bulkhead = name, first = %first, second = %second,
            first_settings = &*settings.first,
            second_settings = &*settings.second,
            applies = if settings.second_applies { "second" } else { "first" },
            "two configurations under one name"
        ),
        Event::RateLimit { name, retry_after } => event!(
            name: "rate_limit", target: TARGET, Level::WARN,
            limiter = name, retry_after_ms = millis(retry_after),
            "rate limit reached, call rejected; the next one passes in {retry_after:?}"
        ),
        Event::KeysFull { gate: GateKind::RateLimit, name, max } => event!(
            name: "rate_limit.keys_full", target: TARGET, Level::WARN,
            limiter = name, max_keys = max,
            "all {max} rate limits are in use or used up; further keys share one"
        ),
        Event::Conflict { kind: StateKind::Gate(GateKind::RateLimit), name, first, second, settings } => event!(
            name: "rate_limit.conflict", target: TARGET, Level::ERROR,
            limiter = name, first = %first, second = %second,
            first_settings = &*settings.first,
            second_settings = &*settings.second,
            applies = if settings.second_applies { "second" } else { "first" },
            "two configurations under one name"
        ),
        Event::NameClash { name, first, second } => event!(
            name: "function.conflict", target: TARGET, Level::ERROR,
            function = name, first = %first, second = %second,
            "two functions have one name; both carry their line now"
        ),
        Event::Fallback { function, step, error } => event!(
            name: "fallback", target: TARGET, Level::WARN,
            function, step, error = error.map(tracing::field::display),
            "answering with a fallback"
        ),
        #[cfg(feature = "cached")]
        Event::Conflict { kind: StateKind::Cache, name, first, second, settings } => event!(
            name: "cache.conflict", target: TARGET, Level::ERROR,
            cache = name, first = %first, second = %second,
            first_settings = &*settings.first,
            second_settings = &*settings.second,
            applies = if settings.second_applies { "second" } else { "first" },
            "two configurations under one name"
        ),
        #[cfg(feature = "cached")]
        Event::CacheHit { name } => event!(name: "cache.hit", target: TARGET, Level::TRACE, cache = name, "cache hit"),
        #[cfg(feature = "cached")]
        Event::CacheMiss { name } => {
            event!(name: "cache.miss", target: TARGET, Level::TRACE, cache = name, "cache miss");
        }
        #[cfg(feature = "cached")]
        Event::CacheSkipped { name, reason } => event!(
            name: "cache.skipped", target: TARGET, Level::DEBUG,
            cache = name, reason = reason.as_str(),
            "an answer was not stored"
        ),
        #[cfg(feature = "cached")]
        Event::CacheStale { name, reason: StaleReason::Revalidating, .. } => event!(
            name: "cache.stale", target: TARGET, Level::DEBUG,
            cache = name, reason = "revalidating",
            "answering with an expired value while it is refreshed"
        ),
        #[cfg(feature = "cached")]
        Event::CacheStale { name, reason: StaleReason::Failed, error } => event!(
            name: "cache.stale", target: TARGET, Level::WARN,
            cache = name, reason = "failed", error = error.map(tracing::field::display),
            "answering with an expired value, the body has failed"
        ),
    }
}} }
#[cfg(feature = "testing")]
pub(crate) use event_table;

#[cold]
#[inline(never)]
fn dispatch(event: &Event<'_>) {
    observer::on_event(event);
    metrics::on_event(event);
    #[cfg(feature = "dashboard")]
    crate::activity::on_event(event);
    event_table!(*event);
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
