mod builder;
mod call;
mod result;
#[cfg(feature = "store")]
mod shared;

use std::borrow::Cow;
use std::fmt;
use std::hash::Hash;
use std::marker::PhantomData;
use std::ops::{Deref, Shr};
use std::sync::Arc;

pub use builder::{CacheBuilder, cached};
use builder::{CacheClosures, WeighFn};
use result::CachedResult;

use super::error_traits::Chain;
use super::{AsyncOnly, Both, Fallback, InvalidPolicy, KeyedLayer, KeyedPolicy, Layer, Policy};
#[cfg(feature = "store")]
use crate::cache::SharedWeight;
use crate::cache::{CacheConfig, Cacheable, IdleTime, PolicySite};
use crate::event::SourceLocation;
use crate::instance::key::KeyBuf;
#[cfg(feature = "store")]
use shared::FarSource;

/// A cache for a [`Policy`]: `cache >> policy` is a [`CachedPolicy`].
#[must_use = "a cache does nothing until it is combined with a policy"]
pub struct CacheLayer<K, T, E, M = Both> {
    store: LayerStore<K, T, E>,
    closures: CacheClosures<T, E>,
    mode: PhantomData<M>,
}

type LayerSite<K, T, E, W> = PolicySite<KeyBuf<(K,)>, CachedResult<T, E>, W>;

enum LayerStore<K, T, E> {
    Counted(LayerSite<K, T, E, ()>),
    Weighed(LayerSite<K, T, E, u64>, WeighFn<K, T>),
    /// With a `time_to_idle`.
    Idle(LayerSite<K, T, E, IdleTime<u64>>, Option<WeighFn<K, T>>),
    /// With a `store`. Its type keeps it apart from a cache of this process alone.
    #[cfg(feature = "store")]
    Shared(LayerSite<K, T, E, SharedWeight>, Option<WeighFn<K, T>>, FarSource<K, T, E>),
}

impl<K, T, E> LayerStore<K, T, E>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    T: Cacheable,
    E: 'static,
{
    fn new(
        name: Cow<'static, str>,
        config: CacheConfig,
        location: SourceLocation,
        weigh: Option<WeighFn<K, T>>,
    ) -> Self {
        match weigh {
            weigh if config.time_to_idle.is_some() => Self::Idle(PolicySite::new(name, config, location), weigh),
            None => Self::Counted(PolicySite::new(name, config, location)),
            Some(weigh) => Self::Weighed(PolicySite::new(name, config, location), weigh),
        }
    }
}

#[cfg(feature = "store")]
impl<K, T, E, M> CacheLayer<K, T, E, M> {
    /// The cache does not know the mode of its policy; the type of the policy does.
    fn mode<N>(self) -> CacheLayer<K, T, E, N> {
        CacheLayer { store: self.store, closures: self.closures, mode: PhantomData }
    }
}

/// A [`Policy`] with a cache around it, created by `policy::cached("name").build()? >> policy`.
///
/// A clone is cheap and shares all state.
pub struct CachedPolicy<K, T, E, M = Both>(Chain<UnclassifiedCachedPolicy<K, T, E, M>>);

/// A [`CachedPolicy`] whose errors are not known to implement [`Classify`](crate::Classify) or
/// `Error`. You need not name it; see [`UnclassifiedPolicy`](super::UnclassifiedPolicy).
pub struct UnclassifiedCachedPolicy<K, T, E, M = Both> {
    cache: Arc<CacheLayer<K, T, E>>,
    policy: Policy<T, E, M>,
}

impl<K, T, E, M> CachedPolicy<K, T, E, M> {
    const fn of(cache: Arc<CacheLayer<K, T, E>>, policy: Policy<T, E, M>) -> Self {
        Self(Chain::of(UnclassifiedCachedPolicy { cache, policy }))
    }
}

impl<K, T, E, M> Deref for CachedPolicy<K, T, E, M> {
    type Target = Chain<UnclassifiedCachedPolicy<K, T, E, M>>;

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
        let UnclassifiedCachedPolicy { cache, policy } = self.0.into_unknown();
        Ok(Self::of(cache, policy.build()?))
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
        let UnclassifiedCachedPolicy { cache, policy } = self.0.into_unknown();
        Self::of(cache, policy >> layer.layer)
    }
}

impl<K, T, E, M> Shr<Layer<T, E>> for CachedPolicy<K, T, E, M> {
    type Output = Self;

    fn shr(self, layer: Layer<T, E>) -> Self {
        let UnclassifiedCachedPolicy { cache, policy } = self.0.into_unknown();
        Self::of(cache, policy >> layer)
    }
}

impl<K, T, E, M> Shr<Fallback<T, E>> for CachedPolicy<K, T, E, M> {
    type Output = Self;

    fn shr(self, fallback: Fallback<T, E>) -> Self {
        let UnclassifiedCachedPolicy { cache, policy } = self.0.into_unknown();
        Self::of(cache, policy >> fallback)
    }
}

impl<K, T, E, M> Shr<Fallback<T, E, AsyncOnly>> for CachedPolicy<K, T, E, M> {
    type Output = CachedPolicy<K, T, E, AsyncOnly>;

    fn shr(self, fallback: Fallback<T, E, AsyncOnly>) -> CachedPolicy<K, T, E, AsyncOnly> {
        let UnclassifiedCachedPolicy { cache, policy } = self.0.into_unknown();
        CachedPolicy::of(cache, policy >> fallback)
    }
}
impl<K, T, E, M> Clone for CachedPolicy<K, T, E, M> {
    fn clone(&self) -> Self {
        Self::of(Arc::clone(&self.cache), self.policy.clone())
    }
}
impl<K, T, E, M> fmt::Debug for CacheLayer<K, T, E, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let site: &dyn fmt::Debug = match &self.store {
            LayerStore::Counted(site) => site,
            LayerStore::Weighed(site, _) => site,
            LayerStore::Idle(site, _) => site,
            #[cfg(feature = "store")]
            LayerStore::Shared(site, ..) => site,
        };
        f.debug_struct("CacheLayer").field("site", site).finish_non_exhaustive()
    }
}

impl<K, T, E, M> fmt::Debug for CachedPolicy<K, T, E, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedPolicy").field("cache", &self.cache).field("policy", &self.policy).finish()
    }
}
