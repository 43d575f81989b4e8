//! Hooks and events.

use std::cell::RefCell;
use std::time::Duration;

use resilience::{RetryState, retry};

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
