//! Caches without their types: found by name, counted, cleared.

use std::fmt;
use std::sync::Mutex;

use crate::registry::Registry;
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

/// A cache without its types, for the handle.
pub(super) trait AnyCache: Send + Sync {
    fn len(&self) -> usize;
    fn stats(&self) -> CacheStats;
    fn clear(&self);
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
            loads: sum.loads.saturating_add(part.loads),
            evictions: sum.evictions.saturating_add(part.evictions),
        })
    }

    /// Drops all entries. A load that is under way stores its value when it ends.
    pub fn clear(self) {
        for store in self.stores() {
            store.clear();
        }
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
