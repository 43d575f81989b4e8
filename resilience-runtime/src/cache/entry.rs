//! One entry: a value, and for how long it may be given out. Pure; the time is an argument.

use std::time::Duration;

use crate::time::backoff::Fixed;
use crate::time::{self, Moment};

/// Until when, and since which clearing of the cache: one word, as there is one for every entry.
///
/// Time has the upper 56 bits, in steps of 128 ns, rounded down: an entry may die so much early, and never late. The
/// generation has the lower 8. They come round after 256 clearings, which does not matter: an entry can only miss
/// clearings that happen while it is being stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp(u64);

const GENERATIONS: u64 = 0xFF;
const STEP: u64 = 128;

impl Stamp {
    fn new(until: Moment, generation: u64) -> Self {
        Self(Self::steps(until) << GENERATIONS.count_ones() | generation & GENERATIONS)
    }

    const fn steps(moment: Moment) -> u64 {
        moment.as_nanos() / STEP
    }

    const fn until(self) -> u64 {
        self.0 >> GENERATIONS.count_ones()
    }

    const fn is_for_ever(self) -> bool {
        self.until() == Self::steps(Moment::FAR)
    }

    const fn end(self) -> Moment {
        Moment::from_nanos(self.until() * STEP)
    }

    const fn is_of(self, generation: u64) -> bool {
        self.0 & GENERATIONS == generation & GENERATIONS
    }
}

/// A value and what is known about its life; `W` is its weight where the cache has a scale, and else `()`.
#[derive(Debug)]
pub struct Entry<V, W> {
    value: V,
    stamp: Stamp,
    weight: W,
}

/// What an entry is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    Fresh,
    /// Past its time to live by this much.
    Stale(Duration),
    /// Of a time before the cache was cleared.
    Cleared,
}

impl<V, W> Entry<V, W> {
    /// The time to live counts from now, when the value is there, not from when its making began.
    pub fn new(value: V, weight: W, ttl: Option<Duration>, generation: u64, now: impl FnOnce() -> Moment) -> Self {
        let until = ttl.map_or(Moment::FAR, |ttl| now().after(ttl));
        Self { value, stamp: Stamp::new(until, generation), weight }
    }

    /// The clock is asked only about a value that can expire.
    #[inline]
    pub fn is_fresh(&self, generation: u64, is_before: impl FnOnce(Moment) -> bool) -> bool {
        self.stamp.is_of(generation) && (self.stamp.is_for_ever() || is_before(self.stamp.end()))
    }

    pub fn age(&self, generation: u64, now: impl FnOnce() -> Moment) -> Age {
        if !self.stamp.is_of(generation) {
            return Age::Cleared;
        }
        if self.stamp.is_for_ever() {
            return Age::Fresh;
        }
        let (now, end) = (now(), self.stamp.end());
        if now < end { Age::Fresh } else { Age::Stale(now.since(end)) }
    }

    pub const fn value(&self) -> &V {
        &self.value
    }

    pub const fn weight(&self) -> &W {
        &self.weight
    }
}

/// A time to live less a random part of its `jitter`: never longer than it was asked for.
pub fn jittered(ttl: Duration, jitter: Fixed, random: u64) -> Duration {
    let most = jitter.times(time::nanos(ttl));
    let spread = (u128::from(random) * (u128::from(most) + 1)) >> 64;
    ttl.saturating_sub(Duration::from_nanos(u64::try_from(spread).unwrap_or(most)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> impl FnOnce() -> Moment {
        move || Moment::from_nanos(seconds * 1_000_000_000)
    }

    fn entry(ttl: Option<Duration>, generation: u64) -> Entry<char, ()> {
        Entry::new('v', (), ttl, generation, at(5))
    }

    #[test]
    fn an_entry_lives_exactly_as_long_as_its_ttl() {
        let entry = entry(Some(Duration::from_secs(10)), 0);
        assert_eq!(entry.age(0, at(14)), Age::Fresh);
        assert_eq!(entry.age(0, at(15)), Age::Stale(Duration::ZERO));
        assert_eq!(entry.age(0, at(18)), Age::Stale(Duration::from_secs(3)));
        assert_eq!(entry.age(0, at(0)), Age::Fresh, "a clock that steps back");
        for second in 0..20 {
            let is_fresh = entry.is_fresh(0, |end| at(second)() < end);
            assert_eq!(is_fresh, entry.age(0, at(second)) == Age::Fresh, "after {second} s");
        }
    }

    #[test]
    fn a_ttl_beyond_all_time_does_not_overflow() {
        assert_eq!(entry(Some(Duration::MAX), 0).age(0, at(u64::MAX / 1_000_000_000)), Age::Fresh);
    }

    #[test]
    fn without_a_ttl_no_clock_is_read() {
        let unread = || unreachable!("nothing expires");
        assert_eq!(Entry::new('v', (), None, 0, unread).age(0, unread), Age::Fresh);
        assert!(entry(None, 0).is_fresh(0, |_| unreachable!("nothing expires")));
    }

    #[test]
    fn an_entry_belongs_to_its_generation() {
        let unread = || unreachable!("it does not matter when");
        for generation in [0, 1, 255, 256, u64::MAX] {
            assert_eq!(entry(None, generation).age(generation, unread), Age::Fresh);
            assert_eq!(entry(None, generation).age(generation.wrapping_add(1), unread), Age::Cleared);
            assert!(!entry(None, generation).is_fresh(generation.wrapping_add(1), |_| true));
            assert_eq!(entry(Some(Duration::MAX), generation).age(generation.wrapping_sub(1), unread), Age::Cleared);
        }
    }

    #[test]
    fn a_jitter_only_ever_shortens() {
        let ttl = Duration::from_secs(100);
        let of = |ratio, random| jittered(ttl, Fixed::from_f64(ratio), random);
        assert_eq!(of(0.0, u64::MAX), ttl);
        assert_eq!((of(0.25, 0), of(0.25, u64::MAX)), (ttl, Duration::from_secs(75)));
        assert_eq!((of(1.0, 0), of(1.0, u64::MAX)), (ttl, Duration::ZERO));
        assert_eq!(of(0.5, u64::MAX / 2), Duration::from_secs(75));
        assert!(jittered(Duration::MAX, Fixed::from_f64(1.0), u64::MAX) <= Duration::MAX);
    }

    #[test]
    fn an_entry_of_a_word_takes_two_words() {
        assert_eq!(size_of::<Entry<u64, ()>>(), 16);
    }
}
