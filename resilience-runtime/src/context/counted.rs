//! Which breakers with a window have counted a call on this thread lately.
//!
//! A call that passes several functions of one breaker counts once, where it ends first. A count that
//! others have displaced is repeated.

use std::cell::Cell;

const REMEMBERED: u32 = 4;

thread_local! {
    static LAST: Cell<u32> = const { Cell::new(0) };
    static BREAKERS: [Cell<usize>; REMEMBERED as usize] = const { [const { Cell::new(0) }; REMEMBERED as usize] };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastCount(u32);

impl LastCount {
    pub const BITS: u32 = 28;
    const MASK: u32 = (1 << Self::BITS) - 1;

    #[inline]
    pub fn current() -> Self {
        Self(LAST.get())
    }

    pub const fn from_bits(bits: u32) -> Self {
        Self(bits & Self::MASK)
    }

    pub const fn to_bits(self) -> u32 {
        self.0
    }

    #[inline]
    pub fn is_before_one_of(self, breaker: usize) -> bool {
        let since = LAST.get().wrapping_sub(self.0) & Self::MASK;
        since != 0 && Self::finds(breaker, since)
    }

    #[cold]
    #[inline(never)]
    fn finds(breaker: usize, since: u32) -> bool {
        let last = LAST.get();
        let mut places = (0..since.min(REMEMBERED)).map(|back| place(last.wrapping_sub(back)));
        BREAKERS.with(|breakers| places.any(|place| breakers[place].get() == breaker))
    }

    #[inline]
    pub fn add(breaker: usize) {
        let number = LAST.get().wrapping_add(1) & Self::MASK;
        LAST.set(number);
        BREAKERS.with(|breakers| breakers[place(number)].set(breaker));
    }
}

const fn place(number: u32) -> usize {
    (number % REMEMBERED) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_found_by_those_that_began_before_it() {
        let outer = LastCount::current();
        LastCount::add(1);
        let inner = LastCount::current();
        assert!(outer.is_before_one_of(1) && !outer.is_before_one_of(2) && !inner.is_before_one_of(1));
        for other in 2..2 + REMEMBERED as usize {
            assert!(outer.is_before_one_of(1));
            LastCount::add(other);
        }
        assert!(!outer.is_before_one_of(1), "displaced");
        assert!(inner.is_before_one_of(2) && inner.is_before_one_of(5) && !inner.is_before_one_of(6));
    }

    #[test]
    fn numbers_wrap_around() {
        LAST.set(LastCount::MASK);
        let before = LastCount::current();
        LastCount::add(7);
        assert_eq!(LastCount::current(), LastCount(0));
        assert!(before.is_before_one_of(7) && LastCount::from_bits(before.to_bits()).is_before_one_of(7));
    }
}
