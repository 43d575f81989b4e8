use std::time::Duration;

use crate::backoff::{Backoff, Delays, Fixed, Jitter};

/// What one `#[retry]` was given. Built in an item, so that a value out of range is a compile error on
/// the value; literals are already refused by the macro.
#[derive(Debug, Clone, Copy)]
pub struct RetryConfig {
    pub(super) function: &'static str,
    pub(super) attempts: u32,
    pub(super) delays: Delays,
    /// A default gives way to a smaller `max_delay`; what was said must fit.
    base_is_given: bool,
    pub(super) max_elapsed: Option<Duration>,
    /// Whether it retries what a retry further in has given up.
    pub(super) nested: bool,
}

impl RetryConfig {
    pub const fn new(function: &'static str) -> Self {
        Self {
            function,
            attempts: 4,
            delays: Delays {
                backoff: Backoff::Exponential,
                base: Duration::from_secs(1),
                factor: Fixed::from_f64(2.0),
                max: Duration::from_secs(60),
                jitter: Jitter::Full,
            },
            base_is_given: false,
            max_elapsed: None,
            nested: false,
        }
    }

    #[must_use]
    #[track_caller]
    pub const fn max(mut self, retries: u32) -> Self {
        assert!(retries >= 1, "`max` of `#[retry]` counts the retries after the first call: it must be at least 1");
        self.attempts = retries.saturating_add(1);
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn attempts(mut self, attempts: u32) -> Self {
        assert!(attempts >= 1, "`attempts` of `#[retry]` counts the first call too: it must be at least 1");
        self.attempts = attempts;
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn exponential(self) -> Self {
        self.backoff(Backoff::Exponential)
    }

    #[must_use]
    #[track_caller]
    pub const fn linear(self) -> Self {
        self.backoff(Backoff::Linear)
    }

    #[must_use]
    #[track_caller]
    pub const fn constant(self) -> Self {
        self.backoff(Backoff::Constant)
    }

    #[must_use]
    #[track_caller]
    pub const fn fibonacci(self) -> Self {
        self.backoff(Backoff::Fibonacci)
    }

    #[must_use]
    #[track_caller]
    pub const fn decorrelated(self) -> Self {
        self.backoff(Backoff::Decorrelated)
    }

    #[must_use]
    #[track_caller]
    pub const fn no_delay(self) -> Self {
        self.backoff(Backoff::None)
    }

    const fn backoff(mut self, backoff: Backoff) -> Self {
        self.delays.backoff = backoff;
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn base_delay(mut self, delay: Duration) -> Self {
        assert!(!delay.is_zero(), "a `base_delay` of zero never grows; for no delay write `backoff = \"none\"`");
        self.delays.base = delay;
        self.base_is_given = true;
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn factor(mut self, factor: f64) -> Self {
        assert!(factor >= 1.0 && factor <= 1e9, "`factor` of `#[retry]` must be between 1 and 1e9");
        self.delays.factor = Fixed::from_f64(factor);
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn max_delay(mut self, delay: Duration) -> Self {
        assert!(!delay.is_zero(), "a `max_delay` of zero leaves no delay; write `backoff = \"none\"`");
        self.delays.max = delay;
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn full_jitter(self) -> Self {
        self.jitter(Jitter::Full)
    }

    #[must_use]
    #[track_caller]
    pub const fn equal_jitter(self) -> Self {
        self.jitter(Jitter::Equal)
    }

    #[must_use]
    #[track_caller]
    pub const fn no_jitter(self) -> Self {
        self.jitter(Jitter::None)
    }

    const fn jitter(mut self, jitter: Jitter) -> Self {
        self.delays.jitter = jitter;
        self
    }

    /// `jitter = 0.1`
    #[must_use]
    #[track_caller]
    pub const fn jitter_ratio(self, ratio: f64) -> Self {
        assert!(ratio >= 0.0 && ratio <= 1.0, "a `jitter` ratio of `#[retry]` must be between 0 and 1");
        self.jitter(Jitter::Ratio(Fixed::from_f64(ratio)))
    }

    #[must_use]
    #[track_caller]
    pub const fn max_elapsed(mut self, limit: Duration) -> Self {
        assert!(!limit.is_zero(), "`max_elapsed` of `#[retry]` must be longer than zero");
        self.max_elapsed = Some(limit);
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn nested(mut self, nested: bool) -> Self {
        self.nested = nested;
        self
    }

    /// The last step of the `const` item: what only the whole can show.
    #[must_use]
    #[track_caller]
    pub const fn checked(mut self) -> Self {
        if !self.base_is_given && self.delays.base.as_nanos() > self.delays.max.as_nanos() {
            self.delays.base = self.delays.max;
        }
        assert!(
            self.delays.base.as_nanos() <= self.delays.max.as_nanos(),
            "`base_delay` of `#[retry]` is longer than its `max_delay`"
        );
        self
    }
}
