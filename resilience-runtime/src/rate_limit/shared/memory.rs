//! What a process knows about a shared limit without asking its store. Pure: time is an argument.

use std::time::Duration;

use super::waiting::{FlightEnd, JoinEnd, JoinedCall, JoinedCalls, Woken};
use crate::rate_limit::word::RejectedUntil;
use crate::time::Moment;

/// Units that this process has in advance, and until when the store rejects calls.
#[derive(Debug)]
pub struct SharedMemory {
    leased: u64,
    rejection: Option<KnownRejection>,
    /// A hint of the server, which this process has seen.
    held_until: Moment,
    waiting: JoinedCalls,
    /// Changes when units that were taken before are worth nothing any more.
    epoch: u64,
    /// The messages of other processes that it has heeded.
    notices: u64,
}

#[derive(Debug, Clone, Copy)]
struct KnownRejection {
    cost: u64,
    until: Moment,
}

/// A call that asks to pass.
#[derive(Debug, Clone, Copy)]
pub struct SharedRequest {
    pub cost: u64,
    pub patience: Duration,
    /// The units to take in advance, or zero.
    pub lease: u64,
    /// The time of one unit at the rate.
    pub time_of_unit: Duration,
    /// A request for units in advance has found none.
    pub is_alone: bool,
}

#[derive(Debug)]
pub enum Recalled {
    /// By units that were taken in advance.
    Passed,
    Rejected(RejectedUntil),
    /// Wait for units that others have asked for.
    Join(JoinedCall),
    /// Ask for so many units more than the call costs.
    Lead(u64),
    /// Ask for this call alone.
    Ask,
}

impl SharedMemory {
    pub const fn new() -> Self {
        let held_until = Moment::from_nanos(0);
        Self { leased: 0, rejection: None, held_until, waiting: JoinedCalls::new(), epoch: 0, notices: 0 }
    }

    /// Heeds messages of other processes: they hold calls back, or start over.
    pub fn heed(&mut self, notices: u64) {
        if self.notices != notices {
            self.notices = notices;
            self.start_over();
        }
    }

    /// Forgets everything but the requests that are under way, and who waits for them.
    pub fn start_over(&mut self) {
        (self.leased, self.rejection, self.held_until) = (0, None, Moment::from_nanos(0));
        self.epoch = self.epoch.wrapping_add(1);
    }

    pub fn hold(&mut self, until: Moment) {
        self.start_over();
        self.held_until = until;
    }

    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    pub const fn leased(&self) -> u64 {
        self.leased
    }

    pub fn recall(&mut self, call: &SharedRequest, now: Moment) -> Recalled {
        if let Some(rejected) = self.closed_until(call, now) {
            return Recalled::Rejected(rejected);
        }
        if self.leased > 0 && call.cost <= self.leased && self.held_until <= now {
            self.leased -= call.cost;
            return Recalled::Passed;
        }
        if call.is_alone || call.lease <= call.cost {
            return Recalled::Ask;
        }
        if let Some(waiting) = self.waiting.join(call.cost, self.leased) {
            return Recalled::Join(waiting);
        }
        // What nobody waits for is less than the call costs, so that never more than a lease is left over.
        let spare = call.lease - call.cost;
        self.waiting.take_off(spare);
        Recalled::Lead(spare)
    }

    /// Returns how long the call would be rejected, whatever the store says.
    pub fn closed_until(&self, call: &SharedRequest, now: Moment) -> Option<RejectedUntil> {
        let held = Some(self.held_until.since(now)).filter(|left| *left > call.patience);
        let rejection = self.rejection.filter(|rejection| {
            call.cost >= rejection.cost && call.cost > self.leased && rejection.until.since(now) > call.patience
        });
        // More units wait for longer.
        let rejected = rejection.map(|KnownRejection { cost, until }| {
            let more = u32::try_from(call.cost - cost).unwrap_or(u32::MAX);
            until.since(now).saturating_add(call.time_of_unit.saturating_mul(more))
        });
        let left = held.into_iter().chain(rejected).max()?;
        Some(RejectedUntil { left, until: now.after(left) })
    }

    /// The store has let the call pass, with so many units more. Units from before a hold are gone.
    pub fn passed(&mut self, more: u64, epoch: u64) {
        if epoch == self.epoch {
            self.leased = self.leased.saturating_add(more);
            self.rejection = None;
        }
    }

    /// The store has rejected the call. What it said before a reset is no longer right.
    pub fn rejected(&mut self, cost: u64, until: Moment, epoch: u64) {
        if epoch == self.epoch {
            self.rejection = Some(KnownRejection { cost, until });
        }
    }

    /// A request for so many units in advance has ended.
    pub fn land(&mut self, spare: u64, end: FlightEnd, now: Moment) -> Vec<Woken> {
        self.waiting.land(spare);
        match end {
            FlightEnd::Leased | FlightEnd::Dropped => self.wake(now),
            FlightEnd::NoneLeft => self.wake_all(JoinEnd::NoneLeft),
            FlightEnd::Failed => self.wake_all(JoinEnd::Failed),
        }
    }

    fn wake_all(&mut self, end: JoinEnd) -> Vec<Woken> {
        std::iter::from_fn(|| self.waiting.end_first(end)).collect()
    }

    /// As many calls as the units are enough for, in their order. Those for whom none will arrive look again.
    fn wake(&mut self, now: Moment) -> Vec<Woken> {
        let Self { waiting, leased, epoch, .. } = self;
        if self.held_until > now {
            return self.wake_all(JoinEnd::TooFew);
        }
        let mut woken: Vec<_> = std::iter::from_fn(|| waiting.pass(leased, *epoch)).collect();
        woken.extend(std::iter::from_fn(|| waiting.look_again(*leased)));
        woken
    }

    /// A call waits no more.
    pub fn leave(&mut self, number: u64) {
        self.waiting.leave(number);
    }

    /// Takes out what is more than this, if nobody waits for it.
    pub fn trim(&mut self, most: u64) -> u64 {
        let more = self.leased.saturating_sub(most.saturating_add(self.waiting.wanted()));
        self.leased -= more;
        more
    }

    /// Units for calls that have gone meanwhile.
    pub fn pass_on(&mut self, units: u64, epoch: u64, now: Moment) -> Vec<Woken> {
        if epoch == self.epoch {
            self.leased = self.leased.saturating_add(units);
        }
        self.wake(now)
    }

    /// The settings are others, so a call may pass earlier.
    pub fn forget_rejection(&mut self) {
        self.rejection = None;
    }

    /// Keeps units that a call gives back, as far as they are no more than `most`, and returns the rest.
    pub fn keep(&mut self, units: u64, most: u64, epoch: u64) -> u64 {
        if epoch != self.epoch {
            return 0;
        }
        self.rejection = None;
        let kept = units.min(most.saturating_sub(self.leased));
        self.leased += kept;
        units - kept
    }

    /// Takes units that a call took in addition, and returns those that are missing.
    pub fn take(&mut self, units: u64) -> u64 {
        let taken = units.min(self.leased);
        self.leased -= taken;
        units - taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u64 = 1 << 62;

    fn at(millis: u64) -> Moment {
        Moment::from_nanos(START + millis * 1_000_000)
    }

    fn call(cost: u64, patience: u64, lease: u64) -> SharedRequest {
        let time_of_unit = Duration::from_millis(100);
        SharedRequest { cost, patience: Duration::from_millis(patience), lease, time_of_unit, is_alone: false }
    }

    fn left(recalled: &Recalled) -> Option<u128> {
        if let Recalled::Rejected(rejected) = recalled { Some(rejected.left.as_millis()) } else { None }
    }

    #[test]
    fn a_rejection_is_remembered_for_calls_that_cost_as_much_and_wait_no_longer() {
        let mut memory = SharedMemory::new();
        memory.rejected(3, at(1_000), 0);
        assert_eq!(left(&memory.recall(&call(3, 0, 0), at(0))), Some(1_000));
        assert_eq!(left(&memory.recall(&call(5, 0, 0), at(400))), Some(800), "two units more wait for longer");
        assert!(matches!(memory.recall(&call(2, 0, 0), at(0)), Recalled::Ask), "a smaller one may pass");
        assert!(matches!(memory.recall(&call(3, 1_000, 0), at(0)), Recalled::Ask), "its turn may come in time");
        assert!(matches!(memory.recall(&call(3, 0, 0), at(1_000)), Recalled::Ask), "it is over");
    }

    #[test]
    fn units_in_advance_pass_whatever_the_store_has_rejected() {
        let mut memory = SharedMemory::new();
        memory.passed(5, 0);
        memory.rejected(3, at(1_000), 0);
        assert!(matches!(memory.recall(&call(3, 0, 0), at(0)), Recalled::Passed));
        assert_eq!(left(&memory.recall(&call(3, 0, 0), at(0))), Some(1_000), "two are too few");
    }

    #[test]
    fn a_rejection_from_before_a_reset_is_forgotten() {
        let mut memory = SharedMemory::new();
        let before = memory.epoch();
        memory.start_over();
        memory.rejected(3, at(1_000), before);
        assert!(matches!(memory.recall(&call(3, 0, 0), at(0)), Recalled::Ask));
    }

    #[test]
    fn units_in_advance_wait_for_the_end_of_a_hold() {
        let mut memory = SharedMemory::new();
        memory.hold(at(700));
        memory.passed(5, memory.epoch());
        assert!(matches!(memory.recall(&call(1, 900, 0), at(0)), Recalled::Ask));
        assert!(matches!(memory.recall(&call(1, 0, 0), at(700)), Recalled::Passed));
    }

    #[test]
    fn units_that_come_back_end_no_hold() {
        let mut memory = SharedMemory::new();
        memory.hold(at(700));
        assert_eq!((memory.keep(4, 6, memory.epoch()), memory.take(1)), (0, 0));
        assert_eq!(left(&memory.recall(&call(1, 0, 0), at(0))), Some(700));
        assert!(matches!(memory.recall(&call(1, 0, 0), at(700)), Recalled::Passed));
    }

    #[test]
    fn units_in_advance_are_used_up_and_come_back_up_to_the_lease() {
        let mut memory = SharedMemory::new();
        memory.passed(5, 0);
        assert!(matches!(memory.recall(&call(3, 0, 6), at(0)), Recalled::Passed));
        assert!(matches!(memory.recall(&call(3, 0, 6), at(0)), Recalled::Lead(_)), "two are too few");
        assert_eq!((memory.keep(9, 6, 0), memory.leased()), (5, 6));
        assert_eq!((memory.take(8), memory.leased()), (2, 0));
    }

    fn joined(memory: &mut SharedMemory, cost: u64) -> JoinedCall {
        match memory.recall(&call(cost, 0, 10), at(0)) {
            Recalled::Join(waiting) => waiting,
            other => panic!("{other:?}"),
        }
    }

    fn told(calls: &mut [JoinedCall]) -> Vec<Option<JoinEnd>> {
        calls.iter_mut().map(|call| call.end.try_recv().ok()).collect()
    }

    /// The store has let the call pass, with so many units more.
    fn landed(memory: &mut SharedMemory, more: u64) -> u64 {
        memory.passed(more, memory.epoch());
        memory.land(9, FlightEnd::Leased, at(0)).into_iter().map(Woken::tell).sum()
    }

    const PASSED: Option<JoinEnd> = Some(JoinEnd::Passed { epoch: 0 });

    #[test]
    fn so_many_requests_are_under_way_as_the_calls_need() {
        let mut memory = SharedMemory::new();
        assert!(matches!(memory.recall(&call(1, 0, 10), at(0)), Recalled::Lead(9)));
        let mut first: Vec<_> = (0..9).map(|_| joined(&mut memory, 1)).collect();
        assert!(matches!(memory.recall(&call(10, 0, 10), at(0)), Recalled::Ask), "it takes more than there would be");
        assert!(matches!(memory.recall(&call(4, 0, 10), at(0)), Recalled::Lead(6)), "the tenth call is the last");
        let mut second = [joined(&mut memory, 5), joined(&mut memory, 1)];
        assert!(matches!(memory.recall(&call(1, 0, 10), at(0)), Recalled::Lead(9)));
        assert_eq!(landed(&mut memory, 9), 0);
        assert_eq!(told(&mut first), [PASSED; 9]);
        assert_eq!(told(&mut second), [None; 2], "their units are still on their way");
        assert_eq!(memory.leased(), 0);
    }

    #[test]
    fn calls_pass_in_their_order_whichever_request_comes_first() {
        let mut memory = SharedMemory::new();
        assert!(matches!(memory.recall(&call(4, 0, 10), at(0)), Recalled::Lead(6)));
        let mut calls = vec![joined(&mut memory, 5), joined(&mut memory, 1)];
        assert!(matches!(memory.recall(&call(2, 0, 10), at(0)), Recalled::Lead(8)));
        calls.push(joined(&mut memory, 8));
        memory.passed(8, memory.epoch());
        let woken = memory.land(8, FlightEnd::Leased, at(0));
        assert_eq!(woken.into_iter().map(Woken::tell).sum::<u64>(), 0);
        assert_eq!(told(&mut calls), [PASSED, PASSED, None]);
        assert_eq!(memory.leased(), 2, "too few for the third, which waits for the other request");
    }

    #[test]
    fn calls_for_which_nothing_arrives_look_again_or_ask_alone() {
        let ends = [
            (FlightEnd::Dropped, JoinEnd::TooFew),
            (FlightEnd::Leased, JoinEnd::TooFew),
            (FlightEnd::NoneLeft, JoinEnd::NoneLeft),
            (FlightEnd::Failed, JoinEnd::Failed),
        ];
        for (end, expected) in ends {
            let mut memory = SharedMemory::new();
            assert!(matches!(memory.recall(&call(1, 0, 10), at(0)), Recalled::Lead(9)));
            let mut calls: Vec<_> = (0..3).map(|_| joined(&mut memory, 2)).collect();
            if end == FlightEnd::Leased {
                memory.passed(3, memory.epoch());
            }
            memory.land(9, end, at(0)).into_iter().for_each(|woken| assert_eq!(woken.tell(), 0));
            let first = if end == FlightEnd::Leased { PASSED } else { Some(expected) };
            assert_eq!(told(&mut calls), [first, Some(expected), Some(expected)], "{end:?}");
            let next = memory.recall(&call(2, 0, 10), at(0));
            assert!(matches!(next, Recalled::Lead(8)), "nothing is under way: {next:?}");
        }
    }

    #[test]
    fn units_of_a_call_that_has_gone_pass_the_next_one() {
        let mut memory = SharedMemory::new();
        assert!(matches!(memory.recall(&call(1, 0, 10), at(0)), Recalled::Lead(9)));
        let (gone, mut waits) = (joined(&mut memory, 4), [joined(&mut memory, 5)]);
        let left = joined(&mut memory, 0);
        memory.leave(left.number);
        drop(gone);
        memory.passed(4, memory.epoch());
        assert!(matches!(memory.recall(&call(5, 0, 10), at(0)), Recalled::Lead(5)), "another request is under way");
        let lost: u64 = memory.land(9, FlightEnd::Leased, at(0)).into_iter().map(Woken::tell).sum();
        assert_eq!((lost, told(&mut waits)), (4, vec![None]));
        memory.pass_on(lost + 1, 0, at(0)).into_iter().for_each(|woken| assert_eq!(woken.tell(), 0));
        assert_eq!((told(&mut waits), memory.leased()), (vec![PASSED], 0));
    }

    #[test]
    fn who_waits_while_a_hold_begins_looks_again() {
        let mut memory = SharedMemory::new();
        assert!(matches!(memory.recall(&call(1, 0, 10), at(0)), Recalled::Lead(9)));
        let mut calls = [joined(&mut memory, 1)];
        let before = memory.epoch();
        memory.hold(at(700));
        memory.passed(9, before);
        memory.land(9, FlightEnd::Leased, at(0)).into_iter().for_each(|woken| assert_eq!(woken.tell(), 0));
        assert_eq!((told(&mut calls), memory.leased()), (vec![Some(JoinEnd::TooFew)], 0));
        assert_eq!(left(&memory.recall(&call(1, 0, 10), at(0))), Some(700));
    }

    #[test]
    fn a_hold_makes_earlier_units_void() {
        let mut memory = SharedMemory::new();
        memory.passed(5, 0);
        memory.hold(at(700));
        assert_eq!(left(&memory.recall(&call(0, 0, 0), at(0))), Some(700));
        assert_eq!((memory.leased(), memory.keep(4, 6, 0)), (0, 0));
        memory.passed(5, 0);
        assert_eq!(memory.leased(), 0, "they were taken before");
        memory.heed(1);
        assert!(matches!(memory.recall(&call(1, 0, 0), at(0)), Recalled::Ask), "the store knows better");
    }
}
