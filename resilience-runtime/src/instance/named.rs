use std::fmt;

use super::keyed::KeyedInstances;
use super::keyed_map::Evictable;
use super::origin::Origins;
use crate::event::GateKind;
use crate::registry::{Entry, Handle, HandleEntry, Registry, StateName};
use crate::settings::Overridable;

/// State that attributes and policies share by name.
pub trait NamedInstance: Evictable + fmt::Debug + Sized {
    const KIND: GateKind;

    type Config: Overridable;
    type Snapshot;
    type KeyedSnapshot: fmt::Debug;

    fn with_config(name: StateName, config: &Self::Config) -> Self;

    /// `other` has the same settings, unless they are just being replaced.
    fn for_key(name: StateName, config: &Self::Config, other: &Self) -> Self {
        let _ = other;
        Self::with_config(name, config)
    }

    /// Serves all keys without room, by default with the limits of a single key: no limit would let
    /// a flood pass, and a rejection would shut out everybody but the first `max_keys` strangers.
    fn overflow(name: StateName, config: &Self::Config) -> Self {
        Self::with_config(name, config)
    }

    /// Replaces the settings. Keeps calls in progress, debts and counts.
    fn reconfigure(&self, config: &Self::Config);

    /// The instance of a key, where `other` has these settings already.
    fn reconfigure_key(&self, config: &Self::Config, other: &Self) {
        let _ = other;
        self.reconfigure(config);
    }

    fn reconfigure_overflow(&self, config: &Self::Config) {
        self.reconfigure(config);
    }

    fn max_keys(config: &Self::Config) -> u32;
    fn registry() -> &'static Registry<Registered<Self>>;
    fn keyed_registry() -> &'static Registry<KeyedInstances<Self>>;
    fn snapshot(&self) -> Self::Snapshot;
    fn keyed_snapshot(instances: &KeyedInstances<Self>) -> Self::KeyedSnapshot;

    /// Resets the state, except for calls in progress.
    fn reset(&self);

    fn reset_overflow(&self) {
        self.reset();
    }

    /// Called for the instance of a key before it is forgotten, because all instances start over.
    fn forgotten(&self) {}
}

#[derive(Debug)]
pub struct Registered<T: NamedInstance> {
    pub instance: T,
    pub(super) origins: Origins<T::Config>,
}

impl<T: NamedInstance> HandleEntry<T> for Entry<Registered<T>> {
    fn instance(&self) -> &T {
        &self.instance
    }
}

pub fn find<T: NamedInstance>(name: &str) -> Option<Handle<T>> {
    T::registry().get(name).map(|registered| Handle::new(registered))
}

pub fn snapshots<T: NamedInstance>() -> Vec<T::Snapshot> {
    T::registry().all().iter().map(|registered| registered.instance.snapshot()).collect()
}

pub fn keyed_snapshots<T: NamedInstance>() -> Vec<T::KeyedSnapshot> {
    T::keyed_registry().all().iter().map(|instances| T::keyed_snapshot(instances)).collect()
}

#[cfg(feature = "testing")]
pub fn reset_all<T: NamedInstance>() {
    for registered in T::registry().all() {
        registered.instance.reset();
    }
    for instances in T::keyed_registry().all() {
        instances.reset();
    }
}
