use super::{HOUR, MOMENT, Pair, key};
use crate::store::{KeyHash, SharedState, StateKey, Update};

fn put(key: StateKey<'_>, value: &[u8], clears: u64) -> Update {
    Update::Put { key: key.into(), value: value.to_vec(), clears, time: Some(HOUR) }
}

async fn fetch(pair: &Pair, key: StateKey<'_>) -> (Option<Vec<u8>>, u64) {
    let fetched = super::answer(pair.second.fetch(&key)).await;
    (fetched.value, fetched.clears)
}

async fn value(pair: &Pair, key: StateKey<'_>) -> Option<Vec<u8>> {
    fetch(pair, key).await.0
}

pub async fn check(pair: &Pair) {
    bytes(pair).await;
    removals(pair).await;
    clears(pair).await;
}

async fn bytes(pair: &Pair) {
    let name = pair.name("bytes");
    let entry = key(SharedState::Cache, &name);
    let (nothing, clears) = fetch(pair, entry).await;
    assert_eq!(nothing, None, "nothing is stored yet");
    assert_eq!(fetch(pair, entry).await.1, clears, "a cache that nobody clears keeps its number");
    let all: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    for bytes in [&b"first"[..], b"", &all] {
        pair.update([put(entry, bytes, clears)]).await;
        assert_eq!(value(pair, entry).await.as_deref(), Some(bytes), "byte for byte");
    }
    let others = [
        StateKey { hash: Some(KeyHash::from_u128(8)), ..entry },
        StateKey { hash: None, ..entry },
        StateKey { variant: "json:2", ..entry },
    ];
    for other in others {
        assert_eq!(value(pair, other).await, None, "another key: {other:?}");
    }
    let forever = Update::Put { key: others[0].into(), value: b"forever".to_vec(), clears, time: None };
    let short = Update::Put { key: entry.into(), value: b"short".to_vec(), clears, time: Some(MOMENT) };
    pair.update([forever, short]).await;
    tokio::time::sleep(2 * MOMENT).await;
    assert_eq!(value(pair, entry).await, None, "an entry ends");
    assert_eq!(value(pair, others[0]).await.as_deref(), Some(&b"forever"[..]), "an entry without a time stays");
}

async fn removals(pair: &Pair) {
    let name = pair.name("remove");
    let entry = key(SharedState::Cache, &name);
    let (_, clears) = fetch(pair, entry).await;
    let remove = |unless_changed: Option<&[u8]>| Update::Remove {
        key: entry.into(),
        unless_changed: unless_changed.map(<[u8]>::to_vec),
    };
    pair.update([put(entry, b"new", clears), remove(Some(b"old")), remove(Some(b""))]).await;
    assert_eq!(value(pair, entry).await.as_deref(), Some(&b"new"[..]), "a value that has changed stays");
    pair.update([remove(Some(b"new"))]).await;
    assert_eq!(value(pair, entry).await, None, "the value that was meant goes");
    pair.update([put(entry, b"again", clears), remove(None), remove(None)]).await;
    assert_eq!(value(pair, entry).await, None, "any value goes");
}

async fn clears(pair: &Pair) {
    let (name, other) = (pair.name("clear"), pair.name("kept"));
    let (entry, neighbour) = (key(SharedState::Cache, &name), key(SharedState::Cache, &other));
    let (_, clears) = fetch(pair, entry).await;
    let (_, clears_of_neighbour) = fetch(pair, neighbour).await;
    let clear = || Update::Clear { name: name.clone() };
    pair.update([put(entry, b"old", clears), put(neighbour, b"kept", clears_of_neighbour), clear()]).await;
    let (nothing, since) = fetch(pair, entry).await;
    assert_eq!(nothing, None, "a value from before a clear is none");
    assert!(since > clears, "a clear raises the number");
    assert_eq!(value(pair, neighbour).await.as_deref(), Some(&b"kept"[..]), "other caches keep their values");
    pair.update([put(entry, b"late", clears)]).await;
    assert_eq!(value(pair, entry).await, None, "a value whose making began before a clear is not stored");
    pair.update([put(entry, b"new", since), put(entry, b"late", clears)]).await;
    assert_eq!(value(pair, entry).await.as_deref(), Some(&b"new"[..]), "and replaces no newer one");
    pair.update([clear(), clear()]).await;
    assert_eq!(value(pair, entry).await, None, "each clear counts");
}
