#![deny(warnings)]
//! What `#[retry]` promises.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
mod arguments;
mod async_hooks;
mod attempts;
mod budgets;
mod concurrency;
mod conditions;
mod delays;
mod hints;
mod keys;
mod limits;
mod nesting;
mod observability;
mod panics_and_drops;
mod values_in_state;

use std::time::Duration;

fn seconds(delays: &[Duration]) -> Vec<u64> {
    delays.iter().map(Duration::as_secs).collect()
}
