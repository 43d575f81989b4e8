//! The circuit breaker: a pure state machine behind one short lock, with a mirror that lets calls through a calm
//! breaker without taking it.

#[allow(missing_docs, clippy::missing_panics_doc, reason = "called in items of generated code only")]
mod config;
mod permit;
#[allow(missing_docs, reason = "only generated code names it")]
mod site;
mod state;

use std::borrow::Cow;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock;
use crate::error::Error;
use crate::sync::lock;
use crate::telemetry::{self, Event};

pub use config::BreakerConfig;
pub use permit::{Permit, record, record_classified};
#[cfg(feature = "testing")]
pub(crate) use site::reset_all;
pub use site::{BreakerSite, breaker};
pub use state::Fate;
use state::{Config, Effect, Phase, State, Ticket};

/// A circuit breaker: it stops calling a service that keeps failing, and probes it until it is well again.
///
/// `#[circuit_breaker(name = "llm")]` makes one for you; [`breaker`](crate::breaker) finds it by its name. To share one without a
/// name that could be mistyped, put it in a `static` and say `#[circuit_breaker(shared = LLM)]`:
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
/// No background task and no timer belongs to it: an open breaker becomes half-open when the first call after its
/// recovery time arrives.
pub struct CircuitBreaker {
    name: Cow<'static, str>,
    config: Config,
    /// The generation and whether the state is calm. Read by every call, written only when that changes.
    gate: AtomicU64,
    state: Mutex<State>,
    refused: AtomicU64,
    opened: AtomicU64,
}

/// The state of a breaker, as a user reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BreakerState {
    /// Calls pass.
    Closed,
    /// Calls are refused.
    Open,
    /// Probes pass.
    HalfOpen,
    /// Calls are refused until [`CircuitBreaker::reset`] or [`CircuitBreaker::close`].
    ForcedOpen,
    /// Every call passes, and nothing is counted.
    Disabled,
}

impl fmt::Display for BreakerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half-open",
            Self::ForcedOpen => "forced open",
            Self::Disabled => "disabled",
        })
    }
}

/// A breaker at one moment, read under one lock.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BreakerSnapshot {
    /// The name it is found under.
    pub name: String,
    /// Its state. `Open` also when the recovery time is over and no call has come yet.
    pub state: BreakerState,
    /// Failures in a row, while closed.
    pub consecutive_failures: u32,
    /// Probes on their way, while half-open.
    pub probes: u32,
    /// The time until the first probe, while open.
    pub retry_after: Option<Duration>,
    /// Calls refused since the process started or the breaker was reset.
    pub refused: u64,
    /// How often it has opened in that time, failed probes included.
    pub opened: u64,
}

/// The gate's lowest bit: the state has to be looked at under the lock.
const BUSY: u64 = 1;

impl CircuitBreaker {
    /// A closed breaker with the defaults of the attribute: it opens after 5 failures in a row, probes after
    /// 60 seconds with one call at a time, and closes after 2 successful probes.
    pub const fn new(name: &'static str) -> Self {
        Self::with(Cow::Borrowed(name), Config::DEFAULT)
    }

    const fn with(name: Cow<'static, str>, config: Config) -> Self {
        Self {
            name,
            config,
            gate: AtomicU64::new(0),
            state: Mutex::new(State::new()),
            refused: AtomicU64::new(0),
            opened: AtomicU64::new(0),
        }
    }

    /// The number of failures in a row that opens it. Default: 5.
    ///
    /// # Panics
    ///
    /// At zero; in a `static` that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn failure_threshold(mut self, failures: u32) -> Self {
        self.config = BreakerConfig(self.config).failure_threshold(failures).0;
        self
    }

    /// How long it stays open before it lets a probe through. Default: 60 s.
    ///
    /// # Panics
    ///
    /// At zero; in a `static` that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn recovery(mut self, time: Duration) -> Self {
        self.config = BreakerConfig(self.config).recovery(time).0;
        self
    }

    /// The number of successful probes that closes it. Default: 2.
    ///
    /// # Panics
    ///
    /// At zero; in a `static` that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn success_threshold(mut self, successes: u32) -> Self {
        self.config = BreakerConfig(self.config).success_threshold(successes).0;
        self
    }

    /// The number of probes at the same time. Default: 1.
    ///
    /// # Panics
    ///
    /// At zero; in a `static` that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn half_open_max(mut self, probes: u32) -> Self {
        self.config = BreakerConfig(self.config).half_open_max(probes).0;
        self
    }

    /// What each failed probe multiplies the next open time by. Default: 1.0.
    ///
    /// # Panics
    ///
    /// Below 1 and above 1e9; in a `static` that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn recovery_factor(mut self, factor: f64) -> Self {
        self.config = BreakerConfig(self.config).recovery_factor(factor).0;
        self
    }

    /// The longest open time, however many probes have failed. Default: none. A longer [`recovery`](Self::recovery)
    /// is cut to it.
    #[must_use]
    pub const fn max_recovery(mut self, time: Duration) -> Self {
        self.config = BreakerConfig(self.config).max_recovery(time).0;
        self
    }

    /// How long a probe may be on its way before its place is given to another. Default: 60 s.
    ///
    /// # Panics
    ///
    /// At zero; in a `static` that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn probe_lease(mut self, time: Duration) -> Self {
        self.config = BreakerConfig(self.config).probe_lease(time).0;
        self
    }

    /// The name it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its state now.
    pub fn state(&self) -> BreakerState {
        self.snapshot().state
    }

    /// Everything there is to see of it.
    pub fn snapshot(&self) -> BreakerSnapshot {
        let (mut consecutive_failures, mut probes, mut retry_after) = (0, 0, None);
        let state = match &lock(&self.state).phase {
            Phase::Closed { failures } => {
                consecutive_failures = *failures;
                BreakerState::Closed
            }
            Phase::Open { until, .. } => {
                retry_after = Some(until.since(clock::now()));
                BreakerState::Open
            }
            Phase::HalfOpen { probes: leases, .. } => {
                probes = u32::try_from(leases.len()).unwrap_or(u32::MAX);
                BreakerState::HalfOpen
            }
            Phase::ForcedOpen => BreakerState::ForcedOpen,
            Phase::Disabled => BreakerState::Disabled,
        };
        BreakerSnapshot {
            name: self.name.clone().into_owned(),
            state,
            consecutive_failures,
            probes,
            retry_after,
            refused: self.refused.load(Ordering::Relaxed),
            opened: self.opened.load(Ordering::Relaxed),
        }
    }

    /// Refuses every call from now on, until [`close`](Self::close) or [`reset`](Self::reset).
    pub fn force_open(&self) {
        self.force(Phase::ForcedOpen);
    }

    /// Closes it now, with a fresh count.
    pub fn close(&self) {
        self.force(Phase::Closed { failures: 0 });
    }

    /// Lets every call pass and counts nothing, until [`close`](Self::close) or [`reset`](Self::reset).
    pub fn disable(&self) {
        self.force(Phase::Disabled);
    }

    /// Puts it back to its beginning. Calls that are under way change nothing when they end.
    pub fn reset(&self) {
        self.close();
        self.refused.store(0, Ordering::Relaxed);
        self.opened.store(0, Ordering::Relaxed);
    }

    fn force(&self, phase: Phase) {
        let mut state = lock(&self.state);
        state.force(phase);
        self.publish(&state);
    }

    /// Lets a call in. The permit that comes back takes the call's fate; dropped without one, it counts nothing
    /// and gives its place back.
    ///
    /// # Errors
    ///
    /// [`Error::CircuitOpen`], with the time until the next probe.
    #[inline]
    pub fn admit(&self) -> Result<Permit<'_>, Error> {
        let gate = self.gate.load(Ordering::Acquire);
        if gate & BUSY == 0 {
            return Ok(Permit::new(self, Ticket { generation: generation(gate), probe: 0 }));
        }
        self.admit_slowly()
    }

    #[cold]
    fn admit_slowly(&self) -> Result<Permit<'_>, Error> {
        let now = clock::now();
        let (admitted, effect) = {
            let mut state = lock(&self.state);
            let outcome = state.admit(&self.config, now);
            self.publish(&state);
            outcome
        };
        self.tell(effect);
        admitted.map(|ticket| Permit::new(self, ticket)).map_err(|retry_after| {
            self.refused.fetch_add(1, Ordering::Relaxed);
            Error::CircuitOpen { name: self.name.clone(), retry_after }
        })
    }

    /// Whether a success of this ticket would change nothing.
    #[inline]
    fn is_calm(&self, ticket: Ticket) -> bool {
        ticket.probe == 0 && self.gate.load(Ordering::Acquire) == gate_word(ticket.generation, true)
    }

    #[cold]
    fn settle(&self, ticket: Ticket, fate: Fate) {
        // The clock is read only where the time matters: a failure may open the breaker.
        let now = clock::now();
        let effect = {
            let mut state = lock(&self.state);
            let effect = state.settle(&self.config, ticket, fate, now);
            self.publish(&state);
            effect
        };
        self.tell(effect);
    }

    /// Called with the lock held, so that the mirror never shows a state that was not.
    fn publish(&self, state: &State) {
        self.gate.store(gate_word(state.generation, state.is_calm()), Ordering::Release);
    }

    /// After the lock is released: a listener may panic, or come back to this breaker.
    fn tell(&self, effect: Effect) {
        let name = &*self.name;
        telemetry::emit(&match effect {
            Effect::None => return,
            Effect::Opened(recovery) => {
                self.opened.fetch_add(1, Ordering::Relaxed);
                Event::BreakerOpen { name, recovery }
            }
            Effect::HalfOpened => Event::BreakerHalfOpen { name },
            Effect::Closed => Event::BreakerClose { name },
        });
    }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.snapshot(), f)
    }
}

const fn gate_word(generation: u32, calm: bool) -> u64 {
    (generation as u64) << 1 | if calm { 0 } else { BUSY }
}

const fn generation(gate: u64) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "the gate holds 33 bits")]
    let generation = (gate >> 1) as u32;
    generation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calm_breaker_is_passed_without_the_lock() {
        let breaker = CircuitBreaker::new("calm");
        let held = lock(&breaker.state);
        if let Ok(permit) = breaker.admit() {
            permit.succeed();
        }
        drop(held);
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn the_gate_follows_the_state() {
        let breaker = CircuitBreaker::new("gate").failure_threshold(2);
        let fail = || breaker.admit().map(|permit| permit.settle(Fate::Failure)).is_ok();
        assert!(fail() && fail());
        assert!(!fail());
        assert_eq!(breaker.snapshot().refused, 1);
        breaker.close();
        assert!(fail());
        assert!(breaker.admit().map(Permit::succeed).is_ok());
        assert_eq!(breaker.snapshot().consecutive_failures, 0);
    }

    #[test]
    fn forced_states_hold_and_let_go() {
        let breaker = CircuitBreaker::new("forced").failure_threshold(1);
        breaker.force_open();
        assert!(breaker.admit().is_err());
        assert_eq!(breaker.state(), BreakerState::ForcedOpen);
        breaker.disable();
        for _ in 0..10 {
            assert!(breaker.admit().map(|permit| permit.settle(Fate::Failure)).is_ok());
        }
        breaker.reset();
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn a_panic_and_a_drop_give_the_probe_back() {
        let breaker = CircuitBreaker::new("probe").failure_threshold(1).recovery(Duration::from_nanos(1));
        assert!(breaker.admit().map(|permit| permit.settle(Fate::Failure)).is_ok());
        std::thread::sleep(Duration::from_millis(1));
        drop(breaker.admit());
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _permit = breaker.admit();
            panic!("body");
        }));
        assert!(panicked.is_err());
        assert_eq!(breaker.snapshot().probes, 0);
        assert!(breaker.admit().is_ok());
    }

    #[test]
    fn two_threads_in_half_open_get_exactly_the_quota() {
        for _ in 0..200 {
            let breaker = CircuitBreaker::new("race").failure_threshold(1).recovery(Duration::from_nanos(1));
            assert!(breaker.admit().map(|permit| permit.settle(Fate::Failure)).is_ok());
            std::thread::sleep(Duration::from_micros(1));
            let barrier = std::sync::Barrier::new(4);
            let admitted = std::thread::scope(|scope| {
                let calls: Vec<_> = (0..4)
                    .map(|_| {
                        scope.spawn(|| {
                            barrier.wait();
                            breaker.admit().ok()
                        })
                    })
                    .collect();
                let permits: Vec<_> = calls.into_iter().filter_map(|call| call.join().ok().flatten()).collect();
                permits.len()
            });
            assert_eq!(admitted, 1);
        }
    }
}
