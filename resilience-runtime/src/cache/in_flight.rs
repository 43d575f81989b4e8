//! Single-flight: concurrent misses of one key run the function body once.
//!
//! The first caller leads the load and the others wait. If the leader is dropped or panics, or fails
//! with an error that cannot be shared, its [`LoadGuard`] makes one waiter the next leader.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::future::poll_fn;
use std::hash::{BuildHasher, Hash};
use std::mem;
use std::num::NonZeroU64;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use super::hashing::KeyHasher;
use super::pending_load::{LoadEnd, LoadResult, LoadTurn, PendingLoad};
use super::wait_graph::WaitEdges;
use crate::context;
use crate::context::loads;
use crate::instance::prehashed::BuildPrehashed;
use crate::sync::lock;

/// The running loads. No user code runs under the lock, not even the drop of a key.
#[derive(Debug)]
pub struct InFlight<K, V> {
    hasher: KeyHasher,
    pending: Mutex<PendingLoads<K, V>>,
}

type LoadsByHash<K, V> = HashMap<u64, SameHash<K, V>, BuildPrehashed>;

#[derive(Debug)]
struct PendingLoads<K, V> {
    /// The only load, in most cases. The map is empty then, because insertion and removal would
    /// cost more than anything else here.
    alone: Option<Arc<PendingLoad<K, V>>>,
    by_hash: LoadsByHash<K, V>,
}

impl<K, V> Default for PendingLoads<K, V> {
    fn default() -> Self {
        Self { alone: None, by_hash: LoadsByHash::default() }
    }
}

impl<K, V> PendingLoads<K, V> {
    fn is_empty(&self) -> bool {
        self.alone.is_none() && self.by_hash.is_empty()
    }

    #[inline]
    fn is_alone(&self, load: &Arc<PendingLoad<K, V>>) -> bool {
        self.alone.as_ref().is_some_and(|alone| Arc::ptr_eq(alone, load))
    }

    fn mapped(&mut self) -> &mut LoadsByHash<K, V> {
        if let Some(load) = self.alone.take() {
            self.by_hash.insert(load.hash, SameHash { first: load, others: Vec::new() });
        }
        &mut self.by_hash
    }

    fn insert(&mut self, load: &Arc<PendingLoad<K, V>>) {
        if self.is_empty() {
            self.alone = Some(Arc::clone(load));
            return;
        }
        match self.mapped().entry(load.hash) {
            Entry::Vacant(vacant) => {
                vacant.insert(SameHash { first: Arc::clone(load), others: Vec::new() });
            }
            Entry::Occupied(mut loads) => loads.get_mut().others.push(Arc::clone(load)),
        }
    }
}

type Unseen<K, V> = (K, SameHash<K, V>);

/// The loads of one hash: several only if keys collide, or if some loads cannot be joined.
#[derive(Debug)]
struct SameHash<K, V> {
    first: Arc<PendingLoad<K, V>>,
    others: Vec<Arc<PendingLoad<K, V>>>,
}

impl<K, V> Clone for SameHash<K, V> {
    fn clone(&self) -> Self {
        Self { first: Arc::clone(&self.first), others: self.others.clone() }
    }
}

impl<K, V> SameHash<K, V> {
    fn iter(&self) -> impl Iterator<Item = &Arc<PendingLoad<K, V>>> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

#[derive(Debug)]
pub enum Joined<'a, K: Eq + Hash, V> {
    Leader(LoadGuard<'a, K, V>),
    Waiter(K, LoadWaiter<'a, K, V>),
    /// The load waits for the caller, directly or through other loads.
    Deadlock(K),
}

/// Dropping it before [`complete`](Self::complete) makes one waiter the next leader.
#[derive(Debug)]
pub struct LoadGuard<'a, K: Eq + Hash, V> {
    in_flight: &'a InFlight<K, V>,
    load: Arc<PendingLoad<K, V>>,
    is_complete: bool,
}

impl<K: Eq + Hash, V> InFlight<K, V> {
    /// `hasher` is that of the store, so that a load hashes its key once.
    pub fn new(hasher: &KeyHasher) -> Self {
        Self { hasher: hasher.clone(), pending: Mutex::default() }
    }

    fn of_hash(&self, hash: u64) -> Vec<Arc<PendingLoad<K, V>>> {
        lock(&self.pending).mapped().get(&hash).map(|loads| loads.iter().cloned().collect()).unwrap_or_default()
    }

    /// A leader must look into the store again: another load may have completed since the miss.
    pub fn join(&self, key: K) -> Joined<'_, K, V> {
        let hash = self.hasher.hash_one(&key);
        match self.begin(key, hash, None) {
            Ok(load) => Joined::Leader(self.guard(load)),
            Err((key, seen)) => self.join_seen(key, seen),
        }
    }

    /// Fails if loads of this hash are listed that the caller has not seen: one of them may have this key.
    fn begin(&self, key: K, hash: u64, seen: Option<&SameHash<K, V>>) -> Result<Arc<PendingLoad<K, V>>, Unseen<K, V>> {
        let mut pending = lock(&self.pending);
        if !pending.is_empty() {
            if let Some(loads) = pending.mapped().get(&hash) {
                let is_seen = |load| seen.is_some_and(|seen| seen.iter().any(|seen| Arc::ptr_eq(seen, load)));
                if !loads.iter().all(is_seen) {
                    return Err((key, loads.clone()));
                }
            }
        }
        let load = PendingLoad::new(key, hash, true);
        pending.insert(&load);
        Ok(load)
    }

    #[cold]
    fn join_seen(&self, mut key: K, mut seen: SameHash<K, V>) -> Joined<'_, K, V> {
        loop {
            if let Some(load) = seen.iter().find(|load| load.can_be_joined && load.key == key) {
                match load.join() {
                    LoadTurn::Run => return Joined::Leader(self.guard(Arc::clone(load))),
                    LoadTurn::Wait => return self.wait(key, Arc::clone(load)),
                    LoadTurn::Ended(_) => self.remove(load),
                }
            }
            match self.begin(key, seen.first.hash, Some(&seen)) {
                Ok(load) => return Joined::Leader(self.guard(load)),
                Err(unseen) => (key, seen) = unseen,
            }
        }
    }

    fn wait(&self, key: K, load: Arc<PendingLoad<K, V>>) -> Joined<'_, K, V> {
        let id = load.id;
        let mut waiter = LoadWaiter { in_flight: self, load, is_waiting: true, edges: None };
        waiter.edges = WaitEdges::add(&loads::current_ids(), id);
        if waiter.edges.is_some() { Joined::Waiter(key, waiter) } else { Joined::Deadlock(key) }
    }

    pub fn begin_unshared(&self, key: K) -> LoadGuard<'_, K, V> {
        let hash = self.hasher.hash_one(&key);
        let load = PendingLoad::new(key, hash, false);
        lock(&self.pending).insert(&load);
        self.guard(load)
    }

    #[cfg(feature = "store")]
    pub fn is_pending(&self, key: &K) -> bool {
        self.of_hash(self.hasher.hash_one(key)).iter().any(|load| load.key == *key)
    }

    /// The values of detached loads reach their current waiters only.
    pub fn detach(&self, key: &K) {
        let hash = self.hasher.hash_one(key);
        let loads: Vec<_> = self.of_hash(hash).into_iter().filter(|load| load.key == *key).collect();
        for load in &loads {
            self.remove(load);
            *lock(&load.is_detached) = true;
        }
    }

    /// The generation of the cache keeps the values of these loads out of the store.
    pub fn detach_all(&self) {
        let pending = mem::take(&mut *lock(&self.pending));
        // Drops the user's keys without the lock.
        pending.alone.iter().chain(pending.by_hash.values().flat_map(SameHash::iter)).for_each(|load| load.delisted());
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        lock(&self.pending).mapped().len()
    }
}

impl<K: Eq + Hash, V> InFlight<K, V> {
    fn guard(&self, load: Arc<PendingLoad<K, V>>) -> LoadGuard<'_, K, V> {
        LoadGuard { in_flight: self, load, is_complete: false }
    }

    fn remove(&self, load: &PendingLoad<K, V>) {
        // Drops the user's key without the lock.
        if let Some(load) = self.take_out(load) {
            load.delisted();
        }
    }

    /// Ends a load to which only its leader and the list have references.
    fn end_unseen(&self, load: &Arc<PendingLoad<K, V>>) -> bool {
        let mut pending = lock(&self.pending);
        // Every caller that uses a load has a reference to it. That of the guard keeps the user's key until the lock is
        // released.
        if Arc::strong_count(load) != 2 {
            return false;
        }
        if pending.is_alone(load) {
            pending.alone = None;
            return true;
        }
        let Entry::Occupied(listed) = pending.mapped().entry(load.hash) else { return false };
        let SameHash { first, others } = listed.get();
        let is_unseen = Arc::ptr_eq(first, load) && others.is_empty();
        if is_unseen {
            listed.remove();
        }
        is_unseen
    }

    fn take_out(&self, load: &PendingLoad<K, V>) -> Option<Arc<PendingLoad<K, V>>> {
        let id = load.id;
        let mut pending = lock(&self.pending);
        let Entry::Occupied(mut loads) = pending.mapped().entry(load.hash) else { return None };
        if loads.get().first.id == id {
            match loads.get_mut().others.pop() {
                Some(other) => Some(mem::replace(&mut loads.get_mut().first, other)),
                None => Some(loads.remove().first),
            }
        } else {
            let others = &mut loads.get_mut().others;
            others.iter().position(|load| load.id == id).map(|index| others.swap_remove(index))
        }
    }
}

impl<K: Eq + Hash, V> LoadGuard<'_, K, V> {
    /// `None` if no other caller can wait for this load.
    pub fn id(&self) -> Option<NonZeroU64> {
        self.load.can_be_joined.then_some(self.load.id)
    }

    pub fn key(&self) -> &K {
        &self.load.key
    }

    pub fn hash(&self) -> u64 {
        self.load.hash
    }

    /// Runs `store` unless the load was detached: once `detach` has returned, nothing is stored.
    pub fn store<R>(&self, store: impl FnOnce() -> R) -> Option<R> {
        let is_detached = lock(&self.load.is_detached);
        (!*is_detached).then(store)
    }

    /// Gives all waiters the result. Store the value first. Without a result that could be shared,
    /// `max_running` of them run the body at a time.
    pub fn complete(mut self, max_running: u32, result: impl FnOnce() -> Option<LoadResult<V>>) {
        if self.in_flight.end_unseen(&self.load) {
            self.is_complete = true;
        } else {
            self.complete_seen(max_running, result);
        }
    }

    #[cold]
    fn complete_seen(mut self, max_running: u32, result: impl FnOnce() -> Option<LoadResult<V>>) {
        if self.load.end_alone() {
            self.is_complete = true;
            drop(self.in_flight.take_out(&self.load));
            return;
        }
        // If this panics, the guard hands over.
        let result = result();
        self.is_complete = true;
        match result {
            Some(result) => {
                self.in_flight.remove(&self.load);
                self.load.complete(result);
            }
            None => self.hand_over(Some(max_running)),
        }
    }

    fn hand_over(&self, max_running: Option<u32>) {
        if self.load.hand_over(max_running) {
            self.in_flight.remove(&self.load);
        }
    }
}

impl<K: Eq + Hash, V> Drop for LoadGuard<'_, K, V> {
    fn drop(&mut self) {
        if !self.is_complete {
            self.hand_over(None);
        }
    }
}

#[derive(Debug)]
pub struct LoadWaiter<'a, K: Eq + Hash, V> {
    in_flight: &'a InFlight<K, V>,
    load: Arc<PendingLoad<K, V>>,
    is_waiting: bool,
    edges: Option<WaitEdges>,
}

#[derive(Debug)]
pub enum WaitEnd<'a, K: Eq + Hash, V> {
    Completed(Arc<LoadResult<V>>),
    Leader(LoadGuard<'a, K, V>),
    Abandoned,
}

impl<'a, K: Eq + Hash, V> LoadWaiter<'a, K, V> {
    pub async fn end(mut self) -> WaitEnd<'a, K, V> {
        let load = Arc::clone(&self.load);
        loop {
            let changed = load.changed();
            let end = match load.look_again() {
                LoadTurn::Wait => {
                    changed.await;
                    if context::time_left() == Some(Duration::ZERO) {
                        yield_to_limits().await;
                    }
                    continue;
                }
                LoadTurn::Run => WaitEnd::Leader(self.in_flight.guard(Arc::clone(&load))),
                LoadTurn::Ended(LoadEnd::Completed(result)) => WaitEnd::Completed(result),
                LoadTurn::Ended(LoadEnd::Abandoned) => WaitEnd::Abandoned,
            };
            self.is_waiting = false;
            return end;
        }
    }
}

/// Is pending once, so that a limit around this caller can end it before it begins a body without time left.
async fn yield_to_limits() {
    let mut has_yielded = false;
    poll_fn(|cx| {
        if mem::replace(&mut has_yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl<K: Eq + Hash, V> Drop for LoadWaiter<'_, K, V> {
    fn drop(&mut self) {
        if self.is_waiting && self.load.stop_waiting() {
            self.in_flight.remove(&self.load);
        }
    }
}

#[cfg(test)]
mod tests;
