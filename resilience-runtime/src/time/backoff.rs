//! The delay before the next attempt, as a pure function in integers.
//!
//! Factors and ratios are converted from floats once. Every step saturates, so no input can panic,
//! wrap or turn negative.

use std::time::Duration;

use super::nanos;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backoff {
    /// `base × factorⁿ⁻¹`
    Exponential,
    /// `base × n`
    Linear,
    Constant,
    /// `base × 1, 2, 3, 5, 8, …`
    Fibonacci,
    /// From `base` to three times the last delay (Brooker, "Exponential Backoff And Jitter", 2015).
    Decorrelated,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jitter {
    None,
    /// From 0 to the delay: spreads simultaneous callers best (same source).
    Full,
    /// From half the delay to the delay.
    Equal,
    /// The delay ± this part of it.
    Ratio(Fixed),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fixed(u64);

impl Fixed {
    pub const ONE: Self = Self(1 << 32);

    /// Saturates; NaN becomes zero.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates here, which is what is wanted"
    )]
    pub const fn from_f64(value: f64) -> Self {
        Self((value * 4_294_967_296.0) as u64)
    }

    /// Rounded to seven decimals, so that `0.1` is shown as it was written.
    #[cfg(feature = "config")]
    #[expect(clippy::cast_precision_loss, reason = "for people to read")]
    pub fn to_f64(self) -> f64 {
        (self.0 as f64 / 4_294_967_296.0 * 1e7).round() / 1e7
    }

    pub const fn times(self, amount: u64) -> u64 {
        saturated((amount as u128 * self.0 as u128) >> 32)
    }

    /// `amount × selfⁿ`. By squaring, so that `u32::MAX` attempts cost 32 steps, and with 64 integer bits, so
    /// that a base of a nanosecond grows as far as a base of a minute.
    pub const fn grow(self, amount: u64, mut exponent: u32) -> u64 {
        let (mut result, mut base) = (Self::ONE.0 as u128, self.0 as u128);
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = product(base, result);
            }
            base = product(base, base);
            exponent >>= 1;
        }
        saturated(product(result, (amount as u128) << 32) >> 32)
    }
}

/// The largest number of 64 integer and 32 fractional bits.
const LARGEST: u128 = (1 << 96) - 1;

const fn product(a: u128, b: u128) -> u128 {
    let (whole, fraction) = (a >> 32, a & 0xFFFF_FFFF);
    let Some(whole) = whole.checked_mul(b) else { return LARGEST };
    match whole.checked_add((fraction * b) >> 32) {
        Some(product) if product < LARGEST => product,
        _ => LARGEST,
    }
}

const fn saturated(amount: u128) -> u64 {
    if amount > u64::MAX as u128 {
        return u64::MAX;
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked above")]
    let amount = amount as u64;
    amount
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delays {
    pub backoff: Backoff,
    pub base: Duration,
    pub factor: Fixed,
    pub max: Duration,
    pub jitter: Jitter,
}

/// The delays that jitter chooses from, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DelayRange {
    least: u64,
    most: u64,
    due: u64,
    /// The width of the jitter above a hint.
    spread: u64,
}

#[allow(missing_docs, reason = "only generated code names it")]
impl DelayRange {
    pub const fn exactly(delay: Duration) -> Self {
        let delay = nanos(delay);
        Self { least: delay, most: delay, due: delay, spread: 0 }
    }

    pub(crate) const fn due(self) -> u64 {
        self.due
    }

    /// Returns whether chance decides nothing. There is no jitter above a hint then, either.
    pub(crate) const fn is_certain(self) -> bool {
        self.least == self.most
    }

    #[inline]
    pub(crate) fn pick(self, random: u64) -> u64 {
        if self.is_certain() {
            return self.least;
        }
        self.least.saturating_add(upto(self.most - self.least, random))
    }

    /// Picks a delay of at least `hint`. Callers with the same hint spread above it, up to `latest`.
    pub(crate) fn pick_after(self, hint: u64, latest: u64, random: u64) -> u64 {
        if hint <= self.least {
            return self.pick(random);
        }
        let spread = self.spread.min(latest.saturating_sub(hint));
        hint.saturating_add(upto(spread, random))
    }
}

impl Delays {
    /// `failures` counts from 1. `max` caps the delay after the jitter, and before it, or callers
    /// that have failed often would all wait exactly `max` and come back together.
    #[inline]
    pub fn range(&self, failures: u32, previous: Duration) -> DelayRange {
        if self.backoff == Backoff::None { DelayRange::exactly(Duration::ZERO) } else { self.grown(failures, previous) }
    }

    #[inline(never)]
    fn grown(&self, failures: u32, previous: Duration) -> DelayRange {
        let (base, max) = (nanos(self.base), nanos(self.max));
        let steps = failures.saturating_sub(1);
        let delay = match self.backoff {
            Backoff::Exponential => self.factor.grow(base, steps),
            Backoff::Linear => base.saturating_mul(u64::from(steps) + 1),
            Backoff::Constant => base,
            Backoff::Fibonacci => base.saturating_mul(fibonacci(steps)),
            Backoff::Decorrelated => nanos(previous).saturating_mul(3).min(max).max(base),
            Backoff::None => 0,
        };
        let due = delay.min(max);
        let (least, most, spread) = match (self.backoff, self.jitter) {
            (Backoff::Decorrelated, _) => (base.min(due), due, due.saturating_sub(base)),
            (_, Jitter::None) => (due, due, 0),
            (_, Jitter::Full) => (0, due, due),
            (_, Jitter::Equal) => (due / 2, due, due - due / 2),
            (_, Jitter::Ratio(ratio)) => {
                let swing = ratio.times(due).min(due);
                (due - swing, due.saturating_add(swing), swing)
            }
        };
        DelayRange { least, most, due, spread }
    }
}

fn upto(most: u64, random: u64) -> u64 {
    let spread = (u128::from(random) * (u128::from(most) + 1)) >> 64;
    u64::try_from(spread).unwrap_or(most)
}

fn fibonacci(steps: u32) -> u64 {
    let (mut current, mut next) = (1_u64, 2_u64);
    for _ in 0..steps {
        if current == u64::MAX {
            break;
        }
        (current, next) = (next, current.saturating_add(next));
    }
    current
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Delays {
        fn after(&self, failures: u32, previous: Duration, random: u64) -> Duration {
            Duration::from_nanos(self.range(failures, previous).pick(random)).min(self.max)
        }
    }

    const SECOND: Duration = Duration::from_secs(1);

    fn delays(backoff: Backoff, jitter: Jitter) -> Delays {
        Delays { backoff, base: SECOND, factor: Fixed::from_f64(2.0), max: Duration::from_secs(60), jitter }
    }

    fn seconds(delays: Delays, count: u32) -> Vec<u64> {
        (1..=count).map(|n| delays.after(n, Duration::ZERO, u64::MAX).as_secs()).collect()
    }

    #[test]
    fn every_backoff_follows_its_table() {
        let table = |backoff, count| seconds(delays(backoff, Jitter::None), count);
        assert_eq!(table(Backoff::Exponential, 8), [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(table(Backoff::Linear, 4), [1, 2, 3, 4]);
        assert_eq!(table(Backoff::Constant, 3), [1, 1, 1]);
        assert_eq!(table(Backoff::Fibonacci, 10), [1, 2, 3, 5, 8, 13, 21, 34, 55, 60]);
        assert_eq!(table(Backoff::None, 3), [0, 0, 0]);
    }

    #[test]
    fn a_fractional_factor_is_exact_to_the_millisecond() {
        let delays = Delays { factor: Fixed::from_f64(1.5), ..delays(Backoff::Exponential, Jitter::None) };
        let millis: Vec<u128> = (1..=5).map(|n| delays.after(n, SECOND, 0).as_millis()).collect();
        assert_eq!(millis, [1000, 1500, 2250, 3375, 5062]);
    }

    #[test]
    fn decorrelated_stays_between_base_and_three_times_the_delay_before() {
        let delays = delays(Backoff::Decorrelated, Jitter::None);
        assert_eq!(delays.after(1, Duration::ZERO, u64::MAX), SECOND);
        assert_eq!(delays.after(2, SECOND * 4, 0), SECOND);
        assert_eq!(delays.after(2, SECOND * 4, u64::MAX), SECOND * 12);
        assert_eq!(delays.after(3, SECOND * 40, u64::MAX), SECOND * 60);
    }

    #[test]
    fn growth_goes_on_to_its_maximum_from_the_smallest_base() {
        let base = Duration::from_nanos(1);
        let delays = Delays { base, max: Duration::MAX, ..delays(Backoff::Exponential, Jitter::None) };
        let after = |failures| delays.after(failures, Duration::ZERO, 0);
        for failures in 1..=64 {
            assert_eq!(after(failures).as_nanos(), 1 << (failures - 1), "{failures}");
        }
        assert_eq!((after(65), after(u32::MAX)), (Duration::from_nanos(u64::MAX), Duration::from_nanos(u64::MAX)));
    }

    #[test]
    fn each_jitter_keeps_to_its_range() {
        let at = |jitter, random| delays(Backoff::Constant, jitter).after(1, SECOND, random).as_millis();
        assert_eq!((at(Jitter::Full, 0), at(Jitter::Full, u64::MAX)), (0, 1000));
        assert_eq!((at(Jitter::Equal, 0), at(Jitter::Equal, u64::MAX)), (500, 1000));
        let tenth = Jitter::Ratio(Fixed::from_f64(0.1));
        assert_eq!((at(tenth, 0).div_ceil(10), at(tenth, u64::MAX) / 10), (90, 109));
        assert_eq!(at(tenth, u64::MAX / 2), 1000);
    }

    #[test]
    fn a_delay_that_is_certain_has_no_jitter_above_a_hint() {
        let jitters = [Jitter::None, Jitter::Full, Jitter::Equal, Jitter::Ratio(Fixed::from_f64(0.1))];
        let bases = [0, 1, 5, 1_000].map(Duration::from_nanos);
        for backoff in [Backoff::None, Backoff::Constant, Backoff::Exponential, Backoff::Decorrelated] {
            for (base, jitter) in bases.into_iter().flat_map(|base| jitters.map(|jitter| (base, jitter))) {
                let delays = Delays { base, ..delays(backoff, jitter) };
                let range = delays.range(1, base);
                let above = |random| range.pick_after(2_000, u64::MAX, random);
                let is_random = range.pick(0) != range.pick(u64::MAX) || above(0) != above(u64::MAX);
                assert_eq!(range.is_certain(), !is_random, "{delays:?}");
            }
        }
    }

    #[test]
    fn the_cap_holds_after_the_jitter() {
        let delays = Delays { max: SECOND, ..delays(Backoff::Constant, Jitter::Ratio(Fixed::from_f64(0.5))) };
        assert_eq!(delays.after(1, SECOND, u64::MAX), SECOND);
    }

    #[test]
    fn jitter_spreads_the_callers_at_the_cap_too() {
        for (backoff, jitter, half) in [
            (Backoff::Exponential, Jitter::Full, 30),
            (Backoff::Exponential, Jitter::Equal, 45),
            (Backoff::Fibonacci, Jitter::Full, 30),
            (Backoff::Decorrelated, Jitter::None, 30),
        ] {
            let delays = delays(backoff, jitter);
            for failures in [10, 40, u32::MAX] {
                let middle = delays.after(failures, SECOND * 60, u64::MAX / 2).as_secs();
                assert!((half - 1..=half).contains(&middle), "{backoff:?}, {jitter:?}: {middle} after {failures}");
            }
        }
    }

    #[test]
    fn the_mean_of_full_jitter_is_half_the_delay() {
        let delays = delays(Backoff::Constant, Jitter::Full);
        let samples = 10_000_u64;
        let sum: u128 =
            (0..samples).map(|n| delays.after(1, SECOND, n.wrapping_mul(0x9E37_79B9_7F4A_7C15)).as_micros()).sum();
        let mean = sum / u128::from(samples);
        assert!((495_000..=505_000).contains(&mean), "{mean}");
    }

    /// Attempts 0..=2²⁰ and the top of `u32`, with durations and factors at the edges: within the cap, and never
    /// falling while growing is promised.
    #[test]
    fn no_attempt_number_and_no_configuration_leaves_the_range() {
        let durations = [Duration::ZERO, Duration::from_nanos(1), SECOND, Duration::from_secs(u64::MAX), Duration::MAX];
        let factors = [1.0, 1.000_000_1, 2.0, 1e9, f64::MAX, f64::INFINITY, f64::NAN, -1.0];
        let kinds = [
            Backoff::Exponential,
            Backoff::Linear,
            Backoff::Constant,
            Backoff::Fibonacci,
            Backoff::Decorrelated,
            Backoff::None,
        ];
        let edge = (0..=70).chain([1 << 10, 1 << 20, u32::MAX - 1, u32::MAX]);
        for failures in edge {
            for base in durations {
                for max in durations {
                    for factor in factors {
                        for backoff in kinds {
                            let delays =
                                Delays { backoff, base, factor: Fixed::from_f64(factor), max, jitter: Jitter::Full };
                            for random in [0, u64::MAX] {
                                assert!(delays.after(failures, max, random) <= max);
                            }
                        }
                    }
                }
            }
        }
        let growing = delays(Backoff::Exponential, Jitter::None);
        let mut before = Duration::ZERO;
        for failures in 0..=1_u32 << 20 {
            let delay = growing.after(failures, before, 0);
            assert!(delay >= before && delay >= SECOND && delay <= growing.max);
            before = delay;
        }
    }
}
