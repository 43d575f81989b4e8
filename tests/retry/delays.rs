//! The delay before each retry.

use std::time::Duration;

use resilience::{RetryState, retry};

use crate::common::{Answer, Elapsed, TestError, millis, secs};
use crate::seconds;

/// BUG-C4.
#[sync_and_async::test]
async fn exponential_doubles_up_to_the_cap() {
    #[retry(max = 8, backoff = "exponential", jitter = false)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert!(call(&script).await.is_err());
    assert_eq!(seconds(&script.gaps()), [1, 2, 4, 8, 16, 32, 60, 60]);
}

#[sync_and_async::test]
async fn linear_adds_the_first_delay_each_time() {
    #[retry(max = 6, backoff = "linear", base_delay = "15s", jitter = false)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert!(call(&script).await.is_err());
    assert_eq!(seconds(&script.gaps()), [15, 30, 45, 60, 60, 60]);
}

#[sync_and_async::test]
async fn constant_does_not_grow() {
    #[retry(max = 4, backoff = "constant", base_delay = "3s", jitter = false)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert!(call(&script).await.is_err());
    assert_eq!(seconds(&script.gaps()), [3, 3, 3, 3]);
}

#[sync_and_async::test]
async fn fibonacci_adds_the_two_before() {
    #[retry(max = 10, backoff = "fibonacci", jitter = false)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert!(call(&script).await.is_err());
    assert_eq!(seconds(&script.gaps()), [1, 2, 3, 5, 8, 13, 21, 34, 55, 60]);
}

#[sync_and_async::test]
async fn none_does_not_wait() {
    #[retry(max = 4, backoff = "none")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert!(call(&script).await.is_err());
    assert_eq!((script.calls(), clock.elapsed()), (5, secs(0)));
}

/// BUG-C6.
#[sync_and_async::test]
async fn decorrelated_stays_between_the_first_delay_and_three_times_the_one_before() {
    #[retry(max = 300, backoff = "decorrelated", base_delay = "1s", max_delay = "20s", allow(unbounded_retry))]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(999, &clock);
    assert!(call(&script).await.is_err());
    let gaps = script.gaps();
    assert_eq!(gaps[0], secs(1), "nothing came before");
    for pair in gaps.windows(2) {
        // tokio's timer rounds up to a millisecond.
        assert!(pair[1] >= secs(1) && pair[1] <= (pair[0] * 3 + millis(1)).min(secs(20)), "{pair:?}");
    }
    assert!(gaps.iter().any(|gap| *gap < secs(3)) && gaps.iter().any(|gap| *gap > secs(15)), "it spreads");
}

#[sync_and_async::test]
async fn base_delay_accepts_text_a_constant_or_a_number_with_a_unit() {
    const DELAY: Duration = Duration::from_millis(40);

    macro_rules! first_delay {
        ($($key:ident = $value:expr),*) => {
            [$({
                #[retry(max = 1, jitter = false, $key = $value)]
                async fn call(script: &Script<'_>) -> Answer {
                    script.run().await
                }
                let clock = Clock::start();
                let script = Script::fails(9, &clock);
                assert!(call(&script).await.is_err());
                script.gaps()[0].as_millis()
            }),*]
        };
    }
    let delays = first_delay!(
        base_delay = "250ms",
        base_delay = "0m50s",
        base_delay = DELAY,
        base_delay_secs = 7,
        base_delay_ms = 30
    );
    assert_eq!(delays, [250, 50_000, 40, 7_000, 30]);
}

/// BUG-C21.
#[sync_and_async::test]
async fn factor_is_the_multiplier_of_exponential() {
    #[retry(max = 4, factor = 3.0, jitter = false)]
    async fn threefold(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(max = 4, factor = 1.5, jitter = false)]
    async fn one_and_a_half(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(max = 3, factor = 1, jitter = false)]
    async fn same(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert!(threefold(&script).await.is_err());
    assert_eq!(seconds(&script.gaps()), [1, 3, 9, 27]);
    let script = Script::fails(99, &clock);
    assert!(one_and_a_half(&script).await.is_err());
    assert_eq!(script.gaps(), [1000, 1500, 2250, 3375].map(millis));
    let script = Script::fails(99, &clock);
    assert!(same(&script).await.is_err());
    assert_eq!(seconds(&script.gaps()), [1, 1, 1]);
}

/// BUG-C4.
#[sync_and_async::test]
async fn max_delay_is_the_cap() {
    #[retry(max = 5, max_delay = "5s", jitter = false)]
    async fn text(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(max = 4, max_delay_ms = 2500, jitter = false)]
    async fn number(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert!(text(&script).await.is_err());
    assert_eq!(seconds(&script.gaps()), [1, 2, 4, 5, 5]);
    let script = Script::fails(99, &clock);
    assert!(number(&script).await.is_err());
    assert_eq!(script.gaps(), [1000, 2000, 2500, 2500].map(millis));
}

#[sync_and_async::test]
async fn a_cap_below_the_default_first_delay_shortens_it() {
    #[retry(max = 2, max_delay_ms = 100, jitter = false)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert!(call(&script).await.is_err());
    assert_eq!(script.gaps(), [millis(100), millis(100)]);
}

/// BUG-C5.
#[sync_and_async::test]
async fn the_cap_holds_after_the_jitter() {
    #[retry(
        max = 200,
        backoff = "constant",
        base_delay = "10s",
        max_delay = "10s",
        jitter = 0.5,
        allow(unbounded_retry)
    )]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(999, &clock);
    assert!(call(&script).await.is_err());
    let gaps = script.gaps();
    assert!(gaps.iter().all(|gap| *gap >= secs(5) && *gap <= secs(10)));
    assert!(gaps.iter().filter(|gap| **gap == secs(10)).count() > 50, "what the jitter added is cut off");
    assert!(gaps.iter().filter(|gap| **gap < secs(10)).count() > 50, "what it took away is not");
}

/// BUG-C5.
#[sync_and_async::test]
async fn each_jitter_keeps_to_its_range_and_fills_it() {
    macro_rules! range {
        ($($jitter:tt)*) => {
            [$({
                #[retry(max = 400, backoff = "constant", base_delay = "10s", jitter = $jitter, allow(unbounded_retry))]
                async fn call(script: &Script<'_>) -> Answer {
                    script.run().await
                }
                let clock = Clock::start();
                let script = Script::fails(999, &clock);
                assert!(call(&script).await.is_err());
                let gaps = script.gaps();
                let mean = gaps.iter().sum::<Duration>() / 400;
                let (least, most) = (gaps.iter().min().copied(), gaps.iter().max().copied());
                [least.unwrap_or_default(), mean, most.unwrap_or_default()]
            }),*]
        };
    }
    let expected = [("true", 0, 10), ("full", 0, 10), ("equal", 5, 10), ("±10 %", 9, 11), ("±100 %", 0, 20)];
    for ((name, least, most), actual) in expected.into_iter().zip(range!(true "full" "equal" 0.1 1.0)) {
        let [least, most] = [secs(least), secs(most)];
        // More than five standard deviations of the mean of so many.
        let near = |actual: Duration, expected| actual.abs_diff(expected) <= most.abs_diff(least) / 12;
        assert!(actual[0] >= least && actual[2] <= most, "{name} leaves its range: {actual:?}");
        assert!(near(actual[0], least) && near(actual[2], most), "{name} leaves out an end: {actual:?}");
        assert!(near(actual[1], (least + most) / 2), "{name} is lopsided: {actual:?}");
    }
}

#[sync_and_async::test]
async fn a_backoff_function_chooses_the_delay_from_the_retry_state() {
    fn by_attempt(state: &RetryState<'_, TestError>) -> Duration {
        assert_eq!((state.max_attempts, state.error), (4, Some(&TestError::Transient)));
        assert_eq!(state.previous_delay, secs(10) * (state.attempt - 1));
        assert_eq!(state.delay, secs(0), "not chosen yet");
        secs(10) * state.attempt
    }
    #[retry(max = 3, backoff = by_attempt)]
    async fn path(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(max = 3, backoff = |state| state.previous_delay * 2 + secs(1), max_delay = "5s")]
    async fn closure(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert!(path(&script).await.is_err());
    assert_eq!(seconds(&script.gaps()), [10, 20, 30]);
    let script = Script::fails(99, &clock);
    assert!(closure(&script).await.is_err());
    assert_eq!(seconds(&script.gaps()), [1, 3, 5], "the cap holds for it too");
}

#[sync_and_async::test]
async fn a_backoff_function_can_follow_the_class_of_the_last_error() {
    fn by_class(state: &RetryState<'_, TestError>) -> Duration {
        if state.error.is_some_and(TestError::is_transient) { millis(100) } else { secs(10) }
    }
    #[retry(max = 3, backoff = by_class)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::new(&clock, |call| match call {
        2 => Err(TestError::RateLimited(secs(1))),
        _ => Err(TestError::Transient),
    });
    assert!(call(&script).await.is_err());
    assert_eq!(script.gaps(), [millis(100), secs(10), millis(100)]);
}
