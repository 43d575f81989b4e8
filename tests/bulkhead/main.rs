#![deny(warnings)]
#![allow(deprecated, reason = "hazards, where they are the shortest way to what is tested")]
//! What `#[bulkhead]` promises.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
mod deadlines;
mod keys;
mod panics_and_drops;
mod permits;
mod queue;
mod reference;
mod rejections;
mod threads;

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilience::{Bulkhead, BulkheadSnapshot, Error};

use crate::common::{Answer, TestError};

fn snapshot(name: &str) -> BulkheadSnapshot {
    Bulkhead::named(name).expect("its function has been called").snapshot()
}

/// The permits in use and the waiting calls.
fn state(name: &str) -> (u32, u32) {
    let BulkheadSnapshot { in_flight, waiting, .. } = snapshot(name);
    (in_flight, waiting)
}

fn full(name: &'static str) -> Answer {
    Err(TestError::Resilience(Error::BulkheadFull { name: name.into() }))
}

/// Counts the active calls and their maximum.
#[derive(Debug, Default)]
struct Crowd {
    now: AtomicU32,
    most: AtomicU32,
}

struct Present<'a>(&'a Crowd);

impl Crowd {
    fn enter(&self) -> Present<'_> {
        let now = self.now.fetch_add(1, SeqCst) + 1;
        self.most.fetch_max(now, SeqCst);
        Present(self)
    }
}

impl Drop for Present<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, SeqCst);
    }
}
