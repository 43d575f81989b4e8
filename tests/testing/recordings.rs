//! Recordings keep the events of a call.

use std::collections::{BTreeMap, BTreeSet};

use resilience::testing::{self, Events, RecordedEvent, Script, record, record_blocking, skip_sleeps};
use resilience::{RetryBudget, bulkhead, cached, circuit_breaker, fallback, observe, rate_limit, retry, timeout};

use crate::common::{Answer, Recorder, TestError, Watchdog, poll_at_most, secs};
use crate::{Service, down, panic_of, told};

fn recorded(events: &Events) -> Vec<(&'static str, BTreeMap<String, String>)> {
    let field = |(key, value): (&str, &testing::Value)| match value.as_duration() {
        Some(time) => (format!("{key}_ms"), time.as_millis().to_string()),
        None => (key.to_owned(), value.to_string()),
    };
    events.iter().map(|event| (event.name(), event.fields().map(field).collect())).collect()
}

/// All events except those about conflicting configurations.
#[tokio::test(start_paused = true)]
async fn a_recording_keeps_the_events_of_tracing_in_order() {
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

    let expected = "cache.miss timeout retry timeout breaker.open retry.exhausted fallback cache.miss breaker.half_open \
                    breaker.close cache.hit rate_limit bulkhead.full breaker.open breaker.keys_full";
    assert_eq!(events.names().join(" "), expected);
    assert_eq!(recorded(&events), told(&recorder));

    let function = concat!(module_path!(), "::ask");
    let retry: Vec<(&str, String)> = events[2].fields().map(|(key, value)| (key, value.to_string())).collect();
    let fields = [("attempt", "1"), ("max_attempts", "10"), ("delay", "250ms"), ("category", "transient")];
    assert_eq!(retry[0], ("function", function.to_owned()));
    assert_eq!(retry[1..], fields.map(|(key, value)| (key, value.to_owned())));
    assert_eq!(events.of("rate_limit")[0]["retry_after"], secs(10));
    assert_eq!(events.of("breaker.open")[0]["recovery"], secs(30));
    assert_eq!(events[1].to_string(), format!("timeout function={function} limit=500ms"));
}

#[test]
fn a_field_compares_with_its_value() {
    #[retry(max = 1, base_delay = "1s", jitter = false)]
    fn ask(service: &Service) -> Answer {
        service.call_blocking()
    }

    let _sleeps = skip_sleeps();
    let (_, events) = record_blocking(|| ask(&Service::new().then_fail(down)));
    let retry: &RecordedEvent = &events[0];
    assert_eq!(events.names(), ["retry", "retry.exhausted"]);
    assert!(
        retry["attempt"] == 1
            && retry["attempt"] == 1_u32
            && retry["attempt"] == 1_u64
            && retry["max_attempts"] == 2_usize
    );
    assert!(retry["attempt"] != 2 && retry["attempt"] != -1 && retry["attempt"] != secs(1) && retry["attempt"] != "1");
    assert!(retry["delay"] == secs(1) && retry["delay"] != 1 && retry["category"] == "unclassified");
    assert_eq!((retry["attempt"].as_u64(), retry["attempt"].as_str()), (Some(1), None));
    assert_eq!(retry.get("retries"), None);
    let message = panic_of(|| retry["retries"].clone());
    assert!(message.contains("the event `retry function="), "{message}");
    assert!(message.contains("` has no field `retries`"), "{message}");
}

/// A test that something has not happened must not pass because of a typo.
#[test]
fn event_names_match_the_readme() {
    let ((), events) = record_blocking(|| ());
    let known = panic_of(|| events.of("rerty").len());
    let known = known.split_once("use one of ").expect("a list").1.split(", ").map(str::to_owned);

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
    assert_eq!((inner.names(), report.retries), (vec!["retry", "retry.exhausted"], 1));
    assert_eq!((between.0.names(), between.1.retries), (vec!["retry", "retry.exhausted"], 1));
    assert_eq!(outer.names(), ["retry", "retry.exhausted", "retry", "retry.exhausted"]);
    assert_eq!(outer.into_iter().filter(|event| event.name() == "retry").count(), 2);
}

/// A recording covers its task, wherever that runs, and threads that work for it, but no other task, as `observe` does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_covers_its_call_and_nothing_else() {
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

/// No lock is held while an error is displayed.
#[test]
fn an_error_may_record_while_it_is_displayed() {
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
