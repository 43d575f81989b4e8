//! Scenarios of the `MicroProfile` suite, with failures in a row instead of its windows.

use resilience::{CircuitBreaker, circuit_breaker, retry, timeout};
use tokio::time::sleep;

use crate::common::{Answer, Elapsed, Script, TestError, awaiting, millis, secs};

/// MP-C01.
#[sync_and_async::test]
async fn four_failures_open_it() {
    #[circuit_breaker(failure_threshold = 4, success_threshold = 2, recovery = "50s")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert_eq!(letters!(7, call(&script).await), "FFFFOOO");
    assert_eq!(script.calls(), 4);
}

/// MP-C02.
#[sync_and_async::test]
async fn successful_probes_close_it() {
    #[circuit_breaker(failure_threshold = 4, success_threshold = 2, recovery_ms = 1)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::of("FFFFSSS", &clock);
    assert_eq!(letters!(4, call(&script).await), "FFFF");
    clock.sleep(millis(500)).await;
    assert_eq!(letters!(3, call(&script).await), "SSS");
    assert_eq!(script.calls(), 7);
}

/// MP-C03.
#[sync_and_async::test]
async fn one_successful_probe_closes_it() {
    #[circuit_breaker(failure_threshold = 4, success_threshold = 1, recovery = "1s")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::of("FFFFSFFFF", &clock);
    assert_eq!(letters!(5, call(&script).await), "FFFFO");
    clock.sleep(secs(2)).await;
    assert_eq!(letters!(6, call(&script).await), "SFFFFO");
    assert_eq!(script.calls(), 9);
}

/// MP-C04.
#[sync_and_async::test]
async fn a_failed_third_probe_opens_it_again() {
    #[circuit_breaker(failure_threshold = 4, success_threshold = 3, recovery = "1s")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::of("FFFFSSF", &clock);
    assert_eq!(letters!(5, call(&script).await), "FFFFO");
    clock.sleep(secs(2)).await;
    assert_eq!(letters!(4, call(&script).await), "SSFO");
    assert_eq!(script.calls(), 7);
}

/// MP-C12.
#[sync_and_async::test]
async fn a_retry_ends_when_its_breaker_opens() {
    #[retry(max = 7, backoff = "none")]
    #[circuit_breaker(failure_threshold = 4, success_threshold = 2, recovery = "50s")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert_eq!(letters!(2, call(&script).await), "FO", "the fourth failure, and no attempt that would be rejected");
    assert_eq!(script.calls(), 4);
}

/// MP-C13.
#[sync_and_async::test]
async fn too_few_retries_leave_it_closed() {
    #[retry(max = 2, backoff = "none")]
    #[circuit_breaker(failure_threshold = 4, success_threshold = 2, recovery = "50s")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert_eq!(letters!(1, call(&script).await), "F");
    assert_eq!(script.calls(), 3);
}

/// MP-C16, MP-C17.
#[sync_and_async::test]
async fn an_open_breaker_is_not_retried_unless_listed() {
    #[retry(max = 20, backoff = "constant", base_delay_ms = 200, jitter = false, when = TestError::is_timeout)]
    #[circuit_breaker(failure_threshold = 4, recovery = "50s")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert_eq!(letters!(5, call(&script).await), "FFFFO");
    assert_eq!(clock.elapsed(), secs(0));
}

/// MP-C14.
#[tokio::test(start_paused = true)]
async fn timeouts_open_it_under_a_retry() {
    #[retry(max = 7, max_elapsed = "20s", backoff = "none")]
    #[circuit_breaker(failure_threshold = 4, success_threshold = 2, recovery = "50s")]
    #[timeout(ms = 100)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        let answer = script.run().await;
        sleep(secs(5)).await;
        answer
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(99, &clock);
    assert_eq!(letters!(2, call(&script).await), "TO");
    assert_eq!((script.calls(), clock.elapsed()), (4, millis(400)));
}

/// MP-C19, BUG-A26.
#[tokio::test(start_paused = true)]
async fn an_inner_timeout_is_a_failure() {
    #[circuit_breaker(failure_threshold = 2)]
    #[timeout(ms = 500)]
    async fn call() -> Answer {
        sleep(secs(1)).await;
        Ok(7)
    }

    assert_eq!(letters!(3, call().await), "TTO");
}

/// MP-C20.
#[tokio::test(start_paused = true)]
async fn an_inner_timeout_that_is_not_listed_is_a_success() {
    #[circuit_breaker(failure_threshold = 2, when = TestError::is_transient)]
    #[timeout(ms = 500)]
    async fn call() -> Answer {
        sleep(secs(1)).await;
        Ok(7)
    }

    assert_eq!(letters!(5, call().await), "TTTTT");
}

/// BUG-A24, BUG-A26.
#[tokio::test(start_paused = true)]
async fn an_outer_timeout_is_not_counted() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("timeout outside").failure_threshold(2);

    #[timeout(ms = 500)]
    #[circuit_breaker(shared = BREAKER)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        let answer = script.run().await;
        if script.calls() != 1 {
            sleep(secs(1)).await;
        }
        answer
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(1, &clock);
    assert_eq!(letters!(5, call(&script).await), "FTTTT");
    assert_eq!(BREAKER.snapshot().consecutive_failures, 1, "nor as a success");
}
