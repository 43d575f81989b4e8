use std::time::Duration;

use resilience_options::timeout::OPTIONS;

use crate::context::Deadline;
use crate::validation::sound;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeoutConfig {
    pub(super) function: &'static str,
    pub(super) limit: Duration,
    pub(super) deadline: Deadline,
    pub(super) max_abandoned: u32,
}

impl TimeoutConfig {
    #[track_caller]
    pub const fn new(function: &'static str, limit: Duration) -> Self {
        sound(Self::try_new(function, limit))
    }

    pub(crate) const fn try_new(function: &'static str, limit: Duration) -> Result<Self, &'static str> {
        if let Err(problem) = OPTIONS.limit.check(limit) {
            return Err(problem);
        }
        let max_abandoned = OPTIONS.max_abandoned.default_value();
        Ok(Self { function, limit, deadline: Deadline::fresh(limit), max_abandoned })
    }

    pub(crate) const fn for_function(self, function: &'static str) -> Self {
        Self { function, ..self }
    }

    // For `mode = "thread"`.
    setters! {
        max_abandoned / try_max_abandoned(self, bodies: u32) by OPTIONS.max_abandoned => self.max_abandoned = bodies;
    }
}
