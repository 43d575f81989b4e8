//! Callers that wait for a load know what its leader knows about the failure.

use futures_util::future::join_all;
use resilience::{cached, circuit_breaker, retry};

use crate::common::{Counter, Elapsed, awaiting, secs};
use crate::errors::App;

#[tokio::test(start_paused = true)]
async fn waiters_do_not_retry_what_the_load_has_given_up() {
    #[cached(key = ())]
    #[retry(max = 1, base_delay = "1s", jitter = false)]
    async fn load(bodies: &Counter) -> Result<u32, App> {
        bodies.up();
        Err(App::Down)
    }
    #[retry(max = 3, backoff = "none")]
    async fn call(bodies: &Counter) -> Result<u32, App> {
        load(bodies).await
    }

    let bodies = Counter::new();
    let all = join_all((0..4).map(|_| call(&bodies))).await;
    assert!(all.iter().all(|answer| *answer == Err(App::Down)));
    assert_eq!(bodies.get(), 2, "two attempts of one load");
}

#[tokio::test(start_paused = true)]
async fn waiters_know_that_the_load_was_rejected() {
    #[circuit_breaker(failure_threshold = 1, recovery = "1h")]
    async fn fetch(up: bool) -> Result<u32, App> {
        if up { Ok(1) } else { Err(App::Down) }
    }
    #[cached(key = ())]
    async fn load() -> Result<u32, App> {
        tokio::time::sleep(secs(1)).await;
        fetch(true).await
    }
    #[retry(max = 3)]
    async fn call(calls: &Counter) -> Result<u32, App> {
        calls.up();
        load().await
    }

    let (clock, calls) = (awaiting::Clock::start(), Counter::new());
    assert_eq!(fetch(false).await, Err(App::Down));
    let all = join_all((0..4).map(|_| call(&calls))).await;
    assert!(all.iter().all(Result::is_err));
    assert_eq!((calls.get(), clock.elapsed()), (4, secs(1)));
}

/// It looks like a failure that a retry has given up a moment ago.
#[sync_and_async::test]
async fn a_stored_failure_is_retried_as_often_as_a_new_one() {
    #[retry(max = 1, backoff = "none")]
    async fn given_up() -> Result<u32, App> {
        Err(App::Down)
    }
    #[retry(max = 2, backoff = "none")]
    #[cached(ttl = 60, negative_ttl_secs = 60, when = |_| true, key = ())]
    async fn stored() -> Result<u32, App> {
        Err(App::Down)
    }

    assert_eq!(stored().await, Err(App::Down));
    assert_eq!(given_up().await, Err(App::Down));
    let (answer, report) = observed(stored).await;
    assert_eq!((answer, report.attempts), (Err(App::Down), 3));
}
