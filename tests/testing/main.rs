#![deny(warnings)]
//! What `resilience::testing` promises, but for the reset and the server: scripts, recordings, and sleeps that are skipped.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use common::{Answer, Recorder, TestError, Watchdog, millis, poll_at_most, secs};
use resilience::testing::{self, Event, Events, ManualClock, Script, record, record_blocking, skip_sleeps};
use resilience::{
    RetryBudget, bulkhead, cached, circuit_breaker, fallback, observe, observe_blocking, rate_limit, retry, timeout,
};
use tokio::time::Instant;

type Service = Script<u32, TestError>;

fn down() -> TestError {
    TestError::Transient
}

/// The message of the panic that `call` ends with.
fn panic_of<T>(call: impl FnOnce() -> T) -> String {
    let panic = catch_unwind(AssertUnwindSafe(call)).err().expect("a panic");
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).expect("a panic with a message")
}

// Scripts

/// One letter a call.
fn letters(answers: &[Answer]) -> String {
    answers.iter().map(common::letter).collect()
}

#[tokio::test]
async fn a_script_answers_in_the_order_in_which_it_is_written_and_its_last_step_lasts() {
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
fn a_script_stands_behind_every_attribute() {
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
async fn a_call_that_the_script_knows_nothing_of_panics_and_says_why() {
    let script = Service::new().fail_times(1, down).ok_times(2, 1);
    let answers = [script.call_blocking(), script.call_blocking(), script.call().await];
    assert_eq!(letters(&answers), "FSS");
    let message = panic_of(|| script.call_blocking());
    assert!(message.contains("how 3 calls end, and this is call 4"), "{message}");
    let awaited = tokio::spawn(async move { script.call().await }).await;
    assert!(awaited.is_err_and(|error| error.is_panic()));

    let empty = panic_of(|| Service::new().call_blocking());
    assert!(empty.contains("the script is empty"), "{empty}");
    let early = panic_of(|| Service::new().delayed(secs(1)));
    assert!(early.contains("there is none"), "{early}");
}

#[tokio::test(start_paused = true)]
async fn a_delayed_step_takes_its_time_with_each_of_its_calls() {
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
    assert!(common::is_timeout(&ask(&service).await));
    assert_eq!((service.calls(), service.running(), service.dropped()), (1, 0, 1));
    assert!(common::is_timeout(&ask(&service).await));
    assert_eq!((ask(&service).await, service.dropped()), (Ok(2), 2));
}

#[test]
fn a_synchronous_call_does_not_hang_but_says_what_to_write() {
    let service = Service::new().then_hang();
    let message = panic_of(|| service.call_blocking());
    assert!(message.contains("`.delayed(..)`"), "{message}");
    assert_eq!((service.calls(), service.running(), service.dropped()), (1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_is_dropped_only_before_its_end() {
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
        let end = task.await.map_or('P', |answer| common::letter(&answer));
        *ends.entry(end).or_insert(0) += 1;
    }
    assert_eq!(ends, BTreeMap::from([('F', 10), ('P', 1), ('S', 19)]));
    assert_eq!((service.calls(), service.running(), service.dropped()), (30, 0, 0));
}

/// No lock of ours is held while a function of the user's runs.
#[test]
fn a_step_may_call_the_script_again() {
    static SCRIPT: LazyLock<Service> = LazyLock::new(|| {
        Service::new().then(|| SCRIPT.call_blocking().map(|value| value + SCRIPT.running())).then_ok(40)
    });
    assert_eq!(SCRIPT.call_blocking(), Ok(41));
    assert_eq!((SCRIPT.calls(), SCRIPT.running()), (2, 0));
}

#[test]
fn a_script_is_shared_between_threads_whatever_it_answers() {
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

// Recordings

/// What tracing got, as a recording tells it.
fn told(recorder: &Recorder) -> Vec<(&'static str, BTreeMap<String, String>)> {
    let events = recorder.events().into_iter().map(|event| {
        let fields = event.fields.into_iter().filter(|(key, _)| *key != "message");
        (event.name, fields.map(|(key, value)| (key.to_owned(), value)).collect())
    });
    events.collect()
}

fn recorded(events: &Events) -> Vec<(&'static str, BTreeMap<String, String>)> {
    let field = |(key, value): (&str, &testing::Value)| match value.as_duration() {
        Some(time) => (format!("{key}_ms"), time.as_millis().to_string()),
        None => (key.to_owned(), value.to_string()),
    };
    events.iter().map(|event| (event.name(), event.fields().map(field).collect())).collect()
}

/// All events that can be brought about without a second configuration under one name.
#[tokio::test(start_paused = true)]
async fn a_recording_keeps_what_tracing_gets_in_its_order() {
    static EMPTY: RetryBudget = RetryBudget::new("recorded: budget").capacity(1).ratio(0.0).min_per_second(0);

    #[cached(name = "recorded: cache", ttl = 3, stale_if_error = "1h")]
    #[retry(max = 9, base_delay = "250ms", jitter = false, budget = EMPTY)]
    #[circuit_breaker(name = "recorded: breaker", failure_threshold = 2, success_threshold = 1, recovery = "30s")]
    #[timeout(ms = 500)]
    async fn ask(up: bool) -> Result<u32, resilience::Error> {
        if up { Ok(2) } else { std::future::pending().await }
    }

    #[fallback(value = 1, when = |_| true)]
    async fn degraded(up: bool) -> Result<u32, resilience::Error> {
        ask(up).await
    }

    #[rate_limit(name = "recorded: limit", max = 1, per = "10s")]
    async fn gated() -> Option<u32> {
        Some(1)
    }

    #[bulkhead(name = "recorded: bulkhead", max = 1)]
    async fn alone(depth: u32) -> Option<u32> {
        if depth == 0 { Some(1) } else { Box::pin(alone(depth - 1)).await }
    }

    #[circuit_breaker(name = "recorded: breakers", failure_threshold = 1, max_keys = 1, key = key)]
    async fn keyed(key: u32) -> Option<u32> {
        key.checked_sub(1)
    }

    let recorder = Recorder::start();
    let ((), events) = record(async {
        assert_eq!(degraded(false).await, Ok(1));
        tokio::time::advance(secs(30)).await;
        assert_eq!((ask(true).await, ask(true).await), (Ok(2), Ok(2)));
        assert_eq!((gated().await, gated().await), (Some(1), None));
        assert_eq!((alone(0).await, alone(1).await), (Some(1), None));
        assert_eq!((keyed(0).await, keyed(1).await), (None, Some(0)));
    })
    .await;

    let expected = "cache.miss timeout retry timeout breaker.open retry.budget fallback cache.miss breaker.half_open \
                    breaker.close cache.hit rate_limit bulkhead.full breaker.open breaker.keys_full";
    assert_eq!(events.names().join(" "), expected);
    assert_eq!(recorded(&events), told(&recorder));

    let function = concat!(module_path!(), "::ask");
    let retry: Vec<(&str, String)> = events[2].fields().map(|(key, value)| (key, value.to_string())).collect();
    let fields = [("attempt", "1"), ("max", "10"), ("delay", "250ms"), ("category", "transient")];
    assert_eq!(retry[0], ("function", function.to_owned()));
    assert_eq!(retry[1..], fields.map(|(key, value)| (key, value.to_owned())));
    assert_eq!(events.of("rate_limit")[0]["retry_after"], secs(10));
    assert_eq!(events.of("breaker.open")[0]["recovery"], secs(30));
    assert_eq!(events[1].to_string(), format!("timeout function={function} limit=500ms"));
}

#[test]
fn a_field_is_compared_with_what_is_in_it() {
    #[retry(max = 1, base_delay = "1s", jitter = false)]
    fn ask(service: &Service) -> Answer {
        service.call_blocking()
    }

    let _sleeps = skip_sleeps();
    let (_, events) = record_blocking(|| ask(&Service::new().then_fail(down)));
    let retry: &Event = &events[0];
    assert_eq!((retry.name(), events.len()), ("retry", 1));
    assert!(retry["attempt"] == 1 && retry["attempt"] == 1_u32 && retry["attempt"] == 1_u64 && retry["max"] == 2_usize);
    assert!(retry["attempt"] != 2 && retry["attempt"] != -1 && retry["attempt"] != secs(1) && retry["attempt"] != "1");
    assert!(retry["delay"] == secs(1) && retry["delay"] != 1 && retry["category"] == "unclassified");
    assert_eq!((retry["attempt"].as_u64(), retry["attempt"].as_str()), (Some(1), None));
    assert_eq!(retry.get("retries"), None);
    let message = panic_of(|| retry["retries"].clone());
    assert!(message.contains("no field is called `retries` in the event `retry function="), "{message}");
}

/// A test of what has not happened must not pass because of a slip of the pen.
#[test]
fn the_names_of_events_are_those_of_the_readme() {
    let ((), events) = record_blocking(|| ());
    let known = panic_of(|| events.of("rerty").len());
    let known = known.split_once("there are ").expect("a list").1.split(", ").map(str::to_owned);

    let readme = include_str!("../../docs/observability.md");
    let table = readme.split_once("| event | level | fields |").expect("the table").1;
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.split('|').nth(1)).filter(|cell| cell.contains('`'));
    let names = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned));
    assert_eq!(known.collect::<BTreeSet<_>>(), names.collect());
}

#[tokio::test(start_paused = true)]
async fn recordings_and_observations_nest() {
    #[retry(max = 1, jitter = false)]
    async fn ask(service: &Service) -> Answer {
        service.call().await
    }

    let service = Service::new().then_fail(down);
    let (((inner, report), between), outer) = record(async {
        let inner = record(observe(ask(&service))).await;
        let ((_, report), events) = inner;
        ((events, report), observe(async { record(ask(&service)).await.1 }).await)
    })
    .await;
    assert_eq!((inner.names(), report.retries), (vec!["retry"], 1));
    assert_eq!((between.0.names(), between.1.retries), (vec!["retry"], 1));
    assert_eq!(outer.names(), ["retry", "retry"]);
    assert_eq!(outer.into_iter().map(|event| event.name()).collect::<String>(), "retryretry");
}

/// The same rules as for `observe`: its task, wherever that runs, and a thread that works for it, but no other task.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_follows_its_call_and_nothing_else() {
    #[retry(max = 20, base_delay = "1ms", max_delay = "1ms", jitter = false)]
    async fn ask(service: &Service) -> Answer {
        tokio::task::yield_now().await;
        service.call().await
    }

    #[timeout(secs = 60, mode = "thread")]
    fn on_a_thread() -> Result<u32, TestError> {
        fell_back()
    }

    #[fallback(value = 5)]
    fn fell_back() -> Answer {
        Err(down())
    }

    let calls: Vec<_> = (1..20)
        .map(|times| {
            let service = Service::new().fail_times(times, down).then_ok(0);
            tokio::spawn(async move { (times, record(ask(&service)).await.1) })
        })
        .collect();
    for call in calls {
        let (times, events) = call.await.expect("no panic");
        let attempts: Vec<u32> = events.iter().filter_map(|event| event["attempt"].as_u64()?.try_into().ok()).collect();
        assert_eq!(attempts, (1..=times).collect::<Vec<_>>());
    }

    let (answer, events) = record_blocking(on_a_thread);
    assert_eq!((answer, events.names()), (Ok(5), vec!["fallback"]));
    let (_, events) = record(tokio::spawn(async { fell_back() })).await;
    assert_eq!(events.names(), [""; 0]);
}

#[tokio::test]
async fn a_recording_that_is_dropped_or_panics_leaves_nothing_behind() {
    #[fallback(value = 1)]
    async fn fell_back() -> Answer {
        Err(down())
    }

    let endless = record(async {
        let _answer = fell_back().await;
        std::future::pending::<()>().await;
    });
    assert!(poll_at_most(1, endless).await.is_none());
    assert!(tokio::spawn(record(async { panic!("body") })).await.is_err());
    assert_eq!(panic_of(|| record_blocking(|| panic!("body"))), "body");
    assert_eq!(record(fell_back()).await.1.names(), ["fallback"]);
}

/// No lock of ours is held while an error of the user's is shown.
#[test]
fn an_error_that_is_shown_may_be_recorded_itself() {
    #[derive(Debug, thiserror::Error)]
    #[error("{}", inner().map_or_else(|error| error.to_string(), |value| value.to_string()))]
    struct Talkative;

    #[fallback(value = 7)]
    fn inner() -> Answer {
        Err(down())
    }

    #[retry(max = 1, backoff = "none", log_errors = true)]
    fn ask(service: &Script<u32, Talkative>) -> Result<u32, Talkative> {
        service.call_blocking()
    }

    let _watchdog = Watchdog::start();
    let (answer, events) = record_blocking(|| ask(&Script::new().fail_times(1, || Talkative).then_ok(1)));
    assert!(answer.is_ok_and(|answer| answer == 1));
    assert_eq!(events.of("retry")[0]["error"], "7");
    assert_eq!(events.names(), ["fallback", "retry"]);
}

// Sleeps

#[retry(max = 3, base_delay = "1h", max_delay = "10h", jitter = false, allow(unbounded_retry))]
async fn patient(service: &Service) -> Answer {
    service.call().await
}

#[retry(max = 3, base_delay = "1h", max_delay = "10h", jitter = false, allow(unbounded_retry))]
fn patient_blocking(service: &Service) -> Answer {
    service.call_blocking()
}

#[tokio::test]
async fn pauses_are_skipped_and_told_as_ever() {
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
async fn sleeps_are_back_when_the_last_guard_is_gone() {
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
fn sleeps_of_another_thread_are_its_own() {
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
async fn limits_are_decided_with_the_delays_that_were_skipped() {
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

/// What would have taken too long has taken too long.
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
    assert!(common::is_timeout(&ask(&slow).await));
    assert_eq!((slow.dropped(), sleeps.skipped()), (1, secs(600)));
    assert_eq!(ask(&service(9)).await, Ok(1));

    let (sleeps, slow) = (skip_sleeps(), service(3));
    assert_eq!((twice(&slow).await, sleeps.skipped()), (Ok(1), secs(180)));
    let (sleeps, slow) = (skip_sleeps(), service(7));
    let (answer, events) = record(twice(&slow)).await;
    assert!(common::is_timeout(&answer));
    assert_eq!((events.names(), slow.dropped(), sleeps.skipped()), (vec!["timeout"], 1, secs(300)), "6 min do not fit");

    assert!(common::is_timeout(&on_a_thread(Arc::new(service(11)))));
    assert_eq!(on_a_thread(Arc::new(service(9))), Ok(1));
    assert!(common::is_timeout(&cooperative(&service(11))));
    assert_eq!(cooperative(&service(9)), Ok(1));
}

/// A real wait behind a pause that was skipped has only what is left, and code inside can read how much that is.
#[tokio::test(start_paused = true)]
async fn what_was_skipped_is_gone_from_the_deadline() {
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
    assert!(common::is_timeout(&ask(&Service::new().then_fail(down)).await));
    assert_eq!(begin.elapsed(), secs(60));
}

#[tokio::test]
async fn waits_for_a_turn_are_skipped_and_the_turns_are_the_same() {
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
async fn a_breaker_recovers_in_the_time_that_was_skipped() {
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

/// A retry that sleeps no more must not keep the thread for itself.
#[tokio::test]
async fn a_pause_that_is_skipped_lets_others_run() {
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
async fn a_pause_that_is_dropped_has_not_been_slept() {
    let sleeps = skip_sleeps();
    assert!(poll_at_most(1, patient(&Service::new().then_fail(down))).await.is_none());
    assert_eq!(sleeps.skipped(), Duration::ZERO);
    assert!(poll_at_most(2, patient(&Service::new().then_fail(down))).await.is_none());
    assert_eq!(sleeps.skipped(), secs(3600));
}

/// It is a place that is waited for, not the time.
#[test]
fn a_wait_for_a_place_is_not_skipped() {
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
fn a_manual_clock_goes_together_with_skipped_sleeps() {
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
