//! What a breaker counts: a failure once, and neither rejections nor hits.

use resilience::{BreakerState, CircuitBreaker, bulkhead, cached, circuit_breaker, rate_limit, retry};

use crate::common::Counter;
use crate::errors::{App, Outer};

#[sync_and_async::test]
async fn a_rejection_below_a_breaker_is_neither_a_failure_nor_a_success() {
    static ABOVE_A_BULKHEAD: CircuitBreaker = CircuitBreaker::new("ignores a bulkhead").failure_threshold(2);
    static ABOVE_A_LIMIT: CircuitBreaker = CircuitBreaker::new("ignores a limit").failure_threshold(2);
    static ABOVE_A_BREAKER: CircuitBreaker = CircuitBreaker::new("ignores a breaker").failure_threshold(2);
    static BELOW_A_BREAKER: CircuitBreaker = CircuitBreaker::new("ignored breaker").failure_threshold(1);

    #[circuit_breaker(shared = ABOVE_A_BULKHEAD)]
    #[bulkhead(max = 1)]
    async fn full(depth: u32) -> Result<u32, App> {
        pause().await;
        if depth == 0 { Err(App::Down) } else { boxed(full(depth - 1)).await }
    }
    #[circuit_breaker(shared = ABOVE_A_LIMIT)]
    #[rate_limit(max = 1, per = "1h")]
    async fn early() -> Result<u32, App> {
        pause().await;
        Err(App::Down)
    }
    #[circuit_breaker(shared = ABOVE_A_BREAKER)]
    #[circuit_breaker(shared = BELOW_A_BREAKER)]
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
    for (breaker, failures) in [(&ABOVE_A_BULKHEAD, 0), (&ABOVE_A_LIMIT, 1), (&ABOVE_A_BREAKER, 1)] {
        let seen = breaker.snapshot();
        assert_eq!((seen.state, seen.consecutive_failures), (BreakerState::Closed, failures), "{breaker:?}");
    }
}

#[sync_and_async::test]
async fn a_rejection_in_a_called_function_is_ignored_too() {
    static OF_A_RESULT: CircuitBreaker = CircuitBreaker::new("above a called limit").failure_threshold(2);
    static OF_AN_OPTION: CircuitBreaker = CircuitBreaker::new("above a called limit of an option").failure_threshold(2);

    #[rate_limit(max = 1, per = "1h")]
    async fn limited() -> Result<u32, App> {
        pause().await;
        Err(App::Down)
    }
    #[circuit_breaker(shared = OF_A_RESULT)]
    async fn outer() -> Result<u32, Outer> {
        Ok(limited().await?)
    }
    #[circuit_breaker(shared = OF_AN_OPTION)]
    async fn of_an_option() -> Option<u32> {
        limited().await.ok()
    }

    let _clock = Clock::start();
    for _ in 0..5 {
        assert!(outer().await.is_err());
        assert_eq!(of_an_option().await, None);
    }
    let failures = |breaker: &CircuitBreaker| breaker.snapshot().consecutive_failures;
    assert_eq!((failures(&OF_A_RESULT), failures(&OF_AN_OPTION)), (1, 0));
}

#[sync_and_async::test]
async fn a_hit_below_a_breaker_is_no_success() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("above a cache").failure_threshold(2);

    #[circuit_breaker(shared = BREAKER)]
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
    assert_eq!(BREAKER.state(), BreakerState::Open);
}

#[sync_and_async::test]
async fn a_hit_in_a_called_function_hides_no_success() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("reads its configuration").failure_threshold(2);

    #[cached]
    async fn config(key: u32) -> Result<u32, App> {
        Ok(key)
    }
    #[circuit_breaker(shared = BREAKER)]
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
    static BREAKER: CircuitBreaker = CircuitBreaker::new("of several functions").failure_threshold(5);

    #[circuit_breaker(shared = BREAKER)]
    async fn complete() -> Result<u32, App> {
        pause().await;
        Err(App::Down)
    }
    #[circuit_breaker(shared = BREAKER)]
    async fn ask() -> Result<u32, Outer> {
        Ok(complete().await?)
    }
    #[circuit_breaker(shared = BREAKER)]
    async fn text() -> Result<u32, Outer> {
        ask().await
    }

    let _clock = Clock::start();
    for calls in 1..=4 {
        assert_eq!(text().await, Err(Outer::Storage(App::Down)));
        assert_eq!(BREAKER.snapshot().consecutive_failures, calls);
    }
}

#[sync_and_async::test]
async fn a_failure_that_was_handled_does_not_hide_the_next_one() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("handles a failure").failure_threshold(50);

    #[circuit_breaker(shared = BREAKER)]
    async fn complete() -> Result<u32, App> {
        pause().await;
        Err(App::Other("metrics"))
    }
    #[circuit_breaker(shared = BREAKER)]
    async fn ask() -> Result<u32, App> {
        let _ = complete().await;
        Err(App::Down)
    }

    let _clock = Clock::start();
    assert_eq!(ask().await, Err(App::Down));
    assert_eq!(BREAKER.snapshot().consecutive_failures, 2);
}

#[sync_and_async::test]
async fn each_attempt_below_a_retry_counts_and_its_end_does_not_count_again() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("around a retry").failure_threshold(50);

    #[circuit_breaker(shared = BREAKER)]
    async fn complete() -> Result<u32, App> {
        pause().await;
        Err(App::Down)
    }
    #[circuit_breaker(shared = BREAKER)]
    #[retry(max = 2, backoff = "none")]
    async fn ask(calls: &Counter) -> Result<u32, App> {
        calls.up();
        complete().await
    }

    let (_clock, calls) = (Clock::start(), Counter::new());
    assert_eq!(ask(&calls).await, Err(App::Down));
    assert_eq!((calls.get(), BREAKER.snapshot().consecutive_failures), (3, 3));
}
