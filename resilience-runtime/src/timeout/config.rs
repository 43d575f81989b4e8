use std::time::Duration;

use crate::context::{ConfiguredLimit, Deadline, FreshLimit, LimitOwner};
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
    pub const fn new(function: &'static str, limit: Duration) -> Self {
        if let Err(problem) = check_limit(limit) {
            return sound(Err(problem));
        }
        let owner = LimitOwner::Attribute(ConfiguredLimit { function, limit });
        Self { fresh: FreshLimit::new(limit), owner, max_abandoned: 8, max_threads: 64 }
    }

    /// For `mode = "thread"`.
    #[must_use]
    #[track_caller]
    pub const fn max_abandoned(mut self, bodies: u32) -> Self {
        assert!(bodies >= 1, "`max_abandoned` of `#[timeout]` must be at least 1");
        self.max_abandoned = bodies;
        self
    }

    /// For `mode = "thread"`.
    #[must_use]
    #[track_caller]
    pub const fn max_threads(mut self, threads: u32) -> Self {
        assert!(threads >= 1, "`max_threads` of `#[timeout]` must be at least 1");
        self.max_threads = threads;
        self
    }

    #[must_use]
    #[track_caller]
    pub const fn checked(self) -> Self {
        assert!(
            self.max_abandoned <= self.max_threads,
            "`max_abandoned` of `#[timeout]` is never reached: it is more than `max_threads`"
        );
        self
    }

    #[inline]
    pub(super) const fn deadline(&'static self) -> Deadline {
        self.fresh.of(&self.owner)
    }

    pub(super) fn function(&self) -> &'static str {
        self.owner.limit().function
    }
}

pub(crate) const fn check_limit(limit: Duration) -> Result<(), &'static str> {
    if limit.is_zero() { Err("a timeout of zero can only fail") } else { Ok(()) }
}

/// The limit of an attribute, or that of a layer, which lives only as long as its policy.
pub trait LimitSource: Copy {
    fn fresh(self) -> Deadline;
}

impl LimitSource for &'static TimeoutConfig {
    #[inline]
    fn fresh(self) -> Deadline {
        self.deadline()
    }
}

impl LimitSource for Deadline {
    #[inline]
    fn fresh(self) -> Deadline {
        self
    }
}
