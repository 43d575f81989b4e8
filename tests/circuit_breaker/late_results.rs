//! Results that arrive after the state has changed.

use std::time::Duration;

use resilience::{BreakerState, CircuitBreaker, circuit_breaker};
use tokio::time::sleep;

use crate::FAILED;
use crate::common::{Answer, TestError, awaiting, poll_at_most, secs};

/// BUG-A6.
#[tokio::test(start_paused = true)]
async fn a_result_that_arrives_after_a_state_change_is_not_counted() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("late").failure_threshold(2).success_threshold(1).recovery(Duration::from_secs(10));

    #[circuit_breaker(shared = BREAKER)]
    async fn call(answer: Answer, time: Duration) -> Answer {
        sleep(time).await;
        answer
    }
    async fn admitted(answer: Answer, time: u64) -> std::pin::Pin<Box<impl Future<Output = Answer>>> {
        let mut call = Box::pin(call(answer, secs(time)));
        assert_eq!(poll_at_most(1, &mut call).await, None);
        call
    }

    let late_success = admitted(Ok(1), 3).await;
    let late_failure = admitted(FAILED, 4).await;
    let later_failures = [admitted(FAILED, 11).await, admitted(FAILED, 12).await, admitted(FAILED, 30).await];
    assert_eq!(letters!(2, call(FAILED, secs(0)).await), "FF");
    assert_eq!(late_success.await, Ok(1));
    assert_eq!(BREAKER.state(), BreakerState::Open, "a success of before does not close it");
    assert_eq!(late_failure.await, FAILED);
    assert_eq!(BREAKER.snapshot().retry_after, Some(secs(6)), "a failure of before does not prolong it");
    sleep(secs(6)).await;
    let probe = admitted(Ok(2), 2).await;
    let [first, second, third] = later_failures;
    assert_eq!(first.await, FAILED);
    assert_eq!(BREAKER.state(), BreakerState::HalfOpen, "nor does it fail the probe");
    assert_eq!((probe.await, BREAKER.state()), (Ok(2), BreakerState::Closed));
    assert_eq!((second.await, third.await), (FAILED, FAILED));
    assert_eq!((BREAKER.state(), BREAKER.snapshot().consecutive_failures), (BreakerState::Closed, 0), "nor count now");
}

/// BUG-A6.
#[tokio::test(start_paused = true)]
async fn a_late_failure_of_a_second_probe_does_not_reopen_it() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("two probes")
        .failure_threshold(1)
        .success_threshold(1)
        .half_open_max(2)
        .recovery(Duration::from_secs(10));

    #[circuit_breaker(shared = BREAKER)]
    async fn call(answer: Answer, time: Duration) -> Answer {
        sleep(time).await;
        answer
    }

    assert_eq!(letters!(1, call(FAILED, secs(0)).await), "F");
    sleep(secs(10)).await;
    let (first, second) = tokio::join!(call(Ok(1), secs(1)), call(FAILED, secs(2)));
    assert_eq!((first, second), (Ok(1), Err(TestError::Transient)));
    assert_eq!((BREAKER.state(), BREAKER.snapshot().consecutive_failures), (BreakerState::Closed, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_pending_at_a_reset_is_not_counted() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("reset under way").failure_threshold(1);

    #[circuit_breaker(shared = BREAKER)]
    async fn call() -> Answer {
        awaiting::pause().await;
        Err(TestError::Transient)
    }

    let mut under_way = Box::pin(call());
    assert_eq!(poll_at_most(1, &mut under_way).await, None);
    BREAKER.reset();
    assert_eq!(under_way.await, FAILED);
    assert_eq!(BREAKER.state(), BreakerState::Closed);
}
