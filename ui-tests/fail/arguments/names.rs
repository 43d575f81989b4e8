//! What names nothing.

use resilience::{bulkhead, cached, circuit_breaker, rate_limit, retry};

#[circuit_breaker(name = 3)]
fn name_of_circuit_breaker(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(name = "  ")]
fn name_of_circuit_breaker_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(name)]
fn name_of_circuit_breaker_a_third_time(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(name =)]
fn name_of_cached(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(name = b"a")]
fn name_of_cached_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(name("a"))]
fn name_of_cached_a_third_time(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[bulkhead(max = 3, name = concat!("a", "b"))]
fn name_of_bulkhead(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[bulkhead(max = 3, name = Some("a"))]
fn name_of_bulkhead_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[bulkhead(max = 3, name = "a", name = "b")]
fn name_of_bulkhead_a_third_time(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[rate_limit(max = 3, name = 3)]
fn name_of_rate_limit(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[rate_limit(max = 3, name = "  ")]
fn name_of_rate_limit_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[rate_limit(max = 3, name)]
fn name_of_rate_limit_a_third_time(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(budget =)]
fn budget_of_retry(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(budget = b"a")]
fn budget_of_retry_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(budget("a"))]
fn budget_of_retry_a_third_time(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

fn main() {}
