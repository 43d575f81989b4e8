//! What is calculated where a constant of type `Duration` is wanted: the compiler would reject each of them twice.

use std::time::Duration;

use resilience::{cached, rate_limit, retry, timeout};

const LIMIT: Duration = Duration::from_secs(2);
const NUMBER: u32 = 2;

#[timeout(LIMIT * 2)]
async fn product() -> Result<u32, resilience::Error> {
    Ok(1)
}

#[timeout((2 * LIMIT))]
async fn number_first() -> Result<u32, resilience::Error> {
    Ok(1)
}

#[retry(base_delay = LIMIT * 0.5)]
fn fraction() -> Result<u32, resilience::Error> {
    Ok(1)
}

#[retry(max_delay = LIMIT + 1)]
fn sum_with_a_number() -> Result<u32, resilience::Error> {
    Ok(1)
}

#[rate_limit(max = 1, per = LIMIT - Duration::from_millis(500))]
fn difference() -> Result<u32, resilience::Error> {
    Ok(1)
}

#[rate_limit(max = 1, per = LIMIT / 2)]
fn quotient() -> Result<u32, resilience::Error> {
    Ok(1)
}

#[cached(ttl = NUMBER * 60)]
fn number_of_seconds(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[timeout("1s" * 2)]
async fn text() -> Result<u32, resilience::Error> {
    Ok(1)
}

#[timeout(NUMBER as u64)]
async fn cast() -> Result<u32, resilience::Error> {
    Ok(1)
}

fn main() {}
