use std::any::TypeId;
use std::hash::Hash;
use std::marker::PhantomData;
use std::time::Duration;

use quick_cache::Equivalent;
use tracing::Level;

use super::cache_policy::{CachePolicy, Cacheable, LoadFailure, ShareFailure};
use super::config::CacheConfig;
#[cfg(feature = "store")]
use super::far::FarLoad;
use super::in_flight::{Joined, LoadGuard, LoadWaiter, WaitEnd};
use super::pending_load::{LoadOutcome, LoadResult};
use super::shutdown::CacheCaller;
use super::site::CacheSite;
use super::store::{self, Displaced};
use super::stored_key::StoredKey;
use super::typed::{CacheLoad, TypedCache};
use super::weight::Weight;
use crate::context::facts::{self, Fact};
use crate::context::loads;
use crate::context::{self, Degraded};
use crate::emit::{emit, emit_at};
use crate::event::{Event, SkipReason, StaleReason};
use crate::instance::key::{Key, KeyBuf, KeyRef};
use crate::metrics::OfCache;
use crate::time::backoff::Fixed;
use crate::time::{Moment, block_on_within};

/// `P` decides which part of an `R` is cached, and `S` whether its error is shared.
#[derive(Debug)]
pub struct Lookup<'c, R, K, V, P, S, W, C> {
    pub(super) cache: &'c TypedCache<K, V, W>,
    pub(super) policy: P,
    sharing: S,
    pub(super) caller: C,
    _result: PhantomData<fn() -> R>,
}

/// Finds the cache for the types of this call. `W` is `()`, or `u64` with `max_weight`. The return
/// type consists of projections, so rustc reports a key or value that cannot be cached only here.
#[inline]
pub fn lookup<R, W, Q, P, S, C>(
    site: &CacheSite,
    config: &CacheConfig,
    policy: P,
    sharing: S,
    caller: C,
    _key: &KeyRef<Q>,
    instantiation: TypeId,
) -> Lookup<'static, R, KeyBuf<Q::Owned>, P::Value, P, S, W, C>
where
    W: Weight,
    Q: Key,
    P: CachePolicy<R>,
    S: ShareFailure<R>,
    KeyBuf<Q::Owned>: StoredKey,
{
    Lookup::new(site.cache(config, instantiation), policy, sharing, caller)
}

impl<'c, R, K, V, P, S, W, C> Lookup<'c, R, K, V, P, S, W, C> {
    pub const fn new(cache: &'c TypedCache<K, V, W>, policy: P, sharing: S, caller: C) -> Self {
        Self { cache, policy, sharing, caller, _result: PhantomData }
    }
}

/// Calls the user's `ttl`.
pub fn call_ttl<T>(value: &T, ttl: impl FnOnce(&T) -> Duration) -> Duration {
    ttl(value)
}

/// Gives the compiler the types of the parameters before it checks the body of the closure.
pub fn weigh_with<K, V>(key: &K, value: &V, weigh: impl FnOnce(&K, &V) -> u64) -> u64 {
    weigh(key, value)
}

/// The next step after a miss.
#[derive(Debug)]
pub enum Miss<'c, K: Eq + Hash, V, R> {
    /// The result was loaded by another caller, or it is stale.
    Ready(R),
    /// Run the body, and pass its result to `Lookup::complete`.
    Load(CacheLoad<'c, K, V>),
}

enum MissStep<'c, K: Eq + Hash, V, R> {
    Done(Miss<'c, K, V, R>),
    Wait(K, LoadWaiter<'c, K, V>),
}

impl<'c, R, K, V, P, S, W, C> Lookup<'c, R, K, V, P, S, W, C>
where
    K: StoredKey,
    V: Cacheable,
    P: CachePolicy<R, Value = V>,
    S: ShareFailure<R>,
    W: Weight,
    C: CacheCaller<R>,
{
    /// Returns the cached result of a borrowed key, if it is fresh.
    #[inline]
    pub fn find<Q: Key>(&self, key: &KeyRef<Q>) -> Option<R>
    where
        KeyRef<Q>: Equivalent<K>,
    {
        let Self { cache, caller, .. } = self;
        let found = if cache.is_off() { None } else { cache.store.get(key, || cache.generation()) };
        if found.is_some() {
            cache.counters.hit();
            cache.meter.count(&cache.name, OfCache::Hit);
            emit_at(Level::TRACE, |emit| {
                emit(&Event::CacheHit { name: &cache.name, function: Some(&caller.function().name()) });
            });
        } else {
            cache.counters.miss();
            cache.meter.count(&cache.name, OfCache::Miss);
            emit_at(Level::TRACE, |emit| {
                emit(&Event::CacheMiss { name: &cache.name, function: Some(&caller.function().name()) });
            });
        }
        found.map(|value| self.stored(value))
    }

    /// A stored failure comes from an earlier call, so there are no facts about it.
    #[inline]
    fn stored(&self, value: V) -> R {
        if self.policy.is_failure(&value) {
            facts::begin();
        }
        self.policy.restore(value)
    }

    /// After a miss: joins the load of `key`, or begins one. The future may be dropped at any time.
    pub async fn join(&self, key: K) -> Miss<'c, K, V, R> {
        let mut next = key;
        loop {
            let (key, waiter) = match self.join_or_begin(next) {
                MissStep::Done(miss) => return miss,
                MissStep::Wait(key, waiter) => (key, waiter),
            };
            // Boxed: few calls wait, and otherwise the future of every call would have room for it.
            next = match Box::pin(self.wait(key, waiter)).await {
                Ok(miss) => return miss,
                Err(key) => key,
            };
        }
    }

    /// Does what [`join`](Self::join) does, and blocks the thread. At the deadline of a
    /// `#[timeout]` around the call, it stops waiting and lets the body run, which may check the
    /// deadline itself.
    // Not inlined, because it would cost the hits of the function around it registers and stack.
    #[cold]
    #[inline(never)]
    pub fn join_blocking(&self, key: K) -> Miss<'c, K, V, R> {
        let mut next = key;
        loop {
            let (key, waiter) = match self.join_or_begin(next) {
                MissStep::Done(miss) => return miss,
                MissStep::Wait(key, waiter) => (key, waiter),
            };
            let Some(miss) = block_on_within(self.wait(key.clone(), waiter), context::time_left) else {
                return Miss::Load(self.cache.begin_unshared_load(key));
            };
            next = match miss {
                Ok(miss) => return miss,
                Err(key) => key,
            };
        }
    }

    fn join_or_begin(&self, key: K) -> MissStep<'c, K, V, R> {
        let Self { cache, .. } = self;
        if cache.is_off() || !cache.config().coalesce || store::is_in_store() {
            return MissStep::Done(Miss::Load(cache.begin_unshared_load(key)));
        }
        if let Some(out) = self.in_shutdown(&key) {
            return MissStep::Done(Miss::Ready(out));
        }
        match cache.in_flight.join(key) {
            Joined::Leader(guard) => MissStep::Done(self.lead(guard)),
            Joined::Waiter(key, waiter) => match self.stale_while_revalidating(&key) {
                Some(stale) => MissStep::Done(Miss::Ready(stale)),
                None => MissStep::Wait(key, waiter),
            },
            Joined::Deadlock(key) => MissStep::Done(match self.stale_while_revalidating(&key) {
                Some(stale) => Miss::Ready(stale),
                None => Miss::Load(cache.begin_unshared_load(key)),
            }),
        }
    }

    /// Another load may have stored the value since the miss.
    fn lead(&self, guard: LoadGuard<'c, K, V>) -> Miss<'c, K, V, R> {
        let Self { cache, .. } = self;
        let generation = cache.generation();
        match cache.store.get_hashed(guard.hash(), guard.key(), generation) {
            Some(value) => {
                let result = || LoadOutcome::Loaded { value: value.clone(), degraded: false };
                guard.complete(1, || Some(LoadResult { outcome: result(), deadline: None, fact: None }));
                Miss::Ready(self.stored(value))
            }
            None => Miss::Load(cache.begin_load(guard, generation)),
        }
    }

    fn stale_while_revalidating(&self, key: &K) -> Option<R> {
        let window = self.cache.config().stale_while_revalidate?;
        let stale = self.stale(key, window)?;
        self.cache.record_stale(self.caller.function(), StaleReason::Revalidating, None);
        Some(self.policy.restore(stale))
    }

    /// A cached failure is never served past its `negative_ttl`.
    pub(super) fn stale(&self, key: &K, window: Duration) -> Option<V> {
        let Self { cache, .. } = self;
        cache.store.get_stale(key, cache.generation(), window).filter(|value| !self.policy.is_failure(value))
    }

    /// Returns the key if this caller has to join again.
    pub(super) fn take(&self, key: K, end: WaitEnd<'c, K, V>) -> Result<Miss<'c, K, V, R>, K> {
        let result = match end {
            WaitEnd::Leader(guard) => return Ok(self.lead(guard)),
            WaitEnd::Completed(result) if !result.deadline.is_some_and(loads::has_more_time_than) => result,
            WaitEnd::Completed(_) | WaitEnd::Abandoned => return Err(key),
        };
        facts::restore(result.fact);
        match &result.outcome {
            LoadOutcome::Loaded { value, degraded } => {
                if *degraded {
                    context::mark_degraded();
                }
                Ok(Miss::Ready(self.policy.restore(value.clone())))
            }
            LoadOutcome::Failed(failure, limit_fired) => {
                if *limit_fired {
                    loads::note_limit();
                }
                self.sharing.restore(failure).map(Miss::Ready).ok_or(key)
            }
        }
    }

    /// Takes the result of the body: caches it if `when` agrees, and wakes the waiters. Returns
    /// what the call returns: this result, or a stale one in place of an outage.
    pub fn complete(
        &self,
        load: CacheLoad<'c, K, V>,
        result: R,
        when: impl FnOnce(&R) -> bool,
        weigh: impl FnOnce(&K::UserKey, &V) -> W,
        failure: impl FnOnce(&R) -> LoadFailure<'_>,
    ) -> R {
        let ttl = None::<fn(&P::Answer) -> Duration>;
        self.store_or_replace(load, &result, when, weigh, failure, ttl).unwrap_or(result)
    }

    /// Does what [`complete`](Self::complete) does, with a function that computes the `ttl` of a value.
    pub fn complete_for(
        &self,
        load: CacheLoad<K, V>,
        result: R,
        when: impl FnOnce(&R) -> bool,
        weigh: impl FnOnce(&K::UserKey, &V) -> W,
        failure: impl FnOnce(&R) -> LoadFailure<'_>,
        ttl: impl FnOnce(&P::Answer) -> Duration,
    ) -> R {
        self.store_or_replace(load, &result, when, weigh, failure, Some(ttl)).unwrap_or(result)
    }

    #[inline(never)]
    fn store_or_replace(
        &self,
        load: CacheLoad<'c, K, V>,
        result: &R,
        when: impl FnOnce(&R) -> bool,
        weigh: impl FnOnce(&K::UserKey, &V) -> W,
        failure: impl FnOnce(&R) -> LoadFailure<'_>,
        ttl: Option<impl FnOnce(&P::Answer) -> Duration>,
    ) -> Option<R> {
        if self.cache.is_off() {
            // Nothing is stored or replaced, and waiters run the body themselves.
            return None;
        }
        let CacheLoad {
            guard,
            generation,
            lead,
            #[cfg(feature = "store")]
            mut far,
        } = load;
        #[cfg(feature = "store")]
        if let Some(early) = self.still_fresh(&mut far, result) {
            return Some(early);
        }
        let config = &*self.cache.config();
        let degraded = lead.degraded();
        let mut load = EndedLoad {
            guard,
            generation,
            degraded,
            deadline: None,
            fact: None,
            #[cfg(feature = "store")]
            far,
        };
        let stale = loads::beside(&lead, || {
            let value = self.policy.cached_part(result);
            if value.as_ref().is_none_or(|value| self.policy.is_failure(value)) {
                (load.deadline, load.fact) = (lead.deciding_deadline(), facts::current());
                return self.after_failure(load, result, value, when, weigh, failure);
            }
            let mut displaced = Displaced::nothing();
            let skipped = match value {
                Some(_) if degraded.is_answer() && !config.cache_degraded => Some(SkipReason::Degraded),
                Some(value) if when(result) => {
                    let ttl = ttl.and_then(|ttl| self.policy.answer(result).map(ttl)).or(config.ttl);
                    self.store(&load, value, ttl, config.ttl_jitter, weigh, &mut displaced)
                }
                _ => Some(SkipReason::When),
            };
            self.share(config.max_concurrent_loads, load, result);
            self.report(skipped, &displaced);
            None
        });
        if stale.is_some() || degraded.is_answer() && self.policy.cached_part(result).is_some() {
            context::mark_degraded();
        }
        stale.map(|stale| self.policy.restore(stale))
    }

    /// Stores a failure that `when` selects, or returns a stale value in its place.
    #[cold]
    fn after_failure(
        &self,
        load: EndedLoad<'_, K, V>,
        result: &R,
        value: Option<V>,
        when: impl FnOnce(&R) -> bool,
        weigh: impl FnOnce(&K::UserKey, &V) -> W,
        failure: impl FnOnce(&R) -> LoadFailure<'_>,
    ) -> Option<V> {
        let Self { cache, .. } = self;
        let (config, deadline) = (&*cache.config(), load.deadline);
        let is_allowed = deadline.is_none() && (config.cache_degraded || !load.degraded.is_any());
        if let Some(value) = value.filter(|_| is_allowed && facts::undisturbed(|| when(result))) {
            let mut displaced = Displaced::nothing();
            let skipped = self.store(&load, value, config.negative_ttl, config.ttl_jitter, weigh, &mut displaced);
            self.share(config.max_concurrent_loads, load, result);
            self.report(skipped, &displaced);
            return None;
        }
        if let Some(window) = config.stale_window() {
            let failure = failure(result);
            match &failure {
                LoadFailure::Outage(_) | LoadFailure::ShownOutage(_) => {
                    if let Some(stale) = self.stale(load.guard.key(), window) {
                        cache.record_stale(self.caller.function(), StaleReason::Failed, failure.logged());
                        load.guard.complete(config.max_concurrent_loads, || {
                            let outcome = LoadOutcome::Loaded { value: stale.clone(), degraded: true };
                            Some(LoadResult { outcome, deadline, fact: None })
                        });
                        return Some(stale);
                    }
                }
                LoadFailure::Verdict if deadline.is_none() => {
                    #[cfg(feature = "store")]
                    self.forget_far(&load);
                    drop(cache.store.remove_expired(load.guard.key(), load.generation));
                }
                LoadFailure::Verdict => {}
            }
        }
        self.share(config.max_concurrent_loads, load, result);
        None
    }

    fn store(
        &self,
        load: &EndedLoad<'_, K, V>,
        value: V,
        ttl: Option<Duration>,
        jitter: Option<Fixed>,
        weigh: impl FnOnce(&K::UserKey, &V) -> W,
        displaced: &mut Displaced<K, V, W>,
    ) -> Option<SkipReason> {
        let EndedLoad { guard, generation, degraded, .. } = load;
        if *generation != self.cache.generation() {
            return Some(SkipReason::Invalidated);
        }
        if ttl.is_some_and(|ttl| ttl.is_zero()) {
            #[cfg(feature = "store")]
            self.forget_far(load);
            let replaced = guard.store(|| self.cache.store.remove(guard.key()));
            return Some(if replaced.is_some() { SkipReason::Ttl } else { SkipReason::Invalidated });
        }
        let weight = weigh(guard.key().user_key(), &value);
        #[cfg(feature = "store")]
        if let Some(level) = self.cache.far() {
            return self.store_in_both(level, load, value, (ttl, jitter), weight, displaced);
        }
        let entry = TypedCache::<K, V, W>::entry(value, weight, ttl, jitter, *generation)
            .marked_as_substitute(degraded.is_answer());
        self.cache.insert(entry, guard, *generation, displaced)
    }

    fn share(&self, max_concurrent_loads: u32, load: EndedLoad<'_, K, V>, result: &R) {
        let EndedLoad { guard, degraded, deadline, fact, .. } = load;
        let degraded = degraded.is_answer();
        guard.complete(max_concurrent_loads, || {
            let outcome = match self.policy.cached_part(result) {
                Some(value) => LoadOutcome::Loaded { value, degraded },
                None => LoadOutcome::Failed(self.sharing.share(result)?, loads::has_limit_fired()),
            };
            Some(LoadResult { outcome, deadline, fact })
        });
    }

    pub(super) fn report(&self, skipped: Option<SkipReason>, displaced: &Displaced<K, V, W>) {
        let Self { cache, caller, .. } = self;
        cache.meter.count_many(&cache.name, OfCache::Eviction, || displaced.evictions());
        match skipped {
            None => cache.record_entries(),
            Some(reason) => {
                emit(&Event::CacheSkipped { name: &cache.name, function: Some(&caller.function().name()), reason });
            }
        }
    }
}

/// A load whose body has ended, and whose result is not stored yet.
pub(super) struct EndedLoad<'c, K: Eq + Hash, V> {
    pub(super) guard: LoadGuard<'c, K, V>,
    pub(super) generation: u64,
    pub(super) degraded: Degraded,
    deadline: Option<Moment>,
    fact: Option<Fact>,
    #[cfg(feature = "store")]
    pub(super) far: Option<Box<FarLoad<V>>>,
}
