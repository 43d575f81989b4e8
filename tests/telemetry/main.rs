#![deny(warnings)]
#![deny(clippy::all, clippy::pedantic)]
//! What a call reports about itself: its report, the snapshot of all state, its events, and the errors in them.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
mod log_errors;
mod logs;
mod observe;
