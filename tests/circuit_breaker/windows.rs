//! Windows of calls and of time, failure rates and slow calls.

use std::future::pending;
use std::time::Duration;

use futures_util::future::join_all;
use resilience::{BreakerState, CircuitBreaker, circuit_breaker, retry, timeout};

use crate::common::{Answer, Elapsed, TestError, awaiting, is_open, millis, secs};

/// BUG-A13, BUG-A14.
#[sync_and_async::test]
async fn a_count_window_opens_at_its_failure_rate_once_full() {
    #[circuit_breaker(window = 10, failure_rate = 0.5)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[circuit_breaker(window = 4, failure_rate = 0.5)]
    async fn by_a_success(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[circuit_breaker(window = 10, failure_rate = 1, min_calls = 3)]
    async fn early(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::of("FFFF SSSSSS SSSS FFFF F", &clock);
    assert_eq!(letters!(20, call(&script).await), "FFFFSSSSSSSSSSFFFFFO", "4 of 10 do not, 5 of 10 do");
    let script = Script::of("FFSS", &clock);
    assert_eq!(letters!(5, by_a_success(&script).await), "FFSSO");
    let script = Script::of("FFF", &clock);
    assert_eq!(letters!(4, early(&script).await), "FFFO", "three are enough to judge");
}

#[sync_and_async::test]
async fn a_time_window_forgets_older_calls() {
    #[circuit_breaker(window = "20s", failure_rate = 0.5, min_calls = 4)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::of("FFF FSS FF", &clock);
    assert_eq!(letters!(3, call(&script).await), "FFF");
    clock.sleep(secs(21)).await;
    assert_eq!(letters!(3, call(&script).await), "FSS", "the first three are gone");
    clock.sleep(secs(10)).await;
    assert_eq!(letters!(2, call(&script).await), "FO", "2 of 4 within 20 s");
}

#[sync_and_async::test]
async fn a_window_accepts_a_count_or_a_duration_as_literal_or_constant() {
    const CALLS: u32 = 20;
    const TIME: Duration = Duration::from_secs(5);
    const RATE: f64 = 0.75;
    macro_rules! opens_after {
        ($($($key:ident = $value:expr),*;)*) => {
            [$({
                #[circuit_breaker($($key = $value),*)]
                async fn call(script: &Script<'_>) -> Answer {
                    script.run().await
                }
                let clock = Clock::start();
                let script = Script::fails(999, &clock);
                letters!(200, call(&script).await).find('O')
            }),*]
        };
    }
    let after = opens_after! {
        window = 30, failure_rate = 0.5;
        window = 300, failure_rate = 1.0;
        window = CALLS, failure_rate = RATE;
        window = 2 * 8, failure_rate = 0.5 + 0.1;
        window = 8u32, failure_rate = 1;
        window = "1m30s", failure_rate = 0.01;
        window = TIME, failure_rate = 0.5;
        window = Duration::from_secs(1), failure_rate = 0.5, min_calls = CALLS / 2;
        window_secs = 3, failure_rate = 0.5, min_calls = 7;
        window_ms = 250, failure_rate = 0.5, min_calls = 9;
    };
    assert_eq!(after, [30, 100, 20, 16, 8, 20, 20, 10, 7, 9].map(Some));
}

/// BUG-A22.
#[sync_and_async::test]
async fn a_call_longer_than_the_window_counts_when_it_ends() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("long calls").window_time(Duration::from_secs(10)).failure_rate(0.5).min_calls(3);

    #[circuit_breaker(shared = BREAKER)]
    async fn call(clock: &Clock) -> Answer {
        clock.sleep(secs(3)).await;
        clock.sleep(secs(30)).await;
        Err(TestError::Transient)
    }

    let clock = Clock::start();
    assert_eq!(letters!(1, call(&clock).await), "F");
    assert_eq!((BREAKER.snapshot().calls, BREAKER.snapshot().failures), (1, 1));
    for _ in 0..2 {
        BREAKER.admit().expect("closed").fail();
    }
    assert_eq!(letters!(1, call(&clock).await), "O");
}

#[sync_and_async::test]
async fn slow_calls_open_it_at_slow_rate() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("slow calls")
        .window(4)
        .failure_rate(1.0)
        .slow_call(Duration::from_secs(2))
        .slow_rate(0.5)
        .recovery(Duration::from_secs(10))
        .success_threshold(1);

    #[circuit_breaker(shared = BREAKER)]
    async fn call(clock: &Clock, time: u64) -> Answer {
        clock.sleep(millis(time)).await;
        Ok(7)
    }
    #[circuit_breaker(window = 4, failure_rate = 1.0, slow_call_ms = 500, slow_rate = 0.5)]
    async fn written(clock: &Clock, time: u64) -> Answer {
        clock.sleep(millis(time)).await;
        Ok(7)
    }

    let clock = Clock::start();
    for time in [2_000, 2_001, 1] {
        assert_eq!(call(&clock, time).await, Ok(7));
    }
    assert_eq!((BREAKER.snapshot().slow_calls, BREAKER.snapshot().failures), (1, 0), "slower than 2 s, not as slow");
    assert_eq!(letters!(2, call(&clock, 3_000).await), "SO", "2 of 4");
    clock.sleep(secs(10)).await;
    assert_eq!(letters!(2, call(&clock, 3_000).await), "SO", "a slow probe has failed");
    clock.sleep(secs(10)).await;
    assert_eq!(letters!(2, call(&clock, 1).await), "SS");
    assert_eq!(BREAKER.state(), BreakerState::Closed);
    assert_eq!(letters!(2, written(&clock, 500).await), "SS");
    assert_eq!(letters!(3, written(&clock, 501).await), "SSO", "2 of 4");
}

/// BUG-A24.
#[sync_and_async::test]
async fn an_ignored_or_dropped_call_is_not_in_the_window() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("no trace").window(3).failure_rate(0.5);

    #[circuit_breaker(shared = BREAKER, ignore = TestError::is_permanent)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::always(TestError::Permanent, &clock);
    assert_eq!(letters!(9, call(&script).await), "FFFFFFFFF");
    drop(BREAKER.admit());
    assert_eq!(BREAKER.snapshot().calls, 0);
}

/// BUG-A10.
#[sync_and_async::test]
async fn a_probe_decides_without_min_calls() {
    #[circuit_breaker(window = 20, failure_rate = 0.5, min_calls = 20, recovery = "10s", success_threshold = 2)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::of("FFFFFFFFFFFFFFFFFFFF F SS", &clock);
    assert_eq!(letters!(21, call(&script).await), "FFFFFFFFFFFFFFFFFFFFO");
    clock.sleep(secs(10)).await;
    assert_eq!(letters!(2, call(&script).await), "FO");
    clock.sleep(secs(10)).await;
    assert_eq!(letters!(4, call(&script).await), "SSSS");
}

/// BUG-A20.
#[sync_and_async::test]
async fn a_call_is_recorded_once() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("one place")
        .failure_threshold(1)
        .half_open_max(5)
        .success_threshold(99)
        .recovery(Duration::from_secs(10));

    struct Service;

    impl Service {
        #[circuit_breaker(shared = BREAKER)]
        async fn method(&self) -> Result<u32, TestError> {
            pause().await;
            Ok(BREAKER.snapshot().probes)
        }
    }

    #[circuit_breaker(shared = BREAKER)]
    async fn function() -> Result<u32, TestError> {
        pause().await;
        Ok(BREAKER.snapshot().probes)
    }
    #[retry(max = 1)]
    #[circuit_breaker(shared = BREAKER)]
    async fn retried() -> Option<u32> {
        pause().await;
        Some(BREAKER.snapshot().probes)
    }

    let clock = Clock::start();
    BREAKER.admit().expect("closed").fail();
    clock.sleep(secs(10)).await;
    assert_eq!((function().await, Service.method().await, retried().await), (Ok(1), Ok(1), Some(1)));
    assert_eq!(BREAKER.snapshot().probes, 0);
}

/// BUG-A18: while calls hang nothing is counted; a limit inside makes each of them a failure.
#[tokio::test(start_paused = true)]
async fn an_inner_timeout_records_calls_that_hang() {
    #[circuit_breaker(window = 100, failure_rate = 0.5)]
    #[timeout(secs = 2)]
    async fn call() -> Answer {
        pending().await
    }

    let clock = awaiting::Clock::start();
    let answers = join_all((0..1_000).map(|_| call())).await;
    assert_eq!(answers.iter().filter(|answer| !is_open(answer)).count(), 1_000);
    assert_eq!(clock.elapsed(), secs(2));
    assert_eq!(letters!(1, call().await), "O");
}

/// The clock stands still but for these steps, and the first call comes at any of its phases.
#[test]
fn a_time_window_gives_the_same_at_every_phase_of_the_clock() {
    let clock = crate::common::blocking::Clock::start();
    for phase in 0..300 {
        clock.sleep(millis(101 + phase));
        let breaker = CircuitBreaker::new("phases").window_time(secs(30)).failure_rate(1.0).min_calls(10);
        let fail = || breaker.admit().expect("closed").fail();
        for _ in 0..9 {
            fail();
        }
        clock.sleep(secs(29));
        fail();
        assert_eq!(breaker.state(), BreakerState::Open, "after {phase} ms");
        breaker.reset();
        for _ in 0..9 {
            fail();
        }
        clock.sleep(secs(30));
        fail();
        assert_eq!((breaker.state(), breaker.snapshot().failures), (BreakerState::Closed, 1), "after {phase} ms");
    }
}
