//! Calls of a shared limit, which its store has let pass.

use super::super::gcra::{GcraState, Quota};
use super::RateLimiterState;
use crate::time::Moment;

impl RateLimiterState {
    /// Counts units that have passed without being asked for. With a `cap`, they use up no more than so many
    /// units at once: a process may take more than its share while others take less.
    pub fn feed(&mut self, quota: Quota, now: Moment, units: u64, cap: Option<u32>) {
        let at = quota.units_at(now);
        let told = self.told();
        let after = |state: GcraState| {
            let after = state.after(quota, self.hold, at, units);
            let Some(cap) = cap else { return after };
            after.min(GcraState::at_units(at.saturating_add(quota.cost_of(cap.into())))).max(state)
        };
        let (passed, passed_turn) = (after(self.passed), after(told));
        self.refunds.record(self.passed.ahead(quota, now));
        (self.passed, self.passed_turn) = (passed, passed_turn);
    }

    /// Takes units out of the count again.
    pub fn take_back(&mut self, quota: Quota, units: u64) {
        self.passed = self.passed.less(quota.cost_of(units));
    }
}
