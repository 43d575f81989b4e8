//! What is sent again after an outage.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use resilience::store::{
    Fetched, KeyHash, Notice, NoticeKind, SharedState, SharedStore, StateKey, StoreError, Update, ask,
};
use resilience_redis::Redis;
use services::Redis as Server;

use crate::{Console, PATIENCE, connected, key, leak, process, until, until_lost};

const HOUR: Duration = Duration::from_secs(3_600);
/// A frozen engine is noticed in this time.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);

fn entry(number: u128) -> StateKey<'static> {
    StateKey { hash: Some(KeyHash::from_u128(number)), ..key(SharedState::Cache, "answers") }
}

fn put(number: u128, value: &[u8]) -> Update {
    Update::Put { key: entry(number).into(), value: value.to_vec(), seen: None, time: Some(HOUR) }
}

fn mark(number: u128) -> Update {
    Update::Mark { key: entry(number).into(), mark: b"gone".to_vec(), time: HOUR }
}

fn tell(kind: NoticeKind) -> Update {
    Update::Tell(Notice { state: SharedState::Cache, name: "answers".to_owned(), hash: None, kind })
}

async fn fetch(store: &Redis, number: u128) -> Result<Fetched, StoreError> {
    let key = entry(number);
    ask(store, |store| store.fetch(&key)).await
}

async fn value(store: &Redis, number: u128) -> Option<Vec<u8>> {
    fetch(store, number).await.expect("an answer").value
}

/// The first answer that comes.
async fn next_value(store: &Redis, number: u128) -> Option<Vec<u8>> {
    let answered = tokio::time::timeout(2 * PATIENCE, async {
        loop {
            if let Ok(fetched) = fetch(store, number).await {
                return fetched.value;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    answered.await.expect("the engine is back")
}

/// The engine keeps its data, and is not there.
async fn freeze(server: &Server, store: &'static Redis) {
    server.freeze();
    until_lost(store).await;
}

fn impatient(namespace: &'static str) -> &'static Redis {
    leak(Redis::new(namespace).limit(PATIENCE).connect_timeout(CONNECT_TIMEOUT))
}

#[tokio::test]
async fn what_a_program_removes_in_an_outage_is_never_read_again() {
    let Some(server) = Server::start(&[]) else { return };
    let store = impatient("removed");
    store.connect(&server.url()).await.expect("a connection");
    for number in 0..3 {
        store.update(put(number, b"old"));
    }
    store.flush().await;
    let other = connected(&server, "removed").await;
    let told = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&told);
    let _listening = other.engine().subscribe(SharedState::Cache, "answers", move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    freeze(&server, store).await;
    store.update(mark(0));
    store.update(put(1, b"inserted"));
    store.update(tell(NoticeKind::Invalidated));
    store.flush().await;
    server.thaw();
    assert_eq!(next_value(store, 0).await.as_deref(), Some(&b"gone"[..]));
    assert_eq!(next_value(store, 1).await, None, "what was inserted may be too old by now");
    assert_eq!(next_value(store, 2).await.as_deref(), Some(&b"old"[..]));
    until(|| told.load(Ordering::Relaxed) > 0).await;
    assert_eq!(value(other, 0).await.as_deref(), Some(&b"gone"[..]));
    assert_eq!(store.dropped_updates(), 0);
}

#[tokio::test]
async fn a_clear_in_an_outage_reaches_all_values() {
    let Some(server) = Server::start(&[]) else { return };
    let store = impatient("cleared");
    store.connect(&server.url()).await.expect("a connection");
    store.update(put(0, b"old"));
    store.flush().await;
    freeze(&server, store).await;
    store.update(Update::Clear { name: "answers".to_owned() });
    server.thaw();
    assert_eq!(next_value(store, 0).await, None);
    store.update(put(0, b"new"));
    store.flush().await;
    assert_eq!(value(store, 0).await.as_deref(), Some(&b"new"[..]), "it was cleared once");
}

#[tokio::test]
async fn many_removals_in_an_outage_clear_the_cache() {
    let Some(server) = Server::start(&[]) else { return };
    let store = impatient("many-removed");
    store.connect(&server.url()).await.expect("a connection");
    for number in [0, 100_000] {
        store.update(put(number, b"old"));
    }
    store.flush().await;
    freeze(&server, store).await;
    for number in 0..4_000 {
        store.update(mark(number));
    }
    store.flush().await;
    server.thaw();
    assert_eq!(next_value(store, 0).await, None);
    assert_eq!(next_value(store, 100_000).await, None);
    assert_eq!(store.dropped_updates(), 0);
}

#[tokio::test]
async fn what_a_program_removes_before_it_connects_is_removed() {
    let Some(server) = Server::start(&[]) else { return };
    let (early, late) = (connected(&server, "before").await, process("before"));
    early.update(put(0, b"old"));
    early.flush().await;
    late.update(mark(0));
    late.connect(&server.url()).await.expect("a connection");
    assert_eq!(value(late, 0).await.as_deref(), Some(&b"gone"[..]));
}

#[tokio::test]
async fn a_connection_that_is_replaced_loses_no_removal() {
    let Some(server) = Server::start(&[]) else { return };
    let store = impatient("replaced");
    store.connect(&server.url()).await.expect("a connection");
    for number in 0..2 {
        store.update(put(number, b"old"));
    }
    store.flush().await;
    freeze(&server, store).await;
    store.update(mark(0));
    store.flush().await;
    server.thaw();
    // In the queue, which this task has not let anyone send.
    store.update(mark(1));
    store.connect(&server.url()).await.expect("a connection");
    for number in 0..2 {
        let is_removed = async {
            while value(store, number).await.as_deref() != Some(&b"gone"[..]) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, is_removed).await.expect("it is removed");
    }
}

#[tokio::test]
async fn an_engine_without_memory_removes_all_the_same() {
    let Some(server) = Server::start(&["--maxmemory-policy noeviction"]) else { return };
    let store = connected(&server, "full-removed").await;
    for number in 0..3 {
        store.update(put(number, b"old"));
    }
    store.flush().await;
    let mut console = Console::open(&server.url()).await;
    let () = console.run("CONFIG SET maxmemory 1").await;
    let other = connected(&server, "full-removed").await;
    let told = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&told);
    let _listening = other.engine().subscribe(SharedState::Cache, "answers", move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    store.update(mark(0));
    store.flush().await;
    store.update(put(1, b"new"));
    store.update(tell(NoticeKind::Invalidated));
    store.update(mark(0));
    store.flush().await;
    until(|| told.load(Ordering::Relaxed) == 1).await;
    assert_eq!((value(store, 0).await, value(store, 1).await), (None, None), "alone, and among others");
    assert_eq!(value(store, 2).await.as_deref(), Some(&b"old"[..]));
    store.update(Update::Clear { name: "answers".to_owned() });
    store.flush().await;
    let () = console.run("CONFIG SET maxmemory 0").await;
    assert_eq!(value(store, 2).await, None, "cleared");
}
