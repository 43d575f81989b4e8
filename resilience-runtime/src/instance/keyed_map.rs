//! One instance for each key, in bounded memory.
//!
//! Keys come from outside. An attacker may choose them in any number and to collide, and their `Hash`,
//! `Eq`, `Clone` or `Drop` may panic or call back. So the number of instances is limited, hashing is
//! randomized, and no code of a key runs under a lock.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::ops::Deref;
use std::slice;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::key::{Key, KeyBuf, KeyRef};
use super::key_hasher::{KeyHasher, key_hasher};
use super::prehashed::BuildPrehashed;
use crate::sync::lock;

pub trait Evictable: Send + Sync + 'static {
    /// Called under the lock for an instance that no call holds. Must not run user code.
    fn eviction_class(&self) -> EvictionClass;
}

/// How much an instance that no call holds is worth keeping. Lower classes are evicted first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EvictionClass {
    /// Equal to a new instance.
    Idle,
    /// It has counts without effect so far, such as one or two failures.
    Partial,
    /// Its state was in effect, and no longer is.
    Recovered,
    /// Its state is in effect, such as an open breaker. Never evicted.
    Pinned,
}

/// The number of instances that one new key examines to find room.
const SCAN: usize = 32;

/// A caller that holds an entry keeps it in the map.
#[repr(C)]
pub struct KeyedEntry<O, T> {
    key: KeyBuf<O>,
    instance: T,
}

impl<O, T> Deref for KeyedEntry<O, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.instance
    }
}

impl<O, T: fmt::Debug> fmt::Debug for KeyedEntry<O, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.instance.fmt(f)
    }
}

/// The instances whose keys have one hash. It is replaced and never changed, so callers compare keys in copies of their
/// own, without the lock.
enum Bucket<O, T> {
    One(Arc<KeyedEntry<O, T>>),
    Many(Arc<[Arc<KeyedEntry<O, T>>]>),
}

impl<O, T> Clone for Bucket<O, T> {
    fn clone(&self) -> Self {
        match self {
            Self::One(entry) => Self::One(Arc::clone(entry)),
            Self::Many(entries) => Self::Many(Arc::clone(entries)),
        }
    }
}

impl<O, T> Bucket<O, T> {
    fn new(mut entries: Vec<Arc<KeyedEntry<O, T>>>) -> Self {
        match entries.pop() {
            Some(only) if entries.is_empty() => Self::One(only),
            last => Self::Many(entries.into_iter().chain(last).collect()),
        }
    }

    fn entries(&self) -> &[Arc<KeyedEntry<O, T>>] {
        match self {
            Self::One(entry) => slice::from_ref(entry),
            Self::Many(entries) => entries,
        }
    }

    /// `None` while a caller holds the bucket, and may be about to take an instance out of it.
    fn entries_mut(&mut self) -> Option<&mut [Arc<KeyedEntry<O, T>>]> {
        match self {
            Self::One(entry) => Some(slice::from_mut(entry)),
            Self::Many(entries) => Arc::get_mut(entries),
        }
    }

    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::One(one), Self::One(other)) => Arc::ptr_eq(one, other),
            (Self::Many(one), Self::Many(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

struct Buckets<O, T> {
    by_hash: HashMap<u64, Bucket<O, T>, BuildPrehashed>,
    /// The hash of each instance, in the order in which eviction examines them.
    order: Vec<u64>,
    next: usize,
}

#[repr(align(128))]
struct KeyedShard<O, T>(Mutex<Buckets<O, T>>);

pub struct KeyedMap<O, T> {
    max: AtomicUsize,
    /// Instances in all shards, and those about to be inserted.
    places: AtomicUsize,
    hasher: KeyHasher,
    shards: Box<[KeyedShard<O, T>]>,
}

/// A reserved place, released on drop unless an instance takes it.
struct Place<'a>(&'a AtomicUsize);

impl Place<'_> {
    fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A smaller map has a single shard, so that an insertion examines every instance.
const MOST_SHARDS: usize = 16;
const LEAST_OF_SHARDED: usize = 1000;

impl<O, T> KeyedMap<O, T>
where
    O: Hash + Eq + Send + Sync + 'static,
    T: Evictable,
{
    pub fn new(max: usize) -> Self {
        let shards = if max < LEAST_OF_SHARDED { 1 } else { MOST_SHARDS };
        let buckets = || Buckets { by_hash: HashMap::default(), order: Vec::new(), next: 0 };
        Self {
            max: AtomicUsize::new(max.max(1)),
            places: AtomicUsize::new(0),
            hasher: key_hasher(),
            shards: (0..shards).map(|_| KeyedShard(Mutex::new(buckets()))).collect(),
        }
    }

    /// Returns `None` if the map is full and each instance examined is in use or pinned.
    ///
    /// A hit neither clones the key nor allocates.
    #[inline]
    pub fn get_or_insert<P>(&self, key: &KeyRef<P>, create: impl FnOnce() -> T) -> Option<Arc<KeyedEntry<O, T>>>
    where
        P: Key<Owned = O>,
    {
        let hash = self.hasher.hash_one(key);
        match self.bucket(hash) {
            Some(Bucket::One(entry)) if key.0.is_key(&entry.key.0) => Some(entry),
            seen => match find(seen.as_ref(), key) {
                Some(entry) => Some(entry),
                None => self.insert(hash, seen, key, create()),
            },
        }
    }

    fn shard(&self, hash: u64) -> usize {
        (hash >> 32) as usize & (self.shards.len() - 1)
    }

    fn bucket(&self, hash: u64) -> Option<Bucket<O, T>> {
        lock(&self.shards[self.shard(hash)].0).by_hash.get(&hash).cloned()
    }

    fn reserve(&self) -> Option<Place<'_>> {
        let max = self.max.load(Ordering::Relaxed);
        let reserved = self
            .places
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |places| (places < max).then_some(places + 1));
        reserved.ok().map(|_| Place(&self.places))
    }

    #[cold]
    fn insert<P>(
        &self,
        hash: u64,
        mut seen: Option<Bucket<O, T>>,
        key: &KeyRef<P>,
        instance: T,
    ) -> Option<Arc<KeyedEntry<O, T>>>
    where
        P: Key<Owned = O>,
    {
        let new = Arc::new(KeyedEntry { key: KeyBuf(key.0.to_owned_key()), instance });
        let own = self.shard(hash);
        let (mut budget, mut place) = (SCAN, None);
        loop {
            let is_same = {
                let mut buckets = lock(&self.shards[own].0);
                let current = buckets.by_hash.get(&hash);
                let is_same = is_same(current, seen.as_ref());
                seen = if is_same { None } else { current.cloned() };
                if is_same {
                    if let Some(place) = place.take().or_else(|| self.reserve()) {
                        buckets.push(hash, Arc::clone(&new));
                        place.keep();
                        return Some(new);
                    }
                    if let Some(evicted) = buckets.evict_one(&mut budget) {
                        buckets.push(hash, Arc::clone(&new));
                        drop(buckets);
                        // Before the return, or a destructor that panics would leak `new` as in use.
                        drop(evicted);
                        return Some(new);
                    }
                }
                is_same
            };
            if is_same {
                let evicted = self.evict_elsewhere(own, &mut budget)?;
                place = Some(Place(&self.places));
                drop(evicted);
                seen = self.bucket(hash);
            }
            // Another thread has changed the bucket, perhaps for this very key.
            if let Some(entry) = find(seen.as_ref(), key) {
                return Some(entry);
            }
        }
    }

    fn evict_elsewhere(&self, own: usize, budget: &mut usize) -> Option<Bucket<O, T>> {
        let others = (1..self.shards.len()).map(|step| &self.shards[(own + step) % self.shards.len()]);
        others.into_iter().find_map(|shard| lock(&shard.0).evict_one(budget))
    }
}

impl<O, T: Evictable> Buckets<O, T> {
    fn push(&mut self, hash: u64, new: Arc<KeyedEntry<O, T>>) {
        let bucket = match self.by_hash.get(&hash) {
            None => Bucket::One(new),
            Some(others) => Bucket::new(others.entries().iter().cloned().chain([new]).collect()),
        };
        // The new bucket holds all instances of the old one, so this drops no key.
        self.by_hash.insert(hash, bucket);
        self.order.push(hash);
    }

    /// Prefers the first idle instance, then the lowest class. Drop the result without the lock.
    fn evict_one(&mut self, budget: &mut usize) -> Option<Bucket<O, T>> {
        let mut lowest: Option<(EvictionClass, usize, usize)> = None;
        let looks = (*budget).min(self.order.len());
        *budget -= looks;
        for _ in 0..looks {
            if self.next >= self.order.len() {
                self.next = 0;
            }
            let position = self.next;
            self.next += 1;
            let Some(bucket) = self.by_hash.get_mut(&self.order[position]) else { continue };
            let Some(entries) = bucket.entries_mut() else { continue };
            for (index, entry) in entries.iter_mut().enumerate().take(SCAN) {
                let Some(entry) = Arc::get_mut(entry) else { continue };
                let class = entry.instance.eviction_class();
                if class < lowest.map_or(EvictionClass::Pinned, |(class, ..)| class) {
                    lowest = Some((class, position, index));
                }
            }
            if matches!(lowest, Some((EvictionClass::Idle, ..))) {
                break;
            }
        }
        let (_, position, index) = lowest?;
        let hash = self.order.swap_remove(position);
        let old = self.by_hash.remove(&hash)?;
        let entries = old.entries();
        if entries.len() > 1 {
            let rest = entries.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, entry)| Arc::clone(entry));
            self.by_hash.insert(hash, Bucket::new(rest.collect()));
        }
        Some(old)
    }
}

/// Runs the `Eq` of keys: never under the lock.
fn find<P: Key, T>(bucket: Option<&Bucket<P::Owned, T>>, key: &KeyRef<P>) -> Option<Arc<KeyedEntry<P::Owned, T>>> {
    bucket?.entries().iter().find(|entry| key.0.is_key(&entry.key.0)).cloned()
}

fn is_same<O, T>(current: Option<&Bucket<O, T>>, seen: Option<&Bucket<O, T>>) -> bool {
    match (current, seen) {
        (Some(current), Some(seen)) => current.is(seen),
        (None, None) => true,
        _ => false,
    }
}

pub trait AnyKeyedMap<T>: Send + Sync {
    fn len(&self) -> usize;
    /// Visits each instance, without the lock.
    fn for_each(&self, visit: &mut dyn FnMut(&T));
    fn set_max(&self, max: usize);
    /// Callers keep the instances that they hold.
    fn clear(&self);
}

impl<O, T> AnyKeyedMap<T> for KeyedMap<O, T>
where
    O: Hash + Eq + Send + Sync + 'static,
    T: Evictable,
{
    fn len(&self) -> usize {
        self.places.load(Ordering::Relaxed)
    }

    fn for_each(&self, visit: &mut dyn FnMut(&T)) {
        for shard in &self.shards {
            let buckets: Vec<_> = lock(&shard.0).by_hash.values().cloned().collect();
            for entry in buckets.iter().flat_map(Bucket::entries) {
                visit(&entry.instance);
            }
        }
    }

    fn set_max(&self, max: usize) {
        self.max.store(max.max(1), Ordering::Relaxed);
    }

    fn clear(&self) {
        for shard in &self.shards {
            let forgotten = {
                let mut buckets = lock(&shard.0);
                self.places.fetch_sub(buckets.order.len(), Ordering::Relaxed);
                buckets.order.clear();
                std::mem::take(&mut buckets.by_hash)
            };
            drop(forgotten);
        }
    }
}

impl<O, T> fmt::Debug for KeyedMap<O, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedMap").field("max", &self.max).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(super) mod tests;
