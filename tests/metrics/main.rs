#![deny(warnings)]
//! What is counted and measured: each metric, with exact numbers, and nothing of what a caller sends.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use common::{Answer, TestError, Watchdog, millis, poll_at_most, secs};
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, LocalRecorderGuard, Metadata, Recorder,
    SharedString, Unit,
};
use resilience::{
    BreakerState, CircuitBreaker, Policy, RetryBudget, bulkhead, cached, circuit_breaker, fallback, policy, rate_limit,
    retry, timeout,
};

/// The values of one series, as they came.
#[derive(Debug, Clone, Default)]
struct Told {
    /// Of a counter or a gauge, what it shows.
    value: f64,
    lowest: f64,
    highest: f64,
    /// Of a histogram.
    samples: Option<Vec<f64>>,
}

/// Keeps everything it is told.
#[derive(Default)]
struct Seen {
    series: Arc<Mutex<BTreeMap<Key, Told>>>,
    described: Mutex<BTreeMap<String, (&'static str, Option<Unit>)>>,
}

struct Series {
    all: Arc<Mutex<BTreeMap<Key, Told>>>,
    key: Key,
}

impl Series {
    fn change(&self, change: impl FnOnce(&mut Told)) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let told = all.entry(self.key.clone()).or_default();
        change(told);
        told.lowest = told.lowest.min(told.value);
        told.highest = told.highest.max(told.value);
    }
}

impl CounterFn for Series {
    fn increment(&self, value: u64) {
        self.change(|told| told.value += f64::from(u32::try_from(value).expect("few")));
    }
    fn absolute(&self, _: u64) {
        unreachable!("nothing counts like this");
    }
}

impl GaugeFn for Series {
    fn increment(&self, value: f64) {
        self.change(|told| told.value += value);
    }
    fn decrement(&self, value: f64) {
        self.change(|told| told.value -= value);
    }
    fn set(&self, value: f64) {
        self.change(|told| told.value = value);
    }
}

impl HistogramFn for Series {
    fn record(&self, value: f64) {
        self.change(|told| told.samples.get_or_insert_default().push(value));
    }
}

impl Recorder for Seen {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe("counter", &key, unit, &description);
    }
    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe("gauge", &key, unit, &description);
    }
    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe("histogram", &key, unit, &description);
    }
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.of(key))
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.of(key))
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.of(key))
    }
}

impl Seen {
    /// The recorder of this thread, until what comes back is dropped.
    fn here(&self) -> LocalRecorderGuard<'_> {
        metrics::set_default_local_recorder(self)
    }

    fn of(&self, key: &Key) -> Arc<Series> {
        Arc::new(Series { all: Arc::clone(&self.series), key: key.clone() })
    }

    fn describe(&self, kind: &'static str, key: &KeyName, unit: Option<Unit>, description: &SharedString) {
        let mut described = self.described.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(description.len() > 10, "{description}");
        let before = described.insert(key.as_str().to_owned(), (kind, unit));
        assert!(before.is_none(), "{key:?} is described twice");
    }

    fn all(&self) -> BTreeMap<Key, Told> {
        self.series.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// `calls_total{ask,ok} 1` of each series: without what all names begin with, and the paths of functions.
    fn lines(&self) -> Vec<String> {
        let line = |(key, told): (&Key, &Told)| {
            let labels: Vec<&str> = key.labels().map(|label| short(label.value())).collect();
            let value = match &told.samples {
                Some(samples) => format!("{samples:?}"),
                None => told.value.to_string(),
            };
            format!("{}{{{}}} {value}", key.name().trim_start_matches("resilience_"), labels.join(","))
        };
        let mut lines: Vec<String> = self.all().iter().map(line).collect();
        lines.sort();
        lines
    }

    /// Those whose metrics begin with one of these words.
    fn lines_of(&self, words: &[&str]) -> Vec<String> {
        self.lines().into_iter().filter(|line| words.iter().any(|word| line.starts_with(word))).collect()
    }

    fn told(&self, metric: &str, labels: &str) -> Told {
        let is_it = |key: &Key| {
            let all: Vec<&str> = key.labels().map(|label| short(label.value())).collect();
            key.name() == format!("resilience_{metric}") && all.join(",") == labels
        };
        self.all().into_iter().find(|(key, _)| is_it(key)).map(|(_, told)| told).unwrap_or_default()
    }
}

/// Without the path, and the number of a second one of the same name.
fn short(label: &str) -> &str {
    let last = label.rsplit("::").next().unwrap_or(label);
    last.split('#').next().unwrap_or(last)
}

// Calls

#[sync_and_async::test]
async fn a_call_that_succeeds_at_once_counts_once() {
    #[retry(max = 3)]
    async fn ask(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let (seen, clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    assert_eq!(ask(&Script::fails(0, &clock)).await, Ok(1));
    assert_eq!(
        seen.lines(),
        [
            "attempts_total{ask} 1",
            "call_duration_seconds{ask,ok} [0.0]",
            "calls_in_progress{ask} 0",
            "calls_total{ask,ok} 1",
        ]
    );
    assert!(seen.told("calls_in_progress", "ask").highest >= 1.0);
}

#[sync_and_async::test]
async fn a_call_that_succeeds_after_two_retries_has_three_attempts() {
    #[retry(max = 3, base_delay = "1s", jitter = false)]
    async fn ask(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let (seen, clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    assert_eq!(ask(&Script::fails(2, &clock)).await, Ok(3));
    assert_eq!(
        seen.lines(),
        [
            "attempts_total{ask} 3",
            "call_duration_seconds{ask,ok} [3.0]",
            "calls_in_progress{ask} 0",
            "calls_total{ask,ok} 1",
            "retries_total{ask} 2",
        ]
    );
}

#[sync_and_async::test]
async fn retries_that_are_used_up_say_why() {
    static EMPTY: RetryBudget = RetryBudget::new("metrics: budget").capacity(1).ratio(0.0).min_per_second(0);

    #[retry(max = 2, base_delay = "1s", backoff = "constant", jitter = false)]
    async fn tired(script: &Script<'_>) -> Answer {
        script.run().await
    }

    #[retry(max = 9, base_delay = "1s", jitter = false, max_elapsed = "2s")]
    async fn late(script: &Script<'_>) -> Answer {
        script.run().await
    }

    #[retry(max = 9, backoff = "none", budget = EMPTY)]
    async fn poor(script: &Script<'_>) -> Answer {
        script.run().await
    }

    #[retry(max = 9, base_delay = "1s", jitter = false)]
    #[circuit_breaker(failure_threshold = 1, recovery = "1h")]
    async fn rejected(script: &Script<'_>) -> Answer {
        script.run().await
    }

    #[retry(max = 9, when = TestError::is_transient)]
    async fn picky(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let (seen, clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    let down = Script::always(TestError::Transient, &clock);
    EMPTY.reset();
    let _both_budgets_are_one = (tired(&down).await, late(&down).await, rejected(&down).await);
    assert!(picky(&Script::always(TestError::Permanent, &clock)).await.is_err());
    assert_eq!(
        seen.lines_of(&["attempts", "retries", "calls_total"]),
        [
            "attempts_total{late} 2",
            "attempts_total{picky} 1",
            "attempts_total{rejected} 2",
            "attempts_total{tired} 3",
            "calls_total{late,error} 1",
            "calls_total{picky,error} 1",
            "calls_total{rejected,error} 1",
            "calls_total{tired,error} 1",
            "retries_exhausted_total{late,time} 1",
            "retries_exhausted_total{rejected,rejected} 1",
            "retries_exhausted_total{tired,attempts} 1",
            "retries_total{late} 1",
            "retries_total{rejected} 1",
            "retries_total{tired} 2",
        ]
    );
    for _ in 0..5 {
        assert!(poor(&down).await.is_err());
    }
    let rejected = seen.told("retry_budget_empty_total", "metrics: budget").value;
    assert!((4.0..=5.0).contains(&rejected), "{rejected}: the twin of this test takes from the same budget");
    assert_eq!(seen.told("retries_exhausted_total", "poor,budget").value.to_string(), rejected.to_string());
}

#[sync_and_async::test]
async fn a_retry_further_out_does_not_count_what_one_further_in_has_given_up() {
    #[retry(max = 2, backoff = "none")]
    async fn outer(script: &Script<'_>) -> Answer {
        inner(script).await
    }

    #[retry(max = 1, backoff = "none")]
    async fn inner(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let (seen, clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    assert!(outer(&Script::always(TestError::Transient, &clock)).await.is_err());
    assert_eq!(
        seen.lines_of(&["attempts", "retries", "calls_total"]),
        [
            "attempts_total{inner} 2",
            "attempts_total{outer} 1",
            "calls_total{inner,error} 1",
            "calls_total{outer,error} 1",
            "retries_exhausted_total{inner,attempts} 1",
            "retries_total{inner} 1",
        ]
    );
}

#[sync_and_async::test]
async fn a_function_that_calls_itself_counts_each_call() {
    #[retry(max = 1)]
    async fn down(depth: u32) -> Answer {
        if depth == 0 { Ok(0) } else { boxed(down(depth - 1)).await }
    }

    let (seen, _clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    assert_eq!(down(4).await, Ok(0));
    assert_eq!(
        seen.lines(),
        [
            "attempts_total{down} 5",
            "call_duration_seconds{down,ok} [0.0, 0.0, 0.0, 0.0, 0.0]",
            "calls_in_progress{down} 0",
            "calls_total{down,ok} 5",
        ]
    );
    assert!(seen.told("calls_in_progress", "down").highest >= 5.0);
}

#[sync_and_async::test]
async fn fallbacks_count_by_step_and_the_call_by_what_the_caller_gets() {
    #[fallback(second, value = 3)]
    async fn ask(script: &Script<'_>) -> Answer {
        script.run().await
    }

    async fn second(script: &Script<'_>) -> Answer {
        script.run().await
    }

    #[fallback(second, when = TestError::is_transient)]
    async fn strict(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let (seen, clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    let script = Script::of("S FS FF", &clock);
    let answers = (ask(&script).await, ask(&script).await, ask(&script).await);
    assert_eq!(answers, (Ok(1), Ok(3), Ok(3)));
    assert!(strict(&Script::always(TestError::Permanent, &clock)).await.is_err());
    assert_eq!(
        seen.lines_of(&["calls_total", "fallbacks"]),
        [
            "calls_total{ask,ok} 3",
            "calls_total{strict,error} 1",
            "fallbacks_total{ask,1} 2",
            "fallbacks_total{ask,2} 1",
        ]
    );
}

#[sync_and_async::test]
async fn an_attribute_of_another_crate_in_between_does_not_count_a_call_twice() {
    #[retry(max = 2, backoff = "none")]
    #[tracing::instrument(skip_all)]
    #[retry(max = 1, backoff = "none", nested = true)]
    async fn ask(script: &Script<'_>) -> Answer {
        script.run().await
    }

    #[resilience::stack]
    #[tracing::instrument(skip_all)]
    #[retry(max = 1, backoff = "none")]
    async fn stacked(script: &Script<'_>) -> Answer {
        script.run().await
    }

    #[tracing::instrument(skip_all)]
    #[retry(max = 1, backoff = "none")]
    async fn below(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let (seen, clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    assert!(ask(&Script::fails(1, &clock)).await.is_ok());
    assert!(stacked(&Script::fails(1, &clock)).await.is_ok());
    assert!(below(&Script::fails(1, &clock)).await.is_ok());
    assert_eq!(
        seen.lines_of(&["attempts", "calls_total"]),
        [
            "attempts_total{ask} 3",
            "attempts_total{below} 2",
            "attempts_total{stacked} 2",
            "calls_total{ask,ok} 1",
            "calls_total{below,ok} 1",
            "calls_total{stacked,ok} 1",
        ]
    );
}

#[sync_and_async::test]
async fn a_result_is_judged_by_its_type() {
    type Aliased = std::io::Result<u32>;

    #[fallback(value = 1, when = |_| false)]
    async fn aliased() -> Aliased {
        Err(std::io::Error::other("down"))
    }

    #[circuit_breaker]
    async fn optional() -> Option<u32> {
        None
    }

    #[retry(max = 1, backoff = "none")]
    async fn opaque(up: bool) -> Result<impl Display, TestError> {
        if up { Ok("up") } else { Err(TestError::Transient) }
    }

    #[cached]
    async fn plain() -> u32 {
        1
    }

    #[cached]
    async fn generic<T: Clone + Send + Sync + 'static + std::hash::Hash + Eq>(value: T) -> T {
        value
    }

    #[cached(skip(text))]
    async fn borrowed(text: &str) -> &'static str {
        if text.is_empty() { "none" } else { "some" }
    }

    #[resilience::stack]
    async fn nothing() {}

    let seen = Seen::default();
    let _local = seen.here();
    assert!(aliased().await.is_err() && optional().await.is_none());
    assert!(opaque(true).await.is_ok() && opaque(false).await.is_err());
    assert_eq!((plain().await, generic('a').await, borrowed("").await), (1, 'a', "none"));
    nothing().await;
    assert_eq!(
        seen.lines_of(&["calls_total"]),
        [
            "calls_total{aliased,error} 1",
            "calls_total{borrowed,ok} 1",
            "calls_total{generic,ok} 1",
            "calls_total{nothing,ok} 1",
            "calls_total{opaque,error} 1",
            "calls_total{opaque,ok} 1",
            "calls_total{optional,error} 1",
            "calls_total{plain,ok} 1",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_counted_where_it_stands() {
    #[timeout(secs = 10)]
    #[retry(max = 2, base_delay = "1s", backoff = "constant", jitter = false)]
    #[timeout(secs = 2)]
    async fn ask() -> Answer {
        std::future::pending().await
    }

    #[timeout(secs = 4)]
    #[retry(max = 9, base_delay = "1s", backoff = "constant", jitter = false)]
    async fn slow() -> Answer {
        tokio::time::sleep(secs(2)).await;
        Err(TestError::Transient)
    }

    let seen = Seen::default();
    let _local = seen.here();
    assert!(ask().await.is_err() && slow().await.is_err());
    assert_eq!(
        seen.lines(),
        [
            "attempts_total{ask} 3",
            "attempts_total{slow} 2",
            "call_duration_seconds{ask,error} [8.0]",
            "call_duration_seconds{slow,error} [4.0]",
            "calls_in_progress{ask} 0",
            "calls_in_progress{slow} 0",
            "calls_total{ask,error} 1",
            "calls_total{slow,error} 1",
            "retries_exhausted_total{ask,attempts} 1",
            "retries_total{ask} 2",
            "retries_total{slow} 1",
            "timeouts_total{ask} 3",
            "timeouts_total{slow} 1",
        ]
    );
}

#[test]
fn a_timeout_that_leaves_its_thread_behind_is_counted() {
    #[timeout(ms = 1, mode = "thread")]
    fn ask(hangs: std::sync::mpsc::Receiver<()>) -> Answer {
        let _until_the_test_ends = hangs.recv();
        Ok(1)
    }

    let seen = Seen::default();
    let _local = seen.here();
    let (_alive, hangs) = std::sync::mpsc::channel();
    assert!(ask(hangs).is_err_and(|error| error.is_timeout()));
    assert_eq!(seen.lines_of(&["calls_total", "timeouts"]), ["calls_total{ask,error} 1", "timeouts_total{ask} 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_is_cancelled_and_one_never_polled_is_none() {
    #[retry(max = 1, base_delay = "1s", jitter = false)]
    #[circuit_breaker]
    #[bulkhead(max = 2, queue = 2, wait = "1h", allow(counted_rejections))]
    async fn ask() -> Answer {
        tokio::time::sleep(secs(1)).await;
        Err(TestError::Transient)
    }

    let seen = Seen::default();
    let _local = seen.here();
    drop(ask());
    assert!(seen.lines().is_empty());
    let mut polls = 1;
    while poll_at_most(polls, ask()).await.is_none() {
        polls += 1;
    }
    let dropped = u32::try_from(polls - 1).expect("few polls");
    assert!(dropped >= 2);
    assert_eq!(seen.told("calls_total", "ask,cancelled").value.to_string(), dropped.to_string());
    let times = seen.told("call_duration_seconds", "ask,cancelled").samples.expect("they have a time");
    assert_eq!(times.len(), polls - 1);
    assert_eq!(seen.told("calls_total", "ask,error").value.to_string(), "1");
    let gauges = ["calls_in_progress{ask} 0", "bulkhead_running{ask} 0"];
    assert!(gauges.iter().all(|gauge| seen.lines().iter().any(|line| line == gauge)), "{:#?}", seen.lines());
    let calls =
        seen.told("breaker_calls_total", "ask,abandoned").value + seen.told("breaker_calls_total", "ask,failure").value;
    assert_eq!(calls.to_string(), seen.told("attempts_total", "ask").value.to_string(), "each call has one fate");
}

#[tokio::test]
async fn a_panic_is_counted_as_one() {
    #[circuit_breaker]
    #[bulkhead(max = 1, allow(counted_rejections))]
    async fn later() -> Answer {
        tokio::task::yield_now().await;
        panic!("body")
    }

    #[circuit_breaker]
    #[bulkhead(max = 1, allow(counted_rejections))]
    fn now() -> Answer {
        panic!("body")
    }

    let seen = Seen::default();
    let _local = seen.here();
    assert!(std::panic::catch_unwind(now).is_err());
    let mut call = Box::pin(later());
    let ended = std::future::poll_fn(|cx| {
        let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| call.as_mut().poll(cx)));
        match polled {
            Ok(poll) => poll.map(|_| false),
            Err(_) => std::task::Poll::Ready(true),
        }
    });
    assert!(ended.await);
    drop(call);
    assert_eq!(
        seen.lines_of(&["breaker_calls", "bulkhead", "calls"]),
        [
            "breaker_calls_total{later,abandoned} 1",
            "breaker_calls_total{now,abandoned} 1",
            "bulkhead_calls_total{later,accepted} 1",
            "bulkhead_calls_total{now,accepted} 1",
            "bulkhead_running{later} 0",
            "bulkhead_running{now} 0",
            "calls_in_progress{later} 0",
            "calls_in_progress{now} 0",
            "calls_total{later,panicked} 1",
            "calls_total{now,panicked} 1",
        ]
    );
}

/// The guard is a local of the user's future: it must not cost it its `Send`, or its shape.
#[tokio::test]
async fn every_form_of_asynchronous_function_is_counted() {
    struct Service;

    #[async_trait::async_trait]
    trait Ask {
        async fn ask(&self) -> Answer;
    }

    #[async_trait::async_trait]
    impl Ask for Service {
        #[retry(max = 1, backoff = "none")]
        async fn ask(&self) -> Answer {
            Ok(1)
        }
    }

    #[retry(max = 1, backoff = "none")]
    fn boxed<'a>(text: &'a str) -> Pin<Box<dyn Future<Output = Answer> + Send + 'a>> {
        Box::pin(async move { u32::try_from(text.len()).map_err(|_| TestError::Permanent) })
    }

    #[retry(max = 1, backoff = "none")]
    #[allow(clippy::manual_async_fn, reason = "the form is what counts")]
    fn returned() -> impl Future<Output = Answer> + Send {
        async { Ok(3) }
    }

    const fn send<T: Send>(future: T) -> T {
        future
    }

    let seen = Seen::default();
    let _local = seen.here();
    let unpolled = boxed("ab");
    assert!(seen.lines().is_empty(), "to make a future is no call");
    assert_eq!((send(Service.ask()).await, send(unpolled).await, send(returned()).await), (Ok(1), Ok(2), Ok(3)));
    assert_eq!(
        seen.lines_of(&["calls_total"]),
        ["calls_total{ask,ok} 1", "calls_total{boxed,ok} 1", "calls_total{returned,ok} 1"]
    );
}

// Breakers

#[sync_and_async::test]
async fn a_breaker_tells_its_calls_its_state_and_how_long_it_was_open() {
    #[circuit_breaker(failure_threshold = 2, success_threshold = 1, recovery = "30s", ignore = TestError::is_permanent)]
    async fn ask(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let (seen, clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    let permanent = Script::always(TestError::Permanent, &clock);
    let script = Script::of("S FF F S", &clock);
    let state = || seen.told("breaker_state", "ask").value.to_string();
    assert!(ask(&script).await.is_ok() && ask(&permanent).await.is_err());
    assert_eq!(state(), "0");
    assert_eq!(letters!(3, ask(&script).await), "FFO");
    assert_eq!(state(), "2");
    clock.sleep(secs(30)).await;
    assert_eq!(letters!(2, ask(&script).await), "FO");
    assert_eq!(state(), "2");
    clock.sleep(secs(30)).await;
    assert_eq!(letters!(1, ask(&script).await), "S");
    assert_eq!(
        seen.lines_of(&["breaker"]),
        [
            "breaker_calls_total{ask,failure} 3",
            "breaker_calls_total{ask,ignored} 1",
            "breaker_calls_total{ask,rejected} 2",
            "breaker_calls_total{ask,success} 2",
            "breaker_open_seconds{ask} [60.0]",
            "breaker_state{ask} 0",
            "breaker_transitions_total{ask,closed} 1",
            "breaker_transitions_total{ask,half_open} 2",
            "breaker_transitions_total{ask,open} 2",
        ]
    );
}

#[sync_and_async::test]
async fn what_is_done_to_a_breaker_by_hand_is_told_too() {
    let name = std::thread::current().name().unwrap_or("").to_owned().leak();
    let breaker = CircuitBreaker::new(name);
    let (seen, clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    let state = || {
        seen.all()
            .iter()
            .find(|(key, _)| key.name() == "resilience_breaker_state")
            .map(|(_, told)| told.value.to_string())
    };
    breaker.force_open();
    assert_eq!(state(), Some("3".to_owned()));
    clock.sleep(secs(7)).await;
    breaker.disable();
    assert_eq!(state(), Some("-1".to_owned()));
    breaker.close();
    breaker.close();
    assert_eq!(state(), Some("0".to_owned()));
    let lines = seen.lines_of(&["breaker_open", "breaker_transitions"]).join("\n");
    let word = |line: &str| line.matches("_total").count();
    assert!(lines.contains("} [7.0]") && word(&lines) == 3, "{lines}");
}

#[test]
fn a_breaker_with_a_key_is_told_without_its_keys() {
    const KEYS: u32 = 300;

    #[circuit_breaker(name = "metrics: tenants", key = tenant, max_keys = 100, failure_threshold = 1, recovery = "1h")]
    #[bulkhead(key = tenant, max_keys = 100, max = 1, allow(counted_rejections))]
    #[rate_limit(key = tenant, max_keys = 100, max = 9, allow(counted_rejections))]
    fn ask(tenant: &str, up: bool) -> Option<usize> {
        up.then_some(tenant.len())
    }

    let seen = Seen::default();
    let _local = seen.here();
    for tenant in 0..KEYS {
        let tenant = format!("secret-{tenant}");
        let (_first, _second) = (ask(&tenant, tenant.ends_with('7')), ask(&tenant, true));
    }
    let keys = resilience::KeyedCircuitBreakers::named("metrics: tenants").expect("called above");
    let open = keys.snapshot().open;
    assert!(open > 50);
    assert_eq!(seen.told("breaker_open_keys", "metrics: tenants").value.to_string(), open.to_string());
    assert_eq!(seen.told("breaker_open_keys", "metrics: tenants").lowest.to_string(), "0");
    let all: Vec<Key> = seen.all().into_keys().collect();
    assert!(all.len() <= 20, "{all:#?}");
    assert!(!format!("{all:?}").contains("secret"), "{all:#?}");
    let calls: f64 = ["success", "failure", "rejected"]
        .iter()
        .map(|outcome| seen.told("breaker_calls_total", &format!("metrics: tenants,{outcome}")).value)
        .sum();
    assert_eq!(calls.to_string(), (2 * KEYS).to_string());
    assert!(seen.lines_of(&["breaker_state"]).is_empty(), "they have none in common");
    keys.reset_all();
    assert_eq!(seen.told("breaker_open_keys", "metrics: tenants").value.to_string(), "0");
}

// Bulkheads and rate limits

#[tokio::test(start_paused = true)]
async fn a_bulkhead_tells_who_is_inside_who_waits_and_who_was_rejected() {
    #[bulkhead(name = "metrics: bulkhead", max = 2, queue = 1, wait = "5s")]
    async fn work(time: u64) -> Answer {
        tokio::time::sleep(secs(time)).await;
        Ok(1)
    }

    let seen = Seen::default();
    let _local = seen.here();
    let gauges = || {
        let value = |gauge| seen.told(gauge, "metrics: bulkhead").value.to_string();
        (value("bulkhead_running"), value("bulkhead_waiting"))
    };
    let look = async {
        tokio::time::sleep(millis(500)).await;
        gauges()
    };
    let (one, two, three, four, during) = tokio::join!(work(1), work(9), work(1), work(1), look);
    assert_eq!([one, two, three].map(|answer| answer.is_ok()), [true; 3]);
    assert!(four.is_err());
    assert_eq!(during, ("2".to_owned(), "1".to_owned()));
    assert_eq!(gauges(), ("0".to_owned(), "0".to_owned()));
    let (_, _, in_vain) = tokio::join!(work(9), work(9), work(1));
    assert!(in_vain.is_err());
    let dropped = tokio::time::timeout(secs(1), async { tokio::join!(work(9), work(9), work(1)) }).await;
    assert!(dropped.is_err());
    assert_eq!(
        seen.lines_of(&["bulkhead"]),
        [
            "bulkhead_calls_total{metrics: bulkhead,accepted} 7",
            "bulkhead_calls_total{metrics: bulkhead,rejected} 2",
            "bulkhead_running{metrics: bulkhead} 0",
            "bulkhead_waiting{metrics: bulkhead} 0",
        ]
    );
    let running = seen.told("bulkhead_running", "metrics: bulkhead");
    assert_eq!((running.lowest.to_string(), running.highest.to_string()), ("0".to_owned(), "2".to_owned()));
}

#[sync_and_async::test]
async fn a_rate_limit_tells_who_has_passed_waited_and_been_rejected() {
    #[rate_limit(max = 1, per = "10s", burst = 2, wait = "10s")]
    async fn ask() -> Answer {
        Ok(1)
    }

    #[rate_limit(max = 1, per = "10s")]
    async fn hasty() -> Answer {
        Ok(1)
    }

    let (seen, _clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    assert_eq!(letters!(3, ask().await), "SSS");
    assert_eq!(letters!(3, hasty().await), "SLL");
    assert_eq!(
        seen.lines_of(&["rate_limit"]),
        [
            "rate_limit_calls_total{ask,passed} 2",
            "rate_limit_calls_total{ask,waited} 1",
            "rate_limit_calls_total{hasty,passed} 1",
            "rate_limit_calls_total{hasty,rejected} 2",
            "rate_limit_waiting{ask} 0",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_waited_for_in_vain_is_neither_passed_nor_rejected() {
    #[rate_limit(max = 1, per = "10s", wait = "10s")]
    async fn ask() -> Answer {
        Ok(1)
    }

    let seen = Seen::default();
    let _local = seen.here();
    assert!(ask().await.is_ok());
    assert!(poll_at_most(1, ask()).await.is_none());
    assert_eq!(seen.lines_of(&["rate_limit"]), ["rate_limit_calls_total{ask,passed} 1", "rate_limit_waiting{ask} 0"]);
}

// Caches

#[sync_and_async::test]
async fn a_cache_tells_hits_misses_loads_and_what_was_stale() {
    #[cached(ttl = "10s", stale_if_error = "60s", skip(script))]
    async fn ask(id: u32, script: &Script<'_>) -> Answer {
        script.run().await.map(|_| id)
    }

    let (seen, clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    let script = Script::of("S F F", &clock);
    assert_eq!(ask(1, &script).await, Ok(1));
    assert_eq!((ask(1, &script).await, ask(1, &script).await), (Ok(1), Ok(1)));
    clock.sleep(secs(10)).await;
    assert_eq!(ask(1, &script).await, Ok(1), "the old value");
    assert!(ask(2, &script).await.is_err(), "there is none");
    assert_eq!(
        seen.lines_of(&["cache_h", "cache_l", "cache_m", "cache_s", "calls_total"]),
        [
            "cache_hits_total{ask} 2",
            "cache_loads_total{ask} 3",
            "cache_misses_total{ask} 3",
            "cache_stale_total{ask,failed} 1",
            "calls_total{ask,error} 1",
            "calls_total{ask,ok} 4",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_value_that_is_given_out_while_it_is_refreshed_is_stale() {
    #[cached(name = "metrics: refreshed", ttl = "10s", stale_while_revalidate = "60s")]
    async fn ask() -> Answer {
        tokio::time::sleep(secs(1)).await;
        Ok(1)
    }

    let seen = Seen::default();
    let _local = seen.here();
    // Two at once run the body once, and both have found nothing.
    let (_first, _second) = tokio::join!(ask(), ask());
    tokio::time::advance(secs(10)).await;
    let (_refreshes, _meanwhile) = tokio::join!(ask(), ask());
    assert_eq!(
        seen.lines_of(&["cache"]),
        [
            "cache_entries{metrics: refreshed} 1",
            "cache_loads_total{metrics: refreshed} 2",
            "cache_misses_total{metrics: refreshed} 4",
            "cache_stale_total{metrics: refreshed,revalidating} 1",
        ]
    );
}

#[test]
fn a_cache_tells_its_entries_and_what_it_has_evicted() {
    #[cached(name = "metrics: entries", max_size = 2)]
    fn small(id: u32) -> u32 {
        id
    }

    /// One name for two stores.
    #[cached(name = "metrics: entries")]
    fn large<T: Clone + Eq + std::hash::Hash + Send + Sync + 'static>(id: T) -> T {
        id
    }

    let seen = Seen::default();
    let _local = seen.here();
    let entries = || seen.told("cache_entries", "metrics: entries").value.to_string();
    for id in 0..5 {
        assert_eq!((small(id), large(id), large(f64::from(id).to_string())).0, id);
    }
    let handle = resilience::Cache::named("metrics: entries").expect("called above");
    assert_eq!((entries(), handle.len()), ("12".to_owned(), 12));
    assert_eq!(seen.told("cache_evictions_total", "metrics: entries").value.to_string(), "3");
    assert_eq!(handle.stats().evictions, 3);
    assert_eq!(handle.invalidate(&4_u32), Ok(true));
    assert_eq!(entries(), handle.len().to_string());
    handle.clear();
    assert_eq!(entries(), "0");
}

// Policies

/// What four calls of a policy come to.
const OF_A_POLICY: [&str; 9] = [
    "attempts_total{metrics: policy} 6",
    "call_duration_seconds{metrics: policy,error} [1.0]",
    "call_duration_seconds{metrics: policy,ok} [0.0, 1.0, 0.0]",
    "calls_in_progress{metrics: policy} 0",
    "calls_total{metrics: policy,error} 1",
    "calls_total{metrics: policy,ok} 3",
    "fallbacks_total{metrics: policy,1} 2",
    "retries_exhausted_total{metrics: policy,attempts} 1",
    "retries_total{metrics: policy} 2",
];

fn sound_policy() -> Policy<u32, TestError> {
    let built = || -> Result<_, policy::InvalidPolicy> {
        Ok(Policy::named("metrics: policy")?
            >> policy::fallback(|error: TestError| if error.is_permanent() { Ok(0) } else { Err(error) })
            >> policy::retry().max(1).base_delay(secs(1)).no_jitter().when(TestError::is_transient).build()?)
    };
    built().expect("a sound policy")
}

#[tokio::test(start_paused = true)]
async fn a_policy_counts_as_a_function_does() {
    use common::awaiting::{Clock, Script};
    let (seen, clock, ask) = (Seen::default(), Clock::start(), sound_policy());
    let _local = seen.here();
    for letters in ["S", "FS", "FF"] {
        let script = Script::of(letters, &clock);
        let _answer = ask.call(|| script.run()).await;
    }
    let permanent = Script::always(TestError::Permanent, &clock);
    assert_eq!(ask.call(|| permanent.run()).await, Ok(0));
    assert_eq!(seen.lines(), OF_A_POLICY);
    assert!(poll_at_most(1, ask.call(std::future::pending)).await.is_none());
    assert_eq!(seen.told("calls_total", "metrics: policy,cancelled").value.to_string(), "1");
}

#[test]
fn a_policy_counts_in_synchronous_code_too() {
    use common::blocking::{Clock, Script};
    let (seen, clock, ask) = (Seen::default(), Clock::start(), sound_policy());
    let _local = seen.here();
    for letters in ["S", "FS", "FF"] {
        let script = Script::of(letters, &clock);
        let _answer = ask.call_blocking(|| script.run());
    }
    let permanent = Script::always(TestError::Permanent, &clock);
    assert_eq!(ask.call_blocking(|| permanent.run()), Ok(0));
    assert_eq!(seen.lines(), OF_A_POLICY);
}

#[tokio::test]
async fn a_policy_with_a_cache_counts_its_calls_and_its_lookups() {
    let seen = Seen::default();
    let _local = seen.here();
    let built = || -> Result<policy::CachedPolicy<String, u32, TestError>, policy::InvalidPolicy> {
        Ok(policy::cached("metrics: policy cache").build()? >> Policy::named("metrics: cached policy")?)
    };
    let ask = built().expect("a sound policy");
    assert_eq!(ask.call_for("a", || async { Ok(1) }).await, Ok(1));
    assert_eq!(ask.call_for("a", || async { Ok(2) }).await, Ok(1));
    assert_eq!(ask.call_for_blocking("a", || Ok(3)), Ok(1));
    assert!(ask.call_for_blocking("b", || Err(TestError::Transient)).is_err());
    assert!(poll_at_most(1, ask.call_for("c", std::future::pending)).await.is_none());
    assert_eq!(
        seen.lines_of(&["cache", "calls_"]),
        [
            "cache_entries{metrics: policy cache} 1",
            "cache_hits_total{metrics: policy cache} 2",
            "cache_loads_total{metrics: policy cache} 3",
            "cache_misses_total{metrics: policy cache} 3",
            "calls_in_progress{metrics: cached policy} 0",
            "calls_total{metrics: cached policy,cancelled} 1",
            "calls_total{metrics: cached policy,error} 1",
            "calls_total{metrics: cached policy,ok} 3",
        ]
    );
}

// What a recorder may do

/// Does what it is made with whenever it is called, and hands the call on.
struct Doing<F> {
    seen: Seen,
    what: F,
}

struct DoingSeries<F> {
    series: Arc<Series>,
    what: F,
}

impl<F: Fn() + Clone + Send + Sync + 'static> Doing<F> {
    fn series(&self, key: &Key) -> Arc<DoingSeries<F>> {
        (self.what)();
        Arc::new(DoingSeries { series: self.seen.of(key), what: self.what.clone() })
    }
}

impl<F: Fn() + Clone + Send + Sync + 'static> Recorder for Doing<F> {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {
        (self.what)();
    }
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {
        (self.what)();
    }
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {
        (self.what)();
    }
    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.series(key))
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.series(key))
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.series(key))
    }
}

impl<F: Fn()> CounterFn for DoingSeries<F> {
    fn increment(&self, value: u64) {
        (self.what)();
        CounterFn::increment(&*self.series, value);
    }
    fn absolute(&self, _: u64) {}
}

impl<F: Fn()> GaugeFn for DoingSeries<F> {
    fn increment(&self, value: f64) {
        (self.what)();
        GaugeFn::increment(&*self.series, value);
    }
    fn decrement(&self, value: f64) {
        (self.what)();
        GaugeFn::decrement(&*self.series, value);
    }
    fn set(&self, value: f64) {
        (self.what)();
        GaugeFn::set(&*self.series, value);
    }
}

impl<F: Fn()> HistogramFn for DoingSeries<F> {
    fn record(&self, value: f64) {
        (self.what)();
        HistogramFn::record(&*self.series, value);
    }
}

/// A stack with everything in it, each part of which is used; what became of it, and of its state.
async fn everything(name: &'static str) -> Vec<Answer> {
    #[cached(ttl = "10s", key = (name, id), stale_if_error = "10s")]
    #[fallback(other, when = TestError::is_open)]
    #[retry(max = 1, base_delay = "1s", jitter = false)]
    #[circuit_breaker(failure_threshold = 3, recovery = "10s", key = name)]
    #[bulkhead(max = 1, queue = 1, key = name, allow(counted_rejections))]
    #[rate_limit(max = 100, key = name, allow(counted_rejections))]
    #[timeout(secs = 5)]
    async fn ask(name: &'static str, id: u32, plan: char) -> Answer {
        match plan {
            'S' => Ok(id),
            'T' => std::future::pending().await,
            'W' => {
                tokio::time::sleep(secs(1)).await;
                Ok(id)
            }
            _ => Err(TestError::Transient),
        }
    }

    #[allow(clippy::unnecessary_wraps, reason = "the form of a fallback")]
    fn other(_: &'static str, id: u32, _: char) -> Answer {
        Ok(id + 100)
    }

    let mut answers = Vec::new();
    for (id, plan) in [(1, 'S'), (1, 'S'), (2, 'F'), (3, 'T'), (4, 'S')] {
        answers.push(ask(name, id, plan).await);
    }
    tokio::time::sleep(secs(10)).await;
    for (id, plan) in [(5, 'S'), (6, 'S'), (1, 'F')] {
        answers.push(ask(name, id, plan).await);
    }
    assert!(poll_at_most(1, ask(name, 7, 'T')).await.is_none());
    let (left, right) = tokio::join!(ask(name, 8, 'W'), ask(name, 9, 'W'));
    answers.extend([left, right]);
    answers
}

#[tokio::test(start_paused = true)]
async fn a_recorder_that_panics_or_comes_back_changes_nothing() {
    let expected = everything("plain").await;
    let (panics, comes_back) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(0)));

    let panicking = {
        let panics = Arc::clone(&panics);
        Doing { seen: Seen::default(), what: move || assert!(!panics.load(Ordering::SeqCst), "the recorder") }
    };
    panics.store(true, Ordering::SeqCst);
    {
        let _local = metrics::set_default_local_recorder(&panicking);
        resilience::describe_metrics();
        assert_eq!(everything("panicking").await, expected);
        let fails: fn() -> Answer = {
            #[circuit_breaker]
            #[bulkhead(max = 1, allow(counted_rejections))]
            fn fails() -> Answer {
                panic!("body")
            }
            fails
        };
        let both = std::panic::catch_unwind(fails);
        let message = both.expect_err("the body's own");
        assert_eq!(message.downcast_ref(), Some(&"body"));
        assert!(fails.is_free(), "its place is free again");
    }
    panics.store(false, Ordering::SeqCst);

    let returning = {
        let times = Arc::clone(&comes_back);
        let what = move || {
            #[cached]
            #[retry(max = 1, backoff = "none")]
            #[circuit_breaker(failure_threshold = 1)]
            #[bulkhead(max = 9, allow(counted_rejections))]
            fn inside(call: u32) -> Option<u32> {
                (call % 2 == 0).then_some(call)
            }
            let call = {
                let mut times = times.lock().unwrap_or_else(PoisonError::into_inner);
                *times += 1;
                *times
            };
            let _answer = inside(call);
            let _all = resilience::snapshot();
            if let Some(breaker) = resilience::CircuitBreaker::named("metrics::inside") {
                breaker.reset();
            }
        };
        Doing { seen: Seen::default(), what }
    };
    let _local = metrics::set_default_local_recorder(&returning);
    resilience::describe_metrics();
    assert_eq!(everything("returning").await, expected);
    assert!(*comes_back.lock().unwrap_or_else(PoisonError::into_inner) > 50);
    assert!(returning.seen.lines_of(&["calls_total{inside"]).is_empty());
    assert_eq!(returning.seen.told("bulkhead_running", "ask").value.to_string(), "0");
}

/// Whether the one place of the function's bulkhead is free.
trait IsFree {
    fn is_free(&self) -> bool;
}

impl IsFree for fn() -> Answer {
    fn is_free(&self) -> bool {
        let snapshot = resilience::snapshot();
        let mut places = snapshot.bulkheads.iter().filter(|bulkhead| bulkhead.name.ends_with("::fails"));
        places.all(|bulkhead| bulkhead.in_flight == 0)
    }
}

#[tokio::test(start_paused = true)]
async fn a_recorder_that_comes_late_is_told_nothing_of_what_was_before() {
    #[bulkhead(max = 2)]
    async fn ask() -> Answer {
        tokio::time::sleep(secs(5)).await;
        Ok(1)
    }

    let seen = Seen::default();
    let mut early = Box::pin(ask());
    assert!(poll_at_most(1, early.as_mut()).await.is_none());
    let _local = seen.here();
    let (first, second) = tokio::join!(early, ask());
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(
        seen.lines_of(&["bulkhead", "call_"]),
        ["bulkhead_calls_total{ask,accepted} 1", "bulkhead_running{ask} 0", "call_duration_seconds{ask,ok} [5.0]",]
    );
    assert_eq!(seen.told("bulkhead_running", "ask").lowest.to_string(), "0", "no more is taken away than was added");
}

/// B20: the last one to change something is the last one to show it.
#[test]
fn what_many_threads_change_is_shown_as_it_is() {
    #[cached(name = "metrics: threads", max_size = 5)]
    #[bulkhead(name = "metrics: threads", max = 2)]
    #[circuit_breaker(name = "metrics: threads", failure_threshold = 1, recovery_ms = 1)]
    fn ask(id: u32) -> Option<u32> {
        (id % 3 > 0).then_some(id)
    }

    let _watchdog = Watchdog::start();
    let seen = Seen::default();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let seen = &seen;
            scope.spawn(move || {
                let _local = seen.here();
                for id in 0..500 {
                    let _answer = ask(id * 4 + thread);
                    if id % 50 == 0 {
                        resilience::CircuitBreaker::named("metrics: threads").expect("called above").reset();
                    }
                }
            });
        }
    });
    let name = "metrics: threads";
    let state = match resilience::CircuitBreaker::named(name).expect("called above").state() {
        BreakerState::Closed => "0",
        BreakerState::HalfOpen => "1",
        _ => "2",
    };
    assert_eq!(seen.told("breaker_state", name).value.to_string(), state);
    assert_eq!(
        seen.told("cache_entries", name).value.to_string(),
        resilience::Cache::named(name).expect("called above").len().to_string()
    );
    let running = seen.told("bulkhead_running", name);
    assert!(running.value == 0.0 && running.lowest >= 0.0 && running.highest <= 2.0, "{running:?}");
    let calls = ["ok", "error"].map(|result| seen.told("calls_total", &format!("ask,{result}")).value);
    assert_eq!(calls.iter().sum::<f64>().to_string(), "2000");
}

// The table

/// The rows of the README: names, kind, labels, and what is said.
fn rows() -> Vec<[&'static str; 4]> {
    let rows = include_str!("../../docs/observability.md").lines().filter(|line| line.starts_with("| `resilience_"));
    let cells = |row: &'static str| row.trim_matches('|').split(" | ").map(str::trim).collect::<Vec<_>>();
    rows.map(|row| cells(row).try_into().unwrap_or_else(|_| panic!("four cells: {row}"))).collect()
}

fn words(cell: &str) -> Vec<&str> {
    cell.split(", ").map(|word| word.trim_matches('`')).collect()
}

/// Each row of the README is a metric, and each metric has its row.
#[test]
fn every_metric_is_described_and_has_its_row() {
    let seen = Seen::default();
    let _local = seen.here();
    resilience::describe_metrics();
    let described = seen.described.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut told = BTreeMap::new();
    for [names, kind, ..] in rows() {
        for name in words(names) {
            let unit = if kind == "histogram" { Unit::Seconds } else { Unit::Count };
            told.insert(name, (kind, Some(unit)));
        }
    }
    let described: BTreeMap<&str, _> = described.iter().map(|(name, what)| (&**name, *what)).collect();
    assert_eq!(told, described);
}

/// Every metric there is, each with the labels of its row and with words of its row.
#[tokio::test(start_paused = true)]
async fn every_metric_has_the_labels_of_its_row() {
    static EMPTY: RetryBudget = RetryBudget::new("metrics: rows").capacity(1).ratio(0.0).min_per_second(0);

    #[retry(max = 9, backoff = "none", budget = EMPTY)]
    #[circuit_breaker(name = "metrics: rows", failure_threshold = 9)]
    #[rate_limit(max = 1, per = "1s", wait = "10s", allow(counted_rejections))]
    async fn poor() -> Answer {
        Err(TestError::Transient)
    }

    #[cached(name = "metrics: rows", max_size = 1)]
    async fn small(id: u32) -> u32 {
        id
    }

    let seen = Seen::default();
    let _local = seen.here();
    let _answers = (everything("rows").await, poor().await, small(1).await, small(2).await);
    let breaker = resilience::CircuitBreaker::named("metrics: rows").expect("called above");
    breaker.force_open();
    breaker.reset();
    let all = seen.all();
    for [names, _, labels, _] in rows() {
        for name in words(names) {
            let series: Vec<&Key> = all.keys().filter(|key| key.name() == name).collect();
            assert!(!series.is_empty(), "{name} is never recorded");
            for key in series {
                let of_it: Vec<&str> = key.labels().map(metrics::Label::key).collect();
                assert_eq!(of_it, words(labels), "{name}");
                let second = key.labels().nth(1).filter(|label| !matches!(label.key(), "step" | "to"));
                let is_told = second
                    .is_none_or(|label| rows().iter().any(|[.., says]| says.contains(&format!("`{}`", label.value()))));
                assert!(is_told, "{key:?} has a word that no row tells");
            }
        }
    }
    let without_row: Vec<&Key> =
        all.keys().filter(|key| !rows().iter().any(|[names, ..]| words(names).contains(&key.name()))).collect();
    assert!(without_row.is_empty(), "{without_row:#?}");
}
