#![deny(warnings)]

use resilience::{bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout};

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AskError {
    #[error("busy")]
    Busy,
    #[error(transparent)]
    Resilience(#[from] resilience::Error),
}

fn is_busy(error: &AskError) -> bool {
    *error == AskError::Busy
}

fn normalize(query: &str) -> String {
    query.trim().to_lowercase()
}

pub struct Client;

async fn ask_small_model(_: &Client, query: String) -> Result<String, AskError> {
    Ok(query)
}

fn canned_answer(_: &Client, _: String) -> Result<String, AskError> {
    Ok("later".to_owned())
}

#[cached(ttl = 3600, max_size = 10_000, key = normalize(query))]
#[timeout(secs = 120)]
#[fallback(ask_small_model, canned_answer)]
#[retry(max = 3, backoff = "exponential", base_delay_ms = 10, max_delay_secs = 10, jitter = true, when = is_busy)]
#[rate_limit(name = "llm", max = 100, per = "1m", burst = 10, wait = "500ms")]
#[bulkhead(name = "llm", max = 10, queue = 20, wait_secs = 2)]
#[circuit_breaker(name = "llm", failure_threshold = 5, success_threshold = 2, recovery_secs = 60)]
#[timeout(secs = 30)]
pub async fn ask(client: &Client, query: String) -> Result<String, AskError> {
    ask_small_model(client, query).await
}

/// A synchronous function takes the same stack.
#[cached(ttl = "1h", name = "answers")]
#[fallback(value = 0)]
#[retry(attempts = 4, backoff = "linear", base_delay = "5ms", jitter = "equal")]
#[rate_limit(max = 100)]
#[bulkhead(max = 10)]
#[circuit_breaker(name = "numbers", recovery = "30s", half_open_max = 2)]
#[timeout("2s", mode = "cooperative")]
pub fn count(text: &str) -> Result<usize, AskError> {
    resilience::checkpoint()?;
    Ok(text.len())
}

#[retry]
pub fn defaults() -> Option<u8> {
    Some(1)
}

#[circuit_breaker]
pub async fn no_arguments() -> Option<u8> {
    Some(1)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(ask(&Client, " Hi ".to_owned()).await, Ok(" Hi ".to_owned()));
    assert_eq!(ask(&Client, "hi".to_owned()).await, Ok(" Hi ".to_owned()));
    assert_eq!(count("four"), Ok(4));
    assert_eq!((defaults(), no_arguments().await), (Some(1), Some(1)));
}
