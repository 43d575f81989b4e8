#![deny(warnings)]
#![allow(deprecated, reason = "hazards, where they are the shortest way to what is tested")]
//! Scenarios with exact counts that other systems are tested with: the test suite of `MicroProfile` Fault Tolerance 4.1.1
//! (`MP-`), and scenarios of other systems (`SYS-`). The tables in `tests/tables` list every row, and say why some have no test.
//!
//! An attribute of a type has no counterpart, and neither has a configuration file: an attribute belongs to a function, and its
//! settings are constants of the program.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;

mod asynchronous;
mod bulkhead;
mod cached;
mod circuit_breaker;
mod classification;
mod definition;
mod fallback;
mod numbers;
mod rate_limit;
mod retry;
mod tables;
mod timeout;
