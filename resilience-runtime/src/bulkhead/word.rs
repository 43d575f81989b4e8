//! A bulkhead in one atomic word, for calls that enter a free place and leave it to nobody.
//!
//! The word holds what the machine calls `in_flight`, with the limit. Whoever holds the lock of the
//! machine takes it out of the word, and puts it back unless calls are queued or above the limit.

use std::sync::atomic::{AtomicU64, Ordering};

/// The machine has the state.
const TAKEN: u64 = 1 << 63;
/// A call that finds no place may be queued, which the machine decides.
const HAS_QUEUE: u64 = 1 << 62;
const BITS: u32 = 31;
const PLACES: u64 = (1 << BITS) - 1;

#[derive(Debug)]
pub struct PlacesWord(AtomicU64);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    Admitted,
    Full,
    /// The machine must decide.
    Undecided,
}

impl PlacesWord {
    pub const fn new() -> Self {
        Self(AtomicU64::new(TAKEN))
    }

    #[inline]
    pub fn enter(&self, may_queue: bool) -> Entry {
        let mut word = self.0.load(Ordering::Relaxed);
        loop {
            if word & TAKEN != 0 {
                return Entry::Undecided;
            }
            if word & PLACES >= word >> BITS & PLACES {
                return if may_queue && word & HAS_QUEUE != 0 { Entry::Undecided } else { Entry::Full };
            }
            match self.0.compare_exchange_weak(word, word + 1, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Entry::Admitted,
                Err(seen) => word = seen,
            }
        }
    }

    /// Returns whether the place is free now. Otherwise the machine must free it.
    #[inline]
    pub fn leave(&self) -> bool {
        let mut word = self.0.load(Ordering::Relaxed);
        while word & TAKEN == 0 && word & PLACES != 0 {
            match self.0.compare_exchange_weak(word, word - 1, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(seen) => word = seen,
            }
        }
        false
    }

    /// Called under the lock. Returns the calls in progress, unless the machine has the state.
    pub fn take(&self) -> Option<u32> {
        let word = self.0.fetch_or(TAKEN, Ordering::AcqRel);
        if word & TAKEN == 0 { u32::try_from(word & PLACES).ok() } else { None }
    }

    /// Called under the lock, with the state taken. It stays so if the limit does not fit.
    pub fn put_back(&self, in_flight: u32, max: u32, queue: u32) {
        let (in_flight, max) = (u64::from(in_flight), u64::from(max));
        if max <= PLACES && in_flight <= max {
            let queue = if queue > 0 { HAS_QUEUE } else { 0 };
            self.0.store(queue | max << BITS | in_flight, Ordering::Release);
        }
    }
}
