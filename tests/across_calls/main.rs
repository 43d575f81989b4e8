#![deny(warnings)]
//! What a layer knows about a failure is known to the functions that pass it on.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
mod breakers;
mod closed_gates;
mod concurrent;
mod errors;
mod exhausted;
mod loads;
mod policies;
mod rejections;
mod shapes;
