//! An engine that stops, hangs, loses, or forgets.

use resilience::store::SharedStore;
use resilience::testing::{FakeEngine, FakeStore};
use resilience::{Cache, cached};
use tokio::time::{Instant, sleep};

use crate::common::{Recorder, millis, secs};
use crate::{NEAR, Source, Text, processes};

/// How it begins, and how it ends.
type Outage = (fn(&FakeEngine), fn(&FakeEngine));

#[tokio::test(start_paused = true)]
async fn without_an_engine_each_process_has_its_own_cache() {
    let engine = FakeEngine::new();
    processes!(engine: one two; name = "an outage", ttl = 3600);
    let outages: [Outage; 4] = [
        (FakeEngine::stop, FakeEngine::start),
        (FakeEngine::freeze, FakeEngine::thaw),
        (|engine| engine.delay(secs(5)), |engine| engine.delay(secs(0))),
        (|engine| engine.lose_answers(1000), |engine| engine.lose_answers(0)),
    ];
    for (number, (begin, end)) in outages.into_iter().enumerate() {
        let key = |index: usize| u32::try_from(number * 1000 + index).expect("small");
        let source = Source::new("answer");
        assert!(one::get(key(0), &source).await.is_ok());
        let recorder = Recorder::start();
        begin(&engine);
        let loads = source.loads();
        for index in 1..50 {
            let call = Instant::now();
            assert_eq!(one::get(key(index), &source).await, Ok(format!("answer {}", key(index))));
            assert!(call.elapsed() <= millis(21), "{:?} for a call", call.elapsed());
            assert!(one::get(key(index), &source).await.is_ok(), "near");
        }
        assert_eq!(source.loads() - loads, 49, "each once");
        end(&engine);
        sleep(secs(1)).await;
        assert!(one::get(key(100), &source).await.is_ok() && two::get(key(100), &source).await.is_ok());
        let changes = [recorder.named("store.away").len(), recorder.named("store.connected").len()];
        assert_eq!(changes, [1, 1], "outage {number}");
        assert_eq!(source.loads() - loads, 50, "shared again");
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_not_connected_is_a_cache_of_one_process() {
    static SHARED: FakeStore = FakeStore::new("shop");

    #[cached(name = "not connected", store = SHARED, ttl = 60, skip(source))]
    async fn get(key: u32, source: &Source) -> Text {
        source.load(key).await
    }

    let (recorder, source) = (Recorder::start(), Source::new("answer"));
    for _ in 0..3 {
        assert_eq!(get(1, &source).await.as_deref(), Ok("answer 1"));
        assert_eq!(get(2, &source).await.as_deref(), Ok("answer 2"));
    }
    assert_eq!((source.loads(), recorder.named("store.away").len()), (2, 1));
    assert!(!SHARED.engine().is_available());
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_forgets_costs_one_load_a_key() {
    let engine = FakeEngine::new();
    processes!(engine: one two; name = "forgotten", ttl = 3600);
    let source = Source::new("answer");
    assert!(one::get(1, &source).await.is_ok() && two::get(1, &source).await.is_ok());
    engine.flush();
    assert!(one::get(1, &source).await.is_ok() && two::get(1, &source).await.is_ok());
    assert_eq!(source.loads(), 1, "near");
    sleep(NEAR).await;
    assert!(one::get(1, &source).await.is_ok() && two::get(1, &source).await.is_ok());
    assert_eq!(source.loads(), 2);
}

#[tokio::test(start_paused = true)]
async fn lost_and_repeated_changes_do_no_harm() {
    let engine = FakeEngine::new();
    processes!(engine: one two; name = "lost changes", ttl = 3600);
    let source = Source::new("answer");
    // The question, and then the value itself.
    engine.lose_requests(1);
    assert!(one::get(1, &source).await.is_ok());
    engine.repeat(10);
    assert!(two::get(1, &source).await.is_ok());
    assert!(two::get(2, &source).await.is_ok() && one::get(2, &source).await.is_ok());
    assert_eq!(source.loads(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_is_removed_in_an_outage_is_removed_when_the_engine_is_back() {
    let engine = FakeEngine::new();
    // A handle reaches the process whose keys it is given.
    processes!(engine: one(u32) two(u64); name = "removed in an outage", ttl = 3600);
    let outages: [Outage; 2] = [(FakeEngine::stop, FakeEngine::start), (FakeEngine::freeze, FakeEngine::thaw)];
    let changes: [fn(&Cache); 3] = [
        |cache| assert!(cache.invalidate(&1_u32).is_ok()),
        |cache| assert!(cache.insert(&1_u32, "inserted".to_owned()).is_ok()),
        |cache| {
            for key in 0..5_000_u32 {
                assert!(cache.invalidate(&key).is_ok());
            }
        },
    ];
    for (begin, end) in outages {
        for change in changes {
            let source = Source::new("older");
            let called = Cache::named("removed in an outage");
            called.into_iter().for_each(Cache::clear);
            assert!(one::get(1, &source).await.is_ok() && two::get(1, &source).await.is_ok());
            source.set(Ok("newer"));
            begin(&engine);
            change(&Cache::named("removed in an outage").expect("called"));
            assert_eq!(two::get(1, &source).await.as_deref(), Ok("older 1"), "near");
            end(&engine);
            assert_eq!(two::get(1, &source).await.as_deref(), Ok("newer 1"), "told");
        }
    }
}
