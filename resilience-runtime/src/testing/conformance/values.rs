use super::{HOUR, MOMENT, Pair, key};
use crate::store::{Fetched, KeyHash, Seen, SharedState, StateKey, Update};

/// Stores a value in any case.
fn put(key: StateKey<'_>, value: &[u8]) -> Update {
    Update::Put { key: key.into(), value: value.to_vec(), seen: None, time: Some(HOUR) }
}

/// Stores a value over one that begins with this, or over none.
fn put_over(key: StateKey<'_>, value: &[u8], stamp: &[u8], clears: u64) -> Update {
    let seen = Some(Seen { clears, stamp: stamp.to_vec() });
    Update::Put { key: key.into(), value: value.to_vec(), seen, time: Some(HOUR) }
}

async fn fetch(pair: &Pair, key: StateKey<'_>) -> Fetched {
    super::answer(pair.second.fetch(&key)).await
}

async fn value(pair: &Pair, key: StateKey<'_>) -> Option<Vec<u8>> {
    fetch(pair, key).await.value
}

pub async fn check(pair: &Pair) {
    bytes(pair).await;
    ends(pair).await;
    changes(pair).await;
    removals(pair).await;
    clears(pair).await;
}

async fn bytes(pair: &Pair) {
    let name = pair.name("bytes");
    let entry = key(SharedState::Cache, &name);
    let nothing = fetch(pair, entry).await;
    assert_eq!((nothing.value, nothing.left), (None, None), "nothing is stored yet");
    assert_eq!(fetch(pair, entry).await.clears, nothing.clears, "a cache that nobody clears keeps its number");
    let all: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    for bytes in [&b"first"[..], b"", &all] {
        pair.update([put(entry, bytes)]).await;
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
}

async fn ends(pair: &Pair) {
    let name = pair.name("ends");
    let entry = key(SharedState::Cache, &name);
    let other = StateKey { hash: None, ..entry };
    let put = |key: StateKey<'_>, time| Update::Put { key: key.into(), value: b"value".to_vec(), seen: None, time };
    pair.update([put(entry, Some(HOUR)), put(other, None)]).await;
    let fetched = fetch(pair, entry).await;
    let left = fetched.left.expect("an end");
    assert!(left <= HOUR && left > HOUR / 2, "the time that is left: {left:?}");
    assert_eq!(fetch(pair, other).await.left, None, "without an end");
    pair.update([put(entry, Some(MOMENT))]).await;
    tokio::time::sleep(2 * MOMENT).await;
    assert_eq!(value(pair, entry).await, None, "an entry ends");
    assert_eq!(value(pair, other).await.as_deref(), Some(&b"value"[..]), "an entry without a time stays");
}

async fn changes(pair: &Pair) {
    let name = pair.name("changes");
    let entry = key(SharedState::Cache, &name);
    let clears = fetch(pair, entry).await.clears;
    pair.update([put_over(entry, b"a1", b"a", clears)]).await;
    assert_eq!(value(pair, entry).await, None, "the value that was seen is gone");
    pair.update([put_over(entry, b"a1", b"", clears), put_over(entry, b"a2", b"", clears)]).await;
    assert_eq!(value(pair, entry).await.as_deref(), Some(&b"a1"[..]), "only over none");
    pair.update([put_over(entry, b"b1", b"a", clears), put_over(entry, b"c1", b"a", clears)]).await;
    assert_eq!(value(pair, entry).await.as_deref(), Some(&b"b1"[..]), "only over the one that was seen");
    pair.update([put_over(entry, b"c1", b"b1", clears)]).await;
    assert_eq!(value(pair, entry).await.as_deref(), Some(&b"c1"[..]), "the stamp may be all of it");
    pair.update([put_over(entry, b"d1", b"c1c", clears)]).await;
    assert_eq!(value(pair, entry).await.as_deref(), Some(&b"c1"[..]), "and not more");
    pair.update([put(entry, b""), put_over(entry, b"d1", b"", clears)]).await;
    assert_eq!(value(pair, entry).await.as_deref(), Some(&b""[..]), "an empty value is one");
}

async fn removals(pair: &Pair) {
    let name = pair.name("remove");
    let entry = key(SharedState::Cache, &name);
    let remove = |unless_changed: Option<&[u8]>| Update::Remove {
        key: entry.into(),
        unless_changed: unless_changed.map(<[u8]>::to_vec),
    };
    pair.update([put(entry, b"new"), remove(Some(b"old")), remove(Some(b""))]).await;
    assert_eq!(value(pair, entry).await.as_deref(), Some(&b"new"[..]), "a value that has changed stays");
    pair.update([remove(Some(b"new"))]).await;
    assert_eq!(value(pair, entry).await, None, "the value that was meant goes");
    let clears = fetch(pair, entry).await.clears;
    let mark = || Update::Mark { key: entry.into(), mark: b"gone".to_vec(), time: HOUR };
    pair.update([put(entry, b"again"), mark(), put_over(entry, b"late", b"again", clears)]).await;
    assert_eq!(value(pair, entry).await.as_deref(), Some(&b"gone"[..]), "a mark stands in the place of a value");
    pair.update([put_over(entry, b"late", b"", clears)]).await;
    assert_eq!(value(pair, entry).await.as_deref(), Some(&b"gone"[..]), "nothing late is stored over it");
    pair.update([put_over(entry, b"new", b"gone", clears)]).await;
    assert_eq!(value(pair, entry).await.as_deref(), Some(&b"new"[..]), "but what has seen it");
    pair.update([put(entry, b"again"), remove(None), remove(None)]).await;
    assert_eq!(value(pair, entry).await, None, "any value goes");
}

async fn clears(pair: &Pair) {
    let (name, other) = (pair.name("clear"), pair.name("kept"));
    let (entry, neighbour) = (key(SharedState::Cache, &name), key(SharedState::Cache, &other));
    let before = fetch(pair, entry).await.clears;
    let clear = || Update::Clear { name: name.clone() };
    pair.update([put(entry, b"old"), put(neighbour, b"kept"), clear()]).await;
    let cleared = fetch(pair, entry).await;
    assert_eq!((cleared.value, cleared.left), (None, None), "a value from before a clear is none");
    assert!(cleared.clears > before, "a clear raises the number");
    assert_eq!(value(pair, neighbour).await.as_deref(), Some(&b"kept"[..]), "other caches keep their values");
    pair.update([put_over(entry, b"late", b"", before), put_over(entry, b"late", b"old", before)]).await;
    assert_eq!(value(pair, entry).await, None, "a value whose making began before a clear is not stored");
    pair.update([put_over(entry, b"new", b"old", cleared.clears)]).await;
    assert_eq!(value(pair, entry).await, None, "a value that was cleared is none to replace");
    let late = [b"new", &b""[..]].map(|stamp| put_over(entry, b"late", stamp, before));
    pair.update([put_over(entry, b"new", b"", cleared.clears)].into_iter().chain(late)).await;
    assert_eq!(value(pair, entry).await.as_deref(), Some(&b"new"[..]), "and replaces no newer one");
    pair.update([clear(), put(entry, b"after")]).await;
    assert_eq!(value(pair, entry).await.as_deref(), Some(&b"after"[..]), "a value is stored after a clear");
    pair.update([clear(), clear()]).await;
    assert_eq!(value(pair, entry).await, None, "each clear counts");
}
