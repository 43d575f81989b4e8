use std::time::Duration;

use crate::context::Deadline;
use crate::registry::FunctionRef;
use crate::validation::sound;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeoutConfig {
    pub(super) function: FunctionRef,
    pub(super) limit: Duration,
    pub(super) deadline: Deadline,
    pub(super) max_abandoned: u32,
}

impl TimeoutConfig {
    #[track_caller]
    pub const fn new(function: FunctionRef, limit: Duration) -> Self {
        sound(Self::try_new(function, limit))
    }

    pub(crate) const fn try_new(function: FunctionRef, limit: Duration) -> Result<Self, &'static str> {
        if limit.is_zero() {
            return Err("a timeout of zero can only fail");
        }
        Ok(Self { function, limit, deadline: Deadline::fresh(limit), max_abandoned: 8 })
    }

    pub(crate) const fn for_function(self, function: FunctionRef) -> Self {
        Self { function, ..self }
    }

    /// For `mode = "thread"`.
    #[must_use]
    #[track_caller]
    pub const fn max_abandoned(mut self, bodies: u32) -> Self {
        assert!(bodies >= 1, "`max_abandoned` of `#[timeout]` must be at least 1");
        self.max_abandoned = bodies;
        self
    }
}
