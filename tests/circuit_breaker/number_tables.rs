//! What other libraries count, with numbers of our own.

use std::time::Duration;

use resilience::{BreakerState, CircuitBreaker, Permit};

use crate::common::{blocking, secs};

/// Makes calls: `S`uccess, `F`ailure, and in lower case a slow one, which takes 3 s. A digit waits for so many seconds.
/// Returns calls, failures and slow calls in the window after each call.
fn counts(clock: &blocking::Clock, breaker: &CircuitBreaker, calls: &str) -> Vec<(u64, u64, u64)> {
    let mut seen = Vec::new();
    for call in calls.chars() {
        if let Some(seconds) = call.to_digit(10) {
            clock.sleep(secs(seconds.into()));
            continue;
        }
        let permit = breaker.admit().expect("closed");
        if call.is_lowercase() {
            clock.sleep(secs(3));
        }
        if call.eq_ignore_ascii_case(&'S') {
            permit.succeed();
        } else {
            permit.fail();
        }
        let snapshot = breaker.snapshot();
        seen.push((snapshot.calls, snapshot.failures, snapshot.slow_calls));
    }
    seen
}

/// Judges nothing, so that every call is counted.
const fn counting(breaker: CircuitBreaker) -> CircuitBreaker {
    breaker.failure_rate(1.0).min_calls(7).slow_call(Duration::from_secs(2)).slow_rate(1.0)
}

/// SYS-E50.
#[test]
fn a_sliding_window_of_calls_replaces_its_oldest_call() {
    let clock = blocking::Clock::start();
    let breaker = counting(CircuitBreaker::new("last seven").window(7));
    let expected = [
        (1, 1, 0),
        (2, 1, 0),
        (3, 1, 1),
        (4, 2, 2),
        (5, 2, 2),
        (6, 3, 2),
        (7, 3, 2),
        // The first failure leaves, then a success, then the slow ones.
        (7, 2, 2),
        (7, 2, 2),
        (7, 2, 2),
        (7, 1, 1),
        (7, 1, 1),
        (7, 0, 1),
    ];
    assert_eq!(counts(&clock, &breaker, "FSsfSFSSSsSSS"), expected);
    clock.sleep(secs(86_400));
    assert_eq!(breaker.snapshot().calls, 7, "calls do not grow old");
}

/// SYS-E51: twenty buckets of a second each.
#[test]
fn a_sliding_window_of_time_forgets_whole_buckets() {
    let clock = blocking::Clock::start();
    let breaker = counting(CircuitBreaker::new("last twenty seconds").window_time(Duration::from_secs(20)));
    assert_eq!(counts(&clock, &breaker, "FS5F"), [(1, 1, 0), (2, 1, 0), (3, 2, 0)]);
    // At 8 s a slow call ends, which began at 5 s.
    assert_eq!(counts(&clock, &breaker, "f"), [(4, 3, 1)]);
    assert_eq!(counts(&clock, &breaker, "9S"), [(5, 3, 1)], "17 s");
    assert_eq!(counts(&clock, &breaker, "2S"), [(6, 3, 1)], "19 s");
    assert_eq!(counts(&clock, &breaker, "1S"), [(5, 2, 1)], "20 s: the first two are gone");
    assert_eq!(counts(&clock, &breaker, "5S"), [(5, 1, 1)], "25 s: and that of 5 s");
    assert_eq!(counts(&clock, &breaker, "3S"), [(5, 0, 0)], "28 s: and the slow one");
    clock.sleep(secs(19));
    assert_eq!(breaker.snapshot().calls, 1, "47 s: that of 28 s");
    clock.sleep(secs(1));
    assert_eq!(breaker.snapshot().calls, 0, "48 s");
}

/// SYS-E52: rolling counts under a rule of three calls and three fifths, and consecutive successes to close.
#[test]
fn rolling_counts_trip_at_a_share_of_at_least_so_many_calls() {
    let clock = blocking::Clock::start();
    let breaker = CircuitBreaker::new("rolling")
        .window_time(Duration::from_secs(60))
        .failure_rate(0.6)
        .min_calls(3)
        .recovery(Duration::from_secs(30))
        .half_open_max(3)
        .success_threshold(3);
    assert_eq!(counts(&clock, &breaker, "FF"), [(1, 1, 0), (2, 2, 0)], "too few to judge");
    assert_eq!(counts(&clock, &breaker, "S"), [(0, 0, 0)], "two of three are more than three fifths");
    assert_eq!(breaker.state(), BreakerState::Open);
    breaker.reset();
    assert_eq!(counts(&clock, &breaker, "SSFF"), [(1, 0, 0), (2, 0, 0), (3, 1, 0), (4, 2, 0)], "a half");
    assert_eq!(counts(&clock, &breaker, "F").len(), 1);
    assert_eq!(breaker.state(), BreakerState::Open, "three of five");

    clock.sleep(secs(30));
    let probes: Vec<_> = (0..3).map(|_| breaker.admit().expect("a probe")).collect();
    assert!(breaker.admit().is_err(), "three at a time");
    for (probe, state) in probes.into_iter().zip([BreakerState::HalfOpen, BreakerState::HalfOpen, BreakerState::Closed])
    {
        probe.succeed();
        assert_eq!(breaker.state(), state);
    }
    assert_eq!(breaker.snapshot().calls, 0, "a fresh count");
    let stale = breaker.admit().expect("closed");
    for _ in 0..3 {
        assert!(breaker.admit().map(Permit::fail).is_ok());
    }
    clock.sleep(secs(30));
    stale.succeed();
    assert_eq!(breaker.state(), BreakerState::Open, "the end of a call from before it opened counts nowhere");
}
