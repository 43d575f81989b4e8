use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::panic;
use std::time::Duration;

use resilience_options::cached::{OPTIONS, TWO_LIMITS};

use super::result::{CachedError, ShareErrors};
#[cfg(feature = "store")]
use super::shared::FarSource;
use super::{CacheLayer, LayerStore};
#[cfg(feature = "store")]
use crate::cache::PolicySite;
use crate::cache::{CacheConfig, Cacheable, ShareByClone, ShareWith};
use crate::classify::Classify;
use crate::event::SourceLocation;
use crate::policy::error_log::ErrorLog;
use crate::policy::invalid::{Draft, InvalidPolicy};
use crate::policy::{Both, ClassifyFn, Predicate, classified};

/// Caches values by key, as `#[cached]` does.
///
/// The cache is the outermost layer: `cache >> policy` is a
/// [`CachedPolicy`](crate::policy::CachedPolicy), which is called with a key.
///
/// Policies share one store if they agree on the name and on the types of key, value and error.
/// [`Cache::named`](crate::Cache::named) returns it after the first call. The settings of the newest
/// policy apply to entries that are stored from then on, and a smaller cache evicts entries. When the
/// last of these policies and handles is dropped, the entries are freed. An attribute has a store of
/// its own for each function, even with the same name; if its settings differ, the event
/// `cache.conflict` reports it.
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
        name: name.into(),
        place: panic::Location::caller(),
        closures: CacheClosures {
            cache_error: None,
            classify: None,
            stale_when: None,
            log_error: None,
            share: None,
            when: None,
            ttl: None,
        },
        weigh: None,
        shares_errors: false,
        #[cfg(feature = "store")]
        far: None,
        mode: PhantomData,
    }
}

/// Builds a cache layer. Created by [`cached`](fn@cached).
#[must_use = "there is no layer before `build()`"]
pub struct CacheBuilder<K, T, E, M = Both> {
    pub(super) draft: Draft<CacheConfig>,
    pub(super) name: Cow<'static, str>,
    pub(super) place: &'static panic::Location<'static>,
    pub(super) closures: CacheClosures<T, E>,
    pub(super) weigh: Option<WeighFn<K, T>>,
    pub(super) shares_errors: bool,
    #[cfg(feature = "store")]
    pub(super) far: Option<FarSource<K, T, E>>,
    pub(super) mode: PhantomData<M>,
}

pub struct CacheClosures<T, E> {
    pub cache_error: Option<fn(&E) -> CachedError<E>>,
    pub classify: Option<ClassifyFn<E>>,
    pub stale_when: Option<Predicate<E>>,
    pub log_error: Option<ErrorLog<E>>,
    pub share: Option<Box<ShareErrors<T, E>>>,
    pub when: Option<ResultPredicate<T, E>>,
    pub ttl: Option<TtlFn<T>>,
}

pub type ResultPredicate<T, E> = Box<dyn Fn(&Result<T, E>) -> bool + Send + Sync>;
pub type TtlFn<T> = Box<dyn Fn(&T) -> Duration + Send + Sync>;
pub type WeighFn<K, T> = Box<dyn Fn(&K, &T) -> u64 + Send + Sync>;

impl<K, T, E, M> CacheBuilder<K, T, E, M> {
    option_setters! {
        OPTIONS, cached_docs;
        ttl(time: Duration) => CacheConfig::try_ttl;
        time_to_idle(time: Duration) => CacheConfig::try_time_to_idle;
        ttl_jitter(ratio: f64) => CacheConfig::try_ttl_jitter;
        max_size(entries: usize) => CacheConfig::try_max_size;
        stale_while_revalidate(window: Duration) => CacheConfig::try_stale_while_revalidate;
        stale_if_error(window: Duration) => CacheConfig::try_stale_if_error;
        max_concurrent_loads(loads: u32) => CacheConfig::try_max_concurrent_loads;
        coalesce(coalesce: bool) => CacheConfig::try_coalesce;
        cache_degraded(keep: bool) => CacheConfig::try_cache_degraded;
    }

    /// Computes for each value how long it lives, from the moment at which it is stored. Excludes
    /// [`ttl`](Self::ttl).
    ///
    /// A value for which it returns zero is not stored, and drops the one that it would have
    /// replaced.
    ///
    /// ```
    /// # fn main() -> Result<(), resilience::policy::InvalidPolicy> {
    /// use resilience::Policy;
    /// use resilience::policy::{self, CachedPolicy};
    /// use std::time::Duration;
    ///
    /// #[derive(Clone)]
    /// struct Token {
    ///     text: String,
    ///     expires_in: u64,
    /// }
    ///
    /// let token: CachedPolicy<u32, Token, resilience::Error> = policy::cached("tokens of users")
    ///     .ttl_with(|token: &Token| Duration::from_secs(token.expires_in.saturating_sub(30)))
    ///     .build()?
    ///     >> Policy::new();
    /// let answer = token.call_for_blocking(&1, || Ok(Token { text: "secret".to_owned(), expires_in: 3600 }));
    /// assert_eq!(answer.map(|token| token.text).as_deref(), Ok("secret"));
    /// # Ok(()) }
    /// ```
    pub fn ttl_with(mut self, ttl: impl Fn(&T) -> Duration + Send + Sync + 'static) -> Self {
        self.draft.set(|config| Ok(config.ttl_function()));
        self.closures.ttl = Some(Box::new(ttl));
        self
    }

    /// Limits the total weight of the entries, at least 1, instead of their number.
    ///
    /// `weigh` returns the weight of an entry; 0 counts as 1. A cached error weighs 1. Excludes
    /// [`max_size`](Self::max_size).
    pub fn max_weight(mut self, weight: u64, weigh: impl Fn(&K, &T) -> u64 + Send + Sync + 'static) -> Self {
        self.draft.set_option(OPTIONS.max_weight.key, |config| config.try_max_weight(weight));
        self.weigh = Some(Box::new(weigh));
        self
    }

    /// Lets the classification of an error decide. This is the default where the policy is called with
    /// an error type that is known to implement [`Classify`].
    ///
    /// A [permanent](crate::Category::Permanent) error is returned, and the expired value dropped,
    /// unless the error is [critical](crate::Severity::Critical). Without a classification, the
    /// expired value replaces every error.
    pub fn classified(mut self) -> Self
    where
        E: Classify,
    {
        self.closures.classify = Some(classified);
        self
    }

    /// Selects the errors for which an expired value is served; any other error drops the expired
    /// value. Replaces [`classified`](Self::classified). Needs a stale window. Default: the
    /// classification, else all errors.
    pub fn stale_when(mut self, is_outage: impl Fn(&E) -> bool + Send + Sync + 'static) -> Self {
        self.closures.stale_when = Some(Box::new(is_outage));
        self
    }

    /// Writes the error that an expired value replaces into the event `cache.stale`, with its
    /// sources, as `log_errors = true` of the attribute does. Make sure that it holds no secret.
    /// Default: off.
    pub fn log_errors(mut self) -> Self
    where
        E: Error,
    {
        self.closures.log_error = Some(ErrorLog::sources());
        self
    }

    /// Does what [`log_errors`](Self::log_errors) does, with a function that formats the error, for
    /// errors that do not implement [`Error`]. Default: off.
    pub fn log_errors_with(mut self, show: impl Fn(&E) -> String + Send + Sync + 'static) -> Self {
        self.closures.log_error = Some(ErrorLog::with(show));
        self
    }

    /// Caches the errors that [`when`](Self::when) selects, for a time longer than zero. Default:
    /// off.
    pub fn negative_ttl(mut self, time: Duration) -> Self
    where
        E: Cacheable,
    {
        self.closures.cache_error = Some(CachedError::of);
        self.draft.set_option(OPTIONS.negative_ttl.key, |config| config.try_negative_ttl(time));
        self
    }

    /// Shares the error of a load with all callers that wait for it, as a clone. Default: off; the
    /// waiting callers then call the operation themselves, as many at a time as
    /// [`max_concurrent_loads`](Self::max_concurrent_loads) allows.
    pub fn share_errors(mut self) -> Self
    where
        E: Cacheable,
    {
        self.shares_errors = true;
        self.closures.share = Some(Box::new(ShareByClone));
        self
    }

    /// Shares the error of a load with all callers that wait for it, as `clone_error` clones it.
    ///
    /// For errors that do not implement `Clone`. Excludes [`share_errors`](Self::share_errors).
    ///
    /// ```
    /// # fn main() -> Result<(), resilience::policy::InvalidPolicy> {
    /// use resilience::Policy;
    /// use resilience::policy::{self, CachedPolicy};
    ///
    /// let file: CachedPolicy<String, Vec<u8>, std::io::Error> = policy::cached("files")
    ///     .clone_error(|error: &std::io::Error| std::io::Error::new(error.kind(), error.to_string()))
    ///     .build()?
    ///     >> Policy::new();
    /// # assert!(file.call_for_blocking("a", || Err(std::io::ErrorKind::NotFound.into())).is_err());
    /// # Ok(()) }
    /// ```
    pub fn clone_error(mut self, clone_error: impl Fn(&E) -> E + Send + Sync + 'static) -> Self
    where
        E: Send + Sync + 'static,
    {
        self.draft.set_option(OPTIONS.clone_error.key, Ok);
        self.closures.share = Some(Box::new(ShareWith::new(clone_error)));
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
    /// together with `max_weight`, `ttl` together with `ttl_with`, `ttl_jitter` or a stale window
    /// without a `ttl`, `stale_when` without a stale window, `stale_while_revalidate` or the
    /// sharing of errors together with `coalesce(false)`, `max_concurrent_loads` for errors that
    /// are shared, a `negative_ttl` without a `when`, `version` or `near` without a `store`.
    pub fn build(self) -> Result<CacheLayer<K, T, E, M>, InvalidPolicy>
    where
        K: Hash + Eq + Clone + Send + Sync + 'static,
        T: Cacheable,
        E: 'static,
    {
        let mut builder = self;
        builder.check_times();
        builder.draft.set(CacheConfig::try_checked);
        builder.check_errors();
        let Self { mut draft, name, place, closures, weigh, .. } = builder;
        draft.name(&name);
        let config = draft.finish("cached")?;
        let location = SourceLocation { file: place.file(), line: place.line() };
        #[cfg(feature = "store")]
        if let Some(far) = builder.far {
            let store = LayerStore::Shared(PolicySite::new(name, config, location), weigh, far);
            return Ok(CacheLayer { store, closures, mode: PhantomData });
        }
        let store = LayerStore::new(name, config, location, weigh);
        Ok(CacheLayer { store, closures, mode: PhantomData })
    }

    /// Checks what is kept, and for how long.
    fn check_times(&mut self) {
        let Self { draft, closures, .. } = self;
        draft.problem_if(
            (draft.has(OPTIONS.version.key) || draft.has(OPTIONS.near.key)) && !draft.has(OPTIONS.store.key),
            "`version` and `near` are about values that processes share; add `.store(&SHARED)`, or leave them out",
        );
        draft.problem_if(draft.has(OPTIONS.max_size.key) && self.weigh.is_some(), TWO_LIMITS);
        let of_ttl = [OPTIONS.ttl_jitter.key, OPTIONS.stale_while_revalidate.key, OPTIONS.stale_if_error.key];
        draft.problem_if(
            of_ttl.into_iter().any(|key| draft.has(key)) && !draft.has(OPTIONS.ttl.key) && closures.ttl.is_none(),
            "`ttl` is missing: `ttl_jitter` and stale values need values that expire; add `.ttl(..)`",
        );
        draft.problem_if(
            draft.has(OPTIONS.ttl.key) && closures.ttl.is_some(),
            "`ttl` is the same for all values, and `ttl_with` computes it for each; keep one of them",
        );
    }

    /// Checks which errors are shared, cached, or replaced by an old value.
    fn check_errors(&mut self) {
        let Self { draft, closures, shares_errors, .. } = self;
        let shares_errors = *shares_errors;
        let (clones, limits) = (draft.has(OPTIONS.clone_error.key), draft.has(OPTIONS.max_concurrent_loads.key));
        draft.problem_if(
            closures.stale_when.is_some()
                && !draft.has(OPTIONS.stale_while_revalidate.key)
                && !draft.has(OPTIONS.stale_if_error.key),
            "`stale_when` selects errors for which an expired value is served; add `.stale_if_error(..)`",
        );
        draft.problem_if(
            shares_errors && clones,
            "`share_errors` clones an error with its `Clone`, `clone_error` with your function; keep one of them",
        );
        draft.problem_if(
            !draft.config().coalesce && (shares_errors || clones || limits),
            "with `coalesce(false)` no caller waits for another's load; remove `share_errors`, `clone_error` and \
             `max_concurrent_loads`",
        );
        draft.problem_if(
            limits && (shares_errors || clones),
            "`max_concurrent_loads` is for errors that are not shared; keep it, or `share_errors` or `clone_error`",
        );
        draft.problem_if(
            closures.cache_error.is_some() && closures.when.is_none(),
            "`negative_ttl` without `when` would cache the errors of an outage too; add `.when(..)` to select the \
             errors to cache",
        );
    }
}

impl<K, T, E, M> fmt::Debug for CacheBuilder<K, T, E, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheBuilder").field("name", &self.name).finish_non_exhaustive()
    }
}
