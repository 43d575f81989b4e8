#![deny(warnings)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]
//! wip
use resilience::{cached, circuit_breaker, fallback, retry, timeout};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum AskError {
    #[error("t")]
    Transient,
    #[error("p")]
    Permanent,
    #[error(transparent)]
    Resilience(#[from] resilience::Error),
}
fn is_transient(e: &AskError) -> bool {
    *e == AskError::Transient
}
struct Client {
    calls: AtomicU32,
    fail_first: u32,
}
impl Client {
    async fn send(&self, q: String) -> Result<String, AskError> {
        tokio::task::yield_now().await;
        if self.calls.fetch_add(1, SeqCst) < self.fail_first { Err(AskError::Transient) } else { Ok(q) }
    }
}
fn normalize(q: &str) -> String {
    q.trim().to_lowercase()
}
async fn ask_small_model(_c: &Client, query: String) -> Result<String, AskError> {
    tokio::task::yield_now().await;
    if query.contains("hard") { Err(AskError::Permanent) } else { Ok(format!("small:{query}")) }
}
#[allow(clippy::needless_pass_by_value, clippy::unnecessary_wraps)]
fn canned_answer(_c: &Client, query: String) -> Result<String, AskError> {
    Ok(format!("canned:{query}"))
}

#[cached(ttl = 3600, max_size = 10_000, key = normalize(query))]
#[timeout(secs = 120)]
#[fallback(ask_small_model, canned_answer)]
#[retry(max = 2, backoff = "exponential", base_delay_ms = 10, max_delay_secs = 10, jitter = true, when = is_transient)]
#[circuit_breaker(name = "llm", failure_threshold = 50, success_threshold = 2, recovery_secs = 60)]
#[timeout(secs = 30)]
async fn ask(client: &Client, query: String) -> Result<String, AskError> {
    client.send(query).await
}

fn assert_send<T: Send>(t: T) -> T {
    t
}

#[tokio::test(start_paused = true)]
async fn the_stack() {
    let c = Client { calls: AtomicU32::new(0), fail_first: 2 };
    assert_eq!(assert_send(ask(&c, " Hi ".into())).await, Ok(" Hi ".into()));
    assert_eq!(c.calls.load(SeqCst), 3, "two failures, one success");
    assert_eq!(ask(&c, "hi".into()).await, Ok(" Hi ".into()), "normalised key: cached");
    assert_eq!(c.calls.load(SeqCst), 3);
    let down = Client { calls: AtomicU32::new(0), fail_first: u32::MAX };
    assert_eq!(ask(&down, "easy".into()).await, Ok("small:easy".into()));
    assert_eq!(down.calls.load(SeqCst), 3);
    assert_eq!(ask(&c, "easy".into()).await, Ok("easy".into()), "a fallback's answer is not kept");
    assert_eq!(ask(&down, "hard".into()).await, Ok("canned:hard".into()));
    println!("{}", std::mem::size_of_val(&ask(&c, "x".into())));
}
