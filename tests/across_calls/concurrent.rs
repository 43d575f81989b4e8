//! Calls that run side by side in one body, and calls of other tasks and threads.

use std::sync::Arc;
use std::thread;

use resilience::{circuit_breaker, retry, timeout};
use tokio::task::{spawn_blocking, yield_now};
use tokio::{join, select, spawn, try_join};

use crate::common::Counter;
use crate::errors::{App, Outer};

#[retry(max = 2, backoff = "none")]
async fn gives_up(calls: &Counter) -> Result<u32, App> {
    calls.up();
    yield_now().await;
    Err(App::Down)
}

#[retry(max = 2, backoff = "none")]
fn gives_up_blocking(calls: &Counter) -> Result<u32, App> {
    calls.up();
    Err(App::Down)
}

#[retry(max = 2, backoff = "none")]
async fn recovers(calls: &Counter) -> Result<u32, App> {
    yield_now().await;
    if calls.up() % 2 == 1 { Err(App::Other("first")) } else { Ok(1) }
}

/// Waits for longer than a call that gives up.
#[retry(max = 2, backoff = "none")]
async fn succeeds_later() -> Result<u32, App> {
    for _ in 0..9 {
        yield_now().await;
    }
    Ok(1)
}

#[tokio::test]
async fn a_failure_that_ends_a_try_join_or_a_select_is_not_retried_again() {
    #[retry(max = 3, backoff = "none")]
    async fn joins(calls: &Counter) -> Result<u32, Outer> {
        let (down, other) = try_join!(gives_up(calls), succeeds_later())?;
        Ok(down + other)
    }
    #[retry(max = 3, backoff = "none")]
    async fn selects(calls: &Counter, others: &Counter) -> Result<u32, Outer> {
        select! {
            biased;
            answer = async { recovers(others).await?; succeeds_later().await } => Ok(answer?),
            answer = gives_up(calls) => Ok(answer?),
        }
    }

    let calls = Counter::new();
    assert_eq!(joins(&calls).await, Err(Outer::Storage(App::Down)));
    assert_eq!(calls.get(), 3);
    assert_eq!(selects(&calls, &Counter::new()).await, Err(Outer::Storage(App::Down)));
    assert_eq!(calls.get(), 3 + 3);
}

#[tokio::test]
async fn limit_a_call_of_a_join_that_ends_later_takes_the_place_of_a_failure() {
    #[retry(max = 1, backoff = "none")]
    async fn joins(calls: &Counter) -> Result<u32, Outer> {
        let (down, other) = join!(gives_up(calls), succeeds_later());
        let down = down?;
        Ok(down + other?)
    }

    let calls = Counter::new();
    assert_eq!(joins(&calls).await, Err(Outer::Storage(App::Down)));
    assert_eq!(calls.get(), 2 * 3, "the failure is not recognised");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_is_recognised_on_the_thread_to_which_its_task_has_moved() {
    #[retry(max = 3, backoff = "none")]
    async fn waits(calls: Arc<Counter>) -> Result<u32, Outer> {
        let answer = gives_up(&calls).await;
        for _ in 0..20 {
            yield_now().await;
        }
        Ok(answer?)
    }

    let calls = Arc::new(Counter::new());
    let tasks: Vec<_> = (0..100).map(|_| spawn(waits(Arc::clone(&calls)))).collect();
    for task in tasks {
        assert_eq!(task.await.expect("no panic"), Err(Outer::Storage(App::Down)));
    }
    assert_eq!(calls.get(), 100 * 3);
}

#[tokio::test]
async fn a_spawned_task_or_thread_is_a_call_of_its_own() {
    #[retry(max = 1, backoff = "none")]
    async fn in_a_task(calls: Arc<Counter>) -> Result<u32, App> {
        spawn(async move { gives_up(&calls).await }).await.expect("no panic")
    }
    #[retry(max = 1, backoff = "none")]
    #[timeout(secs = 60)]
    async fn on_a_blocking_thread(calls: Arc<Counter>) -> Result<u32, App> {
        spawn_blocking(move || gives_up_blocking(&calls)).await.expect("no panic")
    }
    #[retry(max = 1, backoff = "none")]
    fn on_a_scoped_thread(calls: &Counter) -> Result<u32, App> {
        thread::scope(|scope| scope.spawn(|| gives_up_blocking(calls)).join().expect("no panic"))
    }

    let calls = Arc::new(Counter::new());
    assert_eq!(in_a_task(Arc::clone(&calls)).await, Err(App::Down));
    assert_eq!(on_a_blocking_thread(Arc::clone(&calls)).await, Err(App::Down));
    assert_eq!(on_a_scoped_thread(&calls), Err(App::Down));
    assert_eq!(calls.get(), 3 * 2 * 3);
}

#[tokio::test]
async fn a_failure_is_recognised_through_blocking_and_asynchronous_functions_alike() {
    #[circuit_breaker(failure_threshold = 100)]
    fn guards(calls: &Counter) -> Result<u32, Outer> {
        Ok(gives_up_blocking(calls)?)
    }
    #[retry(max = 3, backoff = "none")]
    async fn calls_it(calls: &Counter) -> Result<u32, Outer> {
        yield_now().await;
        let answer = guards(calls);
        yield_now().await;
        answer
    }

    let calls = Counter::new();
    assert_eq!(calls_it(&calls).await, Err(Outer::Storage(App::Down)));
    assert_eq!(calls.get(), 3);
}
