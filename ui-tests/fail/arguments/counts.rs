//! What is no number of anything: each argument that counts, with mistakes in turn.

use resilience::{bulkhead, cached, circuit_breaker, rate_limit, retry, timeout};

#[retry(max = true)]
fn max_of_retry(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(max = -1)]
fn max_of_retry_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(max_retries = 1.5)]
fn max_retries_of_retry(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(max_retries = 99999999999999999999999)]
fn max_retries_of_retry_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(attempts =)]
fn attempts_of_retry(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(attempts)]
fn attempts_of_retry_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(failure_threshold(3))]
fn failure_threshold_of_circuit_breaker(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(failure_threshold = 3s)]
fn failure_threshold_of_circuit_breaker_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(window = 100, failure_rate = 0.5, min_calls = |_| 3)]
fn min_calls_of_circuit_breaker(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(window = 100, failure_rate = 0.5, min_calls: 3)]
fn min_calls_of_circuit_breaker_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(success_threshold == 3)]
fn success_threshold_of_circuit_breaker(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker("success_threshold" = 3)]
fn success_threshold_of_circuit_breaker_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(half_open_max = b"3")]
fn half_open_max_of_circuit_breaker(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(half_open_max = "3")]
fn half_open_max_of_circuit_breaker_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(key = id, max_keys = 3, max_keys = 4)]
fn max_keys_of_circuit_breaker(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(key = id, max_keys = 'c')]
fn max_keys_of_circuit_breaker_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(max_size = true)]
fn max_size_of_cached(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(max_size = -1)]
fn max_size_of_cached_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(weigh = |_, _| 1, max_weight = 1.5)]
fn max_weight_of_cached(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(weigh = |_, _| 1, max_weight = 99999999999999999999999)]
fn max_weight_of_cached_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[bulkhead(max =)]
fn max_of_bulkhead(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[bulkhead(max)]
fn max_of_bulkhead_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[bulkhead(max = 3, queue(3))]
fn queue_of_bulkhead(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[bulkhead(max = 3, queue = 3s)]
fn queue_of_bulkhead_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[bulkhead(max = 3, key = id, max_keys = |_| 3)]
fn max_keys_of_bulkhead(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[bulkhead(max = 3, key = id, max_keys: 3)]
fn max_keys_of_bulkhead_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[rate_limit(max == 3)]
fn max_of_rate_limit(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[rate_limit("max" = 3)]
fn max_of_rate_limit_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[rate_limit(max = 3, burst = b"3")]
fn burst_of_rate_limit(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[rate_limit(max = 3, burst = "3")]
fn burst_of_rate_limit_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[rate_limit(max = 3, key = id, max_keys = 3, max_keys = 4)]
fn max_keys_of_rate_limit(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[rate_limit(max = 3, key = id, max_keys = 'c')]
fn max_keys_of_rate_limit_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[timeout(secs = 1, mode = "thread", max_abandoned = true)]
fn max_abandoned_of_timeout(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[timeout(secs = 1, mode = "thread", max_abandoned = -1)]
fn max_abandoned_of_timeout_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

fn main() {}
