//! What is the same for every call.

use resilience::{bulkhead, cached, circuit_breaker, rate_limit};

#[circuit_breaker(key = 3)]
fn key_of_circuit_breaker(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(key = "id")]
fn key_of_circuit_breaker_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(key = (1, "a"))]
fn key_of_circuit_breaker_a_third_time(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(key)]
fn key_of_cached(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(key(id))]
fn key_of_cached_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(key = true)]
fn key_of_cached_a_third_time(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[bulkhead(max = 3, key =)]
fn key_of_bulkhead(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[bulkhead(max = 3, key = 3)]
fn key_of_bulkhead_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[bulkhead(max = 3, key = "id")]
fn key_of_bulkhead_a_third_time(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[rate_limit(max = 3, key = (1, "a"))]
fn key_of_rate_limit(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[rate_limit(max = 3, key)]
fn key_of_rate_limit_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[rate_limit(max = 3, key(id))]
fn key_of_rate_limit_a_third_time(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(key = id.parse::<u32>()?)]
fn key_that_may_fail(id: &str) -> Option<usize> {
    Some(id.len())
}

#[circuit_breaker(key = match id { 0 => return None, id => *id })]
fn key_that_returns(id: u32) -> Option<u32> {
    Some(id)
}

#[cached(key = [id].iter().map(|id| Some(id.checked_add(1)?)).collect::<Vec<_>>())]
fn key_of_a_closure_that_may_fail(id: u32) -> Option<u32> {
    Some(id)
}

fn main() {}
