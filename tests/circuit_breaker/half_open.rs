//! Probes decide whether the breaker closes or opens again.

use std::time::Duration;

use resilience::{BreakerState, CircuitBreaker, circuit_breaker};

use crate::common::{Answer, TestError, secs};

#[sync_and_async::test]
async fn success_threshold_successes_close_it() {
    macro_rules! states {
        ($($threshold:literal)*) => {
            [$({
                static BREAKER: CircuitBreaker = CircuitBreaker::new("probed")
                    .failure_threshold(1).recovery(Duration::from_secs(10)).success_threshold($threshold);

                #[circuit_breaker(shared = BREAKER)]
                async fn call(script: &Script<'_>) -> Answer {
                    script.run().await
                }
                let clock = Clock::start();
                let script = Script::of("F", &clock);
                assert_eq!(letters!(1, call(&script).await), "F");
                clock.sleep(secs(10)).await;
                let mut probes = 0;
                while BREAKER.state() != BreakerState::Closed {
                    assert_eq!(letters!(1, call(&script).await), "S");
                    probes += 1;
                }
                probes
            }),*]
        };
    }
    assert_eq!(states!(1 2 3 4), [1, 2, 3, 4]);
}

/// BUG-A11.
#[sync_and_async::test]
async fn a_failed_probe_reopens_it() {
    #[circuit_breaker(failure_threshold = 3, success_threshold = 3, recovery = "10s")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::of("FFF F SF SSF SSS FFF", &clock);
    for expected in ["FFFO", "FO", "SFO", "SSFO", "SSSFFFO"] {
        assert_eq!(letters!(expected.len(), call(&script).await), expected);
        clock.sleep(secs(10)).await;
    }
}

/// BUG-A12.
#[sync_and_async::test]
async fn errors_of_a_probe_are_classified_as_while_closed() {
    #[circuit_breaker(
        failure_threshold = 1, success_threshold = 1, recovery = "10s", when = TestError::is_transient
    )]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::new(&clock, |call| match call {
        1 | 2 | 4 => Err(TestError::Transient),
        _ => Err(TestError::Permanent),
    });
    assert_eq!(letters!(2, call(&script).await), "FO");
    clock.sleep(secs(10)).await;
    assert_eq!(letters!(2, call(&script).await), "FO", "a failure");
    clock.sleep(secs(10)).await;
    assert_eq!(call(&script).await, Err(TestError::Permanent), "counts as a success");
    assert_eq!(letters!(2, call(&script).await), "FO", "so it was closed again");
}

/// BUG-A3, SYS-E19.
#[sync_and_async::test]
async fn a_probe_that_ends_with_an_ignored_error_releases_its_permit() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("ignored probe").failure_threshold(1).recovery(Duration::from_secs(10));

    #[circuit_breaker(shared = BREAKER, ignore = TestError::is_permanent)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::new(&clock, |call| match call {
        1 => Err(TestError::Transient),
        2..=9 => Err(TestError::Permanent),
        _ => Ok(call),
    });
    assert_eq!(letters!(1, call(&script).await), "F");
    clock.sleep(secs(10)).await;
    for _ in 2..=9 {
        assert_eq!(call(&script).await, Err(TestError::Permanent), "admitted, and unchanged");
        assert_eq!((BREAKER.state(), BREAKER.snapshot().probes), (BreakerState::HalfOpen, 0));
    }
    assert_eq!(letters!(2, call(&script).await), "SS");
    assert_eq!(BREAKER.state(), BreakerState::Closed);
}
