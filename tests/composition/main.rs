#![deny(warnings)]
//! What stacks of attributes promise.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
mod cancellation;
mod degraded;
mod order;
mod pairs;
mod readme_stack;
mod task_state;

use std::time::Duration;

use resilience::Error;

use crate::common::TestError;

fn timed_out(limit: Duration) -> TestError {
    Error::Timeout { limit, elapsed: limit }.into()
}
