//! What calls really took, and what they give back.

use std::future::pending;

use resilience::testing::FakeStore;
use resilience::{bulkhead, rate_limit, retry};

use crate::common::{Answer, TestError, poll_at_most, secs};
use crate::{Window, connect, other_process, snapshot};

const HOUR: std::time::Duration = secs(3_600);

#[tokio::test(start_paused = true)]
async fn a_call_settles_what_it_really_took() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "settled", max = 100, per = "1h", cost = 20, settle = |took| u64::from(*took), store = SHARED)]
    async fn call(took: Answer) -> Answer {
        took
    }

    let other = other_process(&connect(&SHARED));
    assert_eq!(call(Ok(5)).await, Ok(5));
    assert_eq!(call(Ok(45)).await, Ok(45));
    assert_eq!(call(Err(TestError::Transient)).await, Err(TestError::Transient), "a failure keeps its cost");
    assert_eq!(snapshot("settled").available, 30, "and counts alike in the share of this process");
    assert_eq!(Window::new("settled", 100, HOUR).left(other).await, 30);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_abandoned_keeps_its_cost() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "abandoned", max = 10, per = "1h", cost = 4, settle = |_| 0, store = SHARED)]
    async fn call() -> Answer {
        pending().await
    }

    let other = other_process(&connect(&SHARED));
    assert_eq!(poll_at_most(1, call()).await, None);
    assert_eq!(Window::new("abandoned", 10, HOUR).left(other).await, 6);
}

#[tokio::test(start_paused = true)]
async fn what_comes_back_fills_the_lease_first() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(
        name = "back to the lease", max = 100, per = "1h", cost = 20, settle = |took| u64::from(*took), store = SHARED, lease = 30
    )]
    async fn call(took: u32) -> Answer {
        Ok(took)
    }

    let engine = connect(&SHARED);
    let other = other_process(&engine);
    let leased = || snapshot("back to the lease").shared.map(|shared| shared.leased);
    assert_eq!((call(5).await, leased()), (Ok(5), Some(25)), "ten in advance and 15 that came back");
    assert_eq!((call(22).await, leased()), (Ok(22), Some(3)), "two more are there");
    assert_eq!(engine.requests(), 1);
    assert_eq!((call(40).await, leased()), (Ok(40), Some(0)), "13 are, and seven are charged");
    assert_eq!(engine.requests(), 2);
    assert_eq!(Window::new("back to the lease", 100, HOUR).left(other).await, 33);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_before_its_body_costs_nothing() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[rate_limit(name = "never began", max = 10, per = "1h", cost = 4, store = SHARED)]
    #[bulkhead(name = "never began", max = 1, queue = 1, wait = "1m")]
    async fn call() -> Answer {
        pending().await
    }

    let other = other_process(&connect(&SHARED));
    let mut first = Box::pin(call());
    assert_eq!(poll_at_most(1, &mut first).await, None);
    assert_eq!(poll_at_most(1, call()).await, None, "it waits for a place");
    assert_eq!(snapshot("never began").available, 6);
    assert_eq!(Window::new("never began", 10, HOUR).left(other).await, 6);
}

#[tokio::test(start_paused = true)]
async fn a_retry_does_not_wait_for_a_shared_limit_that_outlasts_the_delay() {
    static SHARED: FakeStore = FakeStore::new("shop");
    #[retry(max = 3, backoff = "constant", base_delay = "1s", jitter = false)]
    #[rate_limit(name = "used up", max = 1, per = "1h", store = SHARED)]
    async fn call(time: std::time::Duration) -> Answer {
        tokio::time::sleep(time).await;
        Err(TestError::Transient)
    }

    connect(&SHARED);
    let start = tokio::time::Instant::now();
    let second = async {
        tokio::time::sleep(secs(1)).await;
        call(secs(0)).await
    };
    let (first, second) = tokio::join!(call(secs(5)), second);
    assert!(second.is_err_and(|error| error.is_limited()), "it has learnt how long the limit is used up");
    assert_eq!(first, Err(TestError::Transient));
    assert_eq!(start.elapsed(), secs(5), "the failure ends the first call without a pause");
}
