//! Updates that nobody waits for, and messages.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use resilience::store::{Notice, NoticeKind, Seen, SharedState, SharedStore, Update, ask};
use resilience_redis::Redis;
use services::Redis as Server;

use crate::{PATIENCE, connected, events, key, leak, process, until, until_available, until_lost};

fn put(bytes: usize) -> Update {
    Update::Put { key: key(SharedState::Cache, "answers").into(), value: vec![7; bytes], seen: None, time: None }
}

async fn length(store: &Redis) -> Option<usize> {
    let key = key(SharedState::Cache, "answers");
    let fetched = ask(store, |store| store.fetch(&key)).await.expect("an answer");
    fetched.value.map(|value| value.len())
}

#[tokio::test]
async fn a_value_that_is_too_large_is_neither_stored_nor_read() {
    events::collect();
    let Some(server) = Server::start(&[]) else { return };
    let large = process("sizes");
    let small = leak(Redis::new("sizes").limit(PATIENCE).max_value(1_000));
    large.connect(&server.url()).await.expect("a connection");
    small.connect(&server.url()).await.expect("a connection");
    small.update(put(1_000));
    small.flush().await;
    assert_eq!(length(small).await, Some(1_000));
    small.update(put(1_001));
    small.flush().await;
    assert_eq!(small.dropped_updates(), 1);
    assert_eq!(length(small).await, Some(1_000), "the earlier value stays");
    large.update(put(1_001));
    large.flush().await;
    assert_eq!(length(large).await, Some(1_001));
    assert_eq!(length(small).await, None, "one of a program that allows more");
    assert_eq!(events::of("sizes").iter().filter(|name| **name == "store.dropped").count(), 1);
}

#[tokio::test]
async fn a_store_without_a_largest_value_reads_what_it_has_stored() {
    let Some(server) = Server::start(&[]) else { return };
    let store = leak(Redis::new("unbounded").limit(PATIENCE).max_value(usize::MAX));
    store.connect(&server.url()).await.expect("a connection");
    store.update(put(3_000_000));
    store.flush().await;
    assert_eq!(length(store).await, Some(3_000_000));
}

#[tokio::test]
async fn updates_are_sent_in_order_and_are_bounded() {
    let Some(server) = Server::start(&[]) else { return };
    let store = leak(Redis::new("order").limit(PATIENCE).queue_bytes(100_000));
    store.connect(&server.url()).await.expect("a connection");
    // Nothing is sent before this task waits.
    for bytes in 1..=400 {
        store.update(put(bytes));
    }
    store.flush().await;
    assert_eq!(store.dropped_updates(), 0);
    assert_eq!(length(store).await, Some(400), "the last one");
    for _ in 0..5 {
        store.update(put(30_000));
    }
    assert_eq!(store.dropped_updates(), 2, "three of them fit");
    store.flush().await;
    for _ in 0..5_000 {
        store.update(Update::Clear { name: "others".to_owned() });
    }
    assert_eq!(store.dropped_updates(), 2 + 5_000 - 4_096);
    store.flush().await;
    store.update(put(1));
    store.flush().await;
    assert_eq!(length(store).await, Some(1), "there is room again");
}

#[tokio::test]
async fn each_update_that_the_engine_refuses_is_counted() {
    let Some(server) = Server::start(&["--maxmemory-policy noeviction"]) else { return };
    let store = connected(&server, "refused updates").await;
    let () = crate::Console::open(&server.url()).await.run("CONFIG SET maxmemory 1").await;
    // They are sent together.
    for _ in 0..3 {
        store.update(Update::Clear { name: "answers".to_owned() });
    }
    store.flush().await;
    assert_eq!(store.dropped_updates(), 3);
}

/// A value that comes back from before would pass for one of now.
#[tokio::test]
async fn a_cache_that_is_cleared_after_the_engine_has_lost_its_data_has_a_later_epoch() {
    let Some(server) = Server::start(&[]) else { return };
    let store = connected(&server, "epochs").await;
    let key = key(SharedState::Cache, "answers");
    let before = ask(store, |store| store.fetch(&key)).await.expect("an answer").clears;
    let () = crate::Console::open(&server.url()).await.run("FLUSHALL").await;
    store.update(Update::Clear { name: "answers".to_owned() });
    store.flush().await;
    let after = ask(store, |store| store.fetch(&key)).await.expect("an answer").clears;
    assert!(after > before, "{after} after {before}");
}

#[tokio::test]
async fn an_update_that_does_not_fit_takes_no_room() {
    let Some(server) = Server::start(&[]) else { return };
    let store = leak(Redis::new("room").limit(PATIENCE).queue_bytes(100));
    store.connect(&server.url()).await.expect("a connection");
    for _ in 0..4 {
        store.update(put(60));
    }
    assert_eq!(store.dropped_updates(), 3);
    store.flush().await;
    store.update(put(150));
    store.flush().await;
    assert_eq!((length(store).await, store.dropped_updates()), (Some(150), 3), "a larger one fits alone");
}

#[tokio::test]
async fn updates_to_an_engine_that_is_away_are_dropped_and_told_once() {
    events::collect();
    let Some(mut server) = Server::start(&[]) else { return };
    let store = connected(&server, "dropping").await;
    server.kill();
    let away = tokio::time::timeout(Duration::from_secs(60), async {
        while value_or_nothing(store).await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    away.await.expect("it is away");
    for _ in 0..10 {
        let key = key(SharedState::Cache, "answers").into();
        store.update(Update::Put { key, value: vec![7], seen: Some(Seen::default()), time: None });
    }
    store.flush().await;
    assert_eq!(store.dropped_updates(), 10);
    assert_eq!(events::of("dropping").iter().filter(|name| **name == "store.dropped").count(), 1);
}

#[tokio::test]
async fn an_update_without_a_connection_is_dropped_at_once() {
    let Some(mut server) = Server::start(&[]) else { return };
    let store = connected(&server, "dropped at once").await;
    server.kill();
    until_lost(store).await;
    // Left places and changes of caches are sent later.
    store.update(Update::ResetWindow { key: key(SharedState::RateLimit, "api").into() });
    assert_eq!(store.dropped_updates(), 1);
}

async fn value_or_nothing(store: &Redis) -> bool {
    let key = key(SharedState::Cache, "answers");
    !matches!(ask(store, |store| store.fetch(&key)).await, Err(resilience::store::StoreError::Away))
}

#[tokio::test]
async fn messages_arrive_again_after_a_restart() {
    let Some(mut server) = Server::start(&[]) else { return };
    let (sender, receiver) = (connected(&server, "messages").await, connected(&server, "messages").await);
    let arrived = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&arrived);
    let _listening = receiver.engine().subscribe(SharedState::Cache, "answers", move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    let tell = || {
        let kind = NoticeKind::Cleared;
        sender.update(Update::Tell(Notice { state: SharedState::Cache, name: "answers".to_owned(), hash: None, kind }));
    };
    tell();
    until(|| arrived.load(Ordering::Relaxed) == 1).await;
    server.kill();
    server.start_again(&[]);
    until_available(sender).await;
    let again = tokio::time::timeout(Duration::from_secs(60), async {
        while arrived.load(Ordering::Relaxed) == 1 {
            tell();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    again.await.expect("a message");
}
