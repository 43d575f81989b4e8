//! The activity of the last minutes, for the dashboard.
//!
//! Nothing is recorded until a dashboard exists. Memory is bounded: ten minutes of a breaker's states
//! and one minute of a function's calls.

mod calls;
mod timeline;

use std::sync::atomic::{AtomicBool, Ordering};

use crate::event::{BreakerState, Event};
use crate::registry::FunctionRef;
use crate::time::{self, Moment};

pub use calls::{CallEnd, FunctionActivity};
pub use timeline::BreakerTimeline;

static IS_WATCHED: AtomicBool = AtomicBool::new(false);

/// Starts the recording, for the rest of the process.
pub fn watch() {
    IS_WATCHED.store(true, Ordering::Relaxed);
}

#[inline]
pub fn is_watched() -> bool {
    IS_WATCHED.load(Ordering::Relaxed)
}

pub fn on_event(event: &Event<'_>) {
    if !is_watched() {
        return;
    }
    let (name, state) = match *event {
        Event::BreakerOpen { name, .. } => (name, BreakerState::Open),
        Event::BreakerHalfOpen { name, .. } => (name, BreakerState::HalfOpen),
        Event::BreakerClose { name, .. } => (name, BreakerState::Closed),
        _ => return,
    };
    timeline::record(name, state, time::now());
}

/// A call in progress.
#[derive(Debug)]
pub struct WatchedCall {
    function: FunctionRef,
    began: Moment,
}

impl WatchedCall {
    #[inline]
    pub fn begin(function: FunctionRef) -> Option<Self> {
        is_watched().then(|| Self::watch(function))
    }

    #[inline(never)]
    fn watch(function: FunctionRef) -> Self {
        calls::begin(&function.name());
        Self { function, began: time::now() }
    }

    #[inline(never)]
    pub fn end(self, end: CallEnd) {
        let now = time::now();
        calls::record(&self.function.name(), end, now.since(self.began), now);
    }
}

pub fn functions() -> Vec<FunctionActivity> {
    calls::all(time::now())
}

/// The calls in progress by function.
pub fn calls_in_progress() -> Vec<(String, u64)> {
    calls::in_progress()
}

/// The breakers whose state has changed in the last ten minutes, by name.
pub fn timelines() -> Vec<BreakerTimeline> {
    timeline::all(time::now())
}
