use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::cache_policy::Cacheable;
use super::config::CacheConfig;
use super::handle::AnyCache;
use super::named::{CACHES, NamedCaches, report_conflict};
use super::stored_key::StoredKey;
use super::typed::TypedCache;
use super::weight::Weight;
use crate::event::SourceLocation;
use crate::instance::{Configurer, Origins, PlacedSettings};
use crate::registry::{Entry, StateName};
use crate::settings::CodeTraits;

/// Finds the cache of a policy, and holds it. Policies with one name and the same types share it.
pub struct PolicySite<K, V, W> {
    name: Cow<'static, str>,
    settings: PlacedSettings<CacheConfig>,
    found: OnceLock<FoundCache<K, V, W>>,
}

struct FoundCache<K, V, W> {
    cache: Arc<TypedCache<K, V, W>>,
    _named: Arc<Entry<NamedCaches>>,
}

impl<K: StoredKey, V: Cacheable, W: Weight> PolicySite<K, V, W> {
    /// The settings apply to a cache that exists already.
    pub fn new(name: Cow<'static, str>, config: CacheConfig, location: SourceLocation) -> Self {
        let settings = PlacedSettings { config, location, by: Configurer::new_policy() };
        let site = Self { name, settings, found: OnceLock::new() };
        if let Some(named) = CACHES.get(&site.name) {
            if let Some((cache, origins)) = named.of_policies() {
                let _is_first = site.found.set(site.settle(named, cache, &origins));
            }
        }
        site
    }

    #[inline]
    pub fn cache(&self) -> &TypedCache<K, V, W> {
        match self.found.get() {
            Some(found) => &found.cache,
            None => &self.found.get_or_init(|| self.find_or_create()).cache,
        }
    }

    #[cold]
    fn find_or_create(&self) -> FoundCache<K, V, W> {
        let named = CACHES.get_or_insert(self.name.clone(), NamedCaches::new);
        let create = |config: &CacheConfig| TypedCache::new(StateName::Text(self.name.clone()), config);
        let (cache, origins) = named.of_policies_or_add(&self.name, self.settings, create);
        self.settle(named, cache, &origins)
    }

    fn settle(
        &self,
        named: Arc<Entry<NamedCaches>>,
        cache: Arc<TypedCache<K, V, W>>,
        origins: &Origins<CacheConfig>,
    ) -> FoundCache<K, V, W> {
        origins.reconcile(self.settings);
        origins.apply_newest(Some(&self.name), CodeTraits::PLAIN, |config| cache.reconfigure(config));
        report_conflict(&named, &self.settings);
        FoundCache { cache, _named: named }
    }
}

impl<K, V, W> fmt::Debug for PolicySite<K, V, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicySite")
            .field("name", &self.name)
            .field("config", &self.settings.config)
            .finish_non_exhaustive()
    }
}
