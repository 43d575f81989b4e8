//! What a process knows about a shared limit without asking its store. Pure: time is an argument.

use std::time::Duration;

use tokio::sync::watch;

use crate::rate_limit::word::RejectedUntil;
use crate::time::Moment;

/// Units that this process has in advance, and until when the store rejects calls.
#[derive(Debug)]
pub struct SharedMemory {
    leased: u64,
    rejection: Option<KnownRejection>,
    /// A hint of the server, which this process has seen.
    held_until: Moment,
    /// A request for units in advance is under way.
    flight: Option<watch::Receiver<Option<FlightEnd>>>,
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
    Join(watch::Receiver<Option<FlightEnd>>),
    Lead(watch::Sender<Option<FlightEnd>>),
    /// Ask for this call alone.
    Ask,
}

/// The state of a request for units in advance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlightEnd {
    /// Look again.
    Leased,
    /// There are none to be had in advance, so each call asks for itself.
    NoneLeft,
    /// The store does not answer.
    Failed,
}

impl SharedMemory {
    pub const fn new() -> Self {
        Self { leased: 0, rejection: None, held_until: Moment::from_nanos(0), flight: None, epoch: 0, notices: 0 }
    }

    /// Heeds messages of other processes: they hold calls back, or start over.
    pub fn heed(&mut self, notices: u64) {
        if self.notices != notices {
            self.notices = notices;
            self.start_over();
        }
    }

    /// Forgets everything but a request that is under way.
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
        if let Some(flight) = &self.flight {
            return Recalled::Join(flight.clone());
        }
        let (end, flight) = watch::channel(None);
        self.flight = Some(flight);
        Recalled::Lead(end)
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

    pub fn rejected(&mut self, cost: u64, until: Moment) {
        self.rejection = Some(KnownRejection { cost, until });
    }

    pub fn end_flight(&mut self) {
        self.flight = None;
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
        memory.rejected(3, at(1_000));
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
        memory.rejected(3, at(1_000));
        assert!(matches!(memory.recall(&call(3, 0, 0), at(0)), Recalled::Passed));
        assert_eq!(left(&memory.recall(&call(3, 0, 0), at(0))), Some(1_000), "two are too few");
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

    #[test]
    fn one_request_for_units_in_advance_is_under_way_at_a_time() {
        let mut memory = SharedMemory::new();
        let lead = memory.recall(&call(1, 0, 10), at(0));
        assert!(matches!(lead, Recalled::Lead(_)));
        assert!(matches!(memory.recall(&call(1, 0, 10), at(0)), Recalled::Join(_)));
        assert!(matches!(memory.recall(&call(10, 0, 10), at(0)), Recalled::Ask), "it takes more than there would be");
        memory.end_flight();
        assert!(matches!(memory.recall(&call(1, 0, 10), at(0)), Recalled::Lead(_)));
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
