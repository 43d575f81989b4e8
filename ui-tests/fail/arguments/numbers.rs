//! What is no number in the range.

use resilience::{cached, circuit_breaker, retry};

#[retry(factor = "0.5")]
fn factor_of_retry(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(factor = -0.5)]
fn factor_of_retry_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(factor = 1e400)]
fn factor_of_retry_a_third_time(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(factor = 0.5s)]
fn factor_of_retry_once_more(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(jitter = 50%)]
fn jitter_of_retry(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(jitter(1))]
fn jitter_of_retry_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(jitter = |_| 1)]
fn jitter_of_retry_a_third_time(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(jitter = 'c')]
fn jitter_of_retry_once_more(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(recovery_factor = 2e9)]
fn recovery_factor_of_circuit_breaker(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(recovery_factor =)]
fn recovery_factor_of_circuit_breaker_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(recovery_factor)]
fn recovery_factor_of_circuit_breaker_a_third_time(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(recovery_factor = "0.5")]
fn recovery_factor_of_circuit_breaker_once_more(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(window = 9, failure_rate = -0.5)]
fn failure_rate_of_circuit_breaker(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(window = 9, failure_rate = 1e400)]
fn failure_rate_of_circuit_breaker_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(window = 9, failure_rate = 0.5s)]
fn failure_rate_of_circuit_breaker_a_third_time(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(window = 9, failure_rate = 50%)]
fn failure_rate_of_circuit_breaker_once_more(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(window = 9, failure_rate = 0.5, slow_call = "1s", slow_rate(1))]
fn slow_rate_of_circuit_breaker(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(window = 9, failure_rate = 0.5, slow_call = "1s", slow_rate = |_| 1)]
fn slow_rate_of_circuit_breaker_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(window = 9, failure_rate = 0.5, slow_call = "1s", slow_rate = 'c')]
fn slow_rate_of_circuit_breaker_a_third_time(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(window = 9, failure_rate = 0.5, slow_call = "1s", slow_rate = 2e9)]
fn slow_rate_of_circuit_breaker_once_more(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(ttl = 60, ttl_jitter =)]
fn ttl_jitter_of_cached(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(ttl = 60, ttl_jitter)]
fn ttl_jitter_of_cached_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(ttl = 60, ttl_jitter = "0.5")]
fn ttl_jitter_of_cached_a_third_time(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(ttl = 60, ttl_jitter = -0.5)]
fn ttl_jitter_of_cached_once_more(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

fn main() {}
