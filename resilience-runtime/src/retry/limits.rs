use std::time::Duration;

use super::verdict::RetryVerdict;
use crate::context::facts::Known;
use crate::event::RetryEnd;
use crate::time::backoff::DelayRange;
use crate::time::{self, nanos};

#[derive(Clone, Copy)]
pub struct RetryLimits {
    pub max_delay: Duration,
    /// The time left until the deadline around the call.
    pub deadline: Option<Duration>,
    /// The time left of `max_elapsed`.
    pub max_elapsed: Option<Duration>,
}

#[derive(Clone, Copy)]
pub struct PlannedPause {
    pub backoff: DelayRange,
    /// The error's `retry_after`.
    pub hint: Option<Duration>,
    /// The time until the gate that rejected this attempt admits another.
    pub rejected_for: Option<Duration>,
    /// The time until a gate further in admits another attempt.
    pub closed_for: Option<Duration>,
}

impl PlannedPause {
    pub fn new(backoff: DelayRange, verdict: &RetryVerdict<'_>, known: &Known) -> Self {
        let left = |until: time::Moment| until.since(time::now());
        Self {
            backoff,
            hint: verdict.classified.retry_after,
            rejected_for: known.rejected.filter(|_| verdict.heeds_rejections).map(left),
            closed_for: known.closed.map(left),
        }
    }
}

/// [`RetryLimits::fit`], where only `max_delay` limits the pause, and nobody knows more about it.
#[inline]
pub fn unlimited_pause(backoff: DelayRange, max_delay: Duration, random: u64) -> Duration {
    match backoff.pick(random) {
        0 => Duration::ZERO,
        delay => Duration::from_nanos(delay.min(nanos(max_delay))),
    }
}

impl RetryLimits {
    pub const fn without_deadline(self) -> Self {
        Self { deadline: None, ..self }
    }

    /// Returns the length of the pause, if all limits allow it.
    ///
    /// A gate that stays closed is waited for only if it opens by the time of the attempt that was
    /// due. Jitter decides nothing there: a pause that would be long enough without it lasts until
    /// the gate opens.
    pub fn fit(self, pause: &PlannedPause, random: u64) -> Result<Duration, RetryEnd> {
        let PlannedPause { backoff, hint, rejected_for, closed_for } = *pause;
        let longest = LongestPause::of(self);
        let of = |time: Option<Duration>| time.map_or(0, nanos);
        let (hint, due) = (of(hint), backoff.due().min(longest.delay));
        if of(rejected_for) > due || of(closed_for) > due.max(hint) {
            return Err(RetryEnd::Rejected);
        }
        if !longest.allows(hint) {
            return Err(if hint == 0 { RetryEnd::Time } else { RetryEnd::Hint });
        }
        let delay = if rejected_for.is_some() {
            // The hint is the time of the rejection itself.
            backoff.pick(random).min(longest.delay).max(hint)
        } else {
            backoff.pick_after(hint, longest.latest(), random).min(longest.delay)
        };
        let delay = delay.max(of(rejected_for)).max(of(closed_for));
        if longest.allows(delay) { Ok(Duration::from_nanos(delay)) } else { Err(RetryEnd::Time) }
    }
}

/// The limits in nanoseconds. A [`Duration`] has two parts, and each comparison would look at both.
#[derive(Clone, Copy)]
struct LongestPause {
    delay: u64,
    /// Until the nearer one of both ends.
    left: Option<u64>,
}

impl LongestPause {
    fn of(RetryLimits { max_delay, deadline, max_elapsed }: RetryLimits) -> Self {
        let left = match (deadline, max_elapsed) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        // What saturates is no limit, or the longest delay would not be below it.
        Self { delay: nanos(max_delay), left: left.map(nanos).filter(|left| *left < u64::MAX) }
    }

    fn allows(self, delay: u64) -> bool {
        delay <= self.delay && self.left.is_none_or(|left| delay < left)
    }

    /// The end of the longest pause. Timers round up to a whole millisecond.
    fn latest(self) -> u64 {
        self.left.map_or(self.delay, |left| left.saturating_sub(1_000_000).min(self.delay))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNLIMITED: RetryLimits =
        RetryLimits { max_delay: Duration::from_secs(60), deadline: None, max_elapsed: None };

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn plan(backoff: u64) -> PlannedPause {
        let backoff = DelayRange::exactly(secs(backoff));
        PlannedPause { backoff, hint: None, rejected_for: None, closed_for: None }
    }

    fn hinted(hint: u64, backoff: u64) -> PlannedPause {
        PlannedPause { hint: Some(secs(hint)), ..plan(backoff) }
    }

    #[test]
    fn retry_after_is_a_minimum_and_is_never_shortened() {
        assert_eq!(UNLIMITED.fit(&hinted(5, 1), 0), Ok(secs(5)));
        assert_eq!(UNLIMITED.fit(&hinted(1, 5), 0), Ok(secs(5)));
        assert_eq!(UNLIMITED.fit(&hinted(3600, 1), 0), Err(RetryEnd::Hint));
    }

    #[test]
    fn a_delay_beyond_a_limit_ends_the_retries() {
        let deadline = RetryLimits { deadline: Some(secs(2)), ..UNLIMITED };
        assert_eq!(deadline.fit(&plan(2), 0), Err(RetryEnd::Time));
        assert_eq!(deadline.fit(&plan(1), 0), Ok(secs(1)));
        assert_eq!(deadline.fit(&hinted(2, 1), 0), Err(RetryEnd::Hint));
        let elapsed = RetryLimits { max_elapsed: Some(secs(2)), ..UNLIMITED };
        assert_eq!(elapsed.fit(&plan(2), 0), Err(RetryEnd::Time));
        assert_eq!(elapsed.fit(&plan(1), 0), Ok(secs(1)));
        let over = RetryLimits { deadline: Some(Duration::ZERO), ..UNLIMITED };
        assert_eq!(over.fit(&plan(0), 0), Err(RetryEnd::Time));
    }

    #[test]
    fn the_longest_limit_allows_the_longest_delay() {
        let longest = Some(Duration::MAX);
        let limits = RetryLimits { max_delay: Duration::MAX, deadline: longest, max_elapsed: longest };
        let pause = PlannedPause { backoff: DelayRange::exactly(Duration::MAX), ..plan(0) };
        assert_eq!(limits.fit(&pause, 0), Ok(Duration::from_nanos(u64::MAX)));
    }

    #[test]
    fn a_rejection_is_retried_only_if_it_ends_within_the_backoff() {
        let rejected = |left, backoff| PlannedPause { rejected_for: Some(secs(left)), ..plan(backoff) };
        assert_eq!(UNLIMITED.fit(&rejected(30, 1), 0), Err(RetryEnd::Rejected));
        assert_eq!(UNLIMITED.fit(&rejected(1, 2), 0), Ok(secs(2)));
        let hinted = PlannedPause { hint: Some(secs(30)), ..rejected(30, 1) };
        assert_eq!(UNLIMITED.fit(&hinted, 0), Err(RetryEnd::Rejected), "its own hint does not count");
    }

    #[test]
    fn a_pause_that_nothing_limits_is_that_of_the_general_case() {
        use crate::time::backoff::{Backoff, Delays, Fixed, Jitter};

        for max in [Duration::ZERO, Duration::from_nanos(7), secs(3), Duration::MAX] {
            for jitter in [Jitter::None, Jitter::Full, Jitter::Ratio(Fixed::from_f64(0.5))] {
                for backoff in [Backoff::None, Backoff::Constant, Backoff::Exponential] {
                    let delays = Delays { backoff, base: secs(2), factor: Fixed::from_f64(1e9), max, jitter };
                    for (failures, random) in [(1, 0), (1, u64::MAX), (2, u64::MAX / 3), (9, u64::MAX)] {
                        let pause = PlannedPause { backoff: delays.range(failures, secs(1)), ..plan(0) };
                        let limits = RetryLimits { max_delay: max, ..UNLIMITED };
                        let unlimited = unlimited_pause(pause.backoff, max, random);
                        assert_eq!(limits.fit(&pause, random), Ok(unlimited), "{delays:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_closed_gate_is_waited_for_within_the_backoff_or_the_hint() {
        let closed = |left, backoff| PlannedPause { closed_for: Some(secs(left)), ..plan(backoff) };
        assert_eq!(UNLIMITED.fit(&closed(30, 1), 0), Err(RetryEnd::Rejected));
        assert_eq!(UNLIMITED.fit(&closed(1, 2), 0), Ok(secs(2)));
        let hinted = PlannedPause { hint: Some(secs(30)), ..closed(20, 1) };
        assert_eq!(UNLIMITED.fit(&hinted, 0), Ok(secs(30)));
    }
}
