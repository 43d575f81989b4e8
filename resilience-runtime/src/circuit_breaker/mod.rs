//! A pure state machine behind a short lock, and a mirror that lets calls pass without the lock.

mod admission;
#[allow(missing_docs, clippy::missing_panics_doc, reason = "called in items of generated code only")]
mod config;
mod mirror;
#[cfg(test)]
mod model;
mod named;
mod permit;
mod record;
mod rejection;
mod scope;
#[cfg(feature = "config")]
mod settings;
#[cfg(feature = "store")]
#[allow(missing_docs, reason = "only generated code names it")]
mod shared;
mod small_permit;
mod state;
mod streamed;
mod stripes;
#[cfg(test)]
mod tasks;
#[cfg(test)]
mod threads;
mod window;

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use crate::count::Count;
use crate::metrics::{BreakerMeter, StateChange};
use crate::registry::{Handle, StateName};
use crate::sync::{Configured, lock};
use crate::time;

pub use crate::event::BreakerState;
pub use config::{CircuitBreakerConfig, Windowed};
pub(crate) use config::{NO_SLOW_CALL, NO_WINDOW};
use mirror::Mirror;
pub use named::{BreakerSnapshot, KeyedCircuitBreakers, KeyedCircuitBreakersSnapshot};
pub use permit::Permit;
pub use record::{Judgement, record, record_classified, record_values};
pub use rejection::RejectedCall;
pub use scope::{BreakerEntry, BreakerScope, SiteScope, TimedBreakerScope};
#[cfg(feature = "store")]
pub use shared::heed_signal;
use state::Fate;
use state::{BreakerMachine, Phase};

/// Stops calling a service that keeps failing, and probes it until it has recovered.
///
/// `#[circuit_breaker(name = "llm")]` creates one, and [`CircuitBreaker::named`] finds it. To share
/// one without a name that could be mistyped, put it in a `static` and write
/// `#[circuit_breaker(shared = LLM)]`:
///
/// ```
/// use resilience::{CircuitBreaker, circuit_breaker};
/// use std::time::Duration;
///
/// static LLM: CircuitBreaker = CircuitBreaker::new("llm").failure_threshold(1).recovery(Duration::from_secs(30));
///
/// #[circuit_breaker(shared = LLM)]
/// fn ask(up: bool) -> Option<&'static str> {
///     up.then_some("hello")
/// }
///
/// assert_eq!(ask(false), None);
/// assert_eq!(ask(true), None, "open: the body did not run");
/// LLM.reset();
/// assert_eq!(ask(true), Some("hello"));
/// ```
///
/// It needs no background task and no timer: an open breaker becomes half-open when the first call
/// after its recovery time arrives.
pub struct CircuitBreaker {
    name: StateName,
    config: CircuitBreakerConfig,
    mirror: Mirror,
    /// With the settings that replace `config`.
    inside: Mutex<BreakerInside>,
    rejected: Count,
    opened: AtomicU64,
    meter: BreakerMeter,
    #[cfg(feature = "store")]
    signal: shared::SignalLink,
}

type BreakerInside = Configured<Option<CircuitBreakerConfig>, BreakerMachine>;

/// The machine with all that has been counted. Dropping it publishes the state.
struct LockedBreaker<'a> {
    breaker: &'a CircuitBreaker,
    inside: MutexGuard<'a, BreakerInside>,
}

impl LockedBreaker<'_> {
    fn parts(&mut self) -> (&CircuitBreakerConfig, &mut BreakerMachine) {
        let Configured { config, state } = &mut *self.inside;
        (config.as_ref().unwrap_or(&self.breaker.config), state)
    }

    fn observe(&mut self) -> Option<StateChange> {
        self.breaker.meter.observe(self.inside.state.phase.shown(), time::now)
    }
}

impl Drop for LockedBreaker<'_> {
    fn drop(&mut self) {
        let Configured { config, state } = &*self.inside;
        self.breaker.mirror.publish(state, config.as_ref().unwrap_or(&self.breaker.config));
    }
}

impl CircuitBreaker {
    /// Creates a closed breaker with the defaults of the attribute: it opens after 5 consecutive
    /// failures, probes after 60 seconds with one call at a time, and closes after 2 successful
    /// probes.
    pub const fn new(name: &'static str) -> Self {
        Self::with(StateName::Text(Cow::Borrowed(name)), CircuitBreakerConfig::DEFAULT, false)
    }

    const fn with(name: StateName, config: CircuitBreakerConfig, is_keyed: bool) -> Self {
        Self {
            name,
            config,
            mirror: Mirror::new(&config),
            inside: Mutex::new(Configured { config: None, state: BreakerMachine::new() }),
            rejected: Count::new(),
            opened: AtomicU64::new(0),
            meter: BreakerMeter::new(is_keyed),
            #[cfg(feature = "store")]
            signal: shared::SignalLink::new(),
        }
    }

    /// Finds the breaker with this name.
    ///
    /// `None` until the function that carries it has been called. A breaker without an explicit
    /// name has the name of its function, `my_crate::api::ask` or `my_crate::api::Client::ask`. The
    /// breakers of an attribute with a `key` are found by [`KeyedCircuitBreakers::named`]. One in a `static` is
    /// not found by its name.
    ///
    /// ```
    /// use resilience::{CircuitBreaker, circuit_breaker};
    ///
    /// #[circuit_breaker(name = "search")]
    /// fn search(up: bool) -> Option<u32> {
    ///     up.then_some(1)
    /// }
    ///
    /// assert!(CircuitBreaker::named("search").is_none(), "never called");
    /// assert_eq!(search(true), Some(1));
    /// let breaker = CircuitBreaker::named("search").ok_or("called now")?;
    /// breaker.force_open();
    /// assert_eq!(search(true), None);
    /// # Ok::<(), &str>(())
    /// ```
    pub fn named(name: &str) -> Option<Handle<Self>> {
        crate::instance::find(name)
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns its current state. `Open` also when the recovery time is over and no call has come
    /// yet.
    pub fn state(&self) -> BreakerState {
        lock(&self.inside).state.phase.shown()
    }

    /// Returns whether it would admit a call now.
    ///
    /// An open breaker admits a call once its recovery time is over, although its
    /// [`state`](Self::state) changes only when that call arrives. A half-open breaker admits a call
    /// while it has room for a probe. The question reserves nothing: another call may come first.
    ///
    /// ```
    /// use resilience::CircuitBreaker;
    ///
    /// let breaker = CircuitBreaker::new("search");
    /// assert!(breaker.would_admit());
    /// breaker.force_open();
    /// assert!(!breaker.would_admit());
    /// ```
    pub fn would_admit(&self) -> bool {
        let now = time::now();
        let Configured { config, state } = &*lock(&self.inside);
        state.would_admit(config.as_ref().unwrap_or(&self.config), now)
    }

    /// Returns its state and its counts at this moment.
    pub fn snapshot(&self) -> BreakerSnapshot {
        let now = time::now();
        let mut inside = self.lock();
        let (config, machine) = inside.parts();
        let (state, tally) = (machine.phase.shown(), machine.tally(now));
        let would_admit = machine.would_admit(config, now);
        let (mut consecutive_failures, mut probes, mut retry_after) = (0, 0, None);
        match &machine.phase {
            Phase::Closed { failures } => consecutive_failures = *failures,
            Phase::Open { until, .. } => retry_after = Some(until.since(now)),
            Phase::HalfOpen { probes: leases, .. } => probes = u32::try_from(leases.len()).unwrap_or(u32::MAX),
            Phase::ForcedOpen | Phase::Disabled => {}
        }
        drop(inside);
        BreakerSnapshot {
            name: self.name.to_string(),
            state,
            would_admit,
            consecutive_failures,
            calls: tally.calls,
            failures: tally.failures,
            slow_calls: tally.slow,
            probes,
            retry_after,
            rejected: self.rejected.get(),
            opened: self.opened.load(Ordering::Relaxed),
            #[cfg(feature = "store")]
            store: self.store_namespace().map(str::to_owned),
        }
    }

    /// Rejects every call from now on, until [`close`](Self::close) or [`reset`](Self::reset). Other
    /// processes do not take part in it.
    pub fn force_open(&self) {
        self.force(Phase::ForcedOpen);
    }

    /// Closes the breaker, with a fresh count. One that processes share in a store closes in all of them,
    /// as soon as they are told.
    pub fn close(&self) {
        self.force(Phase::Closed { failures: 0 });
        #[cfg(feature = "store")]
        self.share_closing();
    }

    /// Lets every call pass and counts nothing, until [`close`](Self::close) or
    /// [`reset`](Self::reset).
    pub fn disable(&self) {
        self.force(Phase::Disabled);
    }

    /// Closes the breaker and clears all its counts. Calls in progress change nothing when they
    /// end.
    pub fn reset(&self) {
        self.close();
        self.rejected.reset();
        self.opened.store(0, Ordering::Relaxed);
    }

    fn force(&self, phase: Phase) {
        let change = self.enter_phase(phase);
        self.meter.report(&self.name, change);
        self.show_rates();
    }

    /// Called without the lock, which the rates take.
    fn show_rates(&self) {
        self.meter.show_rates(&self.name, || {
            let now = time::now();
            let mut inside = self.lock();
            let (config, machine) = inside.parts();
            let tally = machine.tally(now);
            config.rates(&machine.phase, tally)
        });
    }

    fn unless_switched_off(self) -> Self {
        if !self.config.is_enabled {
            // Not reported, because the registry is locked.
            let _change = self.enter_phase(Phase::Disabled);
        }
        self
    }

    fn enter_phase(&self, phase: Phase) -> Option<StateChange> {
        let mut inside = self.lock();
        let is_enabled = inside.parts().0.is_enabled;
        let phase = if matches!(phase, Phase::Closed { .. }) && !is_enabled { Phase::Disabled } else { phase };
        inside.inside.state.force(phase);
        inside.observe()
    }

    fn lock(&self) -> LockedBreaker<'_> {
        let mut inside = lock(&self.inside);
        self.mirror.collect(&mut inside.state);
        LockedBreaker { breaker: self, inside }
    }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.snapshot(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forced_states_hold_until_a_reset() {
        let breaker = CircuitBreaker::new("forced").failure_threshold(1);
        breaker.force_open();
        assert!(breaker.admit().is_err());
        assert_eq!(breaker.state(), BreakerState::ForcedOpen);
        breaker.disable();
        for _ in 0..10 {
            assert!(breaker.admit().map(|permit| permit.settle(Fate::Failure, &record::FailureCause::NONE)).is_ok());
        }
        breaker.reset();
        assert_eq!(breaker.state(), BreakerState::Closed);
    }
}
