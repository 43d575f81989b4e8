//! The breaker as a pure machine: `(state, event, now) -> (state, effects)`.

use std::time::Duration;

use super::BreakerState;
use super::config::CircuitBreakerConfig;
use super::window::{BucketEnd, Tally, Window, WindowedCall};
use crate::metrics::BreakerRates;
use crate::time::{self, Moment};

impl CircuitBreakerConfig {
    fn is_too_much(&self, tally: Tally) -> bool {
        tally.calls >= u64::from(self.effective_min_calls())
            && (self.failure_rate.is_reached(tally.failures, tally.calls)
                || self.slow_rate.is_reached(tally.slow, tally.calls))
    }

    /// Returns how near the breaker is to opening.
    pub(super) fn rates(&self, phase: &Phase, tally: Tally) -> BreakerRates {
        let part = |part: f64, whole: f64| if whole > 0.0 { (part / whole).min(1.0) } else { 0.0 };
        #[expect(clippy::cast_precision_loss, reason = "at most as many as a window holds")]
        let [calls, failures, slow] = [tally.calls, tally.failures, tally.slow].map(|count| count as f64);
        let (failed, slow) = (part(failures, calls), part(slow, calls));
        let threshold_used = match *phase {
            Phase::Closed { failures } if self.window.is_none() => part(failures.into(), self.failure_threshold.into()),
            Phase::Closed { .. } => {
                let reached = part(failed, self.failure_rate.to_f64()).max(part(slow, self.slow_rate.to_f64()));
                reached * part(calls, self.effective_min_calls().into())
            }
            Phase::Disabled => 0.0,
            Phase::Open { .. } | Phase::HalfOpen { .. } | Phase::ForcedOpen => 1.0,
        };
        BreakerRates {
            failures: self.window.is_some().then_some(failed),
            slow: self.slow_call.is_some().then_some(slow),
            threshold_used,
        }
    }

    /// Returns whether the probes so far close the breaker or open it, or `None` for neither.
    fn judge_probes(&self, successes: u32, failures: u32) -> Option<bool> {
        let Some(calls) = self.half_open_calls else {
            return if failures > 0 { Some(false) } else { (successes >= self.success_threshold).then_some(true) };
        };
        if self.failure_rate.is_reached(u64::from(failures), u64::from(calls)) {
            return Some(false);
        }
        (successes.saturating_add(failures) >= calls).then_some(true)
    }

    fn started(&self, now: Moment) -> Moment {
        if self.slow_call.is_some() { now } else { BreakerTicket::UNTIMED }
    }

    pub(super) fn is_slow(&self, ticket: BreakerTicket, now: impl Fn() -> Moment) -> bool {
        self.slow_call.is_some_and(|limit| now().since(ticket.started) > limit)
    }

    /// The open time after this many consecutive failed probes.
    fn recovery_after(&self, failed_probes: u32) -> Duration {
        let grown = self.recovery_factor.grow(time::nanos(self.recovery), failed_probes);
        Duration::from_nanos(grown).min(self.max_recovery)
    }

    /// The time for which a hint keeps the breaker open.
    fn held_time(&self, retry_after: Option<Duration>) -> Duration {
        const LONGEST_HINT: Duration = Duration::from_secs(60 * 60);
        let longest = if self.max_recovery == Duration::MAX { LONGEST_HINT } else { self.max_recovery };
        retry_after.unwrap_or_default().min(longest)
    }
}

/// The outcome of a call, as a breaker counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The service has answered.
    Success,
    /// The service has failed.
    Failure,
    /// An error that does not count.
    Ignored,
    /// Dropped by the caller, or panicked: nothing is known about the service.
    Abandoned,
    /// Ended by a limit above the breaker: it counts if it was slow by then.
    CutOff,
}

impl Fate {
    /// An error that does not count as a failure is a success: the service has answered.
    pub const fn counted(counts: bool) -> Self {
        if counts { Self::Failure } else { Self::Success }
    }
}

/// Proof of admission in one generation. A result from an older generation changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerTicket {
    /// The lower half is the generation, as in the mirror. The upper half is the number of a probe,
    /// or zero for a call through a closed breaker.
    pub place: u64,
    pub started: Moment,
}

impl BreakerTicket {
    /// The start of a call that is not timed, and never slow.
    pub const UNTIMED: Moment = Moment::FAR;
    /// The bits above it belong to the flags of the mirror, and to [`IN_CONTEXT`](Self::IN_CONTEXT).
    const LAST_PROBE: u32 = (1 << 24) - 1;
    /// The bit of a probe that the context of this thread holds.
    const IN_CONTEXT: u64 = 1 << 63;

    #[inline]
    pub const fn new(generation: u32, probe: u32, started: Moment) -> Self {
        Self { place: (probe as u64) << 32 | generation as u64, started }
    }

    /// For a call that passes on a probe of its caller, and changes nothing.
    pub const fn uncounted(generation: u32) -> Self {
        Self::new(generation.wrapping_sub(1), 0, Self::UNTIMED)
    }

    #[inline]
    pub const fn generation(self) -> u32 {
        #[expect(clippy::cast_possible_truncation, reason = "the probe is above it")]
        let generation = self.place as u32;
        generation
    }

    #[inline]
    pub const fn is_probe(self) -> bool {
        self.place >> 32 != 0
    }

    pub const fn number(self) -> u32 {
        (self.place >> 32) as u32 & Self::LAST_PROBE
    }

    pub const fn is_in_context(self) -> bool {
        self.place & Self::IN_CONTEXT != 0
    }

    #[must_use]
    pub const fn in_context(self) -> Self {
        Self { place: self.place | Self::IN_CONTEXT, ..self }
    }

    #[must_use]
    pub const fn out_of_context(self) -> Self {
        Self { place: self.place & !Self::IN_CONTEXT, ..self }
    }

    /// The call has ended, so its place is free.
    #[inline]
    pub const fn ended(self) -> Self {
        Self::new(self.generation(), 0, self.started)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    None,
    Opened(Duration),
    HalfOpened,
    Closed,
}

/// The results that calls may count without the lock, until another call changes the state. Slow calls
/// always take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    ByLock,
    Nothing,
    /// Consecutive failures, of which the last one may be number `most`. A success resets them.
    Failures {
        now: u32,
        most: u32,
    },
    Successes(u32),
    SuccessesUntil(BucketEnd),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerRejection {
    pub state: BreakerState,
    pub retry_after: Option<Duration>,
}

impl BreakerRejection {
    pub const fn open(left: Duration) -> Self {
        Self { state: BreakerState::Open, retry_after: Some(left) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    Closed {
        failures: u32,
    },
    Open {
        until: Moment,
        failed_probes: u32,
        since: Moment,
        /// No setting lets calls pass earlier: the end of a hint, or of an opening that another process has decided.
        held_until: Moment,
    },
    HalfOpen {
        successes: u32,
        failures: u32,
        probes: Vec<Lease>,
        failed_probes: u32,
    },
    ForcedOpen,
    Disabled,
}

impl Phase {
    #[cfg(test)]
    pub const fn open_until(until: Moment) -> Self {
        Self::Open { until, failed_probes: 0, since: until, held_until: until }
    }

    pub const fn shown(&self) -> BreakerState {
        match self {
            Self::Closed { .. } => BreakerState::Closed,
            Self::Open { .. } => BreakerState::Open,
            Self::HalfOpen { .. } => BreakerState::HalfOpen,
            Self::ForcedOpen => BreakerState::ForcedOpen,
            Self::Disabled => BreakerState::Disabled,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    probe: u32,
    expires: Moment,
}

#[derive(Debug, Clone)]
pub struct BreakerMachine {
    pub phase: Phase,
    pub generation: u32,
    last_probe: u32,
    /// Allocated for the first call that is counted.
    window: Option<Window>,
    /// The generation in which there was no window at first. A call that was about to count a
    /// failure then must not find the word of a calm window.
    without_window: Option<u32>,
}

impl BreakerMachine {
    pub const fn new() -> Self {
        Self { phase: Phase::Closed { failures: 0 }, generation: 0, last_probe: 0, window: None, without_window: None }
    }

    pub fn lets_pass(&self) -> bool {
        matches!(self.phase, Phase::Closed { .. })
    }

    /// Returns what calls through the closed breaker may count elsewhere.
    pub fn counting(&self, config: &CircuitBreakerConfig) -> Counting {
        let Phase::Closed { failures } = self.phase else { return Counting::ByLock };
        let Some(window) = &self.window else {
            let most = config.failure_threshold.saturating_sub(1).min(BreakerTicket::LAST_PROBE);
            let is_counted = config.window.is_none() && failures <= most;
            return if is_counted { Counting::Failures { now: failures, most } } else { Counting::ByLock };
        };
        let tally = window.last_tally();
        // The next successes lower both rates. Before there are enough calls, one may open the breaker.
        let is_harmless = tally.failures + tally.slow == 0
            || tally.calls >= u64::from(config.effective_min_calls()) && !config.is_too_much(tally);
        if !is_harmless || config.slow_call.is_some() {
            return Counting::ByLock;
        }
        match window {
            Window::Calls(calls) => match calls.successes_until_full() {
                0 if self.without_window == Some(self.generation) => Counting::Successes(1),
                0 => Counting::Nothing,
                left => Counting::Successes(left),
            },
            Window::Time(buckets) => buckets.bucket_end().map_or(Counting::ByLock, Counting::SuccessesUntil),
        }
    }

    pub fn set_failures(&mut self, count: u32) {
        if let Phase::Closed { failures } = &mut self.phase {
            *failures = count;
        }
    }

    pub fn add_successes(&mut self, count: u64) {
        if let Some(window) = &mut self.window {
            window.record_successes(count);
        }
    }

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

    /// A window of another size starts empty, which it returns. Another recovery time counts from the opening.
    /// Everything else is kept.
    pub fn reconfigure(&mut self, before: &CircuitBreakerConfig, after: &CircuitBreakerConfig) -> bool {
        match (before.is_enabled, after.is_enabled, &self.phase) {
            (true, false, _) => self.enter(Phase::Disabled),
            (false, true, Phase::Disabled) => self.enter(Phase::Closed { failures: 0 }),
            _ => {}
        }
        if let Phase::Open { until, failed_probes, since, held_until } = &mut self.phase {
            let recovery = after.recovery_after(*failed_probes);
            if recovery != before.recovery_after(*failed_probes) {
                *until = since.after(recovery).max(*held_until);
            }
        }
        if before.window == after.window {
            return false;
        }
        self.window = None;
        if before.window.is_none() {
            self.without_window = Some(self.generation);
        }
        if let Phase::Closed { failures } = &mut self.phase {
            *failures = 0;
        }
        true
    }

    /// Another process has opened: a closed breaker follows it.
    #[cfg(feature = "store")]
    pub fn open_by_signal(&mut self, now: Moment, time: Duration) -> Effect {
        if !matches!(self.phase, Phase::Closed { .. }) {
            return Effect::None;
        }
        let until = now.after(time);
        self.enter(Phase::Open { until, failed_probes: 0, since: now, held_until: until });
        Effect::Opened(time)
    }

    /// Another process has seen the service recover.
    #[cfg(feature = "store")]
    pub fn close_by_signal(&mut self) -> Effect {
        if !matches!(self.phase, Phase::Open { .. } | Phase::HalfOpen { .. }) {
            return Effect::None;
        }
        self.enter(Phase::Closed { failures: 0 });
        Effect::Closed
    }

    pub fn force(&mut self, phase: Phase) {
        self.enter(phase);
    }

    pub fn tally(&mut self, now: Moment) -> Tally {
        self.window.as_mut().map_or(Tally::NONE, |window| window.tally(now))
    }

    pub fn admit(
        &mut self,
        config: &CircuitBreakerConfig,
        now: Moment,
    ) -> (Result<BreakerTicket, BreakerRejection>, Effect) {
        let mut effect = Effect::None;
        if let Phase::Open { until, failed_probes, .. } = self.phase {
            if now < until {
                return (Err(BreakerRejection::open(until.since(now))), effect);
            }
            self.enter(Phase::HalfOpen { successes: 0, failures: 0, probes: Vec::new(), failed_probes });
            effect = Effect::HalfOpened;
        }
        let generation = self.generation;
        let admitted = match &mut self.phase {
            Phase::Closed { .. } | Phase::Disabled => Ok(BreakerTicket::new(generation, 0, config.started(now))),
            Phase::ForcedOpen => Err(BreakerRejection { state: BreakerState::ForcedOpen, retry_after: None }),
            Phase::HalfOpen { probes, .. } => {
                let quota = usize::try_from(config.half_open_max).unwrap_or(usize::MAX);
                if probes.len() >= quota {
                    probes.retain(|lease| now < lease.expires);
                }
                if probes.len() >= quota {
                    Err(BreakerRejection { state: BreakerState::HalfOpen, retry_after: None })
                } else {
                    // Skips zero, which means "no probe", when the counter wraps around.
                    self.last_probe = self.last_probe % BreakerTicket::LAST_PROBE + 1;
                    let probe = self.last_probe;
                    probes.push(Lease { probe, expires: now.after(config.probe_lease) });
                    Ok(BreakerTicket::new(generation, probe, config.started(now)))
                }
            }
            Phase::Open { until, .. } => Err(BreakerRejection::open(until.since(now))),
        };
        (admitted, effect)
    }

    pub fn would_admit(&self, config: &CircuitBreakerConfig, now: Moment) -> bool {
        match &self.phase {
            Phase::Closed { .. } | Phase::Disabled => true,
            Phase::Open { until, .. } => now >= *until,
            Phase::HalfOpen { probes, .. } => {
                let in_force = probes.iter().filter(|lease| now < lease.expires).count();
                u32::try_from(in_force).is_ok_and(|probes| probes < config.half_open_max)
            }
            Phase::ForcedOpen => false,
        }
    }

    /// Reads the clock only for a window of time, for a limit on slow calls, and to open.
    pub fn settle(
        &mut self,
        config: &CircuitBreakerConfig,
        ticket: BreakerTicket,
        fate: Fate,
        retry_after: Option<Duration>,
        now: impl Fn() -> Moment + Copy,
    ) -> Effect {
        if ticket.generation() != self.generation {
            return Effect::None;
        }
        let slow = config.is_slow(ticket, now);
        let fate = match fate {
            Fate::CutOff if slow => Fate::Success,
            Fate::CutOff => Fate::Abandoned,
            fate => fate,
        };
        match &mut self.phase {
            Phase::Closed { failures } => {
                let failed = match fate {
                    Fate::Success => false,
                    Fate::Failure => true,
                    Fate::Ignored | Fate::Abandoned | Fate::CutOff => return Effect::None,
                };
                let is_too_much = match config.window {
                    Some(extent) => {
                        let call = WindowedCall { failed, slow };
                        let tally = match &mut self.window {
                            Some(window) => window.record(call, now),
                            None => self.window.insert(Window::new(extent)).record(call, now),
                        };
                        config.is_too_much(tally)
                    }
                    None => {
                        *failures = if failed { failures.saturating_add(1) } else { 0 };
                        *failures >= config.failure_threshold
                    }
                };
                if is_too_much {
                    return self.open(config, now(), 0, retry_after);
                }
            }
            Phase::HalfOpen { successes, failures, probes, failed_probes } => {
                // A probe whose lease has expired has lost its place, and still tells.
                probes.retain(|lease| lease.probe != ticket.number());
                // Probes are too few for a rate of slow calls, so a slow probe has failed.
                match fate {
                    Fate::Success if !slow => *successes = successes.saturating_add(1),
                    Fate::Success | Fate::Failure => *failures = failures.saturating_add(1),
                    Fate::Ignored | Fate::Abandoned | Fate::CutOff => return Effect::None,
                }
                match config.judge_probes(*successes, *failures) {
                    Some(true) => {
                        self.enter(Phase::Closed { failures: 0 });
                        return Effect::Closed;
                    }
                    Some(false) => {
                        let failed_probes = failed_probes.saturating_add(1);
                        return self.open(config, now(), failed_probes, retry_after);
                    }
                    None => {}
                }
            }
            Phase::Open { .. } | Phase::ForcedOpen | Phase::Disabled => {}
        }
        Effect::None
    }

    fn open(
        &mut self,
        config: &CircuitBreakerConfig,
        now: Moment,
        failed_probes: u32,
        retry_after: Option<Duration>,
    ) -> Effect {
        let held = config.held_time(retry_after);
        let time = config.recovery_after(failed_probes).max(held);
        let [until, held_until] = [time, held].map(|time| now.after(time));
        self.enter(Phase::Open { until, failed_probes, since: now, held_until });
        Effect::Opened(time)
    }
}

#[cfg(test)]
mod tests;
