//! The bulkhead as a pure machine: no lock, no clock, and no waker but the type `W`.

use std::collections::VecDeque;

/// A free place goes to the first call in the queue in the same step. So a queue exists only while
/// every place is taken, no call overtakes another, and no call waits beside a free place.
#[derive(Debug)]
pub struct BulkheadState<W> {
    in_flight: u32,
    /// Calls in progress above a limit that has become smaller. Their places go when they end.
    excess: u32,
    queue: VecDeque<(QueueTicket, W)>,
    next_ticket: u64,
    rejected: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueTicket(u64);

#[derive(Debug, PartialEq, Eq)]
pub enum Arrival {
    Admitted,
    Queued(QueueTicket),
    Full,
}

impl<W> BulkheadState<W> {
    pub const fn new() -> Self {
        Self { in_flight: 0, excess: 0, queue: VecDeque::new(), next_ticket: 0, rejected: 0 }
    }

    pub fn enter(&mut self, max: u32, queue: u32, waker: impl FnOnce() -> W) -> Arrival {
        if self.in_flight < max {
            self.in_flight += 1;
            return Arrival::Admitted;
        }
        if self.waiting() >= queue {
            self.reject();
            return Arrival::Full;
        }
        let ticket = QueueTicket(self.next_ticket);
        self.next_ticket += 1;
        self.queue.push_back((ticket, waker()));
        Arrival::Queued(ticket)
    }

    /// Hands the place to the first call in the queue, and returns its waker.
    pub fn leave(&mut self) -> Option<W> {
        let next = if self.excess == 0 { self.queue.pop_front() } else { None };
        self.excess = self.excess.saturating_sub(1);
        if next.is_none() {
            self.in_flight = self.in_flight.saturating_sub(1);
        }
        next.map(|(_, waker)| waker)
    }

    /// Returns the calls that the queue admits to new places.
    pub fn resize(&mut self, max: u32) -> Vec<W> {
        self.excess = self.in_flight.saturating_sub(max);
        let free = max.saturating_sub(self.in_flight);
        let admitted = usize::try_from(free).unwrap_or(usize::MAX).min(self.queue.len());
        self.in_flight += u32::try_from(admitted).unwrap_or(free);
        self.queue.drain(..admitted).map(|(_, waker)| waker).collect()
    }

    /// Returns `None` when the call already has a place.
    pub fn withdraw(&mut self, ticket: QueueTicket) -> Option<W> {
        // Sorted: a later call has a higher number.
        let index = self.queue.binary_search_by_key(&ticket.0, |(queued, _)| queued.0).ok()?;
        self.queue.remove(index).map(|(_, waker)| waker)
    }

    pub fn reject(&mut self) {
        self.rejected = self.rejected.saturating_add(1);
    }

    pub const fn in_flight(&self) -> u32 {
        self.in_flight
    }

    pub fn set_in_flight(&mut self, in_flight: u32) {
        self.in_flight = in_flight;
    }

    pub fn waiting(&self) -> u32 {
        u32::try_from(self.queue.len()).unwrap_or(u32::MAX)
    }

    pub const fn rejected(&self) -> u64 {
        self.rejected
    }

    pub fn forget_rejections(&mut self) {
        self.rejected = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_goes_to_the_first_in_the_queue_and_is_free_without_a_queue() {
        let mut state = BulkheadState::new();
        assert_eq!(state.enter(1, 3, || 0), Arrival::Admitted);
        let [Arrival::Queued(_), Arrival::Queued(second), Arrival::Queued(_)] =
            [7, 8, 9].map(|waker| state.enter(1, 3, || waker))
        else {
            panic!("the queue has three places")
        };
        assert_eq!((state.withdraw(second), state.withdraw(second)), (Some(8), None));
        assert_eq!((state.leave(), state.leave(), state.in_flight()), (Some(7), Some(9), 1));
        assert_eq!((state.leave(), state.in_flight(), state.waiting(), state.rejected()), (None, 0, 0, 0));
    }

    #[test]
    fn a_new_size_admits_calls_from_the_queue_or_takes_places_back_as_calls_end() {
        let mut state = BulkheadState::new();
        for waker in 0..5 {
            state.enter(2, 3, || waker);
        }
        assert_eq!((state.resize(4), state.in_flight(), state.waiting()), (vec![2, 3], 4, 1));
        assert_eq!((state.resize(2), state.in_flight()), (Vec::new(), 4));
        assert_eq!((state.leave(), state.leave(), state.leave()), (None, None, Some(4)));
        assert_eq!((state.leave(), state.leave(), state.in_flight()), (None, None, 0));
    }

    #[test]
    fn the_queue_never_exceeds_its_length() {
        let mut state = BulkheadState::new();
        assert_eq!(state.enter(1, 0, || ()), Arrival::Admitted, "a free place needs no queue");
        assert_eq!(state.enter(1, 0, || ()), Arrival::Full);
        assert!(matches!(state.enter(1, 1, || ()), Arrival::Queued(_)));
        assert_eq!(state.enter(1, 1, || ()), Arrival::Full);
        assert_eq!((state.waiting(), state.rejected()), (1, 2));
    }

    /// Every history of up to nine steps: no place is lost or invented, and the order is that of
    /// arrival.
    #[test]
    fn every_history_keeps_places_and_order() {
        const STEPS: u32 = 9;
        for history in 0..4_u32.pow(STEPS) {
            let mut state = BulkheadState::new();
            let (mut running, mut waiting, mut next) = (0_u32, Vec::<(QueueTicket, u32)>::new(), 0);
            for step in 0..STEPS {
                match history >> (2 * step) & 3 {
                    0 | 1 => match state.enter(2, 2, || next) {
                        Arrival::Admitted => running += 1,
                        Arrival::Queued(ticket) => waiting.push((ticket, next)),
                        Arrival::Full => assert_eq!((running, waiting.len()), (2, 2)),
                    },
                    2 if running > 0 => {
                        let expected = if waiting.is_empty() { None } else { Some(waiting.remove(0).1) };
                        assert_eq!(state.leave(), expected);
                        running -= u32::from(expected.is_none());
                    }
                    3 if !waiting.is_empty() => {
                        let (ticket, waker) = waiting.remove(next as usize % waiting.len());
                        assert_eq!(state.withdraw(ticket), Some(waker));
                    }
                    _ => {}
                }
                next += 1;
                assert_eq!((state.in_flight(), state.waiting() as usize), (running, waiting.len()));
                assert!(running <= 2 && (waiting.is_empty() || running == 2));
            }
        }
    }
}
