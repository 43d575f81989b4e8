//! Fallbacks that call somebody do not begin. A value, which asks nobody, is still given.

use std::sync::atomic::{AtomicU32, Ordering};

use resilience::policy::AsyncOnly;
use resilience::testing::{record, record_blocking};
use resilience::{Policy, begin_shutdown, fallback, policy};

use crate::common::Process;
use crate::run;

static ASKED: AtomicU32 = AtomicU32::new(0);

async fn other() -> Result<u32, &'static str> {
    ASKED.fetch_add(1, Ordering::SeqCst);
    Ok(2)
}

fn other_blocking() -> Result<u32, &'static str> {
    ASKED.fetch_add(1, Ordering::SeqCst);
    Ok(2)
}

#[fallback(other)]
async fn asks() -> Result<u32, &'static str> {
    Err("down")
}

#[fallback(|_| async { ASKED.fetch_add(1, Ordering::SeqCst); Ok(2) })]
async fn asks_a_closure() -> Result<u32, &'static str> {
    Err("down")
}

#[fallback(other_blocking)]
fn asks_blocking() -> Result<u32, &'static str> {
    Err("down")
}

#[fallback(other_blocking, when_ok = |value| *value == 503)]
fn asks_for_a_value() -> Result<u32, &'static str> {
    Ok(503)
}

#[fallback(value = 3)]
fn has_a_value() -> Result<u32, &'static str> {
    Err("down")
}

#[fallback(other, |_| async { Err("down too") }, value = 3)]
async fn asks_or_has_a_value() -> Result<u32, &'static str> {
    Err("down")
}

#[fallback(|_| other_blocking().map_err(str::to_owned), value = 3, log_errors = true)]
fn asks_a_closure_or_has_a_value() -> Result<u32, String> {
    Err("down".to_owned())
}

#[test]
fn an_attribute_asks_nobody_and_gives_its_value() {
    run(async {
        ASKED.store(0, Ordering::SeqCst);
        assert_eq!((asks().await, asks_a_closure().await, asks_blocking()), (Ok(2), Ok(2), Ok(2)));
        assert_eq!((asks_for_a_value(), asks_or_has_a_value().await), (Ok(2), Ok(2)));
        assert_eq!((asks_a_closure_or_has_a_value(), ASKED.swap(0, Ordering::SeqCst)), (Ok(2), 6));

        begin_shutdown();
        let (answer, events) = record(asks()).await;
        assert_eq!((answer, events.names()), (Err("down"), vec![]));
        assert_eq!((asks_a_closure().await, asks_blocking()), (Err("down"), Err("down")));
        assert_eq!(asks_for_a_value(), Ok(503));
        assert_eq!(has_a_value(), Ok(3));
        let (answer, events) = record(asks_or_has_a_value()).await;
        assert_eq!((answer, &events[0]["step"], events.len()), (Ok(3), &3_u32.into(), 1));
        let (answer, events) = record_blocking(asks_a_closure_or_has_a_value);
        assert_eq!((answer, &events[0]["step"], &events[0]["error"]), (Ok(3), &2_u32.into(), &"down".into()));
        assert_eq!(ASKED.load(Ordering::SeqCst), 0);
    });
}

#[test]
fn a_policy_gives_its_value() {
    let policies = || {
        let only: Policy<u32, &str> = Policy::new() >> policy::fallback_value(3).when(|error| *error != "wrong");
        let last: Policy<u32, &str> = Policy::new() >> policy::fallback(|_| Err("down too")).or_value(3);
        (only, last)
    };
    let process = Process::start();
    let (only, last) = policies();
    assert_eq!(only.call_blocking(|| Err("down")), Ok(3));
    assert_eq!(only.call_blocking(|| Err("wrong")), Err("wrong"));
    let (answer, events) = record_blocking(|| last.call_blocking(|| Err("down")));
    assert_eq!((answer, events.names()), (Ok(3), vec!["fallback", "fallback"]));

    begin_shutdown();
    assert_eq!(only.call_blocking(|| Err("down")), Ok(3));
    assert_eq!(only.call_blocking(|| Err("wrong")), Err("wrong"));
    assert_eq!(only.call_blocking(|| Ok(1)), Ok(1));
    let (answer, events) = record_blocking(|| last.call_blocking(|| Err("down")));
    assert_eq!((answer, &events[0]["step"], events.len()), (Ok(3), &2_u32.into(), 1), "the first step is left out");
    let (answer, report) = resilience::observe_blocking(|| last.call_blocking(|| Ok(1)));
    assert_eq!((answer, report.degraded), (Ok(1), false));
    let (answer, report) = resilience::observe_blocking(|| last.call_blocking(|| Err("down")));
    assert_eq!((answer, report.degraded), (Ok(3), true));
    drop(process);

    run(async {
        let (only, last) = policies();
        let later: Policy<u32, &str, AsyncOnly> = Policy::new()
            >> policy::fallback_async(|_| async { Err("down too") }).or_value(3).or_async(|_| async { Ok(4) });
        assert_eq!(later.call(|| async { Err("down") }).await, Ok(3));
        begin_shutdown();
        for policy in [only, last] {
            assert_eq!(policy.call(|| async { Err("down") }).await, Ok(3));
        }
        assert_eq!(later.call(|| async { Err("down") }).await, Ok(3));
    });
}

#[test]
fn a_policy_asks_nobody() {
    let process = Process::start();
    let now: Policy<u32, &str> = Policy::new() >> policy::fallback(|_| Ok(2));
    let later: Policy<u32, &str, AsyncOnly> = Policy::new() >> policy::fallback_async(|_| async { Ok(2) });
    assert_eq!(now.call_blocking(|| Err("down")), Ok(2));
    begin_shutdown();
    assert_eq!(now.call_blocking(|| Err("down")), Err("down"));
    drop(process);
    run(async {
        assert_eq!(later.call(|| async { Err("down") }).await, Ok(2));
        begin_shutdown();
        assert_eq!(later.call(|| async { Err("down") }).await, Err("down"));
    });
}
