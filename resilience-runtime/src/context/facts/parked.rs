//! The facts of calls that wait.
//!
//! A future carries the number of its fact. The table is a ring, so nothing has to be given back:
//! the fact of a call that is dropped, or that waits behind 4096 younger ones, is overwritten.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex};

use super::{FLAGS, FRESH, Fact, adopt, begin, current};
use crate::sync::lock;

const SLOTS: u32 = 4096;

type Slot = Mutex<Option<(u32, Fact)>>;

static PARKED: LazyLock<Box<[Slot]>> = LazyLock::new(|| (0..SLOTS).map(|_| Mutex::new(None)).collect());

/// The number of a parked fact, or one of the constants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket(u32);

/// The fact of the code around an await point, parked during its poll. A number, because a whole fact
/// would be moved at each poll.
#[derive(Debug)]
pub struct OuterFacts(Ticket);

impl Ticket {
    pub const NONE: Self = Self(0);
    /// Before the first poll.
    pub const NEW: Self = Self(u32::MAX);

    /// Before a poll: the facts of the call apply in place of those around it.
    #[inline]
    pub fn enter(self) -> OuterFacts {
        if self != Self::NONE {
            return self.resume();
        }
        if FLAGS.get() == 0 { OuterFacts(Self::NONE) } else { OuterFacts::set_aside() }
    }

    #[cold]
    #[inline(never)]
    fn resume(self) -> OuterFacts {
        let outer = OuterFacts::set_aside();
        adopt(self.take());
        outer
    }

    fn take(self) -> Option<Fact> {
        if self == Self::NONE {
            return None;
        }
        let mut slot = lock(self.slot());
        slot.take_if(|(number, _)| *number == self.0).map(|(_, fact)| fact)
    }

    fn slot(self) -> &'static Slot {
        &PARKED[(self.0 % SLOTS) as usize]
    }

    fn park(fact: Fact) -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        let ticket = Self(if matches!(Self(number), Self::NONE | Self::NEW) { SLOTS } else { number });
        let mut slot = lock(ticket.slot());
        // A thread that was stopped before the lock displaces nothing that was parked since.
        let is_older = |held: &u32| ticket.0.wrapping_sub(*held) < u32::MAX / 2;
        if slot.as_ref().is_none_or(|(held, _)| is_older(held)) {
            *slot = Some((ticket.0, fact));
        }
        drop(slot);
        ticket
    }
}

impl OuterFacts {
    /// Before the first poll: what has failed earlier in the call is another failure.
    #[inline]
    pub fn begun() -> Self {
        begin();
        Self(Ticket::NONE)
    }

    #[cold]
    #[inline(never)]
    fn set_aside() -> Self {
        let outer = current().map_or(Ticket::NONE, Ticket::park);
        begin();
        Self(outer)
    }

    /// After a poll that was not the last. A fact without an identity does not survive the wait.
    #[inline]
    pub fn leave(self) -> Ticket {
        if FLAGS.get() == 0 && self.0 == Ticket::NONE { Ticket::NONE } else { self.swap() }
    }

    #[cold]
    #[inline(never)]
    fn swap(self) -> Ticket {
        let own = current().filter(|fact| fact.id.has_text());
        begin();
        adopt(self.0.take());
        own.map_or(Ticket::NONE, |fact| Ticket::park(Fact { flags: fact.flags & !FRESH, ..fact }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::facts::FLAGS;
    use crate::context::facts::identity::ErrorIdentity;
    use crate::context::facts::{Known, exhausted};
    use crate::error::Error;

    fn error(millis: u64) -> Error {
        Error::BulkheadFull { name: millis.to_string().into() }
    }

    fn park(millis: u64) -> Ticket {
        let outer = OuterFacts::begun();
        exhausted(&error(millis), ErrorIdentity);
        outer.leave()
    }

    fn is_known(millis: u64) -> bool {
        Known::of(&error(millis), ErrorIdentity).exhausted
    }

    #[test]
    fn a_full_table_forgets_the_facts_of_those_that_have_waited_longest() {
        begin();
        let first = park(1);
        let others: Vec<_> = (2..u64::from(SLOTS) + 2).map(|millis| (park(millis), millis)).collect();
        let _outer = first.enter();
        assert!(!is_known(1), "displaced");
        // Other tests may park facts meanwhile.
        for (ticket, millis) in others.into_iter().skip(SLOTS as usize / 2) {
            let _outer = ticket.enter();
            assert!(is_known(millis), "{millis}");
        }
        assert_eq!(FLAGS.get() & FRESH, 0);
    }
}
