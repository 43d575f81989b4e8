#![deny(warnings)]
#![allow(
    clippy::unused_self,
    clippy::self_only_used_in_recursion,
    clippy::items_after_statements,
    reason = "the place of a method gives its name"
)]
//! Names of functions and of their state: `module::Type::method` and `module::function`. They do not
//! depend on what is called first.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;

mod clashes;
mod included;
mod places;
