//! Calls in progress finish, with what they call; the report counts them.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use resilience::testing::{Script, record, record_blocking};
use resilience::{
    Error, Policy, ShutdownReport, begin_shutdown, bulkhead, circuit_breaker, in_progress, is_shutting_down, policy,
    retry, shutdown, shutdown_blocking, timeout,
};
use tokio::time::Instant;

use crate::common::{Process, millis, poll_at_most, secs};
use crate::run;

fn counts(report: &ShutdownReport) -> (u64, u64, u64) {
    (report.woken, report.finished, report.left)
}

#[retry(max = 3, base_delay = "1h", max_delay = "2h", jitter = false, allow(unbounded_retry))]
#[circuit_breaker(name = "shutdown nested")]
#[bulkhead(name = "shutdown nested", max = 1)]
#[timeout("1m")]
async fn inner(service: &Script<u32, Error>) -> Result<u32, Error> {
    service.call().await
}

#[timeout("10m")]
async fn handler(service: &Script<u32, Error>) -> Result<u32, Error> {
    let _request = in_progress("requests");
    tokio::time::sleep(secs(5)).await;
    Ok(inner(service).await? + inner(service).await?)
}

#[test]
fn a_call_in_progress_finishes_with_the_first_attempts_of_what_it_calls() {
    run(async {
        let service = Script::new().ok_times(2, 7).delayed(secs(5));
        let (answer, report) = tokio::join!(handler(&service), async {
            tokio::time::sleep(secs(1)).await;
            shutdown(secs(30)).await
        });
        assert_eq!((answer, counts(&report)), (Ok(14), (0, 1, 0)));
        assert!(secs(14) <= report.elapsed && report.elapsed < secs(15), "{report:?}");
    });
}

#[test]
fn limits_still_end_the_calls_in_progress() {
    run(async {
        let service = Script::new().then_hang();
        let (answer, report) = tokio::join!(handler(&service), async {
            tokio::time::sleep(secs(1)).await;
            shutdown(secs(300)).await
        });
        assert!(matches!(answer, Err(Error::Timeout { .. })), "{answer:?}");
        assert_eq!(counts(&report), (0, 1, 0));
    });
}

#[test]
fn what_is_left_at_the_deadline_is_named() {
    run(async {
        let (one, two) = (in_progress("import"), in_progress("import"));
        let _other = in_progress("export".to_owned());
        let (report, ()) = tokio::join!(shutdown(secs(30)), async {
            tokio::time::sleep(secs(10)).await;
            drop(one);
        });
        assert_eq!((counts(&report), report.elapsed), ((0, 1, 2), secs(30)));
        let left: Vec<_> = report.left_by_name.iter().map(|left| (&*left.name, left.calls)).collect();
        assert_eq!(left, [("export", 1), ("import", 1)]);
        drop(two);
    });
}

#[bulkhead(name = "shutdown held", max = 2)]
async fn held(service: &Script<u32, Error>) -> Result<u32, Error> {
    service.call().await
}

#[bulkhead(name = "shutdown keyed", key = tenant, max = 1)]
fn keyed(tenant: u8, meanwhile: impl FnOnce()) -> Option<u8> {
    meanwhile();
    Some(tenant)
}

/// No recorder and no dashboard counts the calls of this program.
#[test]
fn calls_that_hold_a_place_of_a_bulkhead_are_waited_for() {
    run(async {
        let service = Script::new().ok_times(1, 1).delayed(secs(5));
        let (answer, report) = tokio::join!(held(&service), async {
            tokio::time::sleep(secs(1)).await;
            shutdown(secs(30)).await
        });
        assert_eq!((answer, counts(&report)), (Ok(1), (0, 1, 0)));
        assert!(secs(4) <= report.elapsed && report.elapsed < secs(5), "{report:?}");
    });
    run(async {
        let hanging = Script::new().then_hang();
        let (call, report) = tokio::join!(tokio::time::timeout(secs(99), held(&hanging)), async {
            tokio::time::sleep(secs(1)).await;
            shutdown(secs(30)).await
        });
        assert!(call.is_err(), "{call:?}");
        let left: Vec<_> = report.left_by_name.iter().map(|left| (&*left.name, left.calls)).collect();
        assert_eq!((counts(&report), &*left), ((0, 0, 1), &[("shutdown held", 1)][..]));
    });
    let _process = Process::start();
    let seen = std::cell::RefCell::new(Vec::new());
    let policy: Policy<u8, Error> =
        Policy::new() >> policy::bulkhead("shutdown of a policy").max(1).build().expect("valid");
    let both = policy.call_blocking(|| {
        let look = || *seen.borrow_mut() = shutdown_blocking(Duration::ZERO).left_by_name;
        keyed(1, || assert_eq!(keyed(2, look), Some(2)));
        Ok(1)
    });
    assert_eq!(both, Ok(1));
    let left = seen.take();
    let left: Vec<_> = left.iter().map(|left| (&*left.name, left.calls)).collect();
    assert_eq!(left, [("shutdown keyed", 2), ("shutdown of a policy", 1)]);
    assert_eq!(shutdown_blocking(secs(30)).left, 0);
}

#[test]
fn a_process_without_calls_has_ended_at_once() {
    run(async {
        assert!(!is_shutting_down());
        let report = shutdown(secs(30)).await;
        assert!(is_shutting_down());
        assert_eq!((counts(&report), report.elapsed, &*report.left_by_name), ((0, 0, 0), Duration::ZERO, &[][..]));
    });
}

#[test]
fn a_limit_of_zero_only_begins_it() {
    run(async {
        let _job = in_progress("job");
        let (report, events) = record(shutdown(Duration::ZERO)).await;
        assert_eq!((counts(&report), report.elapsed), ((0, 0, 1), Duration::ZERO));
        assert_eq!(events.names(), ["shutdown.begun", "shutdown.finished"]);
        assert_eq!((&events[0]["calls"], &events[0]["waiting"]), (&1_u32.into(), &0_u32.into()));
        assert_eq!((&events[1]["finished"], &events[1]["left"]), (&0_u32.into(), &1_u32.into()));
        assert!(is_shutting_down());
    });
}

#[test]
fn a_second_call_waits_for_the_same_calls_and_begins_nothing() {
    run(async {
        let job = in_progress("job");
        let ((first, first_events), (second, second_events), ()) =
            tokio::join!(record(shutdown(secs(30))), record(shutdown(secs(5))), async {
                tokio::time::sleep(secs(10)).await;
                drop(job);
            });
        assert_eq!((counts(&first), counts(&second)), ((0, 1, 0), (0, 0, 1)));
        assert_eq!(
            (first_events.names(), second_events.names()),
            (vec!["shutdown.begun", "shutdown.finished"], vec!["shutdown.finished"])
        );
        assert_eq!(counts(&shutdown(secs(30)).await), (0, 0, 0), "nothing is in progress any more");
    });
}

#[test]
fn a_future_that_is_dropped_has_begun_the_shutdown_at_its_first_poll() {
    run(async {
        let _job = in_progress("job");
        drop(shutdown(secs(30)));
        assert!(!is_shutting_down());
        let (dropped, events) = record(poll_at_most(1, shutdown(secs(30)))).await;
        assert_eq!((dropped, events.names(), is_shutting_down()), (None, vec!["shutdown.begun"], true));
    });
}

#[test]
fn a_thread_waits_for_calls_of_other_threads() {
    let _process = Process::start();
    let job = in_progress("job");
    thread::scope(|scope| {
        scope.spawn(move || {
            while !is_shutting_down() {
                thread::sleep(millis(1));
            }
            drop(job);
        });
        let (report, events) = record_blocking(|| shutdown_blocking(secs(60)));
        assert_eq!((counts(&report), events.names()), ((0, 1, 0), vec!["shutdown.begun", "shutdown.finished"]));
        assert!(report.elapsed < secs(60));
    });
}

#[test]
fn a_wait_that_is_dropped_is_not_counted() {
    #[retry(max = 3, base_delay = "1h", max_delay = "2h", jitter = false, allow(unbounded_retry))]
    async fn paused(service: &Script<u32, &'static str>) -> Result<u32, &'static str> {
        service.call().await
    }
    run(async {
        let service = Script::new().fail_times(9, || "down");
        assert_eq!(poll_at_most(3, paused(&service)).await, None);
        let (((), events), began) = (record(async { begin_shutdown() }).await, Instant::now());
        assert_eq!(events[0]["waiting"], 0);
        assert_eq!((counts(&shutdown(secs(9)).await), began.elapsed()), ((0, 0, 0), Duration::ZERO));
    });
}

/// Their calls are not counted: no recorder of metrics is installed.
#[test]
fn those_who_waited_have_returned_before_it_does() {
    #[retry(max = 3, base_delay = "1h", max_delay = "2h", jitter = false, allow(unbounded_retry))]
    async fn paused(service: Arc<Script<u32, &'static str>>) -> Result<u32, &'static str> {
        service.call().await
    }
    run(async {
        let waiting = tokio::spawn(paused(Arc::new(Script::new().fail_times(9, || "down"))));
        tokio::time::sleep(secs(1)).await;
        let report = shutdown(secs(30)).await;
        assert!(waiting.is_finished(), "{report:?}");
        assert_eq!((counts(&report), waiting.await.expect("no panic")), ((1, 0, 0), Err("down")));
    });
}

#[test]
fn a_reset_of_a_test_undoes_it() {
    #[retry(max = 1, base_delay = "1s")]
    async fn again(service: &Script<u32, &'static str>) -> Result<u32, &'static str> {
        service.call().await
    }
    run(async {
        begin_shutdown();
        resilience::testing::reset();
        assert!(!is_shutting_down());
        assert_eq!(again(&Script::new().fail_times(1, || "down").then_ok(1)).await, Ok(1));
    });
}
