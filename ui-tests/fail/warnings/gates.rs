#![deny(deprecated)]

use resilience::{bulkhead, timeout};

type Answer = Result<u32, resilience::Error>;

#[bulkhead(max = 4, queue = 100)]
async fn a_queue_without_end() -> Answer {
    Ok(1)
}

#[bulkhead(max = 4, queue = 100)]
#[timeout(secs = 1, mode = "cooperative")]
fn behind_a_body_that_nothing_ends() -> Answer {
    Ok(1)
}

#[timeout(secs = 1, mode = "cooperative")]
#[bulkhead(max = 4, queue = 100)]
fn up_to_the_deadline() -> Answer {
    Ok(1)
}

fn main() {}
