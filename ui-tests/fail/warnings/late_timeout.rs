#![deny(deprecated)]

use resilience::{cached, circuit_breaker, retry, timeout};

type Answer = Result<u32, resilience::Error>;

#[timeout(secs = 9)]
#[circuit_breaker(failure_threshold = 3)]
#[retry]
async fn never_opens_when_it_hangs() -> Answer {
    Ok(1)
}

#[timeout(secs = 9, mode = "thread")]
#[cached(ttl = 60, stale_if_error = "1h")]
fn no_old_value_on_a_thread(id: u32) -> Answer {
    Ok(id)
}

#[timeout(secs = 9)]
#[circuit_breaker(failure_threshold = 3)]
#[timeout(secs = 3)]
async fn opens() -> Answer {
    Ok(1)
}

#[timeout(secs = 9, mode = "cooperative")]
#[circuit_breaker(failure_threshold = 3)]
fn ends_by_itself() -> Answer {
    Ok(1)
}

fn main() {}
