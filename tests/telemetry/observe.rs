//! The report of one call, the snapshot of all state, and the events.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::common::{Answer, Recorder, Script, TestError, millis, secs};
use resilience::{
    BreakerState, Report, RetryBudget, bulkhead, cached, circuit_breaker, fallback, observe, observe_blocking,
    rate_limit, retry, timeout,
};

/// A report without its elapsed time.
fn counts(report: &Report) -> Report {
    let mut counts = report.clone();
    counts.elapsed = Duration::ZERO;
    counts
}

/// `field=value` for each word, in order.
fn line(report: &Report, words: &str) -> String {
    let all = report.to_string();
    let fields: BTreeMap<&str, &str> = all.split(' ').filter_map(|field| field.split_once('=')).collect();
    let found: Vec<&str> = words.split(' ').map(|word| fields.get(word).copied().unwrap_or("-")).collect();
    found.join(" ")
}

// Reports

#[tokio::test(start_paused = true)]
async fn a_report_counts_the_whole_tree_of_a_call() {
    #[fallback(other)]
    #[retry(max = 2, base_delay = "1s", backoff = "constant", jitter = false)]
    #[circuit_breaker(failure_threshold = 3)]
    #[timeout(secs = 5)]
    async fn ask() -> Answer {
        std::future::pending().await
    }

    #[retry(max = 3, backoff = "none")]
    #[circuit_breaker]
    async fn other() -> Answer {
        tokio::task::yield_now().await;
        Ok(7)
    }

    let (answer, report) = observe(async { ask().await }).await;
    assert_eq!(answer, Ok(7));
    assert_eq!(report.elapsed, secs(5 * 3 + 2));
    assert_eq!(line(&report, "attempts retries timeouts rejections fallbacks degraded"), "4 2 3 0 1 true");
    assert_eq!(report.breaker, Some(BreakerState::Closed), "that of the fallback was the last one asked");

    let (answer, report) = observe(ask()).await;
    assert_eq!(answer, Ok(7));
    assert_eq!(line(&report, "attempts retries timeouts rejections fallbacks degraded"), "2 0 0 1 1 true");
}

#[test]
fn a_report_of_a_synchronous_call_counts_the_whole_tree() {
    #[fallback(value = 1)]
    #[retry(max = 2, backoff = "none")]
    fn ask(script: &Script<'_, crate::common::blocking::Clock>) -> Answer {
        script.run()
    }

    let clock = crate::common::blocking::Clock::start();
    let (answer, report) = observe_blocking(|| ask(&Script::fails(9, &clock)));
    assert_eq!(answer, Ok(1));
    assert_eq!(line(&report, "attempts retries fallbacks breaker degraded"), "3 2 1 - true");
}

#[tokio::test]
async fn a_report_shows_cache_hits_and_breaker_rejections() {
    #[cached]
    #[circuit_breaker(name = "observed", failure_threshold = 1)]
    async fn look_up(id: u32) -> Option<u32> {
        (id < 10).then_some(id)
    }

    let calls = |id| async move { counts(&observe(look_up(id)).await.1) };
    let (miss, hit, failed, rejected) = (calls(1).await, calls(1).await, calls(10).await, calls(2).await);
    assert_eq!(line(&miss, "cache_hits cache_misses breaker degraded"), "0 1 closed false");
    assert_eq!(line(&hit, "cache_hits cache_misses breaker rejections"), "1 0 - 0");
    assert_eq!(line(&failed, "breaker rejections"), "closed 0");
    assert_eq!(line(&rejected, "breaker rejections"), "open 1");
}

#[test]
fn a_report_shows_a_breaker_with_a_window_and_one_that_measures_its_calls() {
    #[circuit_breaker(window = 4, failure_rate = 0.5)]
    fn last_calls(up: bool) -> Option<u32> {
        up.then_some(1)
    }

    #[circuit_breaker(window = 4, failure_rate = 0.5, slow_call = "1h", slow_rate = 0.5)]
    fn timed(up: bool) -> Option<u32> {
        up.then_some(1)
    }

    for call in [last_calls, timed] {
        for up in [true, false] {
            assert_eq!(observe_blocking(|| call(up)).1.breaker, Some(BreakerState::Closed));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_report_shows_a_probe() {
    #[circuit_breaker(failure_threshold = 1, recovery = "10s")]
    async fn ask(up: bool) -> Option<u32> {
        up.then_some(1)
    }

    assert_eq!(ask(false).await, None);
    tokio::time::advance(secs(10)).await;
    let (answer, report) = observe(ask(true)).await;
    assert_eq!((answer, report.breaker), (Some(1), Some(BreakerState::HalfOpen)));
}

#[tokio::test(start_paused = true)]
async fn two_calls_in_one_task_have_separate_reports() {
    #[retry(max = 2, base_delay = "1s", jitter = false)]
    async fn fails(pause: Duration) -> Answer {
        tokio::time::sleep(pause).await;
        Err(TestError::Transient)
    }

    #[retry]
    async fn succeeds(pause: Duration) -> Answer {
        tokio::time::sleep(pause).await;
        Ok(1)
    }

    let both = futures_util::future::join(observe(fails(millis(7))), observe(succeeds(millis(11))));
    let (((_, failed), (_, succeeded)), all) = observe(both).await;
    assert_eq!((failed.attempts, succeeded.attempts, all.attempts), (3, 1, 4));
}

#[tokio::test]
async fn an_observation_that_is_dropped_or_panics_leaves_nothing_behind() {
    #[retry(max = 1, backoff = "none")]
    async fn panics() -> Answer {
        panic!("body")
    }

    let dropped = crate::common::poll_at_most(1, observe(std::future::pending::<()>())).await;
    assert!(dropped.is_none());
    let panicked = tokio::spawn(async { observe(panics()).await.0 }).await;
    assert!(panicked.is_err());
    assert_eq!(observe(async {}).await.1.attempts, 0);
}

#[test]
fn the_future_of_an_observed_call_is_send() {
    const fn send<T: Send>(_: &T) {}

    #[retry]
    async fn ask() -> Answer {
        Ok(1)
    }

    send(&observe(ask()));
}

// The snapshot

#[tokio::test]
async fn a_snapshot_contains_all_named_state() {
    #[cached(name = "snapshot: cache")]
    #[retry(backoff = "none", budget = "snapshot: budget")]
    #[circuit_breaker(name = "snapshot: breaker")]
    #[circuit_breaker(name = "snapshot: breakers", key = id)]
    #[bulkhead(name = "snapshot: bulkhead", max = 3)]
    #[bulkhead(name = "snapshot: bulkheads", max = 3, key = id)]
    #[rate_limit(name = "snapshot: limit", max = 30)]
    #[rate_limit(name = "snapshot: limits", max = 30, key = id)]
    async fn ask(id: u32) -> Option<u32> {
        Some(id)
    }

    assert_eq!((ask(1).await, ask(1).await), (Some(1), Some(1)));
    let snapshot = resilience::snapshot();
    let breaker = snapshot.breakers.iter().find(|breaker| breaker.name == "snapshot: breaker");
    assert_eq!(breaker.map(|breaker| breaker.state), Some(BreakerState::Closed));
    let budget = snapshot.budgets.iter().find(|budget| budget.name == "snapshot: budget");
    assert_eq!(budget.map(|budget| (budget.available, budget.capacity)), Some((100, 100)));
    let cache = snapshot.caches.iter().find(|cache| cache.name == "snapshot: cache");
    assert_eq!(cache.map(|cache| (cache.len, cache.stats.hits, cache.stats.misses)), Some((1, 1, 1)));

    let found = |names: Vec<&str>, name| names.contains(&name);
    let keyed = &snapshot.keyed_breakers;
    assert!(keyed.iter().any(|breakers| breakers.name == "snapshot: breakers" && breakers.closed == 1));
    let bulkheads = snapshot.bulkheads.iter().map(|bulkhead| &*bulkhead.name).collect();
    assert!(found(bulkheads, "snapshot: bulkhead"));
    let keyed = snapshot.keyed_bulkheads.iter().map(|bulkheads| &*bulkheads.name).collect();
    assert!(found(keyed, "snapshot: bulkheads"));
    let limiters = snapshot.rate_limiters.iter().map(|limiter| &*limiter.name).collect();
    assert!(found(limiters, "snapshot: limit"));
    let keyed = snapshot.keyed_rate_limiters.iter().map(|limiters| &*limiters.name).collect();
    assert!(found(keyed, "snapshot: limits"));

    let json = serde_json::to_value(&snapshot).expect("a snapshot is data");
    let breakers = json["breakers"].as_array().expect("breakers");
    let breaker = breakers.iter().find(|breaker| breaker["name"] == "snapshot: breaker").expect("the one above");
    assert_eq!(breaker["state"], "closed");
    let report = serde_json::to_value(observe(ask(1)).await.1).expect("a report is data");
    assert_eq!((&report["cache_hits"], &report["degraded"]), (&1.into(), &false.into()));
}

// Events

/// Each event with all of its fields, as the README lists them.
#[tokio::test(start_paused = true)]
async fn every_event_has_the_fields_of_its_row() {
    static EMPTY: RetryBudget = RetryBudget::new("events: budget").capacity(1).ratio(0.0).min_per_second(0);

    #[cached(name = "events: cache")]
    #[fallback(value = 1, when = |_| true)]
    #[retry(max = 9, base_delay = "250ms", jitter = false, budget = EMPTY)]
    #[circuit_breaker(name = "events: breaker", failure_threshold = 2, success_threshold = 1, recovery = "30s")]
    #[timeout(ms = 500)]
    async fn ask(up: bool) -> Result<u32, resilience::Error> {
        if up { Ok(2) } else { std::future::pending().await }
    }

    #[circuit_breaker(name = "events: breaker", failure_threshold = 3)]
    async fn other() -> Option<u32> {
        Some(1)
    }

    #[rate_limit(name = "events: limit", max = 1, per = "10s")]
    async fn gated(depth: u32) -> Option<u32> {
        Some(depth + 1)
    }

    /// Calls itself from inside of the bulkhead.
    #[bulkhead(name = "events: bulkhead", max = 1)]
    async fn alone(depth: u32) -> Option<u32> {
        if depth == 0 { Some(1) } else { Box::pin(alone(depth - 1)).await }
    }

    let recorder = Recorder::start();
    assert_eq!(ask(false).await, Ok(1));
    tokio::time::advance(secs(30)).await;
    assert_eq!(ask(true).await, Ok(2));
    assert_eq!(ask(true).await, Ok(2));
    assert_eq!(other().await, Some(1));
    assert_eq!((gated(0).await, gated(0).await), (Some(1), None));
    assert_eq!((alone(0).await, alone(1).await), (Some(1), None));

    let told: Vec<String> = recorder
        .events()
        .iter()
        .map(|event| {
            let fields = event.fields.iter().filter(|(name, _)| **name != "message");
            let fields: Vec<String> = fields.map(|(name, value)| format!("{name}={value}")).collect();
            format!("{} {}: {}", event.level, event.name, fields.join(" "))
        })
        .collect();
    let function = concat!(module_path!(), "::ask");
    let (gated, alone) = (concat!(module_path!(), "::gated"), concat!(module_path!(), "::alone"));
    let file = file!();
    let expected = [
        format!("TRACE cache.miss: cache=events: cache event=cache.miss function={function}"),
        format!("WARN timeout: event=timeout function={function} limit_ms=500"),
        format!(
            "WARN retry: attempt=1 category=transient delay_ms=250 event=retry function={function} max_attempts=10"
        ),
        format!("DEBUG timeout: event=timeout function={function} limit_ms=500"),
        format!(
            "WARN breaker.open: breaker=events: breaker event=breaker.open function={function} generation=1 recovery_ms=30000"
        ),
        format!("WARN retry.exhausted: attempts=2 event=retry.exhausted function={function} reason=rejected"),
        format!("WARN fallback: event=fallback function={function} step=1"),
        format!("DEBUG cache.skipped: cache=events: cache event=cache.skipped function={function} reason=degraded"),
        format!("TRACE cache.miss: cache=events: cache event=cache.miss function={function}"),
        format!(
            "INFO breaker.half_open: breaker=events: breaker event=breaker.half_open function={function} generation=2"
        ),
        format!("INFO breaker.close: breaker=events: breaker event=breaker.close function={function} generation=3"),
        format!("TRACE cache.hit: cache=events: cache event=cache.hit function={function}"),
    ];
    assert_eq!(told[..expected.len()], expected);
    let [conflict, limited, full] = &told[expected.len()..] else { panic!("{told:#?}") };
    assert_eq!(
        *limited,
        format!("WARN rate_limit: event=rate_limit function={gated} limiter=events: limit retry_after_ms=10000")
    );
    assert_eq!(*full, format!("WARN bulkhead.full: bulkhead=events: bulkhead event=bulkhead.full function={alone}"));
    assert!(
        conflict
            .starts_with("ERROR breaker.conflict: applies=first breaker=events: breaker event=breaker.conflict first="),
        "{conflict}"
    );
    assert!(conflict.contains(" first_settings=failure_threshold = 2, "), "{conflict}");
    assert!(conflict.contains(" second_settings=failure_threshold = 3, "), "{conflict}");
    assert_eq!(conflict.matches(file).count(), 2, "{conflict}");
}

/// BUG-F5: every argument contains a secret, and no event, error or report does.
#[tokio::test(start_paused = true)]
async fn no_argument_appears_in_any_event_error_or_report() {
    const SECRET: &str = "hunter2";

    #[cached(key = password, name = "secrets")]
    #[fallback(other)]
    #[retry(max = 1, backoff = "none")]
    #[circuit_breaker(name = "secrets", failure_threshold = 1)]
    #[timeout(ms = 5)]
    async fn ask(password: String) -> Result<usize, resilience::Error> {
        tokio::time::sleep(secs(1)).await;
        Ok(password.len())
    }

    #[timeout(ms = 1)]
    async fn other(password: String) -> Result<usize, resilience::Error> {
        tokio::time::sleep(secs(1)).await;
        Ok(password.len())
    }

    let recorder = Recorder::start();
    let mut told = Vec::new();
    for _ in 0..3 {
        let (answer, report) = observe(ask(SECRET.to_owned())).await;
        told.push(format!("{answer:?} {report:?} {report}"));
    }
    told.push(format!("{:?} {:?}", recorder.events(), resilience::snapshot()));
    assert!(recorder.events().len() > 8);
    assert!(told.iter().all(|text| !text.contains(SECRET)), "{told:#?}");
}
