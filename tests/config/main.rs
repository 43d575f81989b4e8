#![deny(warnings)]
#![allow(clippy::items_after_statements, reason = "each scenario declares its functions where it needs them")]
#![allow(deprecated, reason = "hazards, where they are the shortest way to what is tested")]
//! What `resilience::config` promises.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
mod alone;
mod catalogue;
mod every_option;
mod gates;
mod general;
mod ignored;
mod in_force;
mod names;
mod open_breakers;
mod policies;
mod property;
mod reloads;
mod shared_caches;
mod sources;
mod stateless;
mod stream_forms;
mod streams;
mod switched_off;

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use alone::{alone, lines};
use resilience::config;

/// Counts calls.
#[derive(Debug, Default)]
struct Calls(AtomicU32);

impl Calls {
    fn add(&self) -> u32 {
        self.0.fetch_add(1, SeqCst) + 1
    }

    /// Returns the calls since the last question.
    fn take(&self) -> u32 {
        self.0.swap(0, SeqCst)
    }
}

/// The value of one setting in force.
fn value(key: &str) -> String {
    let (rest, option) = key.rsplit_once('.').expect("name.attribute.option");
    let (name, attribute) = rest.rsplit_once('.').expect("name.attribute.option");
    let all = config::effective();
    let found = all.iter().find(|one| (&*one.name, one.attribute, one.option) == (name, attribute, option));
    found.unwrap_or_else(|| panic!("no {key} in {all:?}")).value.clone().unwrap_or_else(|| "not set".to_owned())
}
