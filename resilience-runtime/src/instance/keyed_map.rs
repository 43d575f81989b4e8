//! One instance for each key, in bounded memory.
//!
//! Keys come from outside, in any number, chosen to collide, with a `Hash`, `Eq`, `Clone` or `Drop`
//! that panics or calls back. So the number of instances is limited, hashing is randomized, and no
//! code of a key runs under the lock.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::key::{Key, KeyBuf, KeyRef};
use super::prehashed::BuildPrehashed;
use crate::sync::lock;

pub trait Evictable: Send + Sync + 'static {
    /// Called for an instance that no call holds, under the lock: it must not run user code.
    fn eviction_class(&self) -> EvictionClass;
}

/// The worth of an instance that no call holds. Lower classes are evicted first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EvictionClass {
    /// Equal to a new instance.
    Idle,
    /// It has counted something that is not in effect yet, such as a failure or two.
    Partial,
    /// It was in effect, and is no longer.
    Recovered,
    /// It is in effect. Never evicted.
    Pinned,
}

/// The number of instances that one new key examines to find room.
const SCAN: usize = 32;

/// A caller that holds an entry keeps it in the map.
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

/// Replaced and never changed, so that callers compare keys in their own copies without the lock.
type Bucket<O, T> = Arc<[Arc<KeyedEntry<O, T>>]>;

struct Buckets<O, T> {
    by_hash: HashMap<u64, Bucket<O, T>, BuildPrehashed>,
    /// The hash of each instance, in the order in which eviction examines them.
    order: Vec<u64>,
    next: usize,
}

pub struct KeyedMap<O, T> {
    max: AtomicUsize,
    hasher: RandomState,
    buckets: Mutex<Buckets<O, T>>,
}

impl<O, T> KeyedMap<O, T>
where
    O: Hash + Eq + Send + Sync + 'static,
    T: Evictable,
{
    pub fn new(max: usize) -> Self {
        let buckets = Buckets { by_hash: HashMap::default(), order: Vec::new(), next: 0 };
        Self { max: AtomicUsize::new(max.max(1)), hasher: RandomState::new(), buckets: Mutex::new(buckets) }
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
        let seen = self.bucket(hash);
        match find(seen.as_ref(), key) {
            Some(entry) => Some(entry),
            None => self.insert(hash, seen, key, create()),
        }
    }

    fn bucket(&self, hash: u64) -> Option<Bucket<O, T>> {
        lock(&self.buckets).by_hash.get(&hash).cloned()
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
        loop {
            {
                let mut buckets = lock(&self.buckets);
                let current = buckets.by_hash.get(&hash);
                if is_same(current, seen.as_ref()) {
                    drop(seen);
                    if buckets.order.len() < self.max.load(Ordering::Relaxed) {
                        buckets.push(hash, Arc::clone(&new));
                        return Some(new);
                    }
                    let evicted = buckets.evict_one();
                    let has_room = evicted.is_some();
                    if has_room {
                        buckets.push(hash, Arc::clone(&new));
                    }
                    drop(buckets);
                    // Before the return: a destructor that panics would leak `new` as in use.
                    drop(evicted);
                    return has_room.then_some(new);
                }
                seen = current.cloned();
            }
            // Another thread has changed the bucket, perhaps for this very key.
            if let Some(entry) = find(seen.as_ref(), key) {
                return Some(entry);
            }
        }
    }
}

impl<O, T: Evictable> Buckets<O, T> {
    fn push(&mut self, hash: u64, new: Arc<KeyedEntry<O, T>>) {
        let others = self.by_hash.get(&hash).map_or(&[][..], |bucket| bucket);
        let bucket = others.iter().cloned().chain([new]).collect();
        // The new bucket holds all instances of the old one, so this drops no key.
        self.by_hash.insert(hash, bucket);
        self.order.push(hash);
    }

    /// Prefers the first idle instance, then the lowest class. Drop the result without the lock.
    fn evict_one(&mut self) -> Option<Bucket<O, T>> {
        let mut lowest: Option<(EvictionClass, usize, usize)> = None;
        for _ in 0..SCAN.min(self.order.len()) {
            if self.next >= self.order.len() {
                self.next = 0;
            }
            let position = self.next;
            self.next += 1;
            let Some(bucket) = self.by_hash.get_mut(&self.order[position]) else { continue };
            // A caller that holds the bucket may be about to take an instance out of it.
            let Some(entries) = Arc::get_mut(bucket) else { continue };
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
        if old.len() > 1 {
            let rest =
                old.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, entry)| Arc::clone(entry)).collect();
            self.by_hash.insert(hash, rest);
        }
        Some(old)
    }
}

/// Runs the `Eq` of keys: never under the lock.
fn find<P: Key, T>(bucket: Option<&Bucket<P::Owned, T>>, key: &KeyRef<P>) -> Option<Arc<KeyedEntry<P::Owned, T>>> {
    bucket?.iter().find(|entry| key.0.is_key(&entry.key.0)).cloned()
}

fn is_same<O, T>(current: Option<&Bucket<O, T>>, seen: Option<&Bucket<O, T>>) -> bool {
    match (current, seen) {
        (Some(current), Some(seen)) => Arc::ptr_eq(current, seen),
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
        lock(&self.buckets).order.len()
    }

    fn for_each(&self, visit: &mut dyn FnMut(&T)) {
        let buckets: Vec<_> = lock(&self.buckets).by_hash.values().cloned().collect();
        for entry in buckets.iter().flat_map(|bucket| bucket.iter()) {
            visit(&entry.instance);
        }
    }

    fn set_max(&self, max: usize) {
        self.max.store(max.max(1), Ordering::Relaxed);
    }

    fn clear(&self) {
        let forgotten = {
            let mut buckets = lock(&self.buckets);
            buckets.order.clear();
            std::mem::take(&mut buckets.by_hash)
        };
        drop(forgotten);
    }
}

impl<O, T> fmt::Debug for KeyedMap<O, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedMap").field("max", &self.max).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(super) mod tests;
