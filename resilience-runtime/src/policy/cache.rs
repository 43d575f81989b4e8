use std::any::TypeId;
use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::ops::Shr;
use std::panic;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::invalid::Draft;
use super::{
    AsyncOnly, Blocking, Both, Fallback, InnerCall, InvalidPolicy, Layer, LogErrorFn, Operation, Policy, display_only,
};
use crate::cache::{
    CacheConfig, CachePolicy, CacheSite, Cacheable, Lookup, Miss, ShareByClone, ShareFailure, SharedFailure, Weight,
    lookup,
};
use crate::context::in_context;
use crate::context::{CallState, LoadScope};
use crate::emit::emit;
use crate::event::LoggedError;
use crate::event::{ConflictingSettings, Event, SourceLocation, StateKind};
use crate::instance::differences;
use crate::instance::key::{Borrowed, KeyBuf, KeyRef, to_owned_key};
use crate::registry::{Entry, Registry};

/// Caches values by key, as `#[cached]` does.
///
/// The cache is the outermost layer: `cache >> policy` is a [`CachedPolicy`], which is called with
/// a key.
///
/// Policies share one store if they agree on the name and on the types of key, value and error.
/// [`Cache::named`](crate::Cache::named) returns it after the first call. An attribute has a store
/// of its own for each function, even with this name.
///
/// ```
/// # fn main() -> Result<(), resilience::policy::InvalidPolicy> {
/// use resilience::policy::{self, CachedPolicy};
/// use resilience::Policy;
/// use std::time::Duration;
///
/// let length: CachedPolicy<String, usize, resilience::Error> =
///     policy::cached("lengths").ttl(Duration::from_secs(60)).max_size(100).build()?
///         >> Policy::new()
///         >> policy::retry().max(2).build()?;
///
/// assert_eq!(length.call_for_blocking("rust", || Ok(4)), Ok(4));
/// assert_eq!(length.call_for_blocking("rust", || unreachable!("it is known")), Ok(4));
/// let lengths = resilience::Cache::named("lengths").expect("called above");
/// assert_eq!(lengths.invalidate("rust"), Ok(true));
/// # Ok(()) }
/// ```
#[track_caller]
pub fn cached<K, T, E>(name: impl Into<Cow<'static, str>>) -> CacheBuilder<K, T, E> {
    CacheBuilder {
        draft: Draft::new(CacheConfig::DEFAULT),
        explicit: ExplicitCacheSettings::default(),
        name: name.into(),
        place: panic::Location::caller(),
        closures: CacheClosures { cache_error: None, log_error: None, share: None, when: None, weigh: None },
    }
}

/// Builds a cache layer. Created by [`cached`](fn@cached).
#[must_use = "there is no layer before `build()`"]
pub struct CacheBuilder<K, T, E> {
    draft: Draft<CacheConfig>,
    explicit: ExplicitCacheSettings,
    name: Cow<'static, str>,
    place: &'static panic::Location<'static>,
    closures: CacheClosures<K, T, E>,
}

/// Settings that exclude or need each other.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "one for each setting")]
struct ExplicitCacheSettings {
    ttl: bool,
    jitter: bool,
    stale: bool,
    revalidate: bool,
    alone: bool,
    size: bool,
}

struct CacheClosures<K, T, E> {
    cache_error: Option<fn(&E) -> CachedError<E>>,
    log_error: Option<LogErrorFn<E>>,
    share: Option<(ShareErrorFn<T, E>, RestoreErrorFn<T, E>)>,
    when: Option<ResultPredicate<T, E>>,
    weigh: Option<WeighFn<K, T>>,
}

type ShareErrorFn<T, E> = fn(&Result<T, E>) -> Option<SharedFailure>;
type RestoreErrorFn<T, E> = fn(&SharedFailure) -> Option<Result<T, E>>;
type ResultPredicate<T, E> = Box<dyn Fn(&Result<T, E>) -> bool + Send + Sync>;
type WeighFn<K, T> = Box<dyn Fn(&K, &T) -> u64 + Send + Sync>;

impl<K, T, E> CacheBuilder<K, T, E> {
    /// Sets how long a value stays fresh, longer than zero. Default: forever.
    pub fn ttl(mut self, time: Duration) -> Self {
        self.explicit.ttl = true;
        self.draft.set(|config| config.try_ttl(time));
        self
    }

    /// Shortens each `ttl` by a random part of it, up to `ratio`, from 0 to 1. Default: 0.
    pub fn ttl_jitter(mut self, ratio: f64) -> Self {
        self.explicit.jitter = true;
        self.draft.set(|config| config.try_ttl_jitter(ratio));
        self
    }

    /// Sets the largest number of entries, at least 1. Default: 1000.
    pub fn max_size(mut self, entries: usize) -> Self {
        self.explicit.size = true;
        self.draft.set(|config| config.try_max_size(entries));
        self
    }

    /// Limits the total weight of the entries, at least 1, instead of their number.
    ///
    /// `weigh` returns the weight of an entry; 0 counts as 1. A cached error weighs 1. Excludes
    /// [`max_size`](Self::max_size).
    pub fn max_weight(mut self, weight: u64, weigh: impl Fn(&K, &T) -> u64 + Send + Sync + 'static) -> Self {
        self.draft.set(|config| config.try_max_weight(weight));
        self.closures.weigh = Some(Box::new(weigh));
        self
    }

    /// Serves an expired value for up to `window` after its `ttl` while one caller refreshes it.
    /// The window must be longer than zero. Needs a [`ttl`](Self::ttl). Default: off.
    pub fn stale_while_revalidate(mut self, window: Duration) -> Self {
        self.explicit.revalidate = true;
        self.explicit.stale = true;
        self.draft.set(|config| config.try_stale_while_revalidate(window));
        self
    }

    /// Serves an expired value instead of an error for up to `window` after its `ttl`. The window
    /// must be longer than zero. Needs a [`ttl`](Self::ttl). Default: off.
    pub fn stale_if_error(mut self, window: Duration) -> Self {
        self.explicit.stale = true;
        self.draft.set(|config| config.try_stale_if_error(window));
        self
    }

    /// Writes the error that an expired value replaces into the event `cache.stale`, by its
    /// `Display`. Make sure that it holds no secret. Default: off.
    pub fn log_errors(mut self) -> Self
    where
        E: fmt::Display,
    {
        self.closures.log_error = Some(display_only);
        self
    }

    /// Caches the errors that [`when`](Self::when) selects, for a time longer than zero. Default:
    /// off.
    pub fn negative_ttl(mut self, time: Duration) -> Self
    where
        E: Cacheable,
    {
        self.closures.cache_error = Some(CachedError::of);
        self.draft.set(|config| config.try_negative_ttl(time));
        self
    }

    /// Shares the error of a load with all callers that wait for it, as a clone. Default: off; each
    /// waiting caller then tries the call itself.
    pub fn share_errors(mut self) -> Self
    where
        E: Cacheable,
    {
        self.closures.share = Some((|out| ShareByClone.share(out), |failure| ShareByClone.restore(failure)));
        self
    }

    /// Sets whether concurrent callers of a key wait for one load. Default: `true`.
    pub fn coalesce(mut self, coalesce: bool) -> Self {
        self.explicit.alone = !coalesce;
        self.draft.set(|config| Ok(config.coalesce(coalesce)));
        self
    }

    /// Sets whether the cache keeps the answer of a fallback. Default: `false`.
    pub fn cache_degraded(mut self, keep: bool) -> Self {
        self.draft.set(|config| Ok(config.cache_degraded(keep)));
        self
    }

    /// Selects the results to cache. Default: all values.
    pub fn when(mut self, should_cache: impl Fn(&Result<T, E>) -> bool + Send + Sync + 'static) -> Self {
        self.closures.when = Some(Box::new(should_cache));
        self
    }

    /// Builds the layer.
    ///
    /// # Errors
    ///
    /// [`InvalidPolicy`], with every mistake: a value out of its range, an empty name, `max_size`
    /// together with `max_weight`, `ttl_jitter` or a stale window without a `ttl`,
    /// `stale_while_revalidate` together with `coalesce(false)`, a `negative_ttl` without a `when`.
    pub fn build(self) -> Result<CacheLayer<K, T, E>, InvalidPolicy> {
        let Self { mut draft, explicit, name, place, closures } = self;
        draft.problem_if(
            explicit.size && closures.weigh.is_some(),
            "`max_size` counts entries, `max_weight` weighs them; keep one of them",
        );
        draft.problem_if(
            (explicit.stale || explicit.jitter) && !explicit.ttl,
            "`ttl` is missing: `ttl_jitter` and stale values need values that expire; add `.ttl(..)`",
        );
        draft.problem_if(
            explicit.revalidate && explicit.alone,
            "`stale_while_revalidate` lets one caller refresh a value, `coalesce(false)` lets all of them; remove one of the two",
        );
        draft.problem_if(
            closures.cache_error.is_some() && closures.when.is_none(),
            "`negative_ttl` without `when` would cache the errors of an outage too; add `.when(..)` to select the errors to cache",
        );
        draft.name(&name);
        let config = draft.finish("cached")?;
        let location = SourceLocation { file: place.file(), line: place.line() };
        Ok(CacheLayer { name, config, location, store: OnceLock::new(), closures })
    }
}

/// A cache for a [`Policy`]: `cache >> policy` is a [`CachedPolicy`].
#[must_use = "a cache does nothing until it is combined with a policy"]
pub struct CacheLayer<K, T, E> {
    name: Cow<'static, str>,
    config: CacheConfig,
    location: SourceLocation,
    store: OnceLock<Arc<Entry<SharedStore>>>,
    closures: CacheClosures<K, T, E>,
}

/// A [`Policy`] with a cache around it, created by `policy::cached("name").build()? >> policy`.
///
/// A clone is cheap and shares all state.
pub struct CachedPolicy<K, T, E, M = Both> {
    cache: Arc<CacheLayer<K, T, E>>,
    policy: Policy<T, E, M>,
}

impl<K, T, E, M> Shr<Policy<T, E, M>> for CacheLayer<K, T, E> {
    type Output = CachedPolicy<K, T, E, M>;

    fn shr(self, policy: Policy<T, E, M>) -> CachedPolicy<K, T, E, M> {
        CachedPolicy { cache: Arc::new(self), policy }
    }
}

impl<K, T, E, M> Shr<Layer<T, E>> for CachedPolicy<K, T, E, M> {
    type Output = Self;

    fn shr(self, layer: Layer<T, E>) -> Self {
        Self { policy: self.policy >> layer, ..self }
    }
}

impl<K, T, E, M> Shr<Fallback<T, E>> for CachedPolicy<K, T, E, M> {
    type Output = Self;

    fn shr(self, fallback: Fallback<T, E>) -> Self {
        Self { policy: self.policy >> fallback, ..self }
    }
}

impl<K, T, E, M> Shr<Fallback<T, E, AsyncOnly>> for CachedPolicy<K, T, E, M> {
    type Output = CachedPolicy<K, T, E, AsyncOnly>;

    fn shr(self, fallback: Fallback<T, E, AsyncOnly>) -> CachedPolicy<K, T, E, AsyncOnly> {
        CachedPolicy { cache: self.cache, policy: self.policy >> fallback }
    }
}

impl<K, T, E, M> CachedPolicy<K, T, E, M>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    T: Cacheable,
    E: 'static,
{
    /// Returns the value of a key from the cache, from a concurrent load, or from `operation`.
    ///
    /// The operation is called through all layers of the policy. The key is borrowed, `"rust"` for
    /// a `String`, and cloned only to be stored.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Policy::call`].
    ///
    /// # Cancellation
    ///
    /// If the future is dropped while it loads, one of the callers that wait for the load takes it
    /// over.
    pub async fn call_for<Q, F, Fut>(&self, key: &Q, mut operation: F) -> Result<T, E>
    where
        Q: ToOwned<Owned = K> + Hash + Eq + ?Sized,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let (call, call_state) = (self.policy.calls.begin(), CallState::new());
        let inner = InnerCall { layers: &self.policy.layers, call_state: &call_state, operation: &mut operation };
        let key = KeyRef((Borrowed(key),));
        let out = match &self.cache.closures.weigh {
            None => self.cache.call(&self.cache.lookup::<(), _>(&key), key, inner, |_, _| ()).await,
            Some(weigh) => self.cache.call(&self.cache.lookup::<u64, _>(&key), key, inner, weight(weigh)).await,
        };
        call.ended(out.is_err());
        out
    }
}

impl<K, T, E> CachedPolicy<K, T, E>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    T: Cacheable,
    E: 'static,
{
    /// Calls a synchronous operation for a key, on the current thread. See
    /// [`call_for`](Self::call_for).
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Policy::call`].
    pub fn call_for_blocking<Q>(&self, key: &Q, mut operation: impl FnMut() -> Result<T, E>) -> Result<T, E>
    where
        Q: ToOwned<Owned = K> + Hash + Eq + ?Sized,
    {
        let (call, call_state) = (self.policy.calls.begin(), CallState::new());
        let inner = InnerCall::<_, _, Blocking<'_, T, E>> {
            layers: &self.policy.layers,
            call_state: &call_state,
            operation: &mut operation,
        };
        let key = KeyRef((Borrowed(key),));
        let out = match &self.cache.closures.weigh {
            None => self.cache.call_blocking(&self.cache.lookup::<(), _>(&key), &key, inner, |_, _| ()),
            Some(weigh) => self.cache.call_blocking(&self.cache.lookup::<u64, _>(&key), &key, inner, weight(weigh)),
        };
        call.ended(out.is_err());
        out
    }
}

/// A kept error weighs 1, the least that an entry can weigh.
fn weight<K, T, E>(weigh: &WeighFn<K, T>) -> impl FnOnce(&K, &CachedResult<T, E>) -> u64 {
    move |key, kept| kept.as_ref().map_or(1, |value| weigh(key, value))
}

/// The store of all policies with one name, and where it was configured first.
#[derive(Debug)]
struct SharedStore {
    site: CacheSite,
    config: CacheConfig,
    location: SourceLocation,
}

static SHARED: Registry<SharedStore> = Registry::new();

type StoreLookup<K, T, E, W> =
    Lookup<Result<T, E>, KeyBuf<(K,)>, CachedResult<T, E>, ResultPolicy<E>, ErrorSharing<T, E>, W>;

type QueryKey<'a, Q> = KeyRef<(Borrowed<'a, Q>,)>;

impl<K, T, E> CacheLayer<K, T, E>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    T: Cacheable,
    E: 'static,
{
    fn shared(&self) -> &SharedStore {
        self.store.get_or_init(|| {
            let Self { name, config, location, .. } = self;
            let (config, location) = (*config, *location);
            let create = |_| SharedStore { site: CacheSite::of_policy(name.clone()), config, location };
            let shared = SHARED.get_or_insert(name.clone(), create);
            if shared.config != config {
                let [first, second] = differences(&shared.config, &config);
                emit(&Event::Conflict {
                    kind: StateKind::Cache,
                    name,
                    first: shared.location,
                    second: location,
                    settings: &ConflictingSettings { first, second, second_applies: false },
                });
            }
            shared
        })
    }

    fn result_policies(&self) -> (ResultPolicy<E>, ErrorSharing<T, E>) {
        (ResultPolicy(self.closures.cache_error), ErrorSharing(self.closures.share))
    }

    fn lookup<W, Q>(&self, key: &QueryKey<'_, Q>) -> StoreLookup<K, T, E, W>
    where
        W: Weight,
        Q: ToOwned<Owned = K> + Hash + Eq + ?Sized,
    {
        let (SharedStore { site, config, .. }, (keep, share)) = (self.shared(), self.result_policies());
        lookup(site, config, keep, share, key, TypeId::of::<()>())
    }

    fn should_cache(&self, out: &Result<T, E>) -> bool {
        self.closures.when.as_ref().is_none_or(|when| when(out))
    }

    fn logged_error<'a>(&self, out: &'a Result<T, E>) -> Option<LoggedError<'a>> {
        self.closures.log_error.zip(out.as_ref().err()).map(|(log_error, error)| log_error(error))
    }

    async fn call<Q, W, F>(
        &self,
        store: &StoreLookup<K, T, E, W>,
        key: QueryKey<'_, Q>,
        mut inner: InnerCall<'_, T, E, F>,
        weigh: impl FnOnce(&K, &CachedResult<T, E>) -> W,
    ) -> Result<T, E>
    where
        Q: ToOwned<Owned = K> + Hash + Eq + ?Sized,
        W: Weight,
        F: Operation<T, E>,
    {
        if let Some(out) = store.find(&key) {
            return out;
        }
        let key = to_owned_key(&key);
        let load = match store.join(key, inner.call_state).await {
            Miss::Ready(out) => return out,
            Miss::Load(load) => load,
        };
        let out = in_context(LoadScope::new(load.id(), inner.call_state, ()), inner.call()).await;
        store.complete(load, out, inner.call_state, |out| self.should_cache(out), weigh, |out| self.logged_error(out))
    }

    fn call_blocking<Q, W>(
        &self,
        store: &StoreLookup<K, T, E, W>,
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
        let load = match store.join_blocking(to_owned_key(key), inner.call_state) {
            Miss::Ready(out) => return out,
            Miss::Load(load) => load,
        };
        let out = {
            let _scope = LoadScope::new(load.id(), inner.call_state, ());
            inner.call_blocking()
        };
        store.complete(load, out, inner.call_state, |out| self.should_cache(out), weigh, |out| self.logged_error(out))
    }
}

/// Holds errors too, with or without `negative_ttl`: policies of one name share one store.
type CachedResult<T, E> = Result<T, CachedError<E>>;

/// An erased error with its own way to clone it, as `E` has no `Clone` bound here.
struct CachedError<E> {
    failure: SharedFailure,
    restore: fn(&SharedFailure) -> Option<E>,
}

impl<E: Cacheable> CachedError<E> {
    fn of(error: &E) -> Self {
        Self { failure: Arc::new(error.clone()), restore: |failure| failure.downcast_ref::<E>().cloned() }
    }
}

impl<E> Clone for CachedError<E> {
    fn clone(&self) -> Self {
        Self { failure: Arc::clone(&self.failure), restore: self.restore }
    }
}

/// Caches values, and with `negative_ttl` errors.
struct ResultPolicy<E>(Option<fn(&E) -> CachedError<E>>);

impl<T: Cacheable, E: 'static> CachePolicy<Result<T, E>> for ResultPolicy<E> {
    type Value = CachedResult<T, E>;

    fn cached_part(&self, result: &Result<T, E>) -> Option<CachedResult<T, E>> {
        match (result, self.0) {
            (Ok(value), _) => Some(Ok(value.clone())),
            (Err(error), Some(cache_error)) => Some(Err(cache_error(error))),
            (Err(_), None) => None,
        }
    }

    fn restore(&self, value: CachedResult<T, E>) -> Result<T, E> {
        value.map_err(|cached| match (cached.restore)(&cached.failure) {
            Some(error) => error,
            None => unreachable!("an error of this type went in"),
        })
    }

    fn is_failure(&self, value: &CachedResult<T, E>) -> bool {
        value.is_err()
    }
}

struct ErrorSharing<T, E>(Option<(ShareErrorFn<T, E>, RestoreErrorFn<T, E>)>);

impl<T, E> ShareFailure<Result<T, E>> for ErrorSharing<T, E> {
    fn share(&self, result: &Result<T, E>) -> Option<SharedFailure> {
        self.0.and_then(|(give, _)| give(result))
    }

    fn restore(&self, failure: &SharedFailure) -> Option<Result<T, E>> {
        self.0.and_then(|(_, take)| take(failure))
    }
}

impl<K, T, E, M> Clone for CachedPolicy<K, T, E, M> {
    fn clone(&self) -> Self {
        Self { cache: Arc::clone(&self.cache), policy: self.policy.clone() }
    }
}

impl<K, T, E> fmt::Debug for CacheBuilder<K, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheBuilder").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<K, T, E> fmt::Debug for CacheLayer<K, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheLayer").field("name", &self.name).field("config", &self.config).finish_non_exhaustive()
    }
}

impl<K, T, E, M> fmt::Debug for CachedPolicy<K, T, E, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedPolicy").field("cache", &self.cache).field("policy", &self.policy).finish()
    }
}
