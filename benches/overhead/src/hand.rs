//! Each policy written by hand for one function, without hooks, predicates, jitter or half-open: the lower bound.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use crate::rows::{Answer, Failure, target};

const DELAY: Duration = Duration::from_secs(1);

pub fn retry_sync(x: u64) -> Answer {
    let mut delay = DELAY;
    for _ in 0..3 {
        match target(x) {
            Ok(value) => return Ok(value),
            Err(_) => std::thread::sleep(delay),
        }
        delay *= 2;
    }
    target(x)
}

pub async fn retry_async(x: u64) -> Answer {
    let mut delay = DELAY;
    for _ in 0..3 {
        match target(x) {
            Ok(value) => return Ok(value),
            Err(_) => Box::pin(tokio::time::sleep(delay)).await,
        }
        delay *= 2;
    }
    target(x)
}

static OPEN: AtomicU32 = AtomicU32::new(0);
static FAILURES: Mutex<u32> = Mutex::new(0);

pub fn breaker_sync(x: u64) -> Answer {
    if OPEN.load(Ordering::Acquire) != 0 {
        return Err(Failure(0));
    }
    let answer = target(x);
    if answer.is_err() {
        count();
    }
    answer
}

/// A bulkhead without a free place, which counts whom it rejects and tells them its name.
pub fn full(x: u64) -> Answer {
    if FREE_PLACES.load(Ordering::Acquire) == 0 {
        return Err(rejection().into());
    }
    target(x)
}

static FREE_PLACES: AtomicU32 = AtomicU32::new(0);

#[cold]
#[inline(never)]
fn rejection() -> resilience::Error {
    static REJECTED: AtomicU64 = AtomicU64::new(0);
    let error = resilience::Error::BulkheadFull { name: "by hand".into() };
    REJECTED.fetch_add(1, Ordering::Release);
    error
}

#[cold]
fn count() {
    if let Ok(mut failures) = FAILURES.lock() {
        *failures += 1;
        OPEN.store(u32::from(*failures >= 5), Ordering::Release);
    }
}
