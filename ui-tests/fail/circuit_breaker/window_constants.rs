use resilience::circuit_breaker;
use std::time::Duration;

const ZERO: u32 = 0;
const CALLS: u32 = 50;
const INSTANT: Duration = Duration::ZERO;
const NOT_A_NUMBER: f64 = f64::NAN;

#[circuit_breaker(window = ZERO, failure_rate = 0.5)]
async fn empty_window() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 1000 * 1000, failure_rate = 0.5)]
async fn window_too_large() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = INSTANT, failure_rate = 0.5)]
async fn window_of_no_time() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 100, failure_rate = NOT_A_NUMBER)]
async fn rate_that_is_none() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 100, failure_rate = 0.5 - 0.5)]
async fn rate_of_zero() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 100, failure_rate = 0.5 + 0.6)]
async fn rate_above_one() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = CALLS, failure_rate = 0.5, min_calls = 60)]
async fn minimum_above_the_window() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 20, failure_rate = 0.5, min_calls = CALLS)]
async fn constant_minimum_above_the_window() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 100, failure_rate = 0.5, slow_call = INSTANT, slow_rate = 1.0)]
async fn every_call_is_slow() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(window = 100, failure_rate = 0.5, slow_call = "1s", slow_rate = NOT_A_NUMBER)]
async fn slow_rate_that_is_none() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(key = tenant, max_keys = ZERO)]
async fn no_room(tenant: &str) -> Result<usize, resilience::Error> {
    Ok(tenant.len())
}

#[circuit_breaker(recovery_factor = 2.0, max_recovery = INSTANT)]
async fn no_time_to_recover() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {}
