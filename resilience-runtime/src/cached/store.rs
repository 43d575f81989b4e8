//! The store: bounded, with expiry. What to evict, and how threads share it, is the business of `quick_cache`.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use quick_cache::{Equivalent, Lifecycle, UnitWeighter, sync::Cache};

use crate::clock::{self, Moment};

/// A value and the time it may be given out until.
#[derive(Debug, Clone)]
pub struct Entry<V> {
    value: V,
    expires: Moment,
}

impl<V> Entry<V> {
    /// The time to live counts from now, when the value is there, not from when its making began.
    pub fn new(value: V, ttl: Option<Duration>, now: impl FnOnce() -> Moment) -> Self {
        let expires = ttl.map_or(Moment::FAR, |ttl| now().after(ttl));
        Self { value, expires }
    }

    /// The clock is read only for a value that can expire.
    pub fn fresh(self, now: impl FnOnce() -> Moment) -> Option<V> {
        (self.expires == Moment::FAR || now() < self.expires).then_some(self.value)
    }
}

/// Counts evictions, and keeps what is evicted until the shard's lock is released: a destructor of the user's may
/// come back to the cache.
#[derive(Debug, Clone)]
struct Evictions(Arc<AtomicU64>);

impl<K, V> Lifecycle<K, V> for Evictions {
    type RequestState = Vec<(K, V)>;

    fn on_evict(&self, evicted: &mut Vec<(K, V)>, key: K, value: V) {
        self.0.fetch_add(1, Ordering::Relaxed);
        evicted.push((key, value));
    }
}

/// Values by key.
pub struct Store<K, V> {
    // The standard library's keyed hasher: keys come from outside, and may be chosen to collide.
    entries: Cache<K, Entry<V>, UnitWeighter, std::hash::RandomState, Evictions>,
    evictions: Arc<AtomicU64>,
}

impl<K: Eq + Hash + Clone, V: Clone> Store<K, V> {
    pub fn new(max_size: usize) -> Self {
        let evictions = Arc::new(AtomicU64::new(0));
        let most = u64::try_from(max_size).unwrap_or(u64::MAX);
        let mut capacity = most;
        // The capacity is split between shards and rounded up; the bound was promised to the user.
        let entries = loop {
            let lifecycle = Evictions(Arc::clone(&evictions));
            let entries =
                Cache::with(max_size.min(1024), capacity, UnitWeighter, std::hash::RandomState::new(), lifecycle);
            let over = entries.capacity().saturating_sub(most);
            if over == 0 {
                break entries;
            }
            capacity = capacity.saturating_sub(over).max(1);
        };
        Self { entries, evictions }
    }

    pub fn get<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> Option<V> {
        self.entries.get(key)?.fresh(clock::now)
    }

    /// What is replaced is taken out first: its destructors must not run under the shard's lock.
    pub fn insert(&self, key: K, entry: Entry<V>) {
        let replaced = self.entries.remove(&key);
        self.entries.insert(key, entry);
        drop(replaced);
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn clear(&self) {
        let entries: Vec<_> = self.entries.drain().collect();
        // Dropped here, without a lock.
        drop(entries);
    }

    pub fn evictions(&self) -> u64 {
        self.evictions.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> impl FnOnce() -> Moment {
        move || Moment::from_nanos(seconds * 1_000_000_000)
    }

    #[test]
    fn an_entry_lives_exactly_as_long_as_its_ttl() {
        let entry = Entry::new('v', Some(Duration::from_secs(10)), at(5));
        assert_eq!(entry.clone().fresh(at(14)), Some('v'));
        assert_eq!(entry.clone().fresh(at(15)), None);
        assert_eq!(entry.fresh(at(0)), Some('v'), "a clock that steps back");
    }

    #[test]
    fn a_ttl_beyond_all_time_does_not_overflow() {
        let entry = Entry::new('v', Some(Duration::MAX), at(5));
        assert_eq!(entry.fresh(at(u64::MAX / 1_000_000_000)), Some('v'));
    }

    #[test]
    fn without_a_ttl_no_clock_is_read() {
        let unread = || unreachable!("nothing expires");
        assert_eq!(Entry::new('v', None, unread).fresh(unread), Some('v'));
    }

    #[test]
    fn the_size_is_bounded_and_evictions_are_counted() {
        for max_size in [1_u64, 2, 10, 1000] {
            let store = Store::new(usize::try_from(max_size).unwrap_or(usize::MAX));
            for key in 0..max_size * 3 {
                store.insert(key, Entry::new(key, None, at(0)));
            }
            let len = store.len() as u64;
            assert!(len <= max_size, "{len} entries of {max_size}");
            assert!(store.evictions() >= max_size);
        }
        let one = Store::new(1);
        one.insert(1, Entry::new(1, None, at(0)));
        assert_eq!(one.get(&1), Some(1), "a cache of one keeps one");
    }
}
