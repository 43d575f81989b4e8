//! E36 to E39: concurrent misses of one key.
#![cfg(feature = "cached")]

use futures_util::future::join_all;
use resilience::cached;

use crate::support::{Answer, Counter, TestError, awaiting};

const FAILED: Answer = Err(TestError::Transient);

#[tokio::test(start_paused = true)]
async fn e36_a_hundred_misses_are_one_execution() {
    #[cached(key = key)]
    async fn call(key: u32, executions: &Counter) -> Answer {
        awaiting::pause().await;
        Ok(executions.up() + key)
    }
    let executions = Counter::new();
    let answers = join_all((0..100).map(|_| call(6, &executions))).await;
    assert_eq!((answers, executions.get()), (vec![Ok(7); 100], 1));
}

#[tokio::test(start_paused = true)]
async fn e37_one_error_is_everyones_and_nobody_keeps_it() {
    #[cached(key = key)]
    async fn call(key: u32, executions: &Counter) -> Answer {
        awaiting::pause().await;
        if executions.up() == 1 { FAILED } else { Ok(key) }
    }
    let executions = Counter::new();
    let answers = join_all((0..100).map(|_| call(7, &executions))).await;
    assert_eq!((answers, executions.get()), (vec![FAILED; 100], 1));
    assert_eq!((call(7, &executions).await, executions.get()), (Ok(7), 2));
}

both! {
    async fn e39_a_function_may_ask_itself() {
        #[cached(key = number / 2)]
        async fn same_key(number: u32) -> Answer {
            pause().await;
            if number == 0 { Ok(7) } else { boxed(same_key(number - 1)).await }
        }
        #[cached]
        async fn fibonacci(number: u32) -> Answer {
            pause().await;
            if number < 2 { return Ok(number); }
            Ok(boxed(fibonacci(number - 1)).await? + boxed(fibonacci(number - 2)).await?)
        }
        assert_eq!((same_key(9).await, fibonacci(30).await), (Ok(7), Ok(832_040)));
    }
}
