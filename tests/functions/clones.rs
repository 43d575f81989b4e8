//! When an argument is cloned.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilience::{bulkhead, cached, circuit_breaker, fallback, retry, timeout};
use tokio::task::yield_now;

use crate::{Fault, Flaky, send};

/// Counts how often it was cloned.
struct Counted(Arc<AtomicU32>);

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, SeqCst);
        Self(Arc::clone(&self.0))
    }
}

#[retry(max = 3, backoff = "none")]
async fn retried(flaky: &Flaky, counted: Counted) -> Result<u32, Fault> {
    yield_now().await;
    drop(counted);
    flaky.call()
}

#[retry(max = 3, backoff = "none")]
fn retried_sync(flaky: &Flaky, counted: Counted) -> Result<u32, Fault> {
    drop(counted);
    flaky.call()
}

#[bulkhead(max = 9)]
async fn admitted(flaky: &Flaky, counted: Counted) -> Result<u32, Fault> {
    yield_now().await;
    drop(counted);
    flaky.call()
}

async fn spare(_: &Flaky, counted: Counted) -> Result<u32, Fault> {
    yield_now().await;
    drop(counted);
    Err(Fault::Down)
}

#[fallback(spare, spare)]
#[circuit_breaker(failure_threshold = 100)]
async fn replaced(flaky: &Flaky, counted: Counted) -> Result<u32, Fault> {
    yield_now().await;
    drop(counted);
    flaky.call()
}

#[fallback(spare)]
#[timeout(secs = 9)]
#[retry(max = 1, backoff = "none")]
#[timeout(secs = 1)]
async fn replaced_after_retries(flaky: &Flaky, counted: Counted) -> Result<u32, Fault> {
    yield_now().await;
    drop(counted);
    flaky.call()
}

#[retry(max = 3, backoff = "none", share(counted))]
async fn shared(flaky: &Flaky, counted: Counted) -> Result<u32, Fault> {
    yield_now().await;
    assert_eq!(Arc::strong_count(&counted.0), 2);
    flaky.call()
}

async fn clones<F: Future>(failures: u32, call: impl FnOnce(&'static Flaky, Counted) -> F) -> u32 {
    let flaky: &'static Flaky = Box::leak(Box::new(Flaky::failing(failures)));
    let count = Arc::new(AtomicU32::new(0));
    call(flaky, Counted(Arc::clone(&count))).await;
    count.load(SeqCst)
}

#[tokio::test]
async fn an_attempt_clones_when_another_may_follow_and_the_last_one_moves() {
    assert_eq!(clones(0, retried).await, 1, "success at once");
    assert_eq!(clones(2, retried).await, 3, "success on the third attempt of four");
    assert_eq!(clones(3, retried).await, 3, "success on the last attempt");
    assert_eq!(clones(9, retried).await, 3);
    assert_eq!(clones(0, admitted).await, 0, "nothing calls again");
}

#[tokio::test]
async fn synchronous_attempts_clone_as_often() {
    let blocking = |flaky, counted| std::future::ready(retried_sync(flaky, counted));
    assert_eq!(clones(0, blocking).await, 1);
    assert_eq!(clones(9, blocking).await, 3);
}

#[tokio::test(start_paused = true)]
async fn the_last_fallback_moves() {
    assert_eq!(clones(0, replaced).await, 1, "one for the body, none for the fallbacks");
    assert_eq!(clones(9, replaced).await, 2);
    assert_eq!(clones(9, replaced_after_retries).await, 2);
}

#[tokio::test]
async fn a_shared_argument_is_not_cloned() {
    assert_eq!(clones(9, shared).await, 0);
}

struct NotClone(u32);

#[cached(key = id, ttl = 60)]
#[timeout(secs = 9)]
#[fallback(value = 0)]
#[circuit_breaker]
#[timeout(secs = 1)]
async fn at_most_once(id: u32, mut once: NotClone, list: Vec<NotClone>) -> Result<u32, Fault> {
    once.0 += id;
    yield_now().await;
    Ok(once.0 + list.into_iter().map(|each| each.0).sum::<u32>())
}

#[cached(skip(once))]
#[timeout(secs = 9, mode = "cooperative")]
#[fallback(value = 0)]
#[circuit_breaker]
fn at_most_once_sync(id: u32, mut once: NotClone) -> Result<u32, Fault> {
    once.0 += id;
    Ok(once.0)
}

/// BUG-H29.
#[tokio::test(start_paused = true)]
async fn a_stack_that_runs_the_body_at_most_once_requires_no_clone() {
    assert_eq!(send(at_most_once(1, NotClone(1), vec![NotClone(5)])).await.unwrap(), 7);
    assert_eq!(at_most_once_sync(1, NotClone(1)).unwrap(), 2);
}

#[cached(key = ())]
#[timeout(secs = 1)]
async fn kept(counted: Counted) -> Result<u32, Fault> {
    yield_now().await;
    drop(counted);
    Ok(1)
}

/// BUG-H29.
#[tokio::test(start_paused = true)]
async fn a_cache_clones_no_argument_outside_of_its_key() {
    assert_eq!(clones(0, |_, counted| kept(counted)).await, 0, "a miss");
    assert_eq!(clones(0, |_, counted| kept(counted)).await, 0, "a hit");
}
