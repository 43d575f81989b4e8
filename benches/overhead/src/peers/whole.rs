//! The stack of the README, composed of libraries.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use backon::Retryable;
use quick_cache::sync::Cache;

use super::{LIMIT, MACHINE, backoff, failsafe_stack, unwrapped};
use crate::rows::{Answer, Failure, Row, later, naked, other, sync, target};

static CACHE: LazyLock<Cache<u64, u64>> = LazyLock::new(|| Cache::new(10_000));

async fn composed(x: u64) -> Answer {
    let load = async {
        let attempt = || async {
            let limited = async { tokio::time::timeout(LIMIT, naked(x)).await.unwrap_or(Err(Failure(0))) };
            unwrapped(failsafe::futures::CircuitBreaker::call(&*MACHINE, limited).await)
        };
        let whole = async {
            match attempt.retry(backoff()).await {
                Err(_) => match other(x).await {
                    Err(_) => other(x).await,
                    answer => answer,
                },
                answer => answer,
            }
        };
        tokio::time::timeout(LIMIT * 4, whole).await.unwrap_or(Err(Failure(0)))
    };
    CACHE.get_or_insert_async(&x, load).await
}

async fn composed_miss(_: u64) -> Answer {
    static TURN: AtomicU64 = AtomicU64::new(1 << 32);
    composed(TURN.fetch_add(1, Ordering::Relaxed)).await
}

fn failsafe_backon(x: u64) -> Answer {
    use backon::BlockingRetryable;
    (|| unwrapped(failsafe::CircuitBreaker::call(&*MACHINE, || target(x)))).retry(backoff()).call()
}

pub fn all() -> Vec<Row> {
    vec![
        later("readme", "quick_cache, backon, tokio timeout, failsafe, hit", composed).scaled(),
        later("readme", "quick_cache, backon, tokio timeout, failsafe, miss", composed_miss),
        later("policy", "backon, tokio timeout, failsafe", failsafe_stack),
        sync("policy_sync", "backon, failsafe", failsafe_backon),
    ]
}
