//! Task-local values and state that outlives a runtime.

use resilience::{cached, circuit_breaker, fallback, retry, timeout};

use crate::common::{Answer, TestError, awaiting, is_open};

/// BUG-D16.
#[tokio::test(start_paused = true)]
async fn task_locals_are_visible_in_the_body_through_every_attribute() {
    tokio::task_local! {
        static REQUEST: u32;
    }

    #[cached]
    #[timeout(secs = 10)]
    #[fallback(|_| Err(TestError::Permanent))]
    #[retry(max = 3, backoff = "none")]
    #[circuit_breaker]
    #[timeout(secs = 1)]
    async fn call(attempts: u32) -> Answer {
        awaiting::pause().await;
        REQUEST.try_with(|request| request + attempts).map_err(|_| TestError::Permanent)
    }

    assert_eq!(REQUEST.scope(7, call(1)).await, Ok(8));
    assert_eq!(call(2).await, Err(TestError::Permanent));
}

#[test]
fn state_outlives_a_runtime_and_belongs_to_none() {
    #[cached(skip(fails))]
    #[timeout(secs = 10)]
    #[retry(max = 1, backoff = "none")]
    #[circuit_breaker(failure_threshold = 2)]
    #[timeout(secs = 1)]
    async fn call(question: u32, fails: bool) -> Answer {
        awaiting::pause().await;
        if fails { Err(TestError::Transient) } else { Ok(question) }
    }

    let in_a_runtime = |question, fails| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(call(question, fails))
    };
    assert_eq!(in_a_runtime(1, false), Ok(1));
    assert_eq!(in_a_runtime(2, true), Err(TestError::Transient));
    assert_eq!(in_a_runtime(1, true), Ok(1), "kept from the first");
    assert!(is_open(&in_a_runtime(2, false)), "opened in the second");
}
