//! The alert rules and the dashboard on a real Prometheus, which scrapes a program while it is hurt.

use std::collections::BTreeSet;
use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use operations::{Chart, Prometheus, free_port, ops, picture, program, read};
use resilience::testing::{FakeEngine, FakeStore};
use resilience::{
    Category, CircuitBreaker, Classify, Error, RetryBudget, bulkhead, cached, circuit_breaker, fallback, rate_limit,
    retry, timeout,
};
use serde_json::Value;

/// Whether each function has its fault.
static HURT: AtomicBool = AtomicBool::new(false);

fn is_hurt() -> bool {
    HURT.load(Ordering::Relaxed)
}

/// One of so many calls.
fn one_of(calls: u64) -> bool {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    CALLS.fetch_add(1, Ordering::Relaxed).is_multiple_of(calls)
}

#[derive(Debug, Clone)]
enum Failure {
    NotFound,
    Busy,
    Ours(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl Classify for Failure {
    fn category(&self) -> Category {
        match self {
            Self::NotFound => Category::Permanent,
            Self::Busy => Category::Transient,
            Self::Ours(error) => error.category(),
        }
    }
}

type Answer = Result<u64, Failure>;

fn unless(fails: bool, failure: Failure) -> Answer {
    if fails { Err(failure) } else { Ok(1) }
}

#[retry(max = 1, backoff = "none")]
#[circuit_breaker(
    name = "healthy",
    window = 100,
    failure_rate = 0.5,
    min_calls = 10,
    slow_call = "1s",
    slow_rate = 0.5
)]
#[bulkhead(name = "healthy", max = 10, queue = 10)]
#[rate_limit(name = "healthy", max = 1_000, wait = "1s")]
#[timeout(secs = 5)]
async fn healthy() -> Answer {
    Ok(1)
}

/// Half of what callers look for does not exist.
#[retry(max = 3, backoff = "none")]
#[circuit_breaker(name = "not_found", key = shop, failure_threshold = 3)]
async fn not_found(shop: u8) -> Answer {
    unless(shop == 0, Failure::NotFound)
}

static UNCALLED: CircuitBreaker = CircuitBreaker::new("uncalled");

#[circuit_breaker(shared = UNCALLED)]
async fn uncalled() -> Answer {
    Ok(1)
}

#[circuit_breaker(name = "fails", window = 100, failure_rate = 0.5)]
async fn fails() -> Answer {
    unless(is_hurt() && one_of(5), Failure::Busy)
}

#[timeout(secs = 30)]
async fn slow() -> Answer {
    tokio::time::sleep(Duration::from_millis(if is_hurt() { 6_000 } else { 100 })).await;
    Ok(1)
}

#[fallback(value = 0)]
async fn degraded() -> Answer {
    unless(is_hurt() && one_of(3), Failure::Busy)
}

#[circuit_breaker(name = "broken", failure_threshold = 3, recovery = "1h", when = |_| true)]
async fn broken() -> Answer {
    unless(is_hurt(), Failure::NotFound)
}

/// Nine of 20 calls fail, and ten would open it.
#[circuit_breaker(name = "near", window = 20, min_calls = 10, failure_rate = 0.5, when = |_| true)]
async fn near(call: u64) -> Answer {
    unless(is_hurt() && call % 20 < 18 && call % 2 == 0, Failure::NotFound)
}

#[retry(max = 1, backoff = "none")]
async fn amplified() -> Answer {
    unless(is_hurt() && resilience::attempt() == 1, Failure::Busy)
}

static EMPTY: RetryBudget = RetryBudget::new("empty").capacity(1).ratio(0.0).min_per_second(0);

#[retry(max = 3, backoff = "none", when = |_| true, budget = EMPTY)]
async fn poor() -> Answer {
    unless(is_hurt(), Failure::NotFound)
}

#[bulkhead(name = "full", max = 1)]
async fn full() -> Answer {
    tokio::time::sleep(Duration::from_millis(if is_hurt() { 30 } else { 0 })).await;
    Ok(1)
}

#[cached(name = "misses", max_size = 100, ttl = "1h", stale_if_error = "1h")]
async fn misses(id: u64) -> Answer {
    Ok(id)
}

#[cached(name = "hits", max_size = 100)]
async fn hits(id: u64) -> Answer {
    Ok(id)
}

static FLEET: FakeStore = FakeStore::new("fleet");

#[rate_limit(name = "shared", max = 1_000, store = FLEET)]
async fn shared() -> Answer {
    Ok(1)
}

/// Calls each 20 ms, or when the last call has ended.
macro_rules! callers {
    ($($times:literal * $call:expr;)*) => {$(
        for _ in 0..$times {
            tokio::spawn(async {
                let mut every = tokio::time::interval(Duration::from_millis(20));
                every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
                for call in 0_u64.. {
                    every.tick().await;
                    let _answer = $call(call).await;
                }
            });
        }
    )*};
}

const FAULTS: [&str; 10] = [
    "BreakerNearOpening near",
    "BreakerRejecting broken",
    "BulkheadFull full",
    "CacheHitRateLow misses",
    "FallbacksHigh degraded",
    "LatencyHigh slow",
    "RetryAmplification amplified",
    "RetryBudgetEmpty empty",
    "StoreAway fleet",
    "UnexpectedErrors fails",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_alert_fires_for_its_fault_and_for_nothing_else_and_each_panel_shows_something() {
    let target = free_port();
    let buckets = resilience::duration_buckets(Duration::from_secs(30));
    PrometheusBuilder::new()
        .with_http_listener((Ipv4Addr::LOCALHOST, target))
        .set_buckets_for_metric(Matcher::Full("resilience_call_duration_seconds".to_owned()), &buckets)
        .and_then(|builder| {
            builder.set_buckets_for_metric(Matcher::Full("resilience_breaker_open_seconds".to_owned()), &buckets)
        })
        .and_then(PrometheusBuilder::install)
        .expect("the first recorder");
    resilience::describe_metrics();
    let Some(prometheus) = Prometheus::scrape(target) else { return };

    let engine = FakeEngine::new();
    FLEET.connect(&engine);
    assert!(uncalled().await.is_ok());
    UNCALLED.force_open();
    assert!(uncalled().await.is_err(), "it is open, and nobody calls it again");
    callers! {
        1 * async |_| healthy().await;
        1 * async |call: u64| not_found(u8::from(call % 2 == 0)).await;
        1 * async |_| fails().await;
        30 * async |_| slow().await;
        1 * async |_| degraded().await;
        1 * async |_| broken().await;
        1 * near;
        1 * async |_| amplified().await;
        1 * async |_| poor().await;
        1 * async |_| full().await;
        1 * async |_| if is_hurt() { full().await } else { Ok(0) };
        1 * async |call: u64| misses(if is_hurt() { call } else { 0 }).await;
        1 * async |call: u64| hits(call % 10).await;
        1 * async |_| shared().await;
    }
    tokio::spawn(async {
        let switched = CircuitBreaker::new("switched");
        loop {
            switched.force_open();
            tokio::time::sleep(Duration::from_millis(500)).await;
            switched.close();
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    });

    tokio::time::sleep(Duration::from_secs(12)).await;
    assert_eq!(
        prometheus.firing(),
        [""; 0],
        "nothing is hurt, although half of the answers are 404s and a breaker is open"
    );
    HURT.store(true, Ordering::Relaxed);
    engine.stop();
    let start = Instant::now();
    while prometheus.firing() != FAULTS {
        assert!(start.elapsed() < Duration::from_secs(60), "{:#?}", prometheus.firing());
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    // They stay, and none joins them.
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(prometheus.firing(), FAULTS);

    let charts: Vec<Chart> = panels().iter().map(|panel| chart(&prometheus, panel)).collect();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/dashboard.svg");
    if std::env::var_os("UPDATE_PICTURE").is_some() {
        fs::write(&page, picture(&charts)).expect("the picture");
    }
    let drawn = read(&page);
    let missing: Vec<&str> = charts.iter().map(|chart| &*chart.title).filter(|title| !drawn.contains(title)).collect();
    assert!(missing.is_empty(), "docs/dashboard.svg has no {missing:?}; run this with UPDATE_PICTURE=1");
}

/// The panels of the dashboard, without the rows between them.
fn panels() -> Vec<Value> {
    let panels = dashboard()["panels"].as_array().cloned().expect("panels");
    panels.into_iter().filter(|panel| panel["type"] != "row").collect()
}

fn dashboard() -> Value {
    serde_json::from_str(&read(&ops().join("grafana-dashboard.json"))).expect("JSON")
}

/// The lines of a panel, the highest first.
fn chart(prometheus: &Prometheus, panel: &Value) -> Chart {
    const MOST_LINES: usize = 6;
    let title = panel["title"].as_str().expect("a title").to_owned();
    let mut lines = Vec::new();
    for target in panel["targets"].as_array().expect("queries") {
        let mut query = target["expr"].as_str().expect("a query").replace("[$__rate_interval]", "[10s]");
        for variable in ["job", "function", "name"] {
            query = query.replace(&format!("${variable}"), ".*");
        }
        assert!(!query.contains('$'), "{title}: an unknown variable in {query}");
        let found = prometheus.query_range(&query, 40);
        let series = found.as_array().filter(|series| !series.is_empty());
        for series in series.unwrap_or_else(|| panic!("{title}: nothing is found by {query}")) {
            lines.push((legend(target, &series["metric"]), points(&series["values"])));
        }
    }
    let highest = |points: &[(f64, f64)]| points.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    lines.sort_by(|(_, one), (_, other)| highest(other).total_cmp(&highest(one)));
    lines.truncate(MOST_LINES);
    Chart { title, lines }
}

fn legend(target: &Value, labels: &Value) -> String {
    let mut text = target["legendFormat"].as_str().expect("a legend").to_owned();
    for label in ["function", "name", "result", "category", "layer", "reason", "outcome", "step", "to"] {
        text = text.replace(&format!("{{{{{label}}}}}"), labels[label].as_str().unwrap_or(""));
    }
    assert!(!text.contains('{'), "an unknown label in {text}");
    text.replace("real::", "").trim().to_owned()
}

fn points(values: &Value) -> Vec<(f64, f64)> {
    let point =
        |value: &Value| Some((value[0].as_f64()?, value[1].as_str()?.parse().ok().filter(|it: &f64| it.is_finite())?));
    values.as_array().into_iter().flatten().filter_map(point).collect()
}

/// What Grafana's import asks for: a schema version, panels with numbers, places and queries, and variables.
#[test]
fn the_dashboard_has_the_form_that_grafana_imports() {
    let dashboard = dashboard();
    assert_eq!((&dashboard["uid"], &dashboard["schemaVersion"]), (&"resilience".into(), &39.into()));
    let mut places = BTreeSet::new();
    let mut numbers = BTreeSet::new();
    for panel in dashboard["panels"].as_array().expect("panels") {
        let of_grid = |key: &str| panel["gridPos"][key].as_u64().unwrap_or_else(|| panic!("{panel}"));
        for (x, y) in (0..of_grid("w")).flat_map(|x| (0..of_grid("h")).map(move |y| (x, y))) {
            let place = (of_grid("x") + x, of_grid("y") + y);
            assert!(place.0 < 24 && places.insert(place), "two panels at {place:?}");
        }
        assert!(numbers.insert(panel["id"].as_u64().expect("a number")), "two panels of one number");
        assert!(["row", "timeseries", "state-timeline"].iter().any(|kind| panel["type"] == *kind));
        assert!(panel["type"] == "row" || panel["description"].as_str().is_some_and(|text| text.ends_with('.')));
        let mut references = BTreeSet::new();
        for target in panel["targets"].as_array().into_iter().flatten() {
            assert!(references.insert(target["refId"].as_str().expect("a reference")), "two queries of one name");
            assert_eq!(target["datasource"]["uid"], "${datasource}");
        }
    }
    let variables = dashboard["templating"]["list"].as_array().expect("variables");
    let names: Vec<&str> = variables.iter().filter_map(|variable| variable["name"].as_str()).collect();
    assert_eq!(names, ["datasource", "job", "function", "name"]);
}

#[test]
fn the_rules_pass_the_tests_of_promtool() {
    let Some(promtool) = program("promtool") else { return };
    let run = |arguments: &[&str]| {
        let out = Command::new(&promtool).args(arguments).current_dir(ops()).output().expect("it runs");
        assert!(
            out.status.success(),
            "{}{}",
            String::from_utf8_lossy(&out.stdout),
            String::from_utf8_lossy(&out.stderr)
        );
    };
    run(&["check", "rules", "alerts.yml"]);
    run(&["test", "rules", "alerts_test.yml"]);
}

/// Each alert has a section in the runbook, and each section an alert.
#[test]
fn the_runbook_has_a_section_for_each_alert() {
    let rules = read(&ops().join("alerts.yml"));
    let alerts: BTreeSet<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    let page = read(&ops().join("../docs/operations.md"));
    let sections: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .filter(|title| title.starts_with("Resilience"))
        .collect();
    assert_eq!(alerts, sections);
    assert_eq!(alerts.len(), FAULTS.len(), "each has a fault above");
    for field in ["severity:", "summary:", "description:", "runbook:"] {
        assert_eq!(rules.matches(field).count(), alerts.len(), "{field}");
    }
}
