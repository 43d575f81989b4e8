//! Fallbacks with other attributes, and under limits.

use std::time::Duration;

use resilience::{Error, circuit_breaker, fallback, remaining, retry, timeout};

use crate::common::{Answer, Elapsed, Script, TestError, awaiting, blocking, secs};

/// MP-F01, MP-F02, MP-F08.
#[sync_and_async::test]
async fn a_fallback_above_a_retry_answers_when_the_retries_are_exhausted() {
    async fn second(_: &Script<'_>, name: &str) -> Answer {
        Ok(name.len().try_into().unwrap_or_default())
    }
    macro_rules! executions {
        ($($max:literal)*) => {
            [$({
                #[fallback(second)]
                #[retry(max = $max, backoff = "none")]
                async fn call(script: &Script<'_>, name: &str) -> Answer {
                    script.run().await
                }
                let clock = Clock::start();
                let script = Script::fails(9, &clock);
                assert_eq!(call(&script, "four").await, Ok(4));
                script.calls()
            }),*]
        };
    }
    assert_eq!(executions!(1 2), [2, 3]);
}

#[sync_and_async::test]
async fn a_fallback_with_its_own_attributes_uses_them() {
    #[retry(max = 2, backoff = "constant", jitter = false)]
    async fn second(_: &Script<'_>, small: &Script<'_>) -> Answer {
        small.run().await
    }
    #[fallback(second, value = 99)]
    #[retry(max = 1, backoff = "none")]
    async fn call(large: &Script<'_>, small: &Script<'_>) -> Answer {
        large.run().await
    }

    let clock = Clock::start();
    let (large, small) = (Script::fails(9, &clock), Script::fails(2, &clock));
    assert_eq!(call(&large, &small).await, Ok(3));
    assert_eq!((large.calls(), small.calls(), clock.elapsed()), (2, 3, secs(2)));
    let small = Script::fails(9, &clock);
    assert_eq!(call(&large, &small).await, Ok(99));
    assert_eq!(small.calls(), 3);
}

#[sync_and_async::test]
async fn a_fallback_below_a_retry_passes_errors_that_when_does_not_select() {
    #[retry(max = 3, backoff = "none")]
    #[fallback(value = 99, when = TestError::is_permanent)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!((call(&script).await, script.calls()), (Err(TestError::Transient), 4));
    let script = Script::always(TestError::Permanent, &clock);
    assert_eq!((call(&script).await, script.calls()), (Ok(99), 1));
}

#[sync_and_async::test]
async fn a_rejection_is_answered_by_a_fallback() {
    #[fallback(|error| if error.is_open() { Ok(99) } else { Err(error) })]
    #[circuit_breaker(failure_threshold = 1)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(9, &clock);
    assert_eq!([call(&script).await, call(&script).await], [Err(TestError::Transient), Ok(99)]);
    assert_eq!(script.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_asynchronous_function_may_fall_back_to_a_synchronous_one() {
    fn canned(_: &awaiting::Script<'_>) -> Answer {
        Err(TestError::Permanent)
    }
    async fn later(script: &awaiting::Script<'_>) -> Answer {
        tokio::time::sleep(secs(1)).await;
        script.run().await
    }
    fn boxed<'a>(script: &'a awaiting::Script<'_>) -> std::pin::Pin<Box<dyn Future<Output = Answer> + 'a>> {
        Box::pin(later(script))
    }
    #[fallback(canned, later, boxed, |_| async { script.run().await }, |_| Err(TestError::Permanent), value = 99)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }

    let clock = awaiting::Clock::start();
    for (failures, expected) in [(0, 1), (1, 2), (2, 3), (3, 4), (4, 99)] {
        assert_eq!(call(&Script::fails(failures, &clock)).await, Ok(expected));
    }
}

#[tokio::test(start_paused = true)]
async fn a_fallback_is_limited_by_the_outer_timeout_and_not_by_the_inner_one() {
    async fn slow(_: &awaiting::Script<'_>) -> Answer {
        assert_eq!(remaining(), Some(secs(9)));
        tokio::time::sleep(secs(5)).await;
        assert_eq!(remaining(), Some(secs(4)));
        tokio::time::sleep(secs(5)).await;
        Ok(7)
    }
    #[timeout(secs = 10)]
    #[fallback(slow)]
    #[timeout(secs = 1)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        script.run().await?;
        std::future::pending().await
    }

    let clock = awaiting::Clock::start();
    let answer = call(&Script::fails(0, &clock)).await;
    assert_eq!(answer, Err(Error::Timeout { limit: secs(10), elapsed: secs(10) }.into()));
    assert_eq!(clock.elapsed(), secs(10));
}

#[test]
fn a_synchronous_fallback_sees_the_outer_deadline() {
    fn slow(clock: &blocking::Clock) -> Option<Duration> {
        clock.sleep(secs(3));
        remaining()
    }
    #[timeout(secs = 10, mode = "cooperative")]
    #[fallback(slow)]
    fn call(clock: &blocking::Clock) -> Option<Duration> {
        clock.sleep(secs(1));
        None
    }

    assert_eq!(call(&blocking::Clock::start()), Some(secs(6)));
}
