//! Neither `true` nor `false`.

use resilience::{cached, retry};

#[retry(nested = 1)]
fn nested_of_retry(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(nested = "true")]
fn nested_of_retry_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[retry(nested)]
fn nested_of_retry_a_third_time(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(coalesce =)]
fn coalesce_of_cached(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(coalesce())]
fn coalesce_of_cached_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(coalesce = yes)]
fn coalesce_of_cached_a_third_time(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(cache_degraded = TRUE)]
fn cache_degraded_of_cached(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(cache_degraded = true, cache_degraded = false)]
fn cache_degraded_of_cached_again(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

#[cached(cache_degraded = 1)]
fn cache_degraded_of_cached_a_third_time(id: u32) -> Result<u32, resilience::Error> {
    Ok(id)
}

fn main() {}
