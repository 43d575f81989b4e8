#![deny(warnings)]
#![allow(clippy::items_after_statements, reason = "a watchdog comes first")]
//! What `#[cached]` promises.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
mod callers_deadlines;
mod cancelled_loads;
mod degradation;
mod degraded;
mod entries;
mod floods;
mod handles;
mod invalidation;
mod jitter;
mod keys;
mod model;
mod negative_ttl;
mod outages;
mod panics;
mod races;
mod recursion;
mod reentrancy;
mod single_flight;
mod stale_if_error;
mod stale_while_revalidate;
mod statistics;
mod substitutes;
mod threads;
mod time_to_idle;
mod ttl_and_size;
mod ttl_of_values;
mod verdicts;

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::common::Counter;

const MINUTE: Duration = Duration::from_secs(60);

fn clear(name: &str, call: impl Fn(u32)) {
    (0..100).for_each(&call);
    resilience::Cache::named(name).expect("called").clear();
    (0..100).for_each(&call);
}

/// Keys that all have the same hash.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Colliding(u32);

impl Hash for Colliding {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u8(0);
    }
}

/// Counts the running bodies, their maximum, and all that were started.
#[derive(Debug, Default)]
struct Running {
    now: Counter,
    most: AtomicU32,
    begun: Counter,
}

struct RunningBody<'a>(&'a Running);

impl Running {
    fn enter(&self) -> RunningBody<'_> {
        self.begun.up();
        self.most.fetch_max(self.now.up(), Ordering::SeqCst);
        RunningBody(self)
    }

    fn most(&self) -> u32 {
        self.most.load(Ordering::SeqCst)
    }
}

impl Drop for RunningBody<'_> {
    fn drop(&mut self) {
        self.0.now.down();
    }
}
