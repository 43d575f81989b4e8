//! Calls that wait for units in advance, in order, and the requests for such units. Pure.

use std::collections::VecDeque;

use tokio::sync::oneshot;

/// The reason why the wait of a call ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinEnd {
    /// By units that have arrived, in an epoch of the memory.
    Passed { epoch: u64 },
    /// Fewer have arrived than were expected: look again.
    TooFew,
    /// There are none to be had in advance, so each call asks for itself.
    NoneLeft,
    /// The store does not answer.
    Failed,
}

/// The end of a request for units in advance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlightEnd {
    Leased,
    NoneLeft,
    Failed,
    /// The call that has asked is gone.
    Dropped,
}

/// A call that waits, as it knows itself.
#[derive(Debug)]
pub struct JoinedCall {
    pub number: u64,
    pub end: oneshot::Receiver<JoinEnd>,
}

/// A call whose wait has ended. It has not been told.
#[derive(Debug)]
#[must_use = "the call waits until it is told"]
pub struct Woken {
    pub cost: u64,
    pub end: JoinEnd,
    sender: oneshot::Sender<JoinEnd>,
}

impl Woken {
    /// Returns the units of a call that has gone meanwhile.
    pub fn tell(self) -> u64 {
        let is_lost = self.sender.send(self.end).is_err();
        if is_lost && matches!(self.end, JoinEnd::Passed { .. }) { self.cost } else { 0 }
    }
}

#[derive(Debug)]
struct QueuedJoin {
    number: u64,
    cost: u64,
    sender: oneshot::Sender<JoinEnd>,
}

#[derive(Debug)]
pub struct JoinedCalls {
    queue: VecDeque<QueuedJoin>,
    next: u64,
    /// For the calls in the queue.
    wanted: u64,
    flights: u32,
    /// By the requests that are under way, beside what they take for their own calls.
    expected: u64,
}

impl JoinedCalls {
    pub const fn new() -> Self {
        Self { queue: VecDeque::new(), next: 0, wanted: 0, flights: 0, expected: 0 }
    }

    /// Returns a place in the queue if the requests under way bring enough units, beside those that are there.
    pub fn join(&mut self, cost: u64, leased: u64) -> Option<JoinedCall> {
        let is_enough = self.wanted.saturating_add(cost) <= self.expected.saturating_add(leased);
        if self.flights == 0 || !is_enough {
            return None;
        }
        let (sender, end) = oneshot::channel();
        let number = self.next;
        self.next += 1;
        self.wanted += cost;
        self.queue.push_back(QueuedJoin { number, cost, sender });
        Some(JoinedCall { number, end })
    }

    pub const fn wanted(&self) -> u64 {
        self.wanted
    }

    pub fn take_off(&mut self, spare: u64) {
        self.flights += 1;
        self.expected = self.expected.saturating_add(spare);
    }

    pub fn land(&mut self, spare: u64) {
        self.flights = self.flights.saturating_sub(1);
        self.expected = if self.flights == 0 { 0 } else { self.expected.saturating_sub(spare) };
    }

    /// A call does not wait any more. Returns whether it was still in the queue.
    pub fn leave(&mut self, number: u64) -> bool {
        let Some(at) = self.queue.iter().position(|call| call.number == number) else { return false };
        let left = self.queue.remove(at);
        self.wanted -= left.map_or(0, |call| call.cost);
        true
    }

    /// Takes the first call if the units are enough for it.
    pub fn pass(&mut self, leased: &mut u64, epoch: u64) -> Option<Woken> {
        if self.queue.front()?.cost > *leased {
            return None;
        }
        let woken = self.end_first(JoinEnd::Passed { epoch })?;
        *leased -= woken.cost;
        Some(woken)
    }

    /// Takes the first call if the requests under way do not bring enough for all.
    pub fn look_again(&mut self, leased: u64) -> Option<Woken> {
        let is_enough = self.flights > 0 && self.wanted <= self.expected.saturating_add(leased);
        if is_enough { None } else { self.end_first(JoinEnd::TooFew) }
    }

    pub fn end_first(&mut self, end: JoinEnd) -> Option<Woken> {
        let QueuedJoin { cost, sender, .. } = self.queue.pop_front()?;
        self.wanted -= cost;
        Some(Woken { cost, end, sender })
    }
}
