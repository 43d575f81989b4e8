//! No crate can write `impl From<resilience::Error>` for the error of another one.

use std::num::ParseIntError;

use resilience::{bulkhead, circuit_breaker, rate_limit, timeout};

#[timeout(secs = 1)]
async fn limited() -> Result<u8, ParseIntError> {
    "1".parse()
}

#[circuit_breaker]
fn guarded() -> std::io::Result<u8> {
    Ok(1)
}

#[bulkhead(max = 1)]
async fn boxed() -> Result<u8, Box<std::io::Error>> {
    Ok(1)
}

#[rate_limit(max = 1)]
fn generic<E: std::error::Error>(error: E) -> Result<u8, E> {
    Err(error)
}

fn main() {}
