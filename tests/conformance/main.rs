#![deny(warnings)]
#![recursion_limit = "4096"]
//! Scenarios with exact counts that other systems are tested with.

#[macro_use]
#[path = "../support/mod.rs"]
mod support;

mod asynchronous;
mod bulkhead;
mod cached;
mod circuit_breaker;
mod classification;
mod fallback;
mod rate_limit;
mod retry;
mod timeout;
