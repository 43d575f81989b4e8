use std::collections::VecDeque;
use std::time::Duration;

use super::gcra::{GcraState, Hold, Quota};
use super::refunds::{RefundTicket, Refunds};
use crate::time::Moment;

/// Calls pass at once, or take a turn that is told to them. It changes only when a hint of the
/// server holds all calls back.
///
/// A turn that is left goes unused as long as a call behind it waits for its own. When nobody
/// waits, only the calls that have passed count. What a call gives back is for those that come
/// later: they take their turns behind those that wait, but earlier.
#[derive(Debug)]
pub struct RateLimiterState {
    /// Only what has passed, each call at the time of its turn.
    passed: GcraState,
    /// The latest turn of a call that has passed, while others wait.
    passed_turn: GcraState,
    /// The calls that wait, in order.
    turns: VecDeque<WaitingCall>,
    next_turn: u64,
    refunds: Refunds,
    hold: Hold,
    holds: u32,
    /// Calls that wait, also those that are no longer in `turns`.
    waiting: u32,
    rejected: u64,
    resets: u32,
}

#[derive(Debug, Clone, Copy)]
struct WaitingCall {
    number: u64,
    /// In units.
    due: u128,
    /// The state after it, if all calls before it pass.
    after: GcraState,
    cost: u64,
    latest: Moment,
}

/// A call that asks to pass.
#[derive(Debug, Clone, Copy)]
pub struct CallRequest {
    /// In calls.
    pub cost: u64,
    /// The longest wait.
    pub patience: Duration,
    /// It may give something back.
    pub is_refundable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    number: u64,
    holds: u32,
    resets: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refundable {
    ticket: RefundTicket,
    cost: u64,
    resets: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    Pass(Option<Refundable>),
    Wait(Duration, Turn),
    Reject(Duration),
    /// The cost is above the burst.
    Never,
}

impl Default for RateLimiterState {
    fn default() -> Self {
        Self::new()
    }
}

impl RateLimiterState {
    pub const fn new() -> Self {
        Self {
            passed: GcraState::FULL,
            passed_turn: GcraState::FULL,
            turns: VecDeque::new(),
            next_turn: 0,
            refunds: Refunds::new(),
            hold: Hold::NONE,
            holds: 0,
            waiting: 0,
            rejected: 0,
            resets: 0,
        }
    }

    /// The next call comes behind it.
    fn told(&self) -> GcraState {
        self.turns.back().map_or(self.passed, |last| self.passed_turn.max(last.after))
    }

    /// The moment of the next call, in units.
    fn due(&self, quota: Quota, told: GcraState, cost: u64) -> u128 {
        let held = quota.units_at(self.hold.until);
        let behind = self.turns.back().map_or(0, |last| last.due);
        told.due(quota, cost).max(held).max(behind)
    }

    pub fn admit(&mut self, quota: Quota, now: Moment, call: &CallRequest) -> Admission {
        let CallRequest { cost, patience, is_refundable } = *call;
        if !quota.admits(cost) {
            self.rejected = self.rejected.saturating_add(1);
            return Admission::Never;
        }
        let (told, units) = (self.told(), quota.units_at(now));
        let due = if cost == 0 && self.hold.until <= now { 0 } else { self.due(quota, told, cost) };
        let wait = quota.time(due.saturating_sub(units));
        if wait.is_zero() {
            self.refunds.record(self.passed.ahead(quota, now));
            self.passed = self.passed.after(quota, self.hold, units, cost);
            self.passed_turn = told.after(quota, self.hold, units, cost);
            Admission::Pass(is_refundable.then(|| self.refundable(cost)))
        } else if wait > patience {
            self.rejected = self.rejected.saturating_add(1);
            Admission::Reject(wait)
        } else {
            let number = self.next_turn;
            self.next_turn += 1;
            if self.turns.is_empty() {
                self.passed_turn = GcraState::FULL;
            }
            let after = told.after(quota, self.hold, due, cost);
            self.turns.push_back(WaitingCall { number, due, after, cost, latest: now.after(patience) });
            self.waiting = self.waiting.saturating_add(1);
            Admission::Wait(wait, Turn { number, holds: self.holds, resets: self.resets })
        }
    }

    fn refundable(&mut self, cost: u64) -> Refundable {
        Refundable { ticket: self.refunds.open(), cost, resets: self.resets }
    }

    fn find(&self, turn: Turn) -> Option<usize> {
        let index = self.turns.binary_search_by_key(&turn.number, |call| call.number);
        index.ok().filter(|_| turn.resets == self.resets)
    }

    /// The turn of a call has come. It waits on if a hint has moved the turn.
    pub fn arrive(&mut self, turn: Turn, quota: Quota, now: Moment, call: &CallRequest) -> Admission {
        if turn.holds != self.holds {
            let Some(index) = self.find(turn) else {
                self.waiting = self.waiting.saturating_sub(1);
                return self.admit(quota, now, call);
            };
            let wait = quota.time(self.turns[index].due.saturating_sub(quota.units_at(now)));
            if !wait.is_zero() {
                return Admission::Wait(wait, Turn { holds: self.holds, ..turn });
            }
        }
        Admission::Pass(self.pass(turn, quota, call.is_refundable))
    }

    pub fn pass(&mut self, turn: Turn, quota: Quota, is_refundable: bool) -> Option<Refundable> {
        self.waiting = self.waiting.saturating_sub(1);
        let index = self.find(turn)?;
        let told = self.told();
        let WaitingCall { due, after, cost, .. } = self.turns.remove(index)?;
        self.refunds.record(self.passed.ahead_at(due));
        // Turns can pass in another order than they were told in, and then the sum is too large.
        self.passed = self.passed.after(quota, self.hold, due, cost).min(told);
        self.passed_turn = self.passed_turn.max(after);
        is_refundable.then(|| self.refundable(cost))
    }

    /// The call has left before its turn came.
    pub fn leave(&mut self, turn: Turn) {
        self.waiting = self.waiting.saturating_sub(1);
        if let Some(index) = self.find(turn) {
            self.turns.remove(index);
        }
    }

    /// The call has run, so its tokens are spent.
    pub fn spend(&mut self, call: Refundable) {
        if call.resets == self.resets {
            self.refunds.close(call.ticket);
        }
    }

    /// The call has not run, and its tokens come back as far as they have not done so yet.
    pub fn refund(&mut self, call: Refundable, quota: Quota, now: Moment) {
        self.settle(call, 0, quota, now);
    }

    /// The call took so many tokens, which may be less than its cost, or more.
    pub fn settle(&mut self, call: Refundable, actual: u64, quota: Quota, now: Moment) {
        if call.resets != self.resets {
            return;
        }
        let (ahead, told) = (self.passed.ahead(quota, now), self.told());
        let back = quota.cost_of(call.cost.saturating_sub(actual));
        let back = self.refunds.refund(call.ticket, back, ahead);
        self.passed = self.passed.less(back);
        if back > 0 && !self.turns.is_empty() {
            self.give_later_calls(quota, told.less(back));
        }
        if let Some(more) = actual.checked_sub(call.cost).filter(|more| *more > 0) {
            self.refunds.record(ahead);
            self.passed = self.passed.after(quota, self.hold, quota.units_at(now), more);
            self.passed_turn = told.after(quota, self.hold, 0, more);
        }
    }

    /// The next turn comes behind this state, but not before what those that wait leave for it.
    fn give_later_calls(&mut self, quota: Quota, told: GcraState) {
        let hold = self.hold;
        let least = self.turns.iter().fold(self.passed, |state, turn| state.after(quota, hold, turn.due, turn.cost));
        let told = told.max(least);
        self.passed_turn = self.passed_turn.min(told);
        if let Some(last) = self.turns.back_mut() {
            last.after = last.after.min(told);
        }
    }

    /// Holds all calls back until then. Returns whether that is longer than before.
    ///
    /// From then on they pass at the rate, as from a bucket with one token: what was in it before, and
    /// what earlier calls could have given back, is gone. Calls that wait keep their order.
    pub fn hold(&mut self, quota: Quota, until: Moment) -> bool {
        if until <= self.hold.until {
            return false;
        }
        self.hold = Hold { until };
        self.holds = self.holds.wrapping_add(1);
        let floor = self.hold.floor(quota);
        self.passed = self.passed.max(floor);
        self.refunds.record(self.passed.ahead_of(floor));
        let calls = std::mem::take(&mut self.turns);
        let mut told = self.passed;
        for call in calls {
            let due = self.due(quota, told, call.cost).max(call.due);
            if due <= quota.units_at(call.latest) {
                told = told.after(quota, self.hold, due, call.cost);
                self.turns.push_back(WaitingCall { due, after: told, ..call });
            }
        }
        self.passed_turn = GcraState::FULL;
        true
    }

    /// Keeps the calls that have passed or been told a turn as a debt, in calls. Those that wait keep
    /// their turns, and one that leaves does not give its turn back.
    pub fn convert(&mut self, before: Quota, after: Quota, now: Moment) {
        let mut told = self.told();
        told.convert(before, after, self.hold, now);
        self.passed = told;
        self.passed_turn = told;
        self.turns.clear();
        self.refunds = Refunds::new();
        self.resets = self.resets.wrapping_add(1);
    }

    /// Returns the time from which a call of this cost that would wait for `patience` is admitted, and
    /// `None` if that is now.
    pub fn closed_for(&self, quota: Quota, now: Moment, call: &CallRequest) -> Option<Duration> {
        let due = self.due(quota, self.told(), call.cost);
        let wait = quota.time(due.saturating_sub(quota.units_at(now)));
        (wait > call.patience).then(|| wait.saturating_sub(call.patience))
    }

    /// Returns the calls that have passed, if they are all that counts.
    pub fn without_turns(&self, quota: Quota, now: Moment) -> Option<GcraState> {
        let counts = self.turns.is_empty() && !self.refunds.is_open() && !self.hold.is_releasing(quota, now);
        counts.then_some(self.passed)
    }

    pub fn set_passed(&mut self, passed: GcraState) {
        self.passed = passed;
    }

    pub fn available(&self, quota: Quota, now: Moment) -> u32 {
        let told = self.told();
        if self.due(quota, told, 1) > quota.units_at(now) { 0 } else { told.available(quota, now) }
    }

    /// Returns the time for which a hint of the server holds all calls back.
    pub fn held_for(&self, now: Moment) -> Option<Duration> {
        Some(self.hold.until.since(now)).filter(|left| !left.is_zero())
    }

    pub const fn waiting(&self) -> u32 {
        self.waiting
    }

    pub const fn rejected(&self) -> u64 {
        self.rejected
    }

    /// Calls that wait keep their turns.
    pub fn reset(&mut self) {
        let (waiting, resets) = (self.waiting, self.resets.wrapping_add(1));
        *self = Self { waiting, resets, holds: self.holds, ..Self::new() };
    }
}

#[cfg(feature = "store")]
mod fed;
#[cfg(test)]
mod tests;
