//! The breakers that attributes make, and how they are shared by name.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::state::Config;
use super::{BreakerConfig, BreakerSnapshot, BreakerState, CircuitBreaker};
use crate::key::{Key, KeyRef};
use crate::keyed::{Family, Slot};
use crate::registry::Registry;
use crate::telemetry::{self, Event, Location};

static BREAKERS: Registry<Named> = Registry::new();
static KEYED: Registry<NamedKeyed> = Registry::new();

/// A breaker that an attribute made, and where.
#[derive(Debug)]
struct Named {
    breaker: CircuitBreaker,
    location: Location,
}

/// The breaker of this name, once the function that carries it has been called.
///
/// Of an attribute with a `key` there are many: see [`keyed_breakers`]. A breaker without a name of its own is called by the path of its function, `my_crate::api::ask`. Methods of two
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
    BREAKERS.all().into_iter().map(|named| named.breaker.snapshot()).collect()
}

pub(crate) fn keyed_snapshots() -> Vec<KeyedBreakersSnapshot> {
    KEYED.all().into_iter().map(|named| KeyedBreakers { named }.snapshot()).collect()
}

#[cfg(feature = "testing")]
pub(crate) fn reset_all() {
    for named in BREAKERS.all() {
        named.breaker.reset();
    }
    for named in KEYED.all() {
        (KeyedBreakers { named }).reset_all();
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
    pub fn breaker(&self, config: &BreakerConfig) -> &'static CircuitBreaker {
        match self.found.get() {
            Some(breaker) => breaker,
            None => self.found.get_or_init(|| self.find(config)),
        }
    }

    #[cold]
    fn find(&self, config: &BreakerConfig) -> &'static CircuitBreaker {
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
        tell_conflict(&named.breaker.name, (&named.breaker.config, named.location), (&config.0, location));
        &named.breaker
    }
}

fn tell_conflict(name: &str, (known, first): (&Config, Location), (config, second): (&Config, Location)) {
    if known != config {
        telemetry::emit(&Event::BreakerConflict { name, first, second });
    }
}

/// The breakers of an attribute with a `key`, one for each value of it.
#[derive(Debug)]
struct NamedKeyed {
    name: Cow<'static, str>,
    config: Config,
    location: Location,
    breakers: Family<CircuitBreaker>,
    /// What a call goes through whose key finds no room: it refuses nothing and counts nothing, so that many strangers
    /// with failing keys cannot shut out one with a healthy key.
    surplus: CircuitBreaker,
    /// How many calls it took.
    unguarded: AtomicU64,
}

impl NamedKeyed {
    fn new(name: Cow<'static, str>, config: Config, location: Location) -> Self {
        let surplus = CircuitBreaker::with(name.clone(), config);
        surplus.disable();
        let most = usize::try_from(config.max_keys).unwrap_or(usize::MAX);
        Self { name, config, location, breakers: Family::new(most), surplus, unguarded: AtomicU64::new(0) }
    }

    #[cold]
    fn surplus(&self) -> &CircuitBreaker {
        let before = self.unguarded.fetch_add(1, Ordering::Relaxed);
        // Each time the number has doubled: a flood of keys is no flood of events.
        if before.checked_add(1).is_some_and(u64::is_power_of_two) {
            telemetry::emit(&Event::BreakerKeysFull { name: &self.name, max: self.config.max_keys });
        }
        &self.surplus
    }
}

/// The breaker of one key, for one call.
#[derive(Debug)]
pub enum KeyedBreaker<O> {
    Own(Arc<Slot<O, CircuitBreaker>>),
    Surplus(&'static CircuitBreaker),
}

impl<O> Deref for KeyedBreaker<O> {
    type Target = CircuitBreaker;

    #[inline]
    fn deref(&self) -> &CircuitBreaker {
        match self {
            Self::Own(slot) => slot,
            Self::Surplus(breaker) => breaker,
        }
    }
}

/// The place of one attribute with a `key`.
#[derive(Debug)]
pub struct KeyedBreakerSite {
    name: SiteName,
    location: Location,
    found: OnceLock<&'static NamedKeyed>,
}

impl KeyedBreakerSite {
    pub const fn named(name: &'static str, file: &'static str, line: u32) -> Self {
        Self { name: SiteName::Given(name), location: Location { file, line }, found: OnceLock::new() }
    }

    pub const fn of_function(path: &'static str, file: &'static str, line: u32) -> Self {
        Self { name: SiteName::Path(path), location: Location { file, line }, found: OnceLock::new() }
    }

    #[inline]
    pub fn breaker<P: Key>(&'static self, config: &'static BreakerConfig, key: &KeyRef<P>) -> KeyedBreaker<P::Owned> {
        let named = *self.found.get_or_init(|| self.find(config));
        let make = || CircuitBreaker::with(Cow::Borrowed(&*named.name), named.config);
        match named.breakers.of().get_or_insert(key, make) {
            Some(slot) => KeyedBreaker::Own(slot),
            None => KeyedBreaker::Surplus(named.surplus()),
        }
    }

    #[cold]
    fn find(&'static self, config: &'static BreakerConfig) -> &'static NamedKeyed {
        let location = self.location;
        let named = match self.name {
            SiteName::Given(name) => {
                KEYED.get_or_insert(name, || NamedKeyed::new(Cow::Borrowed(name), config.0, location))
            }
            SiteName::Path(path) => {
                KEYED.insert_distinct(path, |name| NamedKeyed::new(Cow::Owned(name), config.0, location))
            }
        };
        tell_conflict(&named.name, (&named.config, named.location), (&config.0, location));
        named
    }
}

/// The breakers of an attribute with a `key`, found by name with [`keyed_breakers`].
///
/// They are seen together only: a key may be a secret, and is never told.
#[derive(Clone, Copy)]
pub struct KeyedBreakers {
    named: &'static NamedKeyed,
}

/// The breakers of one name at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct KeyedBreakersSnapshot {
    /// The name they are found under.
    pub name: String,
    /// The most there may be.
    pub max_keys: u32,
    /// Those that let calls pass.
    pub closed: usize,
    /// Those that refuse calls, or whose recovery time is over and no call has come yet.
    pub open: usize,
    /// Those that are probing.
    pub half_open: usize,
    /// Calls refused, by the breakers that are still there.
    pub refused: u64,
    /// Calls that passed without a breaker: there were as many keys as there may be, none of which could be forgotten.
    pub unguarded: u64,
}

/// The breakers of this name, once a function that carries it with a `key` has been called.
///
/// ```
/// use resilience::circuit_breaker;
///
/// #[circuit_breaker(name = "per tenant", key = tenant, failure_threshold = 1)]
/// fn ask(tenant: &str, up: bool) -> Option<u32> {
///     up.then_some(1)
/// }
///
/// assert_eq!(ask("a", false), None);
/// assert_eq!(ask("a", true), None, "open: the body did not run");
/// assert_eq!(ask("b", true), Some(1), "another tenant's");
/// let breakers = resilience::keyed_breakers("per tenant").ok_or("called above")?;
/// assert_eq!((breakers.len(), breakers.snapshot().open), (2, 1));
/// breakers.reset_all();
/// assert_eq!(ask("a", true), Some(1));
/// # Ok::<(), &str>(())
/// ```
pub fn keyed_breakers(name: &str) -> Option<KeyedBreakers> {
    KEYED.get(name).map(|named| KeyedBreakers { named })
}

impl KeyedBreakers {
    /// The number of breakers.
    pub fn len(self) -> usize {
        self.named.breakers.all().iter().map(|breakers| breakers.len()).sum()
    }

    /// Whether there is no breaker.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// What they are doing, counted.
    pub fn snapshot(self) -> KeyedBreakersSnapshot {
        let mut snapshot = KeyedBreakersSnapshot {
            name: self.named.name.clone().into_owned(),
            max_keys: self.named.config.max_keys,
            closed: 0,
            open: 0,
            half_open: 0,
            refused: 0,
            unguarded: self.named.unguarded.load(Ordering::Relaxed),
        };
        for breakers in self.named.breakers.all() {
            breakers.for_each(&mut |breaker| {
                match breaker.state() {
                    BreakerState::Closed | BreakerState::Disabled => snapshot.closed += 1,
                    BreakerState::Open | BreakerState::ForcedOpen => snapshot.open += 1,
                    BreakerState::HalfOpen => snapshot.half_open += 1,
                }
                snapshot.refused = snapshot.refused.saturating_add(breaker.refused.load(Ordering::Relaxed));
            });
        }
        snapshot
    }

    /// Forgets all of them: each key begins anew. Calls that are under way change nothing when they end.
    pub fn reset_all(self) {
        for breakers in self.named.breakers.all() {
            breakers.clear();
        }
        self.named.unguarded.store(0, Ordering::Relaxed);
    }
}

impl fmt::Debug for KeyedBreakers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.snapshot(), f)
    }
}
