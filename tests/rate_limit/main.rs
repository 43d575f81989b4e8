#![deny(warnings)]
//! What `#[rate_limit]` promises.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
mod composition;
mod cost;
mod hints;
mod keys;
mod panics_and_drops;
mod rate;
mod reference;
mod several;
mod threads;
mod waiting;

use std::time::Duration;

use resilience::{RateLimiter, RateLimiterSnapshot};

use crate::common::{Answer, TestError};

const FAILED: Answer = Err(TestError::Transient);

fn snapshot(name: &str) -> RateLimiterSnapshot {
    RateLimiter::named(name).expect("its function has been called").snapshot()
}

/// The `retry_after` of a rejection.
fn hint(answer: &Answer) -> Option<Duration> {
    answer.as_ref().err().filter(|error| error.is_limited()).and_then(TestError::retry_after)
}

fn snapshot_of(name: &str) -> Option<RateLimiterSnapshot> {
    RateLimiter::named(name).map(|limiter| limiter.snapshot())
}
