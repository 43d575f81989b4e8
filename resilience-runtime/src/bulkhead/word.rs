//! A bulkhead in one atomic word, for calls that enter a free place and leave it to nobody.
//!
//! The word holds what the machine calls `in_flight`, with the limit. Whoever holds the lock of the
//! machine takes it out of the word, and puts it back unless calls are queued or above the limit.

use std::sync::atomic::{AtomicU64, Ordering};

const TAKEN: u64 = 1 << 63;
/// A call that finds no place may be queued, which the machine decides.
const HAS_QUEUE: u64 = 1 << 62;
const BITS: u32 = 31;
const PLACES: u64 = (1 << BITS) - 1;

#[derive(Debug)]
pub struct PlacesWord(AtomicU64);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordEntry {
    Admitted,
    Full,
    Undecided,
}

impl PlacesWord {
    pub const fn new() -> Self {
        Self(AtomicU64::new(TAKEN))
    }

    #[inline]
    pub fn enter(&self, may_queue: bool) -> WordEntry {
        self.enter_after(may_queue, || ())
    }

    #[inline]
    fn enter_after(&self, may_queue: bool, looked: impl Fn()) -> WordEntry {
        let mut word = self.0.load(Ordering::Relaxed);
        loop {
            looked();
            if word & TAKEN != 0 {
                return WordEntry::Undecided;
            }
            if word & PLACES >= word >> BITS & PLACES {
                return if may_queue && word & HAS_QUEUE != 0 { WordEntry::Undecided } else { WordEntry::Full };
            }
            match self.0.compare_exchange_weak(word, word + 1, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return WordEntry::Admitted,
                Err(seen) => word = seen,
            }
        }
    }

    /// Returns whether the place is free now. Otherwise the machine must free it.
    #[inline]
    pub fn leave(&self) -> bool {
        self.leave_after(|| ())
    }

    #[inline]
    fn leave_after(&self, looked: impl Fn()) -> bool {
        let mut word = self.0.load(Ordering::Relaxed);
        while word & TAKEN == 0 && word & PLACES != 0 {
            looked();
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn once<'a>(change: impl Fn() + 'a) -> impl Fn() + 'a {
        let is_first = Cell::new(true);
        move || {
            if is_first.replace(false) {
                change();
            }
        }
    }

    fn word(in_flight: u32, max: u32) -> PlacesWord {
        let word = PlacesWord::new();
        word.put_back(in_flight, max, 0);
        word
    }

    #[test]
    fn a_call_decides_anew_when_another_changes_the_word_meanwhile() {
        let last = word(1, 2);
        assert_eq!(
            last.enter_after(false, once(|| assert_eq!(last.enter(false), WordEntry::Admitted))),
            WordEntry::Full
        );
        assert_eq!(last.take(), Some(2), "the other call has the last place");
        let both = word(0, 2);
        assert_eq!(
            both.enter_after(false, once(|| assert_eq!(both.enter(false), WordEntry::Admitted))),
            WordEntry::Admitted
        );
        assert_eq!(both.take(), Some(2), "neither is lost");
        let left = word(2, 3);
        assert!(left.leave_after(once(|| assert!(left.leave()))));
        assert_eq!(left.take(), Some(0));
        let crossed = word(1, 3);
        assert!(crossed.leave_after(once(|| assert_eq!(crossed.enter(false), WordEntry::Admitted))));
        assert_eq!(crossed.take(), Some(1));
    }

    #[test]
    fn a_call_leaves_the_decision_to_the_machine_once_it_has_the_state() {
        let entered = word(0, 2);
        let take = || assert_eq!(entered.take(), Some(0));
        assert_eq!(entered.enter_after(false, once(take)), WordEntry::Undecided);
        let left = word(1, 2);
        assert!(!left.leave_after(once(|| assert_eq!(left.take(), Some(1)))));
        assert_eq!((left.take(), left.enter(true), left.leave()), (None, WordEntry::Undecided, false));
        let smaller = word(1, 2);
        let shrink = || {
            assert_eq!(smaller.take(), Some(1));
            smaller.put_back(1, 1, 0);
        };
        assert_eq!(smaller.enter_after(false, once(shrink)), WordEntry::Full);
    }
}
