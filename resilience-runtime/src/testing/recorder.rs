//! Records the events of a call.

use std::fmt;
use std::future::Future;
use std::ops::{Deref, Index};
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::emit::event_table;
use crate::event::{self, Listener};
use crate::observe::{Observed, observed, observed_blocking};
use crate::sync::lock;

const NAMES: &[&str] = &[
    "retry",
    "retry.exhausted",
    "timeout",
    "shutdown.rejected",
    "shutdown.begun",
    "shutdown.finished",
    "breaker.rejected",
    "breaker.open",
    "breaker.half_open",
    "breaker.close",
    "breaker.keys_full",
    "breaker.conflict",
    "breaker.window_restarted",
    "bulkhead.full",
    "bulkhead.keys_full",
    "bulkhead.conflict",
    "rate_limit",
    "rate_limit.cost_above_burst",
    "rate_limit.held",
    #[cfg(feature = "store")]
    "rate_limit.store_away",
    "rate_limit.keys_full",
    "rate_limit.conflict",
    "fallback",
    "function.conflict",
    "cache.hit",
    "cache.miss",
    "cache.skipped",
    "cache.stale",
    "cache.conflict",
    #[cfg(feature = "store")]
    "store.away",
    #[cfg(feature = "store")]
    "store.connected",
    #[cfg(feature = "store")]
    "store.refused",
    #[cfg(feature = "store")]
    "store.dropped",
    "config.applied",
    "config.rejected",
    "config.unknown_name",
    "config.invalid",
    #[cfg(feature = "store")]
    "cache.far_hit",
    #[cfg(feature = "store")]
    "cache.far_miss",
    #[cfg(feature = "store")]
    "cache.unreadable",
];

/// An event, with the name and the fields that `tracing` receives.
///
/// The page on
/// [observability](https://docs.rs/resilience-fn/latest/resilience/docs/observability/index.html)
/// lists them. A duration is a [`Duration`] here, and its field has no suffix `_ms`:
/// `event["delay"]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEvent {
    name: &'static str,
    fields: Vec<(&'static str, Value)>,
}

/// The value of a field of a [`RecordedEvent`]. Compare it with plain values:
/// `event["attempt"] == 1`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// A text: a name, a location in the source, or an enumerated value.
    Text(String),
    /// A number.
    Number(u64),
    /// A duration.
    Time(Duration),
}

impl RecordedEvent {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, fields: Vec::new() }
    }

    pub(crate) fn with(mut self, key: &'static str, value: impl RecordedField) -> Self {
        let Some(value) = value.value() else { return self };
        let unit = if matches!(value, Value::Time(_)) { "_ms" } else { "" };
        self.fields.push((key.strip_suffix(unit).unwrap_or(key), value));
        self
    }

    /// Returns the name, such as `retry` or `breaker.open`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the value of a field, or `None` if the event has no such field. `event["field"]`
    /// panics instead.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.fields.iter().find(|(key, _)| *key == field).map(|(_, value)| value)
    }

    /// Returns all fields with their names, in the order in which they were recorded.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.fields.iter().map(|(key, value)| (*key, value))
    }
}

/// Returns the value of a field.
///
/// # Panics
///
/// Panics if the event has no such field.
impl Index<&str> for RecordedEvent {
    type Output = Value;

    #[track_caller]
    fn index(&self, field: &str) -> &Value {
        self.get(field).unwrap_or_else(|| panic!("the event `{self}` has no field `{field}`"))
    }
}

/// Writes one line: `retry function=shop::price attempt=1 max_attempts=4 delay=1s category=unclassified`.
impl fmt::Display for RecordedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        for (key, value) in &self.fields {
            write!(f, " {key}={value}")?;
        }
        Ok(())
    }
}

impl Value {
    /// Returns the text, or `None` for another kind of value.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// Returns the number, or `None` for another kind of value.
    pub fn as_u64(&self) -> Option<u64> {
        if let Self::Number(number) = *self { Some(number) } else { None }
    }

    /// Returns the duration, or `None` for another kind of value.
    pub fn as_duration(&self) -> Option<Duration> {
        if let Self::Time(time) = *self { Some(time) } else { None }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
            Self::Time(time) => write!(f, "{time:?}"),
        }
    }
}

/// The values that the table of events writes into fields.
pub(crate) trait RecordedField {
    fn value(self) -> Option<Value>;
}

impl<T: RecordedField> RecordedField for Option<T> {
    fn value(self) -> Option<Value> {
        self.and_then(RecordedField::value)
    }
}

impl<T: fmt::Display> RecordedField for tracing::field::DisplayValue<T> {
    fn value(self) -> Option<Value> {
        Some(Value::Text(self.to_string()))
    }
}

macro_rules! recorded_field {
    ($($field:ty => $variant:ident;)*) => {$(
        impl From<$field> for Value {
            fn from(value: $field) -> Self {
                Self::$variant(value.into())
            }
        }

        impl RecordedField for $field {
            fn value(self) -> Option<Value> {
                Some(self.into())
            }
        }
    )*};
}

recorded_field! { &str => Text; String => Text; u32 => Number; u64 => Number; Duration => Time; }

impl PartialEq<str> for Value {
    fn eq(&self, text: &str) -> bool {
        self.as_str() == Some(text)
    }
}

impl PartialEq<&str> for Value {
    fn eq(&self, text: &&str) -> bool {
        self == *text
    }
}

impl PartialEq<Duration> for Value {
    fn eq(&self, time: &Duration) -> bool {
        self.as_duration() == Some(*time)
    }
}

// A literal without a suffix is an `i32`.
macro_rules! number {
    ($($number:ty),*) => {$(
        impl PartialEq<$number> for Value {
            fn eq(&self, number: &$number) -> bool {
                self.as_u64().is_some_and(|own| u64::try_from(*number) == Ok(own))
            }
        }
    )*};
}

number!(i32, u32, u64, usize);

/// The events that [`record`] recorded, in order: a slice of [`RecordedEvent`]s.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Events(Vec<RecordedEvent>);

impl Events {
    /// Returns the name of each event.
    pub fn names(&self) -> Vec<&'static str> {
        self.iter().map(RecordedEvent::name).collect()
    }

    /// Returns the events with this name.
    ///
    /// # Panics
    ///
    /// Panics if the library has no event with this name, so that a misspelled name does not let a
    /// test pass.
    #[track_caller]
    pub fn of(&self, name: &str) -> Vec<&RecordedEvent> {
        assert!(NAMES.contains(&name), "there is no event `{name}`; use one of {}", NAMES.join(", "));
        self.iter().filter(|event| event.name == name).collect()
    }
}

impl Deref for Events {
    type Target = [RecordedEvent];

    fn deref(&self) -> &[RecordedEvent] {
        &self.0
    }
}

impl IntoIterator for Events {
    type Item = RecordedEvent;
    type IntoIter = std::vec::IntoIter<RecordedEvent>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Events {
    type Item = &'a RecordedEvent;
    type IntoIter = std::slice::Iter<'a, RecordedEvent>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Writes one event per line.
impl fmt::Display for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|event| writeln!(f, "{event}"))
    }
}

impl Listener for Mutex<Events> {
    fn on_event(&self, event: &event::Event<'_>) {
        // Formats the user's error, so it runs before the lock.
        let recorded = recorded(event);
        lock(self).0.extend(recorded);
    }
}

/// Returns the event as `tracing` receives it, or `None` where `tracing` receives none.
fn recorded(event: &event::Event<'_>) -> Option<RecordedEvent> {
    /// `tracing` gets a number of milliseconds; a recorded event keeps the duration.
    const fn millis(duration: Duration) -> Duration {
        duration
    }

    let mut recorded = None;
    #[allow(unused_macro_rules, reason = "as many as the table needs")]
    macro_rules! event {
        (name: $name:literal, target: $target:expr, $level:expr, $($fields:tt)*) => {{
            let event = super::RecordedEvent::new($name);
            event!(@ event; $($fields)*);
        }};
        (@ $event:expr; $message:literal) => { recorded = Some($event) };
        (@ $event:expr; $key:ident = % $value:expr, $($rest:tt)*) => {
            event!(@ $event.with(stringify!($key), $value.to_string()); $($rest)*)
        };
        (@ $event:expr; $key:ident = $value:expr, $($rest:tt)*) => {
            event!(@ $event.with(stringify!($key), $value); $($rest)*)
        };
        (@ $event:expr; $key:ident, $($rest:tt)*) => { event!(@ $event.with(stringify!($key), $key); $($rest)*) };
    }
    event_table!(*event);
    recorded
}

pin_project! {
    /// The future of a recorded call, returned by [`record`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Recording<F> {
        #[pin]
        call: Observed<F, Events>,
    }
}

impl<F: Future> Future for Recording<F> {
    type Output = (F::Output, Events);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().call.poll(cx).map(|(output, events, _)| (output, events))
    }
}

/// Records the events of an asynchronous call and of the functions that it calls.
///
/// The recording covers the task that polls the future, and the bodies that `#[timeout(mode =
/// "thread")]` runs for it, but no spawned tasks, as a report of [`observe`](crate::observe) does.
/// Recordings and observations nest. No `tracing` subscriber is needed; an installed one receives
/// the events as usual.
///
/// # Cancellation
///
/// Dropping the future drops the call and the recording.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// use resilience::{fallback, retry, testing};
/// use std::time::Duration;
///
/// #[fallback(value = 0)]
/// #[retry(max = 2, base_delay = "1s", jitter = false)]
/// async fn ask() -> Result<u32, &'static str> {
///     Err("down")
/// }
///
/// let (answer, events) = testing::record(ask()).await;
/// assert_eq!(answer, Ok(0));
/// assert_eq!(events.names(), ["retry", "retry", "retry.exhausted", "fallback"]);
/// assert_eq!(events[1]["attempt"], 2);
/// assert_eq!(events[1]["delay"], Duration::from_secs(2));
/// assert!(events.of("timeout").is_empty());
/// # }
/// ```
pub fn record<F: Future>(call: F) -> Recording<F> {
    Recording { call: observed(call) }
}

/// Records the events of a synchronous call, on the current thread. See [`record`].
///
/// ```
/// use resilience::{circuit_breaker, testing};
///
/// #[circuit_breaker(name = "shop", failure_threshold = 1)]
/// fn ask() -> Option<u32> {
///     None
/// }
///
/// let (_, events) = testing::record_blocking(|| (ask(), ask()));
/// assert_eq!(events.names(), ["breaker.open", "breaker.rejected"]);
/// assert_eq!(events[0]["breaker"], "shop");
/// ```
pub fn record_blocking<T>(call: impl FnOnce() -> T) -> (T, Events) {
    let (output, events, _) = observed_blocking(call);
    (output, events)
}

#[cfg(all(test, feature = "cached"))]
mod tests {
    use std::fmt::Debug;
    use std::sync::{Arc, LazyLock, Mutex};
    use std::time::Duration;

    use tracing::field::{Field, Visit};
    use tracing::{Metadata, Subscriber, span};

    use super::{NAMES, record_blocking};
    use crate::Category;
    use crate::emit::emit;
    use crate::event::{
        BreakerState, ConflictingSettings, Event, GateKind, LoggedError, RetryEnd, SkipReason, SourceLocation,
        StaleReason, StateKind,
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

    /// A new event or a new kind fails to compile here, and belongs into `all`.
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

    /// A subscriber that writes events as a recorder displays them: without the message.
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
}
