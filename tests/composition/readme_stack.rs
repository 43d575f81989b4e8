//! The stack of the README, under every kind of failure.

use std::future::pending;

use futures_util::future::join_all;
use resilience::{
    BreakerState, CircuitBreaker, Error, cached, circuit_breaker, fallback, rate_limit, remaining, retry, timeout,
};
use tokio::time::sleep;

use crate::common::{Elapsed, Recorder, Script, TestError, awaiting, secs};
use crate::timed_out;

/// Two language models; the large one is asked first.
struct Models<'a> {
    large: awaiting::Script<'a>,
    small: awaiting::Script<'a>,
}

type Text = Result<String, TestError>;

fn normalize(query: &str) -> String {
    query.trim().to_lowercase()
}

async fn ask_small_model(models: &Models<'_>, query: &str) -> Text {
    models.small.run().await.map(|_| format!("small: {query}"))
}

#[expect(clippy::unnecessary_wraps, reason = "a fallback returns what its function returns")]
fn canned_answer(_: &Models<'_>, _: &str) -> Text {
    Ok("canned".to_owned())
}

/// The stack of the README, without jitter.
macro_rules! readme_stack {
    ($breaker:ident) => {
        static $breaker: CircuitBreaker = CircuitBreaker::new("llm");

        #[cached(ttl = 3600, max_size = 10_000, key = normalize(query))]
        #[timeout(secs = 120)]
        #[fallback(ask_small_model, canned_answer)]
        #[retry(max = 3, backoff = "exponential", jitter = false)]
        #[circuit_breaker(shared = $breaker)]
        #[timeout(secs = 30)]
        async fn ask(models: &Models<'_>, query: &str) -> Text {
            match models.large.run().await {
                // The large model does not answer at all.
                Err(TestError::Permanent) => pending().await,
                answer => answer.map(|call| format!("large: {query} ({call})")),
            }
        }
    };
}

#[tokio::test(start_paused = true)]
async fn a_third_attempt_answers_after_two_failures_and_is_cached() {
    readme_stack!(LLM);

    let clock = awaiting::Clock::start();
    let models = Models { large: Script::fails(2, &clock), small: Script::fails(0, &clock) };
    assert_eq!(ask(&models, " Why? ").await, Ok("large:  Why?  (3)".to_owned()));
    assert_eq!(models.large.starts(), [secs(0), secs(1), secs(3)]);
    assert_eq!(ask(&models, "why?").await, Ok("large:  Why?  (3)".to_owned()));
    assert_eq!((models.large.calls(), models.small.calls(), clock.elapsed()), (3, 0, secs(3)));
    sleep(secs(3600)).await;
    assert_eq!(ask(&models, "why?").await, Ok("large: why? (4)".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_outage_opens_the_breaker_and_later_calls_fall_back_without_delay() {
    readme_stack!(LLM);

    let clock = awaiting::Clock::start();
    let models = Models { large: Script::fails(99, &clock), small: Script::fails(0, &clock) };
    assert_eq!(ask(&models, "a").await, Ok("small: a".to_owned()));
    assert_eq!(models.large.starts(), [0, 1, 3, 7].map(secs));
    assert_eq!(ask(&models, "b").await, Ok("small: b".to_owned()));
    assert_eq!((models.large.calls(), LLM.state()), (5, BreakerState::Open), "the fifth failure in a row");
    assert_eq!(clock.elapsed(), secs(7), "no pause after it");
    for query in ["c", "d", "e"] {
        assert_eq!(ask(&models, query).await, Ok(format!("small: {query}")));
    }
    assert_eq!((models.large.calls(), models.small.calls(), clock.elapsed()), (5, 5, secs(7)));
}

#[tokio::test(start_paused = true)]
async fn the_canned_answer_is_returned_when_the_small_model_fails_too() {
    readme_stack!(LLM);

    let clock = awaiting::Clock::start();
    let models = Models { large: Script::fails(99, &clock), small: Script::fails(99, &clock) };
    let recorder = Recorder::start();
    assert_eq!(ask(&models, "a").await, Ok("canned".to_owned()));
    assert_eq!((models.large.calls(), models.small.calls(), clock.elapsed()), (4, 1, secs(7)));
    assert_eq!(
        recorder.names(),
        ["cache.miss", "retry", "retry", "retry", "retry.exhausted", "fallback", "fallback", "cache.skipped"]
    );
}

#[tokio::test(start_paused = true)]
async fn no_fallback_value_is_cached_and_the_large_model_is_asked_again_after_the_outage() {
    readme_stack!(LLM);

    let clock = awaiting::Clock::start();
    let models = Models { large: Script::fails(5, &clock), small: Script::of("SF", &clock) };
    for expected in ["small: a", "canned"] {
        assert_eq!(ask(&models, "a").await, Ok(expected.to_owned()));
    }
    assert_eq!(LLM.state(), BreakerState::Open);
    sleep(secs(60)).await;
    assert_eq!(ask(&models, "a").await, Ok("large: a (6)".to_owned()));
    assert_eq!(LLM.state(), BreakerState::HalfOpen);
    assert_eq!(ask(&models, "b").await, Ok("large: b (7)".to_owned()));
    assert_eq!(LLM.state(), BreakerState::Closed);
    assert_eq!(ask(&models, "a").await, Ok("large: a (6)".to_owned()), "kept");
    assert_eq!(models.large.calls(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_model_that_hangs_is_abandoned_after_thirty_seconds_per_attempt_and_two_minutes_in_all() {
    readme_stack!(LLM);

    let clock = awaiting::Clock::start();
    let models = Models { large: Script::always(TestError::Permanent, &clock), small: Script::fails(0, &clock) };
    assert_eq!(ask(&models, "a").await, Err(timed_out(secs(120))));
    assert_eq!(models.large.starts(), [0, 31, 63, 97].map(secs));
    assert_eq!(clock.elapsed(), secs(120));
    assert_eq!((LLM.snapshot().probes, remaining()), (0, None));
}

#[tokio::test(start_paused = true)]
async fn many_concurrent_equal_questions_cost_as_much_as_one() {
    readme_stack!(LLM);

    let clock = awaiting::Clock::start();
    let models = Models { large: Script::fails(2, &clock), small: Script::fails(0, &clock) };
    let answers = join_all((0..1000).map(|_| ask(&models, "why?"))).await;
    assert_eq!(answers, vec![Ok("large: why? (3)".to_owned()); 1000]);
    assert_eq!((models.large.calls(), clock.elapsed()), (3, secs(3)));
}

/// Every history of four attempts, each of which succeeds, fails or hangs, against a model of the contract.
#[tokio::test(start_paused = true)]
async fn no_failure_exceeds_the_documented_worst_case() {
    readme_stack!(LLM);

    for history in 0..81_u32 {
        let clock = awaiting::Clock::start();
        let outcome = |attempt: u32| history / 3_u32.pow(attempt - 1) % 3;
        let large = Script::new(&clock, move |call| match outcome(call) {
            0 => Ok(call),
            1 => Err(TestError::Transient),
            _ => Err(TestError::Permanent),
        });
        let models = Models { large, small: Script::fails(0, &clock) };
        let (mut time, mut calls, mut succeeds) = (0, 0, false);
        for pause in [1, 2, 4, 0] {
            calls += 1;
            succeeds = outcome(calls) == 0;
            time = if outcome(calls) == 2 { 120.min(time + 30) } else { time };
            if succeeds || calls == 4 {
                break;
            }
            time += pause;
        }
        LLM.reset();
        let query = format!("question {history}");
        let expected = match (succeeds, time) {
            (true, _) => Ok(format!("large: {query} ({calls})")),
            (false, 120) => Err(timed_out(secs(120))),
            (false, _) => Ok(format!("small: {query}")),
        };
        assert_eq!(ask(&models, &query).await, expected, "{history}");
        assert_eq!((models.large.calls(), clock.elapsed()), (calls as usize, secs(time)), "{history}");
        assert!(calls <= 4 && time <= 120);
    }
}

#[tokio::test(start_paused = true)]
async fn no_event_of_the_whole_stack_contains_an_argument_or_an_error() {
    #[derive(Debug, Clone, thiserror::Error)]
    #[error("hunter2 in an error")]
    struct Leaky;

    impl From<Error> for Leaky {
        fn from(_: Error) -> Self {
            Self
        }
    }
    fn small(password: &str, _: u32) -> Result<String, Leaky> {
        if password.is_empty() { Ok(String::new()) } else { Err(Leaky) }
    }
    #[cached(key = password)]
    #[timeout(secs = 10)]
    #[fallback(small, |_| Err(Leaky), value = "hunter2".to_owned())]
    #[rate_limit(max = 3, per = "1m")]
    #[retry(max = 3, backoff = "none")]
    #[circuit_breaker(failure_threshold = 2, recovery_ms = 1)]
    #[timeout(secs = 1)]
    async fn call(password: &str, number: u32) -> Result<String, Leaky> {
        sleep(secs(number.into())).await;
        Err(Leaky)
    }

    let recorder = Recorder::start();
    for number in [0, 2, 0, 20, 9] {
        sleep(secs(1)).await;
        assert!(call("hunter2", number * 7919).await.is_ok());
    }
    let mut names = recorder.names();
    names.sort_unstable();
    names.dedup();
    assert_eq!(
        names,
        [
            "breaker.half_open",
            "breaker.open",
            "cache.miss",
            "cache.skipped",
            "fallback",
            "rate_limit",
            "retry",
            "retry.exhausted",
            "timeout"
        ]
    );
    let all = format!("{:?}", recorder.events());
    assert!(!all.contains("hunter2") && !all.contains("7919") && !all.contains("15838"), "{all}");
}
