//! Every decision of every policy leaves the library here, and only here.
//!
//! The names of events and fields are part of the public interface: the README lists them. No event holds an argument, and an
//! error of the user only where an attribute says `log_errors = true`.

use std::time::Duration;

#[cfg(feature = "cached")]
use tracing::level_filters::LevelFilter;
use tracing::{Level, event};

use crate::BreakerState;
use crate::classify::Category;
use crate::specialize::log_error::Said;
#[cfg(feature = "testing")]
use crate::testing;
use crate::{metrics, observe};

/// One decision.
#[derive(Debug)]
pub enum Event<'a> {
    /// The first attempt of a retried call begins. For observers alone, as nothing has been decided.
    Attempt,
    /// A breaker has been asked, and this is how it was found. For observers alone.
    BreakerAsked {
        state: BreakerState,
    },
    Retry {
        function: &'static str,
        attempt: u32,
        max: u32,
        delay: Duration,
        category: Option<Category>,
        error: Option<Said<'a>>,
    },
    RetryBudget {
        function: &'static str,
        budget: &'static str,
    },
    /// A failure that was worth another attempt is returned. For metrics alone, as the caller is told by the failure.
    GaveUp {
        function: &'static str,
        reason: GaveUp,
    },
    Timeout {
        function: &'static str,
        limit: Duration,
    },
    BreakerOpen {
        name: &'a str,
        recovery: Duration,
        generation: u32,
        error: Option<Said<'a>>,
    },
    BreakerHalfOpen {
        name: &'a str,
        generation: u32,
    },
    BreakerClose {
        name: &'a str,
        generation: u32,
    },
    BreakerConflict {
        name: &'a str,
        first: Location,
        second: Location,
    },
    BreakerKeysFull {
        name: &'a str,
        max: u32,
    },
    BulkheadFull {
        name: &'a str,
    },
    BulkheadKeysFull {
        name: &'a str,
        max: u32,
    },
    BulkheadConflict {
        name: &'a str,
        first: Location,
        second: Location,
    },
    RateLimit {
        name: &'a str,
        retry_after: Duration,
    },
    RateLimitKeysFull {
        name: &'a str,
        max: u32,
    },
    RateLimitConflict {
        name: &'a str,
        first: Location,
        second: Location,
    },
    Fallback {
        function: &'static str,
        step: u32,
        error: Option<Said<'a>>,
    },
    #[cfg(feature = "cached")]
    CacheConflict {
        name: &'a str,
        first: Location,
        second: Location,
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
        error: Option<Said<'a>>,
    },
}

/// Why a retry does not call again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GaveUp {
    /// There have been as many attempts as there may be.
    Attempts,
    /// The pause does not fit into a limit of time.
    Time,
    /// A layer further in would reject the call again.
    Rejected,
    /// The budget is empty.
    Budget,
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

/// Tells observers what is no event of its own, while there are any.
#[inline]
pub fn note(event: &Event<'_>) {
    if observe::is_active() {
        observe::record(event);
    }
}

/// The same as [`emit`], for what happens in nearly every call: whether anybody listens is asked in place.
#[cfg(feature = "cached")]
#[inline]
pub fn emit_trace(event: &Event<'_>) {
    #[cold]
    #[inline(never)]
    fn heard(event: &Event<'_>) {
        emit(event);
    }
    if observe::is_active() || LevelFilter::current() >= Level::TRACE {
        heard(event);
    }
}

// The names and fields of all events, said once: `event!` is tracing's in `emit`, and that of the recorder in `recorded`.
// Its lines are not moved, as they are a table.
#[rustfmt::skip]
macro_rules! rows { ($event:expr) => {
    match $event {
        Event::Attempt | Event::BreakerAsked { .. } | Event::GaveUp { .. } => {}
        Event::Retry { function, attempt, max, delay, category, error } => event!(
            name: "retry", target: TARGET, Level::WARN,
            function, attempt, max, delay_ms = millis(delay),
            category = category.map_or("unclassified", Category::as_str),
            error = error.map(tracing::field::display),
            "attempt {attempt}/{max} failed, retrying in {delay:?}"
        ),
        Event::RetryBudget { function, budget } => event!(
            name: "retry.budget", target: TARGET, Level::WARN,
            function, budget,
            "the retry budget is empty, giving up"
        ),
        Event::Timeout { function, limit } => event!(
            name: "timeout", target: TARGET, Level::WARN,
            function, limit_ms = millis(limit),
            "timed out after {limit:?}"
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
        Event::BreakerConflict { name, first, second } => event!(
            name: "breaker.conflict", target: TARGET, Level::ERROR,
            breaker = name, first = %first, second = %second,
            "two configurations under one name; the first one applies"
        ),
        Event::BreakerKeysFull { name, max } => event!(
            name: "breaker.keys_full", target: TARGET, Level::WARN,
            breaker = name, max_keys = max,
            "all {max} circuit breakers are open or in use; further keys pass without one"
        ),
        Event::BulkheadFull { name } => event!(
            name: "bulkhead.full", target: TARGET, Level::WARN,
            bulkhead = name,
            "bulkhead is full, call rejected"
        ),
        Event::BulkheadKeysFull { name, max } => event!(
            name: "bulkhead.keys_full", target: TARGET, Level::WARN,
            bulkhead = name, max_keys = max,
            "all {max} bulkheads are in use; further keys share one"
        ),
        Event::BulkheadConflict { name, first, second } => event!(
            name: "bulkhead.conflict", target: TARGET, Level::ERROR,
            bulkhead = name, first = %first, second = %second,
            "two configurations under one name; the first one applies"
        ),
        Event::RateLimit { name, retry_after } => event!(
            name: "rate_limit", target: TARGET, Level::WARN,
            limiter = name, retry_after_ms = millis(retry_after),
            "rate limit reached, call rejected; the next one passes in {retry_after:?}"
        ),
        Event::RateLimitKeysFull { name, max } => event!(
            name: "rate_limit.keys_full", target: TARGET, Level::WARN,
            limiter = name, max_keys = max,
            "all {max} rate limits are in use or used up; further keys share one"
        ),
        Event::RateLimitConflict { name, first, second } => event!(
            name: "rate_limit.conflict", target: TARGET, Level::ERROR,
            limiter = name, first = %first, second = %second,
            "two configurations under one name; the first one applies"
        ),
        Event::Fallback { function, step, error } => event!(
            name: "fallback", target: TARGET, Level::WARN,
            function, step, error = error.map(tracing::field::display),
            "answering with a fallback"
        ),
        #[cfg(feature = "cached")]
        Event::CacheConflict { name, first, second } => event!(
            name: "cache.conflict", target: TARGET, Level::ERROR,
            cache = name, first = %first, second = %second,
            "two configurations under one name; the first one applies"
        ),
        #[cfg(feature = "cached")]
        Event::CacheHit { name } => event!(name: "cache.hit", target: TARGET, Level::TRACE, cache = name, "cache hit"),
        #[cfg(feature = "cached")]
        Event::CacheMiss { name } => {
            event!(name: "cache.miss", target: TARGET, Level::TRACE, cache = name, "cache miss");
        }
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
} }

pub fn emit(event: &Event<'_>) {
    note(event);
    metrics::count(event);
    rows!(*event);
}

/// What a recorder keeps of an event; `None` for what is none to tracing.
#[cfg(feature = "testing")]
pub fn recorded(event: &Event<'_>) -> Option<testing::Event> {
    /// As it is, where tracing gets a number.
    const fn millis(duration: Duration) -> Duration {
        duration
    }

    let mut recorded = None;
    #[allow(unused_macro_rules, reason = "as much as the rows need")]
    macro_rules! event {
        (name: $name:literal, target: $target:expr, $level:expr, $($fields:tt)*) => {{
            let event = testing::Event::new($name);
            event!(@ event; $($fields)*);
        }};
        (@ $event:expr; $message:literal) => { recorded = Some($event) };
        (@ $event:expr; $key:ident = % $value:expr, $($rest:tt)*) => {
            event!(@ $event.with(stringify!($key), $value.to_string()); $($rest)*)
        };
        (@ $event:expr; $key:ident = $value:ident.map(tracing::field::display), $($rest:tt)*) => {{
            let (event, value) = ($event, $value.map(|value| value.to_string()));
            let event = match value {
                Some(value) => event.with(stringify!($key), value),
                None => event,
            };
            event!(@ event; $($rest)*)
        }};
        (@ $event:expr; $key:ident = $value:expr, $($rest:tt)*) => {
            event!(@ $event.with(stringify!($key), $value); $($rest)*)
        };
        (@ $event:expr; $key:ident, $($rest:tt)*) => { event!(@ $event.with(stringify!($key), $key); $($rest)*) };
    }
    rows!(*event);
    recorded
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(all(test, feature = "cached", feature = "testing"))]
mod tests {
    use std::fmt::Debug;
    use std::sync::{Arc, Mutex};

    use tracing::field::{Field, Visit};
    use tracing::{Metadata, Subscriber, span};

    use super::*;
    use crate::sync::lock;

    const AT: Location = Location { file: "src/shop.rs", line: 7 };
    const ERROR: Said<'static> = Said::Alone(&"down");
    const TIME: Duration = Duration::from_millis(1_500);

    /// One of each.
    fn all() -> Vec<Event<'static>> {
        let (name, function, generation, max) = ("shop", "shop::price", 3, 9);
        let (first, second) = (AT, Location { line: 8, ..AT });
        vec![
            Event::Retry {
                function,
                attempt: 1,
                max: 4,
                delay: TIME,
                category: Some(Category::Network),
                error: Some(ERROR),
            },
            Event::Retry { function, attempt: 2, max: 4, delay: TIME, category: None, error: None },
            Event::RetryBudget { function, budget: "calls" },
            Event::Timeout { function, limit: TIME },
            Event::BreakerOpen { name, recovery: TIME, generation, error: Some(ERROR) },
            Event::BreakerHalfOpen { name, generation },
            Event::BreakerClose { name, generation },
            Event::BreakerConflict { name, first, second },
            Event::BreakerKeysFull { name, max },
            Event::BulkheadFull { name },
            Event::BulkheadKeysFull { name, max },
            Event::BulkheadConflict { name, first, second },
            Event::RateLimit { name, retry_after: TIME },
            Event::RateLimitKeysFull { name, max },
            Event::RateLimitConflict { name, first, second },
            Event::Fallback { function, step: 1, error: Some(ERROR) },
            Event::CacheConflict { name, first, second },
            Event::CacheHit { name },
            Event::CacheMiss { name },
            Event::CacheStale { name, reason: StaleReason::Failed, error: Some(ERROR) },
            Event::CacheStale { name, reason: StaleReason::Revalidating, error: None },
        ]
    }

    /// A new event fails to compile here, and belongs into `all`.
    const fn is_in_all(event: &Event<'_>) -> bool {
        match event {
            Event::Attempt | Event::BreakerAsked { .. } | Event::GaveUp { .. } => false,
            Event::Retry { .. }
            | Event::RetryBudget { .. }
            | Event::Timeout { .. }
            | Event::BreakerOpen { .. }
            | Event::BreakerHalfOpen { .. }
            | Event::BreakerClose { .. }
            | Event::BreakerConflict { .. }
            | Event::BreakerKeysFull { .. }
            | Event::BulkheadFull { .. }
            | Event::BulkheadKeysFull { .. }
            | Event::BulkheadConflict { .. }
            | Event::RateLimit { .. }
            | Event::RateLimitKeysFull { .. }
            | Event::RateLimitConflict { .. }
            | Event::Fallback { .. }
            | Event::CacheConflict { .. }
            | Event::CacheHit { .. }
            | Event::CacheMiss { .. }
            | Event::CacheStale { .. } => true,
        }
    }

    /// What tracing gets, as a recorder says it: without the message.
    #[derive(Default)]
    struct Log(Arc<Mutex<Vec<String>>>);

    impl Subscriber for Log {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }
        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
        fn event(&self, event: &tracing::Event<'_>) {
            let mut line = Line(event.metadata().name().to_owned());
            event.record(&mut line);
            lock(&self.0).push(line.0);
        }
        fn enter(&self, _: &span::Id) {}
        fn exit(&self, _: &span::Id) {}
    }

    struct Line(String);

    impl Line {
        fn add(&mut self, key: &str, value: &str) {
            self.0 = format!("{} {key}={value}", self.0);
        }
    }

    impl Visit for Line {
        fn record_u64(&mut self, field: &Field, value: u64) {
            match field.name().strip_suffix("_ms") {
                Some(key) => self.add(key, &format!("{:?}", Duration::from_millis(value))),
                None => self.add(field.name(), &value.to_string()),
            }
        }
        fn record_str(&mut self, field: &Field, value: &str) {
            self.add(field.name(), value);
        }
        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            if field.name() != "message" {
                self.add(field.name(), &format!("{value:?}"));
            }
        }
    }

    #[test]
    fn a_recorder_and_tracing_are_told_the_same() {
        let log = Log::default();
        let told = Arc::clone(&log.0);
        let ((), events) = tracing::subscriber::with_default(log, || {
            testing::record_blocking(|| {
                emit(&Event::Attempt);
                emit(&Event::BreakerAsked { state: BreakerState::Closed });
                all().iter().filter(|event| is_in_all(event)).for_each(emit);
            })
        });
        let recorded: Vec<String> = events.iter().map(ToString::to_string).collect();
        assert_eq!(recorded, *lock(&told));
        assert_eq!(recorded.len(), all().len());
        assert_eq!(recorded[0], "retry function=shop::price attempt=1 max=4 delay=1.5s category=network error=down");
        assert_eq!(events.of("breaker.conflict")[0]["second"], "src/shop.rs:8");

        let mut told: Vec<&str> = events.names();
        let mut known = testing::NAMES.to_vec();
        told.sort_unstable();
        told.dedup();
        known.sort_unstable();
        assert_eq!(told, known);
    }
}
