//! Changes of one process reach the others, by a message or after `near`.

use resilience::Cache;
use resilience::store::{Notice, NoticeKind, SharedState, SharedStore, Update};
use resilience::testing::{FakeEngine, FakeStore};
use tokio::time::{Instant, sleep};

use crate::common::{millis, secs};
use crate::{NEAR, Source, processes};

/// How long `get` goes on to return another value than `newer`.
macro_rules! stale_for {
    ($process:ident, $source:expr) => {{
        let begin = Instant::now();
        while $process::get(1, $source).await.as_deref() != Ok("newer 1") {
            assert!(begin.elapsed() <= NEAR * 2, "it does not end");
            sleep(millis(500)).await;
        }
        begin.elapsed()
    }};
}

fn handle(name: &str) -> Cache {
    Cache::named(name).expect("called")
}

#[tokio::test(start_paused = true)]
async fn an_invalidation_reaches_all_processes() {
    let engine = FakeEngine::new();
    processes!(engine: one(u32) two(u64); name = "invalidated", ttl = 3600);
    for lost in [false, true] {
        let source = Source::new("older");
        handle_if_called("invalidated");
        assert!(one::get(1, &source).await.is_ok() && two::get(1, &source).await.is_ok());
        source.set(Ok("newer"));
        engine.lose_notices(u32::from(lost));
        assert_eq!(handle("invalidated").invalidate(&1_u32), Ok(true));
        let stale = stale_for!(two, &source);
        assert!(if lost { stale <= NEAR } else { stale.is_zero() }, "{stale:?} after a message, lost: {lost}");
        assert_eq!(one::get(1, &source).await.as_deref(), Ok("newer 1"));
        assert_eq!(source.loads(), 2, "one before, one after");
    }
}

fn handle_if_called(name: &str) {
    if let Some(cache) = Cache::named(name) {
        cache.clear();
    }
}

#[tokio::test(start_paused = true)]
async fn an_inserted_value_reaches_all_processes() {
    let engine = FakeEngine::new();
    processes!(engine: one(u32) two(u64); name = "inserted", ttl = 3600);
    for lost in [false, true] {
        let source = Source::new("older");
        handle_if_called("inserted");
        assert!(one::get(1, &source).await.is_ok() && two::get(1, &source).await.is_ok());
        engine.lose_notices(u32::from(lost));
        assert_eq!(handle("inserted").insert(&1_u32, "newer 1".to_owned()), Ok(()));
        let stale = stale_for!(two, &source);
        assert!(if lost { stale <= NEAR } else { stale.is_zero() }, "{stale:?} after a message, lost: {lost}");
        assert_eq!(one::get(1, &source).await.as_deref(), Ok("newer 1"));
        assert_eq!(source.loads(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_clear_reaches_all_processes() {
    static OTHER: FakeStore = FakeStore::new("shop");
    let engine = FakeEngine::new();
    OTHER.connect(&engine);
    processes!(engine: one; name = "cleared", ttl = 3600);
    for lost in [false, true] {
        let source = Source::new("older");
        handle_if_called("cleared");
        assert!(one::get(1, &source).await.is_ok());
        source.set(Ok("newer"));
        engine.lose_notices(u32::from(lost));
        OTHER.update(Update::Clear { name: "cleared".to_owned() });
        let kind = NoticeKind::Cleared;
        let notice = Notice { state: SharedState::Cache, name: "cleared".to_owned(), hash: None, kind };
        OTHER.update(Update::Tell(notice));
        let stale = stale_for!(one, &source);
        assert!(if lost { stale <= NEAR } else { stale.is_zero() }, "{stale:?} after a message, lost: {lost}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_handle_clears_far_too() {
    let engine = FakeEngine::new();
    processes!(engine: one two; name = "cleared by a handle", ttl = 3600);
    let source = Source::new("older");
    assert!(one::get(1, &source).await.is_ok());
    source.set(Ok("newer"));
    handle("cleared by a handle").clear();
    assert_eq!(two::get(1, &source).await.as_deref(), Ok("newer 1"), "it had no copy");
}

/// The load has read the old value, and ends after the change.
#[tokio::test(start_paused = true)]
async fn a_load_from_before_a_change_stores_nothing_even_if_the_message_is_lost() {
    let engine = FakeEngine::new();
    processes!(engine: one(u32) two(u64) three(u16); name = "overtaken", ttl = 3600);
    for lost in [false, true] {
        for cleared in [false, true] {
            let source = Source::slow("older", secs(5));
            let begin = Source::new("older");
            assert!(one::get(0, &begin).await.is_ok());
            handle("overtaken").clear();
            let load = two::get(1, &source);
            let change = async {
                sleep(secs(1)).await;
                source.set(Ok("newer"));
                engine.lose_notices(if lost { 3 } else { 0 });
                if cleared {
                    one::STORE.update(Update::Clear { name: "overtaken".to_owned() });
                } else {
                    handle("overtaken").invalidate(&1_u32).expect("its keys");
                }
            };
            let (old, ()) = tokio::join!(load, change);
            assert_eq!(old.as_deref(), Ok("older 1"), "for the call that began before");
            assert_eq!(three::get(1, &source).await.as_deref(), Ok("newer 1"), "lost: {lost}, cleared: {cleared}");
            engine.lose_notices(0);
            handle("overtaken").clear();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_message_drops_one_copy_and_no_other() {
    let engine = FakeEngine::new();
    processes!(engine: one(u32) two(u64); name = "one copy", ttl = 3600);
    let source = Source::new("answer");
    for key in 0..10_u8 {
        assert!(one::get(key.into(), &source).await.is_ok() && two::get(key.into(), &source).await.is_ok());
    }
    let before = engine.requests();
    handle("one copy").invalidate(&3_u32).expect("its keys");
    for key in 0..10 {
        assert!(two::get(key, &source).await.is_ok());
    }
    assert_eq!((engine.requests() - before, source.loads()), (1, 11));
}

#[tokio::test(start_paused = true)]
async fn a_refreshed_value_reaches_the_others_by_a_message() {
    let engine = FakeEngine::new();
    processes!(engine: one two; name = "refreshed", ttl = 60, stale_if_error = "1h", near = "1h");
    let source = Source::new("older");
    assert!(one::get(1, &source).await.is_ok());
    sleep(secs(59)).await;
    assert!(two::get(1, &source).await.is_ok(), "a copy for the last second");
    sleep(secs(1)).await;
    source.set(Ok("newer"));
    assert_eq!(one::get(1, &source).await.as_deref(), Ok("newer 1"));
    assert_eq!(two::get(1, &source).await.as_deref(), Ok("newer 1"));
    assert_eq!(source.loads(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_value_from_a_handle_goes_with_the_message_of_another_process() {
    let engine = FakeEngine::new();
    processes!(engine: one(u32) two(u64); name = "inserted and removed", ttl = 3600);
    let source = Source::new("newer");
    assert!(one::get(2, &source).await.is_ok() && two::get(2, &source).await.is_ok());
    let handle = handle("inserted and removed");
    assert_eq!(handle.insert(&1_u32, "older 1".to_owned()), Ok(()));
    assert_eq!(one::get(1, &source).await.as_deref(), Ok("older 1"));
    assert!(two::get(1, &source).await.is_ok());
    assert_eq!(handle.invalidate(&1_u64), Ok(true));
    assert_eq!(one::get(1, &source).await.as_deref(), Ok("newer 1"));
}

/// Neither the mark nor the message has arrived, but this process knows of the change.
#[tokio::test(start_paused = true)]
async fn a_load_from_before_a_change_of_its_own_process_stores_nothing() {
    let engine = FakeEngine::new();
    processes!(engine: one(u32); name = "changed meanwhile", ttl = 3600);
    let source = Source::slow("older", secs(5));
    let change = async {
        sleep(secs(1)).await;
        engine.lose_requests(2);
        assert!(handle("changed meanwhile").invalidate(&1_u32).is_ok());
        engine.lose_requests(0);
    };
    let (answer, ()) = tokio::join!(one::get(1, &source), change);
    assert_eq!(answer.as_deref(), Ok("older 1"));
    assert!(engine.cached_keys().iter().all(|key| key.name != "changed meanwhile"));
}

#[tokio::test(start_paused = true)]
async fn a_load_that_outlasts_the_mark_of_a_removed_value_stores_nothing_far() {
    let engine = FakeEngine::new();
    processes!(engine: one; name = "for ten minutes", ttl = 3600);
    assert!(one::get(1, &Source::slow("answer", secs(599))).await.is_ok());
    assert_eq!(engine.cached_keys().len(), 1);
    let source = Source::slow("answer", secs(600));
    assert!(one::get(2, &source).await.is_ok() && one::get(2, &source).await.is_ok());
    assert_eq!((engine.cached_keys().len(), source.loads()), (1, 1), "only near");
}

#[tokio::test(start_paused = true)]
async fn a_message_of_one_engine_is_not_about_the_values_of_another() {
    static OTHER: FakeStore = FakeStore::new("shop");
    let (engine, other) = (FakeEngine::new(), FakeEngine::new());
    processes!(engine: one(u32); name = "on two engines", ttl = 3600);
    processes!(other: two(u64); name = "on two engines", ttl = 3600);
    OTHER.connect(&other);
    let source = Source::new("answer");
    assert!(one::get(1, &source).await.is_ok() && two::get(1, &source).await.is_ok());
    let before = (engine.requests(), other.requests());
    let (name, kind) = ("on two engines".to_owned(), NoticeKind::Cleared);
    OTHER.update(Update::Tell(Notice { state: SharedState::Cache, name, hash: None, kind }));
    assert!(one::get(1, &source).await.is_ok() && two::get(1, &source).await.is_ok());
    assert_eq!((engine.requests(), other.requests()), (before.0, before.1 + 1));
}

#[tokio::test(start_paused = true)]
async fn a_message_finds_one_of_thousands_of_copies() {
    let engine = FakeEngine::new();
    processes!(engine: one(u32) two(u64); name = "thousands", ttl = 3600, max_size = 10_000);
    let source = Source::new("older");
    assert!(one::get(1, &source).await.is_ok());
    for key in 1..=3_000 {
        assert!(two::get(key, &source).await.is_ok());
    }
    source.set(Ok("newer"));
    assert_eq!(handle("thousands").invalidate(&1_u32), Ok(true));
    assert_eq!(two::get(1, &source).await.as_deref(), Ok("newer 1"));
}
