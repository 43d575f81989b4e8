//! A body that waits, as every network call does.

use std::time::Duration;

use resilience::{circuit_breaker, fallback, retry, timeout};
use tokio::task::yield_now;

use super::{Answer, Failure, Row, later, naked_pending, other, target};

pub async fn naked_ten(x: u64) -> Answer {
    for _ in 0..10 {
        yield_now().await;
    }
    target(x)
}

#[fallback(other)]
#[retry(max = 3)]
#[circuit_breaker(name = "one await")]
#[timeout(secs = 30)]
async fn stack_one(x: u64) -> Answer {
    naked_pending(x).await
}

#[timeout(secs = 120)]
#[fallback(other)]
#[retry(max = 3)]
#[circuit_breaker(name = "one await, limited")]
#[timeout(secs = 30)]
async fn stack_one_limited(x: u64) -> Answer {
    naked_pending(x).await
}

#[fallback(other)]
#[retry(max = 3)]
#[circuit_breaker(name = "ten awaits")]
#[timeout(secs = 30)]
async fn stack_ten(x: u64) -> Answer {
    naked_ten(x).await
}

#[retry(max = 3)]
async fn retry_one(x: u64) -> Answer {
    naked_pending(x).await
}

#[circuit_breaker(name = "breaker, one await")]
async fn breaker_one(x: u64) -> Answer {
    naked_pending(x).await
}

#[timeout(secs = 30)]
async fn one_limit(x: u64) -> Answer {
    naked_pending(x).await
}

#[timeout(secs = 60)]
async fn two_limits(x: u64) -> Answer {
    one_limit(x).await
}

#[timeout(secs = 120)]
async fn three_limits(x: u64) -> Answer {
    two_limits(x).await
}

#[timeout(ms = 1)]
async fn too_slow(_: u64) -> Answer {
    std::future::pending().await
}

async fn waited(_: u64) -> Answer {
    tokio::time::sleep(Duration::from_millis(1)).await;
    Err(Failure(0))
}

pub fn all() -> Vec<Row> {
    vec![
        later("one_await", "naked", naked_pending),
        later("one_await", "resilience, retry", retry_one),
        later("one_await", "resilience, breaker", breaker_one),
        later("one_await", "resilience, stack of four", stack_one),
        later("one_await", "resilience, and timeout around", stack_one_limited),
        later("ten_awaits", "naked", naked_ten),
        later("ten_awaits", "resilience, stack of four", stack_ten),
        later("limits", "naked", naked_pending),
        later("limits", "resilience, one", one_limit),
        later("limits", "resilience, two nested", two_limits),
        later("limits", "resilience, three nested", three_limits),
        later("limit_fires", "naked", waited).rare(),
        later("limit_fires", "resilience", too_slow).rare(),
    ]
}
