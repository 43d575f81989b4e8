use std::cell::Cell;
use std::sync::Arc;
use std::thread;

use ::metrics::{Gauge, IntoF64};

use super::super::{CallGuard, CallMetrics, OfFunction};
use super::handles::{HandleSet, Handles, LIFETIME};
use super::recorder::{self, RecorderId};
use super::{NameSeries, Series, record};
#[cfg(feature = "dashboard")]
use crate::activity::CallEnd;
use crate::registry::{Entry, FunctionRef};
use crate::time::{self, Moment};

#[derive(Debug)]
pub struct CallRecord {
    series: Arc<Entry<NameSeries>>,
    in_progress: InProgress,
    began: Option<Moment>,
}

/// The gauge keeps its recorder, so the later subtraction reaches the same one.
#[derive(Debug)]
enum InProgress {
    Kept(Arc<HandleSet>),
    Own(Gauge),
    Unknown,
}

/// Reads the clock only when a recorder asks for the value.
struct StartTime<'a>(&'a Cell<Option<Moment>>);

impl IntoF64 for StartTime<'_> {
    fn into_f64(self) -> f64 {
        self.0.set(Some(time::now()));
        1.0
    }
}

impl CallMetrics {
    #[inline]
    pub fn begin(&self) -> CallGuard {
        CallGuard {
            record: recorder::installed().map(|recorder| self.begin_recorded(recorder)),
            #[cfg(feature = "dashboard")]
            watched: crate::activity::WatchedCall::begin(self.function),
        }
    }

    #[inline(never)]
    fn begin_recorded(&self, recorder: RecorderId) -> CallRecord {
        let (series, began, index) = (Arc::clone(self.series()), Cell::new(None), OfFunction::InProgress.index());
        let in_progress = series.record(recorder, index, |handles| {
            handles.gauge(index, |gauge| {
                gauge.increment(StartTime(&began));
                handles.kept().map_or_else(|| InProgress::Own(gauge.clone()), InProgress::Kept)
            })
        });
        CallRecord { series, in_progress: in_progress.unwrap_or(InProgress::Unknown), began: began.get() }
    }

    #[inline]
    pub fn attempt(&self) {
        if let Some(recorder) = recorder::installed() {
            self.count_attempt(recorder);
        }
    }

    #[inline(never)]
    fn count_attempt(&self, recorder: RecorderId) {
        let index = OfFunction::Attempt.index();
        self.series().record(recorder, index, |handles| handles.counter(index, |counter| counter.increment(1)));
    }

    fn series(&self) -> &Arc<Entry<NameSeries>> {
        match (self.function, self.meter.series.get()) {
            (FunctionRef::Policy(_), Some(shared)) => shared,
            (FunctionRef::Item(function), _) => self.meter.shared(function().name()),
            (function, _) => self.meter.shared(&function.name()),
        }
    }
}

impl CallGuard {
    #[inline]
    pub fn ended(mut self, failed: bool) {
        #[cfg(feature = "dashboard")]
        if let Some(watched) = self.watched.take() {
            watched.end(if failed { CallEnd::Error } else { CallEnd::Ok });
        }
        if let Some(record) = self.record.take() {
            if failed {
                record.end(OfFunction::Error, OfFunction::ErrorTime);
            } else {
                record.end(OfFunction::Ok, OfFunction::OkTime);
            }
        }
    }
}

impl CallRecord {
    #[inline(never)]
    fn end(self, result: OfFunction, duration: OfFunction) {
        let Self { series, in_progress, began } = self;
        let index = result.index();
        let keeps_handles = recorder::installed().map(|id| recorder::keeps_handles(id, || series.key(index)));
        record(|| {
            match &in_progress {
                InProgress::Kept(kept) => {
                    series.handles_of(kept).gauge(OfFunction::InProgress.index(), |gauge| gauge.decrement(1.0));
                }
                InProgress::Own(gauge) => gauge.decrement(1.0),
                InProgress::Unknown => {}
            }
            let took = began.map(|began| time::now().since(began));
            let count = |handles: &Handles<'_>| {
                handles.counter(index, |counter| counter.increment(1));
                if let Some(took) = took {
                    handles.histogram(duration.index(), |histogram| histogram.record(took));
                }
            };
            match (&in_progress, keeps_handles) {
                (InProgress::Kept(kept), Some(true)) if took.is_some_and(|took| took < LIFETIME) => {
                    count(&series.handles_of(kept));
                }
                (_, Some(keeps_handles)) => series.handles(keeps_handles, count),
                (_, None) => {}
            }
            drop(in_progress);
        });
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
