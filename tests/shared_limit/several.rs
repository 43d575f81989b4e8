//! Several attributes on one function.

use std::sync::Mutex;

use resilience::testing::FakeStore;
use resilience::{bulkhead, circuit_breaker, rate_limit, retry};

use crate::common::{Answer, TestError, secs};
use crate::{Window, connect, hint};

const DAY: std::time::Duration = secs(86_400);

#[tokio::test(start_paused = true)]
async fn an_inner_limit_that_rejects_gives_the_outer_one_back() {
    static SHARED: FakeStore = FakeStore::new("shop");
    static OTHER: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "a day", max = 10, per = "24h", store = SHARED)]
    #[rate_limit(name = "an hour", max = 3, per = "1h", store = SHARED)]
    async fn call() -> Answer {
        Ok(7)
    }

    connect(&SHARED, &OTHER);
    assert_eq!(letters!(9, call().await), "SSSLLLLLL");
    assert_eq!(Window::new("a day", 10, DAY).left(&OTHER).await, 7);
}

#[tokio::test(start_paused = true)]
async fn what_a_breaker_or_a_full_bulkhead_rejects_costs_nothing() {
    static SHARED: FakeStore = FakeStore::new("shop");
    static OTHER: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "above gates", max = 10, per = "24h", store = SHARED, lease = 4)]
    #[circuit_breaker(failure_threshold = 1, recovery = "1h")]
    #[bulkhead(max = 1)]
    async fn call(answer: Answer) -> Answer {
        answer
    }

    connect(&SHARED, &OTHER);
    assert_eq!(call(Err(TestError::Transient)).await, Err(TestError::Transient), "it has run");
    assert_eq!(letters!(5, call(Ok(7)).await), "OOOOO");
    assert_eq!(crate::snapshot("above gates").shared.map(|shared| shared.leased), Some(3));
    assert_eq!(Window::new("above gates", 10, DAY).left(&OTHER).await, 6);
}

#[tokio::test(start_paused = true)]
async fn a_retry_around_it_asks_for_each_attempt_and_waits_for_no_rejection() {
    static SHARED: FakeStore = FakeStore::new("shop");
    static OTHER: FakeStore = FakeStore::new("shop");
    static RUNS: Mutex<u32> = Mutex::new(0);
    #[retry(max = 5, backoff = "none", when = |_| true)]
    #[rate_limit(name = "each attempt", max = 2, per = "24h", store = SHARED)]
    async fn call() -> Answer {
        *RUNS.lock().expect("no panic") += 1;
        Err(TestError::Transient)
    }

    connect(&SHARED, &OTHER);
    let start = tokio::time::Instant::now();
    assert!(hint(&call().await).is_some());
    assert_eq!((*RUNS.lock().expect("no panic"), start.elapsed()), (2, secs(0)));
}
