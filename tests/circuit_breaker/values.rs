//! Values that are failures: a client that returns `Ok` with the status 503 is protected like one that returns `Err`.

use resilience::{BreakerState, CircuitBreaker, Error, Policy, circuit_breaker, policy, retry};

use crate::TestError;

type Status = Result<u16, TestError>;

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the form of a predicate")]
fn is_down(status: &u16) -> bool {
    *status >= 500
}

#[sync_and_async::test]
async fn values_that_when_ok_selects_open_the_breaker() {
    #[circuit_breaker(failure_threshold = 2, when_ok = is_down)]
    async fn ask(status: u16) -> Status {
        pause().await;
        Ok(status)
    }

    assert_eq!((ask(503).await, ask(404).await, ask(503).await), (Ok(503), Ok(404), Ok(503)));
    assert_eq!(ask(200).await, Ok(200), "a good value begins the count anew");
    assert_eq!((ask(500).await, ask(599).await), (Ok(500), Ok(599)), "the value comes back untouched");
    assert!(ask(200).await.is_err_and(|error| error.is_open()));
}

#[sync_and_async::test]
async fn errors_and_values_count_together_in_methods_and_options() {
    struct Client;

    impl Client {
        fn is_bad(&self, value: &u16) -> bool {
            is_down(value)
        }

        #[circuit_breaker(failure_threshold = 2, when = TestError::is_transient, when_ok = self.is_bad)]
        async fn ask(&self, answer: Status) -> Status {
            answer
        }

        #[circuit_breaker(failure_threshold = 2, when_ok = is_down)]
        async fn find(&self, answer: Option<u16>) -> Option<u16> {
            answer
        }
    }

    assert_eq!(Client.ask(Ok(503)).await, Ok(503));
    assert_eq!(Client.ask(Err(TestError::Transient)).await, Err(TestError::Transient));
    assert!(Client.ask(Ok(200)).await.is_err_and(|error| error.is_open()));

    assert_eq!((Client.find(Some(503)).await, Client.find(None).await), (Some(503), None));
    assert_eq!(Client.find(Some(200)).await, None);
}

#[sync_and_async::test]
async fn a_probe_with_a_bad_value_opens_the_breaker_again() {
    #[circuit_breaker(failure_threshold = 1, recovery = "10s", success_threshold = 1, when_ok = is_down)]
    async fn ask(status: u16) -> Status {
        Ok(status)
    }

    let clock = Clock::start();
    assert_eq!(ask(503).await, Ok(503));
    clock.sleep(crate::common::secs(10)).await;
    assert_eq!(ask(503).await, Ok(503), "the probe");
    assert!(ask(200).await.is_err());
    clock.sleep(crate::common::secs(10)).await;
    assert_eq!((ask(200).await, ask(200).await), (Ok(200), Ok(200)));
}

#[sync_and_async::test]
async fn a_value_that_passes_two_functions_of_one_breaker_counts_once() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("values::twice").failure_threshold(3);

    #[circuit_breaker(shared = BREAKER, when_ok = is_down)]
    async fn outer(status: u16) -> Status {
        inner(status).await
    }

    #[circuit_breaker(shared = BREAKER, when_ok = is_down)]
    async fn inner(status: u16) -> Status {
        Ok(status)
    }

    assert_eq!((outer(503).await, outer(503).await), (Ok(503), Ok(503)));
    assert_eq!(BREAKER.state(), BreakerState::Closed);
    assert_eq!(outer(503).await, Ok(503));
    assert_eq!(BREAKER.state(), BreakerState::Open);
}

#[sync_and_async::test]
async fn a_retry_of_values_does_not_wait_for_the_breaker_that_they_have_opened() {
    #[retry(max = 3, base_delay = "1s", jitter = false, when_ok = is_down)]
    #[circuit_breaker(failure_threshold = 2, recovery = "60s", when_ok = is_down)]
    async fn ask(script: &Script<'_>) -> Status {
        script.next()?;
        Ok(503)
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!(ask(&script).await, Ok(503), "the value, and not `CircuitOpen`");
    assert_eq!(script.starts().len(), 2);
}

#[tokio::test]
async fn a_policy_counts_values_alike() -> Result<(), policy::InvalidPolicy> {
    let ask: Policy<u16, Error> =
        Policy::new() >> policy::circuit_breaker("values::policy").failure_threshold(2).when_ok(is_down).build()?;
    assert_eq!((ask.call(|| async { Ok(503) }).await, ask.call_blocking(|| Ok(503))), (Ok(503), Ok(503)));
    assert!(ask.call(|| async { Ok(200) }).await.is_err());
    assert!(ask.call_blocking(|| Ok(200)).is_err());

    let keyed = Policy::<u16, Error>::new()
        >> policy::circuit_breaker("values::keyed").failure_threshold(1).when_ok(is_down).key::<String>().build()?;
    assert_eq!(keyed.call_for_blocking("a", || Ok(503)), Ok(503));
    assert!(keyed.call_for_blocking("a", || Ok(200)).is_err());
    assert_eq!(keyed.call_for_blocking("b", || Ok(200)), Ok(200));
    Ok(())
}
