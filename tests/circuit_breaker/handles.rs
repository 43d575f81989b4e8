//! Snapshots, forced states and permits taken by hand.

use std::time::Duration;

use resilience::{BreakerState, CircuitBreaker, circuit_breaker};

use crate::common::{Answer, Recorder, blocking, secs};

#[sync_and_async::test]
async fn a_snapshot_shows_every_state() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("snapshot").failure_threshold(3).recovery(Duration::from_secs(10)).half_open_max(2);

    #[circuit_breaker(shared = BREAKER)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::of("FFSFFF SS", &clock);
    let seen = |state: BreakerState, failures: u32, wait: Option<u64>, rejected: u64| {
        let snapshot = BREAKER.snapshot();
        assert_eq!((snapshot.state, BREAKER.state(), &*snapshot.name), (state, state, "snapshot"));
        assert_eq!((snapshot.consecutive_failures, snapshot.rejected), (failures, rejected), "{state}");
        assert_eq!(snapshot.retry_after, wait.map(secs), "{state}");
        assert_eq!(snapshot.probes, 0, "{state}");
        assert_eq!(snapshot.would_admit, BREAKER.would_admit());
        assert_eq!(snapshot.would_admit, state != BreakerState::Open || wait == Some(0), "{state}");
    };
    seen(BreakerState::Closed, 0, None, 0);
    assert_eq!(letters!(2, call(&script).await), "FF");
    seen(BreakerState::Closed, 2, None, 0);
    assert_eq!(letters!(1, call(&script).await), "S");
    seen(BreakerState::Closed, 0, None, 0);
    assert_eq!(letters!(5, call(&script).await), "FFFOO");
    seen(BreakerState::Open, 0, Some(10), 2);
    clock.sleep(secs(4)).await;
    seen(BreakerState::Open, 0, Some(6), 2);
    clock.sleep(secs(60)).await;
    seen(BreakerState::Open, 0, Some(0), 2);
    assert_eq!(letters!(1, call(&script).await), "S");
    seen(BreakerState::HalfOpen, 0, None, 2);
    assert_eq!(letters!(1, call(&script).await), "S");
    seen(BreakerState::Closed, 0, None, 2);
}

/// BUG-A19.
#[sync_and_async::test]
async fn forced_states_hold_until_reset() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("forced").failure_threshold(2);

    #[circuit_breaker(shared = BREAKER)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    BREAKER.force_open();
    assert_eq!(BREAKER.state(), BreakerState::ForcedOpen);
    assert_eq!(letters!(2, call(&script).await), "OO");
    assert!(!BREAKER.would_admit() && !BREAKER.snapshot().would_admit);
    clock.sleep(secs(86_400)).await;
    assert_eq!(letters!(2, call(&script).await), "OO", "no probe either");
    assert_eq!(script.calls(), 0);

    BREAKER.disable();
    assert_eq!(BREAKER.state(), BreakerState::Disabled);
    assert_eq!(letters!(9, call(&script).await), "FFFFFFFFF", "nothing is counted");

    BREAKER.close();
    assert_eq!((BREAKER.state(), BREAKER.snapshot().rejected), (BreakerState::Closed, 4));
    assert_eq!(letters!(3, call(&script).await), "FFO", "a fresh count");

    BREAKER.close();
    assert_eq!(letters!(3, call(&script).await), "FFO", "an open one closes too");

    BREAKER.reset();
    assert_eq!((BREAKER.state(), BREAKER.snapshot().rejected), (BreakerState::Closed, 0));
    assert_eq!(letters!(3, call(&script).await), "FFO");
}

/// BUG-A16.
#[sync_and_async::test]
async fn each_state_change_emits_one_event() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("events").failure_threshold(2).recovery(Duration::from_secs(10)).success_threshold(2);

    #[circuit_breaker(shared = BREAKER)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let recorder = Recorder::start();
    let script = Script::of("FF F SS", &clock);
    for expected in ["FFOO", "FO", "SSSS"] {
        assert_eq!(letters!(expected.len(), call(&script).await), expected);
        clock.sleep(secs(10)).await;
    }
    let mut events = recorder.events();
    events.retain(|event| event.name != "breaker.rejected");
    let expected = ["breaker.open", "breaker.half_open", "breaker.open", "breaker.half_open", "breaker.close"];
    assert_eq!(events.iter().map(|event| event.name).collect::<Vec<_>>(), expected);
    assert!(events.iter().all(|event| event.field("breaker") == "events"), "{events:?}");
    assert_eq!(events[0].field("recovery_ms"), "10000");
}

#[test]
fn a_manual_permit_may_succeed_fail_be_ignored_or_be_dropped() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("by hand").failure_threshold(2).success_threshold(1).recovery(Duration::from_secs(10));

    let clock = blocking::Clock::start();
    let admit = || BREAKER.admit().expect("admitted");
    admit().fail();
    admit().ignore();
    drop(admit());
    assert_eq!(BREAKER.snapshot().consecutive_failures, 1);
    admit().succeed();
    assert_eq!(BREAKER.snapshot().consecutive_failures, 0);
    admit().fail();
    admit().fail();
    let rejected = BREAKER.admit().expect_err("open");
    assert_eq!((rejected.code(), rejected.retry_after()), ("circuit_open", Some(secs(10))));
    clock.sleep(secs(10));
    let probe = admit();
    assert!(BREAKER.admit().is_err(), "the one place is taken");
    probe.succeed();
    assert_eq!(BREAKER.state(), BreakerState::Closed);
}
