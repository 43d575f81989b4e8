//! Values that are not shared, and results of other types.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use resilience::testing::{FakeEngine, FakeStore};
use resilience::{Cache, cached};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use crate::common::{Counter, Recorder, TestError, secs};
use crate::{HOUR, NEAR, Source, Text, processes};

fn reasons(recorder: &Recorder) -> Vec<String> {
    recorder.named("cache.skipped").iter().map(|event| event.field("reason").to_owned()).collect()
}

/// A function of one process that returns what it is given, and whether the other process gets it without a load.
macro_rules! is_shared {
    ($name:literal, $result:ty: $value:expr, $engine:expr) => {{
        static ONE: FakeStore = FakeStore::new("shop");
        static TWO: FakeStore = FakeStore::new("shop");

        #[cached(name = $name, store = ONE, ttl = 3600, skip(value, loads))]
        async fn one(key: u32, value: &$result, loads: &Counter) -> $result {
            let _ = (key, loads.up());
            value.clone()
        }

        #[cached(name = $name, store = TWO, ttl = 3600, skip(value, loads))]
        async fn two(key: u32, value: &$result, loads: &Counter) -> $result {
            let _ = (key, loads.up());
            value.clone()
        }

        ONE.connect($engine);
        TWO.connect($engine);
        let (value, loads): ($result, Counter) = ($value, Counter::default());
        let answers = (one(1, &value, &loads).await, two(1, &value, &loads).await);
        assert!(answers == (value.clone(), value.clone()) || format!("{value:?}").contains("NaN"), "{answers:?}");
        loads.get() == 1
    }};
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Shape {
    Unit,
    Tuple(f64, f32),
    Named { sides: Vec<u8>, names: BTreeMap<u32, String> },
}

#[tokio::test(start_paused = true)]
async fn whatever_json_can_read_back_is_shared() {
    let engine = &FakeEngine::new();
    assert!(is_shared!("of numbers", u64: u64::MAX, engine));
    assert!(is_shared!("of large numbers", i128: i128::MIN, engine));
    assert!(is_shared!("of options", Option<String>: Some("a\u{0}\"".to_owned()), engine));
    assert!(is_shared!("of results", Result<(), String>: Ok(()), engine));
    assert!(is_shared!("of sets", HashSet<u32>: (0..100).collect(), engine));
    assert!(
        is_shared!("of maps", HashMap<String, Option<u8>>: (0..100_u8).map(|n| (n.to_string(), Some(n))).collect(), engine)
    );
    let floats = [0.1 + 0.2, 1e300, -0.0, f64::MIN_POSITIVE, 1.0 / 3.0, 123_456_789.123_456_7];
    assert!(is_shared!("of floats", [f64; 6]: floats, engine));
    assert!(is_shared!("of units", Shape: Shape::Unit, engine));
    assert!(is_shared!("of tuples", Shape: Shape::Tuple(0.1, 0.1), engine));
    let names = BTreeMap::from([(7, "seven".to_owned())]);
    assert!(is_shared!("of fields", Shape: Shape::Named { sides: vec![3, 1, 2], names }, engine));
    assert!(is_shared!("of texts", Arc<str>: Arc::from("text"), engine));
}

#[tokio::test(start_paused = true)]
async fn what_json_would_read_as_another_value_stays_in_its_process() {
    let (recorder, engine) = (Recorder::start(), &FakeEngine::new());
    assert!(!is_shared!("of no numbers", Result<f64, String>: Ok(f64::NAN), engine));
    assert!(
        !is_shared!("of nested options", Option<Option<u8>>: Some(None).map(|none: Option<u8>| none), engine)
            || engine.cached_keys().iter().any(|key| key.name == "of nested options")
    );
    assert!(!is_shared!("of options in vectors", Vec<Option<()>>: vec![Some(())], engine));
    assert!(!is_shared!("of maps by tuples", BTreeMap<(u8, u8), u8>: BTreeMap::from([((1, 2), 3)]), engine));
    let reasons = reasons(&recorder);
    assert!(reasons.len() >= 6 && reasons.iter().all(|reason| reason == "format"), "{reasons:?}");
}

#[tokio::test(start_paused = true)]
async fn a_value_that_is_too_large_stays_in_its_process_and_removes_the_old_one() {
    let engine = FakeEngine::new();
    processes!(engine: one two; name = "too large", ttl = 60, stale_if_error = "1h");
    let source = Source::new("small");
    assert!(one::get(1, &source).await.is_ok());
    sleep(secs(60)).await;
    let large: &'static str = "x".repeat(1 << 20).leak();
    source.set(Ok(large));
    let recorder = Recorder::start();
    assert_eq!(one::get(1, &source).await, Ok(format!("{large} 1")));
    assert_eq!(one::get(1, &source).await, Ok(format!("{large} 1")), "near");
    assert_eq!((source.loads(), reasons(&recorder)), (2, vec!["max_value".to_owned()]));
    source.set(Err(TestError::Transient));
    assert_eq!(two::get(1, &source).await, Err(TestError::Transient), "the small one is wrong");
}

#[tokio::test(start_paused = true)]
async fn a_value_of_a_handle_that_is_too_large_removes_the_old_one() {
    let engine = FakeEngine::new();
    processes!(engine: one(u32) two(u64); name = "too large by hand", ttl = 3600);
    let source = Source::new("older");
    assert!(one::get(1, &source).await.is_ok() && two::get(1, &source).await.is_ok());
    source.set(Ok("newer"));
    let cache = Cache::named("too large by hand").expect("called");
    assert_eq!(cache.insert(&1_u32, "x".repeat(1 << 20)), Ok(()));
    assert_eq!(two::get(1, &source).await.as_deref(), Ok("newer 1"));
}

/// Equal by the number alone, but written with a float.
#[derive(Debug, Clone, Serialize)]
struct Measured(u32, f64);

impl PartialEq for Measured {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Measured {}

impl Hash for Measured {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_with_a_float_is_not_shared() {
    static SHARED: FakeStore = FakeStore::new("shop");

    #[cached(name = "float keys", store = SHARED, ttl = 60, skip(source))]
    async fn get(key: &Measured, source: &Source) -> Text {
        source.load(key.0).await
    }

    let (recorder, engine) = (Recorder::start(), FakeEngine::new());
    SHARED.connect(&engine);
    let source = Source::new("answer");
    assert_eq!(get(&Measured(1, 0.5), &source).await.as_deref(), Ok("answer 1"));
    assert_eq!(get(&Measured(1, 0.5), &source).await.as_deref(), Ok("answer 1"));
    assert_eq!((source.loads(), engine.requests(), reasons(&recorder)), (1, 0, vec!["key".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn keys_that_json_writes_alike_are_told_apart() {
    static SHARED: FakeStore = FakeStore::new("shop");

    #[cached(name = "alike in JSON", store = SHARED, ttl = 60, near = "1s")]
    async fn get(key: &Option<Option<u8>>) -> Option<String> {
        Some(format!("{key:?}"))
    }

    SHARED.connect(&FakeEngine::new());
    for _ in 0..2 {
        assert_eq!(get(&None).await.as_deref(), Some("None"));
        assert_eq!(get(&Some(None)).await.as_deref(), Some("Some(None)"));
        assert_eq!(get(&Some(Some(1))).await.as_deref(), Some("Some(Some(1))"));
        sleep(secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_that_is_cached_stays_in_its_process_and_replaces_the_value_of_all() {
    let engine = FakeEngine::new();
    processes!(engine: one two; name = "cached errors", ttl = 60, stale_if_error = "1h", negative_ttl = "20s",
        when = |answer| *answer != Err(TestError::Transient));
    let source = Source::new("answer");
    assert!(one::get(1, &source).await.is_ok());
    sleep(secs(60)).await;
    source.set(Err(TestError::Permanent));
    assert_eq!(one::get(1, &source).await, Err(TestError::Permanent));
    assert_eq!(one::get(1, &source).await, Err(TestError::Permanent), "cached");
    assert_eq!(source.loads(), 2);
    source.set(Err(TestError::Transient));
    assert_eq!(two::get(1, &source).await, Err(TestError::Transient), "neither the error nor the old value");
}

#[tokio::test(start_paused = true)]
async fn what_when_does_not_select_is_stored_nowhere() {
    let engine = FakeEngine::new();
    processes!(engine: one two; name = "selected", ttl = 3600, when = |answer| answer.as_deref() != Ok("empty 1"));
    let source = Source::new("empty");
    assert!(one::get(1, &source).await.is_ok() && two::get(1, &source).await.is_ok());
    assert_eq!((source.loads(), engine.cached_keys().len()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn each_value_may_say_how_long_it_lives() {
    let engine = FakeEngine::new();
    processes!(engine: one two; name = "lives by value",
        ttl = |text: &String| if text.starts_with("long") { HOUR } else { secs(0) });
    let source = Source::new("short");
    assert!(one::get(1, &source).await.is_ok() && two::get(1, &source).await.is_ok());
    assert_eq!((source.loads(), engine.cached_keys().len()), (2, 0));
    source.set(Ok("long"));
    assert!(one::get(1, &source).await.is_ok());
    sleep(secs(3599)).await;
    assert!(two::get(1, &source).await.is_ok());
    assert_eq!(source.loads(), 3);
}

#[tokio::test(start_paused = true)]
async fn values_of_other_processes_weigh_too() {
    let engine = FakeEngine::new();
    processes!(engine: one two; name = "weighed", ttl = 3600, max_weight = 100,
        weigh = |_, text| text.len() as u64, time_to_idle = "30m");
    let source = Source::new("0123456789");
    for key in 0..50 {
        assert!(one::get(key, &source).await.is_ok());
    }
    for key in 0..50 {
        assert!(two::get(key, &source).await.is_ok());
    }
    assert_eq!(source.loads(), 50);
    let entries = Cache::named("weighed").expect("called").len();
    assert!((10..=16).contains(&entries), "{entries} entries of 12 in two caches of 100");
    sleep(NEAR).await;
    assert!(two::get(0, &source).await.is_ok());
    assert_eq!(source.loads(), 50, "evicted near, and still far");
}
