use std::time::Duration;

use super::gcra::{Decision, GcraState, Quota, Turn};
use crate::time::Moment;

#[derive(Debug)]
pub struct RateLimiterState {
    pub gcra: GcraState,
    pub waiting: u32,
    pub rejected: u64,
}

impl RateLimiterState {
    pub const fn new() -> Self {
        Self { gcra: GcraState::FULL, waiting: 0, rejected: 0 }
    }

    pub fn admit(&mut self, quota: Quota, now: Moment, patience: Duration) -> Decision {
        let decision = self.gcra.ask(quota, now, patience);
        match decision {
            Decision::Pass => {}
            Decision::Wait(..) => self.waiting = self.waiting.saturating_add(1),
            Decision::Reject(_) => self.rejected = self.rejected.saturating_add(1),
        }
        decision
    }

    /// A `turn` that was not used is given back.
    pub fn end_wait(&mut self, turn: Option<Turn>) {
        self.waiting = self.waiting.saturating_sub(1);
        if let Some(turn) = turn {
            self.gcra.give_back(turn);
        }
    }

    /// Calls that wait keep their turns.
    pub fn reset(&mut self) {
        *self = Self { waiting: self.waiting, ..Self::new() };
    }
}
