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
    AsyncOnly, Blocking, Both, Fallback, InnerCall, InvalidPolicy, Layer, LogErrorFn, Operation, Policy, said,
};
use crate::cache::{
    CacheConfig, CachePolicy, CacheSite, Cacheable, Lookup, Miss, ShareByClone, ShareFailure, SharedFailure, Weight,
    lookup,
};
use crate::context::in_context;
use crate::context::{CallState, LoadScope};
use crate::emit::emit;
use crate::event::LoggedError;
use crate::event::{Event, SourceLocation, StateKind};
use crate::instance::key::{Borrowed, KeyBuf, KeyRef, to_owned_key};
use crate::registry::Registry;

/// Keeps values by key, as `#[cached]` does. It stands outermost, and makes a policy that is called
/// with a key, a [`CachedPolicy`].
///
/// Policies that say the same name, with the same types of key, value and error, share one store;
/// [`Cache::named`](crate::Cache::named) finds it, once it has been called. An attribute has a store of its own for each function, also
/// under this name.
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
        given: GivenCacheSettings::default(),
        name: name.into(),
        place: panic::Location::caller(),
        parts: CacheClosures { keeps: None, says: None, share: None, when: None, weigh: None },
    }
}

/// A cache in the making, from [`cached`](fn@cached).
#[must_use = "there is no layer before `build()`"]
pub struct CacheBuilder<K, T, E> {
    draft: Draft<CacheConfig>,
    given: GivenCacheSettings,
    name: Cow<'static, str>,
    place: &'static panic::Location<'static>,
    parts: CacheClosures<K, T, E>,
}

/// Settings that exclude or need each other.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "one for each setting")]
struct GivenCacheSettings {
    ttl: bool,
    jitter: bool,
    stale: bool,
    revalidate: bool,
    alone: bool,
    size: bool,
}

struct CacheClosures<K, T, E> {
    keeps: Option<fn(&E) -> CachedError<E>>,
    says: Option<LogErrorFn<E>>,
    share: Option<(ShareErrorFn<T, E>, RestoreErrorFn<T, E>)>,
    when: Option<ResultPredicate<T, E>>,
    weigh: Option<WeighFn<K, T>>,
}

type ShareErrorFn<T, E> = fn(&Result<T, E>) -> Option<SharedFailure>;
type RestoreErrorFn<T, E> = fn(&SharedFailure) -> Option<Result<T, E>>;
type ResultPredicate<T, E> = Box<dyn Fn(&Result<T, E>) -> bool + Send + Sync>;
type WeighFn<K, T> = Box<dyn Fn(&K, &T) -> u64 + Send + Sync>;

impl<K, T, E> CacheBuilder<K, T, E> {
    /// How long a value is kept; longer than zero. Default: for ever.
    pub fn ttl(mut self, time: Duration) -> Self {
        self.given.ttl = true;
        self.draft.set(|config| config.try_ttl(time));
        self
    }

    /// Ends each `ttl` earlier by a random part of it, at most this, from 0 to 1. Default: none.
    pub fn ttl_jitter(mut self, ratio: f64) -> Self {
        self.given.jitter = true;
        self.draft.set(|config| config.try_ttl_jitter(ratio));
        self
    }

    /// The most entries; at least 1. Default: 1000.
    pub fn max_size(mut self, entries: usize) -> Self {
        self.given.size = true;
        self.draft.set(|config| config.try_max_size(entries));
        self
    }

    /// Instead: the most weight, at least 1, and what an entry weighs, for which 0 counts as 1. A kept error weighs 1.
    pub fn max_weight(mut self, weight: u64, weigh: impl Fn(&K, &T) -> u64 + Send + Sync + 'static) -> Self {
        self.draft.set(|config| config.try_max_weight(weight));
        self.parts.weigh = Some(Box::new(weigh));
        self
    }

    /// After its `ttl`, a value is given out for so long while one caller refreshes it; longer than zero.
    pub fn stale_while_revalidate(mut self, window: Duration) -> Self {
        self.given.revalidate = true;
        self.given.stale = true;
        self.draft.set(|config| config.try_stale_while_revalidate(window));
        self
    }

    /// After its `ttl`, a value is given out for so long in the place of an error; longer than zero.
    pub fn stale_if_error(mut self, window: Duration) -> Self {
        self.given.stale = true;
        self.draft.set(|config| config.try_stale_if_error(window));
        self
    }

    /// Writes the error in whose place an old value is given out into the event `cache.stale`, as its `Display`: see that it holds no secret. Default: none.
    pub fn log_errors(mut self) -> Self
    where
        E: fmt::Display,
    {
        self.parts.says = Some(said);
        self
    }

    /// Keeps errors for so long, those that [`when`](Self::when) names; longer than zero.
    pub fn negative_ttl(mut self, time: Duration) -> Self
    where
        E: Cacheable,
    {
        self.parts.keeps = Some(CachedError::of);
        self.draft.set(|config| config.try_negative_ttl(time));
        self
    }

    /// Callers that wait for one load share its error too, as a clone. Without this each of them tries for itself.
    pub fn share_errors(mut self) -> Self
    where
        E: Cacheable,
    {
        self.parts.share = Some((|out| ShareByClone.share(out), |failure| ShareByClone.restore(failure)));
        self
    }

    /// Whether callers of one key wait for one load. Default: yes.
    pub fn coalesce(mut self, coalesce: bool) -> Self {
        self.given.alone = !coalesce;
        self.draft.set(|config| Ok(config.coalesce(coalesce)));
        self
    }

    /// Whether the answer of a fallback inside is kept. Default: no.
    pub fn cache_degraded(mut self, keep: bool) -> Self {
        self.draft.set(|config| Ok(config.cache_degraded(keep)));
        self
    }

    /// Which results are worth keeping. Default: all values.
    pub fn when(mut self, is_worth_it: impl Fn(&Result<T, E>) -> bool + Send + Sync + 'static) -> Self {
        self.parts.when = Some(Box::new(is_worth_it));
        self
    }

    /// The layer.
    ///
    /// # Errors
    ///
    /// [`InvalidPolicy`], with everything that is wrong: a value out of its range, an empty name, `max_size` beside
    /// `max_weight`, what belongs to a `ttl` without one, a refresh by one caller without `coalesce`, a `negative_ttl` that no
    /// `when` limits.
    pub fn build(self) -> Result<CacheLayer<K, T, E>, InvalidPolicy> {
        let Self { mut draft, given, name, place, parts } = self;
        draft.problem_if(
            given.size && parts.weigh.is_some(),
            "`max_size` counts entries, `max_weight` weighs them; keep one of them",
        );
        draft.problem_if(
            (given.stale || given.jitter) && !given.ttl,
            "this is about the end of a `ttl`, and without one nothing ends; add `.ttl(..)`",
        );
        draft.problem_if(
            given.revalidate && given.alone,
            "`stale_while_revalidate` lets one caller refresh a value, and `coalesce(false)` lets all; remove one of them",
        );
        draft.problem_if(
            parts.keeps.is_some() && parts.when.is_none(),
            "`negative_ttl` needs `when` to say which errors are worth keeping, or an outage would be kept too",
        );
        let name = draft.name(name);
        let config = draft.finish("cached")?;
        let location = SourceLocation { file: place.file(), line: place.line() };
        Ok(CacheLayer { name, config, location, store: OnceLock::new(), parts })
    }
}

/// A cache for a [`Policy`]: `cache >> policy` is a [`CachedPolicy`].
#[must_use = "it keeps nothing without a policy"]
pub struct CacheLayer<K, T, E> {
    name: &'static str,
    config: CacheConfig,
    location: SourceLocation,
    store: OnceLock<&'static SharedStore>,
    parts: CacheClosures<K, T, E>,
}

/// A [`Policy`] around which results are kept by key, made with `policy::cached("name").build()? >> policy`.
///
/// Cloning it is cheap, and shares all state.
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
    /// The value of this key: from the cache, from another caller's load, or from `operation`, called through all layers.
    ///
    /// The key is given in its borrowed form, `"rust"` for a `String`, and cloned only to be stored. Dropped while it loads,
    /// it hands that duty on to one of those who wait.
    ///
    /// # Errors
    ///
    /// As of [`Policy::call`].
    pub async fn call_for<Q, F, Fut>(&self, key: &Q, mut operation: F) -> Result<T, E>
    where
        Q: ToOwned<Owned = K> + Hash + Eq + ?Sized,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let (call, flow) = (self.policy.calls.begin(), CallState::new());
        let inside = InnerCall { layers: &self.policy.layers, flow: &flow, operation: &mut operation };
        let key = KeyRef((Borrowed(key),));
        let out = match &self.cache.parts.weigh {
            None => self.cache.call(&self.cache.lookup::<(), _>(&key), key, inside, |_, _| ()).await,
            Some(weigh) => self.cache.call(&self.cache.lookup::<u64, _>(&key), key, inside, weight(weigh)).await,
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
    /// The same for a synchronous operation, on this thread.
    ///
    /// # Errors
    ///
    /// As of [`Policy::call`].
    pub fn call_for_blocking<Q>(&self, key: &Q, mut operation: impl FnMut() -> Result<T, E>) -> Result<T, E>
    where
        Q: ToOwned<Owned = K> + Hash + Eq + ?Sized,
    {
        let (call, flow) = (self.policy.calls.begin(), CallState::new());
        let inside = InnerCall::<_, _, Blocking<'_, T, E>> {
            layers: &self.policy.layers,
            flow: &flow,
            operation: &mut operation,
        };
        let key = KeyRef((Borrowed(key),));
        let out = match &self.cache.parts.weigh {
            None => self.cache.call_blocking(&self.cache.lookup::<(), _>(&key), &key, inside, |_, _| ()),
            Some(weigh) => self.cache.call_blocking(&self.cache.lookup::<u64, _>(&key), &key, inside, weight(weigh)),
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
    fn shared(&self) -> &'static SharedStore {
        self.store.get_or_init(|| {
            let Self { name, config, location, .. } = *self;
            let shared = SHARED.get_or_insert(name, || SharedStore { site: CacheSite::new(name), config, location });
            if shared.config != config {
                emit(&Event::Conflict { kind: StateKind::Cache, name, first: shared.location, second: location });
            }
            shared
        })
    }

    fn ways(&self) -> (ResultPolicy<E>, ErrorSharing<T, E>) {
        (ResultPolicy(self.parts.keeps), ErrorSharing(self.parts.share))
    }

    fn lookup<W, Q>(&self, key: &QueryKey<'_, Q>) -> StoreLookup<K, T, E, W>
    where
        W: Weight,
        Q: ToOwned<Owned = K> + Hash + Eq + ?Sized,
    {
        let (SharedStore { site, config, .. }, (keep, share)) = (self.shared(), self.ways());
        lookup(site, config, keep, share, key, TypeId::of::<()>())
    }

    fn is_worth_it(&self, out: &Result<T, E>) -> bool {
        self.parts.when.as_ref().is_none_or(|when| when(out))
    }

    fn said<'a>(&self, out: &'a Result<T, E>) -> Option<LoggedError<'a>> {
        self.parts.says.zip(out.as_ref().err()).map(|(says, error)| says(error))
    }

    async fn call<Q, W, F>(
        &self,
        store: &StoreLookup<K, T, E, W>,
        key: QueryKey<'_, Q>,
        mut inside: InnerCall<'_, T, E, F>,
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
        let load = match store.join(key, inside.flow).await {
            Miss::Ready(out) => return out,
            Miss::Load(load) => load,
        };
        let out = in_context(LoadScope::new(load.id(), inside.flow, ()), inside.call()).await;
        store.complete(load, out, inside.flow, |out| self.is_worth_it(out), weigh, |out| self.said(out))
    }

    fn call_blocking<Q, W>(
        &self,
        store: &StoreLookup<K, T, E, W>,
        key: &QueryKey<'_, Q>,
        mut inside: InnerCall<'_, T, E, Blocking<'_, T, E>>,
        weigh: impl FnOnce(&K, &CachedResult<T, E>) -> W,
    ) -> Result<T, E>
    where
        Q: ToOwned<Owned = K> + Hash + Eq + ?Sized,
        W: Weight,
    {
        if let Some(out) = store.find(key) {
            return out;
        }
        let load = match store.join_blocking(to_owned_key(key), inside.flow) {
            Miss::Ready(out) => return out,
            Miss::Load(load) => load,
        };
        let out = {
            let _scope = LoadScope::new(load.id(), inside.flow, ());
            inside.call_blocking()
        };
        store.complete(load, out, inside.flow, |out| self.is_worth_it(out), weigh, |out| self.said(out))
    }
}

/// Holds errors too, with or without `negative_ttl`: policies of one name share one store.
type CachedResult<T, E> = Result<T, CachedError<E>>;

/// An erased error with its own way to clone it, as `E` has no `Clone` bound here.
struct CachedError<E> {
    failure: SharedFailure,
    again: fn(&SharedFailure) -> Option<E>,
}

impl<E: Cacheable> CachedError<E> {
    fn of(error: &E) -> Self {
        Self { failure: Arc::new(error.clone()), again: |failure| failure.downcast_ref::<E>().cloned() }
    }
}

impl<E> Clone for CachedError<E> {
    fn clone(&self) -> Self {
        Self { failure: Arc::clone(&self.failure), again: self.again }
    }
}

/// Caches values, and with `negative_ttl` errors.
struct ResultPolicy<E>(Option<fn(&E) -> CachedError<E>>);

impl<T: Cacheable, E: 'static> CachePolicy<Result<T, E>> for ResultPolicy<E> {
    type Value = CachedResult<T, E>;

    fn cached_part(&self, result: &Result<T, E>) -> Option<CachedResult<T, E>> {
        match (result, self.0) {
            (Ok(value), _) => Some(Ok(value.clone())),
            (Err(error), Some(keeps)) => Some(Err(keeps(error))),
            (Err(_), None) => None,
        }
    }

    fn restore(&self, value: CachedResult<T, E>) -> Result<T, E> {
        value.map_err(|kept| match (kept.again)(&kept.failure) {
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
