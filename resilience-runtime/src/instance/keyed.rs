use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::key::{Key, KeyRef};
use super::keyed_map::{AnyKeyedMap, KeyedEntry};
use super::keyed_maps::KeyedMaps;
use super::named::NamedInstance;
use super::origin::{Origins, PlacedSettings};
use crate::emit::emit;
use crate::event::Event;
use crate::registry::{FunctionRef, StateName};
use crate::sync::lock;

/// The instances of an attribute with a `key`: [`KeyedCircuitBreakers`], [`KeyedBulkheads`] or
/// [`KeyedRateLimiters`].
///
/// Only their sums are visible. A key may be a secret, so no snapshot and no event shows one. Instances
/// for which a handle exists stay until the process ends, because the handle can be copied.
///
/// [`KeyedCircuitBreakers`]: crate::KeyedCircuitBreakers
/// [`KeyedBulkheads`]: crate::KeyedBulkheads
/// [`KeyedRateLimiters`]: crate::KeyedRateLimiters
pub struct Keyed<T: NamedInstance> {
    instances: &'static KeyedInstances<T>,
}

impl<T: NamedInstance> Keyed<T> {
    /// Finds the instances of the attribute with this name.
    ///
    /// `None` until a function with that name and a `key` has been called. An attribute without an
    /// explicit name has the name of its function, `my_crate::api::ask` or `my_crate::api::Client::ask`.
    pub fn named(name: &str) -> Option<Self> {
        T::keyed_registry().get(name).map(|instances| Self { instances: instances.pin() })
    }

    /// Returns the number of keys that have an instance.
    pub fn len(self) -> usize {
        self.instances.len()
    }

    /// Returns whether no key has an instance.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Returns the sums over all instances. Each instance is read at one moment, but not all at the
    /// same.
    pub fn snapshot(self) -> T::KeyedSnapshot {
        T::keyed_snapshot(self.instances)
    }

    pub(crate) fn reset(self) {
        self.instances.reset();
    }
}

impl<T: NamedInstance> Clone for Keyed<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: NamedInstance> Copy for Keyed<T> {}

impl<T: NamedInstance> fmt::Debug for Keyed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.snapshot(), f)
    }
}

#[derive(Debug)]
pub struct KeyedInstances<T: NamedInstance> {
    name: StateName,
    config: Mutex<T::Config>,
    pub(super) origins: Origins<T::Config>,
    maps: KeyedMaps<T>,
    /// Serves the keys beyond the limit.
    overflow: T,
    overflow_calls: AtomicU64,
}

impl<T: NamedInstance> KeyedInstances<T> {
    pub(super) fn new(name: StateName, settings: PlacedSettings<T::Config>, config: T::Config) -> Self {
        let overflow = T::overflow(name.clone(), &config);
        let max = usize::try_from(T::max_keys(&config)).unwrap_or(usize::MAX);
        let origins = Origins::new(settings, config);
        let maps = KeyedMaps::new(max);
        Self { name, config: config.into(), origins, maps, overflow, overflow_calls: AtomicU64::new(0) }
    }

    /// A smaller `max_keys` drops no key; new keys find no room until others have been evicted.
    pub(super) fn reconfigure(&self, config: &T::Config) {
        *lock(&self.config) = *config;
        self.maps.set_max(usize::try_from(T::max_keys(config)).unwrap_or(usize::MAX));
        self.overflow.reconfigure_overflow(config);
        self.for_each_key(|instance| instance.reconfigure_key(config, &self.overflow));
    }

    #[inline]
    pub(super) fn get<P: Key>(&self, key: &KeyRef<P>, function: Option<FunctionRef>) -> KeyedInstance<'_, P::Owned, T> {
        let create = || T::for_key(self.name.clone(), &self.config(), &self.overflow);
        match self.maps.of().get_or_insert(key, create) {
            Some(entry) => KeyedInstance::Own(entry),
            None => KeyedInstance::Overflow(self.overflow(function)),
        }
    }

    #[cold]
    fn overflow(&self, function: Option<FunctionRef>) -> &T {
        let before = self.overflow_calls.fetch_add(1, Ordering::Relaxed);
        // Once per doubling, so that a flood of keys does not become a flood of events.
        if before.checked_add(1).is_some_and(u64::is_power_of_two) {
            let function = function.map(FunctionRef::name);
            emit(&Event::KeysFull {
                gate: T::KIND,
                name: &self.name,
                function: function.as_deref(),
                max: self.max_keys(),
            });
        }
        &self.overflow
    }

    fn config(&self) -> T::Config {
        *lock(&self.config)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn max_keys(&self) -> u32 {
        T::max_keys(&self.config())
    }

    pub fn len(&self) -> usize {
        self.maps.all().map(AnyKeyedMap::len).sum()
    }

    pub fn overflow_calls(&self) -> u64 {
        self.overflow_calls.load(Ordering::Relaxed)
    }

    pub fn for_each_key(&self, mut visit: impl FnMut(&T)) {
        for map in self.maps.all() {
            map.for_each(&mut visit);
        }
    }

    /// Includes the overflow instance.
    pub fn for_each(&self, mut visit: impl FnMut(&T)) {
        visit(&self.overflow);
        self.for_each_key(visit);
    }

    /// Forgets all keys. Calls in progress keep their instances.
    pub fn reset(&self) {
        self.for_each_key(T::forgotten);
        for map in self.maps.all() {
            map.clear();
        }
        self.overflow.reset_overflow();
        self.overflow_calls.store(0, Ordering::Relaxed);
    }
}

#[derive(Debug)]
pub enum KeyedInstance<'a, O, T: 'static> {
    Own(Arc<KeyedEntry<O, T>>),
    Overflow(&'a T),
}

impl<O, T> Deref for KeyedInstance<'_, O, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        match self {
            Self::Own(entry) => entry,
            Self::Overflow(instance) => instance,
        }
    }
}
