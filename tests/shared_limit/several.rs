//! Several attributes on one function.

use std::sync::Mutex;

use resilience::testing::FakeStore;
use resilience::{bulkhead, circuit_breaker, rate_limit, retry};

use crate::common::{Answer, TestError, secs};
use crate::{Window, connect, hint, other_process};

const DAY: std::time::Duration = secs(86_400);

#[tokio::test(start_paused = true)]
async fn an_inner_limit_that_rejects_gives_the_outer_one_back() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "a day", max = 10, per = "24h", store = SHARED)]
    #[rate_limit(name = "an hour", max = 3, per = "1h", store = SHARED)]
    async fn call() -> Answer {
        Ok(7)
    }

    let other = other_process(&connect(&SHARED));
    assert_eq!(letters!(9, call().await), "SSSLLLLLL");
    assert_eq!(Window::new("a day", 10, DAY).left(other).await, 7);
}

#[tokio::test(start_paused = true)]
async fn what_a_breaker_or_a_full_bulkhead_rejects_costs_nothing() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "above gates", max = 10, per = "24h", store = SHARED, lease = 4)]
    #[circuit_breaker(failure_threshold = 1, recovery = "1h")]
    #[bulkhead(max = 1)]
    async fn call(answer: Answer) -> Answer {
        answer
    }

    let other = other_process(&connect(&SHARED));
    assert_eq!(call(Err(TestError::Transient)).await, Err(TestError::Transient), "it has run");
    assert_eq!(letters!(5, call(Ok(7)).await), "OOOOO");
    assert_eq!(crate::snapshot("above gates").shared.map(|shared| shared.leased), Some(3));
    assert_eq!(Window::new("above gates", 10, DAY).left(other).await, 6);
}

#[tokio::test(start_paused = true)]
async fn a_retry_around_it_asks_for_each_attempt_and_waits_for_no_rejection() {
    static SHARED: FakeStore = FakeStore::new("shop");
    static RUNS: Mutex<u32> = Mutex::new(0);
    #[retry(max = 5, backoff = "none", when = |_| true)]
    #[rate_limit(name = "each attempt", max = 2, per = "24h", store = SHARED)]
    async fn call() -> Answer {
        *RUNS.lock().expect("no panic") += 1;
        Err(TestError::Transient)
    }

    connect(&SHARED);
    let start = tokio::time::Instant::now();
    assert!(hint(&call().await).is_some());
    assert_eq!((*RUNS.lock().expect("no panic"), start.elapsed()), (2, secs(0)));
}

/// Requests and tokens, which cost differently.
#[tokio::test(start_paused = true)]
async fn what_an_inner_limit_rejects_costs_no_limit_anything_whatever_each_of_them_charges() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "requests", max = 20, per = "24h", store = SHARED, lease = 4)]
    #[rate_limit(name = "tokens", max = 1_000, per = "24h", cost = tokens, settle = took, store = SHARED, lease = 50)]
    #[rate_limit(name = "pages", max = 7, per = "24h", store = SHARED)]
    async fn call(tokens: u32) -> Answer {
        Ok(tokens / 2)
    }
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "`settle` takes a reference")]
    fn took(value: &u32) -> u64 {
        u64::from(*value)
    }

    let other = other_process(&connect(&SHARED));
    let asked = [40_u32, 900, 10, 600, 300, 400, 8, 800, 2, 500, 6, 10];
    let mut passed = Vec::new();
    for tokens in asked {
        match call(tokens).await {
            Ok(_) => passed.push(tokens),
            rejected => assert!(hint(&rejected).is_some(), "{rejected:?}"),
        }
    }
    assert!(passed.len() < asked.len(), "some are rejected");
    let calls = u64::try_from(passed.len()).expect("a few");
    let took: u64 = passed.iter().map(|tokens| u64::from(tokens / 2)).sum();
    let leased = |name| crate::snapshot(name).shared.map_or(0, |shared| shared.leased);
    for (name, max, taken) in [("requests", 20, calls), ("tokens", 1_000, took), ("pages", 7, calls)] {
        let left = Window::new(name, max, DAY).left(other).await;
        assert_eq!(left + leased(name), max - taken, "{name}");
        assert_eq!(u64::from(crate::snapshot(name).available), max - taken, "the share of this process for {name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_while_it_waits_for_an_inner_limit_costs_the_outer_one_nothing() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "outer of two", max = 10, per = "24h", cost = 3, store = SHARED)]
    #[rate_limit(name = "inner of two", max = 24, per = "24h", burst = 1, wait = "2h", store = SHARED)]
    async fn call() -> Answer {
        Ok(7)
    }

    let engine = connect(&SHARED);
    let other = other_process(&engine);
    assert_eq!(call().await, Ok(7));
    assert_eq!(crate::common::poll_at_most(1, call()).await, None, "it waits for its turn");
    assert_eq!(crate::snapshot("outer of two").available, 7);
    engine.delay(crate::common::millis(5));
    assert_eq!(crate::common::poll_at_most(1, call()).await, None, "during the request of the outer one");
    let during_the_second_request = tokio::time::timeout(crate::common::millis(7), call());
    assert!(during_the_second_request.await.is_err());
    engine.delay(secs(0));
    assert_eq!(Window::new("outer of two", 10, DAY).left(other).await, 4, "one request has nobody heard of");
}

#[tokio::test(start_paused = true)]
async fn an_inner_limit_that_fails_closed_gives_the_outer_one_back() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "open share", max = 10, per = "24h", store = SHARED)]
    #[rate_limit(name = "closed share", max = 10, per = "24h", store = SHARED, on_outage = "closed")]
    async fn call() -> Answer {
        Ok(7)
    }

    let engine = connect(&SHARED);
    let other = other_process(&engine);
    assert_eq!(call().await, Ok(7));
    engine.stop();
    for _ in 0..9 {
        assert!(call().await.is_err());
    }
    assert_eq!(crate::snapshot("open share").available, 9, "by itself");
    engine.start();
    tokio::time::sleep(secs(1)).await;
    for _ in 0..2 {
        assert_eq!(call().await, Ok(7));
    }
    assert_eq!(Window::new("open share", 10, DAY).left(other).await, 7);
}
