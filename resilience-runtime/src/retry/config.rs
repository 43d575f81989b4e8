use std::time::Duration;

use resilience_options::retry::{check_delays, rules};

use crate::registry::FunctionRef;
use crate::settings::LiveSettings;
use crate::time::Moment;
use crate::time::backoff::{Backoff, Delays, Fixed, Jitter};
use crate::validation::sound;

/// Built in a `const` item, so that a value out of range is a compile error at the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryConfig {
    pub(super) function: FunctionRef,
    pub(super) attempts: u32,
    pub(super) delays: Delays,
    /// A default gives way to a smaller `max_delay`; a given value must fit.
    base_is_given: bool,
    pub(super) max_elapsed: Option<Duration>,
    /// True if it retries calls that an inner retry has given up.
    pub(super) nested: bool,
}

impl RetryConfig {
    const DEFAULT: Self = Self {
        function: FunctionRef::UNNAMED,
        attempts: rules::max.default_value() + 1,
        delays: Delays {
            backoff: Backoff::Exponential,
            base: rules::base_delay.default_value(),
            factor: Fixed::from_f64(rules::factor.default_value()),
            max: rules::max_delay.default_value(),
            jitter: Jitter::Full,
        },
        base_is_given: false,
        max_elapsed: rules::max_elapsed.default,
        nested: rules::nested.default_value(),
    };

    pub const fn new(function: FunctionRef) -> Self {
        Self { function, ..Self::DEFAULT }
    }

    setters! {
        max / try_max(self, retries: u32) by rules::max => self.attempts = retries.saturating_add(1);
        attempts / try_attempts(self, attempts: u32) by rules::attempts => self.attempts = attempts;
        base_delay / try_base_delay(self, delay: Duration) by rules::base_delay =>
            { self.delays.base = delay; self.base_is_given = true };
        factor / try_factor(self, factor: f64) by rules::factor => self.delays.factor = Fixed::from_f64(factor);
        max_delay / try_max_delay(self, delay: Duration) by rules::max_delay => self.delays.max = delay;
        jitter_ratio / try_jitter_ratio(self, ratio: f64) by rules::jitter =>
            self.delays.jitter = Jitter::Ratio(Fixed::from_f64(ratio));
        max_elapsed / try_max_elapsed(self, limit: Duration) by rules::max_elapsed => self.max_elapsed = Some(limit);
        nested / try_nested(self, nested: bool) by rules::nested => self.nested = nested;
    }

    /// Zero is no retry, which only a value that is known at run time can mean.
    pub(crate) const fn retries(mut self, retries: u32) -> Self {
        self.attempts = retries.saturating_add(1);
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
        match check_delays(self.delays.base, self.delays.max) {
            Ok(()) => Ok(self),
            Err(problem) => Err(problem),
        }
    }

    pub(crate) const fn is_nested(&self) -> bool {
        self.nested
    }

    /// `None` without retries or delays.
    pub(crate) fn first_delay(&self) -> Option<Duration> {
        (self.attempts > 1 && self.delays.backoff != Backoff::None).then_some(self.delays.base)
    }

    #[inline]
    pub(crate) const fn function(&self) -> FunctionRef {
        self.function
    }

    pub(crate) const fn of(self, function: FunctionRef) -> Self {
        Self { function, ..self }
    }
}

/// A configuration without delays is not checked again.
const _: RetryConfig = RetryConfig::DEFAULT.checked();

/// The settings of one call. Only code that handles a failure asks for them.
pub trait RetrySettings: Copy {
    fn config(&self) -> &RetryConfig;
    /// When the call began, if the settings have measured it.
    fn began(&self) -> Option<Moment> {
        None
    }
}

impl RetrySettings for &RetryConfig {
    #[inline]
    fn config(&self) -> &RetryConfig {
        self
    }
}

/// The written settings, with those that may have been loaded over them.
#[derive(Debug, Clone, Copy)]
pub struct SettingsOver<'a> {
    settings: &'a LiveSettings<RetryConfig>,
    written: &'static RetryConfig,
}

#[inline]
pub const fn settings_over<'a>(
    settings: &'a LiveSettings<RetryConfig>,
    written: &'static RetryConfig,
) -> SettingsOver<'a> {
    SettingsOver { settings, written }
}

impl RetrySettings for SettingsOver<'_> {
    #[inline]
    fn config(&self) -> &RetryConfig {
        self.settings.or(self.written)
    }
    fn began(&self) -> Option<Moment> {
        self.settings.began()
    }
}
