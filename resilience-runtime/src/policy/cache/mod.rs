mod builder;
mod call;
mod result;

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, Shr};
use std::sync::{Arc, OnceLock};

use builder::CacheClosures;
pub use builder::{CacheBuilder, cached};

use super::{AsyncOnly, Both, Fallback, InvalidPolicy, KeyedLayer, KeyedPolicy, Layer, Policy};
use crate::cache::{CacheConfig, CacheSite};
use crate::emit::emit;
use crate::event::{ConflictingSettings, Event, SourceLocation, StateKind};
use crate::instance::differences;
use crate::registry::{Entry, Registry};

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
pub struct CachedPolicy<K, T, E, M = Both>(UnclassifiedCachedPolicy<K, T, E, M>);

/// A [`CachedPolicy`] whose errors are not known to implement [`Classify`](crate::Classify). Nothing
/// needs to name it; see [`UnclassifiedPolicy`](super::UnclassifiedPolicy).
pub struct UnclassifiedCachedPolicy<K, T, E, M = Both> {
    cache: Arc<CacheLayer<K, T, E>>,
    policy: Policy<T, E, M>,
}

impl<K, T, E, M> CachedPolicy<K, T, E, M> {
    const fn of(cache: Arc<CacheLayer<K, T, E>>, policy: Policy<T, E, M>) -> Self {
        Self(UnclassifiedCachedPolicy { cache, policy })
    }
}

impl<K, T, E, M> Deref for CachedPolicy<K, T, E, M> {
    type Target = UnclassifiedCachedPolicy<K, T, E, M>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<K, T, E, M> CachedPolicy<K, T, E, M> {
    /// Checks the layers together. See [`Policy::build`].
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Policy::build`].
    pub fn build(self) -> Result<Self, InvalidPolicy> {
        Ok(Self::of(self.0.cache, self.0.policy.build()?))
    }
}

impl<K, T, E, M> Shr<Policy<T, E, M>> for CacheLayer<K, T, E> {
    type Output = CachedPolicy<K, T, E, M>;

    fn shr(self, policy: Policy<T, E, M>) -> CachedPolicy<K, T, E, M> {
        CachedPolicy::of(Arc::new(self), policy)
    }
}

impl<K, T, E, M> Shr<KeyedPolicy<K, T, E, M>> for CacheLayer<K, T, E> {
    type Output = CachedPolicy<K, T, E, M>;

    fn shr(self, policy: KeyedPolicy<K, T, E, M>) -> CachedPolicy<K, T, E, M> {
        CachedPolicy::of(Arc::new(self), policy.into_policy())
    }
}

/// The key of the cache is that of the layer.
impl<K, T, E, M> Shr<KeyedLayer<K, T, E>> for CachedPolicy<K, T, E, M> {
    type Output = Self;

    fn shr(self, layer: KeyedLayer<K, T, E>) -> Self {
        Self::of(self.0.cache, self.0.policy >> layer.layer)
    }
}

impl<K, T, E, M> Shr<Layer<T, E>> for CachedPolicy<K, T, E, M> {
    type Output = Self;

    fn shr(self, layer: Layer<T, E>) -> Self {
        Self::of(self.0.cache, self.0.policy >> layer)
    }
}

impl<K, T, E, M> Shr<Fallback<T, E>> for CachedPolicy<K, T, E, M> {
    type Output = Self;

    fn shr(self, fallback: Fallback<T, E>) -> Self {
        Self::of(self.0.cache, self.0.policy >> fallback)
    }
}

impl<K, T, E, M> Shr<Fallback<T, E, AsyncOnly>> for CachedPolicy<K, T, E, M> {
    type Output = CachedPolicy<K, T, E, AsyncOnly>;

    fn shr(self, fallback: Fallback<T, E, AsyncOnly>) -> CachedPolicy<K, T, E, AsyncOnly> {
        CachedPolicy::of(self.0.cache, self.0.policy >> fallback)
    }
}
/// The store of all policies with one name, and where it was configured first.
#[derive(Debug)]
struct SharedStore {
    site: CacheSite,
    config: CacheConfig,
    location: SourceLocation,
}

static SHARED: Registry<SharedStore> = Registry::new();

impl<K, T, E> CacheLayer<K, T, E> {
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
}

impl<K, T, E, M> Clone for CachedPolicy<K, T, E, M> {
    fn clone(&self) -> Self {
        Self::of(Arc::clone(&self.cache), self.policy.clone())
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
