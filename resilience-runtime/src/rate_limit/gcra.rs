//! The generic cell rate algorithm (GCRA, ITU-T I.371), a leaky bucket that needs no refills: one
//! number tells how far the admitted calls are ahead of the rate.

use std::time::Duration;

use super::word::MOST_UNITS;
use crate::time::Moment;

/// The calls per period, and the calls at once.
///
/// The unit of time is 1/`max` of a nanosecond, so each call costs as many units as `per` has
/// nanoseconds; a common factor of the two is left out. A rate of 3/s does not drift, and one of
/// billions is not rounded to zero. 128 bits hold the longest `per`, the largest `burst` and every
/// moment together.
#[derive(Debug, Clone, Copy)]
pub struct Quota {
    /// Units in a nanosecond.
    units: u128,
    /// The cost of a call, in units.
    pub cost: u128,
    /// The largest lead over the rate that a call may have, in units.
    tolerance: u128,
    burst: u32,
}

impl Quota {
    pub fn new(max: u32, per: Duration, burst: u32) -> Self {
        let (max, per) = (u128::from(max.max(1)), per.as_nanos().max(1));
        let factor = common_factor(max, per);
        let cost = per / factor;
        let tolerance = cost.saturating_mul(u128::from(burst.saturating_sub(1)));
        Self { units: max / factor, cost, tolerance, burst }
    }

    pub fn small(self) -> Option<(u64, u64, u64)> {
        let most = u128::from(MOST_UNITS);
        if self.tolerance.saturating_add(self.cost) > most {
            return None;
        }
        let [units, cost, tolerance] = [self.units, self.cost, self.tolerance].map(|small| u64::try_from(small).ok());
        Some((units?, cost?, tolerance?))
    }

    fn units_at(self, now: Moment) -> u128 {
        u128::from(now.as_nanos()) * self.units
    }

    /// Rounds up to whole nanoseconds.
    fn time(self, units: u128) -> Duration {
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

/// The time at which the next call is due if all calls come evenly at the rate, in units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct GcraState {
    next: u128,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Pass,
    Wait(Duration),
    Reject(Duration),
}

impl GcraState {
    pub const FULL: Self = Self { next: 0 };

    pub const fn at_units(next: u128) -> Self {
        Self { next }
    }

    /// Returns how far the admitted calls are ahead of the rate, in units.
    pub fn ahead(self, quota: Quota, now: Moment) -> u128 {
        self.next.saturating_sub(quota.units_at(now))
    }

    pub fn decide(self, quota: Quota, now: Moment, patience: Duration) -> Decision {
        // When the clock steps back, the admitted calls are further ahead: no extra call passes.
        let ahead = self.ahead(quota, now);
        if ahead <= quota.tolerance {
            return Decision::Pass;
        }
        let wait = quota.time(ahead - quota.tolerance);
        if wait > patience { Decision::Reject(wait) } else { Decision::Wait(wait) }
    }

    /// Returns the state after a call that passes, or takes a turn, at `now`.
    pub fn after(self, quota: Quota, now: Moment) -> Self {
        Self { next: self.next.max(quota.units_at(now)).saturating_add(quota.cost) }
    }

    /// Returns the moment, in units, from which a call that took its turn with this state passes.
    fn due(self, quota: Quota) -> u128 {
        self.next.saturating_sub(quota.cost).saturating_sub(quota.tolerance)
    }

    /// Returns the state after the call passes for which `turn` was the state, and how far ahead of
    /// the rate the calls before it were then.
    pub fn after_turn(self, turn: Self, quota: Quota) -> (Self, u128) {
        let due = turn.due(quota);
        (Self { next: self.next.max(due).saturating_add(quota.cost) }, self.next.saturating_sub(due))
    }

    #[must_use]
    pub const fn less(self, units: u128) -> Self {
        Self { next: self.next.saturating_sub(units) }
    }

    /// Keeps the number of calls by which the state is ahead of the rate.
    pub fn convert(&mut self, before: Quota, after: Quota, now: Moment) {
        let ahead = self.ahead(before, now);
        let (calls, part) = (ahead / before.cost, ahead % before.cost);
        // The part of a call is rounded up, and to a whole call where the product has no room.
        let part = part.checked_mul(after.cost).map_or(after.cost, |part| part.div_ceil(before.cost));
        let ahead = calls.saturating_mul(after.cost).saturating_add(part);
        self.next = (u128::from(now.as_nanos()) * after.units).saturating_add(ahead);
    }

    pub fn available(self, quota: Quota, now: Moment) -> u32 {
        let free = (quota.tolerance.saturating_add(quota.cost)).saturating_sub(self.ahead(quota, now));
        u32::try_from(free / quota.cost).unwrap_or(u32::MAX).min(quota.burst)
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
        ask(state, quota, at(nanos), Duration::ZERO) == Decision::Pass
    }

    fn ask(state: &mut GcraState, quota: Quota, now: Moment, patience: Duration) -> Decision {
        let decision = state.decide(quota, now, patience);
        if !matches!(decision, Decision::Reject(_)) {
            *state = state.after(quota, now);
        }
        decision
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
            state.next = u128::from(at(0).as_nanos()) * quota.units + quota.tolerance + quota.cost;
            for _ in 0..50 {
                match ask(&mut state, quota, at(now), Duration::ZERO) {
                    Decision::Pass => {}
                    Decision::Reject(wait) => {
                        let wait = u64::try_from(wait.as_nanos()).expect("a year at most");
                        assert!(wait > 0 && !passes(&mut state.clone(), quota, now + wait - 1), "{quota:?} {now}");
                        now += wait;
                        assert!(passes(&mut state, quota, now), "{quota:?} {now}");
                    }
                    Decision::Wait(..) => panic!("without patience"),
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
                match ask(&mut state, quota, at(now), Duration::ZERO) {
                    Decision::Reject(wait) => now += u64::try_from(wait.as_nanos()).expect("short"),
                    decision => assert_eq!(decision, Decision::Pass),
                }
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
        assert_eq!(ask(&mut state, quota, at(SECOND), Duration::ZERO), Decision::Reject(Duration::from_millis(4100)));
        assert_eq!(passed(&mut state, 5 * SECOND), 0);
        assert_eq!(passed(&mut state, 5 * SECOND + SECOND / 10), 1);
        assert!(!passes(&mut state, quota, 0) && !passes(&mut state.clone(), quota, 0));
        for first in [Moment::from_nanos(0), Moment::FAR] {
            let mut state = GcraState::FULL;
            assert_eq!(ask(&mut state, quota, first, Duration::ZERO), Decision::Pass);
        }
    }

    /// BUG-B13.
    #[test]
    fn extreme_quotas_do_not_overflow() {
        for max in [1, u32::MAX] {
            let (quota, mut state) = (Quota::new(max, Duration::MAX, u32::MAX), GcraState::FULL);
            for now in [Moment::FAR, at(0), Moment::from_nanos(0)] {
                assert_eq!(ask(&mut state, quota, now, Duration::MAX), Decision::Pass);
                assert!(state.available(quota, now) >= u32::MAX - 8);
            }
            let (quota, mut state) = (Quota::new(max, Duration::MAX, 1), GcraState::FULL);
            assert_eq!(ask(&mut state, quota, at(0), Duration::MAX), Decision::Pass);
            assert!(matches!(ask(&mut state, quota, at(0), Duration::MAX), Decision::Wait(..)));
            assert!(
                matches!(ask(&mut state, quota, at(0), Duration::ZERO), Decision::Reject(wait) if wait > Duration::from_secs(1 << 32))
            );
        }
    }

    #[test]
    fn another_quota_keeps_the_calls_that_have_passed_as_a_debt() {
        let (before, after) = (Quota::new(10, Duration::from_secs(1), 10), Quota::new(4, Duration::from_secs(60), 4));
        let mut state = GcraState::FULL;
        assert!((0..3).all(|_| passes(&mut state, before, 0)));
        state.convert(before, after, at(0));
        assert_eq!(state.available(after, at(0)), 1);
        assert!(passes(&mut state, after, 0) && !passes(&mut state, after, 0));
        state.convert(after, before, at(0));
        assert_eq!(state.available(before, at(0)), 6);
        let extreme = Quota::new(u32::MAX, Duration::MAX, u32::MAX);
        state.convert(before, extreme, at(0));
        assert_eq!(state.available(extreme, at(0)), u32::MAX - 4);
    }
}
