//! Hooks and events.

use std::cell::RefCell;
use std::time::Duration;

use resilience::{RetryBudget, RetryState, circuit_breaker, retry};

use crate::common::{Answer, Classified, Elapsed, Recorder, TestError, secs};

#[sync_and_async::test]
async fn on_retry_sees_each_failed_attempt_before_the_delay() {
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
async fn on_retry_sees_no_error_when_a_value_is_retried() {
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
async fn each_retry_emits_an_event() {
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
        .filter(|event| event.name == "retry")
        .map(|event| {
            let [attempt, max, delay, category] =
                ["attempt", "max_attempts", "delay_ms", "category"].map(|name| event.field(name));
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

#[sync_and_async::test]
async fn the_end_of_the_retrying_is_an_event_with_its_reason() {
    static EMPTY: RetryBudget = RetryBudget::new("exhausted: budget").capacity(1).ratio(0.0).min_per_second(0);

    #[retry(max = 2, backoff = "none")]
    async fn attempts(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(max = 9, backoff = "linear", base_delay = "2s", jitter = false, max_elapsed = "5s")]
    async fn time(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(max = 2, max_delay = "10s", retry_after = |_| Some(secs(11)))]
    async fn hint(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(max = 9, backoff = "none", budget = EMPTY)]
    async fn budget(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(max = 2, backoff = "none")]
    #[circuit_breaker(failure_threshold = 1)]
    async fn rejected(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(max = 2, backoff = "none", when = |_| false)]
    async fn permanent(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(max = 2, backoff = "none", when_ok = |_| true)]
    async fn of_a_value(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[retry(max = 2, backoff = "none")]
    async fn passes_on(script: &Script<'_>) -> Answer {
        attempts(script).await
    }

    let (clock, recorder) = (Clock::start(), Recorder::start());
    let down = Script::fails(99, &clock);
    EMPTY.reset();
    let failed = [
        attempts(&down).await,
        time(&down).await,
        hint(&down).await,
        budget(&down).await,
        rejected(&down).await,
        permanent(&down).await,
        passes_on(&down).await,
    ];
    assert!(failed.iter().all(Result::is_err));
    assert!(of_a_value(&Script::fails(0, &clock)).await.is_ok());
    let seen: Vec<_> = recorder
        .named("retry.exhausted")
        .iter()
        .map(|event| {
            let function = event.field("function").rsplit("::").next().unwrap_or_default().to_owned();
            let budget = event.fields.get("budget").cloned().unwrap_or_default();
            format!("{} {function} {} {} {budget}", event.level, event.field("attempts"), event.field("reason"))
        })
        .collect();
    assert_eq!(
        seen,
        [
            "WARN attempts 3 attempts ",
            "WARN time 2 time ",
            "WARN hint 1 hint ",
            "WARN budget 2 budget exhausted: budget",
            "WARN rejected 1 rejected ",
            "DEBUG permanent 1 permanent ",
            "WARN attempts 3 attempts ",
            "WARN of_a_value 3 attempts ",
        ]
    );
}
