//! The cache of one annotated function: lookup, load, and the handle by which it is found again.

#[allow(missing_docs, clippy::missing_panics_doc, reason = "called in items of generated code only")]
mod config;
mod counters;
mod entry;
mod handle;
mod hashing;
mod in_flight;
#[allow(missing_docs, reason = "only generated code names it")]
mod keep;
mod store;
#[allow(missing_docs, reason = "only generated code names it")]
mod stored;

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use crate::context::loads::LeadsLoad;
use crate::context::{CallState, ContextGuard};
use crate::emit::emit;
use crate::event::LoggedError;
use crate::event::{Event, StaleReason};
use crate::instance::key::{Key, KeyBuf, KeyRef};
use crate::metrics::{Meter, OfCache};
use crate::sync::lock;
use crate::time::block_on_within;
use crate::{context, rng, time};
use counters::Counters;
use entry::{Age, Entry, jittered};
use handle::{AnyCache, CACHES, NamedCaches};
use in_flight::{Boarding, Flights, Follow, Landing, Lead};
use quick_cache::Equivalent;
use store::{DrivenOut, Store};
use stored::StoredKey;

pub use config::CacheConfig;
#[cfg(feature = "testing")]
pub(crate) use handle::reset_all;
pub(crate) use handle::snapshots;
pub use handle::{Cache, CacheSnapshot, CacheStats, WrongKeyType};
pub use keep::{
    Cacheable, CacheableFailure, Keep, KeepAny, KeepBoth, KeepBothAny, KeepBothUnfit, KeepPart, KeepUnfit, KeepWhole,
    Kept, Share, SharesClone, SharesNothing,
};
pub(crate) use keep::{ShareClone, SharedFailure};
pub(crate) use store::Weight;

/// The values of one function for one type of key and of value, and for one kind of weight.
pub struct TypedCache<K, V, W> {
    config: CacheConfig,
    name: &'static str,
    /// How often it was cleared.
    generation: AtomicU64,
    store: Store<K, V, W>,
    flights: Flights<K, V>,
    counters: Counters,
    meter: Meter<OfCache>,
}

impl<K: StoredKey, V: Cacheable, W: Weight> AnyCache for TypedCache<K, V, W> {
    fn len(&self) -> usize {
        self.store.len()
    }

    fn stats(&self) -> CacheStats {
        self.counters.stats(self.store.evictions())
    }

    /// From the first line on, no entry and no load of before counts; the rest makes room.
    fn clear(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.flights.detach_all();
        self.store.clear();
        self.show_entries();
    }

    fn invalidate(&self, key: &dyn Any) -> Option<bool> {
        let key = K::of(key.downcast_ref()?);
        if store::is_inside() {
            // Nothing can be taken out one by one now.
            self.clear();
            return Some(true);
        }
        self.flights.detach(&key);
        let removed = self.store.remove(&key);
        // Once more: a flight that has begun in between may have found the value that is gone now.
        self.flights.detach(&key);
        self.show_entries();
        Some(removed.is_some())
    }

    fn key_type(&self) -> &'static str {
        std::any::type_name::<K::Named>()
    }

    #[cfg(feature = "testing")]
    fn reset(&self) {
        self.clear();
        self.counters.reset();
    }
}

type Erased = &'static (dyn Any + Send + Sync);

/// One concrete form of a function: the types of its key and value, and a type that depends on all of its generic
/// parameters. A `static` in a generic function is one for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Instance {
    types: TypeId,
    form: TypeId,
}

/// The identity of a closure, and so of the concrete form of the function around it. Of types that differ in lifetimes alone it
/// is the same.
#[inline]
pub fn form_of<F>(_: &F) -> TypeId {
    typeid::of::<F>()
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

    #[inline]
    fn cache<K: StoredKey, V: Cacheable, W: Weight>(
        &self,
        config: &CacheConfig,
        form: TypeId,
    ) -> &'static TypedCache<K, V, W> {
        let first = self.first.get().filter(|(known, _)| known.form == form);
        match first.and_then(|(_, first)| first.downcast_ref()) {
            Some(cache) => cache,
            None => self.other(config, form),
        }
    }

    /// The first call, or another form than that of the first call.
    #[cold]
    #[inline(never)]
    fn other<K: StoredKey, V: Cacheable, W: Weight>(
        &self,
        config: &CacheConfig,
        form: TypeId,
    ) -> &'static TypedCache<K, V, W> {
        let wanted = Instance { types: TypeId::of::<TypedCache<K, V, W>>(), form };
        let (known, first) = *self.first.get_or_init(|| (wanted, self.make::<K, V, W>(config)));
        let erased = if known == wanted {
            first
        } else {
            *lock(&self.others).get_or_insert_default().entry(wanted).or_insert_with(|| self.make::<K, V, W>(config))
        };
        match erased.downcast_ref() {
            Some(cache) => cache,
            None => unreachable!("stored under the id of its own type"),
        }
    }

    #[cold]
    fn make<K: StoredKey, V: Cacheable, W: Weight>(&self, config: &CacheConfig) -> Erased {
        let cache: &'static TypedCache<K, V, W> = Box::leak(Box::new(TypedCache {
            config: *config,
            name: self.name,
            generation: AtomicU64::new(0),
            store: Store::new(config.room),
            flights: Flights::new(),
            counters: Counters::default(),
            meter: Meter::new(),
        }));
        let named = CACHES.get_or_insert(self.name, || NamedCaches(Mutex::new(Vec::new())));
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

impl<K, V, W> fmt::Debug for TypedCache<K, V, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedCache").field("name", &self.name).field("config", &self.config).finish_non_exhaustive()
    }
}

/// A body that runs to fill the cache. Dropped, it stores nothing and hands the duty on.
pub struct Loading<K: Eq + Hash + 'static, V: 'static> {
    key: K,
    lead: Lead<'static, K, V>,
    /// The cache's when the body began.
    generation: u64,
}

impl<K: Eq + Hash, V> fmt::Debug for Loading<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loading").field("flight", &self.flight()).finish_non_exhaustive()
    }
}

/// One call's view of its cache: `T` and `S` say what of an `R` is kept and shared.
#[derive(Debug)]
pub struct Lookup<R, K: 'static, V: 'static, T, S, W: 'static> {
    cache: &'static TypedCache<K, V, W>,
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
    config: &CacheConfig,
    keep: T,
    share: S,
    _key: &KeyRef<P>,
    form: TypeId,
) -> Lookup<R, KeyBuf<P::Owned>, T::Value, T, S, ()>
where
    KeyBuf<P::Owned>: StoredKey,
{
    Lookup { cache: site.cache(config, form), keep, share, _result: PhantomData }
}

/// The same with a scale.
#[inline]
pub fn lookup_weighed<R, P: Key, T: Keep<R>, S: Share<R>>(
    site: &'static CacheSite,
    config: &CacheConfig,
    keep: T,
    share: S,
    _key: &KeyRef<P>,
    form: TypeId,
) -> Lookup<R, KeyBuf<P::Owned>, T::Value, T, S, u64>
where
    KeyBuf<P::Owned>: StoredKey,
{
    Lookup { cache: site.cache(config, form), keep, share, _result: PhantomData }
}

/// Calls the user's `weigh`. A function of its own, so that a closure's parameters have a type before its body is checked.
pub fn weighs<K, V>(key: &K, value: &V, weigh: impl FnOnce(&K, &V) -> u64) -> u64 {
    weigh(key, value)
}

/// What a miss leads to.
enum Miss<K: Eq + Hash + 'static, V: 'static, R> {
    Found(Found<K, V, R>),
    Wait(K, Follow<V>),
}

impl<R, K, V, T, S, W> Lookup<R, K, V, T, S, W>
where
    K: StoredKey,
    V: Cacheable,
    T: Keep<R, Value = V>,
    S: Share<R>,
    W: Weight,
{
    /// Looks for a stored value, by the borrowed key.
    #[inline]
    pub fn find<P: Key>(&self, key: &KeyRef<P>) -> Option<R>
    where
        KeyRef<P>: Equivalent<K>,
    {
        let Self { cache, keep, .. } = self;
        let found = cache.store.get(key, cache.generation());
        if found.is_some() {
            cache.counters.hit();
            cache.meter.count(cache.name, OfCache::Hit);
            emit(&Event::CacheHit { name: cache.name });
        } else {
            cache.counters.miss();
            cache.meter.count(cache.name, OfCache::Miss);
            emit(&Event::CacheMiss { name: cache.name });
        }
        found.map(|value| keep.result(value))
    }

    /// After a miss: the value another caller is loading, or the right to load it.
    ///
    /// Dropped while it waits, it leaves nothing behind.
    pub async fn join(&self, key: K, flow: &CallState) -> Found<K, V, R> {
        let mut next = key;
        loop {
            let (key, flight) = match self.board(next) {
                Miss::Found(found) => return found,
                Miss::Wait(key, flight) => (key, flight),
            };
            // Boxed: few calls wait, and all would carry the room for it.
            let landing = Box::pin(in_flight::landed(flight)).await;
            next = match self.landed(key, landing, flow) {
                Ok(found) => return found,
                Err(key) => key,
            };
        }
    }

    /// The same for a synchronous function. At the deadline of a `#[timeout]` around it, it waits no longer: the body may
    /// run, and find that its time is over.
    // The path of a miss stays out of the function around it, whose hits would pay for its registers and its stack.
    #[cold]
    #[inline(never)]
    pub fn join_blocking(&self, key: K, flow: &CallState) -> Found<K, V, R> {
        let mut next = key;
        loop {
            let (key, flight) = match self.board(next) {
                Miss::Found(found) => return found,
                Miss::Wait(key, flight) => (key, flight),
            };
            let Some(landing) = block_on_within(in_flight::landed(flight), context::remaining) else {
                return Found::Load(self.cache.load_alone(key));
            };
            next = match self.landed(key, landing, flow) {
                Ok(found) => return found,
                Err(key) => key,
            };
        }
    }

    fn board(&self, key: K) -> Miss<K, V, R> {
        let Self { cache, keep, .. } = self;
        if !cache.config.coalesce || store::is_inside() {
            return Miss::Found(Found::Load(cache.load_alone(key)));
        }
        match cache.flights.board(&key) {
            Boarding::Follow(flight) => match self.meanwhile(&key) {
                Some(stale) => Miss::Found(Found::Ready(stale)),
                None => Miss::Wait(key, flight),
            },
            Boarding::Own => Miss::Found(match self.meanwhile(&key) {
                Some(stale) => Found::Ready(stale),
                None => Found::Load(cache.load_alone(key)),
            }),
            Boarding::Lead(lead) => {
                let generation = cache.generation();
                Miss::Found(match cache.store.get(&key, generation) {
                    Some(value) => {
                        lead.land(|| Landing::Landed { value: value.clone(), degraded: false });
                        Found::Ready(keep.result(value))
                    }
                    None => Found::Load(cache.loading(key, lead, generation)),
                })
            }
        }
    }

    /// The old value, while somebody else refreshes it.
    fn meanwhile(&self, key: &K) -> Option<R> {
        let window = self.cache.config.stale_while_revalidate?;
        let stale = self.stale(key, window)?;
        self.cache.serves_stale(StaleReason::Revalidating, None);
        Some(self.keep.result(stale))
    }

    /// An answer that has not been expired for longer than this. A kept failure never outlives its time.
    fn stale(&self, key: &K, window: Duration) -> Option<V> {
        let (value, age) = self.cache.store.look(key, self.cache.generation())?;
        let is_in_time = match age {
            Age::Fresh => true,
            Age::Stale(past) => past < window,
            Age::Cleared => false,
        };
        (is_in_time && !self.keep.is_failure(&value)).then_some(value)
    }

    /// What another caller's flight means for this one; the key again, when somebody has to begin anew.
    fn landed(&self, key: K, landing: Option<Landing<V>>, flow: &CallState) -> Result<Found<K, V, R>, K> {
        match landing {
            Some(Landing::Landed { value, degraded }) => {
                if degraded {
                    flow.degraded();
                }
                Ok(Found::Ready(self.keep.result(value)))
            }
            Some(Landing::Failed(failure)) => Ok(match failure.and_then(|failure| self.share.take(&failure)) {
                Some(result) => Found::Ready(result),
                None => Found::Load(self.cache.load_alone(key)),
            }),
            // The leader has gone without a word: one of those who waited leads next.
            None | Some(Landing::Flying) => Err(key),
        }
    }

    /// Takes the result of the body: stores what is worth keeping, and tells those who wait. `Some` is what to return in
    /// the place of a failure.
    #[inline(never)]
    fn finish(
        &self,
        loading: Loading<K, V>,
        result: &R,
        flow: &CallState,
        when: impl FnOnce(&R) -> bool,
        weigh: impl FnOnce(&K::Named, &V) -> W,
        said: impl FnOnce(&R) -> Option<LoggedError<'_>>,
    ) -> Option<R> {
        let Self { cache, keep, share, .. } = self;
        // As the body: what `when`, `weigh` or a value asks for here must not wait for this call.
        let _leading = ContextGuard::enter(LeadsLoad(loading.flight()));
        let value = keep.value(result);
        let failed = value.as_ref().is_none_or(|value| keep.is_failure(value));
        let degraded = flow.is_degraded();
        // A body that has failed when its caller's time was over has perhaps failed because of that, which is no matter of
        // those who have more.
        let is_late = failed && context::remaining() == Some(Duration::ZERO);
        let kept = value.filter(|_| !is_late && (cache.config.cache_degraded || !degraded) && when(result));
        if let (true, None, Some(window)) = (failed, &kept, cache.config.stale_if_error) {
            if let Some(stale) = self.stale(&loading.key, window) {
                flow.degraded();
                cache.serves_stale(StaleReason::Failed, said(result));
                loading.lead.land(|| Landing::Landed { value: stale.clone(), degraded: true });
                return Some(keep.result(stale));
            }
        }
        let Loading { key, lead, generation } = loading;
        let (mut driven_out, is_kept) = (DrivenOut::nothing(), kept.is_some());
        if let Some(value) = kept {
            let ttl = if failed { cache.config.negative_ttl } else { cache.config.ttl };
            let weight = weigh(key.named(), &value);
            let entry = (key, value, weight);
            cache.keep(entry, ttl, &lead, generation, &mut driven_out);
        }
        if !is_late {
            lead.land(|| match keep.value(result) {
                Some(value) => Landing::Landed { value, degraded },
                None => Landing::Failed(share.give(result)),
            });
        }
        cache.meter.count_many(cache.name, OfCache::Eviction, || driven_out.evicted());
        if is_kept {
            cache.show_entries();
        }
        None
    }

    /// Takes the result of the body, and gives it back or, where it has failed, what is returned in its place.
    pub fn settle(
        &self,
        loading: Loading<K, V>,
        result: R,
        flow: &CallState,
        when: impl FnOnce(&R) -> bool,
        weigh: impl FnOnce(&K::Named, &V) -> W,
    ) -> R {
        self.settle_said(loading, result, flow, when, weigh, |_| None)
    }

    /// The same with the error as it is to be said.
    pub fn settle_said(
        &self,
        loading: Loading<K, V>,
        result: R,
        flow: &CallState,
        when: impl FnOnce(&R) -> bool,
        weigh: impl FnOnce(&K::Named, &V) -> W,
        said: impl FnOnce(&R) -> Option<LoggedError<'_>>,
    ) -> R {
        self.finish(loading, &result, flow, when, weigh, said).unwrap_or(result)
    }
}

impl<R, K, V, T, S> Lookup<R, K, V, T, S, ()>
where
    K: StoredKey,
    V: Cacheable,
    T: Keep<R, Value = V>,
    S: Share<R>,
{
    /// Takes the result of a body in whose place nothing else is returned.
    pub fn done(&self, loading: Loading<K, V>, result: &R, flow: &CallState, when: impl FnOnce(&R) -> bool) {
        let _nothing = self.finish(loading, result, flow, when, |_, _| (), |_| None);
    }
}

impl<K: StoredKey, V: Cacheable, W: Weight> TypedCache<K, V, W> {
    #[inline]
    fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// A load that nobody can wait for.
    fn load_alone(&'static self, key: K) -> Loading<K, V> {
        let lead = self.flights.alone(key.clone());
        self.loading(key, lead, self.generation())
    }

    fn loading(&self, key: K, lead: Lead<'static, K, V>, generation: u64) -> Loading<K, V> {
        self.counters.load();
        self.meter.count(self.name, OfCache::Load);
        Loading { key, lead, generation }
    }

    fn serves_stale(&self, reason: StaleReason, error: Option<LoggedError<'_>>) {
        self.counters.stale();
        self.meter.count(
            self.name,
            match reason {
                StaleReason::Revalidating => OfCache::StaleRevalidating,
                StaleReason::Failed => OfCache::StaleFailed,
            },
        );
        emit(&Event::CacheStale { name: self.name, reason, error });
    }

    /// The entries of all caches of this name.
    fn show_entries(&self) {
        // From inside of a store, nobody can count.
        if !store::is_inside() {
            self.meter.show(self.name, OfCache::Entries, || handle::entries(self.name));
        }
    }

    /// Stores a value, unless the cache was cleared since its making began.
    fn keep(
        &self,
        (key, value, weight): (K, V, W),
        ttl: Option<Duration>,
        lead: &Lead<'_, K, V>,
        generation: u64,
        driven_out: &mut DrivenOut<K, V, W>,
    ) {
        if generation != self.generation() {
            return;
        }
        let ttl = match (ttl, self.config.ttl_jitter) {
            (Some(ttl), Some(jitter)) => Some(jittered(ttl, jitter, rng::random())),
            (ttl, _) => ttl,
        };
        let (key, entry) = (self.store.hashed(key), Entry::new(value, weight, ttl, generation, time::now));
        lead.store(|| self.store.insert(key, entry, driven_out));
        if generation != self.generation() {
            // Cleared meanwhile: nobody is given it, and it need not take any room.
            drop(self.store.remove(lead.key()));
        }
    }
}

impl<K: Eq + Hash, V> Loading<K, V> {
    /// The flight this load leads, for [`Loads`] and [`lead`]: a call from inside the body for the same key must
    /// not wait for it.
    pub fn flight(&self) -> Option<u64> {
        self.lead.id()
    }
}

#[cfg(test)]
mod tests {
    use super::keep::{ShareClone, Success};
    use super::*;
    use crate::instance::key::to_owned_key;

    /// What a cache around it must not keep.
    #[tokio::test(start_paused = true)]
    async fn an_old_value_in_the_place_of_a_failure_is_degraded() {
        static SITE: CacheSite = CacheSite::new("unit.degraded");
        static CONFIG: CacheConfig =
            CacheConfig::DEFAULT.ttl(Duration::from_secs(60)).stale_if_error(Duration::from_secs(60));

        let (flow, key) = (CallState::new(), KeyRef(()));
        let lookup = lookup::<Result<u8, u8>, _, _, _>(&SITE, &CONFIG, Success, ShareClone, &key, TypeId::of::<()>());
        let settle = async |result| match lookup.join(to_owned_key(&key), &flow).await {
            Found::Load(loading) => lookup.settle(loading, result, &flow, |_| true, |(), _| ()),
            Found::Ready(result) => result,
        };
        assert_eq!((settle(Ok(1)).await, flow.is_degraded()), (Ok(1), false));
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!((settle(Err(2)).await, flow.is_degraded()), (Ok(1), true));
    }
}
