//! Scripted operations.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use resilience::testing::{ManualClock, Script};
use resilience::{cached, fallback, retry, timeout};
use tokio::time::Instant;

use crate::common::{Answer, TestError, is_timeout, letter, millis, poll_at_most, secs};
use crate::{Service, down, letters, panic_of};

#[tokio::test]
async fn a_script_answers_in_order_and_repeats_its_last_step() {
    let script = || {
        Service::new()
            .fail_times(2, down)
            .then_ok(1)
            .then_fail(|| TestError::Permanent)
            .ok_times(2, 2)
            .then(|| Err(TestError::RateLimited(secs(1))))
            .then_ok(3)
    };
    let (awaited, blocking) = (script(), script());
    let mut answers = Vec::new();
    for call in 1..=9 {
        let answer = awaited.call().await;
        assert_eq!(blocking.call_blocking(), answer);
        assert_eq!((awaited.calls(), blocking.calls()), (call, call));
        answers.push(answer);
    }
    let limited = Err(TestError::RateLimited(secs(1)));
    let expected = [Err(down()), Err(down()), Ok(1), Err(TestError::Permanent), Ok(2), Ok(2), limited, Ok(3), Ok(3)];
    assert_eq!(answers, expected);
    assert_eq!((awaited.running(), awaited.dropped()), (0, 0));
}

#[test]
fn a_script_works_behind_every_attribute() {
    static SHOP: LazyLock<Service> = LazyLock::new(|| Service::new().fail_times(2, down).then_ok(7));

    #[fallback(value = 0)]
    #[retry(max = 1, backoff = "none")]
    fn ask(shop: &Service) -> Answer {
        shop.call_blocking()
    }

    #[cached(skip(shop))]
    fn look_up(id: u32, shop: &Arc<Service>) -> Answer {
        shop.call_blocking().map(|value| value + id)
    }

    assert_eq!((ask(&SHOP), SHOP.calls()), (Ok(0), 2));
    assert_eq!((ask(&SHOP), SHOP.calls()), (Ok(7), 3));
    let shop = Arc::new(Service::new().then_ok(1));
    assert_eq!((look_up(1, &shop), look_up(1, &shop), shop.calls()), (Ok(2), Ok(2), 1));
}

#[tokio::test]
async fn a_call_beyond_the_script_panics_with_a_reason() {
    let script = Service::new().fail_times(1, down).ok_times(2, 1);
    let answers = [script.call_blocking(), script.call_blocking(), script.call().await];
    assert_eq!(letters(&answers), "FSS");
    let message = panic_of(|| script.call_blocking());
    assert!(message.contains("the script answers 3 calls, and this is call 4"), "{message}");
    let awaited = tokio::spawn(async move { script.call().await }).await;
    assert!(awaited.is_err_and(|error| error.is_panic()));

    let empty = panic_of(|| Service::new().call_blocking());
    assert!(empty.contains("the script is empty"), "{empty}");
    let early = panic_of(|| Service::new().delayed(secs(1)));
    assert!(early.contains("no step before it"), "{early}");
}

#[tokio::test(start_paused = true)]
async fn a_delayed_step_delays_each_of_its_calls() {
    let script = || Service::new().fail_times(2, down).delayed(secs(3)).delayed(millis(500)).then_ok(1);

    let (awaited, begin) = (script(), Instant::now());
    let mut ends = Vec::new();
    for _ in 0..3 {
        let _answer = awaited.call().await;
        ends.push(begin.elapsed());
    }
    assert_eq!(ends, [millis(3_500), millis(7_000), millis(7_000)]);

    let (blocking, clock) = (script(), ManualClock::install());
    let ends = [(); 3].map(|()| {
        let _answer = blocking.call_blocking();
        clock.elapsed()
    });
    assert_eq!(ends, [millis(3_500), millis(7_000), millis(7_000)]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_is_ended_by_a_timeout_and_counts_as_dropped() {
    #[timeout(secs = 5)]
    async fn ask(service: &Service) -> Answer {
        service.call().await
    }

    let service = Service::new().then_hang().then_ok(1).delayed(secs(9)).then_ok(2);
    assert!(is_timeout(&ask(&service).await));
    assert_eq!((service.calls(), service.running(), service.dropped()), (1, 0, 1));
    assert!(is_timeout(&ask(&service).await));
    assert_eq!((ask(&service).await, service.dropped()), (Ok(2), 2));
}

#[test]
fn a_synchronous_call_of_a_hanging_step_panics_with_advice() {
    let service = Service::new().then_hang();
    let message = panic_of(|| service.call_blocking());
    assert!(message.contains("`.delayed(..)`"), "{message}");
    assert_eq!((service.calls(), service.running(), service.dropped()), (1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_counts_as_dropped_only_before_its_end() {
    let service = Service::new().then_hang();
    let (first, second) = (service.call(), service.call());
    assert_eq!(service.calls(), 0, "a future that nobody has polled is no call");
    let (mut first, mut second) = (Box::pin(first), Box::pin(second));
    assert!(poll_at_most(1, &mut first).await.is_none());
    assert!(poll_at_most(1, &mut second).await.is_none());
    assert_eq!((service.calls(), service.running(), service.dropped()), (2, 2, 0));
    drop(first);
    assert_eq!((service.calls(), service.running(), service.dropped()), (2, 1, 1));
    drop(second);
    assert_eq!((service.running(), service.dropped()), (0, 2));

    let panics = Service::new().then_panic("on the way").then(|| panic!("in the function"));
    assert_eq!(panic_of(|| panics.call_blocking()), "on the way");
    assert_eq!(panic_of(|| panics.call_blocking()), "in the function");
    assert_eq!((panics.calls(), panics.running(), panics.dropped()), (2, 0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_calls_get_one_step_each() {
    let service = Arc::new(Service::new().fail_times(10, down).delayed(millis(1)).then_panic("once").then_ok(1));
    let tasks: Vec<_> = (0..30)
        .map(|_| {
            let service = Arc::clone(&service);
            tokio::spawn(async move { service.call().await })
        })
        .collect();
    let mut ends = BTreeMap::new();
    for task in tasks {
        let end = task.await.map_or('P', |answer| letter(&answer));
        *ends.entry(end).or_insert(0) += 1;
    }
    assert_eq!(ends, BTreeMap::from([('F', 10), ('P', 1), ('S', 19)]));
    assert_eq!((service.calls(), service.running(), service.dropped()), (30, 0, 0));
}

/// No lock is held while a user function runs.
#[test]
fn a_step_may_call_the_script_again() {
    static SCRIPT: LazyLock<Service> = LazyLock::new(|| {
        Service::new().then(|| SCRIPT.call_blocking().map(|value| value + SCRIPT.running())).then_ok(40)
    });
    assert_eq!(SCRIPT.call_blocking(), Ok(41));
    assert_eq!((SCRIPT.calls(), SCRIPT.running()), (2, 0));
}

#[test]
fn a_script_can_be_shared_between_threads() {
    const fn send_and_sync<T: Send + Sync>(_: &T) {}
    const fn send<T: Send>(_: &T) {}

    // Neither can be cloned.
    let script = Script::<Box<dyn Fn() + Send>, std::io::Error>::new();
    let script = script.fail_times(1, || std::io::ErrorKind::TimedOut.into()).then(|| Ok(Box::new(|| ())));
    send_and_sync(&script);
    send(&script.call());
    assert!(script.call_blocking().is_err_and(|error| error.kind() == std::io::ErrorKind::TimedOut));
    assert!(script.call_blocking().is_ok());
    assert!(format!("{script:?}").contains("calls: 2"), "{script:?}");
}
