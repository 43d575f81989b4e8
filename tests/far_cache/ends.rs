//! Calls that are dropped, and limits around them.

use resilience::testing::{FakeEngine, FakeStore};
use resilience::{Cache, cached, timeout};
use tokio::time::Instant;

use crate::common::{TestError, Watchdog, millis, poll_at_most, secs};
use crate::{Source, Text, all, processes};

#[tokio::test(start_paused = true)]
async fn a_waiter_takes_over_wherever_the_leader_is_dropped() {
    let _watchdog = Watchdog::start();
    let engine = FakeEngine::new();
    engine.delay(millis(10));
    processes!(engine: one; name = "dropped", ttl = 3600);
    for (key, time) in [0, 5, 10, 15, 20].into_iter().enumerate() {
        let key = u32::try_from(key).expect("a few");
        let source = Source::slow("answer", millis(10));
        let mut leader = Box::pin(one::get(key, &source));
        assert!(poll_at_most(1, &mut leader).await.is_none());
        let waiters = all((0..3).map(|_| one::get(key, &source)));
        let dropped = async {
            let _ended = tokio::time::timeout(millis(time), leader).await;
        };
        let (answers, ()) = tokio::join!(waiters, dropped);
        assert!(answers.iter().all(|answer| *answer == Ok(format!("answer {key}"))), "dropped after {time} ms");
        assert!(source.loads() <= 2, "{} loads", source.loads());
        assert!(one::get(key, &source).await.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_leaves_nothing_behind() {
    let engine = FakeEngine::new();
    engine.delay(millis(10));
    processes!(engine: one; name = "leaves nothing", ttl = 3600);
    for time in [0, 5, 10, 15] {
        let source = Source::slow("answer", millis(10));
        let ended = tokio::time::timeout(millis(time), one::get(1, &source)).await;
        assert!(ended.is_err());
        assert!(engine.cached_keys().is_empty());
    }
    let source = Source::new("answer");
    assert!(one::get(1, &source).await.is_ok());
    assert_eq!(source.loads(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_time_limit_leaves_time_for_the_body_while_the_store_is_asked() {
    static SHARED: FakeStore = FakeStore::new("shop");

    #[timeout(ms = 5)]
    #[cached(name = "under a limit", store = SHARED, ttl = 60, skip(source))]
    async fn get(key: u32, source: &Source) -> Text {
        source.load(key).await
    }

    let engine = FakeEngine::new();
    SHARED.connect(&engine);
    engine.freeze();
    let (source, begin) = (Source::new("answer"), Instant::now());
    assert!(get(1, &source).await.is_ok());
    assert!(begin.elapsed() < millis(5), "half of the time that is left is for the store, and half for the body");
    assert_eq!(source.loads(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failed_load_is_shared_with_those_who_wait_and_stored_nowhere() {
    let engine = FakeEngine::new();
    processes!(engine: one two; name = "failed", ttl = 3600);
    let source = Source::slow("answer", millis(10));
    source.set(Err(TestError::Transient));
    let answers = all((0..5).map(|_| one::get(1, &source))).await;
    assert_eq!(answers, vec![Err(TestError::Transient); 5]);
    assert_eq!((source.loads(), engine.cached_keys().len()), (1, 0));
    source.set(Ok("answer"));
    assert_eq!(two::get(1, &source).await.as_deref(), Ok("answer 1"));
    let stats = Cache::named("failed").expect("called").stats();
    assert_eq!((stats.loads, stats.far_hits, stats.far_misses), (2, 0, 2));
}

#[tokio::test(start_paused = true)]
async fn without_coalescing_each_miss_asks() {
    let engine = FakeEngine::new();
    engine.delay(millis(1));
    processes!(engine: one; name = "not coalesced", ttl = 3600, coalesce = false);
    let source = Source::slow("answer", secs(1));
    let answers = all((0..5).map(|_| one::get(1, &source))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!((engine.requests(), source.loads()), (5, 5));
}
