//! A recorder of events.

use std::fmt;
use std::future::Future;
use std::ops::{Deref, Index};
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::observe::{Seen, Watched, watched, watched_blocking};
use crate::sync::lock;
use crate::telemetry;

/// All that a recorder can see.
pub(crate) const NAMES: &[&str] = &[
    "retry",
    "retry.budget",
    "timeout",
    "breaker.open",
    "breaker.half_open",
    "breaker.close",
    "breaker.keys_full",
    "breaker.conflict",
    "bulkhead.full",
    "bulkhead.keys_full",
    "bulkhead.conflict",
    "rate_limit",
    "rate_limit.keys_full",
    "rate_limit.conflict",
    "fallback",
    "cache.hit",
    "cache.miss",
    "cache.stale",
    "cache.conflict",
];

/// One decision that was taken, under the name and with the fields that `tracing` gets.
///
/// The README lists them. A time is a [`Duration`] here, and its field has no `_ms` at the end: `event["delay"]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    name: &'static str,
    fields: Vec<(&'static str, Value)>,
}

/// The value of a field of an [`Event`]. It can be compared with what is in it: `event["attempt"] == 1`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// A name, a place in the source, a word.
    Text(String),
    /// A count.
    Number(u64),
    /// A time.
    Time(Duration),
}

impl Event {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self { name, fields: Vec::new() }
    }

    pub(crate) fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        let value = value.into();
        let unit = if matches!(value, Value::Time(_)) { "_ms" } else { "" };
        self.fields.push((key.strip_suffix(unit).unwrap_or(key), value));
        self
    }

    /// `retry`, `breaker.open`, ..
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// A field, if the event has it; with `[..]`, it must have it.
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.fields.iter().find(|(key, _)| *key == field).map(|(_, value)| value)
    }

    /// All fields, with their names.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.fields.iter().map(|(key, value)| (*key, value))
    }
}

/// # Panics
///
/// When the event has no such field.
impl Index<&str> for Event {
    type Output = Value;

    #[track_caller]
    fn index(&self, field: &str) -> &Value {
        self.get(field).unwrap_or_else(|| panic!("no field is called `{field}` in the event `{self}`"))
    }
}

/// `retry function=shop::price attempt=1 max=4 delay=1s category=unclassified`
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        for (key, value) in &self.fields {
            write!(f, " {key}={value}")?;
        }
        Ok(())
    }
}

impl Value {
    /// A name, a place in the source, a word.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// A count.
    pub fn as_u64(&self) -> Option<u64> {
        if let Self::Number(number) = *self { Some(number) } else { None }
    }

    /// A time.
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

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<Duration> for Value {
    fn from(time: Duration) -> Self {
        Self::Time(time)
    }
}

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

/// A literal without a suffix is an `i32` here.
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

/// What [`record`] has seen, in the order in which it was decided: a slice of [`Event`]s.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Events(Vec<Event>);

impl Events {
    /// The name of each.
    pub fn names(&self) -> Vec<&'static str> {
        self.iter().map(Event::name).collect()
    }

    /// Those of one name.
    ///
    /// # Panics
    ///
    /// When no event has this name, so that a test of what has not happened is no test of a slip of the pen.
    #[track_caller]
    pub fn of(&self, name: &str) -> Vec<&Event> {
        assert!(NAMES.contains(&name), "no event is called `{name}`; there are {}", NAMES.join(", "));
        self.iter().filter(|event| event.name == name).collect()
    }
}

impl Deref for Events {
    type Target = [Event];

    fn deref(&self) -> &[Event] {
        &self.0
    }
}

impl IntoIterator for Events {
    type Item = Event;
    type IntoIter = std::vec::IntoIter<Event>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Events {
    type Item = &'a Event;
    type IntoIter = std::slice::Iter<'a, Event>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// One on each line.
impl fmt::Display for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|event| writeln!(f, "{event}"))
    }
}

impl Seen for Mutex<Events> {
    fn add(&self, event: &telemetry::Event<'_>) {
        let recorded = telemetry::recorded(event);
        lock(self).0.extend(recorded);
    }
}

pin_project! {
    /// A call whose events are recorded.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Recording<F> {
        #[pin]
        call: Watched<F, Events>,
    }
}

impl<F: Future> Future for Recording<F> {
    type Output = (F::Output, Events);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().call.poll(cx).map(|(output, events, _)| (output, events))
    }
}

/// Runs a call, and keeps the events of it and of everything it calls on the same task.
///
/// What [`observe`](crate::observe) counts, one by one: the same rules say what belongs to a call. A spawned task is on its own,
/// and a body on a thread of its own, for `mode = "thread"`, belongs to its caller. Recordings and observations nest. No
/// subscriber of `tracing` is needed, and one that is there gets the events as ever.
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
/// assert_eq!(events.names(), ["retry", "retry", "fallback"]);
/// assert_eq!(events[1]["attempt"], 2);
/// assert_eq!(events[1]["delay"], Duration::from_secs(2));
/// assert!(events.of("timeout").is_empty());
/// # }
/// ```
pub fn record<F: Future>(call: F) -> Recording<F> {
    Recording { call: watched(call) }
}

/// [`record`] for synchronous code: keeps what happens on this thread until `call` returns.
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
/// assert_eq!(events.names(), ["breaker.open"]);
/// assert_eq!(events[0]["breaker"], "shop");
/// ```
pub fn record_blocking<T>(call: impl FnOnce() -> T) -> (T, Events) {
    let (output, events, _) = watched_blocking(call);
    (output, events)
}
