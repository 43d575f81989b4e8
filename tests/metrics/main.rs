#![deny(warnings)]
//! Each metric, with exact numbers and without anything that a caller sends.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
mod breakers;
mod caches;
mod calls;
mod first_call;
mod gates;
mod policies;
mod recorders;
mod stores;
mod streams;
mod table;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Label, LocalRecorderGuard, Metadata,
    Recorder, SharedString, Unit,
};
use resilience::{bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout};

use crate::common::{Answer, TestError, poll_at_most, secs};

/// The values of one series, in order.
#[derive(Debug, Clone, Default)]
struct Told {
    /// The value of a counter or a gauge.
    value: f64,
    lowest: f64,
    highest: f64,
    /// The values of a histogram.
    samples: Option<Vec<f64>>,
}

/// Keeps everything it receives.
#[derive(Default)]
struct Seen {
    series: Arc<Mutex<BTreeMap<Key, Told>>>,
    described: Mutex<BTreeMap<String, (&'static str, Option<Unit>)>>,
}

struct Series {
    all: Arc<Mutex<BTreeMap<Key, Told>>>,
    key: Key,
}

impl Series {
    fn change(&self, change: impl FnOnce(&mut Told)) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let told = all.entry(self.key.clone()).or_default();
        change(told);
        told.lowest = told.lowest.min(told.value);
        told.highest = told.highest.max(told.value);
    }
}

impl CounterFn for Series {
    fn increment(&self, value: u64) {
        self.change(|told| told.value += f64::from(u32::try_from(value).expect("few")));
    }
    fn absolute(&self, _: u64) {
        unreachable!("nothing counts like this");
    }
}

impl GaugeFn for Series {
    fn increment(&self, value: f64) {
        self.change(|told| told.value += value);
    }
    fn decrement(&self, value: f64) {
        self.change(|told| told.value -= value);
    }
    fn set(&self, value: f64) {
        self.change(|told| told.value = value);
    }
}

impl HistogramFn for Series {
    fn record(&self, value: f64) {
        self.change(|told| told.samples.get_or_insert_default().push(value));
    }
}

impl Recorder for Seen {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe("counter", &key, unit, &description);
    }
    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe("gauge", &key, unit, &description);
    }
    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe("histogram", &key, unit, &description);
    }
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.of(key))
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.of(key))
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.of(key))
    }
}

impl Seen {
    /// Installs the recorder on this thread until the guard is dropped.
    fn here(&self) -> LocalRecorderGuard<'_> {
        metrics::set_default_local_recorder(self)
    }

    /// The path of a function may get longer at its first call, because another test has one like it.
    fn of(&self, key: &Key) -> Arc<Series> {
        let label = |label: &Label| Label::new(label.key().to_owned(), short(label.value()).to_owned());
        let key = Key::from_parts(key.name().to_owned(), key.labels().map(label).collect::<Vec<_>>());
        Arc::new(Series { all: Arc::clone(&self.series), key })
    }

    fn describe(&self, kind: &'static str, key: &KeyName, unit: Option<Unit>, description: &SharedString) {
        let mut described = self.described.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(description.len() > 10, "{description}");
        let before = described.insert(key.as_str().to_owned(), (kind, unit));
        assert!(before.is_none(), "{key:?} is described twice");
    }

    fn all(&self) -> BTreeMap<Key, Told> {
        self.series.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// One line per series that has been recorded, such as `calls_total{ask,ok} 1`, without the common prefix of names and the paths of functions.
    fn lines(&self) -> Vec<String> {
        let line = |(key, told): (&Key, &Told)| {
            let labels: Vec<&str> = key.labels().map(Label::value).collect();
            let value = match &told.samples {
                Some(samples) => format!("{samples:?}"),
                None => told.value.to_string(),
            };
            format!("{}{{{}}} {value}", key.name().trim_start_matches("resilience_"), labels.join(","))
        };
        let all = self.all();
        let is_told = |(key, told): &(&Key, &Told)| {
            let begins_with_zero = ["_total", "_waiting"].iter().any(|end| key.name().ends_with(end));
            !begins_with_zero || told.highest != 0.0
        };
        let mut lines: Vec<String> = all.iter().filter(is_told).map(line).collect();
        lines.sort();
        lines
    }

    /// The lines of metrics that begin with one of these words.
    fn lines_of(&self, words: &[&str]) -> Vec<String> {
        self.lines().into_iter().filter(|line| words.iter().any(|word| line.starts_with(word))).collect()
    }

    fn told(&self, metric: &str, labels: &str) -> Told {
        let is_it = |key: &Key| {
            let all: Vec<&str> = key.labels().map(Label::value).collect();
            key.name() == format!("resilience_{metric}") && all.join(",") == labels
        };
        self.all().into_iter().find(|(key, _)| is_it(key)).map(|(_, told)| told).unwrap_or_default()
    }
}

/// Removes the path, and the number of a second instance with the same name.
fn short(label: &str) -> &str {
    let last = label.rsplit("::").next().unwrap_or(label);
    last.split('#').next().unwrap_or(last)
}

/// Uses every part of a full stack and returns its results.
async fn everything(name: &'static str) -> Vec<Answer> {
    #[cached(ttl = "10s", key = (name, id), stale_if_error = "10s")]
    #[fallback(other, when = TestError::is_open)]
    #[retry(max = 1, base_delay = "1s", jitter = false)]
    #[circuit_breaker(failure_threshold = 3, recovery = "10s", key = name)]
    #[bulkhead(max = 1, queue = 1, key = name)]
    #[rate_limit(max = 100, key = name)]
    #[timeout(secs = 5)]
    async fn ask(name: &'static str, id: u32, plan: char) -> Answer {
        match plan {
            'S' => Ok(id),
            'T' => std::future::pending().await,
            'W' => {
                tokio::time::sleep(secs(1)).await;
                Ok(id)
            }
            _ => Err(TestError::Transient),
        }
    }

    #[allow(clippy::unnecessary_wraps, reason = "the form of a fallback")]
    fn other(_: &'static str, id: u32, _: char) -> Answer {
        Ok(id + 100)
    }

    // The gauges of a name are shown to the recorder of one thread at a time, and each test has a recorder of its own.
    static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _alone = ALONE.lock().await;
    let mut answers = Vec::new();
    for (id, plan) in [(1, 'S'), (1, 'S'), (2, 'F'), (3, 'T'), (4, 'S')] {
        answers.push(ask(name, id, plan).await);
    }
    tokio::time::sleep(secs(10)).await;
    for (id, plan) in [(5, 'S'), (6, 'S'), (1, 'F')] {
        answers.push(ask(name, id, plan).await);
    }
    assert!(poll_at_most(1, ask(name, 7, 'T')).await.is_none());
    let (left, right) = tokio::join!(ask(name, 8, 'W'), ask(name, 9, 'W'));
    answers.extend([left, right]);
    answers
}

fn words(cell: &str) -> Vec<&str> {
    cell.split(", ").map(|word| word.trim_matches('`')).collect()
}
