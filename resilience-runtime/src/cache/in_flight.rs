//! Single-flight: concurrent misses of one key run the function body once.
//!
//! The first caller leads the load and the others wait. If the leader is dropped or panics, its
//! [`LoadGuard`] makes one waiter the next leader. If it fails, the waiters get clones of the error
//! or, without `Clone`, all run the body at once, so that slow failures do not queue up.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, Hash};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use super::cache_policy::SharedFailure;
use super::hashing::{self, KeyHasher};
use super::wait_graph::WaitEdges;
use crate::context::facts::Fact;
use crate::context::loads::Leads;
use crate::instance::prehashed::BuildPrehashed;
use crate::sync::lock;

#[derive(Debug, Clone)]
pub enum LoadState<V> {
    Pending,
    Loaded { value: V, degraded: bool },
    Failed(Option<SharedFailure>, Option<Fact>),
}

/// Loads by the hash of their keys. No user code runs under the lock, not even a drop of a key.
#[derive(Debug)]
pub struct InFlight<K, V> {
    hasher: KeyHasher,
    pending: Mutex<PendingLoads<K, V>>,
}

type PendingLoads<K, V> = HashMap<u64, SameHash<K, V>, BuildPrehashed>;

/// The loads of one hash: several only if keys collide, or if some loads cannot be joined.
#[derive(Debug)]
struct SameHash<K, V> {
    first: Arc<PendingLoad<K, V>>,
    others: Vec<Arc<PendingLoad<K, V>>>,
}

impl<K, V> SameHash<K, V> {
    fn iter(&self) -> impl Iterator<Item = &Arc<PendingLoad<K, V>>> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

#[derive(Debug)]
struct PendingLoad<K, V> {
    id: u64,
    key: K,
    /// A load that cannot be joined is listed only so that it can be detached.
    can_be_joined: bool,
    /// Locked during the store: a value is stored before the load is detached, or not at all.
    is_detached: Mutex<bool>,
    waiters: Mutex<Waiters<V>>,
}

/// The channel is made for the first waiter; most loads have none.
#[derive(Debug)]
enum Waiters<V> {
    None,
    Some(watch::Sender<LoadState<V>>),
    /// The load is complete, and no longer listed.
    Closed,
}

#[derive(Debug)]
pub enum Joined<'a, K: Eq + Hash, V> {
    Waiter(LoadWaiter<V>),
    Leader(LoadGuard<'a, K, V>),
    /// The load waits for the caller, directly or through other loads.
    Deadlock,
}

/// Dropping it before [`complete`](Self::complete) makes one waiter the next leader.
#[derive(Debug)]
pub struct LoadGuard<'a, K: Eq + Hash, V> {
    in_flight: &'a InFlight<K, V>,
    load: Arc<PendingLoad<K, V>>,
    hash: u64,
    is_complete: bool,
}

impl<K: Eq + Hash + Clone, V> InFlight<K, V> {
    pub fn new() -> Self {
        Self { hasher: hashing::random_state(), pending: Mutex::default() }
    }

    fn of_hash(&self, hash: u64) -> Vec<Arc<PendingLoad<K, V>>> {
        lock(&self.pending).get(&hash).map(|loads| loads.iter().cloned().collect()).unwrap_or_default()
    }

    /// A leader must look into the store again: another load may have completed since the miss.
    pub fn join(&self, key: &K) -> Joined<'_, K, V> {
        let hash = self.hasher.hash_one(key);
        let mut new = None;
        loop {
            let seen = self.of_hash(hash);
            if let Some(load) = seen.iter().find(|load| load.can_be_joined && load.key == *key) {
                let Some(state) = load.subscribe() else { continue };
                return match WaitEdges::add(&Leads::current().into_ids(), load.id) {
                    Some(edges) => Joined::Waiter(LoadWaiter { state, _edges: edges }),
                    None => Joined::Deadlock,
                };
            }
            let load = new.get_or_insert_with(|| PendingLoad::new(key.clone(), true));
            let mut pending = lock(&self.pending);
            // A load that began since `of_hash` may have this key.
            let is_unseen = |other: &Arc<PendingLoad<K, V>>| seen.iter().all(|seen| seen.id != other.id);
            if !pending.get(&hash).is_some_and(|loads| loads.iter().any(is_unseen)) {
                let load = Arc::clone(load);
                insert(&mut pending, hash, &load);
                drop(pending);
                return Joined::Leader(LoadGuard { in_flight: self, load, hash, is_complete: false });
            }
        }
    }

    pub fn begin_unshared(&self, key: K) -> LoadGuard<'_, K, V> {
        let hash = self.hasher.hash_one(&key);
        let load = PendingLoad::new(key, false);
        insert(&mut lock(&self.pending), hash, &load);
        LoadGuard { in_flight: self, load, hash, is_complete: false }
    }

    /// The values of detached loads reach their current waiters, and nobody else.
    pub fn detach(&self, key: &K) {
        let hash = self.hasher.hash_one(key);
        let loads: Vec<_> = self.of_hash(hash).into_iter().filter(|load| load.key == *key).collect();
        for load in &loads {
            self.remove(hash, load.id);
            *lock(&load.is_detached) = true;
        }
    }

    /// The generation of the cache keeps the values of these loads out of the store.
    pub fn detach_all(&self) {
        let pending = std::mem::take(&mut *lock(&self.pending));
        // Drops the user's keys without the lock.
        drop(pending);
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        lock(&self.pending).len()
    }
}

impl<K, V> PendingLoad<K, V> {
    fn new(key: K, can_be_joined: bool) -> Arc<Self> {
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let (is_detached, waiters) = (Mutex::new(false), Mutex::new(Waiters::None));
        Arc::new(Self { id, key, can_be_joined, is_detached, waiters })
    }

    fn subscribe(&self) -> Option<watch::Receiver<LoadState<V>>> {
        let mut waiters = lock(&self.waiters);
        match &*waiters {
            Waiters::None => {
                let (sender, receiver) = watch::channel(LoadState::Pending);
                *waiters = Waiters::Some(sender);
                Some(receiver)
            }
            Waiters::Some(sender) => Some(sender.subscribe()),
            Waiters::Closed => None,
        }
    }
}

fn insert<K, V>(pending: &mut PendingLoads<K, V>, hash: u64, load: &Arc<PendingLoad<K, V>>) {
    match pending.entry(hash) {
        Entry::Vacant(vacant) => {
            vacant.insert(SameHash { first: Arc::clone(load), others: Vec::new() });
        }
        Entry::Occupied(mut loads) => loads.get_mut().others.push(Arc::clone(load)),
    }
}

impl<K: Eq + Hash, V> InFlight<K, V> {
    fn remove(&self, hash: u64, id: u64) {
        let mut pending = lock(&self.pending);
        let Entry::Occupied(mut loads) = pending.entry(hash) else { return };
        let removed = if loads.get().first.id == id {
            match loads.get_mut().others.pop() {
                Some(other) => Some(std::mem::replace(&mut loads.get_mut().first, other)),
                None => Some(loads.remove().first),
            }
        } else {
            let others = &mut loads.get_mut().others;
            others.iter().position(|load| load.id == id).map(|index| others.swap_remove(index))
        };
        drop(pending);
        // Drops the user's key without the lock.
        drop(removed);
    }
}

impl<K: Eq + Hash, V> LoadGuard<'_, K, V> {
    /// `None` if no other caller can wait for this load.
    pub fn id(&self) -> Option<u64> {
        self.load.can_be_joined.then_some(self.load.id)
    }

    pub fn key(&self) -> &K {
        &self.load.key
    }

    /// Runs `store` unless the load was detached: once `detach` has returned, nothing is stored.
    pub fn store<R>(&self, store: impl FnOnce() -> R) -> Option<R> {
        let is_detached = lock(&self.load.is_detached);
        (!*is_detached).then(store)
    }

    /// Wakes all waiters. Store the value first.
    pub fn complete(mut self, state: impl FnOnce() -> LoadState<V>) {
        if let Some(waiters) = self.close().filter(|waiters| waiters.receiver_count() > 0) {
            waiters.send_replace(state());
        }
    }

    /// Accepts no more waiters. The current ones see at least that the channel is closed.
    fn close(&mut self) -> Option<watch::Sender<LoadState<V>>> {
        self.is_complete = true;
        self.in_flight.remove(self.hash, self.load.id);
        match std::mem::replace(&mut *lock(&self.load.waiters), Waiters::Closed) {
            Waiters::Some(sender) => Some(sender),
            Waiters::None | Waiters::Closed => None,
        }
    }
}

impl<K: Eq + Hash, V> Drop for LoadGuard<'_, K, V> {
    fn drop(&mut self) {
        if !self.is_complete {
            drop(self.close());
        }
    }
}

#[derive(Debug)]
pub struct LoadWaiter<V> {
    state: watch::Receiver<LoadState<V>>,
    _edges: WaitEdges,
}

impl<V: Clone> LoadWaiter<V> {
    /// Returns `None` if the leader was dropped.
    pub async fn completion(mut self) -> Option<LoadState<V>> {
        let state = self.state.wait_for(|state| !matches!(state, LoadState::Pending)).await;
        state.ok().map(|state| state.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::ContextGuard;
    use crate::context::loads::LeadsLoad;

    type TestLoads = InFlight<&'static str, u32>;

    fn join(loads: &TestLoads) -> Joined<'_, &'static str, u32> {
        loads.join(&"key")
    }

    #[tokio::test]
    async fn when_a_leader_is_dropped_a_waiter_becomes_the_leader() {
        let loads = TestLoads::new();
        let Joined::Leader(leader) = join(&loads) else { panic!("the first caller leads") };
        let Joined::Waiter(waiter) = join(&loads) else { panic!("the second caller waits") };
        drop(leader);
        assert!(waiter.completion().await.is_none());
        assert!(matches!(join(&loads), Joined::Leader(_)));
        assert_eq!(loads.len(), 0);
    }

    #[tokio::test]
    async fn all_waiters_receive_the_value_of_the_leader() {
        let loads = TestLoads::new();
        let Joined::Leader(leader) = join(&loads) else { panic!("the first caller leads") };
        let waiters: Vec<_> = (0..3).map(|_| join(&loads)).collect();
        leader.complete(|| LoadState::Loaded { value: 7, degraded: false });
        for joined in waiters {
            let Joined::Waiter(waiter) = joined else { panic!("the other callers wait") };
            assert!(matches!(waiter.completion().await, Some(LoadState::Loaded { value: 7, .. })));
        }
        assert_eq!(loads.len(), 0);
    }

    #[test]
    fn loads_of_one_key_end_in_any_order() {
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let loads = TestLoads::new();
            let mut guards = [(); 3].map(|()| Some(loads.begin_unshared("key")));
            for (ended, index) in order.into_iter().enumerate() {
                guards[index] = None;
                let left = loads.of_hash(loads.hasher.hash_one("key"));
                let expected: Vec<u64> = guards.iter().flatten().map(|guard| guard.load.id).collect();
                assert!(left.len() == 2 - ended && left.iter().all(|load| expected.contains(&load.id)));
            }
            assert_eq!(loads.len(), 0);
        }
    }

    #[test]
    fn nobody_waits_for_a_completed_load() {
        let loads = TestLoads::new();
        let Joined::Leader(leader) = join(&loads) else { panic!("the first caller leads") };
        // As a caller sees it that read the list just before the load was removed.
        let seen = Arc::clone(&leader.load);
        leader.complete(|| unreachable!("there is no waiter"));
        assert!(seen.subscribe().is_none());
        assert!(matches!(join(&loads), Joined::Leader(_)));
    }

    #[test]
    fn two_leaders_do_not_wait_for_each_other() {
        let loads = TestLoads::new();
        let (Joined::Leader(one), Joined::Leader(two)) = (loads.join(&"one"), loads.join(&"two")) else {
            panic!("both lead")
        };
        let first = {
            let _leading = ContextGuard::enter(LeadsLoad(Some(one.load.id)));
            loads.join(&"two")
        };
        assert!(matches!(first, Joined::Waiter(_)));
        let _leading = ContextGuard::enter(LeadsLoad(Some(two.load.id)));
        assert!(matches!(loads.join(&"one"), Joined::Deadlock));
        drop(first);
        assert!(matches!(loads.join(&"one"), Joined::Waiter(_)), "the first leader no longer waits");
    }

    #[test]
    fn a_leader_does_not_wait_for_its_own_load() {
        let loads = TestLoads::new();
        let Joined::Leader(leader) = join(&loads) else { panic!("the first caller leads") };
        let _leading = ContextGuard::enter(LeadsLoad(Some(leader.load.id)));
        assert!(matches!(join(&loads), Joined::Deadlock));
    }
}
