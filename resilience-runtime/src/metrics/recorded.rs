//! With the feature.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use ::metrics::{Gauge, IntoF64, Key, Label, Level, Metadata, Recorder, Unit, with_recorder};

use super::{LabelValue, OfBreaker, OfFunction};
use crate::context::Marks;
use crate::event::BreakerState;
use crate::registry::Registry;
use crate::time::{self, Moment};

static METADATA: Metadata<'static> = Metadata::new("resilience", Level::INFO, None);

thread_local! {
    static IS_RECORDING: Cell<bool> = const { Cell::new(false) };
}

/// Calls the recorder, unless it is the recorder that calls: it would be told of what it does to tell us. A panic of it ends
/// here, after the panic hook has reported it: no call fails because it was counted. Nor does a call find the marks on its
/// thread that functions of ours have left which the recorder has called.
fn record<T>(with: impl FnOnce(&dyn Recorder) -> T) -> Option<T> {
    if IS_RECORDING.replace(true) {
        return None;
    }
    let marks = Marks::current();
    let done = catch_unwind(AssertUnwindSafe(|| with_recorder(with)));
    marks.restore();
    IS_RECORDING.set(false);
    done.ok()
}

/// One series of those under a name.
#[derive(Debug)]
pub struct Spec {
    pub metric: &'static str,
    /// The label beside the name.
    pub second: Option<(&'static str, &'static str)>,
}

impl Spec {
    fn key(&self, label: &'static str, name: &str) -> Key {
        let first = Label::new(label, name.to_owned());
        let second = self.second.map(|(label, value)| Label::from_static_parts(label, value));
        Key::from_parts(self.metric, std::iter::once(first).chain(second).collect::<Vec<_>>())
    }
}

/// All series of one kind of name.
pub trait Series: Copy + 'static {
    const LABEL: &'static str;
    const ALL: &'static [Spec];
    fn at(self) -> usize;
    fn registry() -> &'static Registry<Shared>;
}

/// What everything of one name shares. It lives as long as the process, as names do.
#[derive(Debug)]
pub struct Shared {
    keys: Vec<Key>,
    /// The keyed breakers of this name that are not closed.
    open: AtomicI64,
    level: Showing,
}

/// Where the series of a name are found.
pub struct Meter<S> {
    found: OnceLock<&'static Shared>,
    of: PhantomData<fn(S)>,
}

impl<S> Meter<S> {
    pub const fn new() -> Self {
        Self { found: OnceLock::new(), of: PhantomData }
    }
}

impl<S> fmt::Debug for Meter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter").finish_non_exhaustive()
    }
}

impl<S> Clone for Meter<S> {
    fn clone(&self) -> Self {
        Self { found: self.found.clone(), of: PhantomData }
    }
}

impl<S: Series> Meter<S> {
    #[inline]
    fn shared(&self, name: &str) -> &'static Shared {
        match self.found.get() {
            Some(shared) => shared,
            None => self.find(name),
        }
    }

    #[cold]
    fn find(&self, name: &str) -> &'static Shared {
        self.found.get_or_init(|| {
            S::registry().get_or_insert(name, || Shared {
                keys: S::ALL.iter().map(|spec| spec.key(S::LABEL, name)).collect(),
                open: AtomicI64::new(0),
                level: Showing::new(),
            })
        })
    }

    fn key(&self, name: &str, series: S) -> &'static Key {
        &self.shared(name).keys[series.at()]
    }

    pub fn count(&self, name: &str, series: S) {
        self.count_many(name, series, || 1);
    }

    pub fn count_many(&self, name: &str, series: S, times: impl FnOnce() -> usize) {
        let times = times() as u64;
        if times > 0 {
            let key = self.key(name, series);
            record(|recorder| recorder.register_counter(key, &METADATA).increment(times));
        }
    }

    /// One more, until it is dropped.
    pub fn running(&self, name: &str, series: S) -> Running {
        let key = self.key(name, series);
        Running(one_more(key, 1.0))
    }

    /// Shows in a gauge what `value` finds now. It is asked again if it has changed in the meantime.
    #[cfg(feature = "cached")]
    pub fn show(&self, name: &str, series: S, value: impl Fn() -> usize) {
        let shared = self.shared(name);
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a floating-point number")]
        shared.level.show(&shared.keys[series.at()], || value() as f64);
    }
}

/// A gauge that is set, by whoever has changed what it shows.
///
/// Two threads that set it one after the other may do so in the wrong order, and the older value would stay. So it is set by
/// one at a time, who looks again when another has come in between. Nobody waits.
#[derive(Debug)]
struct Showing {
    is_old: AtomicBool,
    is_taken: AtomicBool,
}

impl Showing {
    const fn new() -> Self {
        Self { is_old: AtomicBool::new(false), is_taken: AtomicBool::new(false) }
    }

    fn show(&self, key: &Key, value: impl Fn() -> f64) {
        if IS_RECORDING.get() {
            // The recorder's own doing, which could go on for ever.
            return;
        }
        self.is_old.store(true, Ordering::SeqCst);
        while self.is_old.load(Ordering::SeqCst) && !self.is_taken.swap(true, Ordering::SeqCst) {
            while self.is_old.swap(false, Ordering::SeqCst) {
                let value = value();
                record(|recorder| recorder.register_gauge(key, &METADATA).set(value));
            }
            self.is_taken.store(false, Ordering::SeqCst);
        }
    }
}

/// One more in a gauge, for as long as it lives. It keeps the gauge: what is taken away is taken from the recorder that it was
/// added to, or from none.
pub struct Running(Gauge);

fn one_more(key: &Key, one: impl IntoF64) -> Gauge {
    let gauge = record(|recorder| {
        let gauge = recorder.register_gauge(key, &METADATA);
        gauge.increment(one);
        gauge
    });
    gauge.unwrap_or_else(Gauge::noop)
}

impl Running {
    pub fn end(&mut self) {
        let gauge = mem::replace(&mut self.0, Gauge::noop());
        record(|_| {
            gauge.decrement(1.0);
            drop(gauge);
        });
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").finish_non_exhaustive()
    }
}

/// The calls of one function or policy.
#[derive(Debug, Clone)]
pub struct Calls {
    name: &'static str,
    meter: Meter<OfFunction>,
}

/// One, and where it is noted when that was: a recorder asks for it, and without a recorder nobody reads the clock.
struct One<'a>(&'a Cell<Option<Moment>>);

impl IntoF64 for One<'_> {
    fn into_f64(self) -> f64 {
        self.0.set(Some(time::now()));
        1.0
    }
}

impl Calls {
    pub const fn of(name: &'static str) -> Self {
        Self { name, meter: Meter::new() }
    }

    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// A call begins.
    pub fn begin(&self) -> Call {
        let (shared, began) = (self.meter.shared(self.name), Cell::new(None));
        let in_progress = one_more(&shared.keys[OfFunction::InProgress.at()], One(&began));
        Call { shared: Some(shared), in_progress, began: began.get() }
    }

    /// A body below a retry begins to run.
    pub fn attempt(&self) {
        self.meter.count(self.name, OfFunction::Attempt);
    }
}

/// One call. Dropped without an end, it was cancelled or has panicked.
#[derive(Debug)]
pub struct Call {
    shared: Option<&'static Shared>,
    in_progress: Gauge,
    began: Option<Moment>,
}

impl Call {
    /// The call has a result.
    pub fn ended(mut self, failed: bool) {
        if failed {
            self.end(OfFunction::Error, OfFunction::ErrorTime);
        } else {
            self.end(OfFunction::Ok, OfFunction::OkTime);
        }
    }

    fn end(&mut self, result: OfFunction, time: OfFunction) {
        let Some(shared) = self.shared.take() else { return };
        let in_progress = mem::replace(&mut self.in_progress, Gauge::noop());
        record(|recorder| {
            in_progress.decrement(1.0);
            drop(in_progress);
            recorder.register_counter(&shared.keys[result.at()], &METADATA).increment(1);
            if let Some(began) = self.began {
                let histogram = recorder.register_histogram(&shared.keys[time.at()], &METADATA);
                histogram.record(time::now().since(began));
            }
        });
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if thread::panicking() {
            self.end(OfFunction::Panicked, OfFunction::PanickedTime);
        } else {
            self.end(OfFunction::Cancelled, OfFunction::CancelledTime);
        }
    }
}

/// What is told of a breaker: its calls, and its state, or of those with a `key` how many are not closed.
#[derive(Debug)]
pub struct BreakerMeter {
    calls: Meter<OfBreaker>,
    is_keyed: bool,
    /// The state that was seen last. Written with the breaker locked, as is `left`.
    state: AtomicU64,
    /// When it stopped to let every call pass.
    left: AtomicU64,
    level: Showing,
}

/// A change of state, to be told when the breaker is no longer locked.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    to: OfBreaker,
    /// How many more are not closed: one, none, or one less.
    more_open: i64,
    /// How long it was not closed.
    was_open: Option<Duration>,
}

const CLOSED: u64 = 0;
const HALF_OPEN: u64 = 1;
const OPEN: u64 = 2;
const FORCED_OPEN: u64 = 3;
const DISABLED: u64 = 4;

/// Whether every call passes.
const fn lets_pass(state: u64) -> bool {
    matches!(state, CLOSED | DISABLED)
}

impl BreakerMeter {
    pub const fn new(is_keyed: bool) -> Self {
        Self {
            calls: Meter::new(),
            is_keyed,
            state: AtomicU64::new(CLOSED),
            left: AtomicU64::new(0),
            level: Showing::new(),
        }
    }

    pub fn count(&self, name: &str, series: OfBreaker) {
        let is_first = self.calls.found.get().is_none();
        self.calls.count(name, series);
        if is_first && !self.is_keyed {
            self.show_state(name);
        }
    }

    fn show_state(&self, name: &str) {
        let key = self.calls.key(name, OfBreaker::State);
        self.level.show(key, || shown(self.state.load(Ordering::SeqCst)));
    }

    /// With the breaker locked.
    pub fn observe(&self, state: BreakerState, now: impl FnOnce() -> Moment) -> Option<Change> {
        let (code, to) = match state {
            BreakerState::Closed => (CLOSED, OfBreaker::ToClosed),
            BreakerState::HalfOpen => (HALF_OPEN, OfBreaker::ToHalfOpen),
            BreakerState::Open => (OPEN, OfBreaker::ToOpen),
            BreakerState::ForcedOpen => (FORCED_OPEN, OfBreaker::ToForcedOpen),
            BreakerState::Disabled => (DISABLED, OfBreaker::ToDisabled),
        };
        let before = self.state.load(Ordering::Relaxed);
        if before == code {
            return None;
        }
        self.state.store(code, Ordering::SeqCst);
        let (more_open, was_open) = match (lets_pass(before), lets_pass(code)) {
            (true, false) => {
                self.left.store(now().as_nanos(), Ordering::Relaxed);
                (1, None)
            }
            (false, true) => {
                let left = Moment::from_nanos(self.left.load(Ordering::Relaxed));
                (-1, Some(now().since(left)))
            }
            _ => (0, None),
        };
        Some(Change { to, more_open, was_open })
    }

    /// Without the lock.
    pub fn tell(&self, name: &str, change: Option<Change>) {
        let Some(Change { to, more_open, was_open }) = change else { return };
        self.calls.count(name, to);
        if let Some(time) = was_open {
            let key = self.calls.key(name, OfBreaker::OpenTime);
            record(|recorder| recorder.register_histogram(key, &METADATA).record(time));
        }
        if self.is_keyed {
            self.more_open(name, more_open);
        } else {
            self.show_state(name);
        }
    }

    fn more_open(&self, name: &str, more: i64) {
        if more != 0 {
            let shared = self.calls.shared(name);
            shared.open.fetch_add(more, Ordering::SeqCst);
            shared.show_open();
        }
    }
}

impl Shared {
    fn show_open(&self) {
        #[expect(clippy::cast_precision_loss, reason = "as many as there are keys")]
        self.level.show(&self.keys[OfBreaker::OpenKeys.at()], || self.open.load(Ordering::SeqCst) as f64);
    }
}

/// One of a key, which is forgotten.
impl Drop for BreakerMeter {
    fn drop(&mut self) {
        let is_open = !lets_pass(*self.state.get_mut());
        // Whoever changed its state has told so by now, and knows its name.
        if let (true, true, Some(shared)) = (self.is_keyed, is_open, self.calls.found.get()) {
            shared.open.fetch_sub(1, Ordering::SeqCst);
            shared.show_open();
        }
    }
}

/// The state as a number: the worse, the higher.
const fn shown(state: u64) -> f64 {
    match state {
        CLOSED => 0.0,
        HALF_OPEN => 1.0,
        OPEN => 2.0,
        FORCED_OPEN => 3.0,
        _ => -1.0,
    }
}

/// A call that has been let in and has no fate yet.
#[derive(Debug)]
pub struct Pending(bool);

impl Pending {
    pub const NEW: Self = Self(true);

    /// Whether this is its first fate.
    pub fn settle(&mut self) -> bool {
        mem::replace(&mut self.0, false)
    }
}

/// Counts an event that is rare enough for keys of its own.
pub fn count_rare<const N: usize>(metric: &'static str, labels: [(&'static str, LabelValue); N]) {
    let labels = labels.map(|(label, value)| match value {
        LabelValue::Text(text) => Label::from_static_parts(label, text),
        LabelValue::Number(number) => Label::new(label, number.to_string()),
    });
    let key = Key::from_parts(metric, Vec::from(labels));
    record(|recorder| recorder.register_counter(&key, &METADATA).increment(1));
}

const COUNTERS: [(&str, &str); 16] = [
    ("resilience_calls_total", "Calls, by how they have ended"),
    ("resilience_attempts_total", "Attempts of a retry, the first one included"),
    ("resilience_retries_total", "Failures after which a retry calls again"),
    ("resilience_retries_exhausted_total", "Failures that were worth another attempt and got none"),
    ("resilience_retry_budget_empty_total", "Retries that a budget has rejected"),
    ("resilience_timeouts_total", "Limits that have ended what was inside of them"),
    ("resilience_fallbacks_total", "Steps of a fallback that were asked"),
    ("resilience_breaker_calls_total", "Calls of a breaker, by how they have ended"),
    ("resilience_breaker_transitions_total", "Changes of a breaker's state, by the state after it"),
    ("resilience_bulkhead_calls_total", "Calls of a bulkhead, let in or rejected"),
    ("resilience_rate_limit_calls_total", "Calls of a rate limit, let pass or rejected"),
    ("resilience_cache_hits_total", "Calls answered from the store"),
    ("resilience_cache_misses_total", "Calls that have found nothing, or nothing fresh"),
    ("resilience_cache_loads_total", "Runs of the body to fill a cache"),
    ("resilience_cache_stale_total", "Misses answered with an expired value"),
    ("resilience_cache_evictions_total", "Entries dropped to make room"),
];

const GAUGES: [(&str, &str); 7] = [
    ("resilience_calls_in_progress", "Calls that have begun and not ended"),
    ("resilience_breaker_state", "-1: disabled, 0: closed, 1: half-open, 2: open, 3: forced open"),
    ("resilience_breaker_open_keys", "Keys whose breaker does not let every call pass"),
    ("resilience_bulkhead_running", "Calls inside of a bulkhead"),
    ("resilience_bulkhead_waiting", "Calls in the queue of a bulkhead"),
    ("resilience_rate_limit_waiting", "Calls that wait for their turn"),
    ("resilience_cache_entries", "Entries, those included that have expired and not been replaced yet"),
];

const HISTOGRAMS: [(&str, &str); 2] = [
    ("resilience_call_duration_seconds", "From the beginning of a call to its end"),
    ("resilience_breaker_open_seconds", "From the moment a breaker stops to let every call pass until it does again"),
];

/// Tells the recorder of the [`metrics`](https://docs.rs/metrics/0.24) facade the unit of each metric, and what it says. To
/// be called once, after an exporter has been installed; the metrics are recorded without it too.
///
/// ```
/// # use resilience_runtime as resilience;
/// // PrometheusBuilder::new().install()?; // or any other exporter for `metrics` 0.24
/// resilience::describe_metrics();
/// ```
///
/// The page on [observability](https://docs.rs/resilience-fn/latest/resilience/docs/observability/index.html) has
/// the table of them. A label is the path of a function, the name of a breaker, a bulkhead, a limiter, a cache,
/// a budget or a policy, or a word out of a fixed list: never an argument, nor the value of a `key`. Functions of one path, as
/// methods of two types in one module, share their series, and so does everything of one name.
///
/// # What they mean
///
/// A call of a function counts once, whichever attributes it carries, when it ends: `ok`, `error` (an `Err` or a `None` that
/// the caller gets, after retries and fallbacks), `cancelled` (its future was dropped) or `panicked`. Its time runs from the
/// first poll, or the call of a synchronous function. A future that was never polled is no call. A future that is dropped
/// because its thread panics elsewhere counts as panicked. With attributes of other crates between ours, what these do is part
/// of the call; one above the first of ours is not, without `#[resilience::stack]`. A call of a `Policy` counts under the
/// policy's name.
///
/// Below a breaker, a call counts as what the breaker was told of it: `success`, `failure`, `ignored`, `abandoned` (cancelled
/// or panicked), or `rejected`. No timer belongs to a breaker: it is open until the first call after its recovery time.
/// Breakers of a `key` have no state in common; `resilience_breaker_open_keys` is how many of them are not closed.
///
/// Clocks are read, and calls timed, only while `resilience_calls_in_progress` is recorded: an exporter that filters it out
/// loses `resilience_call_duration_seconds` with it.
///
/// # In Prometheus
///
/// Percentiles are the business of the exporter: give it buckets for the two histograms, up to the longest `#[timeout]`.
///
/// ```promql
/// # P95 of each function; 0.5 and 0.99 likewise
/// histogram_quantile(0.95, sum by (function, le) (rate(resilience_call_duration_seconds_bucket[5m]))) > 5
///
/// # error rate
/// sum by (function) (rate(resilience_calls_total{result=~"error|panicked"}[5m]))
///   / sum by (function) (rate(resilience_calls_total{result!="cancelled"}[5m])) > 0.01
///
/// # fallback rate
/// sum by (function) (rate(resilience_fallbacks_total{step="1"}[5m]))
///   / sum by (function) (rate(resilience_calls_total[5m])) > 0.1
///
/// # cache hit rate
/// sum by (cache) (rate(resilience_cache_hits_total[15m]))
///   / (sum by (cache) (rate(resilience_cache_hits_total[15m])) + sum by (cache) (rate(resilience_cache_misses_total[15m]))) < 0.5
///
/// # a breaker that has not been closed for five minutes, probes included
/// min_over_time(resilience_breaker_state[5m]) > 0
///
/// # executions for each call: what retries do to the other side
/// sum by (function) (rate(resilience_attempts_total[5m])) / sum by (function) (rate(resilience_calls_total[5m]))
/// ```
///
/// # The recorder
///
/// It is called while no lock of ours is held. Should it panic, the call goes on as if nothing had been recorded, after the
/// panic hook has spoken; what it calls of ours itself is not recorded.
pub fn describe_metrics() {
    record(|recorder| {
        for (name, help) in COUNTERS {
            recorder.describe_counter(name.into(), Some(Unit::Count), help.into());
        }
        for (name, help) in GAUGES {
            recorder.describe_gauge(name.into(), Some(Unit::Count), help.into());
        }
        for (name, help) in HISTOGRAMS {
            recorder.describe_histogram(name.into(), Some(Unit::Seconds), help.into());
        }
    });
}
