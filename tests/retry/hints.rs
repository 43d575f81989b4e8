//! Retry hints from the other side, such as `Retry-After`.

use std::time::Duration;

use resilience::{Policy, policy, retry, timeout};

use crate::common::{Answer, Classified, Counter, Elapsed, Script, TestError, awaiting, blocking, millis, secs};
use crate::seconds;

#[sync_and_async::test]
async fn a_hint_is_the_minimum_of_the_delay() {
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
async fn a_call_is_never_retried_before_its_hint_whatever_the_jitter() {
    #[retry(max = 200, backoff = "constant", base_delay = "8s", retry_after = |_| Some(secs(5)))]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(999, &clock);
    assert!(call(&script).await.is_err());
    assert!(script.gaps().iter().all(|gap| *gap >= secs(5) && *gap <= secs(13)), "the jitter is added above the hint");
}

/// Callers that were told the same time do not come back in the same millisecond.
#[sync_and_async::test]
async fn jitter_spreads_the_callers_above_a_common_hint() {
    macro_rules! spread {
        ($($jitter:ident = $value:expr)? => $from:literal to $to:literal) => {{
            #[retry(max = 1, backoff = "constant", base_delay = "8s", retry_after = |_| Some(secs(30)) $(, $jitter = $value)?)]
            async fn call(script: &Script<'_>) -> Answer {
                script.run().await
            }

            let clock = Clock::start();
            let mut gaps = Vec::new();
            for _ in 0..200 {
                let script = Script::fails(9, &clock);
                assert!(call(&script).await.is_err());
                gaps.extend(script.gaps());
            }
            let (least, most) = (gaps.iter().min().expect("200"), gaps.iter().max().expect("200"));
            assert!(*least >= secs(30) && *least <= secs(30) + secs($to - $from) / 4, "{least:?}");
            assert!(*most <= secs($to) && *most >= secs($to) - secs($to - $from) / 4, "{most:?}");
        }};
    }

    spread!(=> 30 to 38);
    spread!(jitter = "equal" => 30 to 34);
    spread!(jitter = 0.25 => 30 to 32);
    spread!(jitter = false => 30 to 30);
}

#[sync_and_async::test]
async fn jitter_above_a_hint_ends_where_the_limits_end() {
    #[retry(max = 1, backoff = "constant", base_delay = "8s", max_delay = "31s", retry_after = |_| Some(secs(30)))]
    async fn capped(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(max = 1, backoff = "constant", base_delay = "8s", max_elapsed = "32s", retry_after = |_| Some(secs(30)))]
    async fn in_time(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let (clock, mut at_the_end) = (Clock::start(), 0);
    for _ in 0..100 {
        let (one, other) = (Script::fails(9, &clock), Script::fails(9, &clock));
        assert!(capped(&one).await.is_err() && in_time(&other).await.is_err());
        assert!(one.gaps().iter().all(|gap| *gap >= secs(30) && *gap <= secs(31)), "{:?}", one.gaps());
        assert!(other.gaps().iter().all(|gap| *gap >= secs(30) && *gap < secs(32)), "{:?}", other.gaps());
        assert_eq!((one.calls(), other.calls()), (2, 2));
        at_the_end += usize::from(one.gaps() == [secs(31)]);
    }
    assert!(at_the_end < 20, "{at_the_end} of 100 came back together");
}

macro_rules! ends_before_the_deadline {
    ($clock:expr, $call:ident $(.$await:ident)?) => {{
        let clock = $clock;
        for _ in 0..100 {
            let script = Script::fails(9, &clock);
            assert_eq!($call(&script)$(.$await)?, Err(TestError::Transient));
            let gaps = script.gaps();
            assert!(gaps.len() == 1 && gaps[0] >= secs(30) && gaps[0] < secs(32), "{gaps:?}");
        }
    }};
}

#[tokio::test(start_paused = true)]
async fn jitter_above_a_hint_ends_before_the_deadline() {
    #[timeout(secs = 32)]
    #[retry(max = 1, backoff = "constant", base_delay = "8s", retry_after = |_| Some(secs(30)))]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }

    ends_before_the_deadline!(awaiting::Clock::start(), call.await);
}

#[test]
fn jitter_above_a_hint_ends_before_a_cooperative_deadline() {
    #[timeout(secs = 32, mode = "cooperative")]
    #[retry(max = 1, backoff = "constant", base_delay = "8s", retry_after = |_| Some(secs(30)))]
    fn call(script: &blocking::Script<'_>) -> Answer {
        script.run()
    }

    ends_before_the_deadline!(blocking::Clock::start(), call);
}

#[sync_and_async::test]
async fn decorrelated_delays_spread_above_a_hint_too() {
    #[retry(max = 3, backoff = "decorrelated", base_delay = "2s", retry_after = |_| Some(secs(30)))]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let mut gaps = Vec::new();
    for _ in 0..50 {
        let script = Script::fails(9, &clock);
        assert!(call(&script).await.is_err());
        gaps.extend(script.gaps());
    }
    assert!(gaps.iter().all(|gap| *gap >= secs(30) && *gap <= secs(60)), "{gaps:?}");
    assert!(gaps.iter().filter(|gap| **gap > secs(31)).count() > 50, "{gaps:?}");
}

#[sync_and_async::test]
async fn a_hint_beyond_the_cap_ends_the_retries_immediately() {
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
async fn a_hint_beyond_max_elapsed_ends_the_retries_immediately() {
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
async fn the_hint_of_a_classified_error_is_honoured_by_default() {
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
async fn the_hint_of_a_classified_error_is_honoured_with_when() {
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
async fn an_endless_hint_ends_the_retries() {
    #[retry(max = 3, retry_after = |_| Some(Duration::MAX))]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(9, &clock);
    assert!(call(&script).await.is_err());
    assert_eq!(script.calls(), 1);
}

type Throttled = Result<Option<u64>, TestError>;

#[allow(clippy::ref_option, reason = "the form of a predicate")]
fn is_throttled(value: &Option<u64>) -> bool {
    value.is_some()
}

/// The `Retry-After` of an `Ok(429)`.
fn hint_of_result(answer: &Throttled) -> Option<Duration> {
    match answer {
        Ok(wait) => wait.map(secs),
        Err(error) => error.retry_after(),
    }
}

#[sync_and_async::test]
async fn a_retry_after_of_the_whole_result_sees_values_and_errors() {
    struct Client;

    impl Client {
        fn hint(answer: &Throttled) -> Option<Duration> {
            hint_of_result(answer)
        }

        #[retry(max = 2, backoff = "none", when_ok = is_throttled, retry_after = Self::hint)]
        async fn ask(&self, script: &Script<'_>) -> Throttled {
            answer(script).await
        }
    }

    #[retry(max = 2, backoff = "none", when_ok = is_throttled, retry_after = hint_of_result)]
    async fn ask(script: &Script<'_>) -> Throttled {
        answer(script).await
    }

    #[retry(max = 2, backoff = "none", when_ok = is_throttled, retry_after = |answer: &Result<Option<u64>, TestError>| hint_of_result(answer))]
    async fn closure(script: &Script<'_>) -> Throttled {
        answer(script).await
    }

    #[retry(max = 2, backoff = "none", when_ok = is_throttled, retry_after = |answer: &Throttled| hint_of_result(answer))]
    async fn alias(script: &Script<'_>) -> Throttled {
        answer(script).await
    }

    async fn answer(script: &Script<'_>) -> Throttled {
        match script.run().await? {
            1 => Ok(Some(7)),
            2 => Err(TestError::RateLimited(secs(5))),
            _ => Ok(None),
        }
    }

    let clock = Clock::start();
    let script = || Script::fails(0, &clock);
    let (function, method, through_closure, through_alias) = (script(), script(), script(), script());
    assert_eq!(ask(&function).await, Ok(None));
    assert_eq!(Client.ask(&method).await, Ok(None));
    assert_eq!(closure(&through_closure).await, Ok(None));
    assert_eq!(alias(&through_alias).await, Ok(None));
    let starts = [function, method, through_closure, through_alias].map(|script| seconds(&script.starts()));
    assert_eq!(starts, [[0, 7, 12], [12, 19, 24], [24, 31, 36], [36, 43, 48]]);
}

/// A value that is throttled, an error that is, and an answer.
fn throttled_twice(call: u32) -> Throttled {
    match call {
        1 => Ok(Some(7)),
        2 => Err(TestError::RateLimited(secs(5))),
        _ => Ok(None),
    }
}

fn with_hints_of_results() -> Result<Policy<Option<u64>, TestError>, policy::InvalidPolicy> {
    let retry = policy::retry().max(2).no_delay().when_ok(is_throttled).retry_after_result(hint_of_result);
    Ok(Policy::new() >> retry.build()?)
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_of_the_whole_result_in_a_policy_sees_values_and_errors() -> Result<(), policy::InvalidPolicy> {
    let (ask, calls, clock) = (with_hints_of_results()?, Counter::new(), awaiting::Clock::start());
    assert_eq!(ask.call(|| async { throttled_twice(calls.up()) }).await, Ok(None));
    assert_eq!(clock.elapsed(), secs(12));
    Ok(())
}

#[test]
fn a_retry_after_of_the_whole_result_in_a_blocking_policy_sees_values_and_errors() -> Result<(), policy::InvalidPolicy>
{
    let (ask, calls, clock) = (with_hints_of_results()?, Counter::new(), blocking::Clock::start());
    assert_eq!(ask.call_blocking(|| throttled_twice(calls.up())), Ok(None));
    assert_eq!(clock.elapsed(), secs(12));
    Ok(())
}

#[sync_and_async::test]
async fn a_generic_retry_after_takes_the_error_and_one_with_a_coercion_too() {
    fn generic<E: std::error::Error>(error: &E) -> Option<Duration> {
        (error.to_string() == "busy").then_some(secs(3))
    }

    fn dynamic(error: &(dyn std::error::Error + 'static)) -> Option<Duration> {
        generic(&error.to_string().parse::<u8>().err()?).or(Some(secs(4)))
    }

    #[retry(max = 1, backoff = "none", retry_after = generic)]
    async fn first(script: &Script<'_>) -> Answer {
        script.run().await
    }

    #[retry(max = 1, backoff = "none", retry_after = dynamic)]
    async fn second(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let scripts = [Script::fails(1, &clock), Script::fails(1, &clock)];
    assert_eq!((first(&scripts[0]).await, second(&scripts[1]).await), (Ok(2), Ok(2)));
    assert_eq!(scripts.map(|script| seconds(&script.starts())), [[0, 3], [3, 7]]);
}
