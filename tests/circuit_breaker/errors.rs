//! Which errors count as failures.

use resilience::{Category, Classify, Error, Policy, Severity, circuit_breaker, policy};

use crate::common::{Answer, Classified, TestError};

/// BUG-A12.
#[sync_and_async::test]
async fn when_selects_the_failures_and_other_errors_count_as_success() {
    #[circuit_breaker(failure_threshold = 2, when = TestError::is_transient)]
    async fn path(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[circuit_breaker(failure_threshold = 2, when = |error| !error.is_transient())]
    async fn closure(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::new(&clock, |call| match call {
        1 | 3 | 5 | 6 => Err(TestError::Transient),
        _ => Err(TestError::Permanent),
    });
    assert_eq!(letters!(7, path(&script).await), "FFFFFFO", "two in a row");
    assert_eq!(letters!(3, closure(&script).await), "FFO");
}

#[sync_and_async::test]
async fn an_ignored_error_is_not_counted() {
    #[circuit_breaker(failure_threshold = 3, ignore = TestError::is_permanent)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::new(&clock, |call| match call {
        1 | 3 | 5 => Err(TestError::Transient),
        _ => Err(TestError::Permanent),
    });
    assert_eq!(letters!(6, call(&script).await), "FFFFFO", "neither a failure nor a success in between");
}

#[sync_and_async::test]
async fn ignore_takes_precedence_over_when() {
    #[circuit_breaker(failure_threshold = 1, when = |_| true, ignore = TestError::is_permanent)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::always(TestError::Permanent, &clock);
    assert_eq!(letters!(9, call(&script).await), "FFFFFFFFF");
    let script = Script::always(TestError::Transient, &clock);
    assert_eq!(letters!(2, call(&script).await), "FO");
}

#[sync_and_async::test]
async fn a_permanent_error_does_not_open_it() {
    #[circuit_breaker(failure_threshold = 2)]
    async fn call(script: &Script<'_>) -> Result<u32, Classified> {
        Ok(script.run().await?)
    }

    let clock = Clock::start();
    let script = Script::new(&clock, |call| match call {
        10 | 12 | 13 => Err(TestError::Transient),
        _ => Err(TestError::Permanent),
    });
    for call_number in 1..=13 {
        assert!(!call(&script).await.is_err_and(|error| error.0.is_open()), "call {call_number}");
    }
    assert!(call(&script).await.is_err_and(|error| error.0.is_open()), "two that count, in a row");
}

#[sync_and_async::test]
async fn when_overrides_the_classification() {
    #[circuit_breaker(failure_threshold = 1, when = |error| error.0.is_permanent())]
    async fn call(script: &Script<'_>) -> Result<u32, Classified> {
        Ok(script.run().await?)
    }

    let clock = Clock::start();
    let script = Script::new(&clock, |call| Err(if call < 9 { TestError::Transient } else { TestError::Permanent }));
    for _ in 1..=9 {
        assert!(!call(&script).await.is_err_and(|error| error.0.is_open()));
    }
    assert!(call(&script).await.is_err_and(|error| error.0.is_open()));
}

#[sync_and_async::test]
async fn a_critical_error_is_a_failure_even_if_it_is_permanent() {
    #[derive(Debug)]
    struct Burning(bool);

    impl From<Error> for Burning {
        fn from(_: Error) -> Self {
            Self(false)
        }
    }
    impl Classify for Burning {
        fn category(&self) -> Category {
            Category::Permanent
        }
        fn severity(&self) -> Severity {
            Severity::Critical
        }
    }
    #[circuit_breaker(failure_threshold = 2)]
    async fn call() -> Result<u32, Burning> {
        pause().await;
        Err(Burning(true))
    }

    let _clock = Clock::start();
    let ran = [call().await, call().await, call().await].map(|answer| answer.is_err_and(|error| error.0));
    assert_eq!(ran, [true, true, false]);

    let layer = policy::circuit_breaker("expired key").failure_threshold(2).classified().build();
    let guarded: Policy<u32, Burning> = Policy::new() >> layer.expect("valid");
    let called = [(); 3].map(|()| guarded.call_blocking(|| Err(Burning(true))).is_err_and(|error| error.0));
    assert!(!called[2], "the policy agrees");
}
