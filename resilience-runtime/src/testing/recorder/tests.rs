use std::fmt::Debug;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::{Metadata, Subscriber, span};

use super::{NAMES, record_blocking};
use crate::Category;
use crate::emit::emit;
use crate::event::{
    BreakerState, ConflictingSettings, Event, GateKind, LoggedError, RetryEnd, SkipReason, SourceLocation, StaleReason,
    StateKind,
};
use crate::sync::lock;

const AT: SourceLocation = SourceLocation { file: "src/shop.rs", line: 7 };
const ERROR: LoggedError<'static> = LoggedError::DisplayOnly(&"down");
const TIME: Duration = Duration::from_millis(1_500);

static SETTINGS: LazyLock<ConflictingSettings> = LazyLock::new(|| ConflictingSettings {
    first: "max = 1".to_owned(),
    second: "max = 2".to_owned(),
    second_applies: true,
});

/// An event of each kind that `tracing` receives.
fn all() -> Vec<Event<'static>> {
    let (name, function, generation, max) = ("shop", "shop::price", 3, 9);
    let by = Some(function);
    let (first, second) = (AT, SourceLocation { line: 8, ..AT });
    let settings = &*SETTINGS;
    vec![
        Event::Retry {
            function,
            attempt: 1,
            max_attempts: 4,
            delay: TIME,
            category: Some(Category::Network),
            error: Some(ERROR),
        },
        Event::Retry { function, attempt: 2, max_attempts: 4, delay: TIME, category: None, error: None },
        Event::RetryExhausted { function, attempts: 2, reason: RetryEnd::Budget, budget: Some("calls") },
        Event::RetryExhausted { function, attempts: 1, reason: RetryEnd::Permanent, budget: None },
        Event::Timeout { function, limit: TIME },
        Event::BreakerRejected { name, function: by, state: BreakerState::Open, retry_after: Some(TIME) },
        Event::BreakerRejected { name, function: None, state: BreakerState::ForcedOpen, retry_after: None },
        Event::BreakerOpen { name, function: by, recovery: TIME, generation, error: Some(ERROR) },
        Event::BreakerHalfOpen { name, function: by, generation },
        Event::BreakerClose { name, function: None, generation },
        Event::Conflict { kind: StateKind::Gate(GateKind::CircuitBreaker), name, first, second, settings },
        Event::KeysFull { gate: GateKind::CircuitBreaker, name, function: by, max },
        Event::BulkheadFull { name, function: by },
        Event::KeysFull { gate: GateKind::Bulkhead, name, function: None, max },
        Event::Conflict { kind: StateKind::Gate(GateKind::Bulkhead), name, first, second, settings },
        Event::RateLimit { name, function: by, retry_after: TIME },
        Event::RateLimitHeld { name, function: by, time: TIME },
        Event::CostAboveBurst { name, function: by, cost: 11, burst: 10 },
        Event::KeysFull { gate: GateKind::RateLimit, name, function: by, max },
        Event::Conflict { kind: StateKind::Gate(GateKind::RateLimit), name, first, second, settings },
        Event::Fallback { function, step: 1, error: Some(ERROR) },
        Event::Conflict { kind: StateKind::Cache, name, first, second, settings },
        Event::NameClash { name, first, second },
        Event::CacheHit { name, function: by },
        Event::CacheMiss { name, function: by },
        Event::CacheSkipped { name, function: by, reason: SkipReason::Degraded },
        Event::CacheStale { name, function: by, reason: StaleReason::Failed, error: Some(ERROR) },
        Event::CacheStale { name, function: by, reason: StaleReason::Revalidating, error: None },
        Event::CacheStale { name, function: by, reason: StaleReason::Shutdown, error: None },
        Event::ShutdownRejected { name, function: by },
        Event::ShutdownBegun { calls: 3, waiting: 2 },
        Event::ShutdownFinished { elapsed: TIME, finished: 4, left: 1 },
        Event::BreakerWindowRestarted { name },
        #[cfg(feature = "store")]
        Event::RateLimitAway { name, function: by, retry_after: TIME },
        #[cfg(feature = "store")]
        Event::StoreAway { name, problem: "not connected" },
        #[cfg(feature = "store")]
        Event::StoreConnected { name },
        #[cfg(feature = "store")]
        Event::StoreRefused { name, requests: 3, problem: "it is out of memory" },
        #[cfg(feature = "store")]
        Event::StoreDropped { name, updates: 3, problem: "the queue is full" },
        #[cfg(feature = "store")]
        Event::CacheFarHit { name, function: by },
        #[cfg(feature = "store")]
        Event::CacheFarMiss { name, function: by },
        #[cfg(feature = "store")]
        Event::CacheUnreadable { name, function: by, problem: "it is incomplete or damaged" },
        #[cfg(feature = "config")]
        Event::SettingsApplied { settings: 3 },
        #[cfg(feature = "config")]
        Event::SettingsRejected { problems: 2, first: "settings:1:1: wrong" },
        #[cfg(feature = "config")]
        Event::UnknownName { name, place: "settings:1:1", problem: "nobody", is_near_another: true },
        #[cfg(feature = "config")]
        Event::InvalidSettings { name, attribute: "retry", place: "settings:1:1", problem: "zero" },
    ]
}

/// A new event or a new kind fails to compile here. Add it to `all`.
const fn is_in_all(event: &Event<'_>) -> bool {
    match event {
        Event::Attempt | Event::BreakerAdmitted { .. } => false,
        Event::Retry { .. }
        | Event::RetryExhausted { .. }
        | Event::Timeout { .. }
        | Event::BreakerRejected { .. }
        | Event::BreakerOpen { .. }
        | Event::BreakerHalfOpen { .. }
        | Event::BreakerClose { .. }
        | Event::BulkheadFull { .. }
        | Event::RateLimit { .. }
        | Event::RateLimitHeld { .. }
        | Event::CostAboveBurst { .. }
        | Event::Conflict {
            kind:
                StateKind::Gate(GateKind::CircuitBreaker | GateKind::Bulkhead | GateKind::RateLimit) | StateKind::Cache,
            ..
        }
        | Event::KeysFull { gate: GateKind::CircuitBreaker | GateKind::Bulkhead | GateKind::RateLimit, .. }
        | Event::NameClash { .. }
        | Event::Fallback { .. }
        | Event::CacheHit { .. }
        | Event::CacheMiss { .. }
        | Event::CacheSkipped { .. }
        | Event::BreakerWindowRestarted { .. }
        | Event::ShutdownRejected { .. }
        | Event::ShutdownBegun { .. }
        | Event::ShutdownFinished { .. }
        | Event::CacheStale { .. } => true,
        #[cfg(feature = "store")]
        Event::RateLimitAway { .. }
        | Event::StoreAway { .. }
        | Event::StoreConnected { .. }
        | Event::StoreRefused { .. }
        | Event::StoreDropped { .. } => true,
        #[cfg(feature = "store")]
        Event::CacheFarHit { .. } | Event::CacheFarMiss { .. } | Event::CacheUnreadable { .. } => true,
        #[cfg(feature = "config")]
        Event::SettingsApplied { .. }
        | Event::SettingsRejected { .. }
        | Event::UnknownName { .. }
        | Event::InvalidSettings { .. } => true,
    }
}

/// A subscriber that writes events in the form in which a recorder displays them: without the message.
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
        if field.name() == "event" {
            assert_eq!(self.0, value, "the first field is the name");
        } else {
            self.add(field.name(), value);
        }
    }
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            let message = format!("{value:?}");
            assert!(!message.contains(char::is_numeric), "a message never changes: {message}");
        } else {
            self.add(field.name(), &format!("{value:?}"));
        }
    }
}

#[test]
fn a_recorder_and_tracing_receive_the_same_events() {
    {
        // A place in the code that another test reaches for the first time while this one installs its subscriber would
        // stay silent: tracing takes the two in either order.
        let _clock = crate::time::ManualClock::install();
        tracing::subscriber::with_default(Log::default(), || all().iter().for_each(emit));
        tracing::callsite::rebuild_interest_cache();
    }
    let log = Log::default();
    let traced = Arc::clone(&log.0);
    let ((), events) = tracing::subscriber::with_default(log, || {
        record_blocking(|| {
            emit(&Event::Attempt);
            emit(&Event::BreakerAdmitted { state: BreakerState::Closed });
            all().iter().filter(|event| is_in_all(event)).for_each(emit);
        })
    });
    let recorded: Vec<String> = events.iter().map(ToString::to_string).collect();
    assert_eq!(recorded, *lock(&traced));
    assert_eq!(recorded.len(), all().len());
    assert_eq!(
        recorded[0],
        "retry function=shop::price attempt=1 max_attempts=4 delay=1.5s category=network error=down"
    );
    assert_eq!(events.of("breaker.conflict")[0]["second"], "src/shop.rs:8");

    let mut emitted: Vec<&str> = events.names();
    let mut known = NAMES.to_vec();
    emitted.sort_unstable();
    emitted.dedup();
    known.sort_unstable();
    assert_eq!(emitted, known);
}
