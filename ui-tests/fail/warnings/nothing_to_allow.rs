//! A name that allows nothing is a warning as well: the next release may see a hazard more narrowly.

#![deny(deprecated)]

use resilience::{retry, timeout};

#[retry(max = 3, allow(unbounded_retry))]
fn not_that_many() -> Option<u32> {
    None
}

#[timeout(secs = 300)]
#[retry(max = 50, allow(unbounded_retry, hot_retry))]
async fn ended_by_another() -> Option<u32> {
    None
}

fn main() {}
