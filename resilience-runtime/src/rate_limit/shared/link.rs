//! The bond between a rate limiter and a store.

use std::fmt;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use super::memory::SharedMemory;
use crate::metrics::{Meter, OfSharedLimit};
use crate::rate_limit::RateLimiterConfig;
use crate::store::{
    InstanceKey, KeyHash, Notice, NoticeKind, OwnedStateKey, OwnedWindow, SharedState, SharedStore, SharedWindow,
    StateKey, Subscription, Update,
};
use crate::sync::lock;

/// Exists in every rate limiter; nothing of it is used before a call comes with a store.
#[derive(Debug, Default)]
pub struct SharedLink {
    bound: OnceLock<Bound>,
    pub(super) key: InstanceKey,
    memory: OnceLock<Box<Mutex<SharedMemory>>>,
    /// Messages of other processes that say to ask again.
    notices: Arc<AtomicU64>,
    pub(super) waiting: AtomicU32,
    pub(super) decisions: Meter<OfSharedLimit>,
}

struct Bound {
    store: &'static dyn SharedStore,
    name: Box<str>,
    /// The sizes of the last request, with which unused units go back.
    sizes: Mutex<Option<WindowSizes>>,
    _subscription: Subscription,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct WindowSizes {
    max: u64,
    per: std::time::Duration,
    burst: u64,
}

impl WindowSizes {
    pub fn of(config: &RateLimiterConfig) -> Self {
        let max = u64::from(config.max.unwrap_or(u32::MAX));
        Self { max, per: config.per, burst: config.effective_burst().into() }
    }

    pub const fn window(self, key: StateKey<'_>) -> SharedWindow<'_> {
        SharedWindow { key, max: self.max, per: self.per, burst: self.burst }
    }
}

impl SharedLink {
    /// The first store is that of the limiter.
    pub(super) fn bind(&self, name: &str, store: &'static dyn SharedStore) -> &'static dyn SharedStore {
        let bound = self.bound.get_or_init(|| {
            let (hash, notices) = (self.hash(), Arc::clone(&self.notices));
            let subscription = store.engine().subscribe(SharedState::RateLimit, name, move |notice| {
                if notice.hash == hash && notice.kind == NoticeKind::Held {
                    notices.fetch_add(1, Ordering::Release);
                }
            });
            Bound { store, name: name.into(), sizes: Mutex::new(None), _subscription: subscription }
        });
        bound.store
    }

    /// Returns whether processes can find the state.
    pub(super) fn is_shareable(&self) -> bool {
        self.key.hash().is_ok()
    }

    fn hash(&self) -> Option<KeyHash> {
        self.key.hash().ok().flatten()
    }

    pub(super) fn key<'a>(&self, name: &'a str) -> StateKey<'a> {
        StateKey { state: SharedState::RateLimit, name, variant: "", hash: self.hash() }
    }

    pub(super) fn notices(&self) -> u64 {
        self.notices.load(Ordering::Acquire)
    }

    pub(super) fn with_memory<T>(&self, act: impl FnOnce(&mut SharedMemory) -> T) -> T {
        let memory = self.memory.get_or_init(|| Box::new(Mutex::new(SharedMemory::new())));
        let mut memory = lock(memory);
        memory.heed(self.notices());
        act(&mut memory)
    }

    pub(super) fn remember_sizes(&self, sizes: WindowSizes) {
        if let Some(bound) = self.bound.get() {
            *lock(&bound.sizes) = Some(sizes);
        }
    }

    /// Sends what nobody waits for, if a call has come with a store.
    pub(super) fn send(&self, update: impl FnOnce(OwnedStateKey) -> Update) {
        if let Some(bound) = self.bound.get().filter(|_| self.is_shareable()) {
            bound.store.update(update(self.key(&bound.name).into()));
        }
    }

    pub(super) fn settle(&self, sizes: WindowSizes, units: i64) {
        if units != 0 {
            self.send(|key| Update::Settle { window: OwnedWindow::from(sizes.window(key.borrow())), units });
        }
    }

    /// Tells the other processes to ask again.
    pub(super) fn tell(&self) {
        self.send(|key| {
            let OwnedStateKey { state, name, hash, .. } = key;
            Update::Tell(Notice { state, name, hash, kind: NoticeKind::Held })
        });
    }

    pub(super) fn is_bound(&self) -> bool {
        self.bound.get().is_some()
    }

    pub(super) fn store(&self) -> Option<&'static dyn SharedStore> {
        self.bound.get().map(|bound| bound.store)
    }
}

/// A limiter that goes, as that of a key does, gives back what it has in advance.
impl Drop for SharedLink {
    fn drop(&mut self) {
        let Some(sizes) = self.bound.get().and_then(|bound| *lock(&bound.sizes)) else { return };
        let leased = self.with_memory(|memory| memory.leased());
        self.settle(sizes, i64::try_from(leased).map_or(i64::MIN, |units| -units));
    }
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bound").field(&self.store.engine().namespace()).finish()
    }
}
