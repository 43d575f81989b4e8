//! Concurrent misses of a cached policy.

use futures_util::future::join_all;
use resilience::Policy;
use resilience::policy::{self, CachedPolicy};

use crate::common::{Answer, Counter, TestError, secs};
use crate::{FAILED, Invalid};

#[tokio::test(start_paused = true)]
async fn concurrent_misses_run_the_operation_once() -> Invalid {
    let calls = Counter::new();
    let door: CachedPolicy<String, u32, TestError> = policy::cached("flights").share_errors().build()? >> Policy::new();
    let ask = async |key: &str, answer: Answer| {
        let body = || {
            calls.up();
            let answer = answer.clone();
            async {
                tokio::time::sleep(secs(1)).await;
                answer
            }
        };
        door.call_for(key, body).await
    };
    assert_eq!(join_all((0..5).map(|_| ask("good", Ok(1)))).await, vec![Ok(1); 5]);
    assert_eq!(join_all((0..5).map(|_| ask("bad", FAILED))).await, vec![FAILED; 5]);
    assert_eq!(calls.get(), 2, "an error that is shared is that of one call");

    let handle = resilience::Cache::named("flights").expect("called");
    assert_eq!((handle.len(), handle.stats().loads, handle.invalidate("good")), (1, 2, Ok(true)));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_error_that_is_not_shared_makes_each_caller_run() -> Invalid {
    let calls = Counter::new();
    let door: CachedPolicy<u32, u32, TestError> = policy::cached("each its own").build()? >> Policy::new();
    let ask = async || {
        let body = async || {
            calls.up();
            tokio::task::yield_now().await;
            FAILED
        };
        door.call_for(&1, body).await
    };
    assert_eq!(join_all((0..3).map(|_| ask())).await, vec![FAILED; 3]);
    assert_eq!(calls.get(), 3);
    Ok(())
}
