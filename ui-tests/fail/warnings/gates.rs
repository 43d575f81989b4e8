#![deny(deprecated)]

use resilience::{bulkhead, circuit_breaker, fallback, rate_limit, retry, timeout};
use tracing::instrument;

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

#[circuit_breaker]
#[bulkhead(max = 4)]
fn full_is_not_broken() -> Answer {
    Ok(1)
}

#[circuit_breaker]
#[retry]
#[rate_limit(max = 4)]
#[resilience::bulkhead(max = 4)]
async fn nor_is_too_early() -> Answer {
    Ok(1)
}

#[circuit_breaker]
#[instrument]
#[bulkhead(max = 4)]
async fn beyond_an_attribute_of_another_crate() -> Answer {
    Ok(1)
}

#[bulkhead(max = 4)]
#[rate_limit(max = 4)]
#[circuit_breaker]
async fn in_good_order() -> Answer {
    Ok(1)
}

#[circuit_breaker(ignore = |error| error.code() == "bulkhead_full")]
#[bulkhead(max = 4)]
async fn told_apart() -> Answer {
    Ok(1)
}

#[circuit_breaker]
#[timeout(secs = 9)]
#[fallback(value = 2)]
#[bulkhead(max = 4)]
#[timeout(secs = 3)]
async fn answered_before_it_counts() -> Answer {
    Ok(1)
}

fn main() {}
