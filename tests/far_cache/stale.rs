//! Stale windows act on the values of other processes too.

use resilience::Cache;
use resilience::testing::{FakeEngine, FakeStore};
use resilience::{Category, Classify, cached};
use tokio::time::{Instant, sleep};

use crate::common::{Recorder, TestError, millis, secs};
use crate::{Source, Text, all, processes};

#[tokio::test(start_paused = true)]
async fn a_value_of_another_process_bridges_an_outage_of_the_service() {
    let engine = FakeEngine::new();
    processes!(engine: one two; name = "bridges", ttl = 60, stale_if_error = "10m");
    let source = Source::new("answer");
    assert!(one::get(1, &source).await.is_ok());
    source.set(Err(TestError::Transient));
    sleep(secs(60)).await;
    let recorder = Recorder::start();
    assert_eq!(two::get(1, &source).await.as_deref(), Ok("answer 1"), "it never had one of its own");
    assert_eq!(recorder.named("cache.stale").len(), 1);
    sleep(secs(599)).await;
    assert_eq!(two::get(1, &source).await.as_deref(), Ok("answer 1"));
    sleep(secs(1)).await;
    assert_eq!(two::get(1, &source).await, Err(TestError::Transient), "660 s after it was stored");
}

#[tokio::test(start_paused = true)]
async fn one_call_refreshes_while_the_others_get_the_stale_value_of_another_process() {
    let engine = FakeEngine::new();
    processes!(engine: one two; name = "revalidates", ttl = 60, stale_while_revalidate = "10m");
    let source = Source::new("older");
    assert!(one::get(1, &source).await.is_ok());
    sleep(secs(60)).await;
    let slow = Source::slow("newer", secs(5));
    let begin = Instant::now();
    let others = async {
        sleep(millis(1)).await;
        (all((0..5).map(|_| two::get(1, &slow))).await, begin.elapsed())
    };
    let (first, (others, waited)) = tokio::join!(two::get(1, &slow), others);
    assert_eq!(first.as_deref(), Ok("newer 1"));
    assert!(others.iter().all(|answer| answer.as_deref() == Ok("older 1")), "{others:?}");
    assert_eq!((waited, slow.loads()), (millis(1), 1));
    assert_eq!(one::get(1, &slow).await.as_deref(), Ok("newer 1"));
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("gone")]
struct Gone;

impl Classify for Gone {
    fn category(&self) -> Category {
        Category::Permanent
    }
}

#[tokio::test(start_paused = true)]
async fn a_verdict_ends_the_stale_value_of_all_processes() {
    static ONE: FakeStore = FakeStore::new("shop");
    static TWO: FakeStore = FakeStore::new("shop");

    #[cached(name = "verdicts", store = ONE, ttl = 60, stale_if_error = "10m", skip(answer))]
    async fn one(key: u32, answer: &Result<u32, Gone>) -> Result<u32, Gone> {
        answer.clone().map(|value| value + key)
    }

    #[cached(name = "verdicts", store = TWO, ttl = 60, stale_if_error = "10m", stale_when = |_| true, skip(answer))]
    async fn two(key: u32, answer: &Result<u32, Gone>) -> Result<u32, Gone> {
        answer.clone().map(|value| value + key)
    }

    let engine = FakeEngine::new();
    ONE.connect(&engine);
    TWO.connect(&engine);
    assert_eq!(one(1, &Ok(1)).await, Ok(2));
    sleep(secs(60)).await;
    assert_eq!(two(1, &Err(Gone)).await, Ok(2), "an outage, by its own rule");
    assert_eq!(one(1, &Err(Gone)).await, Err(Gone), "a verdict");
    assert_eq!(two(1, &Err(Gone)).await, Err(Gone), "the old value has gone");
}

/// The verdict is about the value that its call has seen.
#[tokio::test(start_paused = true)]
async fn a_late_verdict_leaves_a_newer_value_of_another_process() {
    let engine = FakeEngine::new();
    processes!(engine: one two three; name = "late verdict", ttl = 60, stale_if_error = "10m", stale_when = |_| false);
    let source = Source::new("older");
    assert!(one::get(1, &source).await.is_ok());
    sleep(secs(60)).await;
    let failing = Source::slow("none", secs(5));
    failing.set(Err(TestError::Transient));
    let newer = async {
        sleep(secs(1)).await;
        source.set(Ok("newer"));
        two::get(1, &source).await
    };
    let (verdict, newer) = tokio::join!(one::get(1, &failing), newer);
    assert_eq!((verdict, newer.as_deref()), (Err(TestError::Transient), Ok("newer 1")));
    assert_eq!(three::get(1, &source).await.as_deref(), Ok("newer 1"));
    assert_eq!(source.loads(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_is_away_leaves_the_stale_value_near() {
    let engine = FakeEngine::new();
    processes!(engine: one; name = "stale near", ttl = 60, stale_if_error = "10m");
    let source = Source::new("answer");
    assert!(one::get(1, &source).await.is_ok());
    engine.stop();
    source.set(Err(TestError::Transient));
    sleep(secs(300)).await;
    assert_eq!(one::get(1, &source).await.as_deref(), Ok("answer 1"));
}

#[tokio::test(start_paused = true)]
async fn a_substitute_is_stored_by_no_other_process() {
    static ONE: FakeStore = FakeStore::new("shop");

    #[cached(name = "substitutes", store = ONE, ttl = 60, cache_degraded = true, skip(source))]
    #[resilience::fallback(value = "canned".to_owned())]
    async fn one(key: u32, source: &Source) -> Text {
        source.load(key).await
    }

    let engine = FakeEngine::new();
    ONE.connect(&engine);
    let source = Source::new("answer");
    source.set(Err(TestError::Transient));
    assert_eq!(one(1, &source).await.as_deref(), Ok("canned"));
    assert_eq!(one(1, &source).await.as_deref(), Ok("canned"));
    assert_eq!((source.loads(), engine.cached_keys().len()), (1, 0));
    assert_eq!(Cache::named("substitutes").expect("called").len(), 1, "near, as the program asks for");
}

#[tokio::test(start_paused = true)]
async fn a_hit_on_a_substitute_is_one_for_the_cache_around() {
    static ONE: FakeStore = FakeStore::new("shop");

    #[cached(name = "inner substitutes", store = ONE, ttl = 60, cache_degraded = true, skip(source))]
    #[resilience::fallback(value = "canned".to_owned())]
    async fn inner(key: u32, source: &Source) -> Text {
        source.load(key).await
    }
    #[cached(name = "around substitutes", ttl = 60, skip(source))]
    async fn outer(key: u32, source: &Source) -> Text {
        inner(key, source).await
    }

    ONE.connect(&FakeEngine::new());
    let source = Source::new("answer");
    source.set(Err(TestError::Transient));
    for _ in 0..2 {
        assert_eq!(outer(1, &source).await.as_deref(), Ok("canned"));
        assert_eq!(Cache::named("around substitutes").expect("called").len(), 0, "it keeps no substitute");
    }
    assert_eq!(source.loads(), 1, "the second was a hit");
}
