#![deny(warnings)]
//! What `#[circuit_breaker]` promises.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
mod acceptance;
mod across_functions;
mod clock;
mod concurrency;
mod errors;
mod half_open;
mod handles;
mod hints;
mod keys;
mod late_results;
mod listeners;
mod microprofile;
mod number_tables;
mod panics_and_drops;
mod recovery;
mod rejections;
mod sharing;
mod slow_calls;
mod thresholds;
mod values;
mod windows;

use std::time::Duration;

use crate::common::{Answer, TestError};

const FAILED: Answer = Err(TestError::Transient);

/// How long a rejected call is told to wait.
fn wait(answer: &Answer) -> Option<Duration> {
    answer.as_ref().err().filter(|error| error.is_open()).and_then(TestError::retry_after)
}

fn wait_secs(answer: &Answer) -> Option<u64> {
    wait(answer).map(|wait| wait.as_secs())
}
