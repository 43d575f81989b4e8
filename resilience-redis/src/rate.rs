//! The times of a window in whole microseconds and parts of one, exact in the numbers of a script.

use resilience::store::{SharedWindow, StoreError};

/// The longest time that a request names: 71 years. The clock of the engine plus four of them stays
/// below 2^53, up to which the numbers of a script are exact.
pub const LONGEST: u64 = 1 << 51;

const NANOS: u128 = 1_000;

/// A unit takes `numerator / parts` microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitTime {
    pub numerator: u64,
    pub parts: u64,
}

/// `whole + rest / parts` microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartialMicros {
    pub whole: u64,
    pub rest: u64,
}

impl UnitTime {
    /// The time of one unit of a window. A fraction that is too long for the script is rounded up, to
    /// the nearest one that is not.
    pub fn of(window: &SharedWindow<'_>) -> Result<Self, StoreError> {
        let too_long = || StoreError::Refused("the burst of a window takes more than 71 years".to_owned());
        let (per, max, burst) = (window.per.as_nanos().max(1), window.max.max(1), window.burst.max(1));
        let most = LONGEST / burst;
        if per > u128::from(LONGEST) * NANOS || most == 0 {
            return Err(too_long());
        }
        let (numerator, parts) = (per, NANOS * u128::from(max));
        let divisor = greatest_common_divisor(numerator, parts);
        let fraction = (numerator / divisor, parts / divisor);
        round_up(fraction, u128::from(most), LONGEST.into()).ok_or_else(too_long)
    }

    pub fn times(self, units: u64) -> PartialMicros {
        let product = u128::from(self.numerator) * u128::from(units);
        let parts = u128::from(self.parts);
        match (u64::try_from(product / parts), u64::try_from(product % parts)) {
            (Ok(whole), Ok(rest)) if whole < LONGEST => PartialMicros { whole, rest },
            _ => PartialMicros { whole: LONGEST, rest: 0 },
        }
    }
}

fn greatest_common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The smallest fraction that is not below this one and has no larger numerator and denominator than
/// these, by the tree of Stern and Brocot.
fn round_up((numerator, denominator): (u128, u128), most: u128, most_parts: u128) -> Option<UnitTime> {
    let steps = |from: (u128, u128), by: (u128, u128)| {
        let room = |most: u128, from: u128, by: u128| most.saturating_sub(from).checked_div(by).unwrap_or(u128::MAX);
        room(most, from.0, by.0).min(room(most_parts, from.1, by.1))
    };
    let advance = |from: (u128, u128), by: (u128, u128), steps: u128| (from.0 + steps * by.0, from.1 + steps * by.1);
    let (mut below, mut above) = ((0, 1), (1, 0));
    loop {
        let above_by = above.0 * denominator - numerator * above.1;
        if above_by == 0 {
            break;
        }
        let below_by = numerator * below.1 - below.0 * denominator;
        let up = (below_by / above_by).min(steps(below, above));
        below = advance(below, above, up);
        let below_by = numerator * below.1 - below.0 * denominator;
        if below_by == 0 {
            above = below;
            break;
        }
        let down = (above_by / below_by).min(steps(above, below));
        above = advance(above, below, down);
        if up == 0 && down == 0 {
            break;
        }
    }
    match (u64::try_from(above.0), u64::try_from(above.1)) {
        (Ok(numerator), Ok(parts)) if parts > 0 => Some(UnitTime { numerator, parts }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use resilience::store::{SharedState, StateKey};

    use super::*;

    fn unit_time(max: u64, per: Duration, burst: u64) -> Result<UnitTime, StoreError> {
        let key = StateKey { state: SharedState::RateLimit, name: "", variant: "", hash: None };
        UnitTime::of(&SharedWindow { key, max, per, burst })
    }

    #[test]
    fn fractions_are_exact_where_a_script_can_hold_them() {
        let minute = Duration::from_secs(60);
        let day = Duration::from_secs(86_400);
        for (max, per, burst, numerator, parts) in [
            (90_000, minute, 90_000, 2_000, 3),
            (1, day, 1, 86_400_000_000, 1),
            (7, Duration::from_nanos(1_500), 7, 3, 14),
            (1_000_000_000, Duration::from_secs(1), 1, 1, 1_000),
            (1_000_003, day, 1_000, 86_400_000_000, 1_000_003),
        ] {
            assert_eq!(unit_time(max, per, burst), Ok(UnitTime { numerator, parts }), "{max} per {per:?}");
        }
    }

    #[test]
    #[allow(clippy::cast_precision_loss, reason = "the comparison is rough")]
    fn a_rounded_fraction_is_close_and_admits_no_more() {
        let day = Duration::from_secs(86_400);
        for max in [1_000_000_007, 999_999_937, 123_456_789_011, u64::MAX] {
            let burst = 1_000_000_007;
            let rounded = unit_time(max, day, burst).expect("a fraction");
            let exact = day.as_micros() as f64 / max as f64;
            let found = rounded.numerator as f64 / rounded.parts as f64;
            assert!(u128::from(rounded.numerator) * u128::from(max) >= day.as_micros() * u128::from(rounded.parts));
            assert!(found / exact < 1.0 + 1e-6, "{max}: {exact} became {found}");
            assert!(rounded.numerator <= LONGEST / burst && rounded.parts <= LONGEST);
        }
    }

    #[test]
    fn a_window_of_centuries_is_refused() {
        let day = Duration::from_secs(86_400);
        assert!(unit_time(1, day, 25_900).is_ok());
        for (max, per, burst) in [(1, day, 26_100), (1, Duration::MAX, 1), (1, day, u64::MAX)] {
            assert!(unit_time(max, per, burst).is_err(), "{max} per {per:?}, {burst} at once");
        }
    }

    #[test]
    fn the_time_of_units_is_exact_and_bounded() {
        let unit = UnitTime { numerator: 2_000, parts: 3 };
        assert_eq!(unit.times(4), PartialMicros { whole: 2_666, rest: 2 });
        assert_eq!(unit.times(u64::MAX), PartialMicros { whole: LONGEST, rest: 0 });
    }
}
