//! Type-erased caches: the public handle and its statistics.

use std::any::{Any, type_name};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::named::{CACHES, HandleSlot};

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
    /// Misses answered with a fresh value of the `store`, which another process may have put there.
    #[cfg(feature = "store")]
    pub far_hits: u64,
    /// Questions to the `store` that it answered without a fresh value. While its engine is away,
    /// there are neither hits nor misses.
    #[cfg(feature = "store")]
    pub far_misses: u64,
    /// Values of the `store` that could not be read. They are misses too.
    #[cfg(feature = "store")]
    pub unreadable: u64,
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

/// The error of [`Cache::peek`] and [`Cache::insert`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// The key has another type than the keys of the cache.
    #[error(transparent)]
    Key(#[from] WrongKeyType),
    /// The value has another type than the values of the cache.
    #[error("the values of this cache are `{expected}`, not `{given}`")]
    #[non_exhaustive]
    Value {
        /// The type of the cache's values. For a generic function, that of its first instantiation called.
        expected: &'static str,
        /// The type that was asked for, or given.
        given: &'static str,
    },
    /// The cache weighs its entries with `weigh`, and only calls of its function do so.
    #[error("this cache weighs its entries, which only its function can do")]
    Weighed,
    /// A function computes the `ttl` of each value, and [`Cache::insert`] does not know it.
    #[error("a function computes the `ttl` of each value of this cache; use `insert_for` to give one")]
    NoTtl,
    /// The last policy with this name has been dropped, and its cache with it.
    #[error("no policy with this cache is left")]
    Gone,
}

impl EntryError {
    pub(super) const KEY: Self = Self::Key(WrongKeyType { expected: "", given: "" });
    pub(super) const VALUE: Self = Self::Value { expected: "", given: "" };
}

pub(super) trait AnyCache: Send + Sync {
    fn len(&self) -> usize;
    fn stats(&self) -> CacheStats;
    fn clear(&self);
    /// Returns whether there was an entry, or `None` if the key has another type.
    fn invalidate(&self, key: &dyn Any) -> Option<bool>;
    fn peek(&self, key: &dyn Any) -> Result<Option<Box<dyn Any>>, EntryError>;
    /// Without a `ttl`, that of the configuration applies.
    fn insert(&self, key: &dyn Any, value: &dyn Any, ttl: Option<Duration>) -> Result<(), EntryError>;
    fn keys(&self, found: &mut dyn Any) -> bool;
    fn key_type(&self) -> &'static str;
    fn value_type(&self) -> &'static str;
    fn as_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
    fn reconfigure(&self, config: &super::CacheConfig);
    /// The namespace of the store, from the first load with it.
    #[cfg(feature = "store")]
    fn store(&self) -> Option<&'static str>;
    #[cfg(feature = "store")]
    fn on_notice(&self, engine: &crate::store::Engine, notice: &crate::store::Notice);
    #[cfg(feature = "testing")]
    fn reset(&self);
}

/// A handle to the cache of a `#[cached]` function or of a [`policy::cached`](fn@crate::policy::cached) layer.
///
/// [`Cache::named`] returns it. A generic function has one cache for each instantiation; the handle covers all of
/// them. The handle is `Copy`, and all its methods may be called from any thread.
///
/// The entries of a function are kept until the process ends, and those of a policy until the last policy with this
/// name is dropped. The handle keeps nothing: it is then that of an empty cache, until a policy with this name is
/// called again.
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
    slot: &'static HandleSlot,
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
    /// The namespace of the store in which processes share its values, from the first load on.
    #[cfg(feature = "store")]
    pub store: Option<String>,
}

impl Cache {
    /// Finds a cache by its name. Returns `None` until a function or policy with this name has been called.
    ///
    /// Without `name = ".."`, the name of a cache is the path of its function, such as `my_crate::api::ask`.
    pub fn named(name: &str) -> Option<Self> {
        CACHES.get(name).map(|caches| Self { slot: HandleSlot::of(&caches) })
    }

    /// Returns the number of entries, including expired entries that have not been replaced yet.
    pub fn len(self) -> usize {
        self.slot.caches().map_or(0, |caches| caches.len())
    }

    /// Returns whether the cache has no entries.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Returns the counters of the cache.
    pub fn stats(self) -> CacheStats {
        self.slot.caches().map_or_else(CacheStats::default, |caches| caches.stats())
    }

    /// Drops all entries. The counters stay.
    ///
    /// A call that begins after `clear` returns never gets a value that was stored, or being loaded, before. A load in
    /// progress completes for the callers that already wait for it, but its value is not stored, and later calls do not
    /// join it.
    pub fn clear(self) {
        for cache in self.slot.all() {
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
        let (caches, key) = (self.slot.all(), key.to_owned());
        let found: Vec<bool> = caches.iter().filter_map(|cache| cache.invalidate(&key)).collect();
        if found.is_empty() && !caches.is_empty() {
            return Err(wrong_key::<Q::Owned>(&caches));
        }
        Ok(found.contains(&true))
    }

    /// Returns the value of one key, if there is a fresh entry. It is neither a hit nor a use of the entry, and loads
    /// nothing.
    ///
    /// The key is given as for [`invalidate`](Self::invalidate). `V` is what the cache stores: the value of an `Ok` or
    /// a `Some`, or the whole result of a function without a failure or with `negative_ttl`.
    ///
    /// ```
    /// use resilience::{Cache, cached};
    ///
    /// #[cached(name = "lengths")]
    /// fn length(text: &str) -> Result<usize, String> {
    ///     Ok(text.len())
    /// }
    ///
    /// length("tea")?;
    /// let lengths = Cache::named("lengths").ok_or("called above")?;
    /// assert_eq!(lengths.peek::<str, usize>("tea"), Ok(Some(3)));
    /// assert_eq!(lengths.peek::<str, usize>("milk"), Ok(None));
    /// assert!(lengths.peek::<str, u8>("tea").is_err());
    /// # Ok::<(), String>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`EntryError`] if no cache with this name has keys and values of these types.
    pub fn peek<Q, V>(self, key: &Q) -> Result<Option<V>, EntryError>
    where
        Q: ToOwned + ?Sized,
        Q::Owned: 'static,
        V: 'static,
    {
        let (caches, key) = (self.slot.all(), key.to_owned());
        let (mut error, mut is_absent) = (EntryError::Key(wrong_key::<Q::Owned>(&caches)), caches.is_empty());
        for cache in caches {
            match cache.peek(&key) {
                Err(_) => {}
                Ok(_) if cache.value_type() != type_name::<V>() => {
                    error = EntryError::Value { expected: cache.value_type(), given: type_name::<V>() };
                }
                Ok(value) => match value.and_then(|value| value.downcast().ok()) {
                    Some(value) => return Ok(Some(*value)),
                    None => is_absent = true,
                },
            }
        }
        if is_absent { Ok(None) } else { Err(error) }
    }

    /// Stores a value under one key, for as long as a value of the function itself would be stored.
    ///
    /// A load of this key in progress stores nothing, because its value may be older, and later calls do not join it.
    /// The key is given as for [`invalidate`](Self::invalidate), and the value as for [`peek`](Self::peek). For a
    /// generic function, every instantiation with these types stores it.
    ///
    /// ```
    /// use resilience::{Cache, cached};
    ///
    /// #[cached(name = "rates", ttl = "1h")]
    /// fn rate(currency: u32) -> Result<u64, String> {
    ///     Ok(u64::from(currency))
    /// }
    ///
    /// rate(1)?;
    /// let rates = Cache::named("rates").ok_or("called above")?;
    /// rates.insert(&2_u32, 95_u64).map_err(|error| error.to_string())?; // pushed by the bank
    /// assert_eq!(rate(2), Ok(95));
    /// # Ok::<(), String>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`EntryError`] if no cache with this name has keys and values of these types, if it weighs its
    /// entries, or if a function computes their `ttl`.
    pub fn insert<Q, V>(self, key: &Q, value: V) -> Result<(), EntryError>
    where
        Q: ToOwned + ?Sized,
        Q::Owned: 'static,
        V: 'static,
    {
        self.insert_with(key, value, None)
    }

    /// Stores a value under one key for `ttl`, as [`insert`](Self::insert) does for the `ttl` of the function.
    ///
    /// The `ttl_jitter` of the function shortens it too. A `ttl` of zero only drops the entry that the value would
    /// have replaced.
    ///
    /// ```
    /// use resilience::{Cache, cached};
    /// use std::time::Duration;
    ///
    /// #[derive(Clone)]
    /// struct Token(String, Duration);
    ///
    /// #[cached(name = "tokens", ttl = |token: &Token| token.1)]
    /// fn token(user: u32) -> Token {
    ///     Token(format!("of {user}"), Duration::from_secs(60))
    /// }
    ///
    /// token(1);
    /// let tokens = Cache::named("tokens").ok_or("called above")?;
    /// let pushed = Token("pushed".to_owned(), Duration::from_secs(5));
    /// let life = pushed.1;
    /// tokens.insert_for(&1_u32, pushed, life).map_err(|error| error.to_string())?;
    /// assert_eq!(token(1).0, "pushed");
    /// # Ok::<(), String>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`EntryError`] if no cache with this name has keys and values of these types, or if it weighs its
    /// entries; and if the last policy with this name has been dropped.
    pub fn insert_for<Q, V>(self, key: &Q, value: V, ttl: Duration) -> Result<(), EntryError>
    where
        Q: ToOwned + ?Sized,
        Q::Owned: 'static,
        V: 'static,
    {
        self.insert_with(key, value, Some(ttl))
    }

    fn insert_with<Q, V>(self, key: &Q, value: V, ttl: Option<Duration>) -> Result<(), EntryError>
    where
        Q: ToOwned + ?Sized,
        Q::Owned: 'static,
        V: 'static,
    {
        let (caches, key, value) = (self.slot.all(), key.to_owned(), Box::new(value));
        if caches.is_empty() {
            return Err(EntryError::Gone);
        }
        let (mut error, mut is_stored) = (EntryError::Key(wrong_key::<Q::Owned>(&caches)), false);
        for cache in caches {
            match cache.insert(&key, &*value, ttl) {
                Ok(()) => is_stored = true,
                Err(EntryError::Key(_)) => {}
                Err(EntryError::Value { .. }) => {
                    error = EntryError::Value { expected: cache.value_type(), given: type_name::<V>() };
                }
                Err(other) => error = other,
            }
        }
        if is_stored { Ok(()) } else { Err(error) }
    }

    /// Returns the keys of all fresh entries, in no order, in their owned form: `String` for an argument `&str`.
    ///
    /// ```
    /// use resilience::{Cache, cached};
    ///
    /// #[cached(name = "cubes")]
    /// fn cube(n: u64) -> u64 {
    ///     n * n * n
    /// }
    ///
    /// cube(3);
    /// let cubes = Cache::named("cubes").ok_or("called above")?;
    /// assert_eq!(cubes.keys::<u64>(), Ok(vec![3]));
    /// assert!(cubes.keys::<String>().is_err());
    /// # Ok::<(), &str>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`WrongKeyType`] if no cache with this name has keys of this type.
    pub fn keys<K: 'static>(self) -> Result<Vec<K>, WrongKeyType> {
        let (caches, mut keys) = (self.slot.all(), Vec::<K>::new());
        let mut is_any = caches.is_empty();
        for cache in &caches {
            is_any |= cache.keys(&mut keys);
        }
        if is_any { Ok(keys) } else { Err(wrong_key::<K>(&caches)) }
    }
}

fn wrong_key<K>(caches: &[Arc<dyn AnyCache>]) -> WrongKeyType {
    let expected = caches.first().map_or("", |cache| cache.key_type());
    WrongKeyType { expected, given: type_name::<K>() }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("len", &self.len()).field("stats", &self.stats()).finish()
    }
}
