//! Calls through the cache.

use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;

use super::builder::{CacheClosures, WeighFn};
use super::result::{CachedResult, ErrorSharing, ResultPolicy};
#[cfg(feature = "store")]
use super::shared::FarSource;
use super::{CacheLayer, CachedPolicy, LayerSite, LayerStore, UnclassifiedCachedPolicy};
#[cfg(feature = "store")]
use crate::cache::SharedWeight;
use crate::cache::{CacheCaller, CacheLoad, Cacheable, IdleTime, LoadFailure, Lookup, Miss, ShownOutage, Weight};
use crate::context::facts::identity::OpaqueIdentity;
use crate::context::facts::{rejected_until, rejected_with};
use crate::context::{LoadScope, in_context};
use crate::error::Error;
use crate::instance::key::{Borrowed, KeyBuf, KeyRef, to_owned_key};
use crate::policy::call::PolicyCall;
use crate::policy::error_traits::{Chain, ClassifiedError, ErrorTraits, FromError, FromErrorPointer, Unknown};
use crate::policy::keyed::BorrowedKey;
use crate::policy::{Blocking, ClassifyFn, InnerCall, Layer, Policy};
use crate::registry::FunctionRef;

impl<K, T, E, M> CachedPolicy<K, T, E, M>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    T: Cacheable,
    E: ClassifiedError + 'static,
{
    /// Returns the value of a key from the cache, from a concurrent load, or from `operation`.
    ///
    /// The operation is called through all layers of the policy. The key is borrowed, `"rust"` for
    /// a `String`, and cloned only to be stored.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Policy::call`](crate::Policy::call).
    ///
    /// # Cancellation
    ///
    /// If the future is dropped while it loads, one of the callers that wait for the load takes it
    /// over.
    pub async fn call_for<Q, F, Fut>(&self, key: &Q, operation: F) -> Result<T, E>
    where
        Q: ToOwned<Owned = K> + Hash + Eq + Sync + ?Sized,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        self.run_for(&ErrorTraits::CLASSIFIED_ERROR, key, operation).await
    }
}

impl<K, T, E> CachedPolicy<K, T, E>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    T: Cacheable,
    E: ClassifiedError + 'static,
{
    /// Calls a synchronous operation for a key, on the current thread. See
    /// [`call_for`](Self::call_for).
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Policy::call`](crate::Policy::call).
    pub fn call_for_blocking<Q>(&self, key: &Q, operation: impl FnMut() -> Result<T, E>) -> Result<T, E>
    where
        Q: ToOwned<Owned = K> + Hash + Eq + Sync + ?Sized,
    {
        self.run_for_blocking(&ErrorTraits::CLASSIFIED_ERROR, key, operation)
    }
}

along_the_chain!(implement_calls_for_keys, UnclassifiedCachedPolicy, [T: Cacheable, E: 'static,]);

impl<K, T, E, M> UnclassifiedCachedPolicy<K, T, E, M>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    T: Cacheable,
    E: 'static,
{
    async fn run_for<Q, F, Fut>(&self, errors: &ErrorTraits<E>, key: &Q, mut operation: F) -> Result<T, E>
    where
        Q: ToOwned<Owned = K> + Hash + Eq + Sync + ?Sized,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let borrowed = BorrowedKey(key);
        let call = PolicyCall::begin(&self.policy, errors, Some(&borrowed));
        let inner = call.through(&self.policy, &mut operation);
        let key = KeyRef((Borrowed(key),));
        let out = match &self.cache.store {
            LayerStore::Counted(site) => {
                self.cache.call(&self.cache.lookup(site, &self.policy), key, inner, |_, _| ()).await
            }
            LayerStore::Weighed(site, weigh) => {
                self.cache.call(&self.cache.lookup(site, &self.policy), key, inner, weight(weigh)).await
            }
            LayerStore::Idle(site, weigh) => {
                self.cache.call(&self.cache.lookup(site, &self.policy), key, inner, idle_weight(weigh.as_ref())).await
            }
            #[cfg(feature = "store")]
            LayerStore::Shared(site, weigh, far) => {
                self.cache
                    .call_shared(&self.cache.lookup(site, &self.policy), far, key, inner, shared_weight(weigh.as_ref()))
                    .await
            }
        };
        call.ended(&out);
        out
    }
}

impl<K, T, E> UnclassifiedCachedPolicy<K, T, E>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    T: Cacheable,
    E: 'static,
{
    fn run_for_blocking<Q>(
        &self,
        errors: &ErrorTraits<E>,
        key: &Q,
        mut operation: impl FnMut() -> Result<T, E>,
    ) -> Result<T, E>
    where
        Q: ToOwned<Owned = K> + Hash + Eq + Sync + ?Sized,
    {
        let borrowed = BorrowedKey(key);
        let call = PolicyCall::begin(&self.policy, errors, Some(&borrowed));
        let operation: &mut Blocking<'_, T, E> = &mut operation;
        let inner = call.through(&self.policy, operation);
        let key = KeyRef((Borrowed(key),));
        let out = match &self.cache.store {
            LayerStore::Counted(site) => {
                self.cache.call_blocking(&self.cache.lookup(site, &self.policy), &key, inner, |_, _| ())
            }
            LayerStore::Weighed(site, weigh) => {
                self.cache.call_blocking(&self.cache.lookup(site, &self.policy), &key, inner, weight(weigh))
            }
            LayerStore::Idle(site, weigh) => self.cache.call_blocking(
                &self.cache.lookup(site, &self.policy),
                &key,
                inner,
                idle_weight(weigh.as_ref()),
            ),
            #[cfg(feature = "store")]
            LayerStore::Shared(..) => unreachable!("a policy with such a cache is `AsyncOnly`"),
        };
        call.ended(&out);
        out
    }
}

/// A cached error weighs 1, the least that an entry can weigh.
fn weight<K, T, E>(weigh: &WeighFn<K, T>) -> impl FnOnce(&K, &CachedResult<T, E>) -> u64 {
    move |key, kept| kept.as_ref().map_or(1, |value| weigh(key, value))
}

fn idle_weight<K, T, E>(weigh: Option<&WeighFn<K, T>>) -> impl FnOnce(&K, &CachedResult<T, E>) -> IdleTime<u64> {
    move |key, kept| IdleTime::new(weigh.map_or(1, |weigh| weight(weigh)(key, kept)))
}

#[cfg(feature = "store")]
fn shared_weight<K, T, E>(weigh: Option<&WeighFn<K, T>>) -> impl Fn(&K, &CachedResult<T, E>) -> SharedWeight + Clone {
    move |key, kept| SharedWeight::new(idle_weight(weigh)(key, kept))
}

type StoreLookup<'a, K, T, E, W> = Lookup<
    'a,
    Result<T, E>,
    KeyBuf<(K,)>,
    CachedResult<T, E>,
    ResultPolicy<E>,
    ErrorSharing<'a, T, E>,
    W,
    PolicyCaller<'a, T, E>,
>;

/// A cache has no errors of its own, so it rejects as the layers inside do.
struct PolicyCaller<'a, T, E> {
    function: FunctionRef,
    layers: &'a [Arc<Layer<T, E>>],
}

impl<T, E> CacheCaller<Result<T, E>> for PolicyCaller<'_, T, E> {
    fn function(&self) -> FunctionRef {
        self.function
    }

    fn reject(&self, error: Error) -> Option<Result<T, E>> {
        let reject = self.layers.iter().find_map(|layer| layer.reject())?;
        let until = rejected_until(&error);
        let error = reject(error);
        rejected_with(&error, until, OpaqueIdentity);
        Some(Err(error))
    }
}

type QueryKey<'a, Q> = KeyRef<(Borrowed<'a, Q>,)>;

impl<K, T, E> CacheLayer<K, T, E>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    T: Cacheable,
    E: 'static,
{
    fn result_policies(&self) -> (ResultPolicy<E>, ErrorSharing<'_, T, E>) {
        (ResultPolicy(self.closures.cache_error), ErrorSharing(self.closures.share.as_deref()))
    }

    fn lookup<'a, W: Weight, M>(
        &'a self,
        site: &'a LayerSite<K, T, E, W>,
        policy: &'a Policy<T, E, M>,
    ) -> StoreLookup<'a, K, T, E, W> {
        let (keep, share) = self.result_policies();
        let caller = PolicyCaller { function: policy.name.function(), layers: &policy.layers };
        Lookup::new(site.cache(), keep, share, caller)
    }

    fn should_cache(&self, out: &Result<T, E>) -> bool {
        self.closures.when.as_ref().is_none_or(|when| when(out))
    }

    fn failure<'a>(&self, out: &'a Result<T, E>, default: ClassifyFn<E>) -> LoadFailure<'a> {
        let CacheClosures { stale_when, classify, log_error, .. } = &self.closures;
        let Err(error) = out else { return LoadFailure::Outage(None) };
        let is_outage = match stale_when {
            Some(stale_when) => stale_when(error),
            None => classify.unwrap_or(default)(error).is_failure(),
        };
        match log_error {
            _ if !is_outage => LoadFailure::Verdict,
            None => LoadFailure::Outage(None),
            Some(log_error) => LoadFailure::ShownOutage(ShownOutage(Box::new(log_error.of(error)))),
        }
    }

    async fn call<Q, W, F, Fut>(
        &self,
        store: &StoreLookup<'_, K, T, E, W>,
        key: QueryKey<'_, Q>,
        inner: InnerCall<'_, T, E, F>,
        weigh: impl FnOnce(&K, &CachedResult<T, E>) -> W,
    ) -> Result<T, E>
    where
        Q: ToOwned<Owned = K> + Hash + Eq + ?Sized,
        W: Weight,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        if let Some(out) = store.find(&key) {
            return out;
        }
        let (key, classify) = (to_owned_key(&key), inner.call.errors.classify);
        let load = match store.join(key).await {
            Miss::Ready(out) => return out,
            Miss::Load(load) => load,
        };
        let out = in_context(LoadScope::new(load.lead(), ()), Box::pin(inner.begin())).await;
        self.complete(store, load, out, weigh, classify)
    }

    #[cfg(feature = "store")]
    async fn call_shared<Q, W, F, Fut>(
        &self,
        store: &StoreLookup<'_, K, T, E, W>,
        far: &FarSource<K, T, E>,
        key: QueryKey<'_, Q>,
        inner: InnerCall<'_, T, E, F>,
        weigh: impl Fn(&K, &CachedResult<T, E>) -> W + Clone,
    ) -> Result<T, E>
    where
        Q: ToOwned<Owned = K> + Hash + Eq + ?Sized,
        W: Weight,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        if let Some(out) = store.find(&key) {
            return out;
        }
        let (key, classify) = (to_owned_key(&key), inner.call.errors.classify);
        store.connect(far.store, far.keys, far.values);
        let load = match store.join(key).await {
            Miss::Ready(out) => return out,
            Miss::Load(load) => load,
        };
        let answer = store.ask(&load).await;
        let load = match store.take_answer(load, answer, weigh.clone()) {
            Miss::Ready(out) => return out,
            Miss::Load(load) => load,
        };
        let out = in_context(LoadScope::new(load.lead(), ()), Box::pin(inner.begin())).await;
        self.complete(store, load, out, weigh, classify)
    }

    fn complete<W: Weight>(
        &self,
        store: &StoreLookup<'_, K, T, E, W>,
        load: CacheLoad<'_, KeyBuf<(K,)>, CachedResult<T, E>>,
        out: Result<T, E>,
        weigh: impl FnOnce(&K, &CachedResult<T, E>) -> W,
        classify: ClassifyFn<E>,
    ) -> Result<T, E> {
        let when = |out: &Result<T, E>| self.should_cache(out);
        match &self.closures.ttl {
            None => store.complete(load, out, when, weigh, |out| self.failure(out, classify)),
            Some(ttl) => store.complete_for(load, out, when, weigh, |out| self.failure(out, classify), ttl),
        }
    }

    fn call_blocking<Q, W>(
        &self,
        store: &StoreLookup<'_, K, T, E, W>,
        key: &QueryKey<'_, Q>,
        mut inner: InnerCall<'_, T, E, Blocking<'_, T, E>>,
        weigh: impl FnOnce(&K, &CachedResult<T, E>) -> W,
    ) -> Result<T, E>
    where
        Q: ToOwned<Owned = K> + Hash + Eq + ?Sized,
        W: Weight,
    {
        if let Some(out) = store.find(key) {
            return out;
        }
        let load = match store.join_blocking(to_owned_key(key)) {
            Miss::Ready(out) => return out,
            Miss::Load(load) => load,
        };
        let out = {
            let _scope = LoadScope::new(load.lead(), ());
            inner.call_blocking()
        };
        self.complete(store, load, out, weigh, inner.call.errors.classify)
    }
}
