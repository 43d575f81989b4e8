//! Sleeps that are skipped.

use std::sync::Arc;
use std::time::Duration;

use resilience::testing::{ManualClock, record, record_blocking, skip_sleeps};
use resilience::{bulkhead, circuit_breaker, observe, observe_blocking, rate_limit, retry, timeout};
use tokio::time::Instant;

use crate::common::{Answer, TestError, Watchdog, is_timeout, millis, poll_at_most, secs};
use crate::{Service, down};

#[retry(max = 3, base_delay = "1h", max_delay = "10h", jitter = false, allow(unbounded_retry))]
async fn patient(service: &Service) -> Answer {
    service.call().await
}

#[retry(max = 3, base_delay = "1h", max_delay = "10h", jitter = false, allow(unbounded_retry))]
fn patient_blocking(service: &Service) -> Answer {
    service.call_blocking()
}

#[tokio::test]
async fn delays_are_skipped_and_still_reported() {
    let _watchdog = Watchdog::start();
    let service = || Service::new().fail_times(3, down).delayed(secs(60)).then_ok(1);
    let (awaited, blocking, hour) = (service(), service(), secs(3600));

    let sleeps = skip_sleeps();
    let ((answer, report), events) = record(observe(patient(&awaited))).await;
    assert_eq!((answer, sleeps.skipped()), (Ok(1), hour * 7 + secs(180)));
    assert!(report.elapsed >= sleeps.skipped() && report.elapsed < sleeps.skipped() + secs(60), "{report}");

    let inner = skip_sleeps();
    let ((answer, report), blocking_events) = record_blocking(|| observe_blocking(|| patient_blocking(&blocking)));
    assert_eq!((answer, inner.skipped()), (Ok(1), hour * 7 + secs(180)));
    assert!(report.elapsed >= inner.skipped() && report.elapsed < inner.skipped() + secs(60), "{report}");
    drop(inner);
    assert_eq!(sleeps.skipped(), (hour * 7 + secs(180)) * 2);

    for events in [events, blocking_events] {
        let delays: Vec<Duration> =
            events.of("retry").iter().filter_map(|retry| retry["delay"].as_duration()).collect();
        assert_eq!(delays, [hour, hour * 2, hour * 4]);
    }
}

#[tokio::test(start_paused = true)]
async fn sleeps_return_when_the_last_guard_is_dropped() {
    let (outer, inner) = (skip_sleeps(), skip_sleeps());
    let begin = Instant::now();
    drop(outer);
    assert_eq!(patient(&Service::new().fail_times(1, down).then_ok(1)).await, Ok(1));
    assert_eq!((inner.skipped(), begin.elapsed()), (secs(3600), Duration::ZERO), "in whichever order they are dropped");
    drop(inner);
    assert_eq!(patient(&Service::new().fail_times(1, down).then_ok(1)).await, Ok(1));
    assert_eq!(begin.elapsed(), secs(3600));
}

#[test]
fn sleeps_of_another_thread_are_not_skipped() {
    let _watchdog = Watchdog::start();
    let sleeps = skip_sleeps();
    let other = std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("a runtime").block_on(async {
            let begin = Instant::now();
            assert_eq!(patient(&Service::new().fail_times(1, down).then_ok(1)).await, Ok(1));
            begin.elapsed()
        })
    });
    assert_eq!(other.join().expect("no panic"), secs(3600));
    assert_eq!(sleeps.skipped(), Duration::ZERO);
}

#[tokio::test]
async fn limits_include_skipped_delays() {
    #[retry(max = 9, base_delay = "1m", max_delay = "1h", jitter = false, max_elapsed = "5m")]
    async fn limited(service: &Service) -> Answer {
        service.call().await
    }
    #[retry(max = 9, base_delay = "1m", max_delay = "1h", jitter = false, max_elapsed = "5m")]
    fn limited_blocking(service: &Service) -> Answer {
        service.call_blocking()
    }
    #[timeout("5m")]
    #[retry(max = 9, base_delay = "1m", max_delay = "1h", jitter = false)]
    async fn in_time(service: &Service) -> Answer {
        service.call().await
    }
    #[timeout("5m", mode = "cooperative")]
    #[retry(max = 9, base_delay = "1m", max_delay = "1h", jitter = false)]
    fn in_time_blocking(service: &Service) -> Answer {
        service.call_blocking()
    }

    let _watchdog = Watchdog::start();
    let service = Service::new().then_fail(down);
    for call in 0..4 {
        let sleeps = skip_sleeps();
        let answer = match call {
            0 => limited(&service).await,
            1 => limited_blocking(&service),
            2 => in_time(&service).await,
            _ => in_time_blocking(&service),
        };
        assert_eq!((answer, sleeps.skipped()), (Err(down()), secs(60 + 120)), "{call}");
    }
    assert_eq!(service.calls(), 4 * 3);
}

/// A delay that would exceed a limit exceeds it when it is skipped, too.
#[tokio::test(start_paused = true)]
async fn a_delay_beyond_the_deadline_ends_with_it() {
    #[timeout("10m")]
    async fn ask(service: &Service) -> Answer {
        service.call().await
    }
    #[timeout("10m")]
    #[retry(max = 1, base_delay = "6m", max_delay = "1h", jitter = false)]
    #[timeout("5m")]
    async fn twice(service: &Service) -> Answer {
        service.call().await
    }
    #[timeout("10m", mode = "thread")]
    fn on_a_thread(service: Arc<Service>) -> Answer {
        service.call_blocking()
    }
    #[timeout("10m", mode = "cooperative")]
    fn cooperative(service: &Service) -> Result<u32, TestError> {
        let value = service.call_blocking()?;
        resilience::checkpoint()?;
        Ok(value)
    }

    let _watchdog = Watchdog::start();
    let service = |minutes: u64| Service::new().then_ok(1).delayed(secs(60 * minutes));

    let (sleeps, slow) = (skip_sleeps(), service(11));
    assert!(is_timeout(&ask(&slow).await));
    assert_eq!((slow.dropped(), sleeps.skipped()), (1, secs(600)));
    assert_eq!(ask(&service(9)).await, Ok(1));

    let (sleeps, slow) = (skip_sleeps(), service(3));
    assert_eq!((twice(&slow).await, sleeps.skipped()), (Ok(1), secs(180)));
    let (sleeps, slow) = (skip_sleeps(), service(7));
    let (answer, events) = record(twice(&slow)).await;
    assert!(is_timeout(&answer));
    assert_eq!(
        (events.names(), slow.dropped(), sleeps.skipped()),
        (vec!["timeout", "retry.exhausted"], 1, secs(300)),
        "6 min do not fit"
    );

    assert!(is_timeout(&on_a_thread(Arc::new(service(11)))));
    assert_eq!(on_a_thread(Arc::new(service(9))), Ok(1));
    assert!(is_timeout(&cooperative(&service(11))));
    assert_eq!(cooperative(&service(9)), Ok(1));
}

/// A real wait after a skipped delay has only the remaining time, which `remaining` shows.
#[tokio::test(start_paused = true)]
async fn skipped_delays_shorten_the_deadline() {
    #[timeout("10m")]
    #[retry(max = 1, base_delay = "9m", max_delay = "1h", jitter = false)]
    async fn ask(first: &Service) -> Answer {
        if first.calls() == 0 {
            return first.call().await;
        }
        assert_eq!(resilience::remaining(), Some(secs(60)));
        assert_eq!(resilience::deadline(), Some(Instant::now() + secs(60)));
        tokio::time::sleep(secs(61)).await;
        Ok(2)
    }

    let (_sleeps, begin) = (skip_sleeps(), Instant::now());
    assert!(is_timeout(&ask(&Service::new().then_fail(down)).await));
    assert_eq!(begin.elapsed(), secs(60));
}

#[tokio::test]
async fn waits_of_a_rate_limit_are_skipped_and_the_order_is_unchanged() {
    #[rate_limit(max = 1, per = "1m", wait = "1m")]
    async fn turn() -> Answer {
        Ok(1)
    }
    #[rate_limit(max = 1, per = "1m", wait = "1m")]
    fn turn_blocking() -> Answer {
        Ok(1)
    }
    #[rate_limit(max = 1, per = "1m", wait = "30s")]
    async fn impatient() -> Answer {
        Ok(1)
    }

    let _watchdog = Watchdog::start();
    let sleeps = skip_sleeps();
    assert_eq!(letters!(5, turn().await), "SSSSS", "nobody has to wait for more than one turn");
    assert!(sleeps.skipped() > secs(4 * 60 - 10) && sleeps.skipped() <= secs(4 * 60), "{sleeps:?}");
    let sleeps = skip_sleeps();
    assert_eq!(letters!(5, turn_blocking()), "SSSSS");
    assert!(sleeps.skipped() > secs(4 * 60 - 10) && sleeps.skipped() <= secs(4 * 60), "{sleeps:?}");
    let sleeps = skip_sleeps();
    assert_eq!(letters!(3, impatient().await), "SLL");
    assert_eq!(sleeps.skipped(), Duration::ZERO);
}

#[tokio::test]
async fn a_breaker_recovers_in_skipped_time() {
    #[retry(max = 3, base_delay = "40s", backoff = "constant", jitter = false, when = |_| true)]
    #[circuit_breaker(failure_threshold = 2, success_threshold = 1, recovery = "30s")]
    async fn ask(service: &Service) -> Answer {
        service.call().await
    }

    let _watchdog = Watchdog::start();
    let _sleeps = skip_sleeps();
    let service = Service::new().fail_times(2, down).then_ok(1);
    let (answer, events) = record(ask(&service)).await;
    assert_eq!((answer, service.calls()), (Ok(1), 3));
    assert_eq!(events.names().join(" "), "retry breaker.open retry breaker.half_open breaker.close");
}

#[tokio::test]
async fn sleeps_of_several_tasks_overlap() {
    let _watchdog = Watchdog::start();
    let (one, other) = (Service::new().fail_times(1, down).then_ok(1), Service::new().fail_times(2, down).then_ok(2));
    let sleeps = skip_sleeps();
    let both = futures_util::future::join(patient(&one), patient(&other)).await;
    assert_eq!((both, sleeps.skipped()), ((Ok(1), Ok(2)), secs(3 * 3600)));
}

/// A retry that skips its sleeps must still yield.
#[tokio::test]
async fn a_skipped_delay_lets_other_tasks_run() {
    #[retry(max = 1_000_000, base_delay = "1s", backoff = "constant", jitter = false, allow(unbounded_retry))]
    async fn until_told(told: &std::sync::atomic::AtomicBool) -> Answer {
        if told.load(std::sync::atomic::Ordering::Relaxed) { Ok(1) } else { Err(down()) }
    }

    let _watchdog = Watchdog::start();
    let _sleeps = skip_sleeps();
    let told = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let other = Arc::clone(&told);
    tokio::spawn(async move {
        // Also the timer of the runtime gets to run.
        tokio::time::sleep(millis(1)).await;
        other.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!(until_told(&told).await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_delay_is_not_slept() {
    let sleeps = skip_sleeps();
    assert!(poll_at_most(1, patient(&Service::new().then_fail(down))).await.is_none());
    assert_eq!(sleeps.skipped(), Duration::ZERO);
    assert!(poll_at_most(2, patient(&Service::new().then_fail(down))).await.is_none());
    assert_eq!(sleeps.skipped(), secs(3600));
}

/// Such a call waits for a permit, not for time.
#[test]
fn a_wait_for_a_bulkhead_permit_is_not_skipped() {
    #[bulkhead(max = 1, queue = 1, wait = "50ms")]
    fn alone(depth: u32) -> Result<u32, TestError> {
        if depth == 0 { Ok(0) } else { alone(depth - 1) }
    }

    let sleeps = skip_sleeps();
    let begin = std::time::Instant::now();
    assert!(alone(1).is_err_and(|error| error.is_full()));
    assert!(begin.elapsed() >= millis(50));
    assert_eq!(sleeps.skipped(), Duration::ZERO);
}

#[test]
fn a_manual_clock_works_with_skipped_sleeps() {
    for manual_first in [false, true] {
        let clock = manual_first.then(ManualClock::install);
        let sleeps = skip_sleeps();
        let clock = clock.unwrap_or_else(ManualClock::install);
        assert_eq!(patient_blocking(&Service::new().fail_times(1, down).then_ok(1)), Ok(1));
        assert_eq!(
            (clock.elapsed(), sleeps.skipped()),
            (secs(3600), Duration::ZERO),
            "the clock that one moves by hand"
        );
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        assert_eq!(runtime.block_on(patient(&Service::new().fail_times(1, down).then_ok(1))), Ok(1));
        assert_eq!((clock.elapsed(), sleeps.skipped()), (secs(2 * 3600), secs(3600)));
    }
}
