//! Counters exist with zero from the first call. A query sees no increase in a series that begins with one.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use ::metrics::{Key, Label, with_recorder};

use super::recorder::RecorderId;
use super::{METADATA, NameSeries, record};
use crate::sync::lock;

#[derive(Debug)]
pub struct Announcement {
    /// Series that are counted where the name is all that is known.
    rare: Mutex<Vec<Key>>,
    /// The recorder whose handles are not kept.
    to: AtomicU64,
    times: AtomicU64,
}

impl Announcement {
    pub const fn new() -> Self {
        Self { rare: Mutex::new(Vec::new()), to: AtomicU64::new(0), times: AtomicU64::new(0) }
    }

    /// Changes when a value that is shown now and then is due.
    #[inline]
    pub fn times(&self) -> u64 {
        self.times.load(Ordering::Relaxed)
    }
}

impl NameSeries {
    /// Called while a call is recorded, each time that handles are made.
    #[cold]
    pub(super) fn announce(&self) {
        self.announcement.times.fetch_add(1, Ordering::Relaxed);
        let rare = lock(&self.announcement.rare).clone();
        for key in self.keys.iter().filter(|key| key.name().ends_with("_total")).chain(&rare) {
            with_recorder(|recorder| recorder.register_counter(key, &METADATA)).increment(0);
        }
        for key in self.keys.iter().filter(|key| key.name().ends_with("_waiting")) {
            with_recorder(|recorder| recorder.register_gauge(key, &METADATA)).increment(0.0);
        }
    }

    /// [`announce`](Self::announce), once for each recorder whose handles are not kept.
    pub(super) fn announce_to(&self, recorder: RecorderId) {
        self.announcement.times.fetch_add(1, Ordering::Relaxed);
        if self.announcement.to.swap(recorder.number(), Ordering::Relaxed) != recorder.number() {
            self.announce();
        }
    }

    /// Announces the counters of these layers, too.
    #[cold]
    pub(super) fn add_layers(&self, function: &str, layers: &[&str]) {
        let mut added = Vec::new();
        {
            let mut rare = lock(&self.announcement.rare);
            for key in layers.iter().flat_map(|layer| keys_of(layer, function)) {
                if !rare.contains(&key) {
                    rare.push(key.clone());
                    added.push(key);
                }
            }
        }
        record(|| {
            for key in &added {
                with_recorder(|recorder| recorder.register_counter(key, &METADATA)).increment(0);
            }
        });
    }
}

const END_REASONS: [&str; 5] = ["attempts", "time", "hint", "budget", "rejected"];

fn keys_of(layer: &str, function: &str) -> Vec<Key> {
    let key = |metric: &'static str, more: &[(&'static str, &'static str)]| {
        let first = Label::new("function", function.to_owned());
        let more = more.iter().map(|&(label, value)| Label::from_static_parts(label, value));
        Key::from_parts(metric, std::iter::once(first).chain(more).collect::<Vec<_>>())
    };
    let rejections = |layer| vec![key("resilience_rejections_total", &[("layer", layer)])];
    match layer {
        "retry" => {
            let exhausted = |reason| key("resilience_retries_exhausted_total", &[("reason", reason)]);
            let mut keys: Vec<Key> = END_REASONS.into_iter().map(exhausted).collect();
            keys.push(key("resilience_retries_total", &[]));
            keys
        }
        "timeout" => vec![key("resilience_timeouts_total", &[])],
        "fallback" => ["ok", "error"]
            .into_iter()
            .map(|result| key("resilience_fallbacks_total", &[("step", "1"), ("result", result)]))
            .collect(),
        "circuit_breaker" => rejections("circuit_breaker"),
        "bulkhead" => rejections("bulkhead"),
        "rate_limit" => rejections("rate_limit"),
        _ => Vec::new(),
    }
}
