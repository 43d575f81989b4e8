#![deny(deprecated)]

use resilience::timeout;

#[timeout(secs = 9, mode = "thread", max_abandoned = 1_000)]
fn left_behind() -> Option<u32> {
    Some(1)
}

fn main() {}
