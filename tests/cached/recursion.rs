//! Bodies that call their own cache.

use futures_util::future::join_all;
use resilience::cached;
use tokio::time::sleep;

use crate::common::{Counter, Watchdog, awaiting, secs};

/// BUG-E7.
#[sync_and_async::test]
async fn a_body_that_calls_its_own_key_runs_instead_of_hanging() {
    #[cached(skip(depth, calls))]
    async fn call(depth: u32, calls: &Counter) -> u32 {
        pause().await;
        calls.up();
        if depth == 0 { 1 } else { boxed(call(depth - 1, calls)).await + 1 }
    }

    let calls = Counter::new();
    assert_eq!(call(5, &calls).await, 6);
    assert_eq!(calls.get(), 6);
    assert_eq!(call(0, &calls).await, 6, "the outermost is kept last");
    assert_eq!(calls.get(), 6);
}

/// BUG-E7.
#[sync_and_async::test]
async fn recursion_over_other_keys_fills_the_cache() {
    #[cached(skip(calls))]
    async fn fibonacci(number: u64, calls: &Counter) -> u64 {
        pause().await;
        calls.up();
        if number < 2 {
            return number;
        }
        boxed(fibonacci(number - 1, calls)).await + boxed(fibonacci(number - 2, calls)).await
    }

    let calls = Counter::new();
    assert_eq!(fibonacci(80, &calls).await, 23_416_728_348_467_685);
    assert_eq!(calls.get(), 81);
}

/// BUG-E7.
#[sync_and_async::test]
async fn mutually_recursive_functions_do_not_hang() {
    #[cached(skip(depth))]
    async fn ping(key: u32, depth: u32) -> u32 {
        pause().await;
        if depth == 0 { key } else { boxed(pong(key, depth - 1)).await + 1 }
    }
    #[cached(skip(depth))]
    async fn pong(key: u32, depth: u32) -> u32 {
        pause().await;
        if depth == 0 { key } else { boxed(ping(key, depth - 1)).await + 1 }
    }

    assert_eq!(ping(10, 5).await, 15);
}

/// BUG-E7.
#[tokio::test(start_paused = true)]
async fn a_body_that_calls_its_own_key_twice_concurrently_does_not_hang() {
    let _watchdog = Watchdog::start();
    #[cached(skip(depth))]
    async fn call(depth: u32) -> u32 {
        sleep(secs(1)).await;
        if depth == 0 {
            return 1;
        }
        let (left, right) = tokio::join!(awaiting::boxed(call(depth - 1)), awaiting::boxed(call(depth - 1)));
        left + right
    }

    assert_eq!(tokio::time::timeout(secs(100), call(2)).await, Ok(4));
}

/// BUG-E7: also when no load is pending, because the error of the first was not `Clone`.
#[tokio::test(start_paused = true)]
async fn a_body_that_leads_no_load_may_call_its_own_key() {
    let _watchdog = Watchdog::start();
    struct Unique;

    #[cached(skip(calls))]
    async fn call(calls: &Counter) -> Result<u32, Unique> {
        sleep(secs(1)).await;
        match calls.up() {
            1 => Err(Unique),
            2 | 3 => awaiting::boxed(call(calls)).await,
            call => Ok(call),
        }
    }

    let calls = Counter::new();
    let all = awaiting::ends(join_all((0..3).map(|_| call(&calls)))).await;
    assert!(all[0].is_err() && all[1..].iter().all(Result::is_ok));
}

/// BUG-E7.
#[tokio::test(start_paused = true)]
async fn two_loads_that_call_each_others_key_do_not_hang() {
    let _watchdog = Watchdog::start();
    #[cached(skip(asks))]
    async fn call(key: u32, asks: Option<u32>) -> u32 {
        sleep(secs(1)).await;
        match asks {
            Some(other) => key + awaiting::boxed(call(other, None)).await,
            None => key,
        }
    }

    let both = join_all([call(1, Some(2)), call(2, Some(1))]);
    assert!(tokio::time::timeout(secs(100), both).await.is_ok());
}
