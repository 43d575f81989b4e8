//! A body that waits, as every network call does.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use resilience::{circuit_breaker, fallback, retry, timeout};
use tokio::sync::Semaphore;
use tokio::task::yield_now;

use super::{Answer, Failure, Row, later, naked_pending, other, runtime, target};

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

#[retry(max = 3)]
#[circuit_breaker(name = "one await, three")]
#[timeout(secs = 30)]
async fn stack_of_three_one(x: u64) -> Answer {
    naked_pending(x).await
}

#[retry(max = 3)]
#[circuit_breaker(name = "ten awaits, three")]
#[timeout(secs = 30)]
async fn stack_of_three_ten(x: u64) -> Answer {
    naked_ten(x).await
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

static WAITING: AtomicU64 = AtomicU64::new(0);

/// Waits until the gate is closed.
pub async fn wait_at(gate: Arc<Semaphore>) -> Answer {
    WAITING.fetch_add(1, Ordering::Relaxed);
    let _closed = gate.acquire().await;
    target(1)
}

#[timeout(secs = 30)]
async fn limited_wait(gate: Arc<Semaphore>) -> Answer {
    wait_at(gate).await
}

/// Makes calls that all wait at once, each in a task of its own, and `meanwhile` looks at them.
pub fn at_once<F>(calls: u64, call: impl Fn(Arc<Semaphore>) -> F, meanwhile: impl FnOnce())
where
    F: Future<Output = Answer> + Send + 'static,
{
    runtime().block_on(async {
        let gate = Arc::new(Semaphore::new(0));
        WAITING.store(0, Ordering::Relaxed);
        let mut tasks = Vec::with_capacity(usize::try_from(calls).unwrap_or(0));
        tasks.extend((0..calls).map(|_| tokio::spawn(call(Arc::clone(&gate)))));
        while WAITING.load(Ordering::Relaxed) < calls {
            yield_now().await;
        }
        meanwhile();
        gate.close();
        for task in tasks {
            assert!(task.await.is_ok());
        }
    });
}

pub fn crowd<F>(
    group: &'static str,
    name: &'static str,
    calls: u64,
    call: impl Fn(Arc<Semaphore>) -> F + Copy + Sync + 'static,
) -> Row
where
    F: Future<Output = Answer> + Send + 'static,
{
    let future = Some(size_of_val(&call(Arc::new(Semaphore::new(0)))));
    let run = move |calls| at_once(calls, call, || ());
    Row { group, name, run: Box::new(run), future, scales: false, is_rare: true, at_once: Some(calls) }
}

/// A crowd of each size.
pub const CROWDS: [(&str, u64); 3] = [("waiting_1k", 1_000), ("waiting_10k", 10_000), ("waiting_100k", 100_000)];

pub fn bytes_at_once(measure: impl Fn(&dyn Fn(&dyn Fn()))) {
    measure(&|meanwhile| at_once(100_000, wait_at, meanwhile));
    measure(&|meanwhile| at_once(100_000, limited_wait, meanwhile));
}

pub fn all() -> Vec<Row> {
    let crowds = CROWDS.into_iter().flat_map(|(group, calls)| {
        [crowd(group, "naked", calls, wait_at), crowd(group, "resilience", calls, limited_wait)]
    });
    let rows = vec![
        later("one_await", "naked", naked_pending),
        later("one_await", "resilience, retry", retry_one),
        later("one_await", "resilience, breaker", breaker_one),
        later("one_await", "resilience, stack of three", stack_of_three_one),
        later("one_await", "resilience, stack of four", stack_one),
        later("one_await", "resilience, and timeout around", stack_one_limited),
        later("ten_awaits", "naked", naked_ten),
        later("ten_awaits", "resilience, stack of three", stack_of_three_ten),
        later("ten_awaits", "resilience, stack of four", stack_ten),
        later("limits", "naked", naked_pending),
        later("limits", "resilience, one", one_limit),
        later("limits", "resilience, two nested", two_limits),
        later("limits", "resilience, three nested", three_limits),
        later("limit_fires", "naked", waited).rare(),
        later("limit_fires", "resilience", too_slow).rare(),
    ];
    rows.into_iter().chain(crowds).collect()
}
