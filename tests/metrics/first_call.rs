//! Series that exist from the first call, and what they tell apart.

use metrics::Key;
use resilience::{Category, Classify, Policy, bulkhead, circuit_breaker, fallback, policy, rate_limit, retry, timeout};

use crate::Seen;
use crate::common::{Answer, TestError, secs};

/// The labels of all series of a metric.
fn labels_of(seen: &Seen, metric: &str, of: &str) -> Vec<String> {
    let labels = |key: &Key| key.labels().map(metrics::Label::value).collect::<Vec<_>>().join(",");
    let all = seen.all();
    let mut found: Vec<String> =
        all.keys().filter(|key| key.name() == format!("resilience_{metric}")).map(labels).collect();
    found.retain(|labels| labels.starts_with(of));
    found.sort();
    found
}

const OF_CALLS: [&str; 9] = [
    "cancelled",
    "error,network",
    "error,permanent",
    "error,rate_limit",
    "error,resource",
    "error,transient",
    "error,unclassified",
    "ok",
    "panicked",
];

fn with(function: &str, labels: &[&str]) -> Vec<String> {
    labels.iter().map(|labels| format!("{function},{labels}")).collect()
}

#[sync_and_async::test]
async fn every_counter_of_a_function_exists_with_zero_from_its_first_call() {
    #[fallback(value = 7)]
    #[retry(max = 1, backoff = "none")]
    #[circuit_breaker(name = "metrics: first call")]
    #[bulkhead(name = "metrics: first call", max = 10)]
    #[rate_limit(name = "metrics: first call", max = 1_000)]
    async fn stacked() -> Answer {
        Ok(1)
    }

    let (seen, _clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    assert_eq!(stacked().await, Ok(1));
    assert_eq!(labels_of(&seen, "calls_total", "stacked"), with("stacked", &OF_CALLS));
    assert_eq!(labels_of(&seen, "fallbacks_total", "stacked"), with("stacked", &["1,error", "1,ok"]));
    assert_eq!(
        labels_of(&seen, "retries_exhausted_total", "stacked"),
        with("stacked", &["attempts", "budget", "hint", "rejected", "time"])
    );
    assert_eq!(labels_of(&seen, "retries_total", "stacked"), ["stacked"]);
    let layers = ["bulkhead", "circuit_breaker", "rate_limit"];
    assert_eq!(labels_of(&seen, "rejections_total", "stacked"), with("stacked", &layers));
    assert!(labels_of(&seen, "timeouts_total", "stacked").is_empty(), "it has none");
    let outcomes = with("metrics: first call", &["abandoned", "failure", "ignored", "rejected", "success"]);
    assert_eq!(labels_of(&seen, "breaker_calls_total", "metrics: first call"), outcomes);
    let zeros = |key: &&Key| key.name() == "resilience_retries_exhausted_total";
    assert!(seen.all().iter().filter(|(key, _)| zeros(key)).all(|(_, told)| told.value.to_string() == "0"));
}

#[test]
fn the_counters_of_a_policy_exist_from_its_first_call() {
    let seen = Seen::default();
    let _local = seen.here();
    let built = || -> Result<Policy<u32, TestError>, policy::InvalidPolicy> {
        Ok(Policy::named("metrics: first policy")?
            >> policy::fallback(|_| Ok(7))
            >> policy::retry().max(1).no_delay().build()?
            >> policy::circuit_breaker("metrics: first policy").build()?
            >> policy::bulkhead("metrics: first policy").max(1).build()?
            >> policy::rate_limit("metrics: first policy").max(1_000).build()?
            >> policy::timeout(secs(1))?)
    };
    let ask = built().expect("a sound policy");
    assert_eq!(ask.call_blocking(|| Ok(1)), Ok(1));
    let name = "metrics: first policy";
    assert_eq!(labels_of(&seen, "calls_total", name), with(name, &OF_CALLS));
    assert_eq!(labels_of(&seen, "fallbacks_total", name), with(name, &["1,error", "1,ok"]));
    assert_eq!(labels_of(&seen, "rejections_total", name), with(name, &["bulkhead", "circuit_breaker", "rate_limit"]));
    assert_eq!(labels_of(&seen, "timeouts_total", name), [name]);
    assert_eq!(labels_of(&seen, "retries_total", name), [name]);
}

/// An error with each category.
#[derive(Debug, Clone, Copy)]
struct Failed(Category);

impl Classify for Failed {
    fn category(&self) -> Category {
        self.0
    }
}

impl From<resilience::Error> for Failed {
    fn from(error: resilience::Error) -> Self {
        Self(error.category())
    }
}

const CATEGORIES: [Category; 5] =
    [Category::Network, Category::RateLimit, Category::Resource, Category::Transient, Category::Permanent];

const BY_CATEGORY: [&str; 5] = ["network", "rate_limit", "resource", "transient", "permanent"];

#[sync_and_async::test]
async fn failed_calls_have_the_category_of_their_error() {
    struct Shop;

    impl Shop {
        #[circuit_breaker(failure_threshold = 100)]
        async fn method(&self, category: Category) -> Result<u32, Failed> {
            Err(Failed(category))
        }
    }

    #[retry(max = 1, backoff = "none")]
    async fn function(category: Category) -> Result<u32, Failed> {
        Err(Failed(category))
    }

    #[retry(max = 1, backoff = "none")]
    async fn generic<E: Classify + Clone>(error: E) -> Result<u32, E> {
        Err(error.clone())
    }

    #[circuit_breaker]
    async fn none() -> Option<u32> {
        None
    }

    let (seen, _clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    for category in CATEGORIES {
        assert!(Shop.method(category).await.is_err() && function(category).await.is_err());
        assert!(generic(Failed(category)).await.is_err());
    }
    assert!(none().await.is_none());
    for (function, category) in
        ["method", "function", "generic"].iter().flat_map(|name| BY_CATEGORY.map(|it| (*name, it)))
    {
        let count = seen.told("calls_total", &format!("{function},error,{category}")).value;
        assert_eq!(count.to_string(), "1", "{function} {category}");
    }
    assert_eq!(seen.told("calls_total", "none,error,unclassified").value.to_string(), "1");
}

#[test]
fn failed_calls_of_a_policy_have_the_category_of_their_error() {
    let seen = Seen::default();
    let _local = seen.here();
    let policy = || Policy::<u32, Failed>::named("metrics: categories").expect("a name");
    for category in CATEGORIES {
        assert!(policy().call_blocking(|| Err(Failed(category))).is_err());
    }
    for category in BY_CATEGORY {
        let count = seen.told("calls_total", &format!("metrics: categories,error,{category}")).value;
        assert_eq!(count.to_string(), "1", "{category}");
    }
}

#[sync_and_async::test]
async fn rejections_tell_which_layer_has_rejected_a_call() {
    #[circuit_breaker(failure_threshold = 1, recovery = "1h")]
    async fn broken() -> Answer {
        Err(TestError::Transient)
    }

    #[bulkhead(name = "metrics: layer", max = 1)]
    async fn full(depth: u32) -> Answer {
        if depth == 0 { Ok(1) } else { boxed(full(depth - 1)).await }
    }

    #[rate_limit(max = 1, per = "1h")]
    async fn limited() -> Answer {
        Ok(1)
    }

    let (seen, _clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    assert_eq!(letters!(3, broken().await), "FOO");
    assert!(full(1).await.is_err());
    assert_eq!(letters!(2, limited().await), "SL");
    assert_eq!(
        seen.lines_of(&["rejections"]),
        [
            "rejections_total{broken,circuit_breaker} 2",
            "rejections_total{full,bulkhead} 1",
            "rejections_total{limited,rate_limit} 1",
        ]
    );
}

#[sync_and_async::test]
async fn fallbacks_tell_how_they_have_ended() {
    #[fallback(second, third)]
    async fn ask(script: &Script<'_>) -> Answer {
        script.run().await
    }

    async fn second(script: &Script<'_>) -> Answer {
        script.run().await
    }

    async fn third(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let (seen, clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    let script = Script::of("S FS FFS FFF", &clock);
    assert_eq!(letters!(4, ask(&script).await), "SSSF");
    assert_eq!(
        seen.lines_of(&["fallbacks"]),
        [
            "fallbacks_total{ask,1,error} 2",
            "fallbacks_total{ask,1,ok} 1",
            "fallbacks_total{ask,2,error} 1",
            "fallbacks_total{ask,2,ok} 1",
        ]
    );
}

#[test]
fn fallbacks_of_a_policy_tell_how_they_have_ended() {
    let seen = Seen::default();
    let _local = seen.here();
    let fail_over = |error: TestError| if error.is_permanent() { Err(TestError::Transient) } else { Ok(1) };
    let ask = Policy::<u32, TestError>::named("metrics: ends").expect("a name")
        >> policy::fallback(fail_over).or(|error: TestError| if error.is_transient() { Err(error) } else { Ok(2) });
    assert_eq!(ask.call_blocking(|| Err(TestError::Transient)), Ok(1));
    assert!(ask.call_blocking(|| Err(TestError::Permanent)).is_err());
    assert_eq!(
        seen.lines_of(&["fallbacks"]),
        [
            "fallbacks_total{metrics: ends,1,error} 1",
            "fallbacks_total{metrics: ends,1,ok} 1",
            "fallbacks_total{metrics: ends,2,error} 1",
        ]
    );
}

#[sync_and_async::test]
async fn a_breaker_shows_its_rates_and_how_near_it_is_to_opening() {
    #[circuit_breaker(window = 10, min_calls = 4, failure_rate = 0.5, slow_call = "1s", slow_rate = 0.8)]
    async fn windowed(script: &Script<'_>) -> Answer {
        script.run().await
    }

    #[circuit_breaker(failure_threshold = 4)]
    async fn consecutive(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let (seen, clock) = (Seen::default(), Clock::start());
    let _local = seen.here();
    let rates = |name: &str| {
        ["failure_rate", "slow_rate", "threshold_used"]
            .map(|gauge| seen.told(&format!("breaker_{gauge}"), name).value.to_string())
    };
    let script = Script::of("S S S F S", &clock);
    assert_eq!(letters!(4, windowed(&script).await), "SSSF");
    assert_eq!(rates("windowed"), ["0.25", "0", "0.5"]);
    let failing = Script::always(TestError::Transient, &clock);
    assert_eq!(letters!(2, windowed(&failing).await), "FF");
    assert_eq!(rates("windowed")[2], "1", "it is open");
    assert_eq!(letters!(3, consecutive(&failing).await), "FFF");
    assert_eq!(rates("consecutive")[2], "0.75");
    assert!(!seen.lines().iter().any(|line| line.starts_with("breaker_failure_rate{consecutive")), "it has no window");
    assert_eq!(letters!(2, consecutive(&Script::of("S S", &clock)).await), "SS");
    assert_eq!(rates("consecutive")[2], "0", "a success shows it, too");
}

/// Functions inside of functions get longer names when a second one with the same name has state.
#[test]
fn a_breaker_with_another_name_goes_on_showing_its_rates() {
    fn first() -> fn(bool) -> Option<u32> {
        #[circuit_breaker(failure_threshold = 8)]
        fn renamed(works: bool) -> Option<u32> {
            works.then_some(1)
        }
        renamed
    }

    fn second() -> fn(bool) -> Option<u32> {
        #[circuit_breaker(failure_threshold = 8)]
        fn renamed(works: bool) -> Option<u32> {
            works.then_some(1)
        }
        renamed
    }

    let seen = Seen::default();
    let _local = seen.here();
    let used = || seen.told("breaker_threshold_used", "renamed").value.to_string();
    let (first, second) = (first(), second());
    let _failures = [first(false), first(false)];
    assert_eq!(used(), "0.25");
    let _failure = second(false);
    assert_eq!(used(), "0.125");
    let _successes = [first(true), first(true)];
    assert_eq!(used(), "0");
}

#[tokio::test(start_paused = true)]
async fn the_timeouts_of_a_function_exist_from_its_first_call() {
    #[timeout(secs = 1)]
    async fn ask() -> Answer {
        Ok(1)
    }

    let seen = Seen::default();
    let _local = seen.here();
    assert_eq!(ask().await, Ok(1));
    assert_eq!(labels_of(&seen, "timeouts_total", "ask"), ["ask"]);
}

#[test]
fn buckets_reach_as_far_as_the_longest_call() {
    for longest in [0, 1, 60, 24 * 60 * 60, u64::MAX].map(secs) {
        let buckets = resilience::duration_buckets(longest);
        assert!(buckets.is_sorted_by(|one, next| one < next && *next <= one * 2.5 + f64::EPSILON), "{buckets:?}");
        assert!(buckets.last() >= Some(&longest.as_secs_f64().min(86_400.0)), "{buckets:?}");
    }
}
