//! Caches without their types: found by name, counted, cleared.

use std::any::{Any, type_name};
use std::fmt;
use std::sync::Mutex;

use crate::instance::registry::Registry;
use crate::sync::lock;

/// What a cache has done since the process started, or since it was reset for a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CacheStats {
    /// Calls answered from the store.
    pub hits: u64,
    /// Calls that found nothing, or nothing fresh.
    pub misses: u64,
    /// Misses that were answered with an expired value all the same: while another caller refreshed it, or because the body
    /// had failed.
    pub stale: u64,
    /// Runs of the body. With coalescing, fewer than misses.
    pub loads: u64,
    /// Entries dropped to make room.
    pub evictions: u64,
}

impl CacheStats {
    /// The part of all calls that was answered from the store, between 0 and 1; 0 before the first call.
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 52 bits")]
    pub fn hit_rate(&self) -> f64 {
        let calls = self.hits.saturating_add(self.misses);
        if calls == 0 { 0.0 } else { self.hits as f64 / calls as f64 }
    }
}

/// A key of a type that a cache has no keys of; see [`CacheHandle::invalidate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the keys of this cache are `{expected}`, not `{given}`")]
#[non_exhaustive]
pub struct WrongKeyType {
    /// The type of the cache's keys; of a generic function, that of the form that was called first.
    pub expected: &'static str,
    /// The type of the key that was given, in its owned form.
    pub given: &'static str,
}

/// A cache without its types, for the handle.
pub(super) trait AnyCache: Send + Sync {
    fn len(&self) -> usize;
    fn stats(&self) -> CacheStats;
    fn clear(&self);
    /// Whether there was an entry; `None` if the key is of another type.
    fn invalidate(&self, key: &dyn Any) -> Option<bool>;
    fn key_type(&self) -> &'static str;
    #[cfg(feature = "testing")]
    fn reset(&self);
}

/// A cached function, found by name with [`cache`].
///
/// A generic function has one store for each concrete form of it; the handle covers all of them.
#[derive(Clone, Copy)]
pub struct CacheHandle {
    named: &'static Named,
}

/// A cache at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CacheSnapshot {
    /// The name it is found under.
    pub name: String,
    /// Its entries, those included that have expired and not been replaced yet.
    pub len: usize,
    /// What it has done so far.
    pub stats: CacheStats,
}

pub(crate) fn snapshots() -> Vec<CacheSnapshot> {
    let snapshot = |(name, named)| {
        let handle = CacheHandle { named };
        CacheSnapshot { name, len: handle.len(), stats: handle.stats() }
    };
    CACHES.named().into_iter().map(snapshot).collect()
}

/// The stores under one name.
pub(super) struct Named(pub(super) Mutex<Vec<&'static dyn AnyCache>>);

pub(super) static CACHES: Registry<Named> = Registry::new();

/// The cache of this name, once the function that carries it has been called.
///
/// A cache without a name of its own is called by the path of its function, `my_crate::api::ask`.
///
/// ```
/// use resilience::cached;
///
/// #[cached(name = "squares")]
/// fn square(n: u64) -> u64 {
///     n * n
/// }
///
/// assert_eq!((square(3), square(3)), (9, 9));
/// let squares = resilience::cache("squares").ok_or("called above")?;
/// assert_eq!((squares.len(), squares.stats().hits), (1, 1));
/// squares.clear();
/// assert!(squares.is_empty());
/// # Ok::<(), &str>(())
/// ```
pub fn cache(name: &str) -> Option<CacheHandle> {
    CACHES.get(name).map(|named| CacheHandle { named })
}

/// The entries of all caches of this name.
pub(super) fn entries(name: &str) -> usize {
    // No code of a key's or a value's runs in here.
    CACHES.get(name).map_or(0, |named| lock(&named.0).iter().map(|store| store.len()).sum())
}

impl CacheHandle {
    fn stores(self) -> Vec<&'static dyn AnyCache> {
        // Copied out, so that dropping the user's values in `clear` happens without our lock.
        lock(&self.named.0).clone()
    }

    /// The number of entries, those included that have expired and not been replaced yet.
    pub fn len(self) -> usize {
        self.stores().iter().map(|store| store.len()).sum()
    }

    /// Whether there is no entry.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// What the cache has done so far.
    pub fn stats(self) -> CacheStats {
        self.stores().iter().map(|store| store.stats()).fold(CacheStats::default(), |sum, part| CacheStats {
            hits: sum.hits.saturating_add(part.hits),
            misses: sum.misses.saturating_add(part.misses),
            stale: sum.stale.saturating_add(part.stale),
            loads: sum.loads.saturating_add(part.loads),
            evictions: sum.evictions.saturating_add(part.evictions),
        })
    }

    /// Drops all entries.
    ///
    /// A call that begins after this has returned gets no value that was there, or in the making, before: a load that is
    /// under way goes on for those who wait for it already, stores nothing, and is not waited for by anyone else. The
    /// statistics stay.
    pub fn clear(self) {
        for store in self.stores() {
            store.clear();
        }
    }

    /// Drops the entry of one key, and says whether there was one, expired or not.
    ///
    /// As after [`clear`](Self::clear), a load of this key that is under way stores nothing, and a call that begins
    /// afterwards does not wait for it.
    ///
    /// The key is what `#[cached]` stores, in borrowed or owned form: of one argument (or one expression in `key = ..`) that
    /// argument, as `invalidate("a")` or `invalidate(&7_u32)`; of several a tuple of the owned forms, in order, as
    /// `invalidate(&("a".to_owned(), 7_u32))`; of none, `invalidate(&())`. The owned form is what
    /// [`ToOwned`] makes of the argument: `String` for `&str`, `T` for `&T`.
    ///
    /// ```
    /// use resilience::cached;
    ///
    /// #[cached(name = "prices")]
    /// fn price(product: &str, currency: u32) -> u64 {
    ///     product.len() as u64 + u64::from(currency)
    /// }
    ///
    /// price("tea", 1);
    /// let prices = resilience::cache("prices").ok_or("called above")?;
    /// assert_eq!(prices.invalidate(&("tea".to_owned(), 1_u32)), Ok(true));
    /// assert_eq!(prices.invalidate(&("tea".to_owned(), 1_u32)), Ok(false));
    /// assert!(prices.invalidate("tea").is_err(), "the key has two parts");
    /// # Ok::<(), &str>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`WrongKeyType`] when no store under this name has keys of this type: a mistake in the program, that would otherwise
    /// look like a key that is not there. Of a generic function, it is applied to all stores whose keys are of this type.
    pub fn invalidate<Q>(self, key: &Q) -> Result<bool, WrongKeyType>
    where
        Q: ToOwned + ?Sized,
        Q::Owned: 'static,
    {
        let (stores, key) = (self.stores(), key.to_owned());
        let found: Vec<bool> = stores.iter().filter_map(|store| store.invalidate(&key)).collect();
        if found.is_empty() {
            let expected = stores.first().map_or("", |store| store.key_type());
            return Err(WrongKeyType { expected, given: type_name::<Q::Owned>() });
        }
        Ok(found.contains(&true))
    }
}

impl fmt::Debug for CacheHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheHandle").field("len", &self.len()).field("stats", &self.stats()).finish()
    }
}

#[cfg(feature = "testing")]
pub(crate) fn reset_all() {
    for (_, named) in CACHES.named() {
        for store in (CacheHandle { named }).stores() {
            store.reset();
        }
    }
}
