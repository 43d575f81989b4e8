//! The circuit breaker: a pure state machine behind one short lock, with a mirror that lets calls through a calm
//! breaker without taking it.

#[allow(missing_docs, clippy::missing_panics_doc, reason = "called in items of generated code only")]
mod config;
#[cfg(test)]
mod model;
mod permit;
#[allow(missing_docs, reason = "only generated code names it")]
mod site;
mod state;
mod window;

use std::borrow::Cow;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::emit::emit;
use crate::error::Error;
use crate::event::Event;
use crate::event::LoggedError;
use crate::instance::keyed::{Instance, Standing};
use crate::metrics::{BreakerMeter, Change, OfBreaker};
use crate::sync::lock;
use crate::time::{self, Moment};

pub use crate::event::BreakerState;
pub use config::BreakerConfig;
pub(crate) use config::{NO_SLOW_CALL, NO_WINDOW, TWO_WAYS};
pub use permit::{Permit, record, record_classified, record_said};
#[cfg(feature = "testing")]
pub(crate) use site::reset_all;
pub use site::{BreakerSite, KeyedBreakerSite, KeyedBreakers, KeyedBreakersSnapshot, breaker, keyed_breakers};
pub(crate) use site::{keyed_snapshots, snapshots};
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
    /// The generation, and what of the state a call has to know. Read by every call, written only when that changes.
    gate: AtomicU64,
    /// Until when it rejects every call, while the gate says that it is open.
    open_until: AtomicU64,
    state: Mutex<State>,
    rejected: AtomicU64,
    opened: AtomicU64,
    meter: BreakerMeter,
}

/// A breaker at one moment, read under one lock.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BreakerSnapshot {
    /// The name it is found under.
    pub name: String,
    /// Its state. `Open` also when the recovery time is over and no call has come yet.
    pub state: BreakerState,
    /// Failures in a row, while closed. Zero where there is a window.
    pub consecutive_failures: u32,
    /// Calls in the window, while closed.
    pub calls: u64,
    /// Those of them that have failed.
    pub failures: u64,
    /// Those of them that were slow.
    pub slow_calls: u64,
    /// Probes on their way, while half-open.
    pub probes: u32,
    /// The time until the first probe, while open.
    pub retry_after: Option<Duration>,
    /// Calls rejected since the process started or the breaker was reset.
    pub rejected: u64,
    /// How often it has opened in that time, failed probes included.
    pub opened: u64,
}

/// A bit of the gate: whether a call may pass has to be looked up under the lock.
const BUSY: u64 = 1;

/// Another: there are failures, which a success ends.
const COUNTING: u64 = 4;

/// Another: nobody passes before `open_until`.
const OPEN: u64 = 8;

/// Another: there is a window, which counts successes too.
const WINDOWED: u64 = 2;

impl CircuitBreaker {
    /// A closed breaker with the defaults of the attribute: it opens after 5 failures in a row, probes after
    /// 60 seconds with one call at a time, and closes after 2 successful probes.
    pub const fn new(name: &'static str) -> Self {
        Self::with(Cow::Borrowed(name), Config::DEFAULT, false)
    }

    const fn with(name: Cow<'static, str>, config: Config, is_keyed: bool) -> Self {
        Self {
            name,
            config,
            gate: AtomicU64::new(plain_gate_word(0) | windowed(&config)),
            open_until: AtomicU64::new(0),
            state: Mutex::new(State::new()),
            rejected: AtomicU64::new(0),
            opened: AtomicU64::new(0),
            meter: BreakerMeter::new(is_keyed),
        }
    }

    /// The number of failures in a row that opens it. Default: 5.
    ///
    /// # Panics
    ///
    /// At zero, and together with a window; in a `static` that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn failure_threshold(mut self, failures: u32) -> Self {
        assert!(self.config.window.is_none(), "{}", TWO_WAYS);
        self.config = BreakerConfig(self.config).failure_threshold(failures).0;
        self
    }

    /// Instead of failures in a row: opens when among the last `calls` calls the part of failures reaches
    /// [`failure_rate`](Self::failure_rate). Calls are counted when they end.
    ///
    /// ```
    /// use resilience::CircuitBreaker;
    ///
    /// static LLM: CircuitBreaker = CircuitBreaker::new("llm").window(100).failure_rate(0.5).min_calls(20);
    /// ```
    ///
    /// # Panics
    ///
    /// At zero, above 100,000, after [`failure_threshold`](Self::failure_threshold), and with more
    /// [`min_calls`](Self::min_calls) than it holds; in a `static` that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn window(mut self, calls: u32) -> Self {
        self.config = BreakerConfig(self.config).window(calls).0;
        self.windowed()
    }

    /// The same for the calls that have ended within the last `time`. It is kept in 20 parts, so that it moves on by a
    /// twentieth of its length.
    ///
    /// # Panics
    ///
    /// At zero, and after [`failure_threshold`](Self::failure_threshold); in a `static` that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn window_time(mut self, time: Duration) -> Self {
        self.config = BreakerConfig(self.config).window_time(time).0;
        self.windowed()
    }

    #[track_caller]
    const fn windowed(mut self) -> Self {
        self.gate = AtomicU64::new(plain_gate_word(0) | windowed(&self.config));
        assert!(self.config.failure_threshold == Config::DEFAULT.failure_threshold, "{}", TWO_WAYS);
        let _judged = BreakerConfig(self.config).judged();
        self
    }

    #[track_caller]
    const fn has_window(&self) {
        assert!(self.config.window.is_some(), "{}", NO_WINDOW);
    }

    /// The part of the calls in the window that opens it when so many fail: `0.5` is one half. Default: 0.5.
    ///
    /// # Panics
    ///
    /// Outside of `0 < rate <= 1`, and without a window before it; in a `static` that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn failure_rate(mut self, rate: f64) -> Self {
        self.has_window();
        self.config = BreakerConfig(self.config).failure_rate(rate).0;
        self
    }

    /// The calls that the window must hold before it is judged. Default: a window of calls has to be full, or to hold 100;
    /// a window of time has to hold 20.
    ///
    /// # Panics
    ///
    /// At zero, above the size of a window of calls, and without a window before it; in a `static` that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn min_calls(mut self, calls: u32) -> Self {
        self.has_window();
        self.config = BreakerConfig(self.config).min_calls(calls).judged().0;
        self
    }

    /// A call that takes longer than this is slow, whether it fails or not, and opens the breaker by
    /// [`slow_rate`](Self::slow_rate). A slow probe has failed. Default: no call is slow.
    ///
    /// # Panics
    ///
    /// At zero, and without a window before it; in a `static` that is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn slow_call(mut self, limit: Duration) -> Self {
        self.has_window();
        self.config = BreakerConfig(self.config).slow_call(limit).0;
        self
    }

    /// The part of the calls in the window that opens it when so many are slow. Default: 1.0.
    ///
    /// # Panics
    ///
    /// Outside of `0 < rate <= 1`, and without [`slow_call`](Self::slow_call) before it; in a `static` that is a compile
    /// error.
    #[must_use]
    #[track_caller]
    pub const fn slow_rate(mut self, rate: f64) -> Self {
        assert!(self.config.slow_call.is_some(), "{}", NO_SLOW_CALL);
        self.config = BreakerConfig(self.config).slow_rate(rate).0;
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
    /// is cut to it, whichever of the two is said first.
    ///
    /// # Panics
    ///
    /// At zero; in a `static` that is a compile error.
    #[must_use]
    #[track_caller]
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
        lock(&self.state).phase.shown()
    }

    /// Everything there is to see of it.
    pub fn snapshot(&self) -> BreakerSnapshot {
        let now = time::now();
        let mut guard = lock(&self.state);
        let (state, tally) = (guard.phase.shown(), guard.tally(now));
        let (mut consecutive_failures, mut probes, mut retry_after) = (0, 0, None);
        match &guard.phase {
            Phase::Closed { failures } => consecutive_failures = *failures,
            Phase::Open { until, .. } => retry_after = Some(until.since(now)),
            Phase::HalfOpen { probes: leases, .. } => probes = u32::try_from(leases.len()).unwrap_or(u32::MAX),
            Phase::ForcedOpen | Phase::Disabled => {}
        }
        drop(guard);
        BreakerSnapshot {
            name: self.name.clone().into_owned(),
            state,
            consecutive_failures,
            calls: tally.calls,
            failures: tally.failures,
            slow_calls: tally.slow,
            probes,
            retry_after,
            rejected: self.rejected.load(Ordering::Relaxed),
            opened: self.opened.load(Ordering::Relaxed),
        }
    }

    /// Rejects every call from now on, until [`close`](Self::close) or [`reset`](Self::reset).
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
        self.rejected.store(0, Ordering::Relaxed);
        self.opened.store(0, Ordering::Relaxed);
    }

    fn force(&self, phase: Phase) {
        let change = self.put(phase);
        self.meter.tell(&self.name, change);
    }

    fn put(&self, phase: Phase) -> Option<Change> {
        let mut state = lock(&self.state);
        state.force(phase);
        self.publish(&state)
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
        if gate & (BUSY | WINDOWED) == 0 {
            emit(&Event::BreakerAsked { state: BreakerState::Closed });
            return Ok(Permit::new(self, Ticket { generation: generation(gate), probe: 0, started: Ticket::UNTIMED }));
        }
        if gate & BUSY == 0 {
            emit(&Event::BreakerAsked { state: BreakerState::Closed });
            let started = if self.config.slow_call.is_some() { time::now() } else { Ticket::UNTIMED };
            return Ok(Permit::new(self, Ticket { generation: generation(gate), probe: 0, started }));
        }
        self.admit_slowly(gate)
    }

    #[cold]
    fn admit_slowly(&self, gate: u64) -> Result<Permit<'_>, Error> {
        let now = time::now();
        let until = Moment::from_nanos(self.open_until.load(Ordering::Relaxed));
        if gate & OPEN != 0 && now < until {
            emit(&Event::BreakerAsked { state: BreakerState::Open });
            return Err(self.reject(until.since(now)));
        }
        let ((admitted, effect), generation, change) = {
            let mut state = lock(&self.state);
            let outcome = state.admit(&self.config, now);
            let change = self.publish(&state);
            (outcome, state.generation, change)
        };
        emit(&Event::BreakerAsked {
            state: match &admitted {
                Err(_) => BreakerState::Open,
                Ok(ticket) if ticket.probe != 0 => BreakerState::HalfOpen,
                Ok(_) => BreakerState::Closed,
            },
        });
        // Before a listener is told: one that panics takes the permit with it, and not the place of the probe.
        let admitted = admitted.map(|ticket| Permit::new(self, ticket));
        self.tell(effect, generation, change, None);
        admitted.map_err(|retry_after| self.reject(retry_after))
    }

    fn reject(&self, retry_after: Duration) -> Error {
        self.rejected.fetch_add(1, Ordering::Relaxed);
        self.meter.count(&self.name, OfBreaker::Rejected);
        Error::CircuitOpen { name: self.name.clone(), retry_after }
    }

    /// Whether a success of this ticket would change nothing.
    #[inline]
    fn is_calm(&self, ticket: Ticket) -> bool {
        ticket.probe == 0 && self.gate.load(Ordering::Acquire) == plain_gate_word(ticket.generation)
    }

    #[cold]
    fn settle(&self, ticket: Ticket, fate: Fate) {
        self.settle_said(ticket, fate, None);
    }

    /// The same, with what is to be said should it open: more than a caller should carry that has nothing to say.
    #[cold]
    fn settle_said(&self, ticket: Ticket, fate: Fate, error: Option<LoggedError<'_>>) {
        let (effect, generation, change) = {
            let mut state = lock(&self.state);
            let effect = state.settle(&self.config, ticket, fate, time::now);
            let change = self.publish(&state);
            (effect, state.generation, change)
        };
        self.tell(effect, generation, change, error);
    }

    /// Called with the lock held, so that the mirror never shows a state that was not.
    fn publish(&self, state: &State) -> Option<Change> {
        let bit = |is_set, bit| if is_set { bit } else { 0 };
        let until = state.open_until();
        if let Some(until) = until {
            self.open_until.store(until.as_nanos(), Ordering::Relaxed);
        }
        let gate = plain_gate_word(state.generation)
            | windowed(&self.config)
            | bit(!state.lets_pass(), BUSY)
            | bit(!state.is_calm(), COUNTING)
            | bit(until.is_some(), OPEN);
        self.gate.store(gate, Ordering::Release);
        self.meter.observe(state.phase.shown(), time::now)
    }

    /// After the lock is released: a listener may panic, or come back to this breaker. So the events of two threads may
    /// arrive in another order than they happened in, which the generation tells.
    fn tell(&self, effect: Effect, generation: u32, change: Option<Change>, error: Option<LoggedError<'_>>) {
        let name = &*self.name;
        self.meter.tell(name, change);
        emit(&match effect {
            Effect::None => return,
            Effect::Opened(recovery) => {
                self.opened.fetch_add(1, Ordering::Relaxed);
                Event::BreakerOpen { name, recovery, generation, error }
            }
            Effect::HalfOpened => Event::BreakerHalfOpen { name, generation },
            Effect::Closed => Event::BreakerClose { name, generation },
        });
    }
}

impl Phase {
    /// As a user reads it.
    const fn shown(&self) -> BreakerState {
        match self {
            Self::Closed { .. } => BreakerState::Closed,
            Self::Open { .. } => BreakerState::Open,
            Self::HalfOpen { .. } => BreakerState::HalfOpen,
            Self::ForcedOpen => BreakerState::ForcedOpen,
            Self::Disabled => BreakerState::Disabled,
        }
    }
}

impl Instance for CircuitBreaker {
    fn standing(&self) -> Standing {
        let now = time::now();
        let mut state = lock(&self.state);
        let calls = state.tally(now).calls;
        match state.phase {
            Phase::Closed { failures: 0 } if calls == 0 => Standing::Idle,
            Phase::Closed { .. } => Standing::Spare,
            Phase::Open { until, .. } if now < until => Standing::InForce,
            // It rejects nobody any more. Kept for ever, the keys of one flood would hold all places.
            Phase::Open { .. } | Phase::HalfOpen { .. } => Standing::Spent,
            Phase::ForcedOpen | Phase::Disabled => Standing::InForce,
        }
    }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.snapshot(), f)
    }
}

const fn windowed(config: &Config) -> u64 {
    if config.window.is_some() { WINDOWED } else { 0 }
}

/// The gate of a calm breaker without a window.
const fn plain_gate_word(generation: u32) -> u64 {
    (generation as u64) << 4
}

const fn generation(gate: u64) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "the gate holds 36 bits")]
    let generation = (gate >> 4) as u32;
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
    fn an_open_breaker_rejects_and_one_that_counts_admits_without_the_lock() {
        let breaker = CircuitBreaker::new("mirror").failure_threshold(2);
        let fail = || breaker.admit().map(Permit::fail).is_ok();
        assert!(fail());
        let held = lock(&breaker.state);
        assert!(breaker.admit().is_ok());
        drop(held);
        assert!(fail());
        let _held = lock(&breaker.state);
        assert!(matches!(breaker.admit(), Err(Error::CircuitOpen { retry_after, .. }) if !retry_after.is_zero()));
    }

    #[test]
    fn the_gate_follows_the_state() {
        let breaker = CircuitBreaker::new("gate").failure_threshold(2);
        let fail = || breaker.admit().map(|permit| permit.settle(Fate::Failure)).is_ok();
        assert!(fail() && fail());
        assert!(!fail());
        assert_eq!(breaker.snapshot().rejected, 1);
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

    /// Opens it, with its recovery time over.
    fn make_ready_to_probe(breaker: &CircuitBreaker) {
        breaker.force(Phase::Open { until: Moment::from_nanos(0), failed_probes: 0 });
    }

    #[test]
    fn a_panic_and_a_drop_give_the_probe_back() {
        let breaker = CircuitBreaker::new("probe");
        make_ready_to_probe(&breaker);
        drop(breaker.admit());
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _permit = breaker.admit();
            panic!("body");
        }));
        assert!(panicked.is_err());
        assert_eq!(breaker.snapshot().probes, 0);
        assert!(breaker.admit().is_ok());
    }

    /// A4.
    #[test]
    fn threads_in_half_open_get_exactly_the_quota() {
        for quota in [1, 3].repeat(100) {
            let breaker = CircuitBreaker::new("race").half_open_max(quota);
            make_ready_to_probe(&breaker);
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
            assert_eq!(admitted, quota as usize);
        }
    }

    #[test]
    fn a_window_is_passed_without_the_lock_and_counts_successes() {
        let breaker = CircuitBreaker::new("window").window(4).failure_rate(0.5);
        let held = lock(&breaker.state);
        let permit = breaker.admit();
        drop(held);
        assert!(permit.map(Permit::succeed).is_ok());
        assert!(breaker.admit().map(Permit::fail).is_ok());
        let BreakerSnapshot { calls, failures, consecutive_failures, .. } = breaker.snapshot();
        assert_eq!((calls, failures, consecutive_failures), (2, 1, 0));
        breaker.close();
        assert_eq!(breaker.snapshot().calls, 0);
    }

    /// A27: every edge is either rejected, or a breaker that lets the first call pass and can be opened.
    #[test]
    fn builders_reject_what_would_never_or_always_open() {
        let rejected = |build: fn() -> CircuitBreaker| std::panic::catch_unwind(build).is_err();
        let zero: [fn() -> CircuitBreaker; 11] = [
            || CircuitBreaker::new("").failure_threshold(0),
            || CircuitBreaker::new("").success_threshold(0),
            || CircuitBreaker::new("").half_open_max(0),
            || CircuitBreaker::new("").recovery(Duration::ZERO),
            || CircuitBreaker::new("").max_recovery(Duration::ZERO),
            || CircuitBreaker::new("").probe_lease(Duration::ZERO),
            || CircuitBreaker::new("").window(0),
            || CircuitBreaker::new("").window(u32::MAX),
            || CircuitBreaker::new("").window_time(Duration::ZERO),
            || CircuitBreaker::new("").window(1).min_calls(0),
            || CircuitBreaker::new("").window(1).slow_call(Duration::ZERO),
        ];
        for build in zero {
            assert!(rejected(build));
        }
        let rates = [0.0, -0.0, -1.0, 1.1, 100.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        for rate in rates {
            let breaker = || CircuitBreaker::new("").window(10).slow_call(Duration::MAX);
            assert!(std::panic::catch_unwind(|| breaker().failure_rate(rate)).is_err(), "{rate}");
            assert!(std::panic::catch_unwind(|| breaker().slow_rate(rate)).is_err(), "{rate}");
        }
        for factor in [0.0, 0.999, f64::NAN, f64::INFINITY, -2.0] {
            assert!(std::panic::catch_unwind(|| CircuitBreaker::new("").recovery_factor(factor)).is_err(), "{factor}");
        }
        assert!(rejected(|| CircuitBreaker::new("").window(10).min_calls(11)));
        assert!(rejected(|| CircuitBreaker::new("").window_time(Duration::MAX).min_calls(11).window(10)));
        for part in [f64::MIN_POSITIVE, 0.5, 1.0] {
            for breaker in [
                CircuitBreaker::new("").window(1).failure_rate(part),
                CircuitBreaker::new("").window_time(Duration::MAX).failure_rate(part).min_calls(1),
                CircuitBreaker::new("").window_time(Duration::from_nanos(1)).failure_rate(part).min_calls(1),
            ] {
                assert!(breaker.admit().map(Permit::fail).is_ok());
                assert_eq!(breaker.state(), BreakerState::Open);
            }
        }
    }

    /// F2: what the flood of keys may take the place of.
    #[test]
    fn only_a_breaker_that_rejects_calls_is_in_force() {
        let breaker = CircuitBreaker::new("standing").failure_threshold(2);
        let fail = || assert!(breaker.admit().map(Permit::fail).is_ok());
        assert_eq!(breaker.standing(), Standing::Idle);
        fail();
        assert_eq!(breaker.standing(), Standing::Spare);
        fail();
        assert_eq!(breaker.standing(), Standing::InForce);
        make_ready_to_probe(&breaker);
        assert_eq!(breaker.standing(), Standing::Spent);
        breaker.force_open();
        assert_eq!(breaker.standing(), Standing::InForce);
        let window = CircuitBreaker::new("standing window").window(10);
        assert!(window.admit().map(Permit::succeed).is_ok());
        assert_eq!(window.standing(), Standing::Spare);
    }
}
