//! With the feature `metrics`: calls of the recorder.

mod announcement;
mod breaker;
mod call;
mod describe;
mod handles;
mod meter;
mod recorder;
mod span_probe;

use std::borrow::Cow;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use ::metrics::{Key, Label, Level, Metadata, Recorder, with_recorder};

use crate::context::Marks;
use crate::registry::{Entry, Registry};
use announcement::Announcement;
use handles::KeptHandles;

pub use breaker::BreakerGauge;
pub use call::{CallRecord, calls_in_progress, counts_calls};
pub use describe::{describe_metrics, duration_buckets};

static METADATA: Metadata<'static> = Metadata::new("resilience", Level::INFO, None);

thread_local! {
    static IS_RECORDING: Cell<bool> = const { Cell::new(false) };
}

/// Runs what calls the recorder, unless the recorder itself calls one of our functions. Its panics
/// end here, after the panic hook has reported them, and the marks that it leaves on the thread are
/// removed.
fn record<T>(run: impl FnOnce() -> T) -> Option<T> {
    if IS_RECORDING.replace(true) {
        return None;
    }
    let marks = Marks::current();
    let done = catch_unwind(AssertUnwindSafe(run));
    marks.restore();
    IS_RECORDING.set(false);
    done.ok()
}

#[derive(Debug)]
pub struct SeriesSpec {
    pub metric: &'static str,
    pub more_labels: &'static [(&'static str, &'static str)],
}

impl SeriesSpec {
    pub(super) fn key(&self, label: &'static str, name: &str) -> Key {
        let first = Label::new(label, name.to_owned());
        let more = self.more_labels.iter().map(|&(label, value)| Label::from_static_parts(label, value));
        Key::from_parts(self.metric, std::iter::once(first).chain(more).collect::<Vec<_>>())
    }
}

pub trait Series: Copy + 'static {
    const LABEL: &'static str;
    const ALL: &'static [SeriesSpec];
    fn index(self) -> usize;
    fn registry() -> &'static Registry<NameSeries>;
}

/// Lives as long as something with the name.
#[derive(Debug)]
pub struct NameSeries {
    keys: Arc<[Key]>,
    kept: KeptHandles,
    announcement: Announcement,
    /// The series themselves, for calls that go on when their handles are old.
    shared: OnceLock<Weak<Entry<Self>>>,
    /// The number of keyed breakers that are not closed.
    open: AtomicI64,
    /// The calls of a function that a recorder counts.
    calls: Arc<AtomicU64>,
    level: GaugeLevel,
}

impl NameSeries {
    fn new<S: Series>(name: &str) -> Self {
        Self {
            keys: S::ALL.iter().map(|spec| spec.key(S::LABEL, name)).collect(),
            kept: KeptHandles::new(),
            announcement: Announcement::new(),
            shared: OnceLock::new(),
            open: AtomicI64::new(0),
            calls: Arc::default(),
            level: GaugeLevel::new(),
        }
    }
}

/// Sets a gauge from several threads without waiting: the thread that sets it reads the value again
/// if another thread changed it, so an older value never stays.
#[derive(Debug)]
pub struct GaugeLevel {
    is_stale: AtomicBool,
    is_being_set: AtomicBool,
}

impl GaugeLevel {
    pub(super) const fn new() -> Self {
        Self { is_stale: AtomicBool::new(false), is_being_set: AtomicBool::new(false) }
    }

    pub(super) fn show(&self, series: &NameSeries, index: usize, value: impl Fn() -> f64) {
        // A recorder that changes the value itself could go on forever.
        if IS_RECORDING.get() {
            return;
        }
        let Some(recorder) = recorder::installed() else { return };
        self.is_stale.store(true, Ordering::SeqCst);
        while self.is_stale.load(Ordering::SeqCst) && !self.is_being_set.swap(true, Ordering::SeqCst) {
            while self.is_stale.swap(false, Ordering::SeqCst) {
                let value = value();
                series.record(recorder, |handles| handles.gauge(index, |gauge| gauge.set(value)));
            }
            self.is_being_set.store(false, Ordering::SeqCst);
        }
    }
}

type Labels<const N: usize> = [(&'static str, Cow<'static, str>); N];

pub fn count_rare<const N: usize>(metric: &'static str, labels: impl FnOnce() -> Labels<N>) {
    count_many_rare(metric, 1, labels);
}

pub fn count_many_rare<const N: usize>(metric: &'static str, count: u64, labels: impl FnOnce() -> Labels<N>) {
    with_rare(metric, labels, |recorder, key| recorder.register_counter(key, &METADATA).increment(count));
}

#[cfg(feature = "store")]
pub fn show_rare<const N: usize>(metric: &'static str, value: f64, labels: impl FnOnce() -> Labels<N>) {
    with_rare(metric, labels, |recorder, key| recorder.register_gauge(key, &METADATA).set(value));
}

fn with_rare<const N: usize>(
    metric: &'static str,
    labels: impl FnOnce() -> Labels<N>,
    tell: impl FnOnce(&dyn Recorder, &Key),
) {
    if recorder::installed().is_none() {
        return;
    }
    let labels = labels().map(|(label, value)| Label::new(label, value));
    let key = Key::from_parts(metric, Vec::from(labels));
    record(|| with_recorder(|recorder| tell(recorder, &key)));
}
