//! Where an attribute with state of its own stands: it finds its instance at the first call and remembers it.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use crate::emit::emit;
use crate::event::{Event, GateKind, SourceLocation, StateKind};
use crate::instance::key::{Key, KeyRef};
use crate::instance::keyed::{Family, Instance, Slot};
use crate::instance::registry::Registry;

/// A kind of state that attributes share by name.
pub trait Named: fmt::Debug + Sized + 'static {
    /// What one attribute says about it.
    type Config: Copy + PartialEq + fmt::Debug + Send + Sync + 'static;
    const GATE: GateKind;

    fn make(name: Cow<'static, str>, config: &Self::Config) -> Self;

    /// One of those of an attribute with a `key`.
    fn make_keyed(name: Cow<'static, str>, config: &Self::Config) -> Self {
        Self::make(name, config)
    }

    /// What the calls share whose keys find no room. As it is, it holds as much as one key may have: to let them pass would be
    /// no limit at all, and to reject them would shut out everybody but a thousand strangers.
    fn make_surplus(name: Cow<'static, str>, config: &Self::Config) -> Self {
        Self::make(name, config)
    }

    fn name(&self) -> &str;
    fn config(&self) -> Self::Config;
    fn registry() -> &'static Registry<Located<Self>>;

    /// Those of attributes with a `key`.
    fn keyed() -> &'static Registry<Many<Self>>;
    fn max_keys(config: &Self::Config) -> u32;

    fn find(name: &str) -> Option<&'static Self> {
        Self::registry().get(name).map(|located| &located.instance)
    }
}

/// An instance, and the attribute that made it.
#[derive(Debug)]
pub struct Located<T> {
    pub instance: T,
    location: SourceLocation,
}

/// The place of one attribute.
pub struct Site<T: 'static> {
    name: SiteName,
    location: SourceLocation,
    found: OnceLock<&'static T>,
}

#[derive(Debug, Clone, Copy)]
enum SiteName {
    /// Given by the user: attributes with the same name share the instance.
    Given(&'static str),
    /// The path of the function: shared with nobody.
    Path(&'static str),
}

impl<T: Named> Site<T> {
    pub const fn named(name: &'static str, file: &'static str, line: u32) -> Self {
        Self { name: SiteName::Given(name), location: SourceLocation { file, line }, found: OnceLock::new() }
    }

    pub const fn of_function(path: &'static str, file: &'static str, line: u32) -> Self {
        Self { name: SiteName::Path(path), location: SourceLocation { file, line }, found: OnceLock::new() }
    }

    #[inline]
    pub fn instance(&self, config: &T::Config) -> &'static T {
        match self.found.get() {
            Some(instance) => instance,
            None => self.found.get_or_init(|| self.find(config)),
        }
    }

    #[cold]
    fn find(&self, config: &T::Config) -> &'static T {
        let location = self.location;
        let located = match self.name {
            SiteName::Given(name) => T::registry()
                .get_or_insert(name, || Located { instance: T::make(Cow::Borrowed(name), config), location }),
            SiteName::Path(path) => T::registry()
                .insert_distinct(path, |name| Located { instance: T::make(Cow::Owned(name), config), location }),
        };
        if located.instance.config() != *config {
            emit(&Event::Conflict {
                kind: StateKind::Gate(T::GATE),
                name: located.instance.name(),
                first: located.location,
                second: location,
            });
        }
        &located.instance
    }
}

impl<T> fmt::Debug for Site<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The instances of an attribute with a `key`, one for each value of it.
#[derive(Debug)]
pub struct Many<T: Named> {
    name: Cow<'static, str>,
    config: T::Config,
    location: SourceLocation,
    instances: Family<T>,
    /// What the calls share whose keys find no room.
    surplus: T,
    /// How many calls it took.
    shared: AtomicU64,
}

impl<T: Named + Instance> Many<T> {
    fn new(name: Cow<'static, str>, config: T::Config, location: SourceLocation) -> Self {
        let surplus = T::make_surplus(name.clone(), &config);
        let most = usize::try_from(T::max_keys(&config)).unwrap_or(usize::MAX);
        Self { name, config, location, instances: Family::new(most), surplus, shared: AtomicU64::new(0) }
    }

    #[cold]
    fn surplus(&self) -> &T {
        let before = self.shared.fetch_add(1, Ordering::Relaxed);
        // Each time the number has doubled: a flood of keys is no flood of events.
        if before.checked_add(1).is_some_and(u64::is_power_of_two) {
            emit(&Event::KeysFull { gate: T::GATE, name: &self.name, max: T::max_keys(&self.config) });
        }
        &self.surplus
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn max_keys(&self) -> u32 {
        T::max_keys(&self.config)
    }

    /// The number of keys that have an instance.
    pub fn len(&self) -> usize {
        self.instances.all().iter().map(|instances| instances.len()).sum()
    }

    /// The number of calls whose keys found no room.
    pub fn shared(&self) -> u64 {
        self.shared.load(Ordering::Relaxed)
    }

    /// Looks at each instance, and at the one that keys without room share.
    pub fn for_each(&self, mut look: impl FnMut(&T)) {
        look(&self.surplus);
        self.for_each_key(look);
    }

    /// Looks at the instance of each key.
    pub fn for_each_key(&self, mut look: impl FnMut(&T)) {
        for instances in self.instances.all() {
            instances.for_each(&mut look);
        }
    }

    /// Forgets all keys.
    pub fn clear(&self) {
        for instances in self.instances.all() {
            instances.clear();
        }
        self.shared.store(0, Ordering::Relaxed);
    }

    #[cfg(feature = "testing")]
    pub fn reset(&self, reset: impl Fn(&T)) {
        self.for_each(reset);
        self.clear();
    }
}

/// The instance for one call.
#[derive(Debug)]
pub enum OfKey<O, T: 'static> {
    Own(Arc<Slot<O, T>>),
    Surplus(&'static T),
}

impl<O, T> Deref for OfKey<O, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        match self {
            Self::Own(slot) => slot,
            Self::Surplus(instance) => instance,
        }
    }
}

/// The place of one attribute with a `key`.
pub struct KeyedSite<T: Named> {
    name: SiteName,
    location: SourceLocation,
    found: OnceLock<&'static Many<T>>,
}

impl<T: Named + Instance> KeyedSite<T> {
    pub const fn named(name: &'static str, file: &'static str, line: u32) -> Self {
        Self { name: SiteName::Given(name), location: SourceLocation { file, line }, found: OnceLock::new() }
    }

    pub const fn of_function(path: &'static str, file: &'static str, line: u32) -> Self {
        Self { name: SiteName::Path(path), location: SourceLocation { file, line }, found: OnceLock::new() }
    }

    /// Whoever holds what comes back keeps it in memory: for as long as a call needs it.
    #[inline]
    pub fn instance<P: Key>(&'static self, config: &'static T::Config, key: &KeyRef<P>) -> OfKey<P::Owned, T> {
        let many = *self.found.get_or_init(|| self.find(config));
        let make = || T::make_keyed(Cow::Borrowed(&*many.name), &many.config);
        match many.instances.of().get_or_insert(key, make) {
            Some(slot) => OfKey::Own(slot),
            None => OfKey::Surplus(many.surplus()),
        }
    }

    #[cold]
    fn find(&'static self, config: &'static T::Config) -> &'static Many<T> {
        let location = self.location;
        let many = match self.name {
            SiteName::Given(name) => {
                T::keyed().get_or_insert(name, || Many::new(Cow::Borrowed(name), *config, location))
            }
            SiteName::Path(path) => {
                T::keyed().insert_distinct(path, |name| Many::new(Cow::Owned(name), *config, location))
            }
        };
        if many.config != *config {
            emit(&Event::Conflict {
                kind: StateKind::Gate(T::GATE),
                name: &many.name,
                first: many.location,
                second: location,
            });
        }
        many
    }
}

impl<T: Named> fmt::Debug for KeyedSite<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedSite").field("name", &self.name).finish_non_exhaustive()
    }
}
