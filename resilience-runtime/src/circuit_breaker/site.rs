//! The breakers that attributes make, and how they are shared by name.

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::Ordering;

use super::{BreakerConfig, BreakerSnapshot, BreakerState, CircuitBreaker, Phase};
use crate::event::GateKind;
use crate::instance::registry::Registry;
use crate::instance::site::{KeyedSite, Located, Many, Named, Site};

static BREAKERS: Registry<Located<CircuitBreaker>> = Registry::new();
static KEYED: Registry<Many<CircuitBreaker>> = Registry::new();

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
    CircuitBreaker::find(name)
}

pub(crate) fn snapshots() -> Vec<BreakerSnapshot> {
    BREAKERS.all().into_iter().map(|located| located.instance.snapshot()).collect()
}

pub(crate) fn keyed_snapshots() -> Vec<KeyedBreakersSnapshot> {
    KEYED.all().into_iter().map(|many| KeyedBreakers { many }.snapshot()).collect()
}

#[cfg(feature = "testing")]
pub(crate) fn reset_all() {
    for located in BREAKERS.all() {
        located.instance.reset();
    }
    for many in KEYED.all() {
        many.clear();
    }
}

/// The place of one attribute.
pub type BreakerSite = Site<CircuitBreaker>;

/// The place of one attribute with a `key`.
pub type KeyedBreakerSite = KeyedSite<CircuitBreaker>;

impl Named for CircuitBreaker {
    type Config = BreakerConfig;
    const GATE: GateKind = GateKind::CircuitBreaker;

    fn make(name: Cow<'static, str>, config: &BreakerConfig) -> Self {
        Self::with(name, config.0, false)
    }

    fn make_keyed(name: Cow<'static, str>, config: &BreakerConfig) -> Self {
        Self::with(name, config.0, true)
    }

    /// It rejects nothing and counts nothing, so that many strangers with failing keys cannot shut out one with a healthy
    /// key.
    fn make_surplus(name: Cow<'static, str>, config: &BreakerConfig) -> Self {
        let surplus = Self::make_keyed(name, config);
        // Nobody is told, as the registry is locked.
        let _change = surplus.put(Phase::Disabled);
        surplus
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn config(&self) -> BreakerConfig {
        BreakerConfig(self.config)
    }

    fn registry() -> &'static Registry<Located<Self>> {
        &BREAKERS
    }

    fn keyed() -> &'static Registry<Many<Self>> {
        &KEYED
    }

    fn max_keys(config: &BreakerConfig) -> u32 {
        config.0.max_keys
    }
}

/// The breakers of an attribute with a `key`, found by name with [`keyed_breakers`].
///
/// They are seen together only: a key may be a secret, and is never told.
#[derive(Clone, Copy)]
pub struct KeyedBreakers {
    many: &'static Many<CircuitBreaker>,
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
    /// Those that reject calls, or whose recovery time is over and no call has come yet.
    pub open: usize,
    /// Those that are probing.
    pub half_open: usize,
    /// Calls rejected, by the breakers that are still there.
    pub rejected: u64,
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
    KEYED.get(name).map(|many| KeyedBreakers { many })
}

impl KeyedBreakers {
    /// The number of breakers.
    pub fn len(self) -> usize {
        self.many.len()
    }

    /// Whether there is no breaker.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// What they are doing, counted.
    pub fn snapshot(self) -> KeyedBreakersSnapshot {
        let mut snapshot = KeyedBreakersSnapshot {
            name: self.many.name().to_owned(),
            max_keys: self.many.max_keys(),
            closed: 0,
            open: 0,
            half_open: 0,
            rejected: 0,
            unguarded: self.many.shared(),
        };
        self.many.for_each_key(|breaker| {
            match breaker.state() {
                BreakerState::Closed | BreakerState::Disabled => snapshot.closed += 1,
                BreakerState::Open | BreakerState::ForcedOpen => snapshot.open += 1,
                BreakerState::HalfOpen => snapshot.half_open += 1,
            }
            snapshot.rejected = snapshot.rejected.saturating_add(breaker.rejected.load(Ordering::Relaxed));
        });
        snapshot
    }

    /// Forgets all of them: each key begins anew. Calls that are under way change nothing when they end.
    pub fn reset_all(self) {
        self.many.clear();
    }
}

impl fmt::Debug for KeyedBreakers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.snapshot(), f)
    }
}
