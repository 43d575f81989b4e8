//! One breaker for several functions: by static, by name, by path.

use std::time::Duration;

use resilience::{BreakerState, CircuitBreaker, Error, circuit_breaker};

use crate::common::{Answer, Counter, Recorder, Script, TestError, awaiting, blocking, secs};
use crate::{FAILED, wait_secs};

#[sync_and_async::test]
async fn functions_with_one_static_share_one_breaker() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("static").failure_threshold(3);

    #[circuit_breaker(shared = BREAKER)]
    async fn first(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[circuit_breaker(shared = BREAKER)]
    async fn second(script: &Script<'_>) -> Option<u32> {
        script.run().await.ok()
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert_eq!(letters!(2, first(&script).await), "FF");
    assert_eq!(second(&script).await, None);
    assert_eq!(BREAKER.state(), BreakerState::Open);
    assert_eq!(letters!(1, first(&script).await), "O");
    assert_eq!(script.calls(), 3);
    assert_eq!(BREAKER.name(), "static");
    assert!(resilience::CircuitBreaker::named("static").is_none(), "found through the static, not by name");
}

#[sync_and_async::test]
async fn a_static_takes_every_setting_of_the_attribute() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("settings")
        .failure_threshold(1)
        .success_threshold(1)
        .half_open_max(2)
        .recovery(Duration::from_secs(10))
        .recovery_factor(3.0)
        .max_recovery(Duration::from_secs(40))
        .probe_lease(Duration::from_secs(5));

    #[circuit_breaker(shared = BREAKER)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(3, &clock);
    for expected in [10, 30, 40] {
        assert_eq!(call(&script).await, FAILED);
        assert_eq!(wait_secs(&call(&script).await), Some(expected));
        clock.sleep(secs(expected)).await;
    }
    let probes = [BREAKER.admit(), BREAKER.admit()];
    assert!(probes.iter().all(Result::is_ok));
    assert_eq!(letters!(1, call(&script).await), "O", "no third probe");
    clock.sleep(secs(5)).await;
    assert!(BREAKER.would_admit(), "the leases are over");
    drop(probes);
    assert_eq!((call(&script).await, BREAKER.state()), (Ok(4), BreakerState::Closed));
}

#[sync_and_async::test]
async fn functions_without_a_name_have_separate_breakers() {
    #[circuit_breaker(failure_threshold = 1)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[circuit_breaker(failure_threshold = 1)]
    async fn other(script: &Script<'_>) -> Answer {
        script.run().await
    }

    struct Left;
    struct Right;

    impl Left {
        #[circuit_breaker(failure_threshold = 1)]
        async fn call(&self, script: &Script<'_>) -> Answer {
            script.run().await
        }
    }
    impl Right {
        #[circuit_breaker(failure_threshold = 1)]
        async fn call(&self, script: &Script<'_>) -> Answer {
            script.run().await
        }
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert_eq!(letters!(2, call(&script).await), "FO");
    assert_eq!(letters!(2, other(&script).await), "FO");
    assert_eq!(letters!(2, Left.call(&script).await), "FO");
    assert_eq!(letters!(2, Right.call(&script).await), "FO");
    assert_eq!(script.calls(), 4);
}

#[tokio::test(start_paused = true)]
async fn functions_with_one_name_share_one_breaker() {
    #[circuit_breaker(name = "breaker.shared", failure_threshold = 3)]
    async fn first(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }
    #[circuit_breaker(name = "breaker.shared", failure_threshold = 3)]
    fn second(script: &awaiting::Script<'_>) -> Option<u32> {
        script.next().ok()
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(99, &clock);
    assert!(resilience::CircuitBreaker::named("breaker.shared").is_none(), "never called");
    assert_eq!(letters!(2, first(&script).await), "FF");
    assert_eq!(second(&script), None);
    assert_eq!(letters!(1, first(&script).await), "O");
    assert_eq!((second(&script), script.calls()), (None, 3));
    let breaker = resilience::CircuitBreaker::named("breaker.shared").expect("called");
    assert_eq!((breaker.name(), breaker.state()), ("breaker.shared", BreakerState::Open));
}

#[test]
fn one_name_is_one_breaker_on_all_threads() {
    #[circuit_breaker(name = "breaker.threads", failure_threshold = 10)]
    fn call(calls: &Counter) -> Answer {
        calls.up();
        Err(TestError::Transient)
    }

    let calls = Counter::new();
    std::thread::scope(|scope| {
        for _ in 0..5 {
            let calls = &calls;
            scope.spawn(move || assert_eq!(letters!(2, call(calls)), "FF"));
        }
    });
    assert_eq!(letters!(1, call(&calls)), "O");
    assert_eq!(calls.get(), 10);
}

#[test]
fn a_breaker_without_a_name_is_found_by_the_path_of_its_function() {
    #[circuit_breaker(failure_threshold = 1)]
    fn found_by_path() -> Answer {
        Err(TestError::Transient)
    }

    let _clock = blocking::Clock::start();
    let path = concat!(module_path!(), "::found_by_path");
    assert!(resilience::CircuitBreaker::named(path).is_none(), "never called");
    assert_eq!(letters!(1, found_by_path()), "F");
    let breaker = resilience::CircuitBreaker::named(path).expect("called");
    assert_eq!((breaker.name(), breaker.state()), (path, BreakerState::Open));
    assert_eq!(
        found_by_path(),
        Err(Error::CircuitOpen { name: path.into(), state: BreakerState::Open, retry_after: Some(secs(60)) }.into())
    );
}

#[test]
fn conflicting_configurations_of_one_name_emit_an_error_event_with_both_places() {
    #[circuit_breaker(name = "breaker.conflict", failure_threshold = 1)]
    fn first() -> Answer {
        Err(TestError::Transient)
    }
    #[circuit_breaker(name = "breaker.conflict", failure_threshold = 2)]
    fn second() -> Answer {
        Err(TestError::Transient)
    }
    #[circuit_breaker(name = "breaker.conflict", failure_threshold = 1)]
    fn third() -> Answer {
        Err(TestError::Transient)
    }
    let (first_line, second_line) = (line!() - 12, line!() - 8);

    let recorder = Recorder::start();
    assert_eq!(letters!(1, first()), "F");
    assert_eq!(letters!(3, second()), "OOO", "the first one applies");
    assert_eq!(letters!(1, third()), "O");
    let conflicts = recorder.named("breaker.conflict");
    let [conflict] = &conflicts[..] else { panic!("{conflicts:?}") };
    assert_eq!((conflict.level, conflict.field("breaker")), (tracing::Level::ERROR, "breaker.conflict"));
    assert_eq!(conflict.field("first"), format!("{}:{first_line}", file!()));
    assert_eq!(conflict.field("second"), format!("{}:{second_line}", file!()));
}
