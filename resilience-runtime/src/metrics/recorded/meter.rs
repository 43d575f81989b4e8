use std::sync::Arc;

use ::metrics::Gauge;

use super::super::{GaugeGuard, Meter};
use super::recorder::{self, RecorderId};
use super::{NameSeries, Series, record};
use crate::registry::{Entry, StateName, names_are_first};

impl<S: Series> Meter<S> {
    /// The series, unless the name has to be looked at.
    #[inline]
    pub(super) fn known(&self) -> Option<&Arc<Entry<NameSeries>>> {
        if names_are_first() { self.series.get() } else { None }
    }

    #[inline]
    pub(super) fn shared(&self, name: &StateName) -> &Arc<Entry<NameSeries>> {
        self.known().unwrap_or_else(|| self.named(name))
    }

    /// Another name of a function is longer than its first one.
    #[cold]
    #[inline(never)]
    pub(super) fn named(&self, name: &str) -> &Arc<Entry<NameSeries>> {
        match self.series.get() {
            Some(shared) if shared.name().len() == name.len() => shared,
            Some(_) => self.renamed.get_or_init(|| Self::find(name)),
            None => self.series.get_or_init(|| Self::find(name)),
        }
    }

    #[cold]
    fn find(name: &str) -> Arc<Entry<NameSeries>> {
        let found = S::registry().get_or_insert(name.to_owned().into(), |_| NameSeries::new::<S>(name));
        found.shared.get_or_init(|| Arc::downgrade(&found));
        found
    }

    #[inline]
    pub fn count(&self, name: &StateName, series: S) {
        self.count_many(name, series, || 1);
    }

    #[inline]
    pub fn count_many(&self, name: &StateName, series: S, times: impl FnOnce() -> usize) {
        let Some(recorder) = recorder::installed() else { return };
        let times = times() as u64;
        if times > 0 {
            self.count_by(recorder, name, series, times);
        }
    }

    #[inline(never)]
    fn count_by(&self, recorder: RecorderId, name: &StateName, series: S, times: u64) {
        self.shared(name).count(recorder, series.index(), times);
    }

    pub fn gauge(&self, name: &StateName, series: S) -> GaugeGuard {
        GaugeGuard { gauge: recorder::installed().and_then(|recorder| self.increment(recorder, name, series.index())) }
    }

    /// The gauge keeps its recorder, so the later subtraction reaches the same one.
    fn increment(&self, recorder: RecorderId, name: &StateName, index: usize) -> Option<Gauge> {
        self.shared(name).record(recorder, |handles| {
            handles.gauge(index, |gauge| {
                gauge.increment(1.0);
                gauge.clone()
            })
        })
    }

    /// Calls `value` again if it changes in the meantime.
    #[cfg(feature = "cached")]
    pub fn show(&self, name: &StateName, series: S, value: impl Fn() -> usize) {
        if recorder::installed().is_none() {
            return;
        }
        let shared = self.shared(name);
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a floating-point number")]
        shared.level.show(shared, series.index(), || value() as f64);
    }
}

/// The gauge keeps its recorder, so the later subtraction reaches the same one.
impl GaugeGuard {
    pub fn take(&mut self) -> Self {
        Self { gauge: self.gauge.take() }
    }

    pub fn end(&mut self) {
        if let Some(gauge) = self.gauge.take() {
            record(|| {
                gauge.decrement(1.0);
                drop(gauge);
            });
        }
    }
}

impl Drop for GaugeGuard {
    fn drop(&mut self) {
        self.end();
    }
}
