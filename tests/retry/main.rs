#![deny(warnings)]
//! What `#[retry]` promises.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use common::{Answer, Classified, Counter, Elapsed, Parcel, Recorder, Script, TestError, millis, poll_at_most, secs};
use futures_util::FutureExt;
use resilience::{Category, Classify, RetryBudget, RetryState, Severity, fallback, retry, timeout};

fn seconds(delays: &[Duration]) -> Vec<u64> {
    delays.iter().map(Duration::as_secs).collect()
}

// How often

#[sync_and_async::test]
async fn a_call_that_succeeds_is_made_once_and_never_waits() {
    #[retry]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!(call(&script).await, Ok(1));
    assert_eq!((script.calls(), clock.elapsed()), (1, secs(0)));
}

#[sync_and_async::test]
async fn by_default_a_call_is_made_four_times_after_1_2_and_4_seconds() {
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
async fn by_default_the_delays_are_left_to_chance() {
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
async fn max_retries_is_another_name_for_max() {
    #[retry(max_retries = 4, backoff = "none")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert!(call(&script).await.is_err());
    assert_eq!(script.calls(), 5);
}

#[sync_and_async::test]
async fn attempts_counts_the_first_call_too() {
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
    assert_eq!(executions!(1 2 3 4 5), [1, 2, 3, 4, 5]);
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
async fn the_first_success_ends_the_retrying_and_its_value_is_returned() {
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
async fn none_is_a_failure_worth_another_attempt() {
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
async fn an_alias_of_result_is_a_result() {
    #[retry(max = 2, backoff = "none")]
    async fn call(calls: &Counter) -> std::io::Result<u32> {
        pause().await;
        if calls.up() == 1 { Err(std::io::ErrorKind::ConnectionReset.into()) } else { Ok(7) }
    }

    let calls = Counter::new();
    assert_eq!(call(&calls).await.ok(), Some(7));
    assert_eq!(calls.get(), 2);
}

// How long between

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
async fn constant_stays() {
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
async fn the_first_delay_is_given_as_text_or_a_constant_or_a_number_of_some_unit() {
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
async fn a_backoff_function_chooses_the_delay_from_what_it_sees() {
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

// How long altogether

#[sync_and_async::test]
async fn max_elapsed_ends_the_retrying_before_a_sleep_that_does_not_fit() {
    #[retry(max = 99, backoff = "constant", base_delay = "4s", jitter = false, max_elapsed = "10s")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::new(&clock, |call| Err(TestError::RateLimited(secs(call.into()))));
    assert_eq!(call(&script).await, Err(TestError::RateLimited(secs(3))), "the last error");
    assert_eq!((script.calls(), clock.elapsed()), (3, secs(8)), "returned at once");
}

#[sync_and_async::test]
async fn max_elapsed_counts_the_time_of_the_attempts_too() {
    #[retry(max = 99, backoff = "constant", base_delay_secs = 1, jitter = false, max_elapsed_secs = 7)]
    async fn call(clock: &Clock, script: &Script<'_>) -> Answer {
        let answer = script.run().await;
        clock.sleep(secs(2)).await;
        answer
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert!(call(&clock, &script).await.is_err());
    assert_eq!(script.starts(), [secs(0), secs(3), secs(6)]);
    assert_eq!(clock.elapsed(), secs(8));
}

/// R02.
#[sync_and_async::test]
async fn max_elapsed_holds_without_delays_too() {
    #[retry(max = 90, backoff = "none", max_elapsed_ms = 1000, allow(hot_retry))]
    async fn call(clock: &Clock, script: &Script<'_>) -> Answer {
        clock.sleep(millis(100)).await;
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert!(call(&clock, &script).await.is_err());
    assert_eq!(script.calls(), 10);
}

#[sync_and_async::test]
async fn max_elapsed_does_not_cut_an_attempt_short() {
    #[retry(max = 2, backoff = "none", max_elapsed = "1s")]
    async fn call(clock: &Clock, script: &Script<'_>) -> Answer {
        clock.sleep(secs(5)).await;
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!(call(&clock, &script).await, Ok(1));
}

// Which outcomes

#[sync_and_async::test]
async fn without_a_classification_every_error_is_retried() {
    #[retry(max = 2, backoff = "none")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    for error in [TestError::Transient, TestError::Permanent, TestError::RateLimited(secs(9))] {
        let script = Script::always(error, &clock);
        assert!(call(&script).await.is_err());
        assert_eq!(script.calls(), 3);
    }
}

#[sync_and_async::test]
async fn a_permanent_error_is_not_retried() {
    #[retry(max = 2, backoff = "none")]
    async fn call(script: &Script<'_>) -> Result<u32, Classified> {
        Ok(script.run().await?)
    }

    let clock = Clock::start();
    let script = Script::always(TestError::Permanent, &clock);
    assert_eq!(call(&script).await, Err(Classified(TestError::Permanent)));
    assert_eq!(script.calls(), 1);
    let script = Script::always(TestError::Transient, &clock);
    assert!(call(&script).await.is_err());
    assert_eq!(script.calls(), 3, "any other is");
}

#[sync_and_async::test]
async fn a_critical_error_is_not_retried() {
    #[derive(Debug)]
    struct Burning;

    impl Classify for Burning {
        fn category(&self) -> Category {
            Category::Network
        }
        fn severity(&self) -> Severity {
            Severity::Critical
        }
    }
    #[retry(max = 2, backoff = "none")]
    async fn call(calls: &Counter) -> Result<u32, Burning> {
        pause().await;
        calls.up();
        Err(Burning)
    }

    let calls = Counter::new();
    assert!(call(&calls).await.is_err());
    assert_eq!(calls.get(), 1);
}

#[sync_and_async::test]
async fn io_errors_bring_a_classification() {
    #[retry(max = 2, backoff = "none")]
    async fn call(kind: std::io::ErrorKind, calls: &Counter) -> std::io::Result<()> {
        pause().await;
        calls.up();
        Err(kind.into())
    }

    let calls = Counter::new();
    assert!(call(std::io::ErrorKind::NotFound, &calls).await.is_err());
    assert_eq!(calls.get(), 1, "will be missing next time too");
    assert!(call(std::io::ErrorKind::TimedOut, &calls).await.is_err());
    assert_eq!(calls.get(), 4);
}

/// R10, R11.
#[sync_and_async::test]
async fn when_says_which_errors_are_retried() {
    #[retry(max = 3, backoff = "none", when = TestError::is_transient)]
    async fn path(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(max = 3, backoff = "none", when = |error| !error.is_transient())]
    async fn closure(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!(path(&script).await, Err(TestError::Transient));
    assert_eq!(script.calls(), 4);
    assert_eq!(closure(&script).await, Err(TestError::Transient));
    assert_eq!(script.calls(), 5);
    let script = Script::always(TestError::Permanent, &clock);
    assert_eq!(path(&script).await, Err(TestError::Permanent));
    assert_eq!(script.calls(), 1);
}

#[sync_and_async::test]
async fn an_error_that_when_rejects_ends_the_retrying_at_any_attempt() {
    #[retry(max = 9, backoff = "none", when = TestError::is_transient)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::new(&clock, |call| Err(if call < 4 { TestError::Transient } else { TestError::Permanent }));
    assert_eq!(call(&script).await, Err(TestError::Permanent));
    assert_eq!(script.calls(), 4);
}

#[sync_and_async::test]
async fn when_has_the_last_word_over_the_classification() {
    #[retry(max = 2, backoff = "none", when = |_| true)]
    async fn always(script: &Script<'_>) -> Result<u32, Classified> {
        Ok(script.run().await?)
    }
    #[retry(max = 2, backoff = "none", when = |error| error.0.is_permanent())]
    async fn permanent(script: &Script<'_>) -> Result<u32, Classified> {
        Ok(script.run().await?)
    }

    let clock = Clock::start();
    let script = Script::always(TestError::Permanent, &clock);
    assert!(always(&script).await.is_err());
    assert_eq!(script.calls(), 3);
    let script = Script::always(TestError::Transient, &clock);
    assert!(permanent(&script).await.is_err());
    assert_eq!(script.calls(), 1);
}

#[sync_and_async::test]
async fn when_may_be_a_method_of_self() {
    struct Client {
        patient: bool,
    }

    impl Client {
        fn insists(&self, error: &TestError) -> bool {
            self.patient && error.is_transient()
        }

        fn is_transient(error: &TestError) -> bool {
            error.is_transient()
        }

        #[retry(max = 2, backoff = "none", when = self.insists)]
        async fn method(&self, script: &Script<'_>) -> Answer {
            script.run().await
        }

        #[retry(max = 2, backoff = "none", when = Self::is_transient)]
        async fn function(&self, script: &Script<'_>) -> Answer {
            script.run().await.map(|value| value + u32::from(self.patient))
        }

        #[retry(max = 2, backoff = "none", when = |error| self.insists(error))]
        async fn closure(&self, script: &Script<'_>) -> Answer {
            script.run().await
        }
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    for (patient, calls) in [(true, [3, 6, 9]), (false, [10, 13, 14])] {
        let client = Client { patient };
        assert!(client.method(&script).await.is_err());
        assert_eq!(script.calls(), calls[0]);
        assert!(client.function(&script).await.is_err());
        assert_eq!(script.calls(), calls[1]);
        assert!(client.closure(&script).await.is_err());
        assert_eq!(script.calls(), calls[2]);
    }
}

#[sync_and_async::test]
async fn when_ok_retries_on_a_value() {
    #[retry(max = 3, backoff = "constant", jitter = false, when_ok = |value| *value < 3)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!(call(&script).await, Ok(3));
    assert_eq!(script.starts(), [secs(0), secs(1), secs(2)]);
}

#[sync_and_async::test]
async fn when_ok_gives_the_last_value_when_the_attempts_are_used_up() {
    #[retry(max = 2, backoff = "none", when_ok = Vec::is_empty)]
    async fn call(script: &Script<'_>) -> Result<Vec<u32>, TestError> {
        script.run().await.map(|call| if call < 9 { Vec::new() } else { vec![call] })
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!(call(&script).await, Ok(vec![]));
    assert_eq!(script.calls(), 3);
}

#[sync_and_async::test]
async fn when_ok_leaves_errors_to_when() {
    #[retry(max = 5, backoff = "none", when = TestError::is_transient, when_ok = |value| *value < 3)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::new(&clock, |call| match call {
        1 => Ok(1),
        2 => Err(TestError::Transient),
        _ => Err(TestError::Permanent),
    });
    assert_eq!(call(&script).await, Err(TestError::Permanent));
    assert_eq!(script.calls(), 3);
}

// Hints of the other side

#[sync_and_async::test]
async fn a_hint_is_a_floor_for_the_delay() {
    #[retry(max = 3, jitter = false, retry_after = TestError::retry_after)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::new(&clock, |call| match call {
        1 => Err(TestError::RateLimited(secs(7))),
        2 => Err(TestError::RateLimited(millis(500))),
        _ => Err(TestError::Transient),
    });
    assert!(call(&script).await.is_err());
    assert_eq!(seconds(&script.gaps()), [7, 2, 4], "the longer of hint and backoff");
}

#[sync_and_async::test]
async fn a_call_is_never_repeated_before_its_hint_whatever_the_jitter() {
    #[retry(max = 200, backoff = "constant", base_delay = "8s", retry_after = |_| Some(secs(5)))]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(999, &clock);
    assert!(call(&script).await.is_err());
    assert!(script.gaps().iter().all(|gap| *gap >= secs(5) && *gap <= secs(8)));
}

#[sync_and_async::test]
async fn a_hint_beyond_the_cap_ends_the_retrying_at_once() {
    #[retry(max = 3, max_delay = "10s", jitter = false, retry_after = TestError::retry_after)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let hint = TestError::RateLimited(secs(3600));
    let script = Script::always(hint.clone(), &clock);
    assert_eq!(call(&script).await, Err(hint));
    assert_eq!((script.calls(), clock.elapsed()), (1, secs(0)));
    let script = Script::always(TestError::RateLimited(secs(10)), &clock);
    assert!(call(&script).await.is_err());
    assert_eq!(seconds(&script.gaps()), [10, 10, 10], "exactly the cap is within it");
}

#[sync_and_async::test]
async fn a_hint_beyond_max_elapsed_ends_the_retrying_at_once() {
    #[retry(max = 3, backoff = "none", max_elapsed = "30s", retry_after = TestError::retry_after)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::always(TestError::RateLimited(secs(20)), &clock);
    assert_eq!(call(&script).await, Err(TestError::RateLimited(secs(20))));
    assert_eq!(script.starts(), [secs(0), secs(20)]);
}

#[sync_and_async::test]
async fn the_hint_of_a_classified_error_is_honoured_without_being_asked_for() {
    #[retry(max = 2, jitter = false)]
    async fn call(script: &Script<'_>) -> Result<u32, Classified> {
        Ok(script.run().await?)
    }

    let clock = Clock::start();
    let script = Script::always(TestError::RateLimited(secs(9)), &clock);
    assert!(call(&script).await.is_err());
    assert_eq!(seconds(&script.gaps()), [9, 9]);
}

#[sync_and_async::test]
async fn the_hint_of_a_classified_error_is_honoured_with_a_when_too() {
    #[retry(max = 2, jitter = false, when = |_| true)]
    async fn call(script: &Script<'_>) -> Result<u32, Classified> {
        Ok(script.run().await?)
    }

    let clock = Clock::start();
    let script = Script::always(TestError::RateLimited(secs(9)), &clock);
    assert!(call(&script).await.is_err());
    assert_eq!(seconds(&script.gaps()), [9, 9]);
}

#[sync_and_async::test]
async fn a_retry_after_of_the_attribute_replaces_the_hint_of_the_classification() {
    #[retry(max = 2, backoff = "none", retry_after = |_| Some(secs(1)))]
    async fn call(script: &Script<'_>) -> Result<u32, Classified> {
        Ok(script.run().await?)
    }

    let clock = Clock::start();
    let script = Script::always(TestError::RateLimited(secs(9)), &clock);
    assert!(call(&script).await.is_err());
    assert_eq!(seconds(&script.gaps()), [1, 1]);
}

#[sync_and_async::test]
async fn an_endless_hint_ends_the_retrying() {
    #[retry(max = 3, retry_after = |_| Some(Duration::MAX))]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(9, &clock);
    assert!(call(&script).await.is_err());
    assert_eq!(script.calls(), 1);
}

// What can be seen

#[sync_and_async::test]
async fn on_retry_sees_each_failed_attempt_before_the_pause() {
    #[retry(max = 3, backoff = "linear", jitter = false, on_retry = |state| {
        let now = clock.elapsed().as_secs();
        log.borrow_mut().push((now, state.attempt, state.max_attempts, state.delay.as_secs()));
        assert_eq!(state.error, Some(&TestError::Transient));
    })]
    async fn call(clock: &Clock, script: &Script<'_>, log: &RefCell<Vec<(u64, u32, u32, u64)>>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let (script, log) = (Script::fails(9, &clock), RefCell::default());
    assert!(call(&clock, &script, &log).await.is_err());
    assert_eq!(log.take(), [(0, 1, 4, 1), (1, 2, 4, 2), (3, 3, 4, 3)], "not after the last attempt");
    assert_eq!(call(&clock, &Script::fails(0, &clock), &log).await, Ok(1));
    assert_eq!(log.take(), [], "nor after a success");
}

#[sync_and_async::test]
async fn on_retry_sees_the_delay_before_the_attempt_that_has_ended() {
    #[retry(max = 3, jitter = false, on_retry = |state| log.borrow_mut().push(state.previous_delay))]
    async fn call(script: &Script<'_>, log: &RefCell<Vec<Duration>>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let log = RefCell::default();
    assert!(call(&Script::fails(9, &clock), &log).await.is_err());
    assert_eq!(log.take(), [secs(0), secs(1), secs(2)], "zero for the first");
}

#[sync_and_async::test]
async fn on_retry_sees_no_error_where_a_value_is_retried() {
    fn note(state: &RetryState<'_, TestError>) {
        assert_eq!(state.error, None);
    }
    #[retry(max = 3, backoff = "none", when_ok = |value| *value < 3, on_retry = note)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    assert_eq!(call(&Script::fails(0, &clock)).await, Ok(3));
}

#[sync_and_async::test]
async fn each_retry_is_an_event() {
    #[retry(max = 2, jitter = false)]
    async fn classified(script: &Script<'_>) -> Result<u32, Classified> {
        Ok(script.run().await?)
    }
    #[retry(max = 1, backoff = "none")]
    async fn unclassified(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let recorder = Recorder::start();
    assert!(classified(&Script::fails(9, &clock)).await.is_err());
    assert!(unclassified(&Script::fails(9, &clock)).await.is_err());
    assert!(unclassified(&Script::fails(0, &clock)).await.is_ok());
    let events = recorder.events();
    let seen: Vec<_> = events
        .iter()
        .map(|event| {
            let [attempt, max, delay, category] =
                ["attempt", "max", "delay_ms", "category"].map(|name| event.field(name));
            (event.name, attempt, max, delay, category)
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("retry", "1", "3", "1000", "transient"),
            ("retry", "2", "3", "2000", "transient"),
            ("retry", "1", "2", "0", "unclassified"),
        ]
    );
    assert!(events[0].field("function").ends_with("::classified"), "{events:?}");
}

// What comes back, and what goes in

#[sync_and_async::test]
async fn the_last_error_comes_back_unchanged() {
    #[retry(max = 2, backoff = "none")]
    async fn call(errors: &[Arc<str>], calls: &Counter) -> Result<u32, Arc<str>> {
        pause().await;
        Err(Arc::clone(&errors[calls.up() as usize - 1]))
    }

    let errors: [Arc<str>; 3] = ["down", "down", "down"].map(Arc::from);
    let error = call(&errors, &Counter::new()).await.expect_err("always down");
    assert!(Arc::ptr_eq(&error, &errors[2]), "the third, and the very same");
    assert_eq!(Arc::strong_count(&errors[2]), 2, "nobody else has kept it");
    assert_eq!(Arc::strong_count(&errors[0]), 1, "nor the first");
}

#[sync_and_async::test]
async fn an_argument_is_cloned_only_for_a_use_after_which_another_may_follow() {
    #[retry(max = 3, backoff = "none")]
    async fn call(parcel: Parcel<'_>, script: &Script<'_>) -> Answer {
        drop(parcel);
        script.run().await
    }

    let clock = Clock::start();
    for (failures, clones) in [(0, 1), (1, 2), (2, 3), (3, 3), (9, 3)] {
        let counter = Counter::new();
        let _ = call(Parcel::new(&counter), &Script::fails(failures, &clock)).await;
        assert_eq!(counter.get(), clones, "after {failures} failures: the last use moves");
    }
}

#[sync_and_async::test]
async fn a_single_attempt_clones_nothing_and_asks_for_no_clone() {
    struct Unique(u32);

    #[retry(attempts = 1)]
    async fn call(unique: Unique, script: &Script<'_>) -> Answer {
        script.run().await.map(|_| unique.0)
    }

    let clock = Clock::start();
    assert_eq!(call(Unique(7), &Script::fails(0, &clock)).await, Ok(7));
}

#[sync_and_async::test]
async fn every_attempt_starts_from_the_values_of_the_caller() {
    #[retry(max = 3, backoff = "none")]
    async fn call(mut parcel: Parcel<'_>, mut number: u32, script: &Script<'_>) -> Answer {
        parcel.content.push(1);
        number += 1;
        assert_eq!((&*parcel.content, number), (&[1][..], 6));
        script.run().await
    }

    let clock = Clock::start();
    let counter = Counter::new();
    assert_eq!(call(Parcel::new(&counter), 5, &Script::fails(3, &clock)).await, Ok(4));
}

#[sync_and_async::test]
async fn what_is_borrowed_exclusively_is_borrowed_again_and_keeps_its_changes() {
    struct Client {
        calls: u32,
    }

    impl Client {
        #[retry(max = 3, backoff = "none")]
        async fn call(&mut self, log: &mut Vec<u32>, script: &Script<'_>) -> Answer {
            self.calls += 1;
            log.push(self.calls);
            script.run().await
        }
    }

    let clock = Clock::start();
    let (mut client, mut log) = (Client { calls: 0 }, Vec::new());
    assert_eq!(client.call(&mut log, &Script::fails(2, &clock)).await, Ok(3));
    assert_eq!((client.calls, log), (3, vec![1, 2, 3]));
}

#[sync_and_async::test]
async fn a_shared_argument_is_not_cloned() {
    struct Unique(u32);

    #[retry(max = 3, backoff = "none", share(unique, parcel))]
    async fn call(unique: Unique, parcel: Parcel<'_>, script: &Script<'_>) -> Answer {
        assert_eq!((unique.0, parcel.content.len()), (7, 0));
        script.run().await
    }

    let clock = Clock::start();
    let counter = Counter::new();
    assert_eq!(call(Unique(7), Parcel::new(&counter), &Script::fails(3, &clock)).await, Ok(4));
    assert_eq!(counter.get(), 0);
}

// Limits of the language and of time

#[sync_and_async::test]
async fn no_number_of_attempts_is_too_large() {
    #[retry(max = 4_294_967_295, backoff = "none", allow(hot_retry))]
    async fn max(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(attempts = u32::MAX, factor = 1e9)]
    async fn attempts(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    assert_eq!(max(&Script::fails(5000, &clock)).await, Ok(5001));
    let script = Script::fails(200, &clock);
    assert_eq!(attempts(&script).await, Ok(201));
    assert!(script.gaps().iter().all(|gap| *gap <= secs(60)));
}

#[sync_and_async::test]
async fn no_duration_is_too_long_or_too_short() {
    #[retry(
        max = 1, base_delay = Duration::MAX, max_delay = Duration::MAX, max_elapsed = Duration::MAX, jitter = false
    )]
    async fn long(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(max = 3, base_delay = Duration::from_nanos(1), max_delay = Duration::from_nanos(2), jitter = 1.0)]
    async fn short(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    assert_eq!(short(&Script::fails(3, &clock)).await, Ok(4));
    assert!(clock.elapsed() <= millis(3));
    assert_eq!(long(&Script::fails(1, &clock)).await, Ok(2));
    assert!(clock.elapsed() > secs(1_000_000), "{:?}", clock.elapsed());
}

#[test]
fn a_clock_that_steps_back_does_not_hurt() {
    #[retry(max = 3, backoff = "constant", base_delay = "1s", jitter = false, max_elapsed = "10s")]
    fn call(clock: &common::blocking::Clock, script: &common::blocking::Script<'_>) -> Answer {
        let answer = script.run();
        clock.step_back(secs(3600));
        answer
    }

    let clock = common::blocking::Clock::start();
    let script = Script::fails(3, &clock);
    assert_eq!(call(&clock, &script), Ok(4));
}

// Under a deadline

#[tokio::test(start_paused = true)]
async fn a_sleep_that_does_not_fit_under_the_deadline_is_not_begun() {
    #[timeout(secs = 10)]
    #[retry(max = 9, backoff = "constant", base_delay = "4s", jitter = false)]
    async fn call(script: &common::awaiting::Script<'_>) -> Answer {
        script.run().await
    }

    let clock = common::awaiting::Clock::start();
    let script = Script::always(TestError::Permanent, &clock);
    assert_eq!(call(&script).await, Err(TestError::Permanent), "the real error, not the timeout");
    assert_eq!((script.calls(), clock.elapsed()), (3, secs(8)));
}

#[test]
fn a_sleep_that_does_not_fit_under_a_cooperative_deadline_is_not_begun() {
    #[timeout(secs = 10, mode = "cooperative")]
    #[retry(max = 9, backoff = "constant", base_delay = "4s", jitter = false)]
    fn call(script: &common::blocking::Script<'_>) -> Answer {
        script.run()
    }

    let clock = common::blocking::Clock::start();
    let script = Script::always(TestError::Permanent, &clock);
    assert_eq!(call(&script), Err(TestError::Permanent), "the real error, not the timeout");
    assert_eq!((script.calls(), clock.elapsed()), (3, secs(8)));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_a_calling_function_counts_too() {
    #[retry(max = 9, backoff = "constant", base_delay = "4s", jitter = false)]
    async fn inner(script: &common::awaiting::Script<'_>) -> Answer {
        script.run().await
    }
    #[timeout(secs = 10)]
    async fn outer(script: &common::awaiting::Script<'_>) -> Answer {
        tokio::time::sleep(secs(3)).await;
        inner(script).await
    }

    let clock = common::awaiting::Clock::start();
    let script = Script::always(TestError::Permanent, &clock);
    assert_eq!(outer(&script).await, Err(TestError::Permanent));
    assert_eq!((script.starts(), clock.elapsed()), (vec![secs(3), secs(7)], secs(7)));
}

#[tokio::test(start_paused = true)]
async fn a_hint_beyond_the_deadline_ends_the_retrying_at_once() {
    #[timeout(secs = 10)]
    #[retry(max = 9, backoff = "none", retry_after = TestError::retry_after)]
    async fn call(script: &common::awaiting::Script<'_>) -> Answer {
        script.run().await
    }

    let clock = common::awaiting::Clock::start();
    let script = Script::always(TestError::RateLimited(secs(30)), &clock);
    assert_eq!(call(&script).await, Err(TestError::RateLimited(secs(30))));
    assert_eq!((script.calls(), clock.elapsed()), (1, secs(0)));
}

// Many at once, and given up

/// R26.
#[tokio::test(start_paused = true)]
async fn a_body_of_two_parallel_calls_is_retried_as_a_whole() {
    #[retry(max = 3, backoff = "none")]
    async fn call(first: &common::awaiting::Script<'_>, second: &common::awaiting::Script<'_>) -> Answer {
        let (first, second) = tokio::try_join!(first.run(), second.run())?;
        Ok(first * 10 + second)
    }

    let clock = common::awaiting::Clock::start();
    let (first, second) = (Script::of("FSS", &clock), Script::of("SFS", &clock));
    assert_eq!(call(&first, &second).await, Ok(33));
}

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

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_in_its_pause_ends_there() {
    #[retry(max = 3, jitter = false)]
    async fn call(script: &common::awaiting::Script<'_>) -> Answer {
        script.run().await
    }

    let clock = common::awaiting::Clock::start();
    let script = Script::fails(9, &clock);
    let cut = tokio::time::timeout(millis(1500), call(&script));
    assert!(cut.await.is_err());
    assert_eq!((script.starts(), clock.elapsed()), (vec![secs(0), secs(1)], millis(1500)));
    tokio::time::sleep(secs(60)).await;
    assert_eq!(script.calls(), 2, "nothing goes on behind");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_at_any_poll_leaves_the_next_one_as_new() {
    #[retry(max = 2, jitter = false)]
    async fn call(script: &common::awaiting::Script<'_>) -> Answer {
        script.run().await
    }

    let clock = common::awaiting::Clock::start();
    let mut polls = 0;
    while poll_at_most(polls, call(&Script::fails(9, &clock))).await.is_none() {
        let script = Script::fails(9, &clock);
        assert!(call(&script).await.is_err());
        assert_eq!(seconds(&script.gaps()), [1, 2]);
        polls += 1;
    }
    assert!(polls >= 5, "three attempts and two pauses, each of them waits");
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_not_retried_and_leaves_the_next_call_as_new() {
    #[retry(max = 3, backoff = "none")]
    async fn call(script: &common::awaiting::Script<'_>) -> Answer {
        let answer = script.run().await;
        assert!(script.calls() != 2, "told to panic");
        answer
    }

    let clock = common::awaiting::Clock::start();
    let script = Script::fails(9, &clock);
    assert!(AssertUnwindSafe(call(&script)).catch_unwind().await.is_err());
    assert_eq!(script.calls(), 2);
    let script = Script::fails(3, &clock);
    script.next().expect_err("the first two calls are over");
    script.next().expect_err("the first two calls are over");
    assert_eq!(call(&script).await, Ok(4));
}

#[test]
fn a_panic_of_a_synchronous_function_is_not_retried_and_leaves_the_next_call_as_new() {
    #[retry(max = 3, backoff = "none")]
    fn call(script: &common::blocking::Script<'_>) -> Answer {
        let answer = script.run();
        assert!(script.calls() != 2, "told to panic");
        answer
    }

    let clock = common::blocking::Clock::start();
    let script = Script::fails(9, &clock);
    assert!(catch_unwind(AssertUnwindSafe(|| call(&script))).is_err());
    assert_eq!(script.calls(), 2);
    let script = Script::fails(3, &clock);
    script.next().expect_err("the first two calls are over");
    script.next().expect_err("the first two calls are over");
    assert_eq!(call(&script), Ok(4));
}

// Of the real clock

#[tokio::test]
async fn a_real_pause_takes_its_time() {
    #[retry(max = 1, base_delay_ms = 5, jitter = false)]
    async fn call(calls: &Counter) -> Answer {
        tokio::task::yield_now().await;
        calls.up();
        Err(TestError::Transient)
    }

    let (calls, start) = (Counter::new(), std::time::Instant::now());
    assert!(call(&calls).await.is_err());
    assert_eq!(calls.get(), 2);
    assert!(start.elapsed() >= millis(5));
}

#[test]
fn a_real_blocking_pause_takes_its_time() {
    #[retry(max = 1, base_delay_ms = 5, jitter = false)]
    fn call(calls: &Counter) -> Answer {
        calls.up();
        Err(TestError::Transient)
    }

    let (calls, start) = (Counter::new(), std::time::Instant::now());
    assert!(call(&calls).is_err());
    assert_eq!(calls.get(), 2);
    assert!(start.elapsed() >= millis(5));
}

// One layer only

/// C8
#[sync_and_async::test]
async fn what_a_retry_further_in_has_given_up_is_not_retried_again() {
    #[retry(max = 3, backoff = "none")]
    async fn outer(script: &Script<'_>) -> Answer {
        inner(script).await
    }

    #[retry(max = 2, backoff = "none")]
    async fn inner(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert_eq!(outer(&script).await, Err(TestError::Transient));
    assert_eq!(script.calls(), 3, "the attempts of the inner one");
}

#[sync_and_async::test]
async fn three_layers_make_the_attempts_of_the_innermost() {
    #[retry(max = 3, backoff = "none")]
    async fn outer(script: &Script<'_>) -> Answer {
        middle(script).await
    }

    #[retry(max = 3, backoff = "none")]
    async fn middle(script: &Script<'_>) -> Answer {
        inner(script).await
    }

    #[retry(max = 1, backoff = "none")]
    async fn inner(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert_eq!(outer(&script).await, Err(TestError::Transient));
    assert_eq!(script.calls(), 2);
}

#[sync_and_async::test]
async fn nested_retries_multiply_where_the_outer_one_says_so() {
    #[retry(max = 3, backoff = "none", nested = true)]
    async fn outer(script: &Script<'_>) -> Answer {
        inner(script).await
    }

    #[retry(max = 2, backoff = "none", nested = false)]
    async fn inner(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert_eq!(outer(&script).await, Err(TestError::Transient));
    assert_eq!(script.calls(), 12);
}

#[sync_and_async::test]
async fn two_retries_on_one_function_multiply_where_the_outer_one_says_so() {
    #[retry(max = 1, backoff = "none", nested = true)]
    #[retry(max = 2, backoff = "none")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert_eq!(call(&script).await, Err(TestError::Transient));
    assert_eq!(script.calls(), 6);
}

#[sync_and_async::test]
async fn an_inner_retry_that_did_not_want_to_go_on_has_given_up_nothing() {
    #[retry(max = 1, backoff = "none")]
    async fn outer(script: &Script<'_>) -> Answer {
        inner(script).await
    }

    #[retry(max = 5, backoff = "none", when = |_| false)]
    async fn inner(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(1, &clock);
    assert_eq!(outer(&script).await, Ok(2));
}

#[sync_and_async::test]
async fn a_failure_after_one_that_was_lived_with_is_retried() {
    #[retry(max = 1, backoff = "none")]
    async fn outer(optional: &Script<'_>, needed: &Script<'_>) -> Answer {
        let extra = enrich(optional).await.unwrap_or_default();
        Ok(extra + load(needed).await?)
    }

    #[retry(max = 1, backoff = "none")]
    async fn enrich(script: &Script<'_>) -> Answer {
        script.run().await
    }

    #[retry(max = 1, backoff = "none", when = |_| false)]
    async fn load(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let (optional, needed) = (Script::fails(99, &clock), Script::fails(1, &clock));
    assert_eq!(outer(&optional, &needed).await, Ok(2));
    assert_eq!((optional.calls(), needed.calls()), (4, 2));
}

#[sync_and_async::test]
async fn an_attempt_starts_without_the_mark_of_the_one_before() {
    #[retry(max = 5, backoff = "none", nested = true)]
    async fn outermost(script: &Script<'_>) -> Answer {
        outer(script).await
    }

    #[retry(max = 1, backoff = "none")]
    async fn outer(script: &Script<'_>) -> Answer {
        if script.calls() < 2 { inner(script).await } else { script.run().await }
    }

    #[retry(max = 1, backoff = "none")]
    async fn inner(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert_eq!(outermost(&script).await, Err(TestError::Transient));
    assert_eq!(script.calls(), 2 + 5 * 2);
}

/// Two calls on one thread, polled in turn: what one has given up is not held against the other.
#[tokio::test(start_paused = true)]
async fn a_call_beside_this_one_that_gives_up_changes_nothing() {
    #[retry(max = 3, base_delay = "1s", backoff = "constant", jitter = false)]
    async fn patient(calls: &Counter) -> Answer {
        calls.up();
        tokio::time::sleep(millis(10)).await;
        Err(TestError::Transient)
    }

    #[retry(max = 1, backoff = "none")]
    async fn hasty() -> Answer {
        tokio::time::sleep(millis(5)).await;
        Err(TestError::Transient)
    }

    let calls = Counter::new();
    let (patient, hasty) = (patient(&calls), async {
        for _ in 0..1_000 {
            let _given_up = hasty().await;
        }
    });
    let (answer, ()) = futures_util::future::join(patient, hasty).await;
    assert_eq!((answer, calls.get()), (Err(TestError::Transient), 4));
}

/// The same, the other way round: what has been given up in this call is not forgotten while another one goes well.
#[tokio::test(start_paused = true)]
async fn what_an_attempt_does_after_giving_up_changes_nothing() {
    #[retry(max = 3, backoff = "none")]
    async fn outer(calls: &Counter) -> Answer {
        let answer = inner(calls).await;
        tokio::time::sleep(millis(10)).await;
        answer
    }

    #[retry(max = 1, backoff = "none")]
    async fn inner(calls: &Counter) -> Answer {
        calls.up();
        Err(TestError::Transient)
    }

    #[retry(max = 1, backoff = "none")]
    async fn succeeds() -> Answer {
        tokio::time::sleep(millis(1)).await;
        Ok(1)
    }

    let calls = Counter::new();
    let others = async {
        for _ in 0..100 {
            assert_eq!(succeeds().await, Ok(1));
        }
    };
    let (answer, ()) = futures_util::future::join(outer(&calls), others).await;
    assert_eq!((answer, calls.get()), (Err(TestError::Transient), 2));
}

// Budgets

#[sync_and_async::test]
async fn an_empty_budget_returns_the_last_error_at_once() {
    static BUDGET: RetryBudget = RetryBudget::new("two retries").capacity(2).ratio(0.0).min_per_second(0);

    #[retry(max = 9, backoff = "none", budget = BUDGET)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    BUDGET.reset();
    let script = Script::fails(99, &clock);
    assert_eq!(call(&script).await, Err(TestError::Transient));
    assert_eq!(script.calls(), 3);
    assert_eq!(call(&script).await, Err(TestError::Transient));
    assert_eq!(script.calls(), 4, "the call itself is always made");
    assert_eq!((BUDGET.snapshot().available, BUDGET.snapshot().rejected), (0, 2));
}

#[sync_and_async::test]
async fn time_and_calls_fill_a_budget_again() {
    static BUDGET: RetryBudget = RetryBudget::new("refilled").capacity(4).ratio(0.5).min_per_second(1);

    #[retry(max = 9, backoff = "none", budget = BUDGET)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    BUDGET.reset();
    let script = Script::fails(99, &clock);
    assert!(call(&script).await.is_err());
    assert_eq!(script.calls(), 1 + 4);
    clock.sleep(secs(2)).await;
    assert!(call(&script).await.is_err());
    assert_eq!(script.calls(), 5 + 1 + 2);
}

#[tokio::test(start_paused = true)]
async fn a_budget_is_shared_by_its_name() {
    #[retry(max = 99, backoff = "none", budget = "shared by name")]
    async fn one(calls: &Counter) -> Answer {
        calls.up();
        Err(TestError::Transient)
    }

    #[retry(max = 99, backoff = "none", budget = "shared by name", max_elapsed = "1h")]
    async fn other(calls: &Counter) -> Answer {
        calls.up();
        Err(TestError::Transient)
    }

    let (calls, recorder) = (Counter::new(), Recorder::start());
    assert!(RetryBudget::named("shared by name").is_none(), "never called");
    assert!(one(&calls).await.is_err());
    assert_eq!(calls.get(), 100, "all of its attempts, but not all of the budget");
    assert!(other(&calls).await.is_err());
    assert_eq!(calls.get(), 102, "the one retry that was left");
    let [event] = &recorder.named("retry.budget")[..] else { panic!("{:?}", recorder.names()) };
    assert_eq!(event.fields.get("budget").map(String::as_str), Some("shared by name"));
}

/// What another call on the same thread has given up in the meantime is none of this one's business.
#[tokio::test(start_paused = true)]
async fn an_attempt_that_was_stopped_is_repeated_whatever_others_have_given_up() {
    #[retry(max = 1, backoff = "none")]
    #[timeout(secs = 2)]
    async fn stopped(attempts: &Counter) -> Answer {
        attempts.up();
        std::future::pending().await
    }
    #[retry(max = 1, backoff = "none")]
    #[timeout(secs = 2)]
    #[fallback(value = 7, when = |_| false, allow(late_fallback))]
    async fn stopped_around_a_layer(attempts: &Counter) -> Answer {
        attempts.up();
        std::future::pending().await
    }
    #[retry(max = 1, backoff = "none")]
    async fn gives_up() -> Answer {
        Err(TestError::Transient)
    }

    let attempts = Counter::new();
    let other = async {
        tokio::time::sleep(secs(1)).await;
        gives_up().await
    };
    let (one, another, _) = tokio::join!(stopped(&attempts), stopped_around_a_layer(&attempts), other);
    assert!(one.is_err() && another.is_err());
    assert_eq!(attempts.get(), 4);
}
