#![deny(warnings)]
//! What `#[fallback]` promises.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
mod arguments;
mod chain;
mod composition;
mod conditions;
mod values;
