//! Pauses end with the last result, and no retry begins.

use std::cell::Cell;
use std::rc::Rc;
use std::thread;

use resilience::policy::InvalidPolicy;
use resilience::testing::{Script, record, record_blocking};
use resilience::{Policy, begin_shutdown, policy, retry, shutdown};
use tokio::time::Instant;

use crate::common::{Process, millis, secs};
use crate::run;

type Service = Script<u32, &'static str>;

fn down() -> Service {
    Script::new().fail_times(1, || "first").fail_times(9, || "later").then_ok(1)
}

#[retry(max = 5, base_delay = "1h", allow(unbounded_retry), max_delay = "2h", jitter = false)]
async fn ask(service: &Service) -> Result<u32, &'static str> {
    service.call().await
}

#[retry(max = 5, base_delay = "1h", allow(unbounded_retry), max_delay = "2h", jitter = false)]
fn ask_blocking(service: &Service) -> Result<u32, &'static str> {
    service.call_blocking()
}

fn asking() -> Result<Policy<u32, &'static str>, InvalidPolicy> {
    let retry = policy::retry().max(5).base_delay(secs(3600)).max_delay(secs(7200)).no_jitter().build()?;
    (Policy::named("shutdown ask")? >> retry).build()
}

#[test]
fn a_pause_ends_with_the_last_error_at_once() {
    run(async {
        let (service, began) = (down(), Instant::now());
        let (call, recorded) = (record(ask(&service)), async {
            tokio::time::sleep(secs(10)).await;
            shutdown(secs(30)).await
        });
        let ((answer, events), report) = tokio::join!(call, recorded);
        assert_eq!((answer, service.calls(), began.elapsed() < secs(11)), (Err("first"), 1, true));
        assert_eq!((report.woken, report.left), (1, 0));
        assert!(report.elapsed < secs(1), "{report:?}");
        let end = &events[1];
        assert_eq!(
            (end.name(), &end["attempts"], &end["reason"]),
            ("retry.exhausted", &1_u32.into(), &"shutdown".into())
        );
        assert_eq!(events.names(), ["retry", "retry.exhausted"]);
    });
}

#[test]
fn a_pause_of_a_policy_ends_with_the_last_error_at_once() {
    run(async {
        let (service, asking) = (down(), asking().expect("it is valid"));
        let call = record(asking.call(|| service.call()));
        let ((answer, events), ()) = tokio::join!(call, async {
            tokio::time::sleep(secs(10)).await;
            begin_shutdown();
        });
        assert_eq!((answer, service.calls()), (Err("first"), 1));
        assert_eq!(events.names(), ["retry", "retry.exhausted"]);
        assert_eq!(events[1]["reason"], "shutdown");
    });
}

#[test]
fn a_pause_of_a_thread_ends_with_the_last_error_at_once() {
    let _process = Process::start();
    let asking = asking().expect("it is valid");
    for by_policy in [false, true] {
        let service = down();
        thread::scope(|scope| {
            let call = scope.spawn(|| {
                let call = || {
                    if by_policy { asking.call_blocking(|| service.call_blocking()) } else { ask_blocking(&service) }
                };
                record_blocking(call)
            });
            while service.calls() == 0 {
                thread::sleep(millis(1));
            }
            let report = resilience::shutdown_blocking(secs(30));
            let (answer, events) = call.join().expect("no panic");
            assert_eq!((answer, service.calls(), report.left), (Err("first"), 1, 0));
            assert_eq!(events.names(), ["retry", "retry.exhausted"]);
            assert_eq!(events[1]["reason"], "shutdown");
        });
        resilience::testing::reset();
    }
}

#[test]
fn no_retry_begins_afterwards_and_first_attempts_do() {
    run(async {
        begin_shutdown();
        let service = down();
        let (answer, events) = record(ask(&service)).await;
        assert_eq!((answer, service.calls()), (Err("first"), 1));
        assert_eq!(events.names(), ["retry.exhausted"]);
        assert_eq!(events[0]["reason"], "shutdown");
        assert_eq!((ask_blocking(&down()), ask(&Script::new().then_ok(7)).await), (Err("first"), Ok(7)));
        let service = down();
        let asking = asking().expect("it is valid");
        assert_eq!(asking.call(|| service.call()).await, Err("first"));
        assert_eq!(asking.call_blocking(|| service.call_blocking()), Err("later"));
        assert_eq!(service.calls(), 2);
    });
}

#[test]
fn a_value_that_would_be_retried_is_returned() {
    #[retry(
        max = 5, base_delay = "1h", max_delay = "2h", jitter = false, allow(unbounded_retry),
        when_ok = |status| *status == 503,
    )]
    async fn status(calls: &Cell<u32>) -> Result<u16, &'static str> {
        calls.set(calls.get() + 1);
        Ok(503)
    }
    run(async {
        let calls = Cell::new(0);
        let (answer, ()) = tokio::join!(status(&calls), async {
            tokio::time::sleep(secs(10)).await;
            begin_shutdown();
        });
        assert_eq!((answer, calls.get()), (Ok(503), 1));
    });
}

#[test]
fn an_error_that_is_not_send_costs_one_last_attempt_at_once() {
    #[retry(max = 5, base_delay = "1h", allow(unbounded_retry), max_delay = "2h", jitter = false)]
    async fn local(calls: &Cell<u32>) -> Result<(), Rc<str>> {
        calls.set(calls.get() + 1);
        Err("down".into())
    }
    run(async {
        let (calls, began) = (Cell::new(0), Instant::now());
        let (answer, ()) = tokio::join!(local(&calls), async {
            tokio::time::sleep(secs(10)).await;
            begin_shutdown();
        });
        assert_eq!((answer, calls.get()), (Err("down".into()), 2));
        assert!(began.elapsed() < secs(11), "without another pause");
    });
}

#[test]
fn a_permanent_failure_and_the_last_attempt_are_no_decisions_of_the_shutdown() {
    #[retry(max = 1, backoff = "none")]
    fn twice(service: &Service) -> Result<u32, &'static str> {
        service.call_blocking()
    }
    let _process = Process::start();
    let service = Service::new().fail_times(1, || "down").then(|| {
        begin_shutdown();
        Err("still down")
    });
    let (answer, events) = record_blocking(|| twice(&service));
    assert_eq!((answer, service.calls()), (Err("still down"), 2));
    assert_eq!(events[2]["reason"], "attempts");
}
