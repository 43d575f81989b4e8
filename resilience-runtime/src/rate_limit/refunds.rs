//! What the token of a call that never ran is still worth.

use std::collections::VecDeque;

/// The admissions since the first call that may still be refunded.
#[derive(Debug)]
pub struct Refunds {
    /// Calls that may still be refunded.
    open: u32,
    /// The lead of the calls over the rate at each admission, in units.
    admissions: VecDeque<u128>,
    /// The number of the first of them.
    first: u64,
}

/// The number of admissions before the call, and with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundTicket(u64);

impl Refunds {
    /// Beyond it, the two oldest admissions become one, which never refunds too much.
    const MOST: usize = 1000;

    pub const fn new() -> Self {
        Self { open: 0, admissions: VecDeque::new(), first: 0 }
    }

    pub const fn is_open(&self) -> bool {
        self.open > 0
    }

    #[inline]
    pub fn record(&mut self, ahead: u128) {
        if self.open > 0 {
            self.push(ahead);
        }
    }

    #[cold]
    fn push(&mut self, ahead: u128) {
        self.admissions.push_back(ahead);
        if self.admissions.len() > Self::MOST {
            let oldest = self.admissions.pop_front();
            if let (Some(oldest), Some(next)) = (oldest, self.admissions.front_mut()) {
                *next = oldest.min(*next);
            }
            self.first += 1;
        }
    }

    /// Called after the admission of the call has been recorded.
    pub fn open(&mut self) -> RefundTicket {
        self.open = self.open.saturating_add(1);
        RefundTicket(self.first + self.admissions.len() as u64)
    }

    /// The call has run.
    pub fn close(&mut self) {
        self.open = self.open.saturating_sub(1);
        if self.open == 0 {
            self.first += self.admissions.len() as u64;
            self.admissions.clear();
        }
    }

    /// Returns the units by which the calls would be less far ahead now, at `ahead`, without the call.
    ///
    /// A token that has come back in the meantime is worth nothing: with it or without it, the
    /// bucket was full. So each later admission bounds the worth.
    pub fn refund(&mut self, RefundTicket(number): RefundTicket, cost: u128, ahead: u128) -> u128 {
        let since = usize::try_from(number.saturating_sub(self.first)).unwrap_or(usize::MAX);
        let mut worth = cost;
        for admission in self.admissions.iter_mut().skip(since) {
            worth = worth.min(*admission);
            *admission -= worth;
        }
        self.close();
        worth.min(ahead)
    }
}
