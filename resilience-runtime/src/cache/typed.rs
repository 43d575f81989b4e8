use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::hash::{BuildHasher, Hash};
#[cfg(feature = "store")]
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::cache_policy::Cacheable;
use super::config::CacheConfig;
use super::counters::Counters;
use super::entry::{CacheEntry, jittered};
#[cfg(feature = "store")]
use super::far::{FarLevel, FarLoad};
use super::handle::{AnyCache, CacheStats, EntryError};
use super::in_flight::{InFlight, LoadGuard};
use super::named;
use super::store::{self, Capacity, Displaced, HashedKey, Store};
use super::stored_key::StoredKey;
use super::weight::Weight;
use crate::context::loads::Lead;
use crate::emit::emit;
use crate::event::{Event, LoggedError, SkipReason, StaleReason};
use crate::metrics::{Meter, OfCache};
use crate::registry::{FunctionRef, StateName};
#[cfg(feature = "store")]
use crate::store::{Engine, Notice};
use crate::sync::lock;
use crate::time::backoff::Fixed;
use crate::{rng, time};

/// The cache of one instantiation of a function.
pub struct TypedCache<K, V, W> {
    config: CacheConfig,
    /// True if `newest` applies. Most caches keep the settings with which they were created, and
    /// read them without a lock.
    is_changed: AtomicBool,
    newest: Mutex<CacheConfig>,
    #[cfg(feature = "config")]
    is_off: AtomicBool,
    pub(super) name: StateName,
    generation: AtomicU64,
    pub(super) store: Store<K, V, W>,
    pub(super) in_flight: InFlight<K, V>,
    pub(super) counters: Counters,
    pub(super) meter: Meter<OfCache>,
    #[cfg(feature = "store")]
    pub(super) far: OnceLock<FarLevel<K, V>>,
}

/// A running load of one key. Dropping it stores nothing, and one of the waiters loads next.
pub struct CacheLoad<'c, K: Eq + Hash, V> {
    pub(super) guard: LoadGuard<'c, K, V>,
    /// The generation of the cache when the load began.
    pub(super) generation: u64,
    pub(super) lead: Lead,
    #[cfg(feature = "store")]
    pub(super) far: Option<Box<FarLoad<V>>>,
}

impl<K: Eq + Hash, V> CacheLoad<'_, K, V> {
    /// For [`LoadScope`](crate::context::LoadScope): the body knows that it is a load.
    pub const fn lead(&self) -> &Lead {
        &self.lead
    }
}

impl<K: Eq + Hash, V> fmt::Debug for CacheLoad<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheLoad").field("lead", &self.lead).finish_non_exhaustive()
    }
}

impl<K: StoredKey, V: Cacheable, W: Weight> TypedCache<K, V, W> {
    pub fn new(name: StateName, config: &CacheConfig) -> Self {
        let store = Store::new(config.capacity);
        store.set_time_to_idle(config.time_to_idle);
        Self {
            config: *config,
            is_changed: AtomicBool::new(false),
            newest: Mutex::new(*config),
            #[cfg(feature = "config")]
            is_off: AtomicBool::new(!config.is_enabled),
            name,
            generation: AtomicU64::new(0),
            in_flight: InFlight::new(store.hasher()),
            store,
            counters: Counters::default(),
            meter: Meter::new(),
            #[cfg(feature = "store")]
            far: OnceLock::new(),
        }
    }

    #[inline]
    pub(super) fn config(&self) -> Cow<'_, CacheConfig> {
        if self.is_changed.load(Ordering::Acquire) { self.newest_config() } else { Cow::Borrowed(&self.config) }
    }

    #[cold]
    fn newest_config(&self) -> Cow<'_, CacheConfig> {
        Cow::Owned(*lock(&self.newest))
    }

    /// Returns whether settings have switched the cache off.
    #[inline]
    #[cfg(feature = "config")]
    pub(super) fn is_off(&self) -> bool {
        self.is_off.load(Ordering::Relaxed)
    }

    #[inline]
    #[cfg(not(feature = "config"))]
    #[allow(clippy::unused_self, reason = "with the feature `config` it is used")]
    pub(super) const fn is_off(&self) -> bool {
        false
    }

    #[inline]
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    pub(super) fn begin_unshared_load(&self, key: K) -> CacheLoad<'_, K, V> {
        self.begin_load(self.in_flight.begin_unshared(key), self.generation())
    }

    pub(super) fn begin_load<'c>(&'c self, guard: LoadGuard<'c, K, V>, generation: u64) -> CacheLoad<'c, K, V> {
        if !self.asks_far() {
            self.count_load();
        }
        let lead = Lead::begin(guard.id());
        CacheLoad {
            guard,
            generation,
            lead,
            #[cfg(feature = "store")]
            far: None,
        }
    }

    pub(super) fn count_load(&self) {
        self.counters.load();
        self.meter.count(&self.name, OfCache::Load);
    }

    /// True if a load asks the far level before it runs the body.
    #[cfg(feature = "store")]
    fn asks_far(&self) -> bool {
        self.far().is_some()
    }

    #[cfg(not(feature = "store"))]
    #[allow(clippy::unused_self, reason = "with the feature `store` it is used")]
    const fn asks_far(&self) -> bool {
        false
    }

    #[cfg(feature = "store")]
    pub(super) fn far(&self) -> Option<&FarLevel<K, V>> {
        self.far.get()
    }

    pub(super) fn record_stale(&self, function: FunctionRef, reason: StaleReason, error: Option<LoggedError<'_>>) {
        self.counters.stale();
        self.meter.count(
            &self.name,
            match reason {
                StaleReason::Revalidating => OfCache::StaleRevalidating,
                StaleReason::Failed => OfCache::StaleFailed,
                StaleReason::Shutdown => OfCache::StaleShutdown,
            },
        );
        emit(&Event::CacheStale { name: &self.name, function: Some(&function.name()), reason, error });
    }

    pub(super) fn record_entries(&self) {
        // User code called by a store finds every store empty, so the count would be wrong.
        if !store::is_in_store() {
            self.meter.show(&self.name, OfCache::Entries, || named::entries(&self.name));
        }
    }

    /// Stores a loaded value, unless the cache was cleared or the load detached since it began.
    /// Returns the reason if not.
    pub(super) fn insert(
        &self,
        entry: CacheEntry<V, W>,
        guard: &LoadGuard<'_, K, V>,
        generation: u64,
        displaced: &mut Displaced<K, V, W>,
    ) -> Option<SkipReason> {
        let key = HashedKey::new(guard.hash(), guard.key().clone());
        let fits = guard.store(|| self.store.insert(key, entry, displaced));
        if generation != self.generation() {
            // The cache was cleared meanwhile: no call returns this entry, but it takes room.
            drop(self.store.remove(guard.key()));
            return Some(SkipReason::Invalidated);
        }
        match fits {
            None => Some(SkipReason::Invalidated),
            Some(true) => None,
            Some(false) => Some(SkipReason::Weight),
        }
    }

    /// The new generation invalidates all entries and loads at once. The remaining steps free their memory.
    pub(super) fn clear_near(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.in_flight.detach_all();
        self.store.clear();
        self.record_entries();
    }

    /// Returns whether there was an entry.
    pub(super) fn invalidate_near(&self, key: &K) -> bool {
        self.in_flight.detach(key);
        let removed = self.store.remove(key);
        // Again: a load that began in between may have found the removed value.
        self.in_flight.detach(key);
        self.record_entries();
        removed.is_some()
    }

    pub(super) fn entry(
        value: V,
        weight: W,
        ttl: Option<Duration>,
        jitter: Option<Fixed>,
        generation: u64,
    ) -> CacheEntry<V, W> {
        let ttl = match (ttl, jitter) {
            (Some(ttl), Some(jitter)) => Some(jittered(ttl, jitter, rng::random())),
            (ttl, _) => ttl,
        };
        CacheEntry::new(value, weight, ttl, generation, time::now)
    }
}

impl<K: StoredKey, V: Cacheable, W: Weight> TypedCache<K, V, W> {
    #[cfg_attr(not(feature = "store"), allow(clippy::unused_self, reason = "with the feature `store` it is used"))]
    fn entry_of_handle(
        &self,
        value: V,
        ttl: Option<Duration>,
        config: &CacheConfig,
        generation: u64,
    ) -> CacheEntry<V, W> {
        #[cfg(feature = "store")]
        if self.far().is_some() {
            let near = ttl.map_or(config.near_time(), |ttl| ttl.min(config.near_time()));
            return Self::entry(value, W::unweighed(), Some(near), None, generation);
        }
        Self::entry(value, W::unweighed(), ttl, config.ttl_jitter, generation)
    }
}

impl<K: StoredKey, V: Cacheable, W: Weight> AnyCache for TypedCache<K, V, W> {
    fn len(&self) -> usize {
        self.store.len()
    }

    fn stats(&self) -> CacheStats {
        self.counters.stats(self.store.evictions())
    }

    fn clear(&self) {
        // The far level first, or a call in between would copy the old value from there.
        #[cfg(feature = "store")]
        if let Some(far) = self.far() {
            far.clear();
        }
        self.clear_near();
    }

    fn invalidate(&self, key: &dyn Any) -> Option<bool> {
        let key = K::from_user_key(key.downcast_ref()?);
        if store::is_in_store() {
            // No single entry can be removed from inside a store.
            self.clear();
            return Some(true);
        }
        #[cfg(feature = "store")]
        if let Some(far) = self.far() {
            far.invalidate(&key);
        }
        Some(self.invalidate_near(&key))
    }

    #[cfg(feature = "store")]
    fn store(&self) -> Option<&'static str> {
        self.far().map(FarLevel::namespace)
    }

    #[cfg(feature = "store")]
    fn on_notice(&self, engine: &Engine, notice: &Notice) {
        self.forget_near(engine, notice);
    }

    fn peek(&self, key: &dyn Any) -> Result<Option<Box<dyn Any>>, EntryError> {
        let Some(key) = key.downcast_ref().map(K::from_user_key) else { return Err(EntryError::KEY) };
        Ok(self.store.peek(&key, self.generation()).map(|value| Box::new(value) as Box<dyn Any>))
    }

    fn insert(&self, key: &dyn Any, value: &dyn Any, ttl: Option<Duration>) -> Result<(), EntryError> {
        let Some(key) = key.downcast_ref().map(K::from_user_key) else { return Err(EntryError::KEY) };
        let Some(value) = value.downcast_ref::<V>().cloned() else { return Err(EntryError::VALUE) };
        let config = self.config();
        if matches!(config.capacity, Capacity::Weight(_)) {
            return Err(EntryError::Weighed);
        }
        if ttl.is_none() && config.has_ttl_function {
            return Err(EntryError::NoTtl);
        }
        let generation = self.generation();
        #[cfg(feature = "store")]
        let shared = self.far().map(|_| value.clone());
        let entry = self.entry_of_handle(value, ttl.or(config.ttl), &config, generation);
        let mut displaced = Displaced::nothing();
        // A load that began earlier has an older value.
        self.in_flight.detach(&key);
        if ttl.is_some_and(|ttl| ttl.is_zero()) {
            drop(self.store.remove(&key));
        } else {
            self.store.insert(HashedKey::new(self.store.hasher().hash_one(&key), key.clone()), entry, &mut displaced);
        }
        self.in_flight.detach(&key);
        if generation != self.generation() {
            drop(self.store.remove(&key));
        }
        self.meter.count_many(&self.name, OfCache::Eviction, || displaced.evictions());
        self.record_entries();
        #[cfg(feature = "store")]
        if let Some(value) = shared {
            self.insert_far(&key, &value, ttl.or(config.ttl));
        }
        Ok(())
    }

    fn keys(&self, found: &mut dyn Any) -> bool {
        let Some(found) = found.downcast_mut::<Vec<K::UserKey>>() else { return false };
        found.extend(self.store.fresh_keys(self.generation(), |key| key.user_key().clone()));
        true
    }

    fn value_type(&self) -> &'static str {
        std::any::type_name::<V>()
    }

    fn key_type(&self) -> &'static str {
        std::any::type_name::<K::UserKey>()
    }

    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }

    /// Entries keep the expiry with which they were stored. A smaller cache evicts down to its size.
    fn reconfigure(&self, config: &CacheConfig) {
        let before = std::mem::replace(&mut *lock(&self.newest), *config);
        self.is_changed.store(true, Ordering::Release);
        #[cfg(feature = "config")]
        self.is_off.store(!config.is_enabled, Ordering::Relaxed);
        self.store.set_time_to_idle(config.time_to_idle);
        if before.capacity != config.capacity {
            self.store.resize(config.capacity);
            self.record_entries();
        }
    }

    #[cfg(feature = "testing")]
    fn reset(&self) {
        self.clear_near();
        self.counters.reset();
    }
}

/// Sets the gauge of the entries of a dropped policy to zero.
impl<K, V, W> Drop for TypedCache<K, V, W> {
    fn drop(&mut self) {
        if !store::is_in_store() {
            self.meter.show(&self.name, OfCache::Entries, || named::entries(&self.name));
        }
    }
}

impl<K, V, W> fmt::Debug for TypedCache<K, V, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedCache").field("name", &self.name).field("config", &self.config).finish_non_exhaustive()
    }
}
