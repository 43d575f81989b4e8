//! A cache of a policy that processes share.

use std::hash::Hash;
use std::marker::PhantomData;
use std::ops::Shr;
use std::sync::Arc;
use std::time::Duration;

use resilience_options::cached::OPTIONS;

use super::result::{CachedResult, ResultPolicy};
use super::{CacheBuilder, CacheLayer, CachedPolicy};
use crate::cache::{CacheConfig, Cacheable, KeyCodec, SharedKey, SharedPart, SharedValue, ValueCodec};
use crate::instance::key::KeyBuf;
use crate::policy::{AsyncOnly, KeyedPolicy, Policy};
use crate::store::SharedStore;

/// Where processes share the values of a cache, and how these are written.
pub struct FarSource<K, T, E> {
    pub store: &'static dyn SharedStore,
    pub keys: KeyCodec<KeyBuf<(K,)>>,
    pub values: ValueCodec<CachedResult<T, E>>,
}

impl<T: Cacheable, E: 'static> SharedPart<Result<T, E>> for ResultPolicy<E> {
    type Shared = T;

    fn shared(value: &CachedResult<T, E>) -> Option<&T> {
        value.as_ref().ok()
    }
    fn stored(shared: T) -> CachedResult<T, E> {
        Ok(shared)
    }
}

impl<K, T, E, M> CacheBuilder<K, T, E, M> {
    /// Shares the values with other processes in an engine such as Redis: with all that have this
    /// store, the same name and the same [`version`](Self::version).
    ///
    /// A miss asks the store before it calls the operation. While the engine is away, each process has
    /// values of its own, as without a store. Errors that [`negative_ttl`](Self::negative_ttl) caches
    /// stay in their process.
    ///
    /// The policy waits for the engine, so it has no `call_for_blocking`. Policies with one name in one
    /// process have one store, that of the first.
    ///
    /// ```
    /// use resilience::Policy;
    /// use resilience::policy::{self, AsyncOnly, CachedPolicy};
    /// use resilience::testing::{FakeEngine, FakeStore};
    /// use std::time::Duration;
    ///
    /// static SHARED: FakeStore = FakeStore::new("shop"); // in a program: `resilience_redis::Redis`
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// SHARED.connect(&FakeEngine::new());
    /// let lengths: CachedPolicy<String, usize, resilience::Error, AsyncOnly> = policy::cached("shared lengths")
    ///     .ttl(Duration::from_secs(3600))
    ///     .store(&SHARED)
    ///     .near(Duration::from_secs(10))
    ///     .build()?
    ///     >> Policy::new();
    /// assert_eq!(lengths.call_for("rust", || async { Ok(4) }).await?, 4);
    /// # Ok(()) }
    /// ```
    pub fn store(self, store: &'static dyn SharedStore) -> CacheBuilder<K, T, E, AsyncOnly>
    where
        K: SharedKey + Hash + Eq + Clone + Send + Sync + 'static,
        T: SharedValue + Cacheable,
        E: 'static,
    {
        let far =
            FarSource { store, keys: KeyCodec::new(), values: ValueCodec::new::<Result<T, E>, ResultPolicy<E>>() };
        let Self { mut draft, name, place, closures, weigh, shares_errors, .. } = self;
        draft.set_option(OPTIONS.store.key, |config| Ok(config.shared()));
        CacheBuilder { draft, name, place, closures, weigh, shares_errors, far: Some(far), mode: PhantomData }
    }

    option_setters! {
        OPTIONS, cached_docs;
        version(version: u32) => CacheConfig::try_version;
        near(time: Duration) => CacheConfig::try_near;
    }
}

impl<K, T, E, M> Shr<Policy<T, E, M>> for CacheLayer<K, T, E, AsyncOnly> {
    type Output = CachedPolicy<K, T, E, AsyncOnly>;

    fn shr(self, policy: Policy<T, E, M>) -> CachedPolicy<K, T, E, AsyncOnly> {
        CachedPolicy::of(Arc::new(self.mode()), policy.mode())
    }
}

impl<K, T, E, M> Shr<KeyedPolicy<K, T, E, M>> for CacheLayer<K, T, E, AsyncOnly> {
    type Output = CachedPolicy<K, T, E, AsyncOnly>;

    fn shr(self, policy: KeyedPolicy<K, T, E, M>) -> CachedPolicy<K, T, E, AsyncOnly> {
        CachedPolicy::of(Arc::new(self.mode()), policy.into_policy().mode())
    }
}
