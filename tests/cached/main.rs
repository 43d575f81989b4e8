#![deny(warnings)]
#![allow(clippy::items_after_statements, reason = "a watchdog comes first")]
//! What `#[cached]` promises.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
mod cancelled_loads;
mod degradation;
mod degraded;
mod entries;
mod floods;
mod invalidation;
mod jitter;
mod keys;
mod negative_ttl;
mod panics;
mod races;
mod recursion;
mod reentrancy;
mod single_flight;
mod stale_if_error;
mod stale_while_revalidate;
mod statistics;
mod threads;
mod ttl_and_size;

use std::hash::{Hash, Hasher};
use std::time::Duration;

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
