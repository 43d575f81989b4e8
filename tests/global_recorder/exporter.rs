//! Recorders as exporters have them: one handle for each series, until it is dropped.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Label, Metadata, Recorder, SharedString,
    Unit,
};

#[derive(Default)]
struct Series(Mutex<i64>);

impl Series {
    fn add(&self, value: i64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += value;
    }
}

fn whole(value: f64) -> i64 {
    value.to_string().parse().expect("a whole number")
}

impl CounterFn for Series {
    fn increment(&self, value: u64) {
        self.add(i64::try_from(value).expect("few"));
    }
    fn absolute(&self, _: u64) {}
}

impl GaugeFn for Series {
    fn increment(&self, value: f64) {
        self.add(whole(value));
    }
    fn decrement(&self, value: f64) {
        self.add(-whole(value));
    }
    fn set(&self, value: f64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = whole(value);
    }
}

impl HistogramFn for Series {
    fn record(&self, _: f64) {
        self.add(1);
    }
}

type Block = (Sender<()>, Receiver<()>);

#[derive(Default)]
pub struct Exporter {
    series: Mutex<BTreeMap<Key, Arc<Series>>>,
    registrations: AtomicU64,
    kinds: Mutex<BTreeMap<String, BTreeSet<&'static str>>>,
    block: Mutex<Option<Block>>,
}

impl Exporter {
    pub fn registrations(&self) -> u64 {
        self.registrations.load(Ordering::SeqCst)
    }

    /// An exporter shows such a name twice.
    pub fn names_of_several_kinds(&self) -> Vec<String> {
        let kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        kinds.iter().filter(|(_, kinds)| kinds.len() > 1).map(|(name, _)| name.clone()).collect()
    }

    pub fn drop_all_series(&self) {
        self.series.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Returns what tells that it is blocked, and what lets it go on.
    pub fn block_next_registration(&self) -> (Receiver<()>, Sender<()>) {
        let ((blocked, is_blocked), (release, released)) = (mpsc::channel(), mpsc::channel());
        *self.block.lock().unwrap_or_else(PoisonError::into_inner) = Some((blocked, released));
        (is_blocked, release)
    }

    pub fn value(&self, metric: &str, labels: &[(&str, &str)]) -> i64 {
        let is_it = |key: &Key| {
            key.name() == metric
                && labels.iter().all(|(label, value)| {
                    key.labels().any(|known: &Label| known.key() == *label && known.value() == *value)
                })
        };
        let series = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        series
            .iter()
            .filter(|(key, _)| is_it(key))
            .map(|(_, series)| *series.0.lock().unwrap_or_else(PoisonError::into_inner))
            .sum()
    }

    fn of(&self, key: &Key, kind: &'static str) -> Arc<Series> {
        self.registrations.fetch_add(1, Ordering::SeqCst);
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner).entry(key.name().into()).or_default().insert(kind);
        let block = self.block.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((blocked, released)) = block {
            blocked.send(()).expect("the test waits");
            released.recv().expect("the test goes on");
        }
        Arc::clone(self.series.lock().unwrap_or_else(PoisonError::into_inner).entry(key.clone()).or_default())
    }
}

impl Recorder for Exporter {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.of(key, "counter"))
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.of(key, "gauge"))
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.of(key, "histogram"))
    }
}

/// Adds the name of the current span as a label when a series is registered.
#[derive(Default)]
pub struct BySpan(Exporter);

impl BySpan {
    pub fn calls_in(&self, span: &'static str) -> i64 {
        self.0.value("resilience_calls_total", &[("span", span)])
    }

    fn key(key: &Key) -> Key {
        let span = tracing::Span::current().metadata().map_or("none", |span| span.name());
        key.with_extra_labels(vec![Label::from_static_parts("span", span)])
    }
}

impl Recorder for BySpan {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.0.of(&Self::key(key), "counter"))
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.0.of(&Self::key(key), "gauge"))
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.0.of(&Self::key(key), "histogram"))
    }
}
