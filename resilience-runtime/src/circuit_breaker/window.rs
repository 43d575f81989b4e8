//! Counts the calls in a window as they end, in fixed memory and constant time.

use std::time::Duration;

use crate::time::{self, Moment};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    Calls(u32),
    Time(Duration),
}

/// Takes 25 kB for each key of a keyed breaker.
pub const MOST_CALLS: u32 = 100_000;

/// A fraction of all calls, above 0 and at most 1, in units of 2⁻³².
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(u64);

impl Rate {
    pub const ALL: Self = Self(1 << 32);

    /// `None` out of range, and for NaN.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 2³²")]
    pub const fn from_f64(rate: f64) -> Option<Self> {
        if !(rate > 0.0 && rate <= 1.0) {
            return None;
        }
        let units = (rate * 4_294_967_296.0) as u64;
        // The smallest rate is reached by one call, not by zero.
        Some(Self(if units == 0 { 1 } else { units }))
    }

    /// Rounded to seven decimals, so that `0.1` is shown as it was written.
    #[expect(clippy::cast_precision_loss, reason = "at most 1 << 32")]
    pub fn to_f64(self) -> f64 {
        (self.0 as f64 / Self::ALL.0 as f64 * 1e7).round() / 1e7
    }

    pub fn is_reached(self, part: u64, whole: u64) -> bool {
        part > 0 && u128::from(part) << 32 >= u128::from(whole) * u128::from(self.0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    pub calls: u64,
    pub failures: u64,
    pub slow: u64,
}

impl Tally {
    pub const NONE: Self = Self { calls: 0, failures: 0, slow: 0 };

    fn add(&mut self, call: WindowedCall) {
        self.calls += 1;
        self.failures += u64::from(call.failed);
        self.slow += u64::from(call.slow);
    }

    fn subtract(&mut self, gone: Self) {
        self.calls -= gone.calls;
        self.failures -= gone.failures;
        self.slow -= gone.slow;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowedCall {
    pub failed: bool,
    pub slow: bool,
}

impl WindowedCall {
    const fn bits(self) -> u64 {
        self.failed as u64 | (self.slow as u64) << 1
    }

    const fn from_bits(bits: u64) -> Self {
        Self { failed: bits & 1 != 0, slow: bits & 2 != 0 }
    }
}

#[derive(Debug, Clone)]
pub enum Window {
    Calls(CountWindow),
    Time(Box<TimeWindow>),
}

impl Window {
    pub fn new(extent: Extent) -> Self {
        match extent {
            Extent::Calls(most) => Self::Calls(CountWindow::new(most)),
            Extent::Time(length) => Self::Time(Box::new(TimeWindow::new(length))),
        }
    }

    pub fn record(&mut self, call: WindowedCall, now: impl Fn() -> Moment) -> Tally {
        match self {
            Self::Calls(calls) => calls.record(call),
            Self::Time(buckets) => buckets.record(call, now()),
        }
    }

    pub fn tally(&mut self, now: Moment) -> Tally {
        match self {
            Self::Calls(calls) => calls.tally,
            Self::Time(buckets) => buckets.tally(now),
        }
    }

    /// Records successes that were not slow, in the latest bucket of a window of time.
    pub fn record_successes(&mut self, count: u64) {
        match self {
            Self::Calls(calls) => calls.record_successes(count),
            Self::Time(buckets) => buckets.record_successes(count),
        }
    }

    pub fn last_tally(&self) -> Tally {
        match self {
            Self::Calls(calls) => calls.tally,
            Self::Time(buckets) => buckets.tally,
        }
    }

    pub fn clear(&mut self) {
        match self {
            Self::Calls(calls) => calls.clear(),
            Self::Time(buckets) => **buckets = TimeWindow { width: buckets.width, ..TimeWindow::EMPTY },
        }
    }
}

const PER_WORD: u32 = u64::BITS / 2;

/// The last calls, two bits each.
#[derive(Debug, Clone)]
pub struct CountWindow {
    words: Box<[u64]>,
    most: u32,
    next: u32,
    tally: Tally,
    successes: u64,
}

impl CountWindow {
    fn new(most: u32) -> Self {
        let most = most.clamp(1, MOST_CALLS);
        let words = vec![0; most.div_ceil(PER_WORD) as usize].into_boxed_slice();
        Self { words, most, next: 0, tally: Tally::NONE, successes: 0 }
    }

    fn clear(&mut self) {
        self.words.fill(0);
        (self.next, self.tally, self.successes) = (0, Tally::NONE, 0);
    }

    /// Returns the number of successes after which it is full of them. Then one more changes nothing.
    pub fn successes_until_full(&self) -> u32 {
        self.most.saturating_sub(u32::try_from(self.successes).unwrap_or(u32::MAX))
    }

    /// Bits of calls that the window does not hold are zero.
    fn record_successes(&mut self, count: u64) {
        const FAILURES: u64 = u64::MAX / 3;
        let most = u64::from(self.most);
        let mut left = u32::try_from(count.min(most)).unwrap_or(self.most);
        let mut place = self.next;
        while left > 0 && self.tally.failures + self.tally.slow > 0 {
            let shift = place % PER_WORD;
            let run = left.min(PER_WORD - shift).min(self.most - place);
            if let Some(word) = self.words.get_mut((place / PER_WORD) as usize) {
                let mask = u64::MAX >> (u64::BITS - 2 * run) << (2 * shift);
                let gone = *word & mask;
                self.tally.failures -= u64::from((gone & FAILURES).count_ones());
                self.tally.slow -= u64::from((gone & !FAILURES).count_ones());
                *word &= !mask;
            }
            left -= run;
            place = (place + run) % self.most;
        }
        self.next = u32::try_from((u64::from(self.next) + count) % most).unwrap_or_default();
        self.tally.calls = self.tally.calls.saturating_add(count).min(most);
        self.successes = self.successes.saturating_add(count);
    }

    fn record(&mut self, call: WindowedCall) -> Tally {
        let shift = self.next % PER_WORD * 2;
        if let Some(word) = self.words.get_mut((self.next / PER_WORD) as usize) {
            if self.tally.calls == u64::from(self.most) {
                let mut gone = Tally::NONE;
                gone.add(WindowedCall::from_bits(*word >> shift));
                self.tally.subtract(gone);
            }
            *word = *word & !(0b11 << shift) | call.bits() << shift;
        }
        self.tally.add(call);
        self.next = (self.next + 1) % self.most;
        self.successes = if call.failed || call.slow { 0 } else { self.successes.saturating_add(1) };
        self.tally
    }
}

/// The window advances by one bucket, so it holds up to a twentieth less than its length.
pub const BUCKETS: usize = 20;

/// In nanoseconds. To a bucket of this length, the coarse clock is exact enough.
const LONG_BUCKET: u64 = 1_000_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketEnd {
    pub at: Moment,
    pub is_long: bool,
}

/// The calls of the last period, in buckets by the time they ended.
#[derive(Debug, Clone)]
pub struct TimeWindow {
    ring: [Tally; BUCKETS],
    /// In nanoseconds.
    width: u64,
    /// The first call. Buckets are counted from it and not from an epoch, or the phase of the process would decide
    /// which calls share one.
    origin: Option<Moment>,
    /// The number of the latest bucket.
    latest: u64,
    tally: Tally,
}

impl TimeWindow {
    const EMPTY: Self = Self { ring: [Tally::NONE; BUCKETS], width: 1, origin: None, latest: 0, tally: Tally::NONE };

    fn new(length: Duration) -> Self {
        Self { width: time::nanos(length).div_ceil(BUCKETS as u64).max(1), ..Self::EMPTY }
    }

    /// Clears the buckets that the window has left. A clock that steps back does not move it.
    fn advance(&mut self, now: Moment) -> &mut Tally {
        let origin = self.origin.unwrap_or(now);
        let number = time::nanos(now.since(origin)) / self.width;
        let steps = number.saturating_sub(self.latest);
        for step in 1..=steps.min(BUCKETS as u64) {
            let old = std::mem::replace(&mut self.ring[place(self.latest.saturating_add(step))], Tally::NONE);
            self.tally.subtract(old);
        }
        self.latest = self.latest.max(number);
        &mut self.ring[place(self.latest)]
    }

    fn record_successes(&mut self, count: u64) {
        self.ring[place(self.latest)].calls += count;
        self.tally.calls += count;
    }

    pub fn bucket_end(&self) -> Option<BucketEnd> {
        let end = self.latest.saturating_add(1).saturating_mul(self.width);
        let at = self.origin?.after(Duration::from_nanos(end));
        Some(BucketEnd { at, is_long: self.width >= LONG_BUCKET })
    }

    fn record(&mut self, call: WindowedCall, now: Moment) -> Tally {
        self.origin.get_or_insert(now);
        self.advance(now).add(call);
        self.tally.add(call);
        self.tally
    }

    fn tally(&mut self, now: Moment) -> Tally {
        self.advance(now);
        self.tally
    }
}

fn place(number: u64) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "less than the number of buckets")]
    let place = (number % BUCKETS as u64) as usize;
    place
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::rng::Reproducible;

    const SECOND: Duration = Duration::from_secs(1);
    const GOOD: WindowedCall = WindowedCall { failed: false, slow: false };
    const BAD: WindowedCall = WindowedCall { failed: true, slow: false };

    fn random_call(numbers: &mut Reproducible) -> WindowedCall {
        WindowedCall { failed: numbers.below(2) == 0, slow: numbers.below(3) == 0 }
    }

    fn count<'a>(calls: impl IntoIterator<Item = &'a WindowedCall>) -> Tally {
        let mut tally = Tally::NONE;
        calls.into_iter().for_each(|call| tally.add(*call));
        tally
    }

    #[test]
    fn a_window_of_calls_agrees_with_a_list() {
        for most in [1, 2, 3, 31, 32, 33, 64, 100, 1_000] {
            let mut numbers = Reproducible::new(u64::from(most));
            let (mut window, mut list) = (Window::new(Extent::Calls(most)), VecDeque::new());
            for step in 0..5_000 {
                if numbers.below(997) == 0 {
                    window.clear();
                    list.clear();
                }
                let call = random_call(&mut numbers);
                list.push_back(call);
                if list.len() > most as usize {
                    list.pop_front();
                }
                assert_eq!(window.record(call, || Moment::from_nanos(0)), count(&list), "window {most}, step {step}");
            }
        }
    }

    #[test]
    fn successes_that_are_recorded_together_equal_successes_one_by_one() {
        for most in [1, 2, 3, 31, 32, 33, 64, 100, 1_000] {
            let mut numbers = Reproducible::new(u64::from(most));
            let (mut one, mut other) = (CountWindow::new(most), CountWindow::new(most));
            for step in 0..2_000 {
                let count = numbers.below(3) * numbers.below(u64::from(most) + 3);
                for _ in 0..count {
                    one.record(GOOD);
                }
                other.record_successes(count);
                if numbers.below(50) == 0 {
                    one.clear();
                    other.clear();
                }
                let call = random_call(&mut numbers);
                assert_eq!(one.record(call), other.record(call), "window {most}, step {step}");
                assert_eq!((one.next, &one.words), (other.next, &other.words), "window {most}, step {step}");
                assert_eq!(one.successes_until_full(), other.successes_until_full());
            }
        }
    }

    #[test]
    fn a_window_full_of_successes_does_not_change_with_another_one() {
        for most in [1, 2, 33, 100] {
            let mut numbers = Reproducible::new(u64::from(most));
            let mut window = CountWindow::new(most);
            for _ in 0..200 {
                window.record(random_call(&mut numbers));
                let left = window.successes_until_full();
                window.record_successes(u64::from(left));
                let full = window.tally;
                assert_eq!(full, Tally { calls: u64::from(most), ..Tally::NONE }, "window {most}");
                assert_eq!((window.record(GOOD), window.successes_until_full()), (full, 0));
            }
        }
    }

    #[test]
    fn a_window_of_time_agrees_with_a_list() {
        for (seed, length) in
            [(1, SECOND), (2, SECOND * 30), (3, Duration::from_nanos(7)), (4, Duration::from_millis(33))]
        {
            let mut numbers = Reproducible::new(seed);
            let (mut window, mut list) = (Window::new(Extent::Time(length)), Vec::new());
            let width = time::nanos(length).div_ceil(20);
            let first = Moment::from_nanos(1 << 62);
            let mut now = first;
            for step in 0..5_000 {
                let call = random_call(&mut numbers);
                let end = time::nanos(now.since(first)) / width;
                list.push((end, call));
                list.retain(|(bucket, _)| bucket + 20 > end);
                let expected = count(list.iter().map(|(_, call)| call));
                assert_eq!(window.record(call, || now), expected, "window {length:?}, step {step}");
                let pause = match numbers.below(20) {
                    0 => time::nanos(length) * 2,
                    1 => time::nanos(length),
                    _ => numbers.below(time::nanos(length) / 5 + 1),
                };
                now = now.after(Duration::from_nanos(pause));
            }
        }
    }

    #[test]
    fn a_window_of_time_covers_its_length_up_to_one_bucket() {
        let mut window = Window::new(Extent::Time(SECOND * 20));
        window.record(BAD, || Moment::from_nanos(0));
        assert_eq!(window.tally(Moment::from_nanos(0).after(SECOND * 19)).failures, 1);
        assert_eq!(window.tally(Moment::from_nanos(0).after(SECOND * 20)), Tally::NONE);
    }

    #[test]
    fn extreme_moments_and_lengths_do_not_overflow() {
        let moments = [0, 1, 1 << 62, u64::MAX >> 1, 5, u64::MAX];
        for length in [Duration::from_nanos(1), SECOND, Duration::MAX] {
            let mut window = Window::new(Extent::Time(length));
            for (index, nanos) in moments.into_iter().enumerate() {
                let tally = window.record(BAD, || Moment::from_nanos(nanos));
                assert!(tally.calls >= 1 && tally.calls <= index as u64 + 1);
            }
        }
    }

    #[test]
    fn a_clock_that_steps_back_does_not_move_the_window() {
        let mut window = Window::new(Extent::Time(SECOND));
        let later = Moment::from_nanos(0).after(SECOND * 100);
        window.record(BAD, || later);
        assert_eq!(window.record(GOOD, || Moment::from_nanos(0)), Tally { calls: 2, failures: 1, slow: 0 });
        assert_eq!(window.tally(later.after(SECOND)), Tally::NONE);
    }

    /// BUG-A23.
    #[test]
    fn a_window_allocates_once() {
        let mut window = Window::new(Extent::Calls(MOST_CALLS));
        let memory = |window: &Window| match window {
            Window::Calls(calls) => (calls.words.as_ptr() as usize, calls.words.len()),
            Window::Time(buckets) => (&raw const **buckets as usize, 1),
        };
        let before = memory(&window);
        assert_eq!(before.1 * 8, 25_000);
        for _ in 0..250_000 {
            window.record(BAD, || Moment::from_nanos(0));
        }
        window.clear();
        assert_eq!(memory(&window), before);
        assert!(size_of::<TimeWindow>() <= 600);
    }

    /// BUG-A13, BUG-A27.
    #[test]
    fn a_rate_is_reached_at_its_value_and_never_by_zero_calls() {
        let rate = |rate| Rate::from_f64(rate).unwrap_or(Rate::ALL);
        for (part, whole, value) in
            [(1, 2, 0.5), (1, 10, 0.1), (3, 10, 0.3), (7, 10, 0.7), (1, 3, 1.0 / 3.0), (5, 5, 1.0), (29, 100, 0.29)]
        {
            assert!(rate(value).is_reached(part, whole), "{part}/{whole}");
            assert!(!rate(value).is_reached(part - 1, whole));
            assert!(!rate(value).is_reached(part * 1_000 - 1, whole * 1_000), "just below");
        }
        assert!(!rate(f64::MIN_POSITIVE).is_reached(0, 100) && rate(f64::MIN_POSITIVE).is_reached(1, 100_000));
        for none in [0.0, -0.0, -0.5, 1.000_001, 50.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Rate::from_f64(none), None, "{none}");
        }
    }

    #[test]
    fn a_window_of_time_is_the_same_at_every_phase_of_the_clock() {
        let length = SECOND * 30;
        for phase in (0..60_000).step_by(37) {
            let start = Moment::from_nanos(1 << 40).after(Duration::from_millis(phase));
            let mut window = Window::new(Extent::Time(length));
            for call in 0..9 {
                window.record(BAD, || start.after(Duration::from_millis(call)));
            }
            assert_eq!(window.record(BAD, || start.after(SECOND * 29)).failures, 10, "{phase} ms");
            assert_eq!(window.tally(start.after(length)).failures, 1, "{phase} ms");
        }
    }
}
