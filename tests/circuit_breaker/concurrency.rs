//! Concurrent calls, as tasks and on threads.

use std::sync::Barrier;
use std::time::Duration;

use futures_util::future::join_all;
use resilience::{BreakerState, CircuitBreaker, circuit_breaker};
use tokio::time::sleep;

use crate::common::{Answer, Counter, Recorder, Script, TestError, awaiting, blocking, is_open, secs};
use crate::{FAILED, wait_secs};

/// BUG-A4, SYS-E17: with one place, with two and with three.
#[tokio::test(start_paused = true)]
async fn half_open_admits_exactly_its_probes_of_a_thousand_concurrent_calls() {
    macro_rules! admitted {
        ($($places:literal)*) => {
            [$({
                #[circuit_breaker(
                    failure_threshold = 1, success_threshold = 5, half_open_max = $places, recovery = "10s"
                )]
                async fn call(script: &awaiting::Script<'_>) -> Answer {
                    script.run().await
                }
                let clock = awaiting::Clock::start();
                let script = Script::fails(1, &clock);
                assert_eq!(letters!(1, call(&script).await), "F");
                sleep(secs(10)).await;
                let answers = join_all((0..1000).map(|_| call(&script))).await;
                let rejected = answers.iter().filter(|answer| is_open(answer)).count();
                assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1000 - rejected);
                assert_eq!(script.calls(), 1 + 1000 - rejected);
                script.calls() - 1
            }),*]
        };
    }
    assert_eq!(admitted!(1 2 3), [1, 2, 3]);
}

/// BUG-A15, BUG-A16.
#[tokio::test(start_paused = true)]
async fn concurrent_failures_open_it_once() {
    #[circuit_breaker(failure_threshold = 5)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }

    let clock = awaiting::Clock::start();
    let recorder = Recorder::start();
    let script = Script::fails(999, &clock);
    let answers = join_all((0..100).map(|_| call(&script))).await;
    assert!(answers.iter().all(|answer| *answer == FAILED), "all were admitted before the first of them failed");
    assert_eq!(recorder.names(), ["breaker.open"]);
    assert_eq!(wait_secs(&call(&script).await), Some(60));
}

/// BUG-A4.
#[test]
fn half_open_admits_exactly_its_probes_of_concurrent_threads() {
    #[circuit_breaker(
        name = "breaker.crowd",
        failure_threshold = 1,
        success_threshold = 9,
        half_open_max = 2,
        recovery = "10s"
    )]
    fn call(calls: &Counter, all_in: &Barrier) -> Answer {
        if calls.up() == 1 {
            return Err(TestError::Transient);
        }
        // Both probes are under way, and everyone else has been turned away.
        all_in.wait();
        Ok(7)
    }

    for _ in 0..20 {
        if let Some(breaker) = resilience::CircuitBreaker::named("breaker.crowd") {
            breaker.reset();
        }
        let (calls, all_in, start) = (Counter::new(), Barrier::new(8), Barrier::new(8));
        assert_eq!(letters!(1, call(&calls, &all_in)), "F");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let clock = blocking::Clock::start();
                    clock.sleep(secs(10));
                    start.wait();
                    if is_open(&call(&calls, &all_in)) {
                        all_in.wait();
                    }
                });
            }
        });
        assert_eq!(calls.get(), 1 + 2);
    }
}

/// BUG-A7.
#[test]
fn a_healthy_service_closes_it_after_any_concurrent_history() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("stress").failure_threshold(2).success_threshold(2).recovery(Duration::from_nanos(1));

    #[circuit_breaker(shared = BREAKER)]
    fn call(fails: bool) -> Answer {
        if fails { Err(TestError::Transient) } else { Ok(7) }
    }

    std::thread::scope(|scope| {
        for thread in 0..4_u32 {
            scope.spawn(move || {
                for step in 0..5000_u32 {
                    let _ = call((step.wrapping_mul(2_654_435_761) >> 16).wrapping_add(thread) % 3 == 0);
                }
            });
        }
    });
    let clock = blocking::Clock::start();
    clock.sleep(secs(1));
    assert!(letters!(3, call(false)).starts_with("SS"));
    assert_eq!((BREAKER.state(), BREAKER.snapshot().probes), (BreakerState::Closed, 0));
}

/// BUG-A7, BUG-A8, BUG-A16: whatever threads do at once, each change of state follows the one before it.
#[test]
fn no_illegal_transition_under_load() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("transitions")
        .window(8)
        .failure_rate(0.5)
        .success_threshold(2)
        .half_open_max(2)
        .recovery(Duration::from_nanos(1));

    let events = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for thread in 0..4_u32 {
            let events = &events;
            scope.spawn(move || {
                let recorder = Recorder::start();
                for step in 0..5_000_u32 {
                    let Ok(permit) = BREAKER.admit() else { continue };
                    match (step.wrapping_mul(2_654_435_761) >> 16).wrapping_add(thread) % 7 {
                        0..=2 => permit.fail(),
                        3 => permit.ignore(),
                        4 => drop(permit),
                        _ => permit.succeed(),
                    }
                }
                let changes = recorder.events().into_iter().filter(|event| event.name != "breaker.rejected");
                events.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(changes);
            });
        }
    });
    let events = events.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut changes: Vec<(u32, &str)> =
        events.iter().map(|event| (event.field("generation").parse().expect("a number"), event.name)).collect();
    changes.sort_unstable();
    assert!(changes.len() > 100, "{}", changes.len());
    let mut before = "breaker.close";
    for (index, (generation, now)) in changes.into_iter().enumerate() {
        assert_eq!(generation as usize, index + 1, "told once");
        let legal = matches!(
            (before, now),
            ("breaker.close" | "breaker.half_open", "breaker.open")
                | ("breaker.open", "breaker.half_open")
                | ("breaker.half_open", "breaker.close")
        );
        assert!(legal, "{before} to {now}");
        before = now;
    }
}

/// The same for the breakers of keys, with a map that is too small for them.
#[test]
fn concurrent_keys_from_many_threads_stay_within_max_keys() {
    #[circuit_breaker(name = "crowded keys", failure_threshold = 2, recovery_ms = 1, max_keys = 8, key = key)]
    fn call(key: u32, fails: bool) -> Answer {
        let _ = key;
        if fails { Err(TestError::Transient) } else { Ok(7) }
    }

    std::thread::scope(|scope| {
        for thread in 0..4_u32 {
            scope.spawn(move || {
                for step in 0..5_000_u32 {
                    let random = step.wrapping_mul(2_654_435_761).wrapping_add(thread) >> 16;
                    let _ = call(random % 32, random % 5 == 0);
                    assert!(
                        resilience::KeyedCircuitBreakers::named("crowded keys")
                            .is_some_and(|breakers| breakers.len() <= 8)
                    );
                }
            });
        }
    });
}
