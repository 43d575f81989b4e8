use std::time::Duration;

use super::verdict::Verdict;
use crate::event::RetryEnd;

#[derive(Clone, Copy)]
pub struct RetryLimits {
    pub max_delay: Duration,
    /// The time left until the deadline around the call.
    pub deadline: Option<Duration>,
    /// The time left of `max_elapsed`.
    pub max_elapsed: Option<Duration>,
}

impl RetryLimits {
    pub const fn without_deadline(self) -> Self {
        Self { deadline: None, ..self }
    }

    /// Returns the longer of the backoff and the error's `retry_after`, if all limits allow it.
    pub fn fit(self, verdict: Verdict<'_>, backoff: Duration) -> Result<Duration, RetryEnd> {
        // A rejection is retried only if it will be over at the next attempt.
        if verdict.rejected_for.is_some_and(|left| left > backoff) {
            return Err(RetryEnd::Rejected);
        }
        let delay = backoff.max(verdict.classified.retry_after.unwrap_or_default());
        let fits = delay <= self.max_delay
            && self.deadline.is_none_or(|left| delay < left)
            && self.max_elapsed.is_none_or(|left| delay < left);
        if fits { Ok(delay) } else { Err(RetryEnd::Time) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::Classified;

    fn verdict(rejected_for: Option<Duration>, retry_after: Option<Duration>) -> Verdict<'static> {
        let classified = Classified { category: None, severity: crate::Severity::Error, retry_after };
        Verdict::from_classification(classified, rejected_for)
    }

    const UNLIMITED: RetryLimits =
        RetryLimits { max_delay: Duration::from_secs(60), deadline: None, max_elapsed: None };

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn retry_after_is_a_minimum_and_is_never_shortened() {
        assert_eq!(UNLIMITED.fit(verdict(None, Some(secs(5))), secs(1)), Ok(secs(5)));
        assert_eq!(UNLIMITED.fit(verdict(None, Some(secs(1))), secs(5)), Ok(secs(5)));
        assert_eq!(UNLIMITED.fit(verdict(None, Some(secs(3600))), secs(1)), Err(RetryEnd::Time));
    }

    #[test]
    fn a_delay_beyond_a_limit_ends_the_retries() {
        let deadline = RetryLimits { deadline: Some(secs(2)), ..UNLIMITED };
        assert_eq!(deadline.fit(verdict(None, None), secs(2)), Err(RetryEnd::Time));
        assert_eq!(deadline.fit(verdict(None, None), secs(1)), Ok(secs(1)));
        let elapsed = RetryLimits { max_elapsed: Some(secs(2)), ..UNLIMITED };
        assert_eq!(elapsed.fit(verdict(None, None), secs(2)), Err(RetryEnd::Time));
        assert_eq!(elapsed.fit(verdict(None, None), secs(1)), Ok(secs(1)));
    }

    #[test]
    fn a_rejection_is_retried_only_if_it_ends_within_the_backoff() {
        assert_eq!(UNLIMITED.fit(verdict(Some(secs(30)), None), secs(1)), Err(RetryEnd::Rejected));
        assert_eq!(UNLIMITED.fit(verdict(Some(secs(1)), None), secs(2)), Ok(secs(2)));
    }
}
