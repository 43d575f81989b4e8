//! How often a call is made.

use resilience::retry;

use crate::common::{Answer, Counter, Elapsed, TestError, secs};

#[sync_and_async::test]
async fn a_call_that_succeeds_runs_once_without_delay() {
    #[retry]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!(call(&script).await, Ok(1));
    assert_eq!((script.calls(), clock.elapsed()), (1, secs(0)));
}

/// BUG-C22.
#[sync_and_async::test]
async fn by_default_a_call_runs_four_times_after_1_2_and_4_seconds() {
    #[retry(jitter = false)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(9, &clock);
    assert_eq!(call(&script).await, Err(TestError::Transient));
    assert_eq!(script.gaps(), [secs(1), secs(2), secs(4)]);
}

#[sync_and_async::test]
async fn by_default_the_delays_are_jittered() {
    #[retry]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let calls = 50;
    let mut early = [0; 3];
    for _ in 0..calls {
        let script = Script::fails(9, &clock);
        assert_eq!(call(&script).await, Err(TestError::Transient));
        let gaps = script.gaps();
        assert_eq!(gaps.len(), 3);
        for ((gap, most), early) in gaps.into_iter().zip([secs(1), secs(2), secs(4)]).zip(&mut early) {
            assert!(gap <= most, "{gap:?} of {most:?}");
            *early += u32::from(gap < most / 2);
        }
    }
    assert!(early.iter().all(|&early| early > 0 && early < calls), "{early:?}");
}

/// BUG-C17.
#[sync_and_async::test]
async fn max_counts_the_retries_after_the_first_call() {
    macro_rules! executions {
        ($($max:literal)*) => {
            [$({
                #[retry(max = $max, backoff = "none")]
                async fn call(script: &Script<'_>) -> Answer {
                    script.run().await
                }
                let clock = Clock::start();
                let script = Script::fails(99, &clock);
                assert!(call(&script).await.is_err());
                script.calls()
            }),*]
        };
    }
    assert_eq!(executions!(1 2 3 4 5), [2, 3, 4, 5, 6]);
}

#[sync_and_async::test]
async fn max_retries_is_an_alias_of_max() {
    #[retry(max_retries = 4, backoff = "none")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert!(call(&script).await.is_err());
    assert_eq!(script.calls(), 5);
}

/// BUG-C17.
#[sync_and_async::test]
async fn attempts_includes_the_first_call() {
    macro_rules! executions {
        ($($attempts:literal)*) => {
            [$({
                #[retry(attempts = $attempts, backoff = "none")]
                async fn call(script: &Script<'_>) -> Answer {
                    script.run().await
                }
                let clock = Clock::start();
                let script = Script::fails(99, &clock);
                assert!(call(&script).await.is_err());
                script.calls()
            }),*]
        };
    }
    assert_eq!(executions!(2 3 4 5), [2, 3, 4, 5]);
}

#[sync_and_async::test]
async fn a_count_may_be_a_constant_or_a_const_parameter() {
    const TWICE: u32 = 2;

    #[retry(max = TWICE, backoff = "none")]
    async fn constant(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(attempts = N, backoff = "none")]
    async fn parameter<const N: u32>(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert!(constant(&script).await.is_err());
    assert_eq!(script.calls(), 3);
    assert!(parameter::<4>(&script).await.is_err());
    assert_eq!(script.calls(), 7);
}

#[sync_and_async::test]
async fn the_first_success_ends_the_retries_and_is_returned() {
    #[retry(max = 5, backoff = "constant", jitter = false)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    for failures in 0..=5 {
        let script = Script::fails(failures, &clock);
        assert_eq!(call(&script).await, Ok(failures + 1));
        assert_eq!(script.calls(), failures as usize + 1);
    }
}

#[sync_and_async::test]
async fn none_is_retried() {
    #[retry(max = 3, backoff = "none")]
    async fn call(script: &Script<'_>) -> Option<u32> {
        script.run().await.ok()
    }

    let clock = Clock::start();
    let (heals, stays) = (Script::fails(2, &clock), Script::fails(9, &clock));
    assert_eq!((call(&heals).await, heals.calls()), (Some(3), 3));
    assert_eq!((call(&stays).await, stays.calls()), (None, 4));
}

#[sync_and_async::test]
async fn an_alias_of_result_is_treated_as_a_result() {
    #[retry(max = 2, backoff = "none")]
    async fn call(calls: &Counter) -> std::io::Result<u32> {
        pause().await;
        if calls.up() == 1 { Err(std::io::ErrorKind::ConnectionReset.into()) } else { Ok(7) }
    }

    let calls = Counter::new();
    assert_eq!(call(&calls).await.ok(), Some(7));
    assert_eq!(calls.get(), 2);
}
