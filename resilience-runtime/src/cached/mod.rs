//! The cache of one annotated function: lookup, load, and the handle by which it is found again.

#[allow(missing_docs, clippy::missing_panics_doc, reason = "called in items of generated code only")]
mod config;
mod flight;
mod handle;
#[allow(missing_docs, reason = "only generated code names it")]
mod keep;
#[allow(missing_docs, reason = "only generated code names it")]
mod key;
mod store;

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};

use crate::clock;
use crate::flow::Flow;
use crate::sync::{block_on, lock};
use crate::telemetry::{self, Event};
use flight::{Boarding, Flights, Follow, Landing, Lead};
use handle::{AnyCache, CACHES, Named};
use quick_cache::Equivalent;
use store::{Entry, Store};

pub use config::CacheConfig;
pub use flight::{Loads, lead};
#[cfg(feature = "testing")]
pub(crate) use handle::reset_all;
pub use handle::{CacheHandle, CacheStats, cache};
pub use keep::{Cacheable, Keep, KeepAny, KeepPart, KeepUnfit, KeepWhole, Kept, Share, SharesClone, SharesNothing};
pub use key::{Key, KeyBuf, KeyRef, Part, PartOf, PartReference, PartUnfit, PartUnfitReference, PartValue};

#[derive(Debug, Default)]
struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    loads: AtomicU64,
}

/// The values of one function for one type of key and of value.
pub struct Cache<K, V> {
    config: CacheConfig,
    name: &'static str,
    store: Store<K, V>,
    flights: Flights<K, V>,
    counters: Counters,
}

impl<K, V> AnyCache for Cache<K, V>
where
    K: Eq + Hash + Clone + Send + Sync + 'static,
    V: Cacheable,
{
    fn len(&self) -> usize {
        self.store.len()
    }

    fn stats(&self) -> CacheStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CacheStats {
            hits: read(&self.counters.hits),
            misses: read(&self.counters.misses),
            loads: read(&self.counters.loads),
            evictions: self.store.evictions(),
        }
    }

    fn clear(&self) {
        self.store.clear();
    }

    #[cfg(feature = "testing")]
    fn reset(&self) {
        self.clear();
        for counter in [&self.counters.hits, &self.counters.misses, &self.counters.loads] {
            counter.store(0, Ordering::Relaxed);
        }
    }
}

type Erased = &'static (dyn Any + Send + Sync);

/// One concrete form of a function: the types of its key and value, and the name of a type that spells out all of its
/// generic parameters. A `static` in a generic function is one for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Instance {
    types: TypeId,
    generics: &'static str,
}

/// The place of one attribute. Each concrete form of its function gets a store of its own at its first call.
pub struct CacheSite {
    name: &'static str,
    first: OnceLock<(Instance, Erased)>,
    others: Mutex<Option<HashMap<Instance, Erased>>>,
}

impl CacheSite {
    /// For the `static` of an expansion.
    pub const fn new(name: &'static str) -> Self {
        Self { name, first: OnceLock::new(), others: Mutex::new(None) }
    }

    fn cache<K, V>(&self, config: &CacheConfig, generics: &'static str) -> &'static Cache<K, V>
    where
        K: Eq + Hash + Clone + Send + Sync + 'static,
        V: Cacheable,
    {
        let wanted = Instance { types: TypeId::of::<Cache<K, V>>(), generics };
        let (known, first) = *self.first.get_or_init(|| (wanted, self.make::<K, V>(config)));
        // The same string in memory, as it nearly always is, need not be read.
        let is_first = known.types == wanted.types && (std::ptr::eq(known.generics, generics) || known == wanted);
        let erased = if is_first {
            first
        } else {
            *lock(&self.others).get_or_insert_default().entry(wanted).or_insert_with(|| self.make::<K, V>(config))
        };
        match erased.downcast_ref() {
            Some(cache) => cache,
            None => unreachable!("stored under the id of its own type"),
        }
    }

    #[cold]
    fn make<K, V>(&self, config: &CacheConfig) -> Erased
    where
        K: Eq + Hash + Clone + Send + Sync + 'static,
        V: Cacheable,
    {
        let cache: &'static Cache<K, V> = Box::leak(Box::new(Cache {
            config: *config,
            name: self.name,
            store: Store::new(config.max_size),
            flights: Flights::new(),
            counters: Counters::default(),
        }));
        let named = CACHES.get_or_insert(self.name, || Named(Mutex::new(Vec::new())));
        lock(&named.0).push(cache);
        cache
    }
}

impl fmt::Debug for CacheSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheSite").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a call finds.
#[derive(Debug)]
pub enum Found<K: Eq + Hash + 'static, V: 'static, R> {
    /// What another caller's body has brought, for this call too.
    Ready(R),
    /// Run the body, and hand the result to `Lookup::done`.
    Load(Loading<K, V>),
}

impl<K, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("name", &self.name).field("config", &self.config).finish_non_exhaustive()
    }
}

/// A body that runs to fill the cache. Dropped, it stores nothing and hands the duty on.
pub struct Loading<K: Eq + Hash + 'static, V: 'static> {
    key: K,
    /// `None` when nobody can wait for this load: coalescing is off, or the body asks for its own key.
    lead: Option<Lead<'static, K, V>>,
}

impl<K: Eq + Hash, V> fmt::Debug for Loading<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loading").field("leads", &self.lead.is_some()).finish_non_exhaustive()
    }
}

/// One call's view of its cache: `T` and `S` say what of an `R` is kept and shared.
#[derive(Debug)]
pub struct Lookup<R, K: 'static, V: 'static, T, S> {
    cache: &'static Cache<K, V>,
    keep: T,
    share: S,
    _result: PhantomData<fn() -> R>,
}

/// The store for the key and the result at hand.
///
/// What it returns is made of projections: a key or a value that cannot be kept is reported here, and nowhere after.
#[inline]
pub fn lookup<R, P: Key, T: Keep<R>, S: Share<R>>(
    site: &'static CacheSite,
    config: &'static CacheConfig,
    keep: T,
    share: S,
    _key: &KeyRef<P>,
    generics: &'static str,
) -> Lookup<R, KeyBuf<P::Owned>, T::Value, T, S> {
    Lookup { cache: site.cache(config, generics), keep, share, _result: PhantomData }
}

/// The key as it is stored.
pub fn to_owned_key<P: Key>(key: &KeyRef<P>) -> KeyBuf<P::Owned> {
    KeyBuf(key.0.to_owned_key())
}

impl<R, K, V, T, S> Lookup<R, K, V, T, S>
where
    K: Eq + Hash + Clone + Send + Sync + 'static,
    V: Cacheable,
    T: Keep<R, Value = V>,
    S: Share<R>,
{
    /// Looks for a stored value, by the borrowed key.
    #[inline]
    pub fn find<P: Key>(&self, key: &KeyRef<P>) -> Option<R>
    where
        KeyRef<P>: Equivalent<K>,
    {
        let Self { cache, keep, .. } = self;
        let found = cache.store.get(key);
        let counter = if found.is_some() { &cache.counters.hits } else { &cache.counters.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        telemetry::emit(&if found.is_some() {
            Event::CacheHit { name: cache.name }
        } else {
            Event::CacheMiss { name: cache.name }
        });
        found.map(|value| keep.result(value))
    }

    /// After a miss: the value another caller is loading, or the right to load it.
    ///
    /// Dropped while it waits, it leaves nothing behind.
    pub async fn join(&self, key: K, flow: &Flow) -> Found<K, V, R> {
        let Self { cache, keep, share, .. } = self;
        loop {
            let flight = match cache.board(&key) {
                Miss::Landed(value) => return Found::Ready(keep.result(value)),
                Miss::Load(loading) => return Found::Load(loading),
                Miss::Wait(flight) => flight,
            };
            // Boxed: few calls wait, and all would carry the room for it.
            match Box::pin(flight::landed(flight)).await {
                Some(Landing::Landed { value, degraded }) => {
                    if degraded {
                        flow.degraded();
                    }
                    return Found::Ready(keep.result(value));
                }
                Some(Landing::Failed(failure)) => {
                    return match failure.and_then(|failure| share.take(&failure)) {
                        Some(result) => Found::Ready(result),
                        None => Found::Load(cache.loading(key, None)),
                    };
                }
                // The leader has gone without a word: one of those who waited leads next.
                None | Some(Landing::Flying) => {}
            }
        }
    }

    /// The same for a synchronous function.
    pub fn join_blocking(&self, key: K, flow: &Flow) -> Found<K, V, R> {
        block_on(self.join(key, flow))
    }

    /// Takes the result of the body: stores what is worth keeping, and tells those who wait.
    pub fn done(&self, loading: Loading<K, V>, result: &R, flow: &Flow, when: impl FnOnce(&R) -> bool) {
        let landing = match self.keep.value(result) {
            Some(value) => {
                let degraded = flow.is_degraded();
                let config = &self.cache.config;
                if (config.cache_degraded || !degraded) && when(result) {
                    self.cache.store.insert(loading.key, Entry::new(value.clone(), config.ttl, clock::now));
                }
                Landing::Landed { value, degraded }
            }
            None => Landing::Failed(self.share.give(result)),
        };
        if let Some(lead) = loading.lead {
            lead.land(landing);
        }
    }
}

/// What a miss leads to, before any waiting.
enum Miss<K: Eq + Hash + 'static, V: 'static> {
    Landed(V),
    Load(Loading<K, V>),
    Wait(Follow<V>),
}

impl<K, V> Cache<K, V>
where
    K: Eq + Hash + Clone + Send + Sync + 'static,
    V: Cacheable,
{
    fn board(&'static self, key: &K) -> Miss<K, V> {
        if !self.config.coalesce {
            return Miss::Load(self.loading(key.clone(), None));
        }
        match self.flights.board(key) {
            Boarding::Follow(flight) => Miss::Wait(flight),
            Boarding::Own => Miss::Load(self.loading(key.clone(), None)),
            Boarding::Lead(lead) => match self.store.get(key) {
                Some(value) => {
                    lead.land(Landing::Landed { value: value.clone(), degraded: false });
                    Miss::Landed(value)
                }
                None => Miss::Load(self.loading(key.clone(), Some(lead))),
            },
        }
    }

    fn loading(&self, key: K, lead: Option<Lead<'static, K, V>>) -> Loading<K, V> {
        self.counters.loads.fetch_add(1, Ordering::Relaxed);
        Loading { key, lead }
    }
}

impl<K: Eq + Hash, V> Loading<K, V> {
    /// The flight this load leads, for [`Loads`] and [`lead`]: a call from inside the body for the same key must
    /// not wait for it.
    pub fn flight(&self) -> Option<u64> {
        self.lead.as_ref().map(Lead::id)
    }
}
