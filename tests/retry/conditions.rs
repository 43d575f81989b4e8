//! Which outcomes are retried.

use resilience::{Category, Classify, Severity, retry};

use crate::common::{Answer, Classified, Counter, TestError, secs};

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
async fn io_errors_are_classified() {
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

/// MP-R10, MP-R11.
#[sync_and_async::test]
async fn when_selects_which_errors_are_retried() {
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
async fn an_error_that_when_rejects_ends_the_retries_at_any_attempt() {
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
async fn when_overrides_the_classification() {
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
async fn when_ok_returns_the_last_value_when_the_attempts_are_exhausted() {
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
