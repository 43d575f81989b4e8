//! What a breaker counts: a failure once, and neither rejections nor hits.

use resilience::{BreakerState, CircuitBreaker, bulkhead, cached, circuit_breaker, rate_limit, retry};

use crate::common::Counter;
use crate::errors::{App, Outer};

#[sync_and_async::test]
async fn a_rejection_below_a_breaker_is_neither_a_failure_nor_a_success() {
    #[circuit_breaker(name = "ignores a bulkhead", failure_threshold = 2)]
    #[bulkhead(max = 1)]
    async fn full(depth: u32) -> Result<u32, App> {
        pause().await;
        if depth == 0 { Err(App::Down) } else { boxed(full(depth - 1)).await }
    }
    #[circuit_breaker(name = "ignores a limit", failure_threshold = 2)]
    #[rate_limit(max = 1, per = "1h")]
    async fn early() -> Result<u32, App> {
        pause().await;
        Err(App::Down)
    }
    #[circuit_breaker(name = "ignores a breaker", failure_threshold = 2)]
    #[circuit_breaker(name = "ignored breaker", failure_threshold = 1)]
    async fn open() -> Result<u32, App> {
        pause().await;
        Err(App::Down)
    }

    let _clock = Clock::start();
    for _ in 0..3 {
        let _rejected = full(1).await;
        let _rejected = early().await;
        let _rejected = open().await;
    }
    for (name, failures) in [("ignores a bulkhead", 0), ("ignores a limit", 1), ("ignores a breaker", 1)] {
        let breaker = CircuitBreaker::named(name).expect("called");
        let seen = breaker.snapshot();
        assert_eq!((seen.state, seen.consecutive_failures), (BreakerState::Closed, failures), "{name}");
        breaker.reset();
    }
    CircuitBreaker::named("ignored breaker").expect("called").reset();
}

#[sync_and_async::test]
async fn a_rejection_in_a_called_function_is_ignored_too() {
    #[rate_limit(max = 1, per = "1h")]
    async fn limited() -> Result<u32, App> {
        pause().await;
        Err(App::Down)
    }
    #[circuit_breaker(name = "above a called limit", failure_threshold = 2)]
    async fn outer() -> Result<u32, Outer> {
        Ok(limited().await?)
    }
    #[circuit_breaker(name = "above a called limit of an option", failure_threshold = 2)]
    async fn of_an_option() -> Option<u32> {
        limited().await.ok()
    }

    let _clock = Clock::start();
    for _ in 0..5 {
        assert!(outer().await.is_err());
        assert_eq!(of_an_option().await, None);
    }
    let failures = |name| CircuitBreaker::named(name).expect("called").snapshot().consecutive_failures;
    assert_eq!((failures("above a called limit"), failures("above a called limit of an option")), (1, 0));
    for name in ["above a called limit", "above a called limit of an option"] {
        CircuitBreaker::named(name).expect("called").reset();
    }
}

#[sync_and_async::test]
async fn a_hit_below_a_breaker_is_no_success() {
    #[circuit_breaker(name = "above a cache", failure_threshold = 2)]
    #[cached(key = key)]
    async fn call(key: u32, up: bool) -> Result<u32, App> {
        pause().await;
        if up { Ok(key) } else { Err(App::Down) }
    }

    let _clock = Clock::start();
    assert_eq!(call(1, true).await, Ok(1));
    assert_eq!(call(2, false).await, Err(App::Down));
    assert_eq!(call(1, true).await, Ok(1), "a hit between two failures");
    assert_eq!(call(2, false).await, Err(App::Down));
    let breaker = CircuitBreaker::named("above a cache").expect("called");
    assert_eq!(breaker.state(), BreakerState::Open);
    breaker.reset();
}

#[sync_and_async::test]
async fn a_hit_in_a_called_function_hides_no_success() {
    #[cached]
    async fn config(key: u32) -> Result<u32, App> {
        Ok(key)
    }
    #[circuit_breaker(name = "reads its configuration", failure_threshold = 2)]
    async fn call(up: bool) -> Result<u32, App> {
        let key = config(1).await?;
        if up { Ok(key) } else { Err(App::Down) }
    }

    let _clock = Clock::start();
    for _ in 0..5 {
        assert!(call(false).await.is_err());
        assert_eq!(call(true).await, Ok(1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_waited_for_anothers_load_does_not_count() {
    #[circuit_breaker(name = "above a shared load", failure_threshold = 2)]
    #[cached(key = (), ttl = 60)]
    async fn load(up: bool) -> Result<u32, App> {
        tokio::time::sleep(crate::common::secs(1)).await;
        if up { Ok(7) } else { Err(App::Down) }
    }

    let all = futures_util::future::join_all((0..10).map(|_| load(false))).await;
    assert!(all.iter().all(Result::is_err));
    let breaker = CircuitBreaker::named("above a shared load").expect("called");
    assert_eq!((breaker.state(), breaker.snapshot().consecutive_failures), (BreakerState::Closed, 1));
}

#[sync_and_async::test]
async fn a_failure_that_passes_several_functions_of_a_breaker_counts_once() {
    #[circuit_breaker(name = "of several functions", failure_threshold = 5)]
    async fn complete() -> Result<u32, App> {
        pause().await;
        Err(App::Down)
    }
    #[circuit_breaker(name = "of several functions", failure_threshold = 5)]
    async fn ask() -> Result<u32, Outer> {
        Ok(complete().await?)
    }
    #[circuit_breaker(name = "of several functions", failure_threshold = 5)]
    async fn text() -> Result<u32, Outer> {
        ask().await
    }

    let _clock = Clock::start();
    for calls in 1..=4 {
        assert_eq!(text().await, Err(Outer::Storage(App::Down)));
        let breaker = CircuitBreaker::named("of several functions").expect("called");
        assert_eq!(breaker.snapshot().consecutive_failures, calls);
    }
    CircuitBreaker::named("of several functions").expect("called").reset();
}

#[sync_and_async::test]
async fn a_failure_that_was_handled_does_not_hide_the_next_one() {
    #[circuit_breaker(name = "handles a failure", failure_threshold = 50)]
    async fn complete() -> Result<u32, App> {
        pause().await;
        Err(App::Other("metrics"))
    }
    #[circuit_breaker(name = "handles a failure", failure_threshold = 50)]
    async fn ask() -> Result<u32, App> {
        let _ = complete().await;
        Err(App::Down)
    }

    let _clock = Clock::start();
    assert_eq!(ask().await, Err(App::Down));
    let breaker = CircuitBreaker::named("handles a failure").expect("called");
    assert_eq!(breaker.snapshot().consecutive_failures, 2);
    breaker.reset();
}

#[sync_and_async::test]
async fn each_attempt_below_a_retry_counts_and_its_end_does_not_count_again() {
    #[circuit_breaker(name = "around a retry", failure_threshold = 50)]
    async fn complete() -> Result<u32, App> {
        pause().await;
        Err(App::Down)
    }
    #[circuit_breaker(name = "around a retry", failure_threshold = 50)]
    #[retry(max = 2, backoff = "none")]
    async fn ask(calls: &Counter) -> Result<u32, App> {
        calls.up();
        complete().await
    }

    let (_clock, calls) = (Clock::start(), Counter::new());
    assert_eq!(ask(&calls).await, Err(App::Down));
    let breaker = CircuitBreaker::named("around a retry").expect("called");
    assert_eq!((calls.get(), breaker.snapshot().consecutive_failures), (3, 3));
    breaker.reset();
}
