#![deny(warnings)]
#![allow(clippy::unnecessary_wraps, clippy::unused_async, reason = "the forms of the functions that are tested")]
//! What `resilience::shutdown` promises. A shutdown affects the whole process, so each scenario waits for the one
//! before it, and begins with a process that runs.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
mod calls;
mod fallbacks;
mod gates;
mod loads;
mod retries;
mod shared;
mod streams;

use common::Process;

/// Runs a scenario on a paused clock.
fn run(scenario: impl Future<Output = ()>) {
    let _process = Process::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime").block_on(scenario);
}
