#![deny(warnings)]
//! What `#[rate_limit(store = ..)]` promises.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
mod ends;
mod hints;
mod keys;
mod lease;
mod outage;
mod policy;
mod rate;
mod refusals;
mod settings;
mod several;
mod streams;
mod waiting;

use std::time::Duration;

use resilience::store::{Charge, Charged, KeyHash, SharedState, SharedWindow, StateKey, ask};
use resilience::testing::{FakeEngine, FakeStore};
use resilience::{RateLimiter, RateLimiterSnapshot};

use crate::common::{Answer, TestError, secs};

/// A window as another process sees it.
struct Window {
    name: &'static str,
    hash: Option<KeyHash>,
    max: u64,
    per: Duration,
    burst: u64,
}

impl Window {
    const fn new(name: &'static str, max: u64, per: Duration) -> Self {
        Self { name, hash: None, max, per, burst: max }
    }

    const fn shared(&self) -> SharedWindow<'_> {
        let key = StateKey { state: SharedState::RateLimit, name: self.name, variant: "", hash: self.hash };
        SharedWindow { key, max: self.max, per: self.per, burst: self.burst }
    }

    /// A call of another process, which has the store `other`.
    async fn charge(&self, other: &'static FakeStore, units: u64) -> Charged {
        let windows = [self.shared()];
        let charge = Charge { windows: &windows, units, patience: Duration::ZERO, lease: 0 };
        ask(other, |store| store.charge(&charge)).await.expect("the engine answers")
    }

    async fn passes(&self, other: &'static FakeStore, units: u64) -> bool {
        matches!(self.charge(other, units).await, Charged::Passed { .. })
    }

    /// Units that pass at once now, taken by another process.
    async fn left(&self, other: &'static FakeStore) -> u64 {
        let mut left = 0;
        while self.passes(other, 1).await {
            left += 1;
        }
        left
    }
}

/// Connects this process with an engine of its own.
fn connect(here: &'static FakeStore) -> FakeEngine {
    let engine = FakeEngine::new();
    here.connect(&engine);
    engine
}

/// The store of another process with this engine.
fn other_process(engine: &FakeEngine) -> &'static FakeStore {
    let other: &'static FakeStore = Box::leak(Box::new(FakeStore::new("shop")));
    other.connect(engine);
    other
}

fn snapshot(name: &str) -> RateLimiterSnapshot {
    RateLimiter::named(name).expect("its function has been called").snapshot()
}

/// The `retry_after` of a rejection.
fn hint(answer: &Answer) -> Option<Duration> {
    answer.as_ref().err().filter(|error| error.is_limited()).and_then(TestError::retry_after)
}

const MINUTE: Duration = secs(60);
