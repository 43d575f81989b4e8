//! Type-erased caches: the public handle, its registry and its statistics.

use std::any::{Any, type_name};
use std::fmt;
use std::sync::{Arc, Mutex};

use crate::registry::{Entry, Registry};
use crate::sync::lock;

/// Counters of one cache since the process started, or since a test reset it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CacheStats {
    /// Calls answered with a fresh entry.
    pub hits: u64,
    /// Calls that found no entry, or an expired one.
    pub misses: u64,
    /// Misses answered with an expired value: another caller was refreshing it, or the body had failed.
    pub stale: u64,
    /// Runs of the function body. With coalescing, there are fewer loads than misses.
    pub loads: u64,
    /// Entries dropped to make room.
    pub evictions: u64,
}

impl CacheStats {
    /// Returns the share of calls answered with a fresh entry, between 0 and 1; 0 before the first call.
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 52 bits")]
    pub fn hit_rate(&self) -> f64 {
        let calls = self.hits.saturating_add(self.misses);
        if calls == 0 { 0.0 } else { self.hits as f64 / calls as f64 }
    }
}

/// The error of [`Cache::invalidate`] for a key whose type differs from the type of the cache's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the keys of this cache are `{expected}`, not `{given}`")]
#[non_exhaustive]
pub struct WrongKeyType {
    /// The type of the cache's keys. For a generic function, the key type of its first instantiation called.
    pub expected: &'static str,
    /// The type of the given key, in its owned form.
    pub given: &'static str,
}

pub(super) trait AnyCache: Send + Sync {
    fn len(&self) -> usize;
    fn stats(&self) -> CacheStats;
    fn clear(&self);
    /// Returns whether there was an entry, or `None` if the key has another type.
    fn invalidate(&self, key: &dyn Any) -> Option<bool>;
    fn key_type(&self) -> &'static str;
    #[cfg(feature = "testing")]
    fn reset(&self);
}

/// A handle to the cache of a `#[cached]` function or of a [`policy::cached`](fn@crate::policy::cached) layer.
///
/// [`Cache::named`] returns it. A generic function has one cache for each instantiation; the handle covers all of
/// them. The handle is `Copy`, and all its methods may be called from any thread.
///
/// ```
/// use resilience::{Cache, cached};
///
/// #[cached(name = "squares")]
/// fn square(n: u64) -> u64 {
///     n * n
/// }
///
/// assert_eq!((square(3), square(3)), (9, 9));
/// let squares = Cache::named("squares").ok_or("called above")?;
/// assert_eq!((squares.len(), squares.stats().hits), (1, 1));
/// squares.clear();
/// assert!(squares.is_empty());
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy)]
pub struct Cache {
    caches: &'static Entry<NamedCaches>,
}

/// The state of one cache at a point in time.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CacheSnapshot {
    /// The name of the cache.
    pub name: String,
    /// The number of entries, including expired entries that have not been replaced yet.
    pub len: usize,
    /// The counters of the cache.
    pub stats: CacheStats,
}

pub(crate) fn snapshots() -> Vec<CacheSnapshot> {
    let snapshot = |caches: &Arc<Entry<NamedCaches>>| CacheSnapshot {
        name: caches.name().to_string(),
        len: caches.len(),
        stats: caches.stats(),
    };
    CACHES.all().iter().map(snapshot).collect()
}

pub(super) struct NamedCaches(pub(super) Mutex<Vec<&'static dyn AnyCache>>);

impl NamedCaches {
    fn all(&self) -> Vec<&'static dyn AnyCache> {
        // Copies the list, because `clear` drops the user's values and must hold no lock.
        lock(&self.0).clone()
    }

    fn len(&self) -> usize {
        self.all().iter().map(|cache| cache.len()).sum()
    }

    fn stats(&self) -> CacheStats {
        self.all().iter().map(|cache| cache.stats()).fold(CacheStats::default(), |sum, stats| CacheStats {
            hits: sum.hits.saturating_add(stats.hits),
            misses: sum.misses.saturating_add(stats.misses),
            stale: sum.stale.saturating_add(stats.stale),
            loads: sum.loads.saturating_add(stats.loads),
            evictions: sum.evictions.saturating_add(stats.evictions),
        })
    }
}

pub(super) static CACHES: Registry<NamedCaches> = Registry::new();

pub(super) fn entries(name: &str) -> usize {
    // `AnyCache::len` runs no user code, so the lock may be held.
    CACHES.get(name).map_or(0, |named| lock(&named.0).iter().map(|cache| cache.len()).sum())
}

impl Cache {
    /// Finds a cache by its name. Returns `None` until a function or policy with this name has been called.
    ///
    /// Without `name = ".."`, the name of a cache is the path of its function, such as `my_crate::api::ask`.
    pub fn named(name: &str) -> Option<Self> {
        CACHES.get(name).map(|caches| Self { caches: caches.pin() })
    }

    /// Returns the number of entries, including expired entries that have not been replaced yet.
    pub fn len(self) -> usize {
        self.caches.len()
    }

    /// Returns whether the cache has no entries.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Returns the counters of the cache.
    pub fn stats(self) -> CacheStats {
        self.caches.stats()
    }

    /// Drops all entries. The counters stay.
    ///
    /// A call that begins after `clear` returns never gets a value that was stored, or being loaded, before. A load in
    /// progress completes for the callers that already wait for it, but its value is not stored, and later calls do not
    /// join it.
    pub fn clear(self) {
        for cache in self.caches.all() {
            cache.clear();
        }
    }

    /// Drops the entry of one key. Returns whether there was one, fresh or expired.
    ///
    /// As with [`clear`](Self::clear), a load of this key in progress stores nothing, and later calls do not join it.
    ///
    /// Pass the key as `#[cached]` stores it, borrowed or owned:
    ///
    /// - one argument, or one expression in `key = ..`: `invalidate("a")` or `invalidate(&7_u32)`;
    /// - several arguments: a tuple of their owned forms in order, `invalidate(&("a".to_owned(), 7_u32))`;
    /// - no argument: `invalidate(&())`.
    ///
    /// The owned form of an argument is its [`ToOwned::Owned`]: `String` for `&str`, `T` for `&T`.
    ///
    /// For a generic function, every instantiation whose keys have this type loses the entry.
    ///
    /// ```
    /// use resilience::{Cache, cached};
    ///
    /// #[cached(name = "prices")]
    /// fn price(product: &str, currency: u32) -> u64 {
    ///     product.len() as u64 + u64::from(currency)
    /// }
    ///
    /// price("tea", 1);
    /// let prices = Cache::named("prices").ok_or("called above")?;
    /// assert_eq!(prices.invalidate(&("tea".to_owned(), 1_u32)), Ok(true));
    /// assert_eq!(prices.invalidate(&("tea".to_owned(), 1_u32)), Ok(false));
    /// assert!(prices.invalidate("tea").is_err(), "the key has two parts");
    /// # Ok::<(), &str>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`WrongKeyType`] if no cache with this name has keys of this type. This is a mistake in the program that
    /// would otherwise look like a missing key.
    pub fn invalidate<Q>(self, key: &Q) -> Result<bool, WrongKeyType>
    where
        Q: ToOwned + ?Sized,
        Q::Owned: 'static,
    {
        let (caches, key) = (self.caches.all(), key.to_owned());
        let found: Vec<bool> = caches.iter().filter_map(|cache| cache.invalidate(&key)).collect();
        if found.is_empty() {
            let expected = caches.first().map_or("", |cache| cache.key_type());
            return Err(WrongKeyType { expected, given: type_name::<Q::Owned>() });
        }
        Ok(found.contains(&true))
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("len", &self.len()).field("stats", &self.stats()).finish()
    }
}

#[cfg(feature = "testing")]
pub(crate) fn reset_all() {
    for caches in CACHES.all() {
        for cache in caches.all() {
            cache.reset();
        }
    }
}
