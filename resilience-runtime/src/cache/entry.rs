//! One entry: a value and its expiry. Time is an argument.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::weight::Weight;
use crate::time::backoff::Fixed;
use crate::time::{self, Moment};

/// The expiry of an entry, and the generation of the cache that stored it.
///
/// The upper 56 bits are the expiry in steps of 128 ns, rounded down so that no entry expires late.
/// One bit is set for an answer, and clear for a substitute. The lower 7 bits are the generation,
/// which may wrap: it only has to detect clearings during the insertion of the entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Expiry(u64);

const GENERATION_MASK: u64 = 0x7F;
const ANSWER: u64 = 0x80;
const LOW_BITS: u64 = GENERATION_MASK | ANSWER;
const LASTING_ANSWER: u64 = Expiry::steps_of(Moment::FAR) << LOW_BITS.count_ones() | LOW_BITS;
const STEP_NANOS: u64 = 128;

impl Expiry {
    fn new(at: Moment, generation: u64) -> Self {
        Self(Self::steps_of(at) << LOW_BITS.count_ones() | ANSWER | generation & GENERATION_MASK)
    }

    const fn steps_of(moment: Moment) -> u64 {
        moment.as_nanos() / STEP_NANOS
    }

    const fn steps(self) -> u64 {
        self.0 >> LOW_BITS.count_ones()
    }

    const fn is_never(self) -> bool {
        self.steps() == Self::steps_of(Moment::FAR)
    }

    const fn at(self) -> Moment {
        Moment::from_nanos(self.steps() * STEP_NANOS)
    }

    const fn is_of_generation(self, generation: u64) -> bool {
        self.0 & GENERATION_MASK == generation & GENERATION_MASK
    }

    const fn is_substitute(self) -> bool {
        self.0 & ANSWER == 0
    }

    const fn is_lasting_answer(self) -> bool {
        self.0 | GENERATION_MASK == LASTING_ANSWER
    }
}

/// The nanoseconds that a reader may take between reading the clock and storing the result.
const OVERTAKEN: u64 = 1_000_000_000;

/// `W` is the weight of the entry, the end of its idle time, both or neither.
#[derive(Debug)]
pub struct CacheEntry<V, W> {
    value: V,
    expiry: Expiry,
    weight: W,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    Fresh,
    /// Expired this long ago.
    Stale(Duration),
    /// Cleared, or not read for too long.
    Gone,
}

impl<V, W: Weight> CacheEntry<V, W> {
    /// The `ttl` counts from now, when the value is stored, not from the start of its load.
    pub fn new(value: V, weight: W, ttl: Option<Duration>, generation: u64, now: impl FnOnce() -> Moment) -> Self {
        Self::ending_at(value, weight, ttl.map_or(Moment::FAR, |ttl| now().after(ttl)), generation)
    }

    pub fn ending_at(value: V, weight: W, at: Moment, generation: u64) -> Self {
        Self { value, expiry: Expiry::new(at, generation), weight }
    }

    #[must_use]
    pub const fn marked_as_substitute(mut self, is_substitute: bool) -> Self {
        if is_substitute {
            self.expiry.0 &= !ANSWER;
        }
        self
    }

    pub const fn is_substitute(&self) -> bool {
        self.expiry.is_substitute()
    }

    /// Begins the idle time anew, at each read.
    #[inline]
    pub fn read(&self, idle_until: impl FnOnce() -> Moment) {
        if let Some(end) = self.weight.idle_until() {
            let (last, next) = (end.load(Ordering::Relaxed), idle_until().as_nanos());
            // Readers within one tick of the clock leave the cache line to each other. An end that is much later is
            // that of a longer time, which a newer setting has replaced, and not of a reader that overtook this one.
            if last < next || last - next > OVERTAKEN {
                end.store(next, Ordering::Relaxed);
            }
        }
    }

    #[inline]
    fn is_idle(&self, is_before: impl FnOnce(Moment) -> bool) -> bool {
        let end = self.weight.idle_until().map(|end| Moment::from_nanos(end.load(Ordering::Relaxed)));
        end.is_some_and(|end| !is_before(end))
    }

    /// Returns whether a fresh entry is a substitute. An answer without a `ttl` reads no clock.
    #[inline]
    pub fn fresh(&self, generation: u64, is_before: impl Fn(Moment) -> bool) -> Option<bool> {
        if !self.expiry.is_of_generation(generation) || self.is_idle(&is_before) {
            return None;
        }
        if self.expiry.is_lasting_answer() {
            return Some(false);
        }
        is_before(self.expiry.at()).then(|| self.is_substitute())
    }

    pub fn freshness(&self, generation: u64, now: impl Fn() -> Moment) -> Freshness {
        if !self.expiry.is_of_generation(generation) || self.is_idle(|end| now() < end) {
            return Freshness::Gone;
        }
        if self.expiry.is_never() {
            return Freshness::Fresh;
        }
        let (now, expiry) = (now(), self.expiry.at());
        if now < expiry { Freshness::Fresh } else { Freshness::Stale(now.since(expiry)) }
    }

    pub const fn value(&self) -> &V {
        &self.value
    }

    pub const fn weight(&self) -> &W {
        &self.weight
    }
}

/// Shortens a `ttl` by a random part of up to the share `jitter`.
pub fn jittered(ttl: Duration, jitter: Fixed, random: u64) -> Duration {
    let most = jitter.times(time::nanos(ttl));
    let spread = (u128::from(random) * (u128::from(most) + 1)) >> 64;
    ttl.saturating_sub(Duration::from_nanos(u64::try_from(spread).unwrap_or(most)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::weight::IdleTime;

    fn at(seconds: u64) -> impl Fn() -> Moment {
        move || Moment::from_nanos(seconds * 1_000_000_000)
    }

    fn entry(ttl: Option<Duration>, generation: u64) -> CacheEntry<char, ()> {
        CacheEntry::new('v', (), ttl, generation, at(5))
    }

    #[test]
    fn an_entry_expires_exactly_after_its_ttl() {
        let entry = entry(Some(Duration::from_secs(10)), 0);
        assert_eq!(entry.freshness(0, at(14)), Freshness::Fresh);
        assert_eq!(entry.freshness(0, at(15)), Freshness::Stale(Duration::ZERO));
        assert_eq!(entry.freshness(0, at(18)), Freshness::Stale(Duration::from_secs(3)));
        assert_eq!(entry.freshness(0, at(0)), Freshness::Fresh, "a clock that steps back");
        for second in 0..20 {
            let is_fresh = entry.fresh(0, |end| at(second)() < end).is_some();
            assert_eq!(is_fresh, entry.freshness(0, at(second)) == Freshness::Fresh, "after {second} s");
        }
    }

    #[test]
    fn the_longest_ttl_does_not_overflow() {
        assert_eq!(entry(Some(Duration::MAX), 0).freshness(0, at(u64::MAX / 1_000_000_000)), Freshness::Fresh);
    }

    #[test]
    fn without_a_ttl_no_clock_is_read() {
        let unread = || unreachable!("nothing expires");
        assert_eq!(CacheEntry::new('v', (), None, 0, unread).freshness(0, unread), Freshness::Fresh);
        assert_eq!(entry(None, 0).fresh(0, |_| unreachable!("nothing expires")), Some(false));
    }

    #[test]
    fn an_entry_is_valid_in_its_own_generation_only() {
        let unread = || unreachable!("a cleared entry needs no clock");
        for generation in [0, 1, 127, 128, u64::MAX] {
            assert_eq!(entry(None, generation).freshness(generation, unread), Freshness::Fresh);
            assert_eq!(entry(None, generation).freshness(generation.wrapping_add(1), unread), Freshness::Gone);
            assert_eq!(entry(None, generation).fresh(generation.wrapping_add(1), |_| true), None);
            assert_eq!(
                entry(Some(Duration::MAX), generation).freshness(generation.wrapping_sub(1), unread),
                Freshness::Gone
            );
        }
    }

    #[test]
    fn a_substitute_expires_like_an_answer() {
        for generation in [0, 1, 127, 128, u64::MAX - 1] {
            for ttl in [None, Some(Duration::from_secs(10))] {
                let plain = entry(ttl, generation).marked_as_substitute(false);
                assert_eq!((plain.fresh(generation, |_| true), plain.is_substitute()), (Some(false), false));
                let substitute = entry(ttl, generation).marked_as_substitute(true);
                assert_eq!((substitute.fresh(generation, |_| true), substitute.is_substitute()), (Some(true), true));
                assert_eq!(substitute.fresh(generation + 1, |_| true), None);
                assert_eq!(substitute.fresh(generation, |_| false), None);
                assert_eq!(substitute.freshness(generation, at(6)), Freshness::Fresh);
                assert_eq!(substitute.freshness(generation + 1, at(6)), Freshness::Gone);
            }
        }
    }

    #[test]
    fn an_entry_that_is_not_read_is_gone_whatever_its_ttl() {
        for ttl in [None, Some(Duration::from_secs(10))] {
            let entry = CacheEntry::new('v', IdleTime::new(()), ttl, 0, at(5));
            entry.read(at(8));
            assert_eq!((entry.freshness(0, at(7)), entry.freshness(0, at(8))), (Freshness::Fresh, Freshness::Gone));
            assert!(entry.fresh(0, |end| at(7)() < end).is_some());
            entry.read(at(20));
            entry.read(|| at(20)().before(Duration::from_nanos(OVERTAKEN)));
            assert!(entry.freshness(0, at(19)) != Freshness::Gone, "a reader that was overtaken does not shorten it");
            assert_eq!(entry.freshness(0, at(20)), Freshness::Gone, "also past its `ttl`");
            assert!(entry.fresh(0, |end| at(20)() < end).is_none());
            entry.read(at(12));
            assert_eq!(entry.freshness(0, at(12)), Freshness::Gone, "a newer setting shortens it");
        }
    }

    #[test]
    fn jitter_never_lengthens_a_ttl() {
        let ttl = Duration::from_secs(100);
        let of = |ratio, random| jittered(ttl, Fixed::from_f64(ratio), random);
        assert_eq!(of(0.0, u64::MAX), ttl);
        assert_eq!((of(0.25, 0), of(0.25, u64::MAX)), (ttl, Duration::from_secs(75)));
        assert_eq!((of(1.0, 0), of(1.0, u64::MAX)), (ttl, Duration::ZERO));
        assert_eq!(of(0.5, u64::MAX / 2), Duration::from_secs(75));
        assert!(jittered(Duration::MAX, Fixed::from_f64(1.0), u64::MAX) <= Duration::MAX);
    }

    #[test]
    fn an_entry_adds_one_word_to_its_value() {
        assert_eq!(size_of::<CacheEntry<u64, ()>>(), 16);
    }
}
