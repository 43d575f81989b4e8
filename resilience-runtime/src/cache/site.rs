use std::any::{Any, TypeId};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};

use super::cache_policy::Cacheable;
use super::config::CacheConfig;
use super::handle::AnyCache;
use super::named::{CACHES, NamedCaches, report_conflict};
use super::stored_key::StoredKey;
use super::typed::TypedCache;
use super::weight::Weight;
use crate::event::SourceLocation;
use crate::instance::{Configurer, PlacedSettings};
use crate::registry::{Entry, FunctionName};
use crate::settings::{CodeTraits, in_force};
use crate::sync::lock;

type ErasedCache = &'static (dyn Any + Send + Sync);

/// The types of key and value are not enough, because instantiations of a function share its `static`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct CacheId {
    types: TypeId,
    instantiation: TypeId,
}

/// Identifies the instantiation of the function in which a closure is written, up to lifetimes.
#[inline]
pub fn instantiation_of<F>(_: &F) -> TypeId {
    typeid::of::<F>()
}

#[derive(Debug)]
enum CacheName {
    /// Written by the user: equal names share statistics and handles.
    Explicit(&'static str, SourceLocation),
    Function(fn() -> &'static dyn FunctionName),
}

/// The caches of one attribute: one for each instantiation of its function.
pub struct CacheSite {
    name: CacheName,
    section: Option<&'static str>,
    named: OnceLock<Arc<Entry<NamedCaches>>>,
    first: OnceLock<(CacheId, ErasedCache)>,
    others: Mutex<Option<HashMap<CacheId, ErasedCache>>>,
}

impl CacheSite {
    /// Creates the site of the cache `name`, for a `static` in generated code.
    pub const fn new(name: &'static str, file: &'static str, line: u32) -> Self {
        Self::with(CacheName::Explicit(name, SourceLocation { file, line }))
    }

    /// Creates the site of a cache that no other function shares.
    pub const fn of_function(find: fn() -> &'static dyn FunctionName) -> Self {
        Self::with(CacheName::Function(find))
    }

    const fn with(name: CacheName) -> Self {
        Self { name, section: None, named: OnceLock::new(), first: OnceLock::new(), others: Mutex::new(None) }
    }

    /// Uses the settings of a section, unless the cache has a name: settings for that name apply then.
    #[must_use]
    pub const fn configured(mut self, section: &'static str) -> Self {
        self.section = Some(section);
        self
    }

    const fn section(&self) -> Option<&'static str> {
        match self.name {
            CacheName::Explicit(name, _) => Some(name),
            CacheName::Function(_) => self.section,
        }
    }

    fn named(&self) -> &Arc<Entry<NamedCaches>> {
        self.named.get_or_init(|| match self.name {
            CacheName::Explicit(name, _) => CACHES.get_or_insert(Cow::Borrowed(name), NamedCaches::new),
            CacheName::Function(find) => CACHES.insert_for_function(find(), NamedCaches::new),
        })
    }

    const fn settings(&self, config: CacheConfig) -> PlacedSettings<CacheConfig> {
        let location = match self.name {
            CacheName::Explicit(_, location) => location,
            // No policy has the name of a function.
            CacheName::Function(_) => SourceLocation { file: "", line: 0 },
        };
        PlacedSettings { config, location, by: Configurer::Attribute }
    }

    #[inline]
    pub(super) fn cache<K: StoredKey, V: Cacheable, W: Weight>(
        &self,
        config: &CacheConfig,
        instantiation: TypeId,
    ) -> &'static TypedCache<K, V, W> {
        let first = self.first.get().filter(|(id, _)| id.instantiation == instantiation);
        match first.and_then(|(_, first)| first.downcast_ref()) {
            Some(cache) => cache,
            None => self.find_or_create(config, instantiation),
        }
    }

    #[cold]
    #[inline(never)]
    fn find_or_create<K: StoredKey, V: Cacheable, W: Weight>(
        &self,
        config: &CacheConfig,
        instantiation: TypeId,
    ) -> &'static TypedCache<K, V, W> {
        let wanted = CacheId { types: TypeId::of::<TypedCache<K, V, W>>(), instantiation };
        let (id, first) = *self.first.get_or_init(|| {
            report_conflict(self.named(), &self.settings(*config));
            (wanted, self.create::<K, V, W>(config))
        });
        let erased = if id == wanted {
            first
        } else {
            *lock(&self.others).get_or_insert_default().entry(wanted).or_insert_with(|| self.create::<K, V, W>(config))
        };
        match erased.downcast_ref() {
            Some(cache) => cache,
            None => unreachable!("stored under the id of its own type"),
        }
    }

    #[cold]
    fn create<K: StoredKey, V: Cacheable, W: Weight>(&self, config: &CacheConfig) -> ErasedCache {
        let named = self.named();
        let in_force = in_force(self.section(), config, CodeTraits::PLAIN);
        let cache = Arc::new(TypedCache::<K, V, W>::new(named.name().clone(), &in_force));
        let leaked: &'static Arc<TypedCache<K, V, W>> = Box::leak(Box::new(Arc::clone(&cache)));
        let erased: Arc<dyn AnyCache> = cache;
        named.add(&erased, self.settings(*config), in_force, self.section());
        &**leaked
    }
}

impl fmt::Debug for CacheSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheSite").field("name", &self.name).finish_non_exhaustive()
    }
}
