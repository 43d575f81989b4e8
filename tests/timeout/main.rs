#![deny(warnings)]
//! What `#[timeout]` promises.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
mod cooperative;
mod deadline;
mod edges;
mod limit;
mod named;
mod nesting;
mod runtimes;
mod thread;
mod wake_ups;

use std::time::Duration;

use resilience::Error;

use crate::common::TestError;

fn timed_out(limit: Duration) -> TestError {
    Error::Timeout { limit, elapsed: limit }.into()
}
