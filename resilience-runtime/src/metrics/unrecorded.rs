//! Without the feature: nothing, at no cost.

#![expect(clippy::unused_self, reason = "as with the feature")]

use std::marker::PhantomData;

use crate::event::BreakerState;
use crate::time::Moment;

/// The calls of one function or policy.
#[derive(Debug, Clone)]
pub struct Calls(&'static str);

impl Calls {
    pub const fn of(name: &'static str) -> Self {
        Self(name)
    }
    pub const fn name(&self) -> &'static str {
        self.0
    }
    #[inline]
    pub fn begin(&self) -> Call {
        Call
    }
    #[inline]
    pub fn attempt(&self) {}
}

/// One call.
#[derive(Debug)]
pub struct Call;

impl Call {
    #[inline]
    pub fn ended(self, _failed: bool) {}
}

/// Where the series of a name are found.
#[derive(Debug)]
pub struct Meter<S>(PhantomData<fn(S)>);

impl<S> Meter<S> {
    pub const fn new() -> Self {
        Self(PhantomData)
    }
    #[inline]
    pub fn count(&self, _: &str, _: S) {}
    #[cfg(feature = "cached")]
    #[inline]
    pub fn count_many(&self, _: &str, _: S, _: impl FnOnce() -> usize) {}
    #[inline]
    pub fn running(&self, _: &str, _: S) -> Running {
        Running
    }
    #[cfg(feature = "cached")]
    #[inline]
    pub fn show(&self, _: &str, _: S, _: impl Fn() -> usize) {}
}

/// One more in a gauge, for as long as it lives.
#[derive(Debug)]
pub struct Running;

impl Running {
    #[inline]
    pub fn end(&mut self) {}
}

/// What is told of a breaker.
#[derive(Debug)]
pub struct BreakerMeter;

impl BreakerMeter {
    pub const fn new(_is_keyed: bool) -> Self {
        Self
    }
    #[inline]
    pub fn count(&self, _: &str, _: super::OfBreaker) {}
    #[inline]
    pub fn observe(&self, _: BreakerState, _: impl FnOnce() -> Moment) -> Option<Change> {
        None
    }
    #[inline]
    pub fn tell(&self, _: &str, _: Option<Change>) {}
}

/// A change of state.
#[derive(Debug, Clone, Copy)]
pub enum Change {}

/// A call that has been let in and has no fate yet.
#[derive(Debug)]
pub struct Pending;

impl Pending {
    pub const NEW: Self = Self;

    #[inline]
    pub fn settle(&mut self) -> bool {
        false
    }
}

#[inline]
pub fn count_rare<const N: usize>(_: &'static str, _: [(&'static str, super::LabelValue); N]) {}
