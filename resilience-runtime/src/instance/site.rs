use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use super::key::{Key, KeyRef};
use super::keyed::{KeyedInstance, KeyedInstances};
use super::named::{NamedInstance, Registered};
use crate::emit::emit;
use crate::event::{Event, SourceLocation, StateKind};
use crate::registry::Registry;

pub type Site<T> = RegistrySite<Registered<T>>;

pub type KeyedSite<T> = RegistrySite<KeyedInstances<T>>;

/// Finds the instances of one attribute at the first call, and remembers them.
pub struct RegistrySite<R: 'static> {
    name: SiteName,
    location: SourceLocation,
    found: OnceLock<&'static R>,
}

#[derive(Debug, Clone, Copy)]
enum SiteName {
    /// Written by the user: equal names share the instance.
    Explicit(&'static str),
    /// The path of the function: shared with no other function.
    FunctionPath(&'static str),
}

pub trait RegistryEntry: Sized + 'static {
    type Of: NamedInstance;
    fn registry() -> &'static Registry<Self>;
    fn create(name: Cow<'static, str>, config: &<Self::Of as NamedInstance>::Config, location: SourceLocation) -> Self;
    fn name(&self) -> &str;
    fn config(&self) -> <Self::Of as NamedInstance>::Config;
    fn location(&self) -> SourceLocation;
}

impl<T: NamedInstance> RegistryEntry for Registered<T> {
    type Of = T;

    fn registry() -> &'static Registry<Self> {
        T::registry()
    }
    fn create(name: Cow<'static, str>, config: &T::Config, location: SourceLocation) -> Self {
        Self { instance: T::with_config(name, config), location }
    }
    fn name(&self) -> &str {
        self.instance.name()
    }
    fn config(&self) -> T::Config {
        self.instance.config()
    }
    fn location(&self) -> SourceLocation {
        self.location
    }
}

impl<T: NamedInstance> RegistryEntry for KeyedInstances<T> {
    type Of = T;

    fn registry() -> &'static Registry<Self> {
        T::keyed_registry()
    }
    fn create(name: Cow<'static, str>, config: &T::Config, location: SourceLocation) -> Self {
        Self::new(name, *config, location)
    }
    fn name(&self) -> &str {
        self.name()
    }
    fn config(&self) -> T::Config {
        self.config
    }
    fn location(&self) -> SourceLocation {
        self.location
    }
}

impl<R> RegistrySite<R> {
    pub const fn named(name: &'static str, file: &'static str, line: u32) -> Self {
        Self { name: SiteName::Explicit(name), location: SourceLocation { file, line }, found: OnceLock::new() }
    }

    pub const fn of_function(path: &'static str, file: &'static str, line: u32) -> Self {
        Self { name: SiteName::FunctionPath(path), location: SourceLocation { file, line }, found: OnceLock::new() }
    }
}

impl<R: RegistryEntry> RegistrySite<R> {
    #[inline]
    fn entry(&self, config: &<R::Of as NamedInstance>::Config) -> &'static R {
        match self.found.get() {
            Some(entry) => entry,
            None => self.found.get_or_init(|| self.find(config)),
        }
    }

    #[cold]
    fn find(&self, config: &<R::Of as NamedInstance>::Config) -> &'static R {
        let location = self.location;
        let entry = match self.name {
            SiteName::Explicit(name) => {
                R::registry().get_or_insert(name, || R::create(Cow::Borrowed(name), config, location))
            }
            SiteName::FunctionPath(path) => {
                R::registry().insert_distinct(path, |name| R::create(Cow::Owned(name), config, location))
            }
        };
        if entry.config() != *config {
            emit(&Event::Conflict {
                kind: StateKind::Gate(R::Of::KIND),
                name: entry.name(),
                first: entry.location(),
                second: location,
            });
        }
        entry
    }
}

impl<T: NamedInstance> Site<T> {
    #[inline]
    pub fn instance(&self, config: &T::Config) -> &'static T {
        &self.entry(config).instance
    }
}

impl<T: NamedInstance> KeyedSite<T> {
    /// The result keeps the instance in memory; a call holds it until it ends.
    #[inline]
    pub fn for_key<P: Key>(&'static self, config: &'static T::Config, key: &KeyRef<P>) -> KeyedInstance<P::Owned, T> {
        self.entry(config).get(key)
    }
}

impl<R> fmt::Debug for RegistrySite<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site").field("name", &self.name).finish_non_exhaustive()
    }
}
