//! Random histories of the machine against a model that keeps every call in a list and counts them
//! at each step.

use std::time::Duration;

use super::config::CircuitBreakerConfig;
use super::state::{BreakerMachine, BreakerTicket, Effect, Fate, Phase};
use super::window::{BUCKETS, Extent, Rate, Tally};
use crate::rng::Reproducible;
use crate::time::backoff::Fixed;
use crate::time::{Moment, nanos};

/// A rate, for exact arithmetic.
type Fraction = (u64, u64);

#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    pub(super) config: CircuitBreakerConfig,
    failure_rate: Fraction,
    slow_rate: Fraction,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Ended {
    at: u64,
    failed: bool,
    slow: bool,
}

#[derive(Debug)]
pub(super) enum Now {
    Closed { calls: Vec<Ended> },
    Open { until: u64, failed_probes: u32 },
    HalfOpen { successes: u32, places: Vec<(u64, u64)>, failed_probes: u32 },
}

/// A call in progress: the generation and the time in which it began, and the number of its probe.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    pub(super) change: u64,
    started: u64,
    pub(super) probe: Option<u64>,
}

pub(super) struct Model {
    pub(super) setting: Setting,
    pub(super) now: Now,
    pub(super) changes: u64,
    probes: u64,
}

impl Model {
    pub(super) const fn new(setting: Setting) -> Self {
        Self { setting, now: Now::Closed { calls: Vec::new() }, changes: 0, probes: 0 }
    }

    fn enter(&mut self, now: Now) {
        self.now = now;
        self.changes += 1;
    }

    fn open(&mut self, at: u64, failed_probes: u32) -> Effect {
        // Each failed probe doubles the time.
        let config = &self.setting.config;
        let grown = nanos(config.recovery).saturating_mul(1 << failed_probes.min(40)).min(nanos(config.max_recovery));
        self.enter(Now::Open { until: at + grown, failed_probes });
        Effect::Opened(Duration::from_nanos(grown))
    }

    pub(super) fn admit(&mut self, at: u64) -> (Result<Call, Option<u64>>, Effect) {
        let mut effect = Effect::None;
        if let Now::Open { until, failed_probes } = self.now {
            if at < until {
                return (Err(Some(until - at)), effect);
            }
            self.enter(Now::HalfOpen { successes: 0, places: Vec::new(), failed_probes });
            effect = Effect::HalfOpened;
        }
        let config = self.setting.config;
        let mut probe = None;
        if let Now::HalfOpen { places, .. } = &mut self.now {
            if places.len() == config.half_open_max as usize {
                places.retain(|(_, expires)| at < *expires);
            }
            if places.len() == config.half_open_max as usize {
                return (Err(None), effect);
            }
            self.probes += 1;
            places.push((self.probes, at + nanos(config.probe_lease)));
            probe = Some(self.probes);
        }
        (Ok(Call { change: self.changes, started: at, probe }), effect)
    }

    /// The content of the window at this time.
    pub(super) fn tally(&self, at: u64) -> Tally {
        let (Now::Closed { calls }, Some(extent)) = (&self.now, self.setting.config.window) else { return Tally::NONE };
        let inside: Vec<&Ended> = match extent {
            Extent::Calls(size) => calls.iter().rev().take(size as usize).collect(),
            Extent::Time(length) => {
                let (width, parts) = (nanos(length).div_ceil(BUCKETS as u64), BUCKETS as u64);
                let bucket = |at: u64| at.saturating_sub(calls.first().map_or(at, |first| first.at)) / width;
                calls.iter().filter(|call| bucket(call.at) + parts > bucket(at)).collect()
            }
        };
        let count = |test: fn(&Ended) -> bool| inside.iter().filter(|call| test(call)).count() as u64;
        Tally { calls: inside.len() as u64, failures: count(|call| call.failed), slow: count(|call| call.slow) }
    }

    fn has_to_open(&self, at: u64) -> bool {
        let Now::Closed { calls } = &self.now else { return false };
        let Setting { config, failure_rate, slow_rate } = &self.setting;
        if config.window.is_none() {
            let in_a_row = calls.iter().rev().take_while(|call| call.failed).count();
            return in_a_row >= config.failure_threshold as usize;
        }
        let tally = self.tally(at);
        let reached = |part: u64, (least, of): Fraction| part > 0 && part * of >= least * tally.calls;
        tally.calls >= u64::from(config.effective_min_calls())
            && (reached(tally.failures, *failure_rate) || reached(tally.slow, *slow_rate))
    }

    pub(super) fn end(&mut self, call: Call, fate: Fate, at: u64) -> Effect {
        if call.change != self.changes {
            return Effect::None;
        }
        let config = self.setting.config;
        let slow = config.slow_call.is_some_and(|limit| at - call.started > nanos(limit));
        let fate = match fate {
            Fate::CutOff if slow => Fate::Success,
            Fate::CutOff => Fate::Abandoned,
            fate => fate,
        };
        match &mut self.now {
            Now::Closed { calls } => {
                if matches!(fate, Fate::Success | Fate::Failure) {
                    calls.push(Ended { at, failed: fate == Fate::Failure, slow });
                    if self.has_to_open(at) {
                        return self.open(at, 0);
                    }
                }
            }
            Now::HalfOpen { successes, places, failed_probes } => {
                places.retain(|(id, _)| Some(*id) != call.probe);
                let failed_probes = *failed_probes;
                match fate {
                    Fate::Ignored | Fate::Abandoned | Fate::CutOff => {}
                    Fate::Success if !slow => {
                        *successes += 1;
                        if *successes == config.success_threshold {
                            self.enter(Now::Closed { calls: Vec::new() });
                            return Effect::Closed;
                        }
                    }
                    Fate::Success | Fate::Failure => return self.open(at, failed_probes + 1),
                }
            }
            Now::Open { .. } => {}
        }
        Effect::None
    }
}

/// Everything observable of both.
fn compare(state: &mut BreakerMachine, model: &Model, at: u64) {
    match (&state.phase, &model.now) {
        (Phase::Closed { .. }, Now::Closed { .. }) => {}
        (Phase::Open { until, failed_probes, .. }, Now::Open { until: expected, failed_probes: failed }) => {
            assert_eq!((until.as_nanos(), failed_probes), (*expected, failed));
        }
        (
            Phase::HalfOpen { successes, probes, failed_probes, .. },
            Now::HalfOpen { successes: expected, places, failed_probes: failed },
        ) => {
            assert_eq!((successes, probes.len(), failed_probes), (expected, places.len(), failed));
            assert!(probes.len() <= model.setting.config.half_open_max as usize, "BUG-A4, BUG-A5");
        }
        (phase, now) => panic!("{phase:?} instead of {now:?}"),
    }
    assert_eq!(state.tally(Moment::from_nanos(at)), model.tally(at));
    assert_eq!(u64::from(state.generation), model.changes);
}

pub(super) const SECOND: u64 = 1_000_000_000;

pub(super) fn setting(numbers: &mut Reproducible) -> Setting {
    const RATES: [Fraction; 6] = [(1, 1), (1, 2), (1, 10), (3, 10), (2, 3), (9, 10)];
    let [failure_rate, slow_rate] = [(); 2].map(|()| RATES[usize::try_from(numbers.below(6)).unwrap_or(0)]);
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let rate = |(least, of): Fraction| Rate::from_f64(least as f64 / of as f64).unwrap_or(Rate::ALL);
    let small = |numbers: &mut Reproducible, most: u64| u32::try_from(1 + numbers.below(most)).unwrap_or(1);
    let window = match numbers.below(3) {
        0 => None,
        1 => Some(Extent::Calls(small(numbers, 40))),
        _ => Some(Extent::Time(Duration::from_nanos(1 + numbers.below(60 * SECOND)))),
    };
    let min_calls = match (window, numbers.below(2)) {
        (Some(Extent::Calls(size)), 0) => Some(small(numbers, u64::from(size))),
        (Some(Extent::Time(_)), 0) => Some(small(numbers, 12)),
        _ => None,
    };
    let slow_call =
        (window.is_some() && numbers.below(2) == 0).then(|| Duration::from_nanos(numbers.below(5 * SECOND)));
    Setting {
        config: CircuitBreakerConfig {
            failure_threshold: small(numbers, 6),
            window,
            failure_rate: rate(failure_rate),
            min_calls,
            slow_call,
            slow_rate: rate(slow_rate),
            success_threshold: small(numbers, 4),
            half_open_max: small(numbers, 4),
            half_open_calls: None,
            recovery: Duration::from_nanos(1 + numbers.below(20 * SECOND)),
            recovery_factor: Fixed::from_f64(2.0),
            max_recovery: Duration::from_secs(60),
            probe_lease: Duration::from_nanos(1 + numbers.below(30 * SECOND)),
            max_keys: 1,
            quorum: 1,
            is_shared: false,
            is_enabled: true,
        },
        failure_rate,
        slow_rate,
    }
}

pub(super) fn fate(numbers: &mut Reproducible, failing: u64) -> Fate {
    match numbers.below(13) {
        0 => Fate::Ignored,
        1 => Fate::Abandoned,
        2 => Fate::CutOff,
        other if other - 3 < failing => Fate::Failure,
        _ => Fate::Success,
    }
}

/// BUG-A1, BUG-A3, BUG-A4, BUG-A5, BUG-A6, BUG-A8, BUG-A9, BUG-A10, BUG-A11, BUG-A13, BUG-A14,
/// BUG-A22: calls begin, and end in any order or never, under settings of every kind. After each
/// step the machine and the model agree.
#[test]
fn random_histories_agree_with_a_model_of_lists() {
    let mut seen = [0_u32; 4];
    for seed in 1..=400 {
        let mut numbers = Reproducible::new(seed);
        let setting = setting(&mut numbers);
        let config = setting.config;
        let mut state = BreakerMachine::new();
        let mut model = Model::new(setting);
        let mut under_way: Vec<(BreakerTicket, Call)> = Vec::new();
        let mut at = 1 << 62;
        let failing = 1 + numbers.below(9);
        for step in 0..1_500 {
            let now = Moment::from_nanos(at);
            match numbers.below(10) {
                0..=3 => {
                    let (admitted, effect) = state.admit(&config, now);
                    let (expected, change) = model.admit(at);
                    assert_eq!(effect, change, "seed {seed}, step {step}: {setting:?}");
                    match (admitted, expected) {
                        (Ok(ticket), Ok(call)) => under_way.push((ticket, call)),
                        (Err(rejection), Err(left)) => {
                            assert_eq!(rejection.retry_after.map(nanos), left, "seed {seed}, step {step}");
                            assert_eq!(rejection.state, state.phase.shown(), "seed {seed}, step {step}");
                        }
                        (admitted, expected) => {
                            panic!("seed {seed}, step {step}: {admitted:?} instead of {expected:?}")
                        }
                    }
                    seen[0] += u32::from(effect == Effect::HalfOpened);
                }
                4..=8 if !under_way.is_empty() => {
                    let chosen = usize::try_from(numbers.below(under_way.len() as u64)).unwrap_or(0);
                    let (ticket, call) = under_way.swap_remove(chosen);
                    let fate = fate(&mut numbers, failing);
                    let effect = state.settle(&config, ticket, fate, None, || now);
                    assert_eq!(effect, model.end(call, fate, at), "seed {seed}, step {step}: {setting:?}");
                    seen[1] += u32::from(effect == Effect::Closed);
                    seen[2] += u32::from(matches!(effect, Effect::Opened(_)));
                    seen[3] += u32::from(matches!(effect, Effect::Opened(_)) && fate == Fate::Success);
                }
                _ => {
                    let most = [40 * SECOND, 2 * SECOND, SECOND / 50]
                        [[0, 1, 1, 1, 2, 2, 2, 2][usize::try_from(numbers.below(8)).unwrap_or(0)]];
                    at += numbers.below(most);
                }
            }
            compare(&mut state, &model, at);
        }
    }
    assert!(seen.iter().all(|times| *times > 100), "histories of every kind: {seen:?}");
}
