//! Where an attribute with state of its own stands: it finds its instance at the first call and remembers it.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use crate::registry::Registry;
use crate::telemetry::{self, Event, Location};

/// A kind of state that attributes share by name.
pub trait Named: Sized + 'static {
    /// What one attribute says about it.
    type Config: PartialEq + 'static;

    fn make(name: Cow<'static, str>, config: &Self::Config) -> Self;
    fn name(&self) -> &str;
    fn config(&self) -> &Self::Config;
    fn registry() -> &'static Registry<Located<Self>>;
    /// The event that says that two attributes of one name contradict each other.
    fn conflict(name: &str, first: Location, second: Location) -> Event<'_>;

    fn find(name: &str) -> Option<&'static Self> {
        Self::registry().get(name).map(|located| &located.instance)
    }
}

/// An instance, and the attribute that made it.
#[derive(Debug)]
pub struct Located<T> {
    pub instance: T,
    location: Location,
}

/// The place of one attribute.
pub struct Site<T: 'static> {
    name: SiteName,
    location: Location,
    found: OnceLock<&'static T>,
}

#[derive(Debug, Clone, Copy)]
enum SiteName {
    /// Said by the user: whoever says the same shares the instance.
    Given(&'static str),
    /// The path of the function: shared with nobody.
    Path(&'static str),
}

impl<T: Named> Site<T> {
    pub const fn named(name: &'static str, file: &'static str, line: u32) -> Self {
        Self { name: SiteName::Given(name), location: Location { file, line }, found: OnceLock::new() }
    }

    pub const fn of_function(path: &'static str, file: &'static str, line: u32) -> Self {
        Self { name: SiteName::Path(path), location: Location { file, line }, found: OnceLock::new() }
    }

    #[inline]
    pub fn instance(&'static self, config: &'static T::Config) -> &'static T {
        match self.found.get() {
            Some(instance) => instance,
            None => self.found.get_or_init(|| self.find(config)),
        }
    }

    #[cold]
    fn find(&'static self, config: &'static T::Config) -> &'static T {
        let location = self.location;
        let located = match self.name {
            SiteName::Given(name) => T::registry()
                .get_or_insert(name, || Located { instance: T::make(Cow::Borrowed(name), config), location }),
            SiteName::Path(path) => T::registry()
                .insert_distinct(path, |name| Located { instance: T::make(Cow::Owned(name), config), location }),
        };
        if located.instance.config() != config {
            telemetry::emit(&T::conflict(located.instance.name(), located.location, location));
        }
        &located.instance
    }
}

impl<T> fmt::Debug for Site<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site").field("name", &self.name).finish_non_exhaustive()
    }
}
