use std::any::TypeId;
use std::hash::Hash;
use std::marker::PhantomData;
use std::time::Duration;

use quick_cache::Equivalent;

use super::cache_policy::{CachePolicy, Cacheable, ShareFailure};
use super::config::CacheConfig;
use super::in_flight::{Joined, LoadGuard, LoadWaiter, WaitEnd};
use super::pending_load::{LoadOutcome, LoadResult};
use super::site::CacheSite;
use super::store::{self, Displaced, Weight};
use super::stored_key::StoredKey;
use super::typed::{CacheLoad, TypedCache};
use crate::context::loads::{self, LeadsLoad};
use crate::context::{self, CallState, ContextGuard, facts};
use crate::emit::emit;
use crate::event::{Event, LoggedError, StaleReason};
use crate::instance::key::{Key, KeyBuf, KeyRef};
use crate::metrics::OfCache;
use crate::time::block_on_within;

/// `P` decides which part of an `R` is cached, and `S` whether its error is shared.
#[derive(Debug)]
pub struct Lookup<R, K: 'static, V: 'static, P, S, W: 'static> {
    cache: &'static TypedCache<K, V, W>,
    policy: P,
    sharing: S,
    _result: PhantomData<fn() -> R>,
}

/// Finds the cache for the types of this call. `W` is `()`, or `u64` with `max_weight`. The return
/// type consists of projections, so rustc reports a key or value that cannot be cached only here.
#[inline]
pub fn lookup<R, W, Q, P, S>(
    site: &'static CacheSite,
    config: &CacheConfig,
    policy: P,
    sharing: S,
    _key: &KeyRef<Q>,
    instantiation: TypeId,
) -> Lookup<R, KeyBuf<Q::Owned>, P::Value, P, S, W>
where
    W: Weight,
    Q: Key,
    P: CachePolicy<R>,
    S: ShareFailure<R>,
    KeyBuf<Q::Owned>: StoredKey,
{
    Lookup { cache: site.cache(config, instantiation), policy, sharing, _result: PhantomData }
}

/// As an argument here, a closure knows the types of its parameters before its body is checked.
pub fn weigh_with<K, V>(key: &K, value: &V, weigh: impl FnOnce(&K, &V) -> u64) -> u64 {
    weigh(key, value)
}

/// The next step after a miss.
#[derive(Debug)]
pub enum Miss<K: Eq + Hash + 'static, V: 'static, R> {
    /// The result was loaded by another caller, or it is stale.
    Ready(R),
    /// Run the body, and pass its result to `Lookup::complete`.
    Load(CacheLoad<K, V>),
}

enum MissStep<K: Eq + Hash + 'static, V: 'static, R> {
    Done(Miss<K, V, R>),
    Wait(K, LoadWaiter<'static, K, V>),
}

impl<R, K, V, P, S, W> Lookup<R, K, V, P, S, W>
where
    K: StoredKey,
    V: Cacheable,
    P: CachePolicy<R, Value = V>,
    S: ShareFailure<R>,
    W: Weight,
{
    /// Returns the cached result of a borrowed key, if it is fresh.
    #[inline]
    pub fn find<Q: Key>(&self, key: &KeyRef<Q>) -> Option<R>
    where
        KeyRef<Q>: Equivalent<K>,
    {
        let Self { cache, policy, .. } = self;
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
        found.map(|value| policy.restore(value))
    }

    /// After a miss: joins the load of `key`, or begins one. The future may be dropped at any time.
    pub async fn join(&self, key: K, call_state: &CallState) -> Miss<K, V, R> {
        let mut next = key;
        loop {
            let (key, waiter) = match self.join_or_begin(next) {
                MissStep::Done(miss) => return miss,
                MissStep::Wait(key, waiter) => (key, waiter),
            };
            // Boxed: few calls wait, and otherwise the future of every call would have room for it.
            let end = Box::pin(waiter.end()).await;
            next = match self.take(key, end, call_state) {
                Ok(miss) => return miss,
                Err(key) => key,
            };
        }
    }

    /// As [`join`](Self::join), and blocks the thread. At the deadline of a `#[timeout]` around the call it stops waiting
    /// and lets the body run, which may check the deadline itself.
    // Not inlined: the hits of the function around it would pay for its registers and its stack.
    #[cold]
    #[inline(never)]
    pub fn join_blocking(&self, key: K, call_state: &CallState) -> Miss<K, V, R> {
        let mut next = key;
        loop {
            let (key, waiter) = match self.join_or_begin(next) {
                MissStep::Done(miss) => return miss,
                MissStep::Wait(key, waiter) => (key, waiter),
            };
            let Some(end) = block_on_within(waiter.end(), context::time_left) else {
                return Miss::Load(self.cache.begin_unshared_load(key));
            };
            next = match self.take(key, end, call_state) {
                Ok(miss) => return miss,
                Err(key) => key,
            };
        }
    }

    fn join_or_begin(&self, key: K) -> MissStep<K, V, R> {
        let Self { cache, .. } = self;
        if !cache.config.coalesce || store::is_in_store() {
            return MissStep::Done(Miss::Load(cache.begin_unshared_load(key)));
        }
        match cache.in_flight.join(&key) {
            Joined::Waiter(waiter) => match self.stale_while_revalidating(&key) {
                Some(stale) => MissStep::Done(Miss::Ready(stale)),
                None => MissStep::Wait(key, waiter),
            },
            Joined::Deadlock => MissStep::Done(match self.stale_while_revalidating(&key) {
                Some(stale) => Miss::Ready(stale),
                None => Miss::Load(cache.begin_unshared_load(key)),
            }),
            Joined::Leader(guard) => MissStep::Done(self.lead(key, guard)),
        }
    }

    /// Another load may have stored the value since the miss.
    fn lead(&self, key: K, guard: LoadGuard<'static, K, V>) -> Miss<K, V, R> {
        let Self { cache, policy, .. } = self;
        let generation = cache.generation();
        match cache.store.get(&key, generation) {
            Some(value) => {
                let result = || LoadOutcome::Loaded { value: value.clone(), degraded: false };
                guard.complete(1, || Some(LoadResult { outcome: result(), deadline: None, fact: None }));
                Miss::Ready(policy.restore(value))
            }
            None => Miss::Load(cache.begin_load(key, guard, generation)),
        }
    }

    fn stale_while_revalidating(&self, key: &K) -> Option<R> {
        let window = self.cache.config.stale_while_revalidate?;
        let stale = self.stale(key, window)?;
        self.cache.record_stale(StaleReason::Revalidating, None);
        Some(self.policy.restore(stale))
    }

    /// A cached failure is never served past its `negative_ttl`.
    fn stale(&self, key: &K, window: Duration) -> Option<V> {
        self.cache.get_stale(key, window).filter(|value| !self.policy.is_failure(value))
    }

    /// Returns the key if this caller has to join again.
    fn take(&self, key: K, end: WaitEnd<'static, K, V>, call_state: &CallState) -> Result<Miss<K, V, R>, K> {
        let result = match end {
            WaitEnd::Leader(guard) => return Ok(self.lead(key, guard)),
            WaitEnd::Completed(result) if !result.deadline.is_some_and(loads::has_more_time_than) => result,
            WaitEnd::Completed(_) | WaitEnd::Abandoned => return Err(key),
        };
        facts::join(result.fact);
        match &result.outcome {
            LoadOutcome::Loaded { value, degraded } => {
                if *degraded {
                    call_state.degraded();
                }
                Ok(Miss::Ready(self.policy.restore(value.clone())))
            }
            LoadOutcome::Failed(failure) => self.sharing.restore(failure).map(Miss::Ready).ok_or(key),
        }
    }

    /// Takes the result of the body: caches it if `when` agrees, and wakes the waiters. Returns what the call returns: this
    /// result, or a stale one in place of a failure.
    pub fn complete(
        &self,
        load: CacheLoad<K, V>,
        result: R,
        call_state: &CallState,
        when: impl FnOnce(&R) -> bool,
        weigh: impl FnOnce(&K::UserKey, &V) -> W,
        logged_error: impl FnOnce(&R) -> Option<LoggedError<'_>>,
    ) -> R {
        self.store_or_replace(load, &result, call_state, when, weigh, logged_error).unwrap_or(result)
    }

    #[inline(never)]
    fn store_or_replace(
        &self,
        load: CacheLoad<K, V>,
        result: &R,
        call_state: &CallState,
        when: impl FnOnce(&R) -> bool,
        weigh: impl FnOnce(&K::UserKey, &V) -> W,
        logged_error: impl FnOnce(&R) -> Option<LoggedError<'_>>,
    ) -> Option<R> {
        let Self { cache, policy, sharing, .. } = self;
        let fact = facts::current();
        // `when`, `weigh` and the code of values may call the cache, and must not wait for this load.
        let _leading = ContextGuard::enter(LeadsLoad(load.lead()));
        let value = policy.cached_part(result);
        let failed = value.as_ref().is_none_or(|value| policy.is_failure(value));
        let degraded = call_state.is_degraded();
        let fact = fact.filter(|_| failed);
        let deadline = if failed { load.lead.deciding_deadline() } else { None };
        let to_store =
            value.filter(|_| deadline.is_none() && (cache.config.cache_degraded || !degraded) && when(result));
        let max_running = cache.config.max_concurrent_loads;
        if let (true, None, Some(window)) = (failed, &to_store, cache.config.stale_if_error) {
            if let Some(stale) = self.stale(&load.key, window) {
                call_state.degraded();
                cache.record_stale(StaleReason::Failed, logged_error(result));
                let shared = || LoadOutcome::Loaded { value: stale.clone(), degraded: true };
                load.guard.complete(max_running, || Some(LoadResult { outcome: shared(), deadline, fact: None }));
                return Some(policy.restore(stale));
            }
        }
        let CacheLoad { key, guard, generation, .. } = load;
        let (mut displaced, is_stored) = (Displaced::nothing(), to_store.is_some());
        if let Some(value) = to_store {
            let ttl = if failed { cache.config.negative_ttl } else { cache.config.ttl };
            let weight = weigh(key.user_key(), &value);
            let entry = (key, value, weight);
            cache.insert(entry, ttl, &guard, generation, &mut displaced);
        }
        guard.complete(max_running, || {
            let outcome = match policy.cached_part(result) {
                Some(value) => LoadOutcome::Loaded { value, degraded },
                None => LoadOutcome::Failed(sharing.share(result)?),
            };
            Some(LoadResult { outcome, deadline, fact })
        });
        cache.meter.count_many(cache.name, OfCache::Eviction, || displaced.evictions());
        if is_stored {
            cache.record_entries();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::cache_policy::{CacheSuccess, ShareByClone};
    use super::*;
    use crate::instance::key::to_owned_key;

    #[tokio::test(start_paused = true)]
    async fn a_stale_value_in_place_of_a_failure_marks_the_call_as_degraded() {
        static SITE: CacheSite = CacheSite::new("unit.degraded");
        static CONFIG: CacheConfig =
            CacheConfig::DEFAULT.ttl(Duration::from_secs(60)).stale_if_error(Duration::from_secs(60));

        let (state, key) = (CallState::new(), KeyRef(()));
        let lookup =
            lookup::<Result<u8, u8>, (), _, _, _>(&SITE, &CONFIG, CacheSuccess, ShareByClone, &key, TypeId::of::<()>());
        let call = async |result| match lookup.join(to_owned_key(&key), &state).await {
            Miss::Load(load) => lookup.complete(load, result, &state, |_| true, |(), _| (), |_| None),
            Miss::Ready(result) => result,
        };
        assert_eq!((call(Ok(1)).await, state.is_degraded()), (Ok(1), false));
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!((call(Err(2)).await, state.is_degraded()), (Ok(1), true));
    }
}
