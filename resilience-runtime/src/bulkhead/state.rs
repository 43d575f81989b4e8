use std::collections::VecDeque;

/// Who is inside, and who stands in front of the door: no lock, no clock, and no waker but what `W` is.
///
/// A place that becomes free goes to the first in the queue in the same step. So there is a queue only while every
/// place is taken, nobody overtakes, and nobody waits beside a free place.
#[derive(Debug)]
pub struct Queue<W> {
    inside: u32,
    waiting: VecDeque<(Ticket, W)>,
    tickets: u64,
    rejected: u64,
}

/// Which of those in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket(u64);

/// What happens to a call that arrives.
#[derive(Debug, PartialEq, Eq)]
pub enum Arrival {
    Inside,
    /// It stands in the queue.
    Waiting(Ticket),
    Full,
}

impl<W> Queue<W> {
    pub const fn new() -> Self {
        Self { inside: 0, waiting: VecDeque::new(), tickets: 0, rejected: 0 }
    }

    /// A call arrives: inside if there is a place, else in the queue, as `waiter`, while fewer than `queue` others are.
    pub fn enter(&mut self, max: u32, queue: u32, waiter: impl FnOnce() -> W) -> Arrival {
        if self.inside < max {
            self.inside += 1;
            return Arrival::Inside;
        }
        if self.waiting() >= queue {
            self.reject();
            return Arrival::Full;
        }
        let ticket = Ticket(self.tickets);
        self.tickets += 1;
        self.waiting.push_back((ticket, waiter()));
        Arrival::Waiting(ticket)
    }

    /// A call leaves its place, to the first in the queue where there is one: wake it.
    pub fn leave(&mut self) -> Option<W> {
        let next = self.waiting.pop_front();
        if next.is_none() {
            self.inside = self.inside.saturating_sub(1);
        }
        next.map(|(_, waiter)| waiter)
    }

    /// A call leaves the queue. `None` when it is not there any more, for a place is its own already.
    pub fn withdraw(&mut self, ticket: Ticket) -> Option<W> {
        // Sorted by ticket: who comes later has a higher one.
        let index = self.waiting.binary_search_by_key(&ticket.0, |(waiting, _)| waiting.0).ok()?;
        self.waiting.remove(index).map(|(_, waiter)| waiter)
    }

    /// A call is turned away, at once or after it has waited.
    pub fn reject(&mut self) {
        self.rejected = self.rejected.saturating_add(1);
    }

    pub const fn inside(&self) -> u32 {
        self.inside
    }

    pub fn waiting(&self) -> u32 {
        u32::try_from(self.waiting.len()).unwrap_or(u32::MAX)
    }

    pub const fn rejected(&self) -> u64 {
        self.rejected
    }

    #[cfg(feature = "testing")]
    pub fn forget_rejections(&mut self) {
        self.rejected = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_goes_to_the_first_in_the_queue_and_back_when_nobody_waits() {
        let mut queue = Queue::new();
        assert_eq!(queue.enter(1, 3, || 0), Arrival::Inside);
        let [Arrival::Waiting(_), Arrival::Waiting(second), Arrival::Waiting(_)] =
            [7, 8, 9].map(|waiter| queue.enter(1, 3, || waiter))
        else {
            panic!("the queue has three places")
        };
        assert_eq!((queue.withdraw(second), queue.withdraw(second)), (Some(8), None));
        assert_eq!((queue.leave(), queue.leave(), queue.inside()), (Some(7), Some(9), 1));
        assert_eq!((queue.leave(), queue.inside(), queue.waiting(), queue.rejected()), (None, 0, 0, 0));
    }

    #[test]
    fn the_queue_has_its_length_and_no_more() {
        let mut queue = Queue::new();
        assert_eq!(queue.enter(1, 0, || ()), Arrival::Inside, "a free place needs no queue");
        assert_eq!(queue.enter(1, 0, || ()), Arrival::Full);
        assert!(matches!(queue.enter(1, 1, || ()), Arrival::Waiting(_)));
        assert_eq!(queue.enter(1, 1, || ()), Arrival::Full);
        assert_eq!((queue.waiting(), queue.rejected()), (1, 2));
    }

    /// Every history of up to nine steps: no place is lost, none is made, and the order is that of arrival.
    #[test]
    fn whatever_happens_the_places_and_the_order_are_kept() {
        const STEPS: u32 = 9;
        for history in 0..4_u32.pow(STEPS) {
            let mut queue = Queue::new();
            let (mut inside, mut waiting, mut next) = (0_u32, Vec::<(Ticket, u32)>::new(), 0);
            for step in 0..STEPS {
                match history >> (2 * step) & 3 {
                    0 | 1 => match queue.enter(2, 2, || next) {
                        Arrival::Inside => inside += 1,
                        Arrival::Waiting(ticket) => waiting.push((ticket, next)),
                        Arrival::Full => assert_eq!((inside, waiting.len()), (2, 2)),
                    },
                    2 if inside > 0 => {
                        let expected = if waiting.is_empty() { None } else { Some(waiting.remove(0).1) };
                        assert_eq!(queue.leave(), expected);
                        inside -= u32::from(expected.is_none());
                    }
                    3 if !waiting.is_empty() => {
                        let (ticket, waiter) = waiting.remove(next as usize % waiting.len());
                        assert_eq!(queue.withdraw(ticket), Some(waiter));
                    }
                    _ => {}
                }
                next += 1;
                assert_eq!((queue.inside(), queue.waiting() as usize), (inside, waiting.len()));
                assert!(inside <= 2 && (waiting.is_empty() || inside == 2));
            }
        }
    }
}
