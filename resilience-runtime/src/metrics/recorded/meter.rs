use std::mem;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use ::metrics::{Gauge, IntoF64, Key};

use super::super::{GaugeGuard, Meter};
use super::{GaugeLevel, METADATA, NameSeries, Series, record};
use crate::registry::{Entry, StateName};

impl<S: Series> Meter<S> {
    /// Another name of a function is longer than its first one.
    #[inline]
    pub(super) fn shared(&self, name: &str) -> &Arc<Entry<NameSeries>> {
        match self.series.get() {
            Some(shared) if shared.name().len() == name.len() => shared,
            Some(_) => self.renamed.get_or_init(|| Self::find(name)),
            None => self.series.get_or_init(|| Self::find(name)),
        }
    }

    #[cold]
    fn find(name: &str) -> Arc<Entry<NameSeries>> {
        S::registry().get_or_insert(name.to_owned().into(), |_| NameSeries {
            keys: S::ALL.iter().map(|spec| spec.key(S::LABEL, name)).collect(),
            open: AtomicI64::new(0),
            level: GaugeLevel::new(),
        })
    }

    pub(super) fn key(&self, name: &StateName, series: S) -> &Key {
        &self.shared(name).keys[series.index()]
    }

    pub fn count(&self, name: &StateName, series: S) {
        self.count_many(name, series, || 1);
    }

    pub fn count_many(&self, name: &StateName, series: S, times: impl FnOnce() -> usize) {
        let times = times() as u64;
        if times > 0 {
            let key = self.key(name, series);
            record(|recorder| recorder.register_counter(key, &METADATA).increment(times));
        }
    }

    pub fn gauge(&self, name: &StateName, series: S) -> GaugeGuard {
        GaugeGuard { gauge: increment(self.key(name, series), 1.0) }
    }

    /// Calls `value` again if it changes in the meantime.
    #[cfg(feature = "cached")]
    pub fn show(&self, name: &StateName, series: S, value: impl Fn() -> usize) {
        let shared = self.shared(name);
        #[expect(clippy::cast_precision_loss, reason = "a gauge is a floating-point number")]
        shared.level.show(&shared.keys[series.index()], || value() as f64);
    }
}

/// The gauge keeps its recorder, so the later subtraction reaches the same one.
pub(super) fn increment(key: &Key, one: impl IntoF64) -> Gauge {
    let gauge = record(|recorder| {
        let gauge = recorder.register_gauge(key, &METADATA);
        gauge.increment(one);
        gauge
    });
    gauge.unwrap_or_else(Gauge::noop)
}

impl GaugeGuard {
    pub fn end(&mut self) {
        let gauge = mem::replace(&mut self.gauge, Gauge::noop());
        record(|_| {
            gauge.decrement(1.0);
            drop(gauge);
        });
    }
}

impl Drop for GaugeGuard {
    fn drop(&mut self) {
        self.end();
    }
}
