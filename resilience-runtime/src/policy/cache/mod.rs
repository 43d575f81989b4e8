mod builder;
mod call;
mod result;

use std::fmt;
use std::ops::Shr;
use std::sync::{Arc, OnceLock};

use builder::CacheClosures;
pub use builder::{CacheBuilder, cached};

use super::{AsyncOnly, Both, Fallback, Layer, Policy};
use crate::cache::{CacheConfig, CacheSite};
use crate::emit::emit;
use crate::event::{Event, SourceLocation, StateKind};
use crate::registry::Registry;

/// A cache for a [`Policy`]: `cache >> policy` is a [`CachedPolicy`].
#[must_use = "a cache does nothing until it is combined with a policy"]
pub struct CacheLayer<K, T, E> {
    name: &'static str,
    config: CacheConfig,
    location: SourceLocation,
    store: OnceLock<&'static SharedStore>,
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
/// The store of all policies with one name, and where it was configured first.
#[derive(Debug)]
struct SharedStore {
    site: CacheSite,
    config: CacheConfig,
    location: SourceLocation,
}

static SHARED: Registry<SharedStore> = Registry::new();

impl<K, T, E> CacheLayer<K, T, E> {
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
}

impl<K, T, E, M> Clone for CachedPolicy<K, T, E, M> {
    fn clone(&self) -> Self {
        Self { cache: Arc::clone(&self.cache), policy: self.policy.clone() }
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
