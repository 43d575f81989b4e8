//! What is no duration: each argument that takes one, with mistakes in turn.

use resilience::{bulkhead, cached, circuit_breaker, rate_limit, retry, timeout};

#[retry(base_delay = "soon")]
fn base_delay_of_retry(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(base_delay = "")]
fn base_delay_of_retry_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(base_delay_secs = true)]
fn base_delay_secs_of_retry(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(base_delay_secs = 0)]
fn base_delay_secs_of_retry_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(max_delay = -1)]
fn max_delay_of_retry(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(max_delay = "-1s")]
fn max_delay_of_retry_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(max_delay_ms = 1e300)]
fn max_delay_ms_of_retry(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(max_delay_ms = 1s)]
fn max_delay_ms_of_retry_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(max_elapsed = "99999999999999999999d")]
fn max_elapsed_of_retry(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(max_elapsed =)]
fn max_elapsed_of_retry_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(recovery)]
fn recovery_of_circuit_breaker(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(recovery("1s"))]
fn recovery_of_circuit_breaker_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(recovery_secs = || 1)]
fn recovery_secs_of_circuit_breaker(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(recovery_secs = 'c')]
fn recovery_secs_of_circuit_breaker_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(recovery_timeout = "soon")]
fn recovery_timeout_of_circuit_breaker(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(recovery_timeout = "")]
fn recovery_timeout_of_circuit_breaker_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(recovery_factor = 2, max_recovery = true)]
fn max_recovery_of_circuit_breaker(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(recovery_factor = 2, max_recovery = 0)]
fn max_recovery_of_circuit_breaker_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(probe_lease = -1)]
fn probe_lease_of_circuit_breaker(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(probe_lease = "-1s")]
fn probe_lease_of_circuit_breaker_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(window = 9, failure_rate = 0.5, slow_rate = 0.5, slow_call = 1e300)]
fn slow_call_of_circuit_breaker(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(window = 9, failure_rate = 0.5, slow_rate = 0.5, slow_call = 1s)]
fn slow_call_of_circuit_breaker_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(failure_rate = 0.5, window = "99999999999999999999d")]
fn window_of_circuit_breaker(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(failure_rate = 0.5, window =)]
fn window_of_circuit_breaker_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(failure_rate = 0.5, window_ms)]
fn window_ms_of_circuit_breaker(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[circuit_breaker(failure_rate = 0.5, window_ms("1s"))]
fn window_ms_of_circuit_breaker_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(ttl = || 1)]
fn ttl_of_cached(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(ttl = 'c')]
fn ttl_of_cached_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(ttl_ms = "soon")]
fn ttl_ms_of_cached(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(ttl_ms = "")]
fn ttl_ms_of_cached_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(when = |_| true, negative_ttl = true)]
fn negative_ttl_of_cached(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(when = |_| true, negative_ttl = 0)]
fn negative_ttl_of_cached_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(ttl = 60, stale_while_revalidate = -1)]
fn stale_while_revalidate_of_cached(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(ttl = 60, stale_while_revalidate = "-1s")]
fn stale_while_revalidate_of_cached_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(ttl = 60, stale_if_error = 1e300)]
fn stale_if_error_of_cached(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(ttl = 60, stale_if_error = 1s)]
fn stale_if_error_of_cached_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[bulkhead(max = 3, queue = 4, wait = "99999999999999999999d")]
fn wait_of_bulkhead(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[bulkhead(max = 3, queue = 4, wait =)]
fn wait_of_bulkhead_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[rate_limit(max = 3, per)]
fn per_of_rate_limit(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[rate_limit(max = 3, per("1s"))]
fn per_of_rate_limit_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[rate_limit(max = 3, wait = || 1)]
fn wait_of_rate_limit(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[rate_limit(max = 3, wait = 'c')]
fn wait_of_rate_limit_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[timeout(mode = "thread", secs = "soon")]
fn secs_of_timeout(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[timeout(mode = "thread", secs = "")]
fn secs_of_timeout_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[timeout(mode = "thread", ms = true)]
fn ms_of_timeout(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[timeout(mode = "thread", ms = 0)]
fn ms_of_timeout_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

fn main() {}
