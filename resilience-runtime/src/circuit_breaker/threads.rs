//! Threads whose calls count without the lock, while others take the state away from them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use super::{BreakerState, CircuitBreaker, CircuitBreakerConfig, Permit};
use crate::instance::NamedInstance;
use crate::registry::StateName;
use crate::time::ManualClock;

const CALLS: u32 = 10_000;
const HOUR: Duration = Duration::from_secs(3_600);

fn breaker(config: &CircuitBreakerConfig) -> CircuitBreaker {
    CircuitBreaker::with_config(StateName::Text("threads".into()), config)
}

/// Runs `call` on four threads, and `disturb` on this one until they have ended.
fn with_four_threads(call: impl Fn(u32) + Sync, disturb: impl Fn(u32)) {
    let over = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                (0..CALLS).for_each(&call);
                over.fetch_add(1, Ordering::Relaxed);
            });
        }
        for turn in 0.. {
            disturb(turn);
            if over.load(Ordering::Relaxed) == 4 {
                break;
            }
        }
    });
}

fn end(breaker: &CircuitBreaker, fails: bool) {
    let permit = breaker.admit().expect("closed");
    if fails { permit.fail() } else { permit.succeed() }
}

#[test]
fn a_window_counts_each_call_of_each_thread() {
    let calls = CircuitBreakerConfig::DEFAULT.window(50_000);
    let time = CircuitBreakerConfig::DEFAULT.window_time(HOUR);
    for (config, share) in [(calls, 100), (calls, 3), (time, 100), (time, 3), (calls, u32::MAX), (time, u32::MAX)] {
        let (config, other) = (config.failure_rate(1.0), config.failure_rate(0.9));
        let breaker = breaker(&config);
        with_four_threads(
            |turn| end(&breaker, turn % share == 1),
            |turn| match turn % 3 {
                0 => drop(breaker.snapshot()),
                1 => breaker.reconfigure(&other),
                _ => breaker.reconfigure(&config),
            },
        );
        let seen = breaker.snapshot();
        let failures = 4 * (0..CALLS).filter(|turn| turn % share == 1).count() as u64;
        assert_eq!((seen.calls, seen.failures), (u64::from(4 * CALLS), failures), "{config:?}");
    }
}

/// As above, while nobody takes the state away.
#[test]
fn a_window_counts_each_call_of_threads_that_run_undisturbed() {
    let default = CircuitBreakerConfig::DEFAULT.failure_threshold(u32::MAX);
    let windows = [CircuitBreakerConfig::DEFAULT.window(50_000), CircuitBreakerConfig::DEFAULT.window_time(HOUR)];
    for config in windows {
        let breaker = breaker(&config);
        with_four_threads(|_| end(&breaker, false), |_| thread::yield_now());
        assert_eq!(breaker.snapshot().calls, u64::from(4 * CALLS), "{config:?}");
    }
    let breaker = breaker(&default);
    with_four_threads(|_| end(&breaker, true), |_| thread::yield_now());
    assert_eq!(breaker.snapshot().consecutive_failures, 4 * CALLS);
}

/// Long enough for threads to be suspended between reading a count and writing it.
#[test]
fn a_window_of_time_loses_no_success_while_threads_share_its_counts() {
    const TIMES: u32 = 20;

    let breaker = breaker(&CircuitBreakerConfig::DEFAULT.window_time(HOUR));
    let succeed = |_| (0..TIMES).for_each(|_| end(&breaker, false));
    with_four_threads(succeed, |_| drop(breaker.snapshot()));
    with_four_threads(succeed, |_| thread::yield_now());
    assert_eq!(breaker.snapshot().calls, u64::from(2 * 4 * CALLS * TIMES));
}

#[test]
fn a_small_window_is_full_of_successes_after_as_many_of_them() {
    let breaker = breaker(&CircuitBreakerConfig::DEFAULT.window(100).failure_rate(0.5));
    with_four_threads(|turn| end(&breaker, turn % 100 == 1), |_| drop(breaker.snapshot()));
    for failures in 0..100 {
        end(&breaker, false);
        assert!(breaker.snapshot().failures <= 99 - failures);
    }
    for failures in 1..=50 {
        assert_eq!(breaker.state(), BreakerState::Closed, "{failures}");
        end(&breaker, true);
    }
    assert_eq!(breaker.state(), BreakerState::Open, "half of the last hundred calls have failed");
}

#[test]
fn threads_open_a_breaker_with_exactly_as_many_failures() {
    for most in [4 * CALLS, 4 * CALLS + 1] {
        let breaker = breaker(&CircuitBreakerConfig::DEFAULT.failure_threshold(most));
        with_four_threads(|_| end(&breaker, true), |_| drop(breaker.snapshot()));
        let seen = breaker.snapshot();
        let is_open = most == 4 * CALLS;
        assert_eq!((seen.state == BreakerState::Open, seen.opened), (is_open, u64::from(is_open)));
        if !is_open {
            assert_eq!(seen.consecutive_failures, 4 * CALLS);
            end(&breaker, true);
            assert_eq!((breaker.state(), breaker.snapshot().opened), (BreakerState::Open, 1));
        }
    }
}

#[test]
fn a_success_among_threads_that_fail_resets_the_failures_before_it() {
    let breaker = breaker(&CircuitBreakerConfig::DEFAULT.failure_threshold(u32::MAX));
    with_four_threads(|turn| end(&breaker, turn % 50 != 0), |_| drop(breaker.snapshot()));
    // Each thread ends with 49 failures after its last success.
    let failures = breaker.snapshot().consecutive_failures;
    assert!((49..4 * CALLS).contains(&failures), "{failures}");
    end(&breaker, false);
    assert_eq!(breaker.snapshot().consecutive_failures, 0);
}

#[test]
fn calls_that_began_before_a_reset_count_nowhere() {
    let default = CircuitBreakerConfig::DEFAULT;
    for config in [default, default.window(3), default.window(100), default.window_time(HOUR)] {
        let breaker = breaker(&config);
        for _ in 0..10 {
            end(&breaker, false);
        }
        let permits: Vec<_> = (0..20).filter_map(|_| breaker.admit().ok()).collect();
        breaker.reset();
        end(&breaker, false);
        for (turn, permit) in permits.into_iter().enumerate() {
            if turn % 2 == 0 { permit.succeed() } else { permit.fail() }
        }
        let seen = breaker.snapshot();
        let calls = u64::from(config != default);
        assert_eq!((seen.calls, seen.failures, seen.consecutive_failures), (calls, 0, 0), "{config:?}");
    }
}

#[test]
fn a_window_that_has_seen_enough_counts_successes_without_the_lock() {
    let default = CircuitBreakerConfig::DEFAULT;
    for config in [default.window(4), default.window(100), default.window_time(HOUR)] {
        let breaker = breaker(&config);
        end(&breaker, false);
        let held = crate::sync::lock(&breaker.inside);
        for _ in 0..50 {
            end(&breaker, false);
            if config == default.window(4) {
                break;
            }
        }
        drop(held);
        assert_eq!(breaker.snapshot().calls, if config == default.window(4) { 2 } else { 51 });
    }
}

#[test]
fn successes_count_in_the_bucket_of_their_time() {
    let clock = ManualClock::install();
    let breaker = breaker(&CircuitBreakerConfig::DEFAULT.window_time(Duration::from_secs(20)));
    for second in 0..30 {
        (0..=second).for_each(|_| end(&breaker, false));
        let expected: u64 = (0..=second).rev().take(20).map(|second| second + 1).sum();
        assert_eq!(breaker.snapshot().calls, expected, "{second}");
        (0..3).for_each(|_| drop(breaker.admit().map(Permit::ignore)));
        clock.advance(Duration::from_secs(1));
    }
}

#[test]
fn another_window_under_load_leaves_no_count_of_the_first() {
    let default = CircuitBreakerConfig::DEFAULT.failure_threshold(100_000);
    let settings = [default, default.window(10), default.window_time(HOUR), default.window(1_000)];
    let breaker = breaker(&settings[0]);
    with_four_threads(
        |turn| end(&breaker, turn % 4 == 0),
        |turn| breaker.reconfigure(&settings[turn as usize % 4].failure_rate(1.0)),
    );
    for config in settings {
        breaker.reconfigure(&config.failure_rate(1.0));
        breaker.reconfigure(&default.window(7));
        breaker.reconfigure(&config.failure_rate(1.0));
        let seen = breaker.snapshot();
        assert_eq!((seen.calls, seen.failures, seen.consecutive_failures), (0, 0, 0));
        for _ in 0..6 {
            end(&breaker, false);
        }
        let windowed = if config == default { 0 } else { 6 };
        assert_eq!(breaker.snapshot().calls, windowed);
    }
}

#[test]
fn a_call_through_a_static_breaker_with_slow_calls_is_timed_from_the_first_one() {
    let clock = ManualClock::install();
    let limit = Duration::from_secs(2);
    for breaker in
        [CircuitBreaker::new("").window(4).slow_call(limit), CircuitBreaker::new("").window_time(HOUR).slow_call(limit)]
    {
        let permit = breaker.admit().expect("closed");
        clock.advance(limit + limit);
        permit.succeed();
        assert_eq!((breaker.snapshot().calls, breaker.snapshot().slow_calls), (1, 1));
    }
}
