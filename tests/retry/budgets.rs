//! Retry budgets.

use std::sync::Mutex;
use std::time::Duration;

use resilience::{RetryBudget, fallback, retry, timeout};

use crate::common::{Answer, Counter, Recorder, TestError, secs};

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
async fn time_and_calls_refill_a_budget() {
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
    let [attempts, budget] = &recorder.named("retry.exhausted")[..] else { panic!("{:?}", recorder.names()) };
    assert_eq!((attempts.field("reason"), attempts.fields.get("budget")), ("attempts", None));
    assert_eq!((budget.field("reason"), budget.field("budget")), ("budget", "shared by name"));
}

/// Another call that gives up on the same thread meanwhile does not affect this one.
#[tokio::test(start_paused = true)]
async fn an_attempt_ended_by_a_timeout_is_retried_whatever_other_calls_have_given_up() {
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

#[sync_and_async::test]
async fn each_call_deposits_into_its_budget() {
    static HALF: RetryBudget = RetryBudget::new("deposits").capacity(10).ratio(0.5).min_per_second(0);

    #[retry(max = 99, backoff = "none", budget = HALF)]
    async fn call(calls: &Counter, up: bool) -> Answer {
        calls.up();
        if up { Ok(1) } else { Err(TestError::Transient) }
    }

    let _clock = Clock::start();
    HALF.reset();
    let calls = Counter::new();
    assert!(call(&calls, false).await.is_err());
    assert_eq!((calls.get(), HALF.snapshot().available), (11, 0), "a full budget, and nothing left");
    for _ in 0..6 {
        assert!(call(&calls, true).await.is_ok());
    }
    assert_eq!(HALF.snapshot().available, 3);
}

#[sync_and_async::test]
async fn a_retry_with_a_budget_remembers_the_delay_before() {
    #[retry(max = 3, backoff = |state| state.previous_delay + secs(1), budget = "remembers")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let seen = Mutex::new(Vec::new());
    #[retry(
        max = 3,
        base_delay = "1s",
        jitter = false,
        budget = "remembers",
        on_retry = |state| seen.lock().expect("no panic").push(state.previous_delay)
    )]
    async fn shows(script: &Script<'_>, seen: &Mutex<Vec<Duration>>) -> Answer {
        script.run().await
    }
    let script = Script::fails(9, &clock);
    assert!(call(&script).await.is_err());
    assert_eq!(script.gaps(), [1, 2, 3].map(secs));
    assert!(shows(&Script::fails(9, &clock), &seen).await.is_err());
    assert_eq!(*seen.lock().expect("no panic"), [0, 1, 2].map(secs));
}

#[test]
fn a_reset_budget_has_rejected_nothing() {
    static SMALL: RetryBudget = RetryBudget::new("reset").capacity(1).ratio(0.0).min_per_second(0);

    #[retry(max = 9, backoff = "none", budget = SMALL)]
    fn call() -> Answer {
        Err(TestError::Transient)
    }

    assert!(call().is_err());
    assert_eq!((SMALL.snapshot().rejected, SMALL.snapshot().available), (1, 0));
    SMALL.reset();
    assert_eq!((SMALL.snapshot().rejected, SMALL.snapshot().available), (0, 1));
}
