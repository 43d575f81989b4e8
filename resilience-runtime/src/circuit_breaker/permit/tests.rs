use std::time::Duration;

use super::*;
use crate::circuit_breaker::BreakerState;
use crate::circuit_breaker::state::Phase;
use crate::error::Error;
use crate::sync::lock;
use crate::time::Moment;

#[test]
fn a_closed_breaker_admits_without_the_lock() {
    let breaker = CircuitBreaker::new("calm");
    let held = lock(&breaker.inside);
    if let Ok(permit) = breaker.admit() {
        permit.succeed();
    }
    drop(held);
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[test]
fn an_open_breaker_and_one_that_counts_decide_without_the_lock() {
    let breaker = CircuitBreaker::new("mirror").failure_threshold(2);
    let fail = || breaker.admit().map(Permit::fail).is_ok();
    assert!(fail());
    let held = lock(&breaker.inside);
    assert!(breaker.admit().is_ok());
    drop(held);
    assert!(fail());
    let _held = lock(&breaker.inside);
    assert!(matches!(breaker.admit(), Err(Error::CircuitOpen { retry_after: Some(wait), .. }) if !wait.is_zero()));
}

#[test]
fn the_mirror_follows_the_state() {
    let breaker = CircuitBreaker::new("gate").failure_threshold(2);
    let fail = || breaker.admit().map(|permit| permit.settle(Fate::Failure, &FailureCause::NONE)).is_ok();
    assert!(fail() && fail());
    assert!(!fail());
    assert_eq!(breaker.snapshot().rejected, 1);
    breaker.close();
    assert!(fail());
    assert!(breaker.admit().map(Permit::succeed).is_ok());
    assert_eq!(breaker.snapshot().consecutive_failures, 0);
}

/// Opens it, with its recovery time over.
fn make_ready_to_probe(breaker: &CircuitBreaker) {
    breaker.force(Phase::open_until(Moment::from_nanos(0)));
}

#[test]
fn a_panic_and_a_drop_free_the_place_of_the_probe() {
    let breaker = CircuitBreaker::new("probe");
    make_ready_to_probe(&breaker);
    drop(breaker.admit());
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _permit = breaker.admit();
        panic!("body");
    }));
    assert!(panicked.is_err());
    assert_eq!(breaker.snapshot().probes, 0);
    assert!(breaker.admit().is_ok());
}

/// BUG-A4.
#[test]
fn concurrent_probes_never_exceed_their_limit() {
    for quota in [1, 3].repeat(100) {
        let breaker = CircuitBreaker::new("race").half_open_max(quota);
        make_ready_to_probe(&breaker);
        let barrier = std::sync::Barrier::new(4);
        let admitted = std::thread::scope(|scope| {
            let calls: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        barrier.wait();
                        breaker.admit().ok()
                    })
                })
                .collect();
            let permits: Vec<_> = calls.into_iter().filter_map(|call| call.join().ok().flatten()).collect();
            permits.len()
        });
        assert_eq!(admitted, quota as usize);
    }
}

#[test]
fn a_breaker_with_a_window_admits_without_the_lock_and_counts_successes() {
    let breaker = CircuitBreaker::new("window").window(4).failure_rate(0.5);
    let held = lock(&breaker.inside);
    let permit = breaker.admit();
    drop(held);
    assert!(permit.map(Permit::succeed).is_ok());
    assert!(breaker.admit().map(Permit::fail).is_ok());
    let seen = breaker.snapshot();
    assert_eq!((seen.calls, seen.failures, seen.consecutive_failures), (2, 1, 0));
    breaker.close();
    assert_eq!(breaker.snapshot().calls, 0);
}

/// Open for a minute, and then forced into another state.
#[test]
fn a_forced_state_takes_the_place_of_an_open_one_that_has_not_recovered() {
    let breaker = CircuitBreaker::new("not recovered").failure_threshold(1);
    let open = || {
        breaker.close();
        assert!(breaker.admit().map(Permit::fail).is_ok());
        assert!(matches!(breaker.admit(), Err(Error::CircuitOpen { state: BreakerState::Open, .. })));
    };
    open();
    breaker.disable();
    assert!(breaker.would_admit() && breaker.admit().is_ok());
    open();
    breaker.force_open();
    assert!(!breaker.would_admit());
    assert!(matches!(
        breaker.admit(),
        Err(Error::CircuitOpen { state: BreakerState::ForcedOpen, retry_after: None, .. })
    ));
    open();
    breaker.close();
    assert!(breaker.would_admit() && breaker.admit().is_ok());
}

#[test]
fn a_report_shows_the_state_in_which_a_breaker_of_any_kind_admits_a_call() {
    let admitted = |breaker: &CircuitBreaker| crate::observe_blocking(|| drop(breaker.admit())).1.breaker;
    let window = CircuitBreaker::new("window").window(4);
    let timed = CircuitBreaker::new("timed").window(4).slow_call(Duration::from_secs(1));
    let plain = CircuitBreaker::new("plain");
    for breaker in [&plain, &window, &timed] {
        assert_eq!(admitted(breaker), Some(BreakerState::Closed), "{}", breaker.name());
        make_ready_to_probe(breaker);
        assert_eq!(admitted(breaker), Some(BreakerState::HalfOpen), "{}", breaker.name());
        breaker.disable();
        assert_eq!(admitted(breaker), Some(BreakerState::Disabled), "{}", breaker.name());
    }
}

#[test]
fn an_ignored_permit_changes_no_count_and_frees_its_place() {
    let breaker = CircuitBreaker::new("ignored").failure_threshold(2);
    assert!(breaker.admit().map(Permit::fail).is_ok());
    assert!(breaker.admit().map(Permit::ignore).is_ok());
    assert_eq!(breaker.snapshot().consecutive_failures, 1);
    make_ready_to_probe(&breaker);
    assert!(breaker.admit().map(Permit::ignore).is_ok());
    assert_eq!((breaker.state(), breaker.snapshot().probes), (BreakerState::HalfOpen, 0));
}
