//! A copy of the state that calls read without the lock.

use std::sync::atomic::{AtomicU64, Ordering};

use super::config::CircuitBreakerConfig;
use super::state::{BreakerMachine, BreakerTicket};
use crate::time::Moment;

/// The lock decides whether a call is admitted.
const BUSY: u64 = 1 << 59;
/// There is a window with slow calls.
const TIMED: u64 = 1 << 58;
/// There is a window, which counts successes too.
const WINDOWED: u64 = 1 << 60;
/// There are failures, which a success resets.
const COUNTING: u64 = 1 << 61;
/// No call is admitted before `open_until`.
const OPEN: u64 = 1 << 62;

/// Read by every call, and written under the lock when the state changes.
#[derive(Debug)]
pub struct Mirror {
    word: AtomicU64,
    open_until: AtomicU64,
}

/// The generation, with the flags above it where no ticket has a bit of its probe.
#[derive(Debug, Clone, Copy)]
pub struct MirrorWord(u64);

impl Mirror {
    pub const fn new(config: &CircuitBreakerConfig) -> Self {
        Self { word: AtomicU64::new(settings(config)), open_until: AtomicU64::new(0) }
    }

    #[inline]
    pub fn load(&self) -> MirrorWord {
        MirrorWord(self.word.load(Ordering::Acquire))
    }

    /// Read after [`load`](Self::load).
    pub fn open_until(&self) -> Moment {
        Moment::from_nanos(self.open_until.load(Ordering::Relaxed))
    }

    /// Returns whether a success with this ticket changes nothing. The success of a probe always does.
    #[inline]
    pub fn is_calm(&self, ticket: BreakerTicket) -> bool {
        self.load().0 == ticket.place
    }

    /// Called under the lock, so that the mirror never shows a state that did not exist.
    pub fn publish(&self, machine: &BreakerMachine, config: &CircuitBreakerConfig) {
        let until = machine.open_until();
        if let Some(until) = until {
            self.open_until.store(until.as_nanos(), Ordering::Relaxed);
        }
        let word = u64::from(machine.generation)
            | settings(config)
            | flag(!machine.lets_pass(), BUSY)
            | flag(!machine.is_calm(), COUNTING)
            | flag(until.is_some(), OPEN);
        self.word.store(word, Ordering::Release);
    }
}

impl MirrorWord {
    /// Returns whether a call is admitted without the lock and the clock.
    #[inline]
    pub const fn admits_untimed(self) -> bool {
        self.0 & (BUSY | WINDOWED) == 0
    }

    #[inline]
    pub const fn admits(self) -> bool {
        self.0 & BUSY == 0
    }

    #[inline]
    pub const fn is_timed(self) -> bool {
        self.0 & TIMED != 0
    }

    pub const fn is_open(self) -> bool {
        self.0 & OPEN != 0
    }

    #[inline]
    pub const fn generation(self) -> u32 {
        #[expect(clippy::cast_possible_truncation, reason = "the flags are above it")]
        let generation = self.0 as u32;
        generation
    }
}

const fn settings(config: &CircuitBreakerConfig) -> u64 {
    let is_windowed = config.window.is_some();
    flag(is_windowed, WINDOWED) | flag(is_windowed && config.slow_call.is_some(), TIMED)
}

const fn flag(is_set: bool, bit: u64) -> u64 {
    if is_set { bit } else { 0 }
}
