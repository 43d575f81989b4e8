//! Retries within retries.

use resilience::retry;

use crate::common::{Answer, Counter, TestError, millis};

/// BUG-C8
#[sync_and_async::test]
async fn an_error_after_exhausted_inner_retries_is_not_retried_again() {
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
async fn three_nested_retries_make_only_the_attempts_of_the_innermost() {
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
async fn nested_retries_multiply_when_the_outer_one_opts_in() {
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
async fn two_retries_on_one_function_multiply_when_the_outer_one_opts_in() {
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
async fn an_error_that_an_inner_when_rejects_is_retried_by_the_outer_retry() {
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
async fn a_failure_after_a_handled_one_is_retried() {
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
async fn an_attempt_does_not_inherit_the_state_of_the_one_before() {
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

/// Of two calls polled in turn on one thread, one that gives up does not affect the other.
#[tokio::test(start_paused = true)]
async fn a_concurrent_call_that_gives_up_changes_nothing() {
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

/// A call that has given up is not reset by another call that succeeds.
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
