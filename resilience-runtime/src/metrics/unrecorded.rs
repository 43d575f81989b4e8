//! Without the feature `metrics`: empty methods.

#![expect(clippy::unused_self, reason = "the signatures of the feature")]

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{
    BreakerMeter, BreakerRates, CallGuard, CallMetrics, CallResult, GaugeGuard, Meter, OfBreaker, SettleOnce,
    StateChange,
};
use crate::event::BreakerState;
use crate::registry::StateName;
use crate::time::Moment;

impl CallMetrics {
    #[inline]
    pub fn begin(&self) -> CallGuard {
        CallGuard {}
    }

    #[inline]
    pub fn begin_attempt(&self) -> CallGuard {
        CallGuard {}
    }

    #[inline]
    pub fn attempt(&self) {}

    pub fn add_layer(&mut self, _: &'static str) {}

    #[inline]
    pub fn next_attempt(&self, _is_first: bool) {}
}

impl CallGuard {
    #[inline]
    pub fn ended(self, _: impl FnOnce() -> CallResult) {}
}

impl<S> Meter<S> {
    #[inline]
    pub fn count(&self, _: &StateName, _: S) {}

    #[cfg(feature = "cached")]
    #[inline]
    pub fn count_many(&self, _: &StateName, _: S, _: impl FnOnce() -> usize) {}

    #[inline]
    pub fn gauge(&self, _: &StateName, _: S) -> GaugeGuard {
        GaugeGuard {}
    }

    #[cfg(feature = "cached")]
    #[inline]
    pub fn show(&self, _: &StateName, _: S, _: impl Fn() -> usize) {}
}

impl GaugeGuard {
    #[inline]
    pub fn take(&mut self) -> Self {
        Self {}
    }

    #[inline]
    pub fn end(&mut self) {}
}

impl BreakerMeter {
    pub const fn new(_is_keyed: bool) -> Self {
        Self {}
    }

    #[inline]
    pub fn count(&self, _: &StateName, _: OfBreaker) -> bool {
        false
    }

    #[inline]
    pub fn show_rates(&self, _: &StateName, _: impl Fn() -> BreakerRates) {}

    #[inline]
    pub fn observe(&self, _: BreakerState, _: impl FnOnce() -> Moment) -> Option<StateChange> {
        None
    }

    #[inline]
    pub fn report(&self, _: &StateName, _: Option<StateChange>) {}
}

impl SettleOnce {
    pub const NEW: Self = Self {};
    pub const SETTLED: Self = Self {};

    #[inline]
    pub fn take(&mut self) -> Self {
        Self {}
    }

    #[inline]
    pub fn settle(&mut self) -> bool {
        false
    }
}

pub const fn counts_calls() -> bool {
    false
}

pub fn calls_in_progress() -> BTreeMap<String, u64> {
    BTreeMap::new()
}

#[cfg(feature = "store")]
#[inline]
pub fn count_many_rare<const N: usize>(
    _: &'static str,
    _: u64,
    _: impl FnOnce() -> [(&'static str, Cow<'static, str>); N],
) {
}

#[cfg(feature = "store")]
#[inline]
pub fn show_rare<const N: usize>(_: &'static str, _: f64, _: impl FnOnce() -> [(&'static str, Cow<'static, str>); N]) {}

#[inline]
pub fn count_rare<const N: usize>(_: &'static str, _: impl FnOnce() -> [(&'static str, Cow<'static, str>); N]) {}
