//! The generic cell rate algorithm (GCRA, ITU-T I.371), a leaky bucket that needs no refills: one
//! number tells how far the admitted calls are ahead of the rate.

use std::time::Duration;

use super::word::MOST_UNITS;
use crate::time::{Moment, nanos};

/// The calls per period, and the calls at once.
///
/// The unit of time is 1/`max` of a nanosecond, so each call costs as many units as `per` has
/// nanoseconds; a common factor of the two is left out. A rate of 3/s does not drift, and one of
/// billions is not rounded to zero. 128 bits hold the longest `per`, the largest `burst` and every
/// moment together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Units in a nanosecond.
    units: u128,
    /// The cost of a call, in units.
    pub cost: u128,
    /// The cost of all calls that may pass at once, in units.
    capacity: u128,
    burst: u32,
    /// For a limit without a rate: the time over which it lets calls go after a hint, in units.
    spread: Option<u128>,
}

/// A limit without a rate lets calls go one by one after a hint, at first so many per `spread`.
const FIRST_PER_SPREAD: u128 = 100;

impl Quota {
    pub fn new(max: u32, per: Duration, burst: u32) -> Self {
        let (max, per) = (u128::from(max.max(1)), per.as_nanos().max(1));
        let factor = common_factor(max, per);
        let cost = per / factor;
        let capacity = cost.saturating_mul(u128::from(burst.max(1)));
        Self { units: max / factor, cost, capacity, burst, spread: None }
    }

    /// A limit that only hints of the server close.
    pub fn unlimited(spread: Duration) -> Self {
        let spread = u128::from(nanos(spread).max(1));
        Self { units: 1, cost: 0, capacity: 0, burst: u32::MAX, spread: Some(spread) }
    }

    pub const fn is_unlimited(self) -> bool {
        self.spread.is_some()
    }

    /// Returns whether calls of this cost can pass at all.
    pub fn admits(self, cost: u64) -> bool {
        self.is_unlimited() || cost <= u64::from(self.burst)
    }

    pub fn small(self) -> Option<(u64, u64, u64)> {
        if self.capacity > u128::from(MOST_UNITS) {
            return None;
        }
        let [units, cost, capacity] = [self.units, self.cost, self.capacity].map(|small| u64::try_from(small).ok());
        Some((units?, cost?, capacity?))
    }

    pub fn units_at(self, now: Moment) -> u128 {
        u128::from(now.as_nanos()) * self.units
    }

    pub fn cost_of(self, calls: u64) -> u128 {
        self.cost.saturating_mul(u128::from(calls))
    }

    /// Rounds up to whole nanoseconds.
    pub fn time(self, units: u128) -> Duration {
        const NANOS: u128 = 1_000_000_000;
        let nanos = units.div_ceil(self.units);
        let subsec = u32::try_from(nanos % NANOS).unwrap_or_default();
        u64::try_from(nanos / NANOS).map_or(Duration::MAX, |secs| Duration::new(secs, subsec))
    }
}

fn common_factor(mut one: u128, mut other: u128) -> u128 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

/// The end of the time for which a hint of the server holds all calls back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    pub until: Moment,
}

impl Hold {
    pub const NONE: Self = Self { until: Moment::from_nanos(0) };

    /// Everything that a call finds at its end: a bucket with one token.
    pub fn floor(self, quota: Quota) -> GcraState {
        GcraState { next: quota.units_at(self.until).saturating_add(quota.capacity - quota.cost) }
    }

    /// Returns whether a limit without a rate lets calls go one by one at that time.
    pub fn is_releasing(self, quota: Quota, now: Moment) -> bool {
        quota.spread.is_some_and(|spread| quota.units_at(now) < quota.units_at(self.until).saturating_add(spread))
    }
}

/// The time at which the next call is due if all calls come evenly at the rate, in units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct GcraState {
    next: u128,
}

impl GcraState {
    pub const FULL: Self = Self { next: 0 };

    pub const fn at_units(next: u128) -> Self {
        Self { next }
    }

    /// Returns how far the admitted calls are ahead of the rate, in units.
    pub fn ahead(self, quota: Quota, now: Moment) -> u128 {
        self.ahead_at(quota.units_at(now))
    }

    pub const fn ahead_at(self, now: u128) -> u128 {
        self.next.saturating_sub(now)
    }

    /// Returns the moment, in units, from which calls pass that together cost this much.
    ///
    /// When the clock steps back, the admitted calls are further ahead: no extra call passes.
    pub fn due(self, quota: Quota, cost: u64) -> u128 {
        self.next.saturating_add(quota.cost_of(cost)).saturating_sub(quota.capacity)
    }

    /// Returns the state after calls pass at this moment, in units.
    ///
    /// A limit without a rate has only a distance to the next call. It becomes shorter towards the end
    /// of `spread`, so all calls that wait go within it, one by one and in order, however many.
    pub fn after(self, quota: Quota, hold: Hold, now: u128, cost: u64) -> Self {
        let now = self.next.max(now);
        let cost = match quota.spread {
            None => quota.cost_of(cost),
            Some(spread) => {
                let left = quota.units_at(hold.until).saturating_add(spread).saturating_sub(now).min(spread);
                left * left / (FIRST_PER_SPREAD * spread)
            }
        };
        Self { next: now.saturating_add(cost) }
    }

    pub const fn ahead_of(self, other: Self) -> u128 {
        self.next.saturating_sub(other.next)
    }

    #[must_use]
    pub const fn less(self, units: u128) -> Self {
        Self { next: self.next.saturating_sub(units) }
    }

    /// Keeps the number of calls by which the state is ahead of the rate, or of the end of a hold.
    pub fn convert(&mut self, before: Quota, after: Quota, hold: Hold, now: Moment) {
        let is_held = now < hold.until;
        let start = |quota: Quota| if is_held { hold.floor(quota).next } else { quota.units_at(now) };
        if before.is_unlimited() || after.is_unlimited() {
            self.next = start(after);
            return;
        }
        let ahead = self.ahead_at(start(before));
        let (calls, part) = (ahead / before.cost, ahead % before.cost);
        // The part of a call is rounded up, and to a whole call where the product has no room.
        let part = part.checked_mul(after.cost).map_or(after.cost, |part| part.div_ceil(before.cost));
        let ahead = calls.saturating_mul(after.cost).saturating_add(part);
        self.next = start(after).saturating_add(ahead);
    }

    pub fn available(self, quota: Quota, now: Moment) -> u32 {
        let free = quota.capacity.saturating_sub(self.ahead(quota, now));
        let calls = free.checked_div(quota.cost).unwrap_or(u128::MAX);
        u32::try_from(calls).unwrap_or(u32::MAX).min(quota.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;

    const START: u64 = 1 << 62;
    const SECOND: u64 = 1_000_000_000;

    fn at(nanos: u64) -> Moment {
        Moment::from_nanos(START + nanos)
    }

    fn passes(state: &mut GcraState, quota: Quota, nanos: u64) -> bool {
        ask(state, quota, at(nanos)).is_zero()
    }

    /// Passes a call, or returns the time to wait.
    fn ask(state: &mut GcraState, quota: Quota, now: Moment) -> Duration {
        ask_for(state, quota, now, 1)
    }

    fn ask_for(state: &mut GcraState, quota: Quota, now: Moment, cost: u64) -> Duration {
        let (due, units) = (state.due(quota, cost), quota.units_at(now));
        if due <= units {
            *state = state.after(quota, Hold::NONE, units, cost);
        }
        quota.time(due.saturating_sub(units))
    }

    /// Extremes, and numbers that do not divide each other.
    fn quotas() -> Vec<(u32, Duration, u32)> {
        const COUNTS: [u32; 9] = [1, 2, 3, 7, 10, 1000, 999_999_937, 4_000_000_000, u32::MAX];
        let times = [
            Duration::from_nanos(1),
            Duration::from_nanos(7),
            Duration::from_millis(1),
            Duration::from_secs(1),
            Duration::from_secs(60),
            Duration::new(3600, 1),
            Duration::from_secs(3600 * 24 * 365),
        ];
        let mut all = Vec::new();
        for max in COUNTS {
            for per in times {
                all.extend(COUNTS.map(|burst| (max, per, burst)));
            }
        }
        all
    }

    #[test]
    fn the_first_burst_passes_and_no_more() {
        for (max, per, burst) in quotas() {
            let (quota, mut state) = (Quota::new(max, per, burst), GcraState::FULL);
            let tries = burst.min(100);
            assert_eq!(state.available(quota, at(0)), burst);
            assert!((0..tries).all(|_| passes(&mut state, quota, 0)), "{quota:?}");
            assert_eq!(state.available(quota, at(0)), burst - tries);
            assert_eq!(passes(&mut state, quota, 0), burst > tries, "{quota:?}");
        }
    }

    #[test]
    fn the_wait_is_exact_to_the_nanosecond() {
        for (max, per, burst) in quotas() {
            let (quota, mut state, mut now) = (Quota::new(max, per, burst), GcraState::FULL, 0);
            // As if the burst had been used up.
            state.next = u128::from(at(0).as_nanos()) * quota.units + quota.capacity;
            for _ in 0..50 {
                let wait = u64::try_from(ask(&mut state, quota, at(now)).as_nanos()).expect("a year at most");
                if wait > 0 {
                    assert!(!passes(&mut state.clone(), quota, now + wait - 1), "{quota:?} {now}");
                    now += wait;
                    assert!(passes(&mut state, quota, now), "{quota:?} {now}");
                }
            }
        }
    }

    #[test]
    fn a_rate_does_not_drift() {
        for (max, per) in [(3, SECOND), (7, SECOND), (999, SECOND * 60), (1_000_003, SECOND), (13, 5)] {
            let (quota, mut state) = (Quota::new(max, Duration::from_nanos(per), 1), GcraState::FULL);
            let (mut now, rounds) = (0, 1000 * u64::from(max).min(1000));
            assert!(passes(&mut state, quota, 0));
            for _ in 0..rounds {
                now += u64::try_from(ask(&mut state, quota, at(now)).as_nanos()).expect("short");
            }
            let passed = state.next / quota.cost - u128::from(at(0).as_nanos()) * quota.units / quota.cost;
            let expected = u128::from(now) * u128::from(max) / u128::from(per) + 1;
            assert!(passed.abs_diff(expected) <= 1, "{quota:?}: {passed} instead of {expected}");
        }
    }

    /// Compares with a list of all calls.
    #[test]
    fn no_window_passes_more_than_the_rate_and_the_burst() {
        for (max, per, burst) in [(1, 10, 1), (3, 10, 1), (3, 10, 3), (10, 3, 4), (7, 100, 20), (2, 1, 2), (5, 7, 1)] {
            for _ in 0..20 {
                let (quota, mut state) = (Quota::new(max, Duration::from_nanos(per), burst), GcraState::FULL);
                let (mut now, mut passed) = (0_u64, Vec::new());
                for _ in 0..300 {
                    now += rng::random() % (per + 2) * (rng::random() % 4) / 2;
                    if passes(&mut state, quota, now) {
                        passed.push(now);
                    }
                }
                for (first, from) in passed.iter().enumerate() {
                    for (last, to) in passed.iter().enumerate().skip(first) {
                        let calls = (last - first + 1) as u64;
                        let allowed = (to - from) * u64::from(max) / per + u64::from(burst);
                        assert!(calls <= allowed, "{calls} calls from {from} to {to}: {quota:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_clock_that_steps_back_admits_no_extra_call() {
        let (quota, mut state) = (Quota::new(10, Duration::from_secs(1), 3), GcraState::FULL);
        let passed = |state: &mut GcraState, nanos| (0..20).filter(|_| passes(state, quota, nanos)).count();
        assert_eq!(passed(&mut state, 5 * SECOND), 3);
        assert_eq!(passed(&mut state, SECOND), 0);
        assert_eq!(ask(&mut state, quota, at(SECOND)), Duration::from_millis(4100));
        assert_eq!(passed(&mut state, 5 * SECOND), 0);
        assert_eq!(passed(&mut state, 5 * SECOND + SECOND / 10), 1);
        assert!(!passes(&mut state, quota, 0) && !passes(&mut state.clone(), quota, 0));
        for first in [Moment::from_nanos(0), Moment::FAR] {
            let mut state = GcraState::FULL;
            assert_eq!(ask(&mut state, quota, first), Duration::ZERO);
        }
    }

    /// BUG-B13.
    #[test]
    fn extreme_quotas_do_not_overflow() {
        for max in [1, u32::MAX] {
            let (quota, mut state) = (Quota::new(max, Duration::MAX, u32::MAX), GcraState::FULL);
            for now in [Moment::FAR, at(0), Moment::from_nanos(0)] {
                assert_eq!(ask(&mut state, quota, now), Duration::ZERO);
                assert!(state.available(quota, now) >= u32::MAX - 8);
            }
            let (quota, mut state) = (Quota::new(max, Duration::MAX, 1), GcraState::FULL);
            assert_eq!(ask(&mut state, quota, at(0)), Duration::ZERO);
            assert!(ask(&mut state, quota, at(0)) > Duration::from_secs(1 << 32));
            state = state.after(quota, Hold::NONE, quota.units_at(at(0)), u64::MAX);
            assert_eq!(state.after(quota, Hold::NONE, 0, u64::MAX).available(quota, at(0)), 0);
            assert!(ask(&mut state, quota, at(0)) > Duration::from_secs(1 << 32));
        }
    }

    #[test]
    fn another_quota_keeps_the_calls_that_have_passed_as_a_debt() {
        let (before, after) = (Quota::new(10, Duration::from_secs(1), 10), Quota::new(4, Duration::from_secs(60), 4));
        let mut state = GcraState::FULL;
        assert!((0..3).all(|_| passes(&mut state, before, 0)));
        state.convert(before, after, Hold::NONE, at(0));
        assert_eq!(state.available(after, at(0)), 1);
        assert!(passes(&mut state, after, 0) && !passes(&mut state, after, 0));
        state.convert(after, before, Hold::NONE, at(0));
        assert_eq!(state.available(before, at(0)), 6);
        let extreme = Quota::new(u32::MAX, Duration::MAX, u32::MAX);
        state.convert(before, extreme, Hold::NONE, at(0));
        assert_eq!(state.available(extreme, at(0)), u32::MAX - 4);
    }

    #[test]
    fn a_call_of_a_cost_leaves_what_as_many_calls_leave() {
        for (max, per, burst) in quotas() {
            let (quota, cost) = (Quota::new(max, per, burst), u64::from(1 + burst.min(50) / 3));
            let (mut heavy, mut light) = (GcraState::FULL, GcraState::FULL);
            for step in [0, 0, 1, 900, SECOND] {
                if ask_for(&mut heavy, quota, at(step), cost).is_zero() {
                    assert!((0..cost).all(|_| passes(&mut light, quota, step)), "{quota:?}");
                } else {
                    assert!(light.available(quota, at(step)) < u32::try_from(cost).unwrap());
                }
                assert_eq!(heavy, light, "{quota:?}");
            }
        }
    }

    #[test]
    fn after_a_hint_calls_go_one_by_one_within_the_spread_however_many() {
        let quota = Quota::unlimited(Duration::from_secs(1));
        let hold = Hold { until: at(10 * SECOND) };
        for callers in [1, 10, 100, 10_000] {
            let (mut state, mut times) = (hold.floor(quota), Vec::new());
            for _ in 0..callers {
                let due = state.due(quota, 1);
                times.push(due - quota.units_at(hold.until));
                state = state.after(quota, hold, due, 1);
            }
            assert!(times[0] == 0 && times.is_sorted() && times.iter().all(|time| *time <= u128::from(SECOND)));
            let closest = times.windows(2).map(|pair| pair[1] - pair[0]).min();
            assert!(callers > 100 || closest.is_none_or(|gap| gap > 1_000_000), "{callers}: {closest:?}");
        }
    }
}
