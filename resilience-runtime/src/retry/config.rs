use std::time::Duration;

use crate::registry::FunctionRef;
use crate::time::backoff::{Backoff, Delays, Fixed, Jitter};
use crate::validation::sound;

/// Built in a `const` item, so that a value out of range is a compile error at the value.
#[derive(Debug, Clone, Copy)]
pub struct RetryConfig {
    pub(super) function: FunctionRef,
    pub(super) attempts: u32,
    pub(super) delays: Delays,
    /// A default gives way to a smaller `max_delay`; a given value must fit.
    base_is_given: bool,
    pub(super) max_elapsed: Option<Duration>,
    /// Whether it retries calls that an inner retry has given up.
    pub(super) nested: bool,
}

impl RetryConfig {
    pub const fn new(function: FunctionRef) -> Self {
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

    setters! {
        max / try_max(self, retries: u32) {
            retries >= 1, "`max` of `#[retry]` counts the retries after the first call: it must be at least 1" =>
                self.attempts = retries.saturating_add(1)
        }
        attempts / try_attempts(self, attempts: u32) {
            attempts >= 1, "`attempts` of `#[retry]` counts the first call too: it must be at least 1" =>
                self.attempts = attempts
        }
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

    setters! {
        base_delay / try_base_delay(self, delay: Duration) {
            !delay.is_zero(), "a `base_delay` of zero never grows; for no delay write `backoff = \"none\"`, or `no_delay()` of a builder" =>
                { self.delays.base = delay; self.base_is_given = true; }
        }
        factor / try_factor(self, factor: f64) {
            factor >= 1.0 && factor <= 1e9, "`factor` of `#[retry]` must be between 1 and 1e9" =>
                self.delays.factor = Fixed::from_f64(factor)
        }
        max_delay / try_max_delay(self, delay: Duration) {
            !delay.is_zero(), "a `max_delay` of zero leaves no delay; write `backoff = \"none\"`, or `no_delay()` of a builder" =>
                self.delays.max = delay
        }
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

    setters! {
        jitter_ratio / try_jitter_ratio(self, ratio: f64) {
            ratio >= 0.0 && ratio <= 1.0, "a `jitter` ratio of `#[retry]` must be between 0 and 1" =>
                self.delays.jitter = Jitter::Ratio(Fixed::from_f64(ratio))
        }
        max_elapsed / try_max_elapsed(self, limit: Duration) {
            !limit.is_zero(), "`max_elapsed` of `#[retry]` must be longer than zero" =>
                self.max_elapsed = Some(limit)
        }
    }

    #[must_use]
    #[track_caller]
    pub const fn nested(mut self, nested: bool) -> Self {
        self.nested = nested;
        self
    }

    /// Checks the arguments against each other, as the last step.
    #[must_use]
    #[track_caller]
    pub const fn checked(self) -> Self {
        sound(self.try_checked())
    }

    pub(crate) const fn try_checked(mut self) -> Result<Self, &'static str> {
        if !self.base_is_given && self.delays.base.as_nanos() > self.delays.max.as_nanos() {
            self.delays.base = self.delays.max;
        }
        if self.delays.base.as_nanos() > self.delays.max.as_nanos() {
            return Err("`base_delay` of `#[retry]` is longer than its `max_delay`");
        }
        Ok(self)
    }

    pub(crate) const fn of(self, function: FunctionRef) -> Self {
        Self { function, ..self }
    }
}
