//! Concurrent calls do not share attempts.

use std::cell::RefCell;

use resilience::retry;

use crate::common::{Answer, Counter, Script, TestError, awaiting};

/// MP-R26.
#[tokio::test(start_paused = true)]
async fn a_body_of_two_parallel_calls_is_retried_as_a_whole() {
    #[retry(max = 3, backoff = "none")]
    async fn call(first: &awaiting::Script<'_>, second: &awaiting::Script<'_>) -> Answer {
        let (first, second) = tokio::try_join!(first.run(), second.run())?;
        Ok(first * 10 + second)
    }

    let clock = awaiting::Clock::start();
    let (first, second) = (Script::of("FSS", &clock), Script::of("SFS", &clock));
    assert_eq!(call(&first, &second).await, Ok(33));
}

/// BUG-C10.
#[tokio::test(start_paused = true)]
async fn a_thousand_concurrent_calls_each_see_their_own_attempts() {
    #[retry(max = 5, base_delay = "1s", on_retry = |state| seen.borrow_mut().push(state.attempt))]
    async fn call(id: u32, calls: &Counter, seen: &RefCell<Vec<u32>>) -> Answer {
        tokio::task::yield_now().await;
        // Each call fails as often as its number says, from 0 to 5 times.
        if calls.up() <= id % 6 { Err(TestError::Transient) } else { Ok(id) }
    }

    let results = futures_util::future::join_all((0..1000).map(|id| async move {
        let (calls, seen) = (Counter::new(), RefCell::default());
        let answer = call(id, &calls, &seen).await;
        (answer, calls.get(), seen.take())
    }));
    for (id, (answer, calls, seen)) in (0..).zip(results.await) {
        assert_eq!((answer, calls), (Ok(id), id % 6 + 1));
        assert_eq!(seen, (1..=id % 6).collect::<Vec<_>>());
    }
}

/// BUG-C10.
#[test]
fn concurrent_calls_on_many_threads_each_see_their_own_attempts() {
    #[retry(max = 5, backoff = "none")]
    fn call(id: u32, calls: &Counter) -> Answer {
        if calls.up() <= id % 6 { Err(TestError::Transient) } else { Ok(id) }
    }

    std::thread::scope(|scope| {
        for thread in 0..8 {
            scope.spawn(move || {
                for id in thread * 100..thread * 100 + 100 {
                    let calls = Counter::new();
                    assert_eq!((call(id, &calls), calls.get()), (Ok(id), id % 6 + 1));
                }
            });
        }
    });
}
