use std::borrow::Cow;
use std::fmt;
use std::panic;
use std::sync::OnceLock;
use std::time::Duration;

use super::CacheLayer;
use super::result::{CachedError, ShareErrors};
use crate::cache::{CacheConfig, Cacheable, ShareByClone, ShareWith};
use crate::event::SourceLocation;
use crate::policy::invalid::{Draft, InvalidPolicy};
use crate::policy::{LogErrorFn, display_only};

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
    share: bool,
    clones: bool,
    limit: bool,
}

pub struct CacheClosures<K, T, E> {
    pub cache_error: Option<fn(&E) -> CachedError<E>>,
    pub log_error: Option<LogErrorFn<E>>,
    pub share: Option<Box<ShareErrors<T, E>>>,
    pub when: Option<ResultPredicate<T, E>>,
    pub weigh: Option<WeighFn<K, T>>,
}

pub type ResultPredicate<T, E> = Box<dyn Fn(&Result<T, E>) -> bool + Send + Sync>;
pub type WeighFn<K, T> = Box<dyn Fn(&K, &T) -> u64 + Send + Sync>;

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

    /// Shares the error of a load with all callers that wait for it, as a clone. Default: off; the
    /// waiting callers then call the operation themselves, as many at a time as
    /// [`max_concurrent_loads`](Self::max_concurrent_loads) allows.
    pub fn share_errors(mut self) -> Self
    where
        E: Cacheable,
    {
        self.explicit.share = true;
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
        self.explicit.clones = true;
        self.closures.share = Some(Box::new(ShareWith::new(clone_error)));
        self
    }

    /// Sets how many callers of a key call the operation at a time after it has failed with an
    /// error that is not shared, at least 1. The others wait. Default: 1.
    pub fn max_concurrent_loads(mut self, loads: u32) -> Self {
        self.explicit.limit = true;
        self.draft.set(|config| config.try_max_concurrent_loads(loads));
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
    /// `stale_while_revalidate` or the sharing of errors together with `coalesce(false)`,
    /// `max_concurrent_loads` for errors that are shared, a `negative_ttl` without a `when`.
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
            explicit.share && explicit.clones,
            "`share_errors` clones an error with its `Clone`, `clone_error` with your function; keep one of them",
        );
        draft.problem_if(
            explicit.alone && (explicit.share || explicit.clones || explicit.limit),
            "with `coalesce(false)` no caller waits for another's load; remove `share_errors`, `clone_error` and \
             `max_concurrent_loads`",
        );
        draft.problem_if(
            explicit.limit && (explicit.share || explicit.clones),
            "`max_concurrent_loads` is for errors that are not shared; keep it, or `share_errors` or `clone_error`",
        );
        draft.problem_if(
            closures.cache_error.is_some() && closures.when.is_none(),
            "`negative_ttl` without `when` would cache the errors of an outage too; add `.when(..)` to select the errors to cache",
        );
        let name = draft.name(name);
        let config = draft.finish("cached")?;
        let location = SourceLocation { file: place.file(), line: place.line() };
        Ok(CacheLayer { name, config, location, store: OnceLock::new(), closures })
    }
}
impl<K, T, E> fmt::Debug for CacheBuilder<K, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheBuilder").field("name", &self.name).finish_non_exhaustive()
    }
}
