use std::borrow::Cow;
use std::fmt;

use super::keyed::KeyedInstances;
use super::keyed_map::Evictable;
use crate::event::{GateKind, SourceLocation};
use crate::registry::Registry;

/// State that attributes and policies share by name.
pub trait NamedInstance: Evictable + fmt::Debug + Sized {
    const KIND: GateKind;

    type Config: Copy + PartialEq + fmt::Debug + Send + Sync + 'static;
    type Snapshot;
    type KeyedSnapshot: fmt::Debug;

    fn with_config(name: Cow<'static, str>, config: &Self::Config) -> Self;

    fn for_key(name: Cow<'static, str>, config: &Self::Config) -> Self {
        Self::with_config(name, config)
    }

    /// Serves all keys without room, by default with the limits of a single key: no limit would let
    /// a flood pass, and a rejection would shut out everybody but the first `max_keys` strangers.
    fn overflow(name: Cow<'static, str>, config: &Self::Config) -> Self {
        Self::with_config(name, config)
    }

    fn name(&self) -> &str;
    fn config(&self) -> Self::Config;
    fn max_keys(config: &Self::Config) -> u32;
    fn registry() -> &'static Registry<Registered<Self>>;
    fn keyed_registry() -> &'static Registry<KeyedInstances<Self>>;
    fn snapshot(&self) -> Self::Snapshot;
    fn keyed_snapshot(instances: &KeyedInstances<Self>) -> Self::KeyedSnapshot;

    /// Starts over, except for the calls in progress.
    fn reset(&self);

    fn reset_overflow(&self) {
        self.reset();
    }
}

#[derive(Debug)]
pub struct Registered<T> {
    pub instance: T,
    pub(super) location: SourceLocation,
}

pub fn find<T: NamedInstance>(name: &str) -> Option<&'static T> {
    T::registry().get(name).map(|registered| &registered.instance)
}

pub fn snapshots<T: NamedInstance>() -> Vec<T::Snapshot> {
    T::registry().all().into_iter().map(|registered| registered.instance.snapshot()).collect()
}

pub fn keyed_snapshots<T: NamedInstance>() -> Vec<T::KeyedSnapshot> {
    T::keyed_registry().all().into_iter().map(T::keyed_snapshot).collect()
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
