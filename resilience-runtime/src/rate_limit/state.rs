use std::collections::VecDeque;
use std::time::Duration;

use super::gcra::{Decision, GcraState, Quota};
use super::refunds::{RefundTicket, Refunds};
use crate::time::Moment;

/// Calls pass at once, or take a turn that is told to them and never changes.
///
/// A turn that is left goes unused as long as a call behind it waits for its own. When nobody
/// waits, only the calls that have passed count.
#[derive(Debug)]
pub struct RateLimiterState {
    /// Only what has passed, each call at the time it was told.
    passed: GcraState,
    /// The latest turn of a call that has passed, while others wait.
    passed_turn: GcraState,
    /// The turns of calls that wait, in order.
    turns: VecDeque<GcraState>,
    refunds: Refunds,
    /// Calls that wait, also those that a reset has taken out of `turns`.
    waiting: u32,
    rejected: u64,
    resets: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    after: GcraState,
    resets: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refundable {
    ticket: RefundTicket,
    resets: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    Pass(Option<Refundable>),
    Wait(Duration, Turn),
    Reject(Duration),
}

impl RateLimiterState {
    pub const fn new() -> Self {
        Self {
            passed: GcraState::FULL,
            passed_turn: GcraState::FULL,
            turns: VecDeque::new(),
            refunds: Refunds::new(),
            waiting: 0,
            rejected: 0,
            resets: 0,
        }
    }

    /// The next call comes behind it.
    fn told(&self) -> GcraState {
        self.turns.back().map_or(self.passed, |last| self.passed_turn.max(*last))
    }

    pub fn admit(&mut self, quota: Quota, now: Moment, patience: Duration, refundable: bool) -> Admission {
        let told = self.told();
        match told.decide(quota, now, patience) {
            Decision::Pass => {
                self.refunds.record(self.passed.ahead(quota, now));
                self.passed = self.passed.after(quota, now);
                self.passed_turn = told.after(quota, now);
                Admission::Pass(refundable.then(|| self.refundable()))
            }
            Decision::Wait(wait) => {
                if self.turns.is_empty() {
                    self.passed_turn = GcraState::FULL;
                }
                let after = told.after(quota, now);
                self.turns.push_back(after);
                self.waiting = self.waiting.saturating_add(1);
                Admission::Wait(wait, Turn { after, resets: self.resets })
            }
            Decision::Reject(wait) => {
                self.rejected = self.rejected.saturating_add(1);
                Admission::Reject(wait)
            }
        }
    }

    fn refundable(&mut self) -> Refundable {
        Refundable { ticket: self.refunds.open(), resets: self.resets }
    }

    /// Takes the call out of those that wait, unless a reset has done so.
    fn end_wait(&mut self, turn: Turn) -> bool {
        self.waiting = self.waiting.saturating_sub(1);
        if turn.resets != self.resets {
            return false;
        }
        let index = self.turns.binary_search(&turn.after);
        index.is_ok_and(|index| self.turns.remove(index).is_some())
    }

    /// The turn of a call has come.
    pub fn pass(&mut self, turn: Turn, quota: Quota, refundable: bool) -> Option<Refundable> {
        let told = self.told();
        if !self.end_wait(turn) {
            return None;
        }
        let (passed, ahead) = self.passed.after_turn(turn.after, quota);
        self.refunds.record(ahead);
        // Turns can pass in another order than they were told in, and then the sum is too large.
        self.passed = passed.min(told);
        self.passed_turn = self.passed_turn.max(turn.after);
        refundable.then(|| self.refundable())
    }

    /// The call has left before its turn came.
    pub fn leave(&mut self, turn: Turn) {
        self.end_wait(turn);
    }

    /// The call has run, so its token is spent.
    pub fn spend(&mut self, call: Refundable) {
        if call.resets == self.resets {
            self.refunds.close();
        }
    }

    /// The call has not run, and its token comes back as far as it has not done so yet.
    pub fn refund(&mut self, call: Refundable, quota: Quota, now: Moment) {
        if call.resets == self.resets {
            let ahead = self.passed.ahead(quota, now);
            self.passed = self.passed.less(self.refunds.refund(call.ticket, quota.cost, ahead));
        }
    }

    /// Keeps the calls that have passed or been told a turn as a debt, in calls. Those that wait keep
    /// their turns, and one that leaves does not give its turn back.
    pub fn convert(&mut self, before: Quota, after: Quota, now: Moment) {
        let mut told = self.told();
        told.convert(before, after, now);
        self.passed = told;
        self.passed_turn = told;
        self.turns.clear();
        self.refunds = Refunds::new();
        self.resets = self.resets.wrapping_add(1);
    }

    /// Returns the time from which a call that would wait for `patience` is admitted, and `None` if
    /// that is now.
    pub fn closed_for(&self, quota: Quota, now: Moment, patience: Duration) -> Option<Duration> {
        match self.told().decide(quota, now, patience) {
            Decision::Pass | Decision::Wait(_) => None,
            Decision::Reject(wait) => Some(wait.saturating_sub(patience)),
        }
    }

    /// Returns the calls that have passed, if they are all that counts.
    pub fn without_turns(&self) -> Option<GcraState> {
        (self.turns.is_empty() && !self.refunds.is_open()).then_some(self.passed)
    }

    pub fn set_passed(&mut self, passed: GcraState) {
        self.passed = passed;
    }

    pub fn available(&self, quota: Quota, now: Moment) -> u32 {
        self.told().available(quota, now)
    }

    pub const fn waiting(&self) -> u32 {
        self.waiting
    }

    pub const fn rejected(&self) -> u64 {
        self.rejected
    }

    /// Calls that wait keep their turns.
    pub fn reset(&mut self) {
        *self = Self { waiting: self.waiting, resets: self.resets.wrapping_add(1), ..Self::new() };
    }
}

#[cfg(test)]
mod tests;
