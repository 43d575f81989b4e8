//! The options of the attributes of the [`resilience`](https://docs.rs/resilience-fn) crate.
//!
//! Use the facade. This crate is separate because its macros and its runtime apply the same rules,
//! with the same words, and neither can depend on the other.
//!
//! Each attribute is a module with a table, written with `options!`, and the rules about several
//! options. A row is read as `key: kind, default, rule;`, with one sentence about it above.

#![warn(missing_docs)]

#[macro_use]
mod table;

pub mod budget;
pub mod bulkhead;
pub mod cached;
pub mod circuit_breaker;
pub mod duration;
pub mod fallback;
mod key;
pub mod rate_limit;
pub mod retry;
mod setting;
pub mod suggest;
pub mod timeout;
pub mod value;
mod written;

pub use key::{Key, ValueKind};
pub use setting::{Range, Rule, Setting};
pub use written::{ENABLED, FromOption, OptionValue, Written, WrittenKey, spellings, why_fixed};
