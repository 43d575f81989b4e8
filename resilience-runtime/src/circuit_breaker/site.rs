//! The breakers that attributes make, and how they are shared by name.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::{BreakerConfig, BreakerSnapshot, CircuitBreaker};
use crate::registry::Registry;
use crate::telemetry::{self, Event, Location};

static BREAKERS: Registry<Named> = Registry::new();

/// A breaker that an attribute made, and where.
#[derive(Debug)]
struct Named {
    breaker: CircuitBreaker,
    location: Location,
}

/// The breaker of this name, once the function that carries it has been called.
///
/// A breaker without a name of its own is called by the path of its function, `my_crate::api::ask`. Methods of two
/// types in one module would share that name; the second one to be called gets `#2` behind it.
///
/// ```
/// use resilience::circuit_breaker;
///
/// #[circuit_breaker(name = "search")]
/// fn search(up: bool) -> Option<u32> {
///     up.then_some(1)
/// }
///
/// assert!(resilience::breaker("search").is_none(), "never called");
/// assert_eq!(search(true), Some(1));
/// let breaker = resilience::breaker("search").ok_or("called now")?;
/// breaker.force_open();
/// assert_eq!(search(true), None);
/// # Ok::<(), &str>(())
/// ```
pub fn breaker(name: &str) -> Option<&'static CircuitBreaker> {
    BREAKERS.get(name).map(|named| &named.breaker)
}

pub(crate) fn snapshots() -> Vec<BreakerSnapshot> {
    BREAKERS.named().into_iter().map(|(_, named)| named.breaker.snapshot()).collect()
}

#[cfg(feature = "testing")]
pub(crate) fn reset_all() {
    for (_, named) in BREAKERS.named() {
        named.breaker.reset();
    }
}

/// The place of one attribute. It finds its breaker at the first call and remembers it.
#[derive(Debug)]
pub struct BreakerSite {
    name: SiteName,
    location: Location,
    found: OnceLock<&'static CircuitBreaker>,
}

#[derive(Debug, Clone, Copy)]
enum SiteName {
    /// Said by the user: whoever says the same shares the breaker.
    Given(&'static str),
    /// The path of the function: shared with nobody.
    Path(&'static str),
}

impl BreakerSite {
    pub const fn named(name: &'static str, file: &'static str, line: u32) -> Self {
        Self { name: SiteName::Given(name), location: Location { file, line }, found: OnceLock::new() }
    }

    pub const fn of_function(path: &'static str, file: &'static str, line: u32) -> Self {
        Self { name: SiteName::Path(path), location: Location { file, line }, found: OnceLock::new() }
    }

    #[inline]
    pub fn breaker(&'static self, config: &'static BreakerConfig) -> &'static CircuitBreaker {
        match self.found.get() {
            Some(breaker) => breaker,
            None => self.found.get_or_init(|| self.find(config)),
        }
    }

    #[cold]
    fn find(&'static self, config: &'static BreakerConfig) -> &'static CircuitBreaker {
        let location = self.location;
        let named = match self.name {
            SiteName::Given(name) => BREAKERS.get_or_insert(name, || Named {
                breaker: CircuitBreaker::with(Cow::Borrowed(name), config.0),
                location,
            }),
            SiteName::Path(path) => BREAKERS.insert_distinct(path, |name| Named {
                breaker: CircuitBreaker::with(Cow::Owned(name), config.0),
                location,
            }),
        };
        if named.breaker.config != config.0 {
            telemetry::emit(&Event::BreakerConflict {
                name: &named.breaker.name,
                first: named.location,
                second: location,
            });
        }
        &named.breaker
    }
}
