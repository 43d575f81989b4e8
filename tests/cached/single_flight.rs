//! Concurrent misses of one key share one load.

use std::sync::Barrier;

use futures_util::future::join_all;
use resilience::cached;
use tokio::time::sleep;

use crate::common::{Answer, Counter, Elapsed, Script, TestError, Watchdog, awaiting, blocking, secs};

/// SYS-E36.
#[tokio::test(start_paused = true)]
async fn concurrent_misses_of_one_key_run_the_body_once() {
    let _watchdog = Watchdog::start();
    #[cached(skip(script))]
    async fn call(callers: usize, script: &awaiting::Script<'_>) -> Answer {
        sleep(secs(1)).await;
        script.run().await
    }

    for callers in [100, 10_000] {
        let clock = awaiting::Clock::start();
        let script = Script::fails(0, &clock);
        assert_eq!(join_all((0..callers).map(|_| call(callers, &script))).await, vec![Ok(1); callers]);
        assert_eq!((script.calls(), clock.elapsed()), (1, secs(1)));
    }
}

/// BUG-E10.
#[tokio::test(start_paused = true)]
async fn concurrent_misses_of_distinct_keys_do_not_wait_for_each_other() {
    let _watchdog = Watchdog::start();
    #[cached(skip(script))]
    async fn call(number: u32, script: &awaiting::Script<'_>) -> Answer {
        sleep(secs(1)).await;
        script.run().await.map(|_| number)
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(0, &clock);
    let answers = join_all((0..100).map(|number| call(number, &script))).await;
    assert_eq!(answers, (0..100).map(Ok).collect::<Vec<_>>());
    assert_eq!((script.calls(), clock.elapsed()), (100, secs(1)));
}

#[tokio::test(start_paused = true)]
async fn without_coalescing_each_miss_runs_the_body() {
    let _watchdog = Watchdog::start();
    #[cached(skip(script), coalesce = false)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        let answer = script.run().await;
        sleep(secs(1)).await;
        answer
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(0, &clock);
    let mut answers = join_all((0..10).map(|_| call(&script))).await;
    answers.sort_by_key(|answer| answer.clone().ok());
    assert_eq!(answers, (1..=10).map(Ok).collect::<Vec<_>>());
    assert_eq!(clock.elapsed(), secs(1));
    assert!(call(&script).await.is_ok());
    assert_eq!(script.calls(), 10, "and then it is kept");
}

/// BUG-E9.
#[test]
fn threads_that_miss_one_key_at_once_run_the_body_once() {
    #[cached(skip(calls, arrived))]
    fn call(round: u32, calls: &Counter, arrived: &Counter) -> Answer {
        while arrived.get() < 8 {
            std::thread::yield_now();
        }
        std::thread::yield_now();
        Ok(round * 100 + calls.up())
    }

    blocking::ends(|| {
        for round in 0..50 {
            let (calls, arrived) = (Counter::new(), Counter::new());
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| {
                        arrived.up();
                        assert_eq!(call(round, &calls, &arrived), Ok(round * 100 + 1));
                    });
                }
            });
            assert_eq!(calls.get(), 1);
        }
    });
}

/// BUG-E10.
#[test]
fn threads_that_miss_distinct_keys_do_not_wait_for_each_other() {
    #[cached(skip(all_in))]
    fn call(number: u32, all_in: &Barrier) -> u32 {
        all_in.wait();
        number
    }

    blocking::ends(|| {
        let all_in = Barrier::new(8);
        std::thread::scope(|scope| {
            for number in 0..8 {
                let all_in = &all_in;
                scope.spawn(move || assert_eq!(call(number, all_in), number));
            }
        });
    });
}

/// SYS-E37.
#[tokio::test(start_paused = true)]
async fn a_clone_error_is_shared_with_all_waiters_and_then_forgotten() {
    let _watchdog = Watchdog::start();
    #[cached(skip(script))]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        sleep(secs(1)).await;
        script.run().await
    }
    #[cached(skip(script))]
    async fn optional(script: &awaiting::Script<'_>) -> Option<u32> {
        sleep(secs(1)).await;
        script.run().await.ok()
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(1, &clock);
    assert_eq!(join_all((0..5).map(|_| call(&script))).await, vec![Err(TestError::Transient); 5]);
    assert_eq!((script.calls(), clock.elapsed()), (1, secs(1)));
    assert_eq!(call(&script).await, Ok(2));
    let script = Script::fails(1, &clock);
    assert_eq!(join_all((0..5).map(|_| optional(&script))).await, vec![None; 5]);
    assert_eq!((script.calls(), optional(&script).await), (1, Some(2)));
}
