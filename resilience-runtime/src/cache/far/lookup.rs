//! The far level in a call.

use std::time::Duration;

use super::codec::{KeyCodec, ValueCodec};
use super::envelope::Age;
use super::level::{FarAnswer, FarLevel, FarLoad, FarValue, NoAnswer};
use super::refresh;
use crate::cache::cache_policy::{CachePolicy, Cacheable, ShareFailure};
use crate::cache::entry::{CacheEntry, jittered};
use crate::cache::lookup::{EndedLoad, Lookup, Miss};
use crate::cache::named::CACHES;
use crate::cache::pending_load::{LoadOutcome, LoadResult};
use crate::cache::shutdown::CacheCaller;
use crate::cache::store::{self, Displaced};
use crate::cache::stored_key::StoredKey;
use crate::cache::typed::{CacheLoad, TypedCache};
use crate::cache::weight::Weight;
use crate::context::loads;
use crate::emit::{emit, emit_at};
use crate::event::{Event, SkipReason};
use crate::metrics::OfCache;
use crate::store::{Engine, Notice, NoticeKind, SharedStore};
use crate::time::backoff::Fixed;
use crate::{rng, time};

impl<'c, R, K, V, P, S, W, C> Lookup<'c, R, K, V, P, S, W, C>
where
    K: StoredKey,
    V: Cacheable,
    P: CachePolicy<R, Value = V>,
    S: ShareFailure<R>,
    W: Weight,
    C: CacheCaller<R>,
{
    /// Connects the cache with its store, before the first load.
    pub fn connect(&self, store: &'static dyn SharedStore, keys: KeyCodec<K>, values: ValueCodec<V>) {
        self.cache.connect(store, keys, values);
    }

    /// The leader of a flight asks the far level. `None` if nothing is known about it.
    pub async fn ask(&self, load: &CacheLoad<'c, K, V>) -> Option<FarAnswer<V>> {
        let Self { cache, caller, .. } = self;
        let level = cache.far().filter(|_| !cache.is_off() && !store::is_in_store())?;
        // Boxed: otherwise the future of every call would have room for it.
        match Box::pin(level.ask(load.guard.key())).await {
            Ok(answer) => Some(answer),
            Err(NoAnswer::Away) => {
                cache.meter.count(&cache.name, OfCache::FarAway);
                None
            }
            Err(NoAnswer::Key) => {
                emit(&Event::CacheSkipped {
                    name: &cache.name,
                    function: Some(&caller.function().name()),
                    reason: SkipReason::Key,
                });
                None
            }
        }
    }

    /// Takes the answer. A fresh value is the result, unless this caller has to refresh it.
    pub fn take_answer(
        &self,
        mut load: CacheLoad<'c, K, V>,
        answer: Option<FarAnswer<V>>,
        weigh: impl FnOnce(&K::UserKey, &V) -> W,
    ) -> Miss<'c, K, V, R> {
        let Self { cache, caller, .. } = self;
        let Some(FarAnswer { found, unreadable, load: far }) = answer else {
            cache.count_load();
            return Miss::Load(load);
        };
        if let Some(problem) = unreadable {
            cache.counters.unreadable();
            cache.meter.count(&cache.name, OfCache::Unreadable);
            let (function, problem) = (caller.function().name(), problem.as_str());
            emit(&Event::CacheUnreadable { name: &cache.name, function: Some(&function), problem });
        }
        match found {
            Some(FarValue { value, age: Age::Fresh(left), load_time }) => {
                return self.take_fresh(load, far, (value, left, load_time), weigh);
            }
            Some(FarValue { value, age: Age::Stale(past), .. }) => self.keep_stale(&load, value, past, weigh),
            None => {}
        }
        cache.counters.far_miss();
        cache.meter.count(&cache.name, OfCache::FarMiss);
        emit_at(tracing::Level::TRACE, |emit| {
            emit(&Event::CacheFarMiss { name: &cache.name, function: Some(&caller.function().name()) });
        });
        cache.count_load();
        load.far = Some(Box::new(far));
        Miss::Load(load)
    }

    fn take_fresh(
        &self,
        load: CacheLoad<'c, K, V>,
        mut far: FarLoad<V>,
        (value, left, load_time): (V, Option<Duration>, Duration),
        weigh: impl FnOnce(&K::UserKey, &V) -> W,
    ) -> Miss<'c, K, V, R> {
        let Self { cache, caller, .. } = self;
        cache.counters.far_hit();
        cache.meter.count(&cache.name, OfCache::FarHit);
        emit_at(tracing::Level::TRACE, |emit| {
            emit(&Event::CacheFarHit { name: &cache.name, function: Some(&caller.function().name()) });
        });
        let early_by = refresh::early_by(load_time, rng::random());
        let near = refresh::near_time(cache.config().near_time(), left, early_by);
        let is_early = left.is_some_and(|left| early_by >= left);
        let CacheLoad { guard, generation, lead, .. } = load;
        let key = is_early.then(|| guard.key().clone());
        loads::beside(&lead, || {
            let (mut displaced, weight) = (Displaced::nothing(), weigh(guard.key().user_key(), &value));
            let entry = CacheEntry::new(value.clone(), weight, Some(near), generation, time::now);
            let skipped = cache.insert(entry, &guard, generation, &mut displaced);
            guard.complete(1, || {
                let outcome = LoadOutcome::Loaded { value: value.clone(), degraded: false };
                Some(LoadResult { outcome, deadline: None, fact: None })
            });
            self.report(skipped, &displaced);
        });
        let Some(key) = key else { return Miss::Ready(self.policy.restore(value)) };
        // No caller waits for it, because the near level has the fresh value.
        let mut load = cache.begin_unshared_load(key);
        cache.count_load();
        far.early = Some(value);
        load.far = Some(Box::new(far));
        Miss::Load(load)
    }

    /// The stale windows apply to the near entry.
    fn keep_stale(
        &self,
        load: &CacheLoad<'c, K, V>,
        value: V,
        past: Duration,
        weigh: impl FnOnce(&K::UserKey, &V) -> W,
    ) {
        let Self { cache, .. } = self;
        if cache.config().stale_window().is_none_or(|window| past >= window) {
            return;
        }
        let CacheLoad { guard, generation, lead, .. } = load;
        loads::beside(lead, || {
            let weight = weigh(guard.key().user_key(), &value);
            let entry = CacheEntry::ending_at(value, weight, time::now().before(past), *generation);
            let _replaced = cache.insert(entry, guard, *generation, &mut Displaced::nothing());
        });
    }

    /// A failed refresh keeps the value, which is still fresh.
    pub(in crate::cache) fn still_fresh(&self, far: &mut Option<Box<FarLoad<V>>>, result: &R) -> Option<R> {
        let early = far.as_mut()?.early.take()?;
        let is_failed = self.policy.cached_part(result).is_none_or(|value| self.policy.is_failure(&value));
        is_failed.then(|| self.policy.restore(early))
    }

    pub(in crate::cache) fn store_in_both(
        &self,
        level: &FarLevel<K, V>,
        load: &EndedLoad<'_, K, V>,
        value: V,
        (ttl, jitter): (Option<Duration>, Option<Fixed>),
        weight: W,
        displaced: &mut Displaced<K, V, W>,
    ) -> Option<SkipReason> {
        let Self { cache, caller, .. } = self;
        let EndedLoad { guard, generation, degraded, far, .. } = load;
        let config = cache.config();
        let ttl = ttl.map(|ttl| jitter.map_or(ttl, |jitter| jittered(ttl, jitter, rng::random())));
        let load_time = far.as_ref().map_or(Duration::ZERO, |far| far.load_time());
        let near = refresh::near_time(config.near_time(), ttl, refresh::early_by(load_time, rng::random()));
        // Degraded answers stay in this process.
        let far = far.as_ref().filter(|_| !degraded.is_answer());
        let updates = far.map(|far| level.put(far, &value, ttl, config.stale_window()));
        let entry = CacheEntry::new(value, weight, Some(near), *generation, time::now)
            .marked_as_substitute(degraded.is_answer());
        let skipped = cache.insert(entry, guard, *generation, displaced);
        if skipped == Some(SkipReason::Invalidated) {
            return skipped;
        }
        match updates {
            Some(Ok(updates)) => level.send(updates),
            Some(Err(reason)) => {
                emit(&Event::CacheSkipped { name: &cache.name, function: Some(&caller.function().name()), reason });
                self.forget_far(load);
            }
            None => {}
        }
        skipped
    }

    /// Removes an old value that is no longer valid and has no replacement.
    pub(in crate::cache) fn forget_far(&self, load: &EndedLoad<'_, K, V>) {
        if let (Some(level), Some(far)) = (self.cache.far(), &load.far) {
            level.forget(far);
        }
    }
}

impl<K: StoredKey, V: Cacheable, W: Weight> TypedCache<K, V, W> {
    fn connect(&self, store: &'static dyn SharedStore, keys: KeyCodec<K>, values: ValueCodec<V>) {
        let level = self.far.get_or_init(|| {
            let (name, engine) = (self.name.to_string(), store.engine());
            FarLevel::new(store, &self.name, self.config().version, (keys, values), move |notice| {
                for cache in CACHES.get(&name).iter().flat_map(|named| named.all()) {
                    cache.on_notice(engine, notice);
                }
            })
        });
        level.copies.prune(|key| self.in_flight.is_pending(key) || self.store.peek(key, self.generation()).is_some());
    }

    /// Drops the near copy of a value that another process has replaced.
    pub(in crate::cache) fn forget_near(&self, engine: &Engine, notice: &Notice) {
        let Some(level) = self.far().filter(|level| level.is_of(engine)) else { return };
        match (notice.kind, notice.hash) {
            (NoticeKind::Invalidated, Some(hash)) => {
                if let Some(key) = level.copies.take(hash) {
                    self.invalidate_near(&key);
                }
            }
            (NoticeKind::Cleared, _) => {
                level.copies.clear();
                self.clear_near();
            }
            _ => {}
        }
    }

    /// Stores a value in the far level that a handle has stored in the near level.
    pub(in crate::cache) fn insert_far(&self, key: &K, value: &V, ttl: Option<Duration>) {
        let (Some(level), config) = (self.far(), self.config()) else { return };
        let ttl = ttl.map(|ttl| config.ttl_jitter.map_or(ttl, |jitter| jittered(ttl, jitter, rng::random())));
        if let Err(reason) = level.insert(key, value, ttl, config.stale_window()) {
            emit(&Event::CacheSkipped { name: &self.name, function: None, reason });
        }
    }
}
