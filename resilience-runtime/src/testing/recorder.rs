//! Records the events of a call.

mod value;

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
use value::RecordedField;
pub use value::Value;

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
mod tests;
