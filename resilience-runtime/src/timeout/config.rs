use std::borrow::Borrow;
use std::time::Duration;

use resilience_options::timeout::{check_threads, rules};

use crate::context::{ConfiguredLimit, Deadline, FreshLimit, LimitOwner, PolicyLimit};
use crate::registry::FunctionRef;
#[cfg(not(feature = "config"))]
use crate::settings::LiveSettings;
use crate::validation::sound;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeoutConfig {
    fresh: FreshLimit,
    owner: LimitOwner,
    pub(super) max_abandoned: u32,
    pub(super) max_threads: u32,
}

impl TimeoutConfig {
    #[track_caller]
    pub const fn new(function: FunctionRef, limit: Duration) -> Self {
        if let Err(problem) = rules::limit.check(limit) {
            return sound(Err(problem));
        }
        let owner = LimitOwner::Attribute(ConfiguredLimit { function, limit });
        Self {
            fresh: FreshLimit::new(limit),
            owner,
            max_abandoned: rules::max_abandoned.default_value(),
            max_threads: rules::max_threads.default_value(),
        }
    }

    // For `mode = "thread"`.
    setters! {
        max_abandoned / try_max_abandoned(self, bodies: u32) by rules::max_abandoned => self.max_abandoned = bodies;
        max_threads / try_max_threads(self, bodies: u32) by rules::max_threads => self.max_threads = bodies;
    }

    #[must_use]
    #[track_caller]
    pub const fn checked(self) -> Self {
        match check_threads(self.max_abandoned, self.max_threads) {
            Ok(()) => self,
            Err(problem) => sound(Err(problem)),
        }
    }

    #[inline]
    pub(crate) const fn deadline(&'static self) -> Deadline {
        self.fresh.of(&self.owner)
    }

    pub(crate) const fn length(&self) -> Duration {
        self.fresh.length()
    }

    pub(crate) fn configured(&self) -> ConfiguredLimit {
        self.owner.limit()
    }

    #[cfg(feature = "config")]
    pub(super) fn with_limit(self, limit: Duration) -> Self {
        let owner = LimitOwner::Attribute(ConfiguredLimit { function: self.function(), limit });
        Self { fresh: FreshLimit::new(limit), owner, ..self }
    }

    pub(crate) fn of_function(self, function: FunctionRef) -> Self {
        let owner = LimitOwner::Attribute(ConfiguredLimit { function, ..self.owner.limit() });
        Self { owner, ..self }
    }

    pub(super) fn function(&self) -> FunctionRef {
        self.owner.limit().function
    }
}

/// A limit that is gone with its policy, or replaces the written one for as long as a call holds it.
#[derive(Debug)]
pub struct LiveLimit {
    config: TimeoutConfig,
    owner: PolicyLimit,
}

impl From<TimeoutConfig> for LiveLimit {
    fn from(config: TimeoutConfig) -> Self {
        Self { config, owner: PolicyLimit::new(config.configured()) }
    }
}

impl Borrow<TimeoutConfig> for LiveLimit {
    fn borrow(&self) -> &TimeoutConfig {
        &self.config
    }
}

impl LiveLimit {
    pub const fn config(&self) -> &TimeoutConfig {
        &self.config
    }

    /// The limit in force while somebody holds this one.
    pub const fn deadline(&self) -> Deadline {
        self.config.fresh.of(self.owner.owner())
    }
}

/// The settings of one call with `mode = "thread"`.
pub trait ThreadLimit {
    fn settings(&self) -> &TimeoutConfig;
    fn deadline(&self) -> Deadline;
}

impl ThreadLimit for &'static TimeoutConfig {
    fn settings(&self) -> &TimeoutConfig {
        self
    }
    fn deadline(&self) -> Deadline {
        TimeoutConfig::deadline(self)
    }
}

/// The limit of a call without settings that could override it.
#[cfg(not(feature = "config"))]
#[inline]
pub fn limit_of<L>(_: &LiveSettings<TimeoutConfig>, written: L) -> L {
    written
}

#[cfg(not(feature = "config"))]
pub const fn limit_or(_: &TimeoutConfig, written: Deadline) -> Deadline {
    written
}

/// The limit of an attribute, or that of a layer, which lives only as long as its policy.
pub trait LimitSource {
    fn fresh(&self) -> Deadline;
}

impl LimitSource for &'static TimeoutConfig {
    #[inline]
    fn fresh(&self) -> Deadline {
        self.deadline()
    }
}

/// Generated code names its configuration in a function, which takes no place in the future.
impl<F: Fn() -> &'static TimeoutConfig> LimitSource for F {
    #[inline]
    fn fresh(&self) -> Deadline {
        self().deadline()
    }
}

impl LimitSource for Deadline {
    #[inline]
    fn fresh(&self) -> Deadline {
        *self
    }
}
