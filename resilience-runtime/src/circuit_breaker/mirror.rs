//! A copy of the state that calls read without the lock, and in which most of them count without it.

use std::sync::atomic::{AtomicU64, Ordering};

use super::config::CircuitBreakerConfig;
use super::state::{BreakerMachine, BreakerTicket, Counting};
use super::stripes::Stripes;
use crate::time::RoughMoment;

const BUSY: u64 = 1 << 59;
const TIMED: u64 = 1 << 58;
/// A success counts in the window. Otherwise, the position is the number of consecutive failures.
const WINDOWED: u64 = 1 << 60;
/// The lock decides what a call changes.
const COUNTING: u64 = 1 << 61;
const OPEN: u64 = 1 << 62;
/// Successes count in the stripes, and the position is their epoch.
const STRIPED: u64 = 1 << 57;
/// The position has arrived where a success changes something else.
const END: u64 = 1 << 56;
const ONE: u64 = 1 << 32;
const POSITION: u64 = END - ONE;

/// Read by every call, and written under the lock when the state changes.
#[derive(Debug)]
pub struct Mirror {
    word: AtomicU64,
    open_until: RoughMoment,
    /// The position with which the word was published.
    start: AtomicU64,
    most_failures: AtomicU64,
    stripes: Stripes,
}

/// The generation, with a position and flags above it where no ticket has a bit.
#[derive(Debug, Clone, Copy)]
pub struct MirrorWord(u64);

impl Mirror {
    pub const fn new(config: &CircuitBreakerConfig) -> Self {
        let [start, most_failures] = [const { AtomicU64::new(0) }; 2];
        let word = AtomicU64::new(first_word(config));
        Self { word, open_until: RoughMoment::new(), start, most_failures, stripes: Stripes::new() }
    }

    pub const fn restart(&mut self, config: &CircuitBreakerConfig) {
        self.word = AtomicU64::new(first_word(config));
    }

    #[inline]
    pub fn load(&self) -> MirrorWord {
        MirrorWord(self.word.load(Ordering::Acquire))
    }

    pub const fn open_until(&self) -> &RoughMoment {
        &self.open_until
    }

    /// Returns whether a success with this ticket changes nothing. The success of a probe always does.
    #[inline]
    pub fn is_calm(&self, ticket: BreakerTicket) -> bool {
        self.load().0 == ticket.place
    }

    /// Counts a success, unless the lock must decide what it changes.
    #[inline]
    pub fn count_success(&self, ticket: BreakerTicket) -> bool {
        self.count_success_after(ticket, || ())
    }

    #[inline]
    fn count_success_after(&self, ticket: BreakerTicket, looked: impl Fn()) -> bool {
        let mut word = self.word.load(Ordering::Acquire);
        loop {
            looked();
            let counted = match word & !POSITION {
                plain if plain == ticket.place => ticket.place,
                windowed if windowed == ticket.place | WINDOWED => word + ONE,
                striped if striped == ticket.place | WINDOWED | STRIPED => return self.stripes.count(position(word)),
                _ => return false,
            };
            match self.word.compare_exchange_weak(word, counted, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return true,
                Err(seen) => word = seen,
            }
        }
    }

    /// Counts a consecutive failure, unless the lock must decide what it changes.
    #[inline]
    pub fn count_failure(&self, ticket: BreakerTicket) -> bool {
        self.count_failure_after(ticket, || ())
    }

    #[inline]
    fn count_failure_after(&self, ticket: BreakerTicket, looked: impl Fn()) -> bool {
        let mut word = self.word.load(Ordering::Acquire);
        while word & !POSITION == ticket.place && word & POSITION < self.most_failures.load(Ordering::Acquire) {
            looked();
            match self.word.compare_exchange_weak(word, word + ONE, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return true,
                Err(seen) => word = seen,
            }
        }
        false
    }

    /// Called under the lock, before anything is asked of the machine: tells it what has been counted
    /// without it, and stops further counts until the next [`publish`](Self::publish).
    pub fn collect(&self, machine: &mut BreakerMachine) {
        if self.word.load(Ordering::Relaxed) & (BUSY | COUNTING) != 0 {
            return;
        }
        let word = self.word.fetch_or(COUNTING, Ordering::AcqRel);
        match (word & WINDOWED != 0, word & STRIPED != 0) {
            (false, _) => machine.set_failures(position(word)),
            (true, false) => {
                let start = self.start.load(Ordering::Relaxed);
                machine.add_successes(((word & (POSITION | END)) - start) >> 32);
            }
            (true, true) => machine.add_successes(self.stripes.collect(position(word))),
        }
    }

    /// Called under the lock, so that the mirror never shows a state that did not exist.
    pub fn publish(&self, machine: &BreakerMachine, config: &CircuitBreakerConfig) {
        let until = machine.open_until();
        if let Some(until) = until {
            self.open_until.set(until);
        }
        let mut most_failures = 0;
        let counted = match machine.counting(config) {
            Counting::ByLock => COUNTING,
            Counting::Nothing => 0,
            Counting::Failures { now, most } => {
                most_failures = (u64::from(most) << 32).min(POSITION);
                u64::from(now) << 32
            }
            Counting::Successes(remaining) => {
                let start = END - (u64::from(remaining) << 32);
                self.start.store(start, Ordering::Relaxed);
                WINDOWED | start
            }
            Counting::SuccessesUntil(ends) => WINDOWED | STRIPED | u64::from(self.stripes.publish(ends)) << 32,
        };
        self.most_failures.store(most_failures, Ordering::Release);
        let word = u64::from(machine.generation)
            | counted
            | timed(config)
            | flag(!machine.lets_pass(), BUSY)
            | flag(until.is_some(), OPEN);
        self.word.store(word, Ordering::Release);
    }
}

impl MirrorWord {
    /// Returns whether a call is admitted without the lock and the clock.
    #[inline]
    pub const fn admits_untimed(self) -> bool {
        self.0 & (BUSY | TIMED) == 0
    }

    #[inline]
    pub const fn admits(self) -> bool {
        self.0 & BUSY == 0
    }

    pub const fn is_open(self) -> bool {
        self.0 & OPEN != 0
    }

    #[inline]
    pub const fn generation(self) -> u32 {
        #[expect(clippy::cast_possible_truncation, reason = "the rest is above it")]
        let generation = self.0 as u32;
        generation
    }
}

const fn position(word: u64) -> u32 {
    ((word & POSITION) >> 32) as u32
}

const fn first_word(config: &CircuitBreakerConfig) -> u64 {
    timed(config) | flag(config.window.is_some(), COUNTING)
}

const fn timed(config: &CircuitBreakerConfig) -> u64 {
    flag(config.window.is_some() && config.slow_call.is_some(), TIMED)
}

const fn flag(is_set: bool, bit: u64) -> u64 {
    if is_set { bit } else { 0 }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use super::*;
    use crate::circuit_breaker::state::{Fate, Phase};
    use crate::time;

    fn once<'a>(change: impl Fn() + 'a) -> impl Fn() + 'a {
        let is_first = Cell::new(true);
        move || {
            if is_first.replace(false) {
                change();
            }
        }
    }

    fn ticket(generation: u32) -> BreakerTicket {
        BreakerTicket::new(generation, 0, BreakerTicket::UNTIMED)
    }

    fn published(config: &CircuitBreakerConfig, failures: u32) -> (Mirror, BreakerMachine) {
        let (mirror, mut machine) = (Mirror::new(config), BreakerMachine::new());
        machine.settle(config, ticket(0), Fate::Success, None, time::now);
        for _ in 0..failures {
            machine.settle(config, ticket(0), Fate::Failure, None, time::now);
        }
        mirror.publish(&machine, config);
        (mirror, machine)
    }

    #[test]
    fn a_failure_is_counted_anew_when_another_call_ends_meanwhile() {
        let config = CircuitBreakerConfig::DEFAULT.failure_threshold(4);
        let failures = |before, change: &dyn Fn(&Mirror)| {
            let (mirror, mut machine) = published(&config, before);
            let is_counted = mirror.count_failure_after(ticket(0), once(|| change(&mirror)));
            mirror.collect(&mut machine);
            (is_counted, machine.phase)
        };
        let fail = |mirror: &Mirror| assert!(mirror.count_failure(ticket(0)));
        let closed = |failures| Phase::Closed { failures };
        assert_eq!(failures(1, &fail), (true, closed(3)));
        assert_eq!(failures(2, &fail), (false, closed(3)), "the fourth one opens it");
        assert_eq!(failures(2, &|mirror| assert!(mirror.count_success(ticket(0)))), (true, closed(1)));
    }

    #[test]
    fn a_success_is_counted_anew_when_another_call_ends_meanwhile() {
        let default = CircuitBreakerConfig::DEFAULT;
        for config in [default.window(10), default.window_time(Duration::from_secs(3_600))] {
            let (mirror, mut machine) = published(&config, 0);
            let succeed = || assert!(mirror.count_success(ticket(0)));
            assert!(mirror.count_success_after(ticket(0), once(succeed)));
            mirror.collect(&mut machine);
            assert_eq!(machine.tally(time::now()).calls, 3, "{config:?}");
        }
        let (mirror, mut machine) = published(&default, 1);
        let fail = || assert!(mirror.count_failure(ticket(0)));
        assert!(mirror.count_success_after(ticket(0), once(fail)));
        mirror.collect(&mut machine);
        assert_eq!(machine.phase, Phase::Closed { failures: 0 });
    }

    #[test]
    fn a_call_counts_nowhere_once_the_state_is_another() {
        let default = CircuitBreakerConfig::DEFAULT;
        for config in [default, default.window(10), default.window_time(Duration::from_secs(3_600))] {
            for is_success in [true, false] {
                let (mirror, machine) = published(&config, u32::from(is_success && config == default));
                let machine = std::cell::RefCell::new(machine);
                let replace = once(|| {
                    let machine = &mut *machine.borrow_mut();
                    mirror.collect(machine);
                    machine.force(Phase::Closed { failures: 0 });
                    machine.settle(&config, ticket(1), Fate::Success, None, time::now);
                    mirror.publish(machine, &config);
                });
                let is_counted = if is_success {
                    mirror.count_success_after(ticket(0), replace)
                } else {
                    mirror.count_failure_after(ticket(0), replace)
                };
                let is_windowed = config != default;
                if is_success || !is_windowed {
                    assert!(!is_counted, "{config:?}");
                    let machine = &mut *machine.borrow_mut();
                    mirror.collect(machine);
                    assert_eq!(machine.tally(time::now()).calls, u64::from(is_windowed), "{config:?}");
                    assert_eq!(machine.phase, Phase::Closed { failures: 0 });
                }
            }
        }
    }
}
