//! The breaker as a pure machine: `(state, event, now) -> (state, effects)`. No clock, no lock, no telemetry.

use std::time::Duration;

use super::window::{Call, Extent, Rate, Tally, Window};
use crate::time::backoff::Fixed;
use crate::time::{self, Moment};

/// What one `#[circuit_breaker]` was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// Failures in a row, where there is no window.
    pub failure_threshold: u32,
    pub window: Option<Extent>,
    pub failure_rate: Rate,
    pub min_calls: Option<u32>,
    pub slow_call: Option<Duration>,
    pub slow_rate: Rate,
    pub success_threshold: u32,
    pub half_open_max: u32,
    pub recovery: Duration,
    pub recovery_factor: Fixed,
    pub max_recovery: Duration,
    pub probe_lease: Duration,
    /// The number of breakers, where there is one for each key.
    pub max_keys: u32,
}

impl Config {
    pub const DEFAULT: Self = Self {
        failure_threshold: 5,
        window: None,
        failure_rate: Rate::HALF,
        min_calls: None,
        slow_call: None,
        slow_rate: Rate::ALL,
        success_threshold: 2,
        half_open_max: 1,
        recovery: Duration::from_secs(60),
        recovery_factor: Fixed::ONE,
        max_recovery: Duration::MAX,
        probe_lease: Duration::from_secs(60),
        max_keys: 1_000,
    };

    /// The calls a window must hold before it is judged. By default a window of calls has to be full, but for more than
    /// a hundred, as in resilience4j; a window of time may never see a hundred calls, and is judged from twenty on, as in
    /// Hystrix.
    pub const fn min_calls(&self) -> u32 {
        match (self.min_calls, self.window) {
            (Some(calls), _) => calls,
            (None, Some(Extent::Calls(size))) if size < 100 => size,
            (None, Some(Extent::Calls(_))) => 100,
            (None, _) => 20,
        }
    }

    fn is_too_much(&self, tally: Tally) -> bool {
        tally.calls >= u64::from(self.min_calls())
            && (self.failure_rate.is_reached(tally.failures, tally.calls)
                || self.slow_rate.is_reached(tally.slow, tally.calls))
    }

    /// When a call began, where that matters.
    fn started(&self, now: Moment) -> Moment {
        if self.slow_call.is_some() { now } else { Ticket::UNTIMED }
    }

    fn is_slow(&self, ticket: Ticket, now: impl Fn() -> Moment) -> bool {
        self.slow_call.is_some_and(|limit| now().since(ticket.started) > limit)
    }

    /// How long to stay open after this many failed probes in a row.
    fn recovery_after(&self, failed_probes: u32) -> Duration {
        let grown = self.recovery_factor.power(failed_probes).times(time::nanos(self.recovery));
        Duration::from_nanos(grown).min(self.max_recovery)
    }
}

/// How an admitted call has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The other side has answered.
    Success,
    /// It has not, and it counts.
    Failure,
    /// An error that counts as nothing.
    Ignored,
    /// Dropped by the caller, or panicked: nothing is known about the other side.
    Abandoned,
}

impl Fate {
    /// An error that does not count as a failure is a success: the other side has answered.
    pub const fn counted(counts: bool) -> Self {
        if counts { Self::Failure } else { Self::Success }
    }
}

/// Proof of admission. It carries the generation in which it was given out: a result that arrives after the
/// breaker has changed its state belongs to the past and changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    pub generation: u32,
    /// The number of the probe; zero for a call through the closed breaker.
    pub probe: u32,
    pub started: Moment,
}

impl Ticket {
    /// The start of a call whose time does not matter: no call that began then is slow.
    pub const UNTIMED: Moment = Moment::FAR;
}

/// A change of state, for the outside world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    None,
    Opened(Duration),
    HalfOpened,
    Closed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    Closed {
        failures: u32,
    },
    Open {
        until: Moment,
        failed_probes: u32,
    },
    HalfOpen {
        successes: u32,
        probes: Vec<Lease>,
        failed_probes: u32,
    },
    /// Held open by hand.
    ForcedOpen,
    /// Every call passes, and nothing is counted.
    Disabled,
}

/// A probe on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    probe: u32,
    expires: Moment,
}

#[derive(Debug, Clone)]
pub struct State {
    pub phase: Phase,
    pub generation: u32,
    last_probe: u32,
    /// Made for the first call that has to be counted.
    window: Option<Window>,
}

impl State {
    pub const fn new() -> Self {
        Self { phase: Phase::Closed { failures: 0 }, generation: 0, last_probe: 0, window: None }
    }

    /// Whether calls may pass without looking at the state.
    pub fn lets_pass(&self) -> bool {
        matches!(self.phase, Phase::Closed { .. })
    }

    /// Whether a success would change nothing, where there is no window.
    pub fn is_calm(&self) -> bool {
        matches!(self.phase, Phase::Closed { failures: 0 })
    }

    /// Until when it rejects every call, while it is open.
    pub fn open_until(&self) -> Option<Moment> {
        if let Phase::Open { until, .. } = self.phase { Some(until) } else { None }
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.generation = self.generation.wrapping_add(1);
        if let Some(window) = &mut self.window {
            window.clear();
        }
    }

    pub fn force(&mut self, phase: Phase) {
        self.enter(phase);
    }

    /// What is in the window now.
    pub fn tally(&mut self, now: Moment) -> Tally {
        self.window.as_mut().map_or(Tally::NONE, |window| window.tally(now))
    }

    /// Lets a call in, or says how long it would have to wait.
    pub fn admit(&mut self, config: &Config, now: Moment) -> (Result<Ticket, Duration>, Effect) {
        let mut effect = Effect::None;
        if let Phase::Open { until, failed_probes } = self.phase {
            if now < until {
                return (Err(until.since(now)), effect);
            }
            self.enter(Phase::HalfOpen { successes: 0, probes: Vec::new(), failed_probes });
            effect = Effect::HalfOpened;
        }
        let generation = self.generation;
        let admitted = match &mut self.phase {
            Phase::Closed { .. } | Phase::Disabled => Ok(Ticket { generation, probe: 0, started: config.started(now) }),
            Phase::ForcedOpen => Err(Duration::MAX),
            Phase::HalfOpen { probes, .. } => {
                let quota = usize::try_from(config.half_open_max).unwrap_or(usize::MAX);
                if probes.len() >= quota {
                    probes.retain(|lease| now < lease.expires);
                }
                if probes.len() >= quota {
                    let oldest = probes.iter().map(|lease| lease.expires).min();
                    Err(oldest.map_or(Duration::ZERO, |expires| expires.since(now)))
                } else {
                    // Zero means "no probe", also after four thousand million of them.
                    self.last_probe = self.last_probe.checked_add(1).unwrap_or(1);
                    let probe = self.last_probe;
                    probes.push(Lease { probe, expires: now.after(config.probe_lease) });
                    Ok(Ticket { generation, probe, started: config.started(now) })
                }
            }
            Phase::Open { .. } => Err(Duration::ZERO),
        };
        (admitted, effect)
    }

    /// Takes the result of an admitted call. The time is asked for only where it matters: by a window of time, by a limit for
    /// slow calls, and to open.
    pub fn settle(&mut self, config: &Config, ticket: Ticket, fate: Fate, now: impl Fn() -> Moment + Copy) -> Effect {
        if ticket.generation != self.generation {
            return Effect::None;
        }
        let slow = config.is_slow(ticket, now);
        match &mut self.phase {
            Phase::Closed { failures } => {
                let failed = match fate {
                    Fate::Success => false,
                    Fate::Failure => true,
                    Fate::Ignored | Fate::Abandoned => return Effect::None,
                };
                let is_too_much = match config.window {
                    Some(extent) => {
                        let window = self.window.get_or_insert_with(|| Window::new(extent));
                        config.is_too_much(window.record(Call { failed, slow }, now))
                    }
                    None => {
                        *failures = if failed { failures.saturating_add(1) } else { 0 };
                        *failures >= config.failure_threshold
                    }
                };
                if is_too_much {
                    return self.open(config, now(), 0);
                }
            }
            Phase::HalfOpen { successes, probes, failed_probes } => {
                let held = probes.len();
                probes.retain(|lease| lease.probe != ticket.probe);
                if probes.len() == held {
                    // The lease ran out and the place was given away.
                    return Effect::None;
                }
                match fate {
                    // Probes are few, and too few for a rate: a slow one says that the other side is not well yet.
                    Fate::Success if !slow => {
                        *successes += 1;
                        if *successes >= config.success_threshold {
                            self.enter(Phase::Closed { failures: 0 });
                            return Effect::Closed;
                        }
                    }
                    Fate::Success | Fate::Failure => {
                        let failed_probes = failed_probes.saturating_add(1);
                        return self.open(config, now(), failed_probes);
                    }
                    Fate::Ignored | Fate::Abandoned => {}
                }
            }
            Phase::Open { .. } | Phase::ForcedOpen | Phase::Disabled => {}
        }
        Effect::None
    }

    fn open(&mut self, config: &Config, now: Moment, failed_probes: u32) -> Effect {
        let recovery = config.recovery_after(failed_probes);
        self.enter(Phase::Open { until: now.after(recovery), failed_probes });
        Effect::Opened(recovery)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: Config = Config { failure_threshold: 3, recovery: SECOND, ..Config::DEFAULT };
    const SECOND: Duration = Duration::from_secs(1);

    /// A machine with a clock, and the effects it has had.
    struct Machine {
        state: State,
        config: Config,
        now: Moment,
    }

    impl Machine {
        fn new(config: Config) -> Self {
            Self { state: State::new(), config, now: Moment::from_nanos(0) }
        }
        fn wait(&mut self, time: Duration) {
            self.now = self.now.after(time);
        }
        fn admit(&mut self) -> Result<Ticket, Duration> {
            self.state.admit(&self.config, self.now).0
        }
        fn settle(&mut self, ticket: Ticket, fate: Fate) -> Effect {
            self.state.settle(&self.config, ticket, fate, || self.now)
        }
        fn call(&mut self, fate: Fate) -> Result<Effect, Duration> {
            let ticket = self.admit()?;
            Ok(self.settle(ticket, fate))
        }
        fn fail(&mut self, times: u32) {
            for _ in 0..times {
                let _ = self.call(Fate::Failure);
            }
        }
        /// Brings a new machine to the moment in which it lets a probe in.
        fn ready_to_probe(config: Config) -> Self {
            let mut machine = Self::new(config);
            machine.fail(config.failure_threshold);
            machine.wait(config.recovery);
            machine
        }
    }

    #[test]
    fn closed_opens_on_exactly_the_threshold() {
        let mut machine = Machine::new(CONFIG);
        assert_eq!(machine.call(Fate::Failure), Ok(Effect::None));
        assert_eq!(machine.call(Fate::Failure), Ok(Effect::None));
        assert_eq!(machine.call(Fate::Failure), Ok(Effect::Opened(SECOND)));
        assert_eq!(machine.call(Fate::Success), Err(SECOND));
    }

    #[test]
    fn closed_forgets_failures_on_a_success_and_on_nothing_else() {
        let mut machine = Machine::new(CONFIG);
        for fate in [Fate::Failure, Fate::Failure, Fate::Success, Fate::Failure, Fate::Failure] {
            assert_eq!(machine.call(fate), Ok(Effect::None));
        }
        assert_eq!(machine.call(Fate::Ignored), Ok(Effect::None));
        assert_eq!(machine.call(Fate::Abandoned), Ok(Effect::None));
        assert_eq!(machine.call(Fate::Failure), Ok(Effect::Opened(SECOND)));
    }

    #[test]
    fn open_says_how_long_is_left_and_lets_a_probe_in_afterwards() {
        let mut machine = Machine::ready_to_probe(CONFIG);
        machine.now = machine.now.after(Duration::ZERO);
        let mut early = Machine::new(CONFIG);
        early.fail(3);
        early.wait(SECOND / 4);
        assert_eq!(early.admit(), Err(SECOND * 3 / 4));
        let (admitted, effect) = machine.state.admit(&CONFIG, machine.now);
        assert!(admitted.is_ok_and(|ticket| ticket.probe > 0));
        assert_eq!(effect, Effect::HalfOpened);
    }

    #[test]
    fn half_open_admits_exactly_the_quota() {
        for quota in 1..=4 {
            let mut machine = Machine::ready_to_probe(Config { half_open_max: quota, ..CONFIG });
            let admitted = (0..100).filter(|_| machine.admit().is_ok()).count();
            assert_eq!(admitted, quota as usize);
        }
    }

    #[test]
    fn half_open_closes_after_the_successes_asked_for() {
        let mut machine = Machine::ready_to_probe(CONFIG);
        assert_eq!(machine.call(Fate::Success), Ok(Effect::None));
        assert_eq!(machine.call(Fate::Success), Ok(Effect::Closed));
        assert_eq!(machine.call(Fate::Failure), Ok(Effect::None), "a fresh count");
    }

    #[test]
    fn half_open_reopens_on_the_first_failure_whatever_came_before() {
        let mut machine = Machine::ready_to_probe(CONFIG);
        assert_eq!(machine.call(Fate::Success), Ok(Effect::None));
        assert_eq!(machine.call(Fate::Failure), Ok(Effect::Opened(SECOND)));
        assert_eq!(machine.admit(), Err(SECOND));
    }

    #[test]
    fn an_abandoned_or_ignored_probe_gives_its_place_back() {
        for fate in [Fate::Abandoned, Fate::Ignored] {
            let mut machine = Machine::ready_to_probe(CONFIG);
            for _ in 0..10 {
                assert_eq!(machine.call(fate), Ok(Effect::None));
            }
            assert!(machine.admit().is_ok());
        }
    }

    #[test]
    fn a_probe_that_never_settles_gives_its_place_back_when_its_lease_is_over() {
        let mut machine = Machine::ready_to_probe(Config { probe_lease: SECOND * 5, ..CONFIG });
        let hung = machine.admit();
        machine.wait(SECOND * 2);
        assert_eq!(machine.admit(), Err(SECOND * 3));
        machine.wait(SECOND * 3);
        let second = machine.admit();
        assert!(second.is_ok());
        // What the first one says now counts no more.
        assert_eq!(hung.map(|ticket| machine.settle(ticket, Fate::Failure)), Ok(Effect::None));
        assert_eq!(second.map(|ticket| machine.settle(ticket, Fate::Success)), Ok(Effect::None));
        assert_eq!(machine.call(Fate::Success), Ok(Effect::Closed));
    }

    #[test]
    fn a_result_of_an_earlier_generation_changes_nothing() {
        let mut machine = Machine::new(CONFIG);
        let late: Vec<_> = (0..3).filter_map(|_| machine.admit().ok()).collect();
        machine.fail(3);
        for (ticket, fate) in late.into_iter().zip([Fate::Success, Fate::Failure, Fate::Abandoned]) {
            assert_eq!(machine.settle(ticket, fate), Effect::None);
        }
        assert_eq!(machine.admit(), Err(SECOND));
    }

    #[test]
    fn the_open_time_grows_with_failed_probes_up_to_its_limit() {
        let config = Config { recovery_factor: Fixed::from_f64(2.0), max_recovery: SECOND * 5, ..CONFIG };
        let mut machine = Machine::new(config);
        machine.fail(3);
        let mut times = Vec::new();
        while times.len() < 4 {
            machine.wait(SECOND * 5);
            if let Ok(Effect::Opened(time)) = machine.call(Fate::Failure) {
                times.push(time);
            }
        }
        assert_eq!(times, [SECOND * 2, SECOND * 4, SECOND * 5, SECOND * 5]);
    }

    /// BUG-A5.
    #[test]
    fn a_place_is_given_back_once() {
        let mut machine = Machine::ready_to_probe(Config { half_open_max: 2, ..CONFIG });
        let probes: Vec<_> = (0..2).filter_map(|_| machine.admit().ok()).collect();
        for _ in 0..3 {
            assert_eq!(machine.settle(probes[0], Fate::Abandoned), Effect::None);
        }
        assert!(machine.admit().is_ok());
        assert!(machine.admit().is_err(), "one place was free, and not three");
    }

    /// BUG-A9.
    #[test]
    fn a_call_from_before_it_opened_cannot_disturb_the_probe() {
        for fate in [Fate::Success, Fate::Failure, Fate::Ignored, Fate::Abandoned] {
            let mut machine = Machine::new(CONFIG);
            let early = machine.admit();
            machine.fail(3);
            machine.wait(SECOND);
            let probe = machine.admit();
            assert_eq!(early.map(|ticket| machine.settle(ticket, fate)), Ok(Effect::None));
            assert_eq!(probe.map(|ticket| machine.settle(ticket, Fate::Success)), Ok(Effect::None));
            assert_eq!(machine.call(Fate::Success), Ok(Effect::Closed));
        }
    }

    /// BUG-A10.
    #[test]
    fn half_open_asks_for_no_minimum_of_calls() {
        let window = Some(Extent::Calls(100));
        for half_open_max in 1..=3 {
            let config = Config { window, min_calls: Some(50), half_open_max, ..CONFIG };
            let mut machine = Machine::new(config);
            machine.fail(50);
            machine.wait(SECOND);
            assert_eq!(machine.call(Fate::Failure), Ok(Effect::Opened(SECOND)), "one failed probe is enough");
            machine.wait(SECOND);
            assert_eq!(machine.call(Fate::Success), Ok(Effect::None));
            assert_eq!(machine.call(Fate::Success), Ok(Effect::Closed), "and so are two successes");
            assert_eq!(machine.call(Fate::Failure), Ok(Effect::None), "a fresh window");
            assert_eq!(machine.state.tally(machine.now).calls, 1);
        }
    }

    /// BUG-A13, BUG-A14.
    #[test]
    fn a_window_opens_at_its_rate_on_a_failure_and_on_a_success() {
        let config = Config { window: Some(Extent::Calls(10)), failure_rate: Rate::HALF, ..CONFIG };
        let mut machine = Machine::new(config);
        for fate in [[Fate::Success; 5], [Fate::Failure; 5]].concat().into_iter().take(9) {
            assert_eq!(machine.call(fate), Ok(Effect::None));
        }
        assert_eq!(machine.call(Fate::Failure), Ok(Effect::Opened(SECOND)), "5 of 10");
        let mut machine = Machine::new(config);
        for fate in [[Fate::Failure; 5], [Fate::Success; 5]].concat().into_iter().take(9) {
            assert_eq!(machine.call(fate), Ok(Effect::None));
        }
        assert_eq!(machine.call(Fate::Success), Ok(Effect::Opened(SECOND)), "the success that fills the window");
        let mut machine = Machine::new(config);
        machine.fail(4);
        for _ in 0..50 {
            assert_eq!(machine.call(Fate::Success), Ok(Effect::None), "4 of 10");
        }
    }

    #[test]
    fn the_least_number_of_calls_has_a_default_for_each_kind_of_window() {
        let least = |window| Config { window: Some(window), ..CONFIG }.min_calls();
        assert_eq!([1, 99, 100, 100_000].map(|size| least(Extent::Calls(size))), [1, 99, 100, 100]);
        assert_eq!(least(Extent::Time(SECOND)), 20);
    }

    #[test]
    fn a_slow_call_counts_however_it_ends_and_a_slow_probe_has_failed() {
        let config = Config {
            window: Some(Extent::Calls(4)),
            failure_rate: Rate::ALL,
            slow_call: Some(SECOND),
            slow_rate: Rate::HALF,
            ..CONFIG
        };
        let mut machine = Machine::new(config);
        let slow = |machine: &mut Machine, fate| {
            let ticket = machine.admit();
            machine.wait(SECOND + Duration::from_nanos(1));
            ticket.map(|ticket| machine.settle(ticket, fate))
        };
        let ticket = machine.admit();
        machine.wait(SECOND);
        assert_eq!(ticket.map(|ticket| machine.settle(ticket, Fate::Success)), Ok(Effect::None), "not slower");
        assert_eq!(slow(&mut machine, Fate::Success), Ok(Effect::None));
        assert_eq!(slow(&mut machine, Fate::Ignored), Ok(Effect::None));
        assert_eq!(slow(&mut machine, Fate::Failure), Ok(Effect::None));
        assert_eq!(machine.state.tally(machine.now), Tally { calls: 3, failures: 1, slow: 2 });
        assert_eq!(machine.call(Fate::Success), Ok(Effect::Opened(SECOND)), "2 of 4 slow");
        machine.wait(SECOND);
        assert_eq!(slow(&mut machine, Fate::Success), Ok(Effect::Opened(SECOND)));
    }

    /// BUG-A21.
    #[test]
    fn any_number_of_changes_takes_no_stack() {
        let mut machine = Machine::new(Config { failure_threshold: 1, ..CONFIG });
        for _ in 0..100_000 {
            assert_eq!(machine.call(Fate::Failure), Ok(Effect::Opened(SECOND)));
            machine.wait(SECOND);
        }
    }

    /// BUG-A28: a service that fails every third call. Asked for three successes, the breaker stays shut to it.
    #[test]
    fn a_flapping_service_is_not_let_back_in_by_one_success() {
        let mut machine = Machine::new(Config { success_threshold: 3, ..CONFIG });
        machine.fail(3);
        let (mut calls, mut rejected) = (0, 0);
        for _ in 0..3_000 {
            calls += 1;
            let fate = if calls % 3 == 0 { Fate::Failure } else { Fate::Success };
            match machine.call(fate) {
                Err(wait) => {
                    rejected += 1;
                    calls -= 1;
                    machine.wait(wait);
                }
                Ok(effect) => assert_ne!(effect, Effect::Closed),
            }
        }
        assert!(rejected >= 700, "one of four: {rejected}");
    }

    #[test]
    fn a_clock_that_steps_back_keeps_it_closed_and_open() {
        let mut machine = Machine::new(CONFIG);
        machine.wait(SECOND * 100);
        machine.fail(3);
        machine.now = Moment::from_nanos(0);
        assert!(machine.admit().is_err());
        machine.wait(SECOND * 101);
        assert!(machine.admit().is_ok());
    }

    /// BUG-A11, BUG-A12: every sequence of fates up to length eight against a straightforward model of the contract.
    #[test]
    fn all_short_histories_agree_with_the_model() {
        const FATES: [Fate; 4] = [Fate::Success, Fate::Failure, Fate::Ignored, Fate::Abandoned];
        for history in 0..4_u32.pow(8) {
            let mut machine = Machine::new(Config { failure_threshold: 2, ..CONFIG });
            // (open, consecutive failures while closed, successes while half-open)
            let (mut half_open, mut failures, mut successes) = (false, 0, 0);
            for step in 0..8 {
                let fate = FATES[(history >> (2 * step)) as usize & 3];
                let effect = machine.call(fate);
                let expected = match (half_open, fate) {
                    (_, Fate::Ignored | Fate::Abandoned) => Effect::None,
                    (false, Fate::Success) => {
                        failures = 0;
                        Effect::None
                    }
                    (false, Fate::Failure) if failures == 0 => {
                        failures = 1;
                        Effect::None
                    }
                    (_, Fate::Failure) => {
                        (half_open, successes) = (true, 0);
                        Effect::Opened(SECOND)
                    }
                    (true, Fate::Success) if successes == 0 => {
                        successes = 1;
                        Effect::None
                    }
                    (true, Fate::Success) => {
                        (half_open, failures) = (false, 0);
                        Effect::Closed
                    }
                };
                assert_eq!(effect, Ok(expected), "history {history:016b}, step {step}");
                if matches!(expected, Effect::Opened(_)) {
                    assert!(machine.admit().is_err());
                    machine.wait(SECOND);
                }
            }
        }
    }
}
