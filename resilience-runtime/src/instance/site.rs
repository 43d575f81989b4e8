use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::key::{Key, KeyRef};
use super::keyed::{KeyedInstance, KeyedInstances};
use super::named::{NamedInstance, Registered};
use super::origin::{Configurer, Origins, PlacedSettings, Reconciled, differences};
use crate::emit::emit;
use crate::event::{ConflictingSettings, Event, SourceLocation, StateKind};
use crate::registry::{Entry, FunctionName, FunctionRef, Registry, StateName};
use crate::settings::{CodeTraits, in_force};

pub type Site<T> = RegistrySite<Registered<T>>;

pub type KeyedSite<T> = RegistrySite<KeyedInstances<T>>;

/// Finds the instances of one attribute or layer at the first call, and holds them.
pub struct RegistrySite<R: 'static> {
    name: SiteName,
    location: SourceLocation,
    by: Configurer,
    /// The name in `config = ".."`. With it, generated code reads every option at run time.
    section: Option<&'static str>,
    /// The function or policy whose calls it serves.
    caller: Option<FunctionRef>,
    found: OnceLock<Arc<Entry<R>>>,
}

#[derive(Debug, Clone)]
enum SiteName {
    Explicit(Cow<'static, str>),
    /// The name of the function: shared with no other function.
    Function(fn() -> &'static dyn FunctionName),
}

pub trait RegistryEntry: Sized + Send + Sync + 'static {
    type Of: NamedInstance;
    /// True if there is one instance for each value of a key.
    const IS_KEYED: bool;
    fn registry() -> &'static Registry<Self>;
    fn create(
        name: StateName,
        settings: PlacedSettings<<Self::Of as NamedInstance>::Config>,
        in_force: <Self::Of as NamedInstance>::Config,
    ) -> Self;
    fn reconfigure(&self, config: &<Self::Of as NamedInstance>::Config);
    fn origins(&self) -> &Origins<<Self::Of as NamedInstance>::Config>;
}

impl<T: NamedInstance> RegistryEntry for Registered<T> {
    type Of = T;
    const IS_KEYED: bool = false;

    fn registry() -> &'static Registry<Self> {
        T::registry()
    }
    fn create(name: StateName, settings: PlacedSettings<T::Config>, in_force: T::Config) -> Self {
        Self { instance: T::with_config(name, &in_force), origins: Origins::new(settings, in_force) }
    }
    fn reconfigure(&self, config: &T::Config) {
        self.instance.reconfigure(config);
    }
    fn origins(&self) -> &Origins<T::Config> {
        &self.origins
    }
}

impl<T: NamedInstance> RegistryEntry for KeyedInstances<T> {
    type Of = T;
    const IS_KEYED: bool = true;

    fn registry() -> &'static Registry<Self> {
        T::keyed_registry()
    }
    fn create(name: StateName, settings: PlacedSettings<T::Config>, in_force: T::Config) -> Self {
        Self::new(name, settings, in_force)
    }
    fn reconfigure(&self, config: &T::Config) {
        self.reconfigure(config);
    }
    fn origins(&self) -> &Origins<T::Config> {
        &self.origins
    }
}

impl<R> RegistrySite<R> {
    pub const fn named(name: &'static str, file: &'static str, line: u32) -> Self {
        Self::new(SiteName::Explicit(Cow::Borrowed(name)), SourceLocation { file, line }, Configurer::Attribute)
    }

    pub const fn of_function(find: fn() -> &'static dyn FunctionName, file: &'static str, line: u32) -> Self {
        Self::new(SiteName::Function(find), SourceLocation { file, line }, Configurer::Attribute)
    }

    pub fn explicit_name(&self) -> Option<&str> {
        if let SiteName::Explicit(name) = &self.name { Some(name) } else { None }
    }

    const fn new(name: SiteName, location: SourceLocation, by: Configurer) -> Self {
        let caller = match name {
            SiteName::Function(find) => Some(FunctionRef::Item(find)),
            SiteName::Explicit(_) => None,
        };
        Self { name, location, by, section: None, caller, found: OnceLock::new() }
    }

    /// Sets the function or policy for its events.
    #[must_use]
    pub const fn called_by(mut self, function: FunctionRef) -> Self {
        self.caller = Some(function);
        self
    }

    pub const fn set_caller(&mut self, policy: FunctionRef) {
        self.caller = Some(policy);
    }

    /// Uses the settings of a section, unless it has a name: settings for that name apply then.
    #[must_use]
    pub const fn configured(mut self, section: &'static str) -> Self {
        self.section = Some(section);
        self
    }

    /// The name of the settings that may override those of this site.
    pub(super) fn section(&self) -> Option<&str> {
        self.explicit_name().or(self.section)
    }
}

impl<R: RegistryEntry> RegistrySite<R> {
    /// Policies and attributes with `config` read every option at run time.
    pub(super) fn code(&self) -> CodeTraits {
        let is_prepared = self.section.is_some() || self.by != Configurer::Attribute;
        CodeTraits { is_prepared, is_keyed: R::IS_KEYED, ..CodeTraits::PREPARED }
    }

    /// Creates the site of a policy, whose settings also apply to existing state.
    pub fn of_policy(
        name: Cow<'static, str>,
        location: SourceLocation,
        config: &<R::Of as NamedInstance>::Config,
    ) -> Self {
        let existing = R::registry().get(&name);
        let site = Self::new(SiteName::Explicit(name), location, Configurer::new_policy());
        if let Some(entry) = existing {
            site.reconcile(&entry, config);
            let _is_first = site.found.set(entry);
        }
        site
    }

    #[inline]
    fn entry(&self, config: &<R::Of as NamedInstance>::Config) -> &Entry<R> {
        match self.found.get() {
            Some(entry) => entry,
            None => self.found.get_or_init(|| self.find(config)),
        }
    }

    fn settings(&self, config: &<R::Of as NamedInstance>::Config) -> PlacedSettings<<R::Of as NamedInstance>::Config> {
        PlacedSettings { config: *config, location: self.location, by: self.by }
    }

    #[cold]
    fn find(&self, config: &<R::Of as NamedInstance>::Config) -> Arc<Entry<R>> {
        let is_new = Cell::new(false);
        let create = |name| {
            is_new.set(true);
            R::create(name, self.settings(config), in_force(self.section(), config, self.code()))
        };
        let entry = match &self.name {
            SiteName::Function(find) => R::registry().insert_for_function(find(), create),
            SiteName::Explicit(name) => R::registry().get_or_insert(name.clone(), create),
        };
        if is_new.get() {
            self.register(&entry);
        } else {
            self.reconcile(&entry, config);
        }
        entry
    }

    fn reconcile(&self, entry: &Arc<Entry<R>>, config: &<R::Of as NamedInstance>::Config) {
        let reconciled = entry.origins().reconcile(self.settings(config));
        if reconciled.applies {
            entry.origins().apply_newest(self.section(), self.code(), |config| entry.reconfigure(config));
        }
        let Reconciled { applies, conflict: Some(other) } = reconciled else { return };
        let [before, now] = differences(&other.config, config);
        let settings = ConflictingSettings { first: before, second: now, second_applies: applies };
        emit(&Event::Conflict {
            kind: StateKind::Gate(R::Of::KIND),
            name: entry.name(),
            first: other.location,
            second: self.location,
            settings: &settings,
        });
    }
}

impl<T: NamedInstance> Site<T> {
    #[inline]
    pub fn instance(&self, config: &T::Config) -> &T {
        &self.entry(config).instance
    }
}

impl<T: NamedInstance> KeyedSite<T> {
    /// The result keeps the instance in memory until the call ends.
    #[inline]
    pub fn for_key<P: Key>(&self, config: &T::Config, key: &KeyRef<P>) -> KeyedInstance<'_, P::Owned, T> {
        self.entry(config).get(key, self.caller)
    }
}

impl<R> fmt::Debug for RegistrySite<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site").field("name", &self.name).finish_non_exhaustive()
    }
}
