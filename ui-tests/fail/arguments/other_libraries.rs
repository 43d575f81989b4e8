//! What is typed first by who comes from another library: one error, with the one thing to type.

use resilience::{bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout};

type Answer = Result<u32, resilience::Error>;

#[retry(3)]
fn retry_number() -> Answer {
    Ok(1)
}

#[retry(3, "2s")]
fn retry_values() -> Answer {
    Ok(1)
}

#[retry(retries = 3, wait = 2, retry_on = resilience::Error::Cancelled)]
fn retry_keys() -> Answer {
    Ok(1)
}

#[retry(stop_after_attempt(3), backoff = exponential, jitter = full)]
fn retry_words() -> Answer {
    Ok(1)
}

#[retry(exponential)]
async fn retry_word() -> Answer {
    Ok(1)
}

#[retry(tries = 3, multiplier = 2, on = is_transient, before_sleep = log, abort_on = is_bad)]
async fn retry_functions() -> Answer {
    Ok(1)
}

#[circuit_breaker("llm")]
fn breaker_name() -> Answer {
    Ok(1)
}

#[circuit_breaker(5, "30s")]
async fn breaker_values() -> Answer {
    Ok(1)
}

#[circuit_breaker(threshold = 5, reset = 30, failure_rate_threshold = 50, exclude = is_bad)]
fn breaker_keys() -> Answer {
    Ok(1)
}

#[rate_limit(100, "1m")]
fn rate_values() -> Answer {
    Ok(1)
}

#[rate_limit(calls = 100, period = 60)]
async fn rate_keys() -> Answer {
    Ok(1)
}

#[rate_limit(per_second = 5)]
fn rate_per_second() -> Answer {
    Ok(1)
}

#[bulkhead(10)]
fn bulkhead_number() -> Answer {
    Ok(1)
}

#[bulkhead(max_concurrent_calls = 10, max_wait_duration = "1s")]
async fn bulkhead_keys() -> Answer {
    Ok(1)
}

#[cached(maxsize = 128, time = 60, ignore = id)]
fn cached_keys(id: u32) -> u32 {
    id
}

#[cached("60s")]
async fn cached_text(id: u32) -> u32 {
    id
}

#[timeout(seconds = 30)]
async fn timeout_seconds() -> Answer {
    Ok(1)
}

#[timeout(duration = "30s")]
async fn timeout_duration() -> Answer {
    Ok(1)
}

#[timeout(ms = 30, mode = cooperative)]
fn timeout_mode() -> Answer {
    Ok(1)
}

#[fallback(default)]
fn fallback_default() -> Answer {
    Ok(1)
}

#[fallback(fallback_method = "canned")]
fn fallback_method() -> Answer {
    Ok(1)
}

#[fallback(default_value = 3)]
fn fallback_value() -> Answer {
    Ok(1)
}

#[retry(stop = stop_after_attempt(7), wait = wait_fixed(2), retry = retry_if_exception_type(Down))]
fn retry_calls() -> Answer {
    Ok(1)
}

#[retry(name = "backend", fallbackMethod = "canned", retries = limits.retries())]
fn retry_annotation() -> Answer {
    Ok(1)
}

#[retry(when = matches!(failure, resilience::Error::Timeout { .. }))]
fn retry_pattern() -> Answer {
    Ok(1)
}

#[retry(when = resilience::Error::Timeout { .. }, on_retry = println!("again"))]
async fn retry_forms() -> Answer {
    Ok(1)
}

#[retry(when = resilience::Error::Timeout)]
fn retry_variant() -> Answer {
    Ok(1)
}

#[retry(forever)]
async fn retry_forever() -> Answer {
    Ok(1)
}

#[circuit_breaker(BREAKER)]
fn breaker_static() -> Answer {
    Ok(1)
}

#[rate_limit("100/minute")]
fn rate_text() -> Answer {
    Ok(1)
}

#[rate_limit(rate = "5/s")]
fn rate_of_a_rate() -> Answer {
    Ok(1)
}

#[bulkhead(value = 5, waitingTaskQueue = 10)]
async fn bulkhead_annotation() -> Answer {
    Ok(1)
}

#[cached(maxsize = None)]
fn cached_without_a_bound(id: u32) -> u32 {
    id
}

#[cached(convert = r#"{ format!("{id}") }"#)]
fn cached_convert(id: u32) -> u32 {
    id
}

#[cached(key = "#id")]
fn cached_text_key(id: u32) -> u32 {
    id
}

#[timeout(minutes = 5)]
async fn timeout_minutes() -> Answer {
    Ok(1)
}

fn main() {}
