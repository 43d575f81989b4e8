//! Each attribute on its own, and the usual stack, on a body that is ready at once.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use resilience::{CircuitBreaker, cached, circuit_breaker, fallback, retry, timeout};

use super::{Answer, Row, failing, later, naked, naked_pending, other, sync, target};
use crate::hand;

#[retry(max = 3)]
fn retry_sync(x: u64) -> Answer {
    target(x)
}

#[retry(max = 3)]
async fn retry_async(x: u64) -> Answer {
    target(x)
}

#[timeout(secs = 30)]
async fn timeout_ready(x: u64) -> Answer {
    target(x)
}

#[timeout(secs = 30)]
async fn timeout_pending(x: u64) -> Answer {
    tokio::task::yield_now().await;
    target(x)
}

#[circuit_breaker(name = "sync")]
fn breaker_sync(x: u64) -> Answer {
    target(x)
}

#[circuit_breaker(name = "window", window = 100, failure_rate = 0.5)]
fn breaker_window(x: u64) -> Answer {
    target(x)
}

#[circuit_breaker(name = "time", window = "30s", failure_rate = 0.5)]
fn breaker_time(x: u64) -> Answer {
    target(x)
}

#[circuit_breaker(name = "async")]
async fn breaker_async(x: u64) -> Answer {
    target(x)
}

static FAILING: CircuitBreaker = CircuitBreaker::new("failing").failure_threshold(u32::MAX);

#[circuit_breaker(shared = FAILING)]
fn breaker_failing(x: u64) -> Answer {
    failing(x)
}

static OPEN: CircuitBreaker = CircuitBreaker::new("open").failure_threshold(1).recovery(Duration::from_secs(3600));

#[circuit_breaker(shared = OPEN)]
fn breaker_open(x: u64) -> Answer {
    target(x)
}

#[fallback(other)]
async fn fallback_async(x: u64) -> Answer {
    target(x)
}

#[retry(max = 3)]
#[circuit_breaker(name = "three")]
#[timeout(secs = 30)]
async fn three(x: u64) -> Answer {
    target(x)
}

#[fallback(other)]
#[retry(max = 3)]
#[circuit_breaker(name = "four")]
#[timeout(secs = 30)]
async fn four(x: u64) -> Answer {
    target(x)
}

#[timeout(secs = 120)]
#[fallback(other)]
#[retry(max = 3)]
#[circuit_breaker(name = "five")]
#[timeout(secs = 30)]
async fn five(x: u64) -> Answer {
    target(x)
}

#[cached]
fn cached_sync(x: u64) -> Answer {
    target(x)
}

#[cached(ttl = 3_600)]
fn cached_sync_ttl(x: u64) -> Answer {
    target(x)
}

#[cached]
async fn cached_async(x: u64) -> Answer {
    target(x)
}

#[cached(ttl = 3_600)]
async fn cached_async_ttl(x: u64) -> Answer {
    target(x)
}

static PROMPTS: LazyLock<Vec<String>> = LazyLock::new(|| (0..256).map(|prompt| format!("{prompt:0200}")).collect());

#[cached]
fn cached_text(prompt: &str) -> Arc<str> {
    prompt.into()
}

fn text(x: u64) -> Answer {
    let prompt = usize::try_from(x).ok().and_then(|x| PROMPTS.get(x)).map_or("", String::as_str);
    Ok(cached_text(prompt).len() as u64)
}

/// Every call has a new key. The cache is soon full, so that all later calls do the same work.
#[cached(max_size = 64)]
fn cached_miss(x: u64, turn: u64) -> Answer {
    target(x ^ turn)
}

fn miss(x: u64) -> Answer {
    static TURN: AtomicU64 = AtomicU64::new(0);
    cached_miss(x, TURN.fetch_add(1, Ordering::Relaxed))
}

#[rustfmt::skip]
pub fn all() -> Vec<Row> {
    if let Ok(permit) = OPEN.admit() {
        permit.fail();
    }
    vec![
        sync("retry_sync", "naked", target),
        sync("retry_sync", "by hand", hand::retry_sync),
        sync("retry_sync", "resilience", retry_sync),
        later("retry", "naked", naked),
        later("retry", "by hand", hand::retry_async),
        later("retry", "resilience", retry_async),
        later("timeout_ready", "naked", naked),
        later("timeout_ready", "resilience", timeout_ready),
        later("timeout_pending", "naked", naked_pending),
        later("timeout_pending", "resilience", timeout_pending),
        sync("breaker_sync", "naked", target).scaled(),
        sync("breaker_sync", "by hand", hand::breaker_sync).scaled(),
        sync("breaker_sync", "resilience", breaker_sync).scaled(),
        sync("breaker_sync", "resilience, window of calls", breaker_window).scaled(),
        sync("breaker_sync", "resilience, window of time", breaker_time).scaled(),
        sync("breaker_failing", "naked", failing),
        sync("breaker_failing", "resilience", breaker_failing),
        sync("breaker_open", "naked", target),
        sync("breaker_open", "resilience", breaker_open),
        later("breaker", "naked", naked),
        later("breaker", "resilience", breaker_async),
        later("fallback", "naked", naked),
        later("fallback", "resilience", fallback_async),
        sync("cached_hit", "naked", target).scaled(),
        sync("cached_hit", "resilience", cached_sync).scaled(),
        sync("cached_hit", "resilience, ttl", cached_sync_ttl).scaled(),
        sync("cached_hit", "resilience, text of 200 bytes", text).scaled(),
        sync("cached_miss", "naked", target),
        sync("cached_miss", "resilience", miss),
        later("cached", "naked", naked),
        later("cached", "resilience", cached_async),
        later("cached", "resilience, ttl", cached_async_ttl),
        later("stack", "naked", naked),
        later("stack", "resilience, retry breaker timeout", three),
        later("stack", "resilience, and fallback", four),
        later("stack", "resilience, and timeout around", five),
    ]
}
