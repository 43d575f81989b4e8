//! The bounded store. `quick_cache` chooses the evictions; readers of a shard do not contend.
//!
//! Keys are compared and values cloned under a shard's lock. Each key is stored with its hash, or
//! `quick_cache` would hash it again, and a panic there would corrupt the shard. User code that
//! calls back from `Eq` or `Clone` finds every store empty ([`StoreAccess`]).

use std::cell::Cell;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_utils::sync::ShardedLock;
use quick_cache::{Equivalent, Lifecycle, OptionsBuilder, Weighter, unsync};

use super::entry::{CacheEntry, Freshness};
use super::hashing::{self, KeyHasher};
use super::weight::Weight;
use crate::context;
use crate::instance::prehashed::BuildPrehashed;
use crate::sync::{read, write};
use crate::time::{self, Moment};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capacity {
    Entries(usize),
    Weight(u64),
}

/// Holds evicted entries until the lock is released: their destructors may call the cache.
#[derive(Debug, Clone)]
struct EvictionLifecycle {
    evictions: Arc<AtomicU64>,
}

impl<K, V> Lifecycle<K, V> for EvictionLifecycle {
    type RequestState = Evicted<K, V>;

    fn on_evict(&self, evicted: &mut Evicted<K, V>, key: K, value: V) {
        // The lock of the shard keeps other writers away.
        self.evictions.store(self.evictions.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        match evicted.first {
            None => evicted.first = Some((key, value)),
            Some(_) => evicted.others.push((key, value)),
        }
    }
}

/// At most one entry if all weigh the same.
#[derive(Debug)]
struct Evicted<K, V> {
    first: Option<(K, V)>,
    others: Vec<(K, V)>,
}

impl<K, V> Evicted<K, V> {
    const NOTHING: Self = Self { first: None, others: Vec::new() };
}

impl<K, V> Default for Evicted<K, V> {
    fn default() -> Self {
        Self::NOTHING
    }
}

/// Reads the stored weight, so that the user's `weigh` never runs under the lock.
#[derive(Debug, Clone)]
struct EntryWeighter;

impl<K, V, W: Weight> Weighter<K, CacheEntry<V, W>> for EntryWeighter {
    fn weight(&self, _: &K, entry: &CacheEntry<V, W>) -> u64 {
        entry.weight().weight()
    }
}

pub struct HashedKey<K> {
    hash: u64,
    key: K,
}

impl<K> HashedKey<K> {
    /// `hash` is that of the store's hasher.
    pub const fn new(hash: u64, key: K) -> Self {
        Self { hash, key }
    }
}

impl<K> Hash for HashedKey<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl<K: Eq> PartialEq for HashedKey<K> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<K: Eq> Eq for HashedKey<K> {}

struct HashedQuery<'a, Q: ?Sized> {
    hash: u64,
    key: &'a Q,
}

impl<Q: ?Sized> Hash for HashedQuery<'_, Q> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl<K, Q: Equivalent<K> + ?Sized> Equivalent<HashedKey<K>> for HashedQuery<'_, Q> {
    fn equivalent(&self, stored: &HashedKey<K>) -> bool {
        self.key.equivalent(&stored.key)
    }
}

thread_local! {
    static IN_STORE: Cell<bool> = const { Cell::new(false) };
}

/// Keeps user code out of all stores while a store of this thread calls it: in this one it would
/// deadlock, and in others two threads could wait for each other.
struct StoreAccess(());

impl StoreAccess {
    #[inline]
    fn enter() -> Option<Self> {
        // `then_some` would always make a guard, and drop it.
        (!IN_STORE.replace(true)).then(|| Self(()))
    }
}

impl Drop for StoreAccess {
    #[inline]
    fn drop(&mut self) {
        IN_STORE.set(false);
    }
}

/// User code called by a store must not wait for other callers of a store.
pub fn is_in_store() -> bool {
    IN_STORE.get()
}

/// The entries that an insertion replaced or evicted. The caller drops them without a lock.
pub struct Displaced<K, V, W> {
    replaced: Option<(HashedKey<K>, CacheEntry<V, W>)>,
    evicted: Evicted<HashedKey<K>, CacheEntry<V, W>>,
}

impl<K, V, W> Displaced<K, V, W> {
    pub const fn nothing() -> Self {
        Self { replaced: None, evicted: Evicted::NOTHING }
    }

    pub fn evictions(&self) -> usize {
        usize::from(self.evicted.first.is_some()) + self.evicted.others.len()
    }
}

type Shard<K, V, W> = unsync::Cache<HashedKey<K>, CacheEntry<V, W>, EntryWeighter, BuildPrehashed, EvictionLifecycle>;

pub struct Store<K, V, W> {
    hasher: KeyHasher,
    shards: Box<[ShardedLock<Shard<K, V, W>>]>,
    /// One for each shard.
    evictions: Box<[Arc<AtomicU64>]>,
    max_entry_weight: AtomicU64,
    /// In nanoseconds.
    time_to_idle: AtomicU64,
}

/// Keys spread unevenly, so a small store has one shard: one of several would evict too early.
const MIN_SHARDED_ENTRIES: usize = 8192;
/// A power of two, because bits of the hash select the shard.
const SHARDS: usize = 8;

impl<K: Eq + Hash + Clone, V: Clone, W: Weight> Store<K, V, W> {
    pub fn new(capacity: Capacity) -> Self {
        Self::with_hasher(capacity, &hashing::random_state())
    }

    /// The idle time of the entries that are read from now on.
    pub fn set_time_to_idle(&self, time: Option<Duration>) {
        self.time_to_idle.store(time.map_or(u64::MAX, time::nanos), Ordering::Relaxed);
    }

    pub fn with_hasher(capacity: Capacity, hasher: &KeyHasher) -> Self {
        let shards = match capacity {
            Capacity::Entries(entries) if entries >= MIN_SHARDED_ENTRIES => SHARDS,
            // One entry may take all of the weight except the part that is reserved for new entries.
            Capacity::Entries(_) | Capacity::Weight(_) => 1,
        };
        let sizes = shard_sizes(capacity, shards);
        let evictions: Box<[Arc<AtomicU64>]> = sizes.iter().map(|_| Arc::default()).collect();
        let shards = sizes.into_iter().zip(&evictions);
        let shards = shards.map(|((entries, weight), evictions)| shard(entries, weight, evictions)).collect();
        let max_entry_weight = AtomicU64::new(max_entry_weight(capacity));
        let time_to_idle = AtomicU64::new(u64::MAX);
        Self { hasher: hasher.clone(), shards, evictions, max_entry_weight, time_to_idle }
    }

    /// Evicts the entries that no longer fit. The number of shards stays, so a large cache that becomes tiny has shards
    /// without room.
    #[cold]
    pub fn resize(&self, capacity: Capacity) {
        self.max_entry_weight.store(max_entry_weight(capacity), Ordering::Relaxed);
        for (shard, (_, weight)) in self.shards.iter().zip(shard_sizes(capacity, self.shards.len())) {
            let Some(_access) = StoreAccess::enter() else { return };
            let mut evicted = Evicted::NOTHING;
            let mut entries = Vec::new();
            let mut shard = write(shard);
            if shard.weight() > weight {
                // Removed and inserted again, because `set_capacity` would drop the user's values under the lock.
                entries.extend(shard.drain());
            }
            shard.set_capacity(weight);
            while let Some((key, entry)) = entries.pop() {
                shard.insert_with_lifecycle(key, entry, &mut evicted);
            }
        }
    }

    #[inline]
    pub fn get<Q>(&self, key: &Q, generation: impl FnOnce() -> u64) -> Option<V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.get_fresh(&self.query(key), generation)
    }

    /// Does what [`get`](Self::get) does, for a key whose hash is known.
    pub fn get_hashed(&self, hash: u64, key: &K, generation: u64) -> Option<V> {
        self.get_fresh(&HashedQuery { hash, key }, || generation)
    }

    #[inline]
    fn get_fresh<Q>(&self, query: &HashedQuery<'_, Q>, generation: impl FnOnce() -> u64) -> Option<V>
    where
        Q: Equivalent<K> + ?Sized,
    {
        self.find(query, |entry| {
            if entry.fresh(generation(), time::is_before)? {
                hit_on_substitute();
            }
            entry.read(|| self.idle_until());
            Some(entry.value().clone())
        })
    }

    /// Returns a value that is fresh, or that expired less than `window` ago.
    pub fn get_stale(&self, key: &K, generation: u64, window: Duration) -> Option<V> {
        self.find(&self.query(key), |entry| {
            let is_usable = match entry.freshness(generation, time::now) {
                Freshness::Fresh => true,
                Freshness::Stale(past) => past < window,
                Freshness::Gone => false,
            };
            if !is_usable {
                return None;
            }
            if entry.is_substitute() {
                hit_on_substitute();
            }
            entry.read(|| self.idle_until());
            Some(entry.value().clone())
        })
    }

    #[inline]
    fn idle_until(&self) -> Moment {
        time::roughly_after(Duration::from_nanos(self.time_to_idle.load(Ordering::Relaxed)))
    }

    pub fn peek(&self, key: &K, generation: u64) -> Option<V> {
        let query = self.query(key);
        let _access = StoreAccess::enter()?;
        let shard = read(self.shard(query.hash));
        let entry = shard.peek(&query)?;
        entry.fresh(generation, time::is_before).map(|_| entry.value().clone())
    }

    pub fn fresh_keys<U>(&self, generation: u64, read_key: impl Fn(&K) -> U) -> Vec<U> {
        let Some(_access) = StoreAccess::enter() else { return Vec::new() };
        let mut keys = Vec::new();
        for shard in &self.shards {
            let shard = read(shard);
            let fresh = shard.iter().filter(|(_, entry)| entry.fresh(generation, time::is_before).is_some());
            keys.extend(fresh.map(|(hashed, _)| read_key(&hashed.key)));
        }
        keys
    }

    #[inline]
    fn find<Q, T>(
        &self,
        query: &HashedQuery<'_, Q>,
        read_entry: impl FnOnce(&CacheEntry<V, W>) -> Option<T>,
    ) -> Option<T>
    where
        Q: Equivalent<K> + ?Sized,
    {
        let _access = StoreAccess::enter()?;
        let shard = read(self.shard(query.hash));
        read_entry(shard.get(query)?)
    }

    #[inline]
    fn shard(&self, hash: u64) -> &ShardedLock<Shard<K, V, W>> {
        match &*self.shards {
            [only] => only,
            // Bits from the middle: the shard itself uses the lowest and the highest.
            shards => &shards[(hash >> 40) as usize & (shards.len() - 1)],
        }
    }

    #[inline]
    fn query<'a, Q: Hash + ?Sized>(&self, key: &'a Q) -> HashedQuery<'a, Q> {
        HashedQuery { hash: self.hasher.hash_one(key), key }
    }

    pub const fn hasher(&self) -> &KeyHasher {
        &self.hasher
    }

    /// Returns whether the entry is stored: one above `max_entry_weight` only removes the entry that it would have
    /// replaced.
    pub fn insert(&self, key: HashedKey<K>, entry: CacheEntry<V, W>, displaced: &mut Displaced<K, V, W>) -> bool {
        let Some(_access) = StoreAccess::enter() else { return false };
        // If `Eq` of the key panics, these are dropped after the lock and before `_access`.
        let (key, entry) = (key, entry);
        let mut shard = write(self.shard(key.hash));
        // A replaced entry is no eviction. A plain `remove` would also forget the use of the key.
        displaced.replaced = shard.remove_if(&key, |_| true);
        entry.read(|| self.idle_until());
        let fits = entry.weight().weight() <= self.max_entry_weight.load(Ordering::Relaxed);
        if fits {
            shard.insert_with_lifecycle(key, entry, &mut displaced.evicted);
        }
        fits
    }

    pub fn remove(&self, key: &K) -> Option<(K, CacheEntry<V, W>)> {
        self.remove_if(key, |_| true)
    }

    pub fn remove_expired(&self, key: &K, generation: u64) -> Option<(K, CacheEntry<V, W>)> {
        self.remove_if(key, |entry| entry.freshness(generation, time::now) != Freshness::Fresh)
    }

    fn remove_if(&self, key: &K, is_unwanted: impl Fn(&CacheEntry<V, W>) -> bool) -> Option<(K, CacheEntry<V, W>)> {
        let query = self.query(key);
        let _access = StoreAccess::enter()?;
        let removed = write(self.shard(query.hash)).remove_if(&query, is_unwanted);
        removed.map(|(hashed, entry)| (hashed.key, entry))
    }

    pub fn len(&self) -> usize {
        StoreAccess::enter().map_or(0, |_access| self.shards.iter().map(|shard| read(shard).len()).sum())
    }

    pub fn clear(&self) {
        for shard in &self.shards {
            // Dropped at the end of this block, without a lock.
            let _entries: Option<Vec<_>> = StoreAccess::enter().map(|_access| write(shard).drain().collect());
        }
    }

    pub fn evictions(&self) -> u64 {
        self.evictions.iter().fold(0, |sum, shard| sum.wrapping_add(shard.load(Ordering::Relaxed)))
    }
}

/// A hit on a substitute marks the call as degraded for outer caches.
#[cold]
fn hit_on_substitute() {
    context::mark_degraded();
}

/// The expected number of entries and the weight of each shard.
fn shard_sizes(capacity: Capacity, shards: usize) -> Vec<(usize, u64)> {
    match capacity {
        Capacity::Entries(entries) => {
            let sizes = (0..shards).map(|at| entries / shards + usize::from(at < entries % shards));
            sizes.map(|size| (size, weight_of(size))).collect()
        }
        Capacity::Weight(weight) => vec![(usize::try_from(weight.min(1024)).unwrap_or(1024), weight)],
    }
}

/// All of the weight but the 3 % reserved for new entries.
fn max_entry_weight(capacity: Capacity) -> u64 {
    match capacity {
        Capacity::Entries(_) => u64::MAX,
        Capacity::Weight(weight) => u64::try_from(u128::from(weight) * 97 / 100).unwrap_or(weight).max(1),
    }
}

fn weight_of(entries: usize) -> u64 {
    u64::try_from(entries).unwrap_or(u64::MAX)
}

fn shard<K: Eq + Hash, V, W: Weight>(
    entries: usize,
    weight: u64,
    evictions: &Arc<AtomicU64>,
) -> ShardedLock<Shard<K, V, W>> {
    let options = match OptionsBuilder::new().estimated_items_capacity(entries).weight_capacity(weight).build() {
        Ok(options) => options,
        Err(error) => unreachable!("both capacities are given: {error}"),
    };
    let lifecycle = EvictionLifecycle { evictions: Arc::clone(evictions) };
    ShardedLock::new(unsync::Cache::with_options(options, EntryWeighter, BuildPrehashed::default(), lifecycle))
}

#[cfg(test)]
mod tests;
