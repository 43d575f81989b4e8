#![deny(deprecated)]

use resilience::{fallback, retry, timeout};

type Answer = Result<u32, resilience::Error>;

#[timeout(secs = 9)]
#[fallback(value = 2)]
async fn never_asked_when_it_hangs() -> Answer {
    Ok(1)
}

#[timeout(secs = 9, mode = "thread")]
#[fallback(|_| Ok(2))]
#[retry]
fn nor_on_a_thread() -> Answer {
    Ok(1)
}

#[timeout(secs = 9)]
#[fallback(value = 2)]
#[timeout(secs = 3)]
async fn asked() -> Answer {
    Ok(1)
}

#[timeout(secs = 9, mode = "cooperative")]
#[fallback(value = 2)]
fn asked_by_a_body_that_looks_at_the_time() -> Answer {
    Ok(1)
}

fn main() {}
