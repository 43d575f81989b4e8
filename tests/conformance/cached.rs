//! Concurrent misses of one key, and stale values.
//!
//! No attribute starts a task. Where other systems refresh in the background, one caller refreshes here while the others get
//! the stale value. `refresh after 5 of 10` is a `ttl` of 5 with a stale value for 5 more.
#![cfg(feature = "cached")]

use futures_util::future::join_all;
use resilience::{Cache, Report, cached};
use tokio::time::sleep;

use crate::common::{Answer, Counter, TestError, awaiting, secs};

const FAILED: Answer = Err(TestError::Transient);

/// SYS-E36.
#[tokio::test(start_paused = true)]
async fn a_hundred_misses_are_one_execution() {
    #[cached(key = key)]
    async fn call(key: u32, executions: &Counter) -> Answer {
        awaiting::pause().await;
        Ok(executions.up() + key)
    }
    let executions = Counter::new();
    let answers = join_all((0..100).map(|_| call(6, &executions))).await;
    assert_eq!((answers, executions.get()), (vec![Ok(7); 100], 1));
}

/// SYS-E37.
#[tokio::test(start_paused = true)]
async fn one_error_is_shared_with_all_callers_and_not_cached() {
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

/// SYS-E39.
#[sync_and_async::test]
async fn a_cached_function_may_call_itself() {
    #[cached(key = number / 2)]
    async fn same_key(number: u32) -> Answer {
        pause().await;
        if number == 0 { Ok(7) } else { boxed(same_key(number - 1)).await }
    }
    #[cached]
    async fn fibonacci(number: u32) -> Answer {
        pause().await;
        if number < 2 {
            return Ok(number);
        }
        Ok(boxed(fibonacci(number - 1)).await? + boxed(fibonacci(number - 2)).await?)
    }
    assert_eq!((same_key(9).await, fibonacci(30).await), (Ok(7), Ok(832_040)));
}

/// SYS-E40.
#[tokio::test(start_paused = true)]
async fn one_caller_refreshes_while_the_others_get_the_stale_value() {
    #[cached(key = key, ttl = 5, stale_while_revalidate = "5s")]
    async fn call(key: u32, executions: &Counter) -> Answer {
        let execution = executions.up();
        if execution > 1 {
            sleep(secs(1)).await;
        }
        Ok(key + execution)
    }
    let (clock, executions) = (tokio::time::Instant::now(), Counter::new());
    assert_eq!(call(40, &executions).await, Ok(41));
    sleep(secs(6)).await;
    let others = async {
        awaiting::pause().await;
        (join_all((0..100).map(|_| call(40, &executions))).await, clock.elapsed())
    };
    let (refreshed, (old, at)) = tokio::join!(call(40, &executions), others);
    assert_eq!((refreshed, old, at), (Ok(42), vec![Ok(41); 100], secs(6)), "at once");
    assert_eq!((call(40, &executions).await, executions.get()), (Ok(42), 2));
}

/// SYS-E41.
#[sync_and_async::test]
async fn a_failed_refresh_keeps_the_stale_value_until_its_time_is_over() {
    #[cached(name = "e41", key = key, ttl = 5, stale_while_revalidate = "5s", stale_if_error = "5s")]
    async fn call(key: u32, executions: &Counter) -> Answer {
        pause().await;
        if executions.up() == 1 { Ok(key) } else { FAILED }
    }
    fn to_see(report: &Report) -> (u32, bool) {
        (report.stale, report.degraded)
    }
    let (clock, executions) = (Clock::start(), Counter::new());
    let stale = || resilience::Cache::named("e41").map_or(0, |cache: Cache| cache.stats().stale);
    assert_eq!(call(41, &executions).await, Ok(41));
    clock.sleep(secs(6)).await;
    let before = stale();
    let (answer, report) = observed(async || call(41, &executions).await).await;
    assert_eq!((answer, to_see(&report)), (Ok(41), (1, true)), "the failure is to be seen");
    assert!(stale() > before);
    clock.sleep(secs(3)).await;
    assert_eq!((call(41, &executions).await, executions.get()), (Ok(41), 3), "and tried again");
    clock.sleep(secs(1)).await;
    assert_eq!((call(41, &executions).await, executions.get()), (FAILED, 4), "10 are over");
}
