use std::cell::Cell;
use std::sync::Arc;
use std::thread;

use ::metrics::{Gauge, IntoF64};

use super::super::{CallGuard, CallMetrics, OfFunction};
use super::meter::increment;
use super::{METADATA, NameSeries, Series, record};
use crate::registry::{Entry, FunctionRef};
use crate::time::{self, Moment};

#[derive(Debug)]
pub struct CallRecord {
    series: Arc<Entry<NameSeries>>,
    in_progress: Gauge,
    began: Option<Moment>,
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
    pub fn begin(&self) -> CallGuard {
        let (series, began) = (Arc::clone(self.series()), Cell::new(None));
        let in_progress = increment(&series.keys[OfFunction::InProgress.index()], StartTime(&began));
        CallGuard { record: Some(CallRecord { series, in_progress, began: began.get() }) }
    }

    pub fn attempt(&self) {
        let key = &self.series().keys[OfFunction::Attempt.index()];
        record(|recorder| recorder.register_counter(key, &METADATA).increment(1));
    }

    fn series(&self) -> &Arc<Entry<NameSeries>> {
        match (self.function, self.meter.series.get()) {
            (FunctionRef::Policy(_), Some(shared)) => shared,
            (function, _) => self.meter.shared(&function.name()),
        }
    }
}

impl CallGuard {
    pub fn ended(mut self, failed: bool) {
        if failed {
            self.end(OfFunction::Error, OfFunction::ErrorTime);
        } else {
            self.end(OfFunction::Ok, OfFunction::OkTime);
        }
    }

    fn end(&mut self, result: OfFunction, duration: OfFunction) {
        let Some(CallRecord { series, in_progress, began }) = self.record.take() else { return };
        record(|recorder| {
            in_progress.decrement(1.0);
            drop(in_progress);
            recorder.register_counter(&series.keys[result.index()], &METADATA).increment(1);
            if let Some(began) = began {
                let histogram = recorder.register_histogram(&series.keys[duration.index()], &METADATA);
                histogram.record(time::now().since(began));
            }
        });
    }
}

impl Drop for CallGuard {
    fn drop(&mut self) {
        if thread::panicking() {
            self.end(OfFunction::Panicked, OfFunction::PanickedTime);
        } else {
            self.end(OfFunction::Cancelled, OfFunction::CancelledTime);
        }
    }
}
