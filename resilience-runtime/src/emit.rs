//! Emits events to their listeners: observers, metrics and `tracing`.
//!
//! The names of events and fields are part of the public interface and documented in `docs/observability.md`.

mod repeats;

use std::time::Duration;

use tracing::Level;
use tracing::level_filters::LevelFilter;

use crate::context::observer;
use crate::event::Event;
use crate::metrics;

#[cfg(feature = "testing")]
pub(crate) use repeats::forget_all as forget_repeats;

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
pub fn emit_at(level: Level, make: impl FnOnce(fn(&Event<'_>))) {
    if is_heard(level) {
        make(dispatch);
    }
}

/// [`emit_at`], for an event that metrics count.
#[inline]
pub fn emit_counted(level: Level, make: impl FnOnce(fn(&Event<'_>))) {
    if cfg!(feature = "metrics") || is_heard(level) {
        make(dispatch);
    }
}

/// Returns whether somebody may listen to events of the level.
#[inline]
pub fn is_heard(level: Level) -> bool {
    observer::is_active() || LevelFilter::current() >= level
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
        Event::Retry { function, attempt, max_attempts, delay, category, error } => event!(
            name: "retry", target: TARGET, Level::WARN,
            function, attempt, max_attempts, delay_ms = millis(delay),
            category = category.map_or("unclassified", $crate::classify::Category::as_str),
            error = error.map(tracing::field::display),
            "attempt failed, and is retried"
        ),
        Event::RetryExhausted { function, attempts, reason: RetryEnd::Permanent, .. } => event!(
            name: "retry.exhausted", target: TARGET, Level::DEBUG,
            function, attempts, reason = RetryEnd::Permanent.as_str(),
            "failed, and not worth a retry"
        ),
        Event::RetryExhausted { function, attempts, reason, budget } => event!(
            name: "retry.exhausted", target: TARGET, Level::WARN,
            function, attempts, reason = reason.as_str(), budget = budget.map(|name| tracing::field::display($crate::one_line::OneLine(name))),
            "failed, and not retried again"
        ),
        Event::ShutdownRejected { name, function } => event!(
            name: "shutdown.rejected", target: TARGET, Level::DEBUG,
            function, name,
            "the process is shutting down, call rejected"
        ),
        Event::ShutdownBegun { calls, waiting } => event!(
            name: "shutdown.begun", target: TARGET, Level::INFO,
            calls, waiting,
            "the process is shutting down"
        ),
        Event::ShutdownFinished { elapsed, finished, left } => event!(
            name: "shutdown.finished", target: TARGET, Level::INFO,
            elapsed_ms = millis(elapsed), finished, left,
            "the calls in progress have ended, or the time is over"
        ),
        Event::Timeout { function, limit } => event!(
            name: "timeout", target: TARGET, Level::WARN,
            function, limit_ms = millis(limit),
            "timed out"
        ),
        Event::BreakerRejected { name, function, state, retry_after } => event!(
            name: "breaker.rejected", target: TARGET, Level::DEBUG,
            function, breaker = name, state = state.as_str(), retry_after_ms = retry_after.map(millis),
            "circuit breaker rejected the call"
        ),
        Event::BreakerOpen { name, function, recovery, generation, error } => event!(
            name: "breaker.open", target: TARGET, Level::WARN,
            function, breaker = name, generation, recovery_ms = millis(recovery), error = error.map(tracing::field::display),
            "circuit breaker opened"
        ),
        Event::BreakerHalfOpen { name, function, generation } => event!(
            name: "breaker.half_open", target: TARGET, Level::INFO,
            function, breaker = name, generation,
            "circuit breaker probes"
        ),
        Event::BreakerClose { name, function, generation } => event!(
            name: "breaker.close", target: TARGET, Level::INFO,
            function, breaker = name, generation,
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
        Event::KeysFull { gate: GateKind::CircuitBreaker, name, function, max } => event!(
            name: "breaker.keys_full", target: TARGET, Level::WARN,
            function, breaker = name, max_keys = max,
            "all circuit breakers are open or in use; further keys pass without one"
        ),
        Event::BreakerWindowRestarted { name } => event!(
            name: "breaker.window_restarted", target: TARGET, Level::INFO,
            breaker = name,
            "the window of the circuit breaker has another size, and starts empty"
        ),
        #[cfg(feature = "config")]
        Event::SettingsApplied { settings } => event!(
            name: "config.applied", target: TARGET, Level::INFO,
            settings,
            "settings applied"
        ),
        #[cfg(feature = "config")]
        Event::SettingsRejected { problems, first } => event!(
            name: "config.rejected", target: TARGET, Level::ERROR,
            problems, first,
            "settings rejected, the earlier ones go on"
        ),
        #[cfg(feature = "config")]
        Event::UnknownName { name, place, problem, is_near_another: true } => event!(
            name: "config.unknown_name", target: TARGET, Level::WARN,
            name, place, problem,
            "settings for a name that has not been used, and is nearly another one"
        ),
        #[cfg(feature = "config")]
        Event::UnknownName { name, place, problem, is_near_another: false } => event!(
            name: "config.unknown_name", target: TARGET, Level::DEBUG,
            name, place, problem,
            "settings wait for a name that has not been used yet"
        ),
        #[cfg(feature = "config")]
        Event::InvalidSettings { name, attribute, place, problem } => event!(
            name: "config.invalid", target: TARGET, Level::ERROR,
            name, attribute, place, problem,
            "settings do not fit this attribute, which goes on with what is written"
        ),
        Event::BulkheadFull { name, function } => event!(
            name: "bulkhead.full", target: TARGET, Level::WARN,
            function, bulkhead = name,
            "bulkhead is full, call rejected"
        ),
        Event::KeysFull { gate: GateKind::Bulkhead, name, function, max } => event!(
            name: "bulkhead.keys_full", target: TARGET, Level::WARN,
            function, bulkhead = name, max_keys = max,
            "all bulkheads are in use; further keys share one"
        ),
        Event::Conflict { kind: StateKind::Gate(GateKind::Bulkhead), name, first, second, settings } => event!(
            name: "bulkhead.conflict", target: TARGET, Level::ERROR,
            bulkhead = name, first = %first, second = %second,
            first_settings = &*settings.first,
            second_settings = &*settings.second,
            applies = if settings.second_applies { "second" } else { "first" },
            "two configurations under one name"
        ),
        Event::RateLimit { name, function, retry_after } => event!(
            name: "rate_limit", target: TARGET, Level::WARN,
            function, limiter = name, retry_after_ms = millis(retry_after),
            "rate limit reached, call rejected"
        ),
        Event::RateLimitHeld { name, function, time } => event!(
            name: "rate_limit.held", target: TARGET, Level::WARN,
            function, limiter = name, held_ms = millis(time),
            "the server asks to wait, holding all calls back"
        ),
        Event::CostAboveBurst { name, function, cost, burst } => event!(
            name: "rate_limit.cost_above_burst", target: TARGET, Level::WARN,
            function, limiter = name, cost, burst,
            "call rejected, because it costs more than may pass at once"
        ),
        #[cfg(feature = "store")]
        Event::RateLimitAway { name, function, retry_after } => event!(
            name: "rate_limit.store_away", target: TARGET, Level::WARN,
            function, limiter = name, retry_after_ms = millis(retry_after),
            "the store of the rate limit is away, call rejected"
        ),
        Event::KeysFull { gate: GateKind::RateLimit, name, function, max } => event!(
            name: "rate_limit.keys_full", target: TARGET, Level::WARN,
            function, limiter = name, max_keys = max,
            "all rate limits are in use or used up; further keys share one"
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
        #[cfg(feature = "store")]
        Event::StoreAway { name, problem } => event!(
            name: "store.away", target: TARGET, Level::WARN,
            store = name, problem,
            "the engine of shared state is away, going on with the state of this process"
        ),
        #[cfg(feature = "store")]
        Event::StoreConnected { name } => event!(
            name: "store.connected", target: TARGET, Level::INFO,
            store = name,
            "the engine of shared state answers"
        ),
        #[cfg(feature = "store")]
        Event::StoreRefused { name, requests, problem } => event!(
            name: "store.refused", target: TARGET, Level::WARN,
            store = name, requests, problem,
            "the engine of shared state refuses requests, going on with the state of this process"
        ),
        #[cfg(feature = "store")]
        Event::StoreDropped { name, updates, problem } => event!(
            name: "store.dropped", target: TARGET, Level::WARN,
            store = name, updates, problem,
            "changes of shared state are dropped"
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
        Event::CacheHit { name, function } => {
            event!(name: "cache.hit", target: TARGET, Level::TRACE, function, cache = name, "cache hit");
        }
        #[cfg(all(feature = "cached", feature = "store"))]
        Event::CacheFarHit { name, function } => event!(
            name: "cache.far_hit", target: TARGET, Level::TRACE,
            function, cache = name,
            "hit in the store"
        ),
        #[cfg(all(feature = "cached", feature = "store"))]
        Event::CacheFarMiss { name, function } => event!(
            name: "cache.far_miss", target: TARGET, Level::TRACE,
            function, cache = name,
            "miss in the store"
        ),
        #[cfg(all(feature = "cached", feature = "store"))]
        Event::CacheUnreadable { name, function, problem } => event!(
            name: "cache.unreadable", target: TARGET, Level::WARN,
            function, cache = name, problem,
            "the store has something else than a value of this cache"
        ),
        #[cfg(feature = "cached")]
        Event::CacheMiss { name, function } => {
            event!(name: "cache.miss", target: TARGET, Level::TRACE, function, cache = name, "cache miss");
        }
        #[cfg(feature = "cached")]
        Event::CacheSkipped { name, function, reason } => event!(
            name: "cache.skipped", target: TARGET, Level::DEBUG,
            function, cache = name, reason = reason.as_str(),
            "an answer was not stored"
        ),
        #[cfg(feature = "cached")]
        Event::CacheStale { name, function, reason: StaleReason::Revalidating, .. } => event!(
            name: "cache.stale", target: TARGET, Level::DEBUG,
            function, cache = name, reason = "revalidating",
            "answering with an expired value while it is refreshed"
        ),
        #[cfg(feature = "cached")]
        Event::CacheStale { name, function, reason: StaleReason::Shutdown, .. } => event!(
            name: "cache.stale", target: TARGET, Level::DEBUG,
            function, cache = name, reason = "shutdown",
            "answering with an expired value, because the process is shutting down"
        ),
        #[cfg(feature = "cached")]
        Event::CacheStale { name, function, reason: StaleReason::Failed, error } => event!(
            name: "cache.stale", target: TARGET, Level::WARN,
            function, cache = name, reason = "failed", error = error.map(tracing::field::display),
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
    trace(event);
}

/// A text log shows no name of an event, so a field has it. What would repeat itself in each call of an outage
/// is DEBUG, but once a second.
fn trace(event: &Event<'_>) {
    let subject = event.subject();
    macro_rules! event {
        (name: $name:literal, target: $target:expr, Level::WARN, $($fields:tt)*) => {
            event!(once_a_second $name, $target, Level::WARN, $($fields)*)
        };
        (name: $name:literal, target: $target:expr, Level::INFO, $($fields:tt)*) => {
            event!(once_a_second $name, $target, Level::INFO, $($fields)*)
        };
        (name: $name:literal, target: $target:expr, $level:expr, $($fields:tt)*) => {
            tracing::event!(name: $name, target: $target, $level, event = $name, $($fields)*)
        };
        (once_a_second $name:literal, $target:expr, $level:expr, $($fields:tt)*) => {
            if LevelFilter::current() >= $level {
                match repeats::shown($name, subject) {
                    Some(suppressed) => tracing::event!(
                        name: $name, target: $target, $level,
                        event = $name, suppressed = (suppressed > 0).then_some(suppressed), $($fields)*
                    ),
                    None => tracing::event!(
                        name: $name, target: $target, Level::DEBUG, event = $name, $($fields)*
                    ),
                }
            }
        };
    }
    event_table!(*event);
}

/// Rounded up: a call that comes back in this time is not too early, and no delay looks like none.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
