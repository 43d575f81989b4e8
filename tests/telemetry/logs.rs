//! What a subscriber writes: the text and the JSON of `tracing-subscriber`, and how much of it.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use resilience::{CircuitBreaker, Policy, RetryBudget, bulkhead, circuit_breaker, fallback, policy, rate_limit, retry};
use serde_json::Value;
use tracing::Level;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

use crate::common::{Answer, TestError, millis, secs};

/// The output of a subscriber.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Output {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Output {
    fn text(level: Level) -> (Self, DefaultGuard) {
        let output = Self::default();
        let lines = tracing_subscriber::fmt().with_max_level(level).with_ansi(false).without_time();
        let guard = tracing::subscriber::set_default(lines.with_writer(output.clone()).finish());
        (output, guard)
    }

    fn json(level: Level) -> (Self, DefaultGuard) {
        let output = Self::default();
        let lines = tracing_subscriber::fmt().json().with_max_level(level).without_time();
        let guard = tracing::subscriber::set_default(lines.with_writer(output.clone()).finish());
        (output, guard)
    }

    fn lines(&self) -> Vec<String> {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        String::from_utf8(bytes).expect("text").lines().map(|line| line.trim().to_owned()).collect()
    }

    /// The fields of each line of JSON, with its level.
    fn fields(&self) -> Vec<(String, BTreeMap<String, Value>)> {
        let parse = |line: String| {
            let line: Value = serde_json::from_str(&line).expect("JSON");
            let fields = serde_json::from_value(line["fields"].clone()).expect("an object");
            (line["level"].as_str().expect("a level").to_owned(), fields)
        };
        self.lines().into_iter().map(parse).collect()
    }
}

/// A page is narrower than the lines of a log.
fn unwrapped(pinned: &str, space: &str) -> Vec<String> {
    pinned.replace("\n    ", space).lines().map(str::to_owned).collect()
}

/// Both variants of a test have a function of the same name, and are told apart by where it stands once both have run.
fn as_shop(output: &Output) -> Vec<String> {
    let is_name = |word: &str| word.starts_with("telemetry::logs::a_") && word.ends_with("::ask");
    let line = |line: &String| {
        let words: Vec<_> = line.split('"').map(|word| if is_name(word) { "shop::ask" } else { word }).collect();
        words.join("\"")
    };
    output.lines().iter().map(line).collect()
}

#[sync_and_async::test]
async fn a_text_log_shows_the_name_of_each_event_and_its_numbers_as_fields() {
    #[fallback(value = 7)]
    #[retry(max = 2, base_delay = "1500ms", backoff = "constant", jitter = false)]
    #[circuit_breaker(failure_threshold = 3, recovery = "30s")]
    async fn ask(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let (output, _guard) = Output::text(Level::DEBUG);
    assert_eq!(ask(&Script::always(TestError::Transient, &clock)).await, Ok(7));
    assert_eq!(ask(&Script::always(TestError::Transient, &clock)).await, Ok(7));
    let lines = as_shop(&output);
    let pinned = include_str!("logs.txt");
    assert_eq!(lines, unwrapped(pinned, " "), "{lines:#?}");
    let page = include_str!("../../docs/observability.md");
    assert!(page.contains(pinned.trim_end()), "the page shows these lines");
}

#[sync_and_async::test]
async fn a_json_log_has_the_same_fields() {
    #[retry(max = 1, base_delay = "1500ms", backoff = "constant", jitter = false, log_errors = true)]
    async fn ask(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let (output, _guard) = Output::json(Level::INFO);
    assert!(ask(&Script::always(TestError::Transient, &clock)).await.is_err());
    let lines = as_shop(&output);
    let pinned = include_str!("logs.json");
    assert_eq!(lines, unwrapped(pinned, ""), "{lines:#?}");
    let page = include_str!("../../docs/observability.md");
    assert!(page.contains(pinned.trim_end()), "the page shows these lines");
}

/// The lines of each event above DEBUG, and how many more there were.
fn outage(output: &Output, function: &str) -> (BTreeMap<String, u32>, BTreeMap<String, u64>) {
    let mut seconds = BTreeMap::new();
    let mut suppressed = BTreeMap::<String, u64>::new();
    for (level, fields) in output.fields() {
        let event = fields["event"].as_str().expect("a name").to_owned();
        assert!(fields["message"].as_str().is_some_and(|text| !text.contains(|c: char| c.is_ascii_digit())));
        assert!(fields["function"].as_str().is_some_and(|name| name.ends_with(function)), "{fields:?}");
        assert!(level != "DEBUG" || !fields.contains_key("suppressed"));
        *suppressed.entry(event.clone()).or_default() += fields.get("suppressed").and_then(Value::as_u64).unwrap_or(0);
        if level != "DEBUG" {
            *seconds.entry(event).or_default() += 1;
        }
    }
    (seconds, suppressed)
}

#[sync_and_async::test]
async fn an_outage_logs_at_most_one_line_a_second_for_each_event_and_counts_the_others() {
    #[fallback(value = 7)]
    #[circuit_breaker(failure_threshold = 3, recovery = "1ms", success_threshold = 1)]
    #[retry(max = 1, backoff = "none")]
    #[bulkhead(max = 1)]
    #[rate_limit(max = 500, per = "1s")]
    async fn ask(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let (output, _guard) = Output::json(Level::INFO);
    let script = Script::new(&clock, |_| Err(TestError::Transient));
    // 1,000 calls a second for ten seconds, all of which fail.
    for _ in 0..10_000 {
        assert_eq!(ask(&script).await, Ok(7));
        clock.sleep(millis(1)).await;
    }
    let (seconds, suppressed) = outage(&output, "::ask");
    assert!(seconds.len() >= 5, "{seconds:?}");
    assert!(seconds.values().all(|lines| (1..=11).contains(lines)), "{seconds:?}");
    let fallbacks = u64::from(seconds["fallback"]) + suppressed["fallback"];
    assert!((9_000..=10_000).contains(&fallbacks), "all but those since the last line: {fallbacks}");
}

fn outage_policy(name: &'static str) -> Policy<u32, TestError> {
    let built = || -> Result<_, policy::InvalidPolicy> {
        Ok(Policy::named(name)?
            >> policy::fallback(|_| Ok(7))
            >> policy::retry().max(1).no_delay().build()?
            >> policy::circuit_breaker(name).failure_threshold(3).recovery(millis(1)).build()?)
    };
    built().expect("a sound policy")
}

#[tokio::test(start_paused = true)]
async fn an_outage_under_a_policy_logs_as_much() {
    use crate::common::awaiting::{Clock, Script};
    let (clock, ask) = (Clock::start(), outage_policy("logs: outage"));
    let (output, _guard) = Output::json(Level::INFO);
    let script = Script::new(&clock, |_| Err(TestError::Transient));
    for _ in 0..10_000 {
        assert_eq!(ask.call(|| script.run()).await, Ok(7));
        clock.sleep(millis(1)).await;
    }
    let (seconds, _) = outage(&output, "logs: outage");
    assert!(seconds.len() >= 4 && seconds.values().all(|lines| (1..=11).contains(lines)), "{seconds:?}");
}

#[test]
fn an_outage_under_a_policy_of_synchronous_code_logs_as_much() {
    use crate::common::blocking::{Clock, Script};
    let (clock, ask) = (Clock::start(), outage_policy("logs: blocking outage"));
    let (output, _guard) = Output::json(Level::INFO);
    let script = Script::new(&clock, |_| Err(TestError::Transient));
    for _ in 0..10_000 {
        assert_eq!(ask.call_blocking(|| script.run()), Ok(7));
        clock.sleep(millis(1));
    }
    let (seconds, _) = outage(&output, "logs: blocking outage");
    assert!(seconds.len() >= 4 && seconds.values().all(|lines| (1..=11).contains(lines)), "{seconds:?}");
}

/// The rest of an outage is there for who asks: at DEBUG each event is a line.
#[sync_and_async::test]
async fn what_is_no_warning_is_still_a_line_at_debug() {
    #[retry(max = 9, backoff = "none")]
    async fn ask(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let (output, _guard) = Output::json(Level::DEBUG);
    assert!(ask(&Script::always(TestError::Transient, &clock)).await.is_err());
    let levels: Vec<String> = output.fields().into_iter().map(|(level, _)| level).collect();
    assert_eq!(levels.join(" "), "WARN DEBUG DEBUG DEBUG DEBUG DEBUG DEBUG DEBUG DEBUG WARN");
    clock.sleep(secs(1)).await;
    assert!(ask(&Script::always(TestError::Transient, &clock)).await.is_err());
    let (_, next) = output.fields().swap_remove(10);
    assert_eq!(next["suppressed"], 8);
}

#[sync_and_async::test]
async fn max_attempts_counts_the_first_call() {
    #[retry(max = 2, backoff = "none")]
    async fn by_retries(script: &Script<'_>) -> Answer {
        script.run().await
    }

    #[retry(attempts = 3, backoff = "none")]
    async fn by_attempts(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let (output, _guard) = Output::json(Level::DEBUG);
    let down = Script::always(TestError::Transient, &clock);
    assert!(by_retries(&down).await.is_err() && by_attempts(&down).await.is_err());
    for lines in output.fields().chunks(3) {
        let numbers: Vec<_> =
            lines.iter().map(|(_, fields)| (fields.get("attempt"), fields.get("max_attempts"))).collect();
        let retry = |attempt: u32| (Some(Value::from(attempt)), Some(Value::from(3)));
        assert_eq!(numbers[0], (retry(1).0.as_ref(), retry(1).1.as_ref()));
        assert_eq!(numbers[1], (retry(2).0.as_ref(), retry(2).1.as_ref()));
        assert_eq!(lines[2].1["attempts"], 3);
    }
}

/// The event names of a gate, with the ends of the names of their functions.
fn of_gates(output: &Output) -> Vec<String> {
    let gate = |fields: &BTreeMap<String, Value>| {
        let event = fields["event"].as_str()?;
        let is_of_gate = ["breaker", "bulkhead", "rate_limit"].iter().any(|gate| event.starts_with(gate));
        let function = fields
            .get("function")
            .and_then(Value::as_str)
            .map_or("none", |name| &name[name.rfind("::").map_or(0, |at| at + 2)..]);
        is_of_gate.then(|| format!("{event} {function}"))
    };
    output.fields().iter().filter_map(|(_, fields)| gate(fields)).collect()
}

#[sync_and_async::test]
async fn events_of_gates_name_the_function_in_functions_methods_and_keyed_ones() {
    struct Shop;

    impl Shop {
        #[circuit_breaker(failure_threshold = 1, recovery = "10s", success_threshold = 1)]
        async fn method(&self, script: &Script<'_>) -> Answer {
            script.run().await
        }
    }

    #[circuit_breaker(
        window = 2,
        min_calls = 1,
        failure_rate = 0.5,
        slow_call = "1s",
        slow_rate = 0.5,
        recovery = "10s",
        success_threshold = 1
    )]
    async fn timed(script: &Script<'_>) -> Answer {
        script.run().await
    }

    #[circuit_breaker(key = tenant, failure_threshold = 1, recovery = "10s", success_threshold = 1)]
    async fn keyed(tenant: &str, script: &Script<'_>) -> Answer {
        script.run().await.map(|answer| answer + u32::try_from(tenant.len()).unwrap_or(0))
    }

    #[circuit_breaker(failure_threshold = 1, recovery = "10s", success_threshold = 1, when_ok = |_| true)]
    async fn judged(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let (output, _guard) = Output::json(Level::DEBUG);
    let ups_and_downs = |name: &str| {
        ["breaker.open", "breaker.rejected", "breaker.half_open", "breaker.close"]
            .map(|event| format!("{event} {name}"))
    };
    let mut expected = Vec::new();
    let script = Script::of("F S", &clock);
    assert_eq!(letters!(2, Shop.method(&script).await), "FO");
    clock.sleep(secs(10)).await;
    assert_eq!(letters!(1, Shop.method(&script).await), "S");
    expected.extend(ups_and_downs("method"));
    let script = Script::of("F S", &clock);
    assert_eq!(letters!(2, timed(&script).await), "FO");
    clock.sleep(secs(10)).await;
    assert_eq!(letters!(1, timed(&script).await), "S");
    expected.extend(ups_and_downs("timed"));
    let script = Script::of("F S", &clock);
    assert_eq!(letters!(2, keyed("a", &script).await), "FO");
    clock.sleep(secs(10)).await;
    assert_eq!(letters!(1, keyed("a", &script).await), "S");
    expected.extend(ups_and_downs("keyed"));
    let script = Script::of("S", &clock);
    assert_eq!(letters!(2, judged(&script).await), "SO");
    expected.extend(["breaker.open judged".to_owned(), "breaker.rejected judged".to_owned()]);
    assert_eq!(of_gates(&output), expected);
}

#[sync_and_async::test]
async fn a_full_gate_names_the_function_and_a_handle_names_none() {
    #[rate_limit(name = "logs: limit", max = 1, per = "1h")]
    async fn limited() -> Answer {
        Ok(1)
    }

    #[bulkhead(name = "logs: full", max = 1)]
    async fn full(depth: u32) -> Answer {
        if depth == 0 { Ok(1) } else { boxed(full(depth - 1)).await }
    }

    let _clock = Clock::start();
    let (output, _guard) = Output::json(Level::DEBUG);
    let handle = CircuitBreaker::new("logs: handle");
    let _first = limited().await;
    assert!(limited().await.is_err() && full(1).await.is_err());
    handle.force_open();
    assert!(handle.admit().is_err());
    let events = of_gates(&output);
    assert!(
        events.ends_with(&["rate_limit limited", "bulkhead.full full", "breaker.rejected none"].map(str::to_owned)),
        "{events:?}"
    );
}

static EMPTY: RetryBudget = RetryBudget::new("logs: budget").capacity(1).ratio(0.0).min_per_second(0);

#[sync_and_async::test]
async fn an_empty_budget_is_named_once_a_second() {
    #[retry(max = 9, backoff = "none", budget = EMPTY)]
    async fn ask(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let (output, _guard) = Output::json(Level::INFO);
    let down = Script::always(TestError::Transient, &clock);
    for _ in 0..50 {
        assert!(ask(&down).await.is_err());
    }
    let exhausted: Vec<_> =
        output.fields().into_iter().filter(|(_, fields)| fields["event"] == "retry.exhausted").collect();
    assert_eq!(exhausted.len(), 1);
    assert_eq!((&exhausted[0].1["reason"], &exhausted[0].1["budget"]), (&"budget".into(), &"logs: budget".into()));
}
