//! Retries.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use resilience::{RetryBudget, RetryState, checkpoint, retry, timeout};

use crate::common::{Answer, Counter, Elapsed, Script, TestError, awaiting, blocking, millis, secs};

type Boxed = Pin<Box<dyn Future<Output = Answer> + Send>>;

const FAILED: Answer = Err(TestError::Transient);

/// MP-R01.
#[sync_and_async::test]
async fn max_is_the_number_of_retries() {
    #[retry(max = 5, backoff = "none")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!(call(&script).await, FAILED);
    assert_eq!(script.calls(), 6);
}

/// MP-R02, MP-R03.
#[sync_and_async::test]
async fn max_elapsed_ends_the_retries() {
    #[retry(max = 90, max_elapsed = "1000ms", backoff = "none")]
    async fn text(clock: &Clock, script: &Script<'_>) -> Answer {
        clock.sleep(millis(100)).await;
        script.run().await
    }
    #[retry(max = 90, max_elapsed_secs = 1, backoff = "constant", base_delay_ms = 200)]
    async fn number_with_jitter(clock: &Clock, script: &Script<'_>) -> Answer {
        clock.sleep(millis(100)).await;
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!(text(&clock, &script).await, FAILED);
    assert_eq!((script.calls(), clock.elapsed()), (10, secs(1)));
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!(number_with_jitter(&clock, &script).await, FAILED);
    assert!((4..11).contains(&script.calls()), "{}", script.calls());
    assert!(clock.elapsed() <= millis(2100));
}

/// MP-R04: The jitter is 400 ms around 400 ms.
#[sync_and_async::test]
async fn a_delay_with_jitter_stays_within_its_bound() {
    #[retry(max = 10, backoff = "constant", base_delay = "800ms", max_elapsed = "3200ms")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!(call(&script).await, FAILED);
    assert!(script.calls() > 4, "{}", script.calls());
    assert!(script.gaps().iter().all(|gap| *gap <= millis(800)), "{:?}", script.gaps());
}

/// MP-R05.
#[sync_and_async::test]
async fn jitter_applies_to_a_zero_delay() {
    #[retry(max = 99, backoff = "constant", base_delay = "400ms", max_elapsed = "3200ms")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!(call(&script).await, FAILED);
    assert!((9..100).contains(&script.calls()), "{}", script.calls());
    assert!(script.gaps().iter().any(|gap| *gap > millis(5)));
    assert!(script.gaps().iter().all(|gap| *gap <= millis(400)));
}

/// MP-R10, MP-R11.
#[sync_and_async::test]
async fn only_listed_errors_are_retried() {
    #[retry(backoff = "none", when = TestError::is_transient)]
    async fn listed(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(backoff = "none", when = TestError::is_permanent)]
    async fn not_listed(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!((listed(&script).await, script.calls()), (FAILED, 4));
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!((not_listed(&script).await, script.calls()), (FAILED, 1));
}

/// MP-R14, MP-R15.
#[sync_and_async::test]
async fn excluded_errors_are_not_retried() {
    #[retry(backoff = "none", when = |error| !error.is_permanent())]
    async fn another(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(backoff = "none", when = |error| !error.is_transient())]
    async fn this(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!((another(&script).await, script.calls()), (FAILED, 4));
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!((this(&script).await, script.calls()), (FAILED, 1));
}

/// MP-R20, MP-R23.
#[sync_and_async::test]
async fn a_failed_future_is_retried_until_one_succeeds() {
    #[retry(max = 2, backoff = "none")]
    async fn always(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(max = 3, backoff = "none")]
    async fn twice(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!((always(&script).await, script.calls()), (FAILED, 3));
    let script = Script::fails(2, &clock);
    assert_eq!((twice(&script).await, script.calls()), (Ok(3), 3));
}

/// MP-R24, MP-R25.
#[sync_and_async::test]
async fn a_chain_of_two_is_one_attempt() {
    #[retry(max = 3, backoff = "none")]
    async fn twice(executions: &Counter, script: &Script<'_>) -> Answer {
        executions.up();
        pause().await;
        let first = script.run().await?;
        pause().await;
        Ok(first)
    }
    #[retry(max = 2, backoff = "none")]
    async fn always(executions: &Counter, script: &Script<'_>) -> Answer {
        executions.up();
        pause().await;
        let first = script.run().await?;
        Ok(first + script.run().await?)
    }
    let clock = Clock::start();
    let (executions, script) = (Counter::new(), Script::fails(2, &clock));
    assert_eq!((twice(&executions, &script).await, executions.get()), (Ok(3), 3));
    let (executions, script) = (Counter::new(), Script::of("SF SF SF", &clock));
    assert_eq!((always(&executions, &script).await, executions.get()), (FAILED, 3));
}

/// SYS-E11, SYS-E12.
#[sync_and_async::test]
async fn exponential_and_fibonacci_delays_grow_up_to_the_cap() {
    #[retry(max = 8, base_delay_secs = 1, factor = 2, max_delay_secs = 60, jitter = false)]
    async fn exponential(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(max = 10, backoff = "fibonacci", base_delay_secs = 1, max_delay_secs = 60, jitter = false)]
    async fn fibonacci(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!(exponential(&script).await, FAILED);
    assert_eq!(script.gaps(), [1, 2, 4, 8, 16, 32, 60, 60].map(secs));
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!(fibonacci(&script).await, FAILED);
    assert_eq!(script.gaps(), [1, 2, 3, 5, 8, 13, 21, 34, 55, 60].map(secs));
}

/// SYS-E10.
#[sync_and_async::test]
async fn full_jitter_stays_below_the_bound_and_averages_half_of_it() {
    #[retry(max = 6, base_delay = "1s", max_delay = "20s", jitter = "full")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let mut sums = [Duration::ZERO; 6];
    for _ in 0..1000 {
        let script = Script::always(TestError::Transient, &clock);
        assert_eq!(call(&script).await, FAILED);
        assert_eq!(script.gaps().len(), 6);
        for (index, gap) in script.gaps().into_iter().enumerate() {
            assert!(gap <= secs([1, 2, 4, 8, 16, 20][index]), "{index}: {gap:?}");
            sums[index] += gap;
        }
    }
    for (sum, bound) in sums.into_iter().zip([1_u32, 2, 4, 8, 16, 20]) {
        let mean = (sum / 1000).as_secs_f64() / f64::from(bound);
        assert!((0.44..0.56).contains(&mean), "{mean} of {bound} s");
    }
}

/// SYS-E14.
#[sync_and_async::test]
async fn a_hint_beyond_the_cap_is_not_awaited() {
    #[retry(max = 5, base_delay_secs = 1, max_delay_secs = 10, jitter = false, retry_after = TestError::retry_after)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::always(TestError::RateLimited(secs(3600)), &clock);
    assert_eq!(call(&script).await, Err(TestError::RateLimited(secs(3600))));
    assert_eq!((script.calls(), clock.elapsed()), (1, Duration::ZERO), "it gives up");
}

/// SYS-E16.
#[sync_and_async::test]
async fn retries_of_retries_do_not_multiply() {
    #[retry(max = 3, backoff = "none")]
    async fn inner(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(max = 3, backoff = "none")]
    async fn guarded(script: &Script<'_>) -> Answer {
        inner(script).await
    }
    #[retry(max = 3, backoff = "none", nested = true)]
    async fn unguarded(script: &Script<'_>) -> Answer {
        inner(script).await
    }
    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!((guarded(&script).await, script.calls()), (FAILED, 4));
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!((unguarded(&script).await, script.calls()), (FAILED, 16));
}

/// SYS-E03: A capacity of 500 at a cost of 5 is a budget of 100 retries.
#[sync_and_async::test]
async fn a_budget_of_a_hundred_retries_allows_a_hundred() {
    static BUDGET: RetryBudget = RetryBudget::new("e03").ratio(0.0).min_per_second(0).capacity(100);

    #[retry(max = 70, backoff = "none", budget = BUDGET)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!((call(&script).await, script.calls()), (FAILED, 71));
    assert_eq!((call(&script).await, script.calls()), (FAILED, 71 + 31));
    assert_eq!((call(&script).await, script.calls()), (FAILED, 71 + 31 + 1), "a first attempt is never rejected");
}

/// SYS-E43.
#[sync_and_async::test]
async fn the_delay_follows_the_class_of_the_last_error() {
    fn by_class(state: &RetryState<'_, TestError>) -> Duration {
        if state.error == Some(&TestError::Permanent) { secs(10) } else { millis(100) }
    }
    #[retry(max = 3, backoff = by_class)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    let script = Script::new(&clock, |call| Err(if call == 2 { TestError::Permanent } else { TestError::Transient }));
    assert_eq!(call(&script).await, FAILED);
    assert_eq!(script.gaps(), [millis(100), secs(10), millis(100)]);
}

/// MP-R21, MP-R22.
#[tokio::test(start_paused = true)]
async fn a_returned_future_of_a_plain_function_is_a_value() {
    #[retry(max = 2, backoff = "none")]
    fn value(executions: &Counter) -> Result<Boxed, TestError> {
        executions.up();
        Ok(Box::pin(async { FAILED }))
    }
    #[retry(max = 2, backoff = "none")]
    fn failure(executions: &Counter) -> Result<Boxed, TestError> {
        executions.up();
        Err(TestError::Transient)
    }
    let executions = Counter::new();
    assert_eq!(value(&executions).expect("a future").await, FAILED);
    assert_eq!(executions.get(), 1);
    let executions = Counter::new();
    assert!(failure(&executions).is_err());
    assert_eq!(executions.get(), 3);
}

/// MP-R26, MP-R27.
#[tokio::test(start_paused = true)]
async fn two_parallel_calls_are_one_attempt() {
    type Scripts<'a> = (awaiting::Script<'a>, awaiting::Script<'a>);

    async fn join(scripts: &Scripts<'_>) -> Result<(u32, u32), TestError> {
        let (first, second) = tokio::join!(scripts.0.run(), scripts.1.run());
        Ok((first?, second?))
    }
    #[retry(max = 3, backoff = "none")]
    async fn twice(scripts: &Scripts<'_>) -> Result<(u32, u32), TestError> {
        join(scripts).await
    }
    #[retry(max = 2, backoff = "none")]
    async fn always(scripts: &Scripts<'_>) -> Result<(u32, u32), TestError> {
        join(scripts).await
    }
    let clock = awaiting::Clock::start();
    let scripts = (Script::of("FSS", &clock), Script::of("SFS", &clock));
    assert_eq!(twice(&scripts).await, Ok((3, 3)));
    assert_eq!((scripts.0.calls(), scripts.1.calls()), (3, 3));
    let scripts = (Script::of("FSF", &clock), Script::always(TestError::Transient, &clock));
    assert_eq!(always(&scripts).await, Err(TestError::Transient));
    assert_eq!((scripts.0.calls(), scripts.1.calls()), (3, 3));
}

/// An attribute on a trait function, and implementations that inherit or override it.
mod visibility {
    use super::*;

    trait Base {
        fn executions(&self) -> &Counter;

        #[retry(backoff = "none")]
        fn call(&self) -> Answer {
            self.executions().up();
            FAILED
        }

        #[retry(backoff = "none")]
        async fn later(&self) -> Answer {
            self.executions().up();
            awaiting::pause().await;
            FAILED
        }
    }

    macro_rules! derived {
        ($name:ident { $($functions:tt)* }) => {
            #[derive(Default)]
            struct $name(Counter);

            impl Base for $name {
                fn executions(&self) -> &Counter {
                    &self.0
                }

                $($functions)*
            }
        };
    }

    derived!(Inherited {});
    derived!(WithoutAttribute {
        fn call(&self) -> Answer {
            self.0.up();
            FAILED
        }

        async fn later(&self) -> Answer {
            self.0.up();
            awaiting::pause().await;
            FAILED
        }
    });
    derived!(WithAnother {
        #[retry(max = 4, backoff = "none")]
        fn call(&self) -> Answer {
            self.0.up();
            FAILED
        }

        #[retry(max = 4, backoff = "none")]
        async fn later(&self) -> Answer {
            self.0.up();
            awaiting::pause().await;
            FAILED
        }
    });

    /// Retries, synchronous and asynchronous.
    async fn retries<T: Base + Default>() -> (u32, u32) {
        let (now, later) = (T::default(), T::default());
        assert_eq!((now.call(), later.later().await), (FAILED, FAILED));
        (now.executions().get() - 1, later.executions().get() - 1)
    }

    /// MP-V07, MP-V12.
    #[tokio::test]
    async fn an_inherited_function_keeps_its_attribute() {
        assert_eq!(retries::<Inherited>().await, (3, 3));
    }

    /// MP-V08.
    #[tokio::test]
    async fn an_overriding_function_without_an_attribute_is_not_retried() {
        assert_eq!(retries::<WithoutAttribute>().await, (0, 0));
    }

    /// MP-V11.
    #[tokio::test]
    async fn an_overriding_function_uses_its_own_attribute() {
        assert_eq!(retries::<WithAnother>().await, (4, 4));
    }
}

/// MP-RT1, MP-RT2.
#[tokio::test(start_paused = true)]
async fn each_attempt_has_its_timeout() {
    #[retry(max = 1, backoff = "none")]
    #[timeout(ms = 500)]
    async fn call(script: &awaiting::Script<'_>, time: Duration) -> Answer {
        let answer = script.run().await;
        tokio::time::sleep(time).await;
        answer
    }
    let clock = awaiting::Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!(letters!(1, call(&script, millis(1000)).await), "T");
    assert_eq!((script.calls(), clock.elapsed()), (2, millis(1000)));
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!(letters!(1, call(&script, millis(10)).await), "F");
    assert_eq!((script.calls(), clock.elapsed()), (2, millis(1020)));
}

/// MP-RT1, MP-RT2.
#[test]
fn each_synchronous_attempt_has_its_timeout() {
    #[retry(max = 1, backoff = "none")]
    #[timeout(ms = 500, mode = "cooperative")]
    fn call(clock: &blocking::Clock, script: &blocking::Script<'_>, time: Duration) -> Answer {
        let answer = script.run();
        clock.sleep(time);
        checkpoint()?;
        answer
    }
    let clock = blocking::Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!(letters!(1, call(&clock, &script, millis(1000))), "T");
    assert_eq!(script.calls(), 2);
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!(letters!(1, call(&clock, &script, millis(10))), "F");
    assert_eq!(script.calls(), 2);
}
