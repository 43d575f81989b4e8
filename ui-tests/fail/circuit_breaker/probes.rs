//! Two rules for probes, and a rate that nothing sets.

use resilience::{Error, circuit_breaker};

#[circuit_breaker(window = 10, failure_rate = 0.5, half_open_calls = 10, success_threshold = 2)]
fn twice() -> Result<(), Error> {
    Ok(())
}

#[circuit_breaker(half_open_calls = 10)]
fn no_rate() -> Result<(), Error> {
    Ok(())
}

#[circuit_breaker(window = 10, failure_rate = 0.5, half_open_calls = 0)]
fn none() -> Result<(), Error> {
    Ok(())
}

fn main() {}
