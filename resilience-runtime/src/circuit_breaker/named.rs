use std::time::Duration;

use super::state::Phase;
use super::{BreakerState, CircuitBreaker, CircuitBreakerConfig};
use crate::emit::emit;
use crate::event::{Event, GateKind};
use crate::instance::{Evictable, EvictionClass, Keyed, KeyedInstances, NamedInstance, Registered};
use crate::registry::{Registry, StateName};
use crate::sync::Configured;
use crate::time;

/// The breakers of an attribute with a `key`, one for each value of the key.
///
/// Its methods are those of [`Keyed`]; `snapshot` returns a [`KeyedCircuitBreakersSnapshot`].
///
/// ```
/// use resilience::{KeyedCircuitBreakers, circuit_breaker};
///
/// #[circuit_breaker(name = "per tenant", key = tenant, failure_threshold = 1)]
/// fn ask(tenant: &str, up: bool) -> Option<u32> {
///     up.then_some(1)
/// }
///
/// assert_eq!(ask("a", false), None);
/// assert_eq!(ask("a", true), None, "open: the body did not run");
/// assert_eq!(ask("b", true), Some(1), "another tenant's");
/// let breakers = KeyedCircuitBreakers::named("per tenant").ok_or("called above")?;
/// assert_eq!((breakers.len(), breakers.snapshot().open), (2, 1));
/// breakers.reset_all();
/// assert_eq!(ask("a", true), Some(1));
/// # Ok::<(), &str>(())
/// ```
pub type KeyedCircuitBreakers = Keyed<CircuitBreaker>;

impl KeyedCircuitBreakers {
    /// Forgets all keys, so that each starts with a closed breaker. Calls in progress change
    /// nothing when they end.
    pub fn reset_all(self) {
        self.reset();
    }
}

/// The state of a circuit breaker at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BreakerSnapshot {
    /// Its name.
    pub name: String,
    /// Its state. `Open` also when the recovery time is over and no call has come yet.
    pub state: BreakerState,
    /// True if the breaker would admit a call now: it is closed or disabled, it is open and its
    /// recovery time is over, or it is half-open with room for a probe.
    pub would_admit: bool,
    /// Consecutive failures, while closed. Zero where there is a window.
    pub consecutive_failures: u32,
    /// Calls in the window, while closed.
    pub calls: u64,
    /// Failed calls in the window, while closed.
    pub failures: u64,
    /// Slow calls in the window, while closed.
    pub slow_calls: u64,
    /// Probes in progress, while half-open.
    pub probes: u32,
    /// The time until the first probe, while open.
    pub retry_after: Option<Duration>,
    /// Calls rejected since the process started or the breaker was reset.
    pub rejected: u64,
    /// The number of times that the breaker has opened in that time, failed probes included.
    pub opened: u64,
    /// The namespace of the store in which processes share that it is open. The other figures are those
    /// of this process.
    #[cfg(feature = "store")]
    pub store: Option<String>,
}

/// The state of all breakers of one attribute with a `key`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct KeyedCircuitBreakersSnapshot {
    /// Their name.
    pub name: String,
    /// The limit on keys.
    pub max_keys: u32,
    /// Breakers that let calls pass.
    pub closed: usize,
    /// Breakers that reject calls, or whose recovery time is over and no call has come yet.
    pub open: usize,
    /// Breakers that are probing.
    pub half_open: usize,
    /// Breakers that would reject a call now.
    pub rejecting: usize,
    /// Calls rejected by the breakers that still exist.
    pub rejected: u64,
    /// Calls that passed without a breaker, because `max_keys` breakers were in use or open.
    pub unguarded: u64,
}

static BREAKERS: Registry<Registered<CircuitBreaker>> = Registry::new();
static KEYED: Registry<KeyedInstances<CircuitBreaker>> = Registry::new();

impl NamedInstance for CircuitBreaker {
    const KIND: GateKind = GateKind::CircuitBreaker;

    type Config = CircuitBreakerConfig;
    type Snapshot = BreakerSnapshot;
    type KeyedSnapshot = KeyedCircuitBreakersSnapshot;

    fn with_config(name: StateName, config: &CircuitBreakerConfig) -> Self {
        Self::with(name, *config, false).unless_switched_off()
    }
    fn for_key(name: StateName, config: &CircuitBreakerConfig, _: &Self) -> Self {
        Self::with(name, *config, true).unless_switched_off()
    }
    /// Rejects and counts nothing, so that a flood of failing keys cannot shut out a healthy one.
    fn overflow(name: StateName, config: &CircuitBreakerConfig) -> Self {
        let overflow = Self::with(name, *config, true).unless_switched_off();
        // Not reported, because the registry is locked.
        let _change = overflow.enter_phase(Phase::Disabled);
        overflow
    }
    fn reconfigure(&self, config: &CircuitBreakerConfig) {
        let (change, is_restarted) = {
            let mut inside = self.lock();
            let Configured { config: newest, state } = &mut *inside.inside;
            let is_restarted = state.reconfigure(newest.as_ref().unwrap_or(&self.config), config);
            *newest = Some(*config);
            (inside.observe(), is_restarted)
        };
        self.meter.report(&self.name, change);
        if is_restarted {
            emit(&Event::BreakerWindowRestarted { name: &self.name });
        }
    }
    /// It stays disabled.
    fn reconfigure_overflow(&self, _: &CircuitBreakerConfig) {}
    fn max_keys(config: &CircuitBreakerConfig) -> u32 {
        config.max_keys
    }
    fn registry() -> &'static Registry<Registered<Self>> {
        &BREAKERS
    }
    fn keyed_registry() -> &'static Registry<KeyedInstances<Self>> {
        &KEYED
    }
    fn snapshot(&self) -> BreakerSnapshot {
        self.snapshot()
    }
    fn keyed_snapshot(instances: &KeyedInstances<Self>) -> KeyedCircuitBreakersSnapshot {
        let mut all = KeyedCircuitBreakersSnapshot {
            name: instances.name().to_owned(),
            max_keys: instances.max_keys(),
            closed: 0,
            open: 0,
            half_open: 0,
            rejecting: 0,
            rejected: 0,
            unguarded: instances.overflow_calls(),
        };
        instances.for_each_key(|breaker| {
            match breaker.state() {
                BreakerState::Closed | BreakerState::Disabled => all.closed += 1,
                BreakerState::Open | BreakerState::ForcedOpen => all.open += 1,
                BreakerState::HalfOpen => all.half_open += 1,
            }
            all.rejecting += usize::from(!breaker.would_admit());
            all.rejected = all.rejected.saturating_add(breaker.rejected.get());
        });
        all
    }
    fn reset(&self) {
        self.reset();
    }
    /// It stays disabled.
    fn reset_overflow(&self) {}
}

impl Evictable for CircuitBreaker {
    fn eviction_class(&self) -> EvictionClass {
        let now = time::now();
        let mut inside = self.lock();
        let (_, state) = inside.parts();
        let calls = state.tally(now).calls;
        match state.phase {
            Phase::Closed { failures: 0 } if calls == 0 => EvictionClass::Idle,
            Phase::Closed { .. } => EvictionClass::Partial,
            Phase::Open { until, .. } if now < until => EvictionClass::Pinned,
            // It rejects no call any more. Pinned, the keys of a flood would stay for ever.
            Phase::Open { .. } | Phase::HalfOpen { .. } => EvictionClass::Recovered,
            Phase::ForcedOpen | Phase::Disabled => EvictionClass::Pinned,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit_breaker::Permit;
    use crate::time::Moment;

    /// BUG-F2.
    #[test]
    fn only_a_breaker_that_rejects_calls_is_pinned() {
        let breaker = CircuitBreaker::new("class").failure_threshold(2);
        let fail = || assert!(breaker.admit().map(Permit::fail).is_ok());
        assert_eq!(breaker.eviction_class(), EvictionClass::Idle);
        fail();
        assert_eq!(breaker.eviction_class(), EvictionClass::Partial);
        fail();
        assert_eq!(breaker.eviction_class(), EvictionClass::Pinned);
        breaker.force(Phase::open_until(Moment::from_nanos(0)));
        assert_eq!(breaker.eviction_class(), EvictionClass::Recovered);
        breaker.force_open();
        assert_eq!(breaker.eviction_class(), EvictionClass::Pinned);
        let window = CircuitBreaker::new("class of a window").window(10);
        assert!(window.admit().map(Permit::succeed).is_ok());
        assert_eq!(window.eviction_class(), EvictionClass::Partial);
    }
}
