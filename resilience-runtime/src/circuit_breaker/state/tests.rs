use super::*;
use crate::circuit_breaker::window::{Extent, Rate};
use crate::time::backoff::Fixed;

const CONFIG: CircuitBreakerConfig =
    CircuitBreakerConfig { failure_threshold: 3, recovery: SECOND, ..CircuitBreakerConfig::DEFAULT };
const SECOND: Duration = Duration::from_secs(1);

/// A machine and its clock.
struct Machine {
    state: BreakerMachine,
    config: CircuitBreakerConfig,
    now: Moment,
}

impl Machine {
    fn new(config: CircuitBreakerConfig) -> Self {
        Self { state: BreakerMachine::new(), config, now: Moment::from_nanos(0) }
    }
    fn wait(&mut self, time: Duration) {
        self.now = self.now.after(time);
    }
    /// The hint of a rejection is `Duration::MAX` where there is none.
    fn admit(&mut self) -> Result<BreakerTicket, Duration> {
        let admitted = self.state.admit(&self.config, self.now).0;
        admitted.map_err(|rejection| {
            assert_eq!(rejection.state, self.state.phase.shown());
            assert_eq!(rejection.retry_after.is_some(), rejection.state == BreakerState::Open);
            rejection.retry_after.unwrap_or(Duration::MAX)
        })
    }
    fn settle(&mut self, ticket: BreakerTicket, fate: Fate) -> Effect {
        self.state.settle(&self.config, ticket, fate, None, || self.now)
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
    /// Returns a machine whose next call is a probe.
    fn ready_to_probe(config: CircuitBreakerConfig) -> Self {
        let mut machine = Self::new(config);
        machine.fail(config.failure_threshold);
        machine.wait(config.recovery);
        machine
    }
}

#[test]
fn a_closed_breaker_opens_exactly_at_the_threshold() {
    let mut machine = Machine::new(CONFIG);
    assert_eq!(machine.call(Fate::Failure), Ok(Effect::None));
    assert_eq!(machine.call(Fate::Failure), Ok(Effect::None));
    assert_eq!(machine.call(Fate::Failure), Ok(Effect::Opened(SECOND)));
    assert_eq!(machine.call(Fate::Success), Err(SECOND));
}

#[test]
fn only_a_success_resets_the_failures_of_a_closed_breaker() {
    let mut machine = Machine::new(CONFIG);
    for fate in [Fate::Failure, Fate::Failure, Fate::Success, Fate::Failure, Fate::Failure] {
        assert_eq!(machine.call(fate), Ok(Effect::None));
    }
    assert_eq!(machine.call(Fate::Ignored), Ok(Effect::None));
    assert_eq!(machine.call(Fate::Abandoned), Ok(Effect::None));
    assert_eq!(machine.call(Fate::Failure), Ok(Effect::Opened(SECOND)));
}

#[test]
fn an_open_breaker_tells_the_time_left_and_admits_a_probe_afterwards() {
    let mut machine = Machine::ready_to_probe(CONFIG);
    machine.now = machine.now.after(Duration::ZERO);
    let mut early = Machine::new(CONFIG);
    early.fail(3);
    early.wait(SECOND / 4);
    assert_eq!(early.admit(), Err(SECOND * 3 / 4));
    let (admitted, effect) = machine.state.admit(&CONFIG, machine.now);
    assert!(admitted.is_ok_and(BreakerTicket::is_probe));
    assert_eq!(effect, Effect::HalfOpened);
}

#[test]
fn a_half_open_breaker_admits_exactly_its_limit() {
    for quota in 1..=4 {
        let mut machine = Machine::ready_to_probe(CircuitBreakerConfig { half_open_max: quota, ..CONFIG });
        let admitted = (0..100).filter(|_| machine.admit().is_ok()).count();
        assert_eq!(admitted, quota as usize);
    }
}

#[test]
fn a_half_open_breaker_closes_at_its_success_threshold() {
    let mut machine = Machine::ready_to_probe(CONFIG);
    assert_eq!(machine.call(Fate::Success), Ok(Effect::None));
    assert_eq!(machine.call(Fate::Success), Ok(Effect::Closed));
    assert_eq!(machine.call(Fate::Failure), Ok(Effect::None), "a fresh count");
}

#[test]
fn a_half_open_breaker_opens_at_the_first_failure() {
    let mut machine = Machine::ready_to_probe(CONFIG);
    assert_eq!(machine.call(Fate::Success), Ok(Effect::None));
    assert_eq!(machine.call(Fate::Failure), Ok(Effect::Opened(SECOND)));
    assert_eq!(machine.admit(), Err(SECOND));
}

#[test]
fn an_abandoned_or_ignored_probe_frees_its_place() {
    for fate in [Fate::Abandoned, Fate::Ignored] {
        let mut machine = Machine::ready_to_probe(CONFIG);
        for _ in 0..10 {
            assert_eq!(machine.call(fate), Ok(Effect::None));
        }
        assert!(machine.admit().is_ok());
    }
}

#[test]
fn a_probe_that_never_settles_frees_its_place_when_its_lease_expires() {
    let mut machine = Machine::ready_to_probe(CircuitBreakerConfig { probe_lease: SECOND * 5, ..CONFIG });
    assert!(machine.admit().is_ok());
    machine.wait(Duration::from_nanos(4_999_999_999));
    assert_eq!(machine.admit(), Err(Duration::MAX), "nobody knows when a probe ends");
    machine.wait(Duration::from_nanos(1));
    assert!(machine.admit().is_ok());
    assert!(machine.admit().is_err(), "one place");
}

#[test]
fn a_probe_that_comes_back_after_its_lease_counts_in_the_half_open_period_that_admitted_it() {
    let config = CircuitBreakerConfig { probe_lease: SECOND * 5, ..CONFIG };
    for (late, effect) in [
        (Fate::Success, Effect::Closed),
        (Fate::Failure, Effect::Opened(SECOND)),
        (Fate::Ignored, Effect::None),
        (Fate::Abandoned, Effect::None),
    ] {
        let mut machine = Machine::ready_to_probe(config);
        let hung = machine.admit();
        machine.wait(SECOND * 5);
        let second = machine.admit();
        assert_eq!(second.map(|ticket| machine.settle(ticket, Fate::Success)), Ok(Effect::None));
        assert_eq!(hung.map(|ticket| machine.settle(ticket, late)), Ok(effect));
    }
    let mut machine = Machine::ready_to_probe(config);
    let hung = machine.admit();
    machine.wait(SECOND * 5);
    assert_eq!(machine.call(Fate::Failure), Ok(Effect::Opened(SECOND)));
    machine.wait(SECOND);
    assert_eq!(machine.call(Fate::Success), Ok(Effect::None), "another half-open period");
    assert_eq!(hung.map(|ticket| machine.settle(ticket, Fate::Failure)), Ok(Effect::None));
    assert_eq!(machine.call(Fate::Success), Ok(Effect::Closed));
}

#[test]
fn calls_that_take_longer_than_their_lease_close_the_breaker() {
    let mut machine = Machine::ready_to_probe(CircuitBreakerConfig { probe_lease: SECOND * 60, ..CONFIG });
    let (mut running, mut closed_after) = (Vec::new(), None);
    for second in 0..3_600 {
        running.retain(|&(ticket, end)| {
            let is_over = end <= second;
            if is_over && machine.settle(ticket, Fate::Success) == Effect::Closed {
                closed_after = Some(second);
            }
            !is_over
        });
        if let Ok(ticket) = machine.admit() {
            running.push((ticket, second + 61));
        }
        machine.wait(SECOND);
    }
    assert_eq!(closed_after, Some(121), "the second probe begins at 60 s");
}

#[test]
fn it_would_admit_a_call_exactly_if_it_does() {
    let config = CircuitBreakerConfig { half_open_max: 2, probe_lease: SECOND * 5, ..CONFIG };
    let mut machine = Machine::new(config);
    let expect = |machine: &mut Machine, expected: bool| {
        assert_eq!(machine.state.would_admit(&config, machine.now), expected);
        assert_eq!(machine.state.clone().admit(&config, machine.now).0.is_ok(), expected);
    };
    expect(&mut machine, true);
    machine.fail(3);
    expect(&mut machine, false);
    machine.wait(Duration::from_nanos(999_999_999));
    expect(&mut machine, false);
    machine.wait(Duration::from_nanos(1));
    expect(&mut machine, true);
    assert!(machine.admit().is_ok());
    expect(&mut machine, true);
    assert!(machine.admit().is_ok());
    expect(&mut machine, false);
    machine.wait(SECOND * 5);
    expect(&mut machine, true);
    for (phase, expected) in [(Phase::ForcedOpen, false), (Phase::Disabled, true)] {
        machine.state.force(phase);
        expect(&mut machine, expected);
    }
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
    let config = CircuitBreakerConfig { recovery_factor: Fixed::from_f64(2.0), max_recovery: SECOND * 5, ..CONFIG };
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
fn a_place_is_freed_once() {
    let mut machine = Machine::ready_to_probe(CircuitBreakerConfig { half_open_max: 2, ..CONFIG });
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
fn a_half_open_breaker_ignores_the_minimum_of_calls() {
    let window = Some(Extent::Calls(100));
    for half_open_max in 1..=3 {
        let config = CircuitBreakerConfig { window, min_calls: Some(50), half_open_max, ..CONFIG };
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
    let config = CircuitBreakerConfig { window: Some(Extent::Calls(10)), ..CONFIG };
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

/// A rate of m/n, as a user writes it, is reached by exactly m of n calls.
#[test]
fn every_rate_of_a_window_opens_at_exactly_its_number_of_failures() {
    for size in 1..=60_u32 {
        for failures in 1..=size {
            let rate = Rate::from_f64(f64::from(failures) / f64::from(size));
            let config = CircuitBreakerConfig {
                window: Some(Extent::Calls(size)),
                failure_rate: rate.unwrap_or(Rate::ALL),
                ..CONFIG
            };
            // Full of successes, then failures one after the other, which slide in.
            let mut machine = Machine::new(config);
            for _ in 0..size {
                assert_eq!(machine.call(Fate::Success), Ok(Effect::None));
            }
            for failed in 1..=failures {
                let expected = if failed == failures { Effect::Opened(SECOND) } else { Effect::None };
                assert_eq!(machine.call(Fate::Failure), Ok(expected), "{failed} of {size}, at {failures}/{size}");
            }
            // One failure less, for as long as the window slides, never opens it.
            let mut machine = Machine::new(config);
            for call in 0..3 * size {
                let fate = if call % size < failures - 1 { Fate::Failure } else { Fate::Success };
                assert_eq!(machine.call(fate), Ok(Effect::None), "{} of {size}", failures - 1);
            }
        }
    }
}

#[test]
fn the_minimum_of_calls_has_a_default_for_each_kind_of_window() {
    let least = |window| CircuitBreakerConfig { window: Some(window), ..CONFIG }.effective_min_calls();
    assert_eq!([1, 99, 100, 100_000].map(|size| least(Extent::Calls(size))), [1, 99, 100, 100]);
    assert_eq!(least(Extent::Time(SECOND)), 20);
}

#[test]
fn a_slow_call_counts_however_it_ends_and_a_slow_probe_has_failed() {
    let config = CircuitBreakerConfig {
        window: Some(Extent::Calls(4)),
        failure_rate: Rate::ALL,
        slow_call: Some(SECOND),
        slow_rate: CONFIG.failure_rate,
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

#[test]
fn a_call_that_a_limit_above_cuts_off_counts_only_if_it_was_slow() {
    let window = CircuitBreakerConfig {
        window: Some(Extent::Calls(4)),
        failure_rate: Rate::ALL,
        slow_call: Some(SECOND),
        slow_rate: Rate::ALL,
        ..CONFIG
    };
    let cut_off = |machine: &mut Machine, time| {
        let ticket = machine.admit();
        machine.wait(time);
        ticket.map(|ticket| machine.settle(ticket, Fate::CutOff))
    };
    let mut machine = Machine::new(window);
    assert_eq!(cut_off(&mut machine, SECOND), Ok(Effect::None));
    assert_eq!(machine.state.tally(machine.now), Tally::NONE);
    assert_eq!(cut_off(&mut machine, SECOND * 2), Ok(Effect::None));
    assert_eq!(machine.state.tally(machine.now), Tally { calls: 1, failures: 0, slow: 1 });
    for time in [1, 2] {
        let mut machine = Machine::new(window);
        machine.state.force(Phase::open_until(machine.now));
        let expected = if time == 2 { Effect::Opened(SECOND) } else { Effect::None };
        assert_eq!(cut_off(&mut machine, SECOND * time), Ok(expected));
        assert!(time == 2 || machine.admit().is_ok(), "its place is free");
    }
    let mut untimed = Machine::ready_to_probe(CONFIG);
    assert_eq!(cut_off(&mut untimed, SECOND * 9), Ok(Effect::None), "nothing is slow");
}

/// BUG-A21.
#[test]
fn many_transitions_do_not_grow_the_stack() {
    let mut machine = Machine::new(CircuitBreakerConfig { failure_threshold: 1, ..CONFIG });
    for _ in 0..100_000 {
        assert_eq!(machine.call(Fate::Failure), Ok(Effect::Opened(SECOND)));
        machine.wait(SECOND);
    }
}

/// BUG-A28: a service that fails every third call. With a success threshold of three, the breaker
/// never closes.
#[test]
fn one_success_does_not_readmit_a_flapping_service() {
    let mut machine = Machine::new(CircuitBreakerConfig { success_threshold: 3, ..CONFIG });
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

/// BUG-A11, BUG-A12: every sequence of eight fates against a simple model of the contract.
#[test]
fn all_short_histories_agree_with_the_model() {
    const FATES: [Fate; 4] = [Fate::Success, Fate::Failure, Fate::Ignored, Fate::Abandoned];
    for history in 0..4_u32.pow(8) {
        let mut machine = Machine::new(CircuitBreakerConfig { failure_threshold: 2, ..CONFIG });
        // (open, consecutive failures while closed, successes while half-open)
        let (mut half_open, mut failures, mut successes) = (false, 0, 0);
        for step in 0..8 {
            let fate = FATES[(history >> (2 * step)) as usize & 3];
            let effect = machine.call(fate);
            let expected = match (half_open, fate) {
                (_, Fate::Ignored | Fate::Abandoned | Fate::CutOff) => Effect::None,
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

#[cfg(feature = "store")]
#[test]
fn another_recovery_never_shortens_an_opening_of_another_process() {
    for (recovery, expected) in [(SECOND, 9), (SECOND * 5, 9), (SECOND * 20, 18)] {
        let mut machine = Machine::new(CONFIG);
        assert_eq!(machine.state.open_by_signal(machine.now, SECOND * 11), Effect::Opened(SECOND * 11));
        machine.wait(SECOND * 2);
        machine.state.reconfigure(&CONFIG, &CircuitBreakerConfig { recovery, ..CONFIG });
        assert_eq!(machine.admit(), Err(SECOND * expected), "{recovery:?} from the opening");
    }
}
