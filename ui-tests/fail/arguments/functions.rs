//! What cannot be called, or not as it would be.

use resilience::{bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout};

#[retry(when = 3)]
fn when_of_retry(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(when = "f")]
fn when_of_retry_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(when_ok = f())]
fn when_ok_of_retry(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(when_ok = self.f())]
fn when_ok_of_retry_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(retry_after)]
fn retry_after_of_retry(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(retry_after =)]
fn retry_after_of_retry_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(on_retry(|_| true))]
fn on_retry_of_retry(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(on_retry = { f })]
fn on_retry_of_retry_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(backoff = &f)]
fn backoff_of_retry(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(backoff = async |_| true)]
fn backoff_of_retry_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(when = -1)]
fn when_of_circuit_breaker(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(when = f, when = g)]
fn when_of_circuit_breaker_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(ignore = 3)]
fn ignore_of_circuit_breaker(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(ignore = "f")]
fn ignore_of_circuit_breaker_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(map_err = f())]
fn map_err_of_circuit_breaker(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(map_err = self.f())]
fn map_err_of_circuit_breaker_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(when)]
fn when_of_cached(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(when =)]
fn when_of_cached_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(max_weight = 9, weigh(|_| true))]
fn weigh_of_cached(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(max_weight = 9, weigh = { f })]
fn weigh_of_cached_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[fallback(value = 1, when = &f)]
fn when_of_fallback(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[fallback(value = 1, when = async |_| true)]
fn when_of_fallback_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[bulkhead(max = 3, map_err = -1)]
fn map_err_of_bulkhead(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[bulkhead(max = 3, map_err = f, map_err = g)]
fn map_err_of_bulkhead_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[rate_limit(max = 3, map_err = 3)]
fn map_err_of_rate_limit(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[rate_limit(max = 3, map_err = "f")]
fn map_err_of_rate_limit_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[timeout(secs = 1, mode = "thread", map_err = f())]
fn map_err_of_timeout(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[timeout(secs = 1, mode = "thread", map_err = self.f())]
fn map_err_of_timeout_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

fn main() {}
