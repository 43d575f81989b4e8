//! The caches of one name, which its handles and statistics cover.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};

use super::config::CacheConfig;
use super::handle::{AnyCache, CacheSnapshot, CacheStats};
use crate::emit::emit;
use crate::event::{ConflictingSettings, Event, StateKind};
use crate::instance::{Configurer, Origins, PlacedSettings, differences};
use crate::registry::{Entry, Registry, StateName};
use crate::settings::{CodeTraits, in_force};
use crate::sync::lock;

pub(super) static CACHES: Registry<NamedCaches> = Registry::new();

pub(super) struct NamedCaches(Mutex<Vec<ListedCache>>);

struct ListedCache {
    cache: Arc<dyn AnyCache>,
    origins: Arc<Origins<CacheConfig>>,
}

impl ListedCache {
    fn is_of_policy(&self) -> bool {
        self.origins.current().by != Configurer::Attribute
    }
}

impl NamedCaches {
    pub(super) fn new(_: StateName) -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Returns a copy of the list, because `clear` drops the user's values and must hold no lock.
    pub(super) fn all(&self) -> Vec<Arc<dyn AnyCache>> {
        lock(&self.0).iter().map(|listed| Arc::clone(&listed.cache)).collect()
    }

    pub(super) fn len(&self) -> usize {
        // `AnyCache::len` runs no user code.
        lock(&self.0).iter().map(|listed| listed.cache.len()).sum()
    }

    pub(super) fn stats(&self) -> CacheStats {
        self.all().iter().map(|cache| cache.stats()).fold(CacheStats::default(), |sum, stats| CacheStats {
            hits: sum.hits.saturating_add(stats.hits),
            misses: sum.misses.saturating_add(stats.misses),
            stale: sum.stale.saturating_add(stats.stale),
            loads: sum.loads.saturating_add(stats.loads),
            evictions: sum.evictions.saturating_add(stats.evictions),
            #[cfg(feature = "store")]
            far_hits: sum.far_hits.saturating_add(stats.far_hits),
            #[cfg(feature = "store")]
            far_misses: sum.far_misses.saturating_add(stats.far_misses),
            #[cfg(feature = "store")]
            unreadable: sum.unreadable.saturating_add(stats.unreadable),
        })
    }

    pub(super) fn add(
        &self,
        cache: &Arc<dyn AnyCache>,
        settings: PlacedSettings<CacheConfig>,
        in_force: CacheConfig,
        section: Option<&str>,
    ) {
        let origins = Arc::new(Origins::new(settings, in_force));
        lock(&self.0).push(ListedCache { cache: Arc::clone(cache), origins: Arc::clone(&origins) });
        register(cache, &origins, section);
    }

    /// The cache of the policies with these types.
    pub(super) fn of_policies<C: Any + Send + Sync>(&self) -> Option<(Arc<C>, Arc<Origins<CacheConfig>>)> {
        find_of_policies(&lock(&self.0))
    }

    pub(super) fn of_policies_or_add<C: AnyCache + Any>(
        &self,
        name: &str,
        settings: PlacedSettings<CacheConfig>,
        create: impl FnOnce(&CacheConfig) -> C,
    ) -> (Arc<C>, Arc<Origins<CacheConfig>>) {
        let mut listed = lock(&self.0);
        if let Some(known) = find_of_policies(&listed) {
            return known;
        }
        let in_force = in_force(Some(name), &settings.config, CodeTraits::PLAIN);
        let (cache, origins) = (Arc::new(create(&in_force)), Arc::new(Origins::new(settings, in_force)));
        let erased: Arc<dyn AnyCache> = Arc::clone(&cache) as _;
        listed.push(ListedCache { cache: Arc::clone(&erased), origins: Arc::clone(&origins) });
        drop(listed);
        register(&erased, &origins, Some(name));
        (cache, origins)
    }

    /// The settings of an attribute that conflict with those of a policy, or the reverse.
    fn contradicted(&self, new: &PlacedSettings<CacheConfig>) -> Option<PlacedSettings<CacheConfig>> {
        let is_attribute = new.by == Configurer::Attribute;
        let listed = lock(&self.0);
        let others = listed.iter().filter(|listed| listed.is_of_policy() == is_attribute);
        others.map(|other| other.origins.current()).find(|other| other.config != new.config)
    }
}

#[cfg(feature = "config")]
use super::settings::register;

#[cfg(not(feature = "config"))]
fn register(_: &Arc<dyn AnyCache>, _: &Arc<Origins<CacheConfig>>, _: Option<&str>) {}

fn find_of_policies<C: Any + Send + Sync>(listed: &[ListedCache]) -> Option<(Arc<C>, Arc<Origins<CacheConfig>>)> {
    listed.iter().filter(|listed| listed.is_of_policy()).find_map(|listed| {
        let cache = Arc::clone(&listed.cache).as_any().downcast().ok()?;
        Some((cache, Arc::clone(&listed.origins)))
    })
}

/// The target of a handle. It exists for each name for which a handle was requested, because the
/// drop of a `Copy` handle cannot be observed.
pub(super) struct HandleSlot {
    name: StateName,
    found: Mutex<Weak<Entry<NamedCaches>>>,
}

impl HandleSlot {
    pub(super) fn of(caches: &Arc<Entry<NamedCaches>>) -> &'static Self {
        static SLOTS: Mutex<BTreeMap<String, &'static HandleSlot>> = Mutex::new(BTreeMap::new());
        let name = caches.name();
        let slot = *lock(&SLOTS)
            .entry(name.to_string())
            .or_insert_with(|| Box::leak(Box::new(Self { name: name.clone(), found: Mutex::default() })));
        *lock(&slot.found) = Arc::downgrade(caches);
        slot
    }

    pub(super) fn caches(&self) -> Option<Arc<Entry<NamedCaches>>> {
        let known = lock(&self.found).upgrade();
        known.or_else(|| {
            let later = CACHES.get(&self.name)?;
            *lock(&self.found) = Arc::downgrade(&later);
            Some(later)
        })
    }

    pub(super) fn all(&self) -> Vec<Arc<dyn AnyCache>> {
        self.caches().map_or_else(Vec::new, |caches| caches.all())
    }
}

/// An attribute and a policy of one name have a store each.
pub(super) fn report_conflict(named: &Entry<NamedCaches>, new: &PlacedSettings<CacheConfig>) {
    let Some(other) = named.contradicted(new) else { return };
    let [first, second] = differences(&other.config, &new.config);
    let second_applies = new.by != Configurer::Attribute;
    emit(&Event::Conflict {
        kind: StateKind::Cache,
        name: named.name(),
        first: other.location,
        second: new.location,
        settings: &ConflictingSettings { first, second, second_applies },
    });
}

pub(crate) fn snapshots() -> Vec<CacheSnapshot> {
    let snapshot = |caches: &Arc<Entry<NamedCaches>>| CacheSnapshot {
        name: caches.name().to_string(),
        len: caches.len(),
        stats: caches.stats(),
        #[cfg(feature = "store")]
        store: caches.all().iter().find_map(|cache| cache.store()).map(str::to_owned),
    };
    CACHES.all().iter().map(snapshot).collect()
}

pub(super) fn entries(name: &str) -> usize {
    CACHES.get(name).map_or(0, |named| named.len())
}

#[cfg(feature = "testing")]
pub(crate) fn reset_all() {
    for caches in CACHES.all() {
        for cache in caches.all() {
            cache.reset();
        }
    }
}
