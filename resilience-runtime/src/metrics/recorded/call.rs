use std::cell::Cell;
use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use ::metrics::{Gauge, IntoF64};

use super::super::{CallGuard, CallMetrics, CallResult, OfFunction};
use super::handles::{HandleSet, Handles, LIFETIME};
use super::recorder::{self, RecorderId};
use super::{NameSeries, Series, record};
#[cfg(feature = "dashboard")]
use crate::activity::CallEnd;
use crate::classify::Category;
use crate::registry::{Entry, FunctionRef};
use crate::time::Stopwatch;

/// By the handles that were kept when the call began, or by its own.
#[derive(Debug)]
pub struct CallRecord {
    /// The gauge among them keeps its recorder, so the later subtraction reaches the same one.
    set: Arc<HandleSet>,
    began: Stopwatch,
}

/// Reads the clock only when a recorder asks for the value.
struct StartTime<'a>(&'a Cell<Stopwatch>);

impl IntoF64 for StartTime<'_> {
    fn into_f64(self) -> f64 {
        self.0.set(Stopwatch::start());
        1.0
    }
}

/// Returns whether a recorder or a dashboard counts the calls of functions and policies.
pub fn counts_calls() -> bool {
    #[cfg(feature = "dashboard")]
    if crate::activity::is_watched() {
        return true;
    }
    !OfFunction::registry().all().is_empty()
}

/// The calls in progress of functions and policies, by name, where a recorder or a dashboard counts them.
pub fn calls_in_progress() -> BTreeMap<String, u64> {
    let recorded = OfFunction::registry().all().into_iter().filter_map(|series| {
        let calls = series.calls.load(Ordering::Acquire);
        (calls > 0).then(|| (series.name().to_string(), calls))
    });
    #[cfg_attr(not(feature = "dashboard"), expect(unused_mut, reason = "a dashboard counts for itself"))]
    let mut counts: BTreeMap<String, u64> = recorded.collect();
    #[cfg(feature = "dashboard")]
    for (name, calls) in crate::activity::calls_in_progress() {
        let count = counts.entry(name).or_default();
        *count = calls.max(*count);
    }
    counts
}

impl CallMetrics {
    #[inline]
    pub fn begin(&self) -> CallGuard {
        self.begin_with(false)
    }

    /// Begins a call, and its first attempt.
    #[inline]
    pub fn begin_attempt(&self) -> CallGuard {
        self.begin_with(true)
    }

    #[inline]
    fn begin_with(&self, attempt: bool) -> CallGuard {
        CallGuard {
            record: recorder::installed().map(|recorder| self.begin_recorded(recorder, attempt)),
            #[cfg(feature = "dashboard")]
            watched: crate::activity::WatchedCall::begin(self.function),
        }
    }

    #[inline(never)]
    fn begin_recorded(&self, recorder: RecorderId, attempt: bool) -> CallRecord {
        let series = self.series();
        let record = series.record_begin(recorder, |handles| {
            if attempt {
                handles.counter(OfFunction::Attempt.index(), |counter| counter.increment(1));
            }
            handles.gauge(OfFunction::InProgress.index(), |gauge| {
                let began = match handles.read() {
                    Some(began) => {
                        gauge.increment(1.0);
                        began
                    }
                    None => Self::increment_if_asked(handles, gauge),
                };
                CallRecord { set: handles.kept().unwrap_or_else(|| series.of_one_call(gauge.clone())), began }
            })
        });
        let record = record.unwrap_or_else(|| CallRecord::unseen(series));
        record.set.calls.fetch_add(1, Ordering::Relaxed);
        record
    }

    #[cold]
    fn increment_if_asked(handles: &Handles<'_>, gauge: &Gauge) -> Stopwatch {
        let began = Cell::new(Stopwatch::NEVER);
        gauge.increment(StartTime(&began));
        if began.get() != Stopwatch::NEVER {
            handles.set_timed();
        }
        began.get()
    }

    /// Counts an attempt that [`begin_attempt`](Self::begin_attempt) has not counted.
    #[inline]
    pub fn next_attempt(&self, is_first: bool) {
        if !is_first {
            self.attempt();
        }
    }

    #[cold]
    fn announce(&self) {
        let name = self.function.name();
        self.meter.named(&name).add_layers(&name, &self.layers);
    }

    /// Before the first call.
    pub fn add_layer(&mut self, layer: &'static str) {
        self.layers.to_mut().push(layer);
    }

    #[inline]
    pub fn attempt(&self) {
        if let Some(recorder) = recorder::installed() {
            self.count_attempt(recorder);
        }
    }

    #[inline(never)]
    fn count_attempt(&self, recorder: RecorderId) {
        self.series().count(recorder, OfFunction::Attempt.index(), 1);
    }

    #[inline]
    fn series(&self) -> &Arc<Entry<NameSeries>> {
        self.meter.known().unwrap_or_else(|| self.named_series())
    }

    #[cold]
    #[inline(never)]
    fn named_series(&self) -> &Arc<Entry<NameSeries>> {
        if self.meter.series.get().is_none() {
            self.announce();
        }
        match (self.function, self.meter.series.get()) {
            (FunctionRef::Policy(_), Some(shared)) => shared,
            (FunctionRef::Item(function), _) => self.meter.named(function().name()),
            (function, _) => self.meter.named(&function.name()),
        }
    }
}

impl CallGuard {
    #[inline]
    const fn is_counted(&self) -> bool {
        #[cfg(feature = "dashboard")]
        if self.watched.is_some() {
            return true;
        }
        self.record.is_some()
    }

    #[inline]
    pub fn ended(mut self, result: impl FnOnce() -> CallResult) {
        if self.is_counted() {
            // Classifies with the code of the user's, which may panic.
            let result = result();
            #[cfg(feature = "dashboard")]
            if let Some(watched) = self.watched.take() {
                watched.end(if result == CallResult::Ok { CallEnd::Ok } else { CallEnd::Error });
            }
            if let Some(record) = self.record.take() {
                record.ended(result);
            }
        }
        // Nothing is left, and finding that out costs as much as the rest without a recorder.
        mem::forget(self);
    }
}

impl CallRecord {
    /// A recorder has panicked, or is the caller.
    #[cold]
    fn unseen(series: &NameSeries) -> Self {
        Self { set: series.of_one_call(Gauge::noop()), began: Stopwatch::NEVER }
    }

    #[inline(never)]
    fn ended(self, result: CallResult) {
        match result {
            CallResult::Ok => self.end(OfFunction::Ok, OfFunction::OkTime),
            CallResult::Failed(category) => self.failed(category),
        }
    }

    #[inline]
    fn end(self, result: OfFunction, duration: OfFunction) {
        let Self { set, began } = self;
        let installed = recorder::installed();
        set.calls.fetch_sub(1, Ordering::Release);
        record(|| {
            set.handles().gauge(OfFunction::InProgress.index(), |gauge| gauge.decrement(1.0));
            let took = began.elapsed();
            let count = |handles: &Handles<'_>| {
                handles.counter(result.index(), |counter| counter.increment(1));
                if let Some(took) = took {
                    handles.histogram(duration.index(), |histogram| histogram.record(took));
                }
            };
            match installed {
                Some(id) if set.is_of(id) && took.is_some_and(|took| took < LIFETIME) => count(&set.handles()),
                Some(id) => set.refreshed(id, count),
                None => {}
            }
            set.give_back();
        });
    }

    #[cold]
    fn failed(self, category: Option<Category>) {
        let result = match category {
            None => OfFunction::UnclassifiedError,
            Some(Category::Network) => OfFunction::NetworkError,
            Some(Category::RateLimit) => OfFunction::RateLimitError,
            Some(Category::Resource) => OfFunction::ResourceError,
            Some(Category::Transient) => OfFunction::TransientError,
            Some(Category::Permanent) => OfFunction::PermanentError,
        };
        self.end(result, OfFunction::ErrorTime);
    }

    #[cold]
    fn interrupted(self) {
        if thread::panicking() {
            self.end(OfFunction::Panicked, OfFunction::PanickedTime);
        } else {
            self.end(OfFunction::Cancelled, OfFunction::CancelledTime);
        }
    }
}

impl Drop for CallGuard {
    #[inline]
    fn drop(&mut self) {
        #[cfg(feature = "dashboard")]
        if let Some(watched) = self.watched.take() {
            watched.end(if thread::panicking() { CallEnd::Panicked } else { CallEnd::Cancelled });
        }
        if let Some(record) = self.record.take() {
            record.interrupted();
        }
    }
}

#[cfg(all(test, not(feature = "dashboard")))]
mod tests {
    use super::*;

    /// Each future with the feature holds one.
    #[test]
    fn a_call_in_progress_takes_two_words() {
        assert_eq!(size_of::<CallGuard>(), 2 * size_of::<usize>());
    }
}
