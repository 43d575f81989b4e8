//! What the token of a call that never ran is still worth.

use std::collections::VecDeque;

/// The calls that may still be refunded, in the order of their admission.
///
/// Each later admission bounds what a call is worth. Of all of them only the lowest counts, so neighbors
/// with the same one share an entry, and there are no more entries than calls.
#[derive(Debug)]
pub struct Refunds {
    /// From the lowest worth to the highest.
    bounds: VecDeque<RefundBound>,
    opened: u64,
}

#[derive(Debug)]
struct RefundBound {
    /// The last call that it holds for.
    last: RefundTicket,
    calls: u32,
    /// The lead of the calls over the rate at the lowest admission that came later, in units.
    worth: u128,
}

/// The number of calls that could be refunded before this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct RefundTicket(u64);

/// No admission has come later.
const UNBOUNDED: u128 = u128::MAX;

impl Refunds {
    pub const fn new() -> Self {
        Self { bounds: VecDeque::new(), opened: 0 }
    }

    pub fn is_open(&self) -> bool {
        !self.bounds.is_empty()
    }

    #[inline]
    pub fn record(&mut self, ahead: u128) {
        if self.is_open() {
            self.lower(ahead);
        }
    }

    #[cold]
    fn lower(&mut self, ahead: u128) {
        let Some(last) = self.bounds.back().map(|newest| newest.last) else { return };
        let first = self.bounds.partition_point(|bound| bound.worth < ahead);
        let calls = self.bounds.drain(first..).map(|bound| bound.calls).sum();
        if calls > 0 {
            self.bounds.push_back(RefundBound { last, calls, worth: ahead });
        }
    }

    /// Called after the admission of the call has been recorded.
    pub fn open(&mut self) -> RefundTicket {
        let last = RefundTicket(self.opened);
        self.opened += 1;
        match self.bounds.back_mut() {
            Some(newest) if newest.worth == UNBOUNDED => {
                newest.last = last;
                newest.calls += 1;
            }
            _ => self.bounds.push_back(RefundBound { last, calls: 1, worth: UNBOUNDED }),
        }
        last
    }

    fn index(&self, call: RefundTicket) -> usize {
        self.bounds.partition_point(|bound| bound.last < call)
    }

    /// The call has run.
    pub fn close(&mut self, call: RefundTicket) {
        self.leave(self.index(call));
    }

    fn leave(&mut self, index: usize) {
        if let Some(bound) = self.bounds.get_mut(index) {
            bound.calls -= 1;
            if bound.calls == 0 {
                self.bounds.remove(index);
            }
        }
    }

    /// Returns the units by which the calls would be less far ahead now, at `ahead`, without the call.
    ///
    /// A token that has come back in the meantime is worth nothing: with it or without it, the
    /// bucket was full.
    pub fn refund(&mut self, call: RefundTicket, cost: u128, ahead: u128) -> u128 {
        let index = self.index(call);
        let Some(bound) = self.bounds.get(index) else { return 0 };
        let worth = cost.min(bound.worth);
        // Without the call, the later admissions would have found the calls less far ahead.
        for bound in self.bounds.range_mut(index..).filter(|bound| bound.worth < UNBOUNDED) {
            bound.worth -= worth;
        }
        let lowered = self.bounds[index].worth;
        let first = self.bounds.partition_point(|bound| bound.worth < lowered);
        let joined: u32 = self.bounds.drain(first..index).map(|bound| bound.calls).sum();
        self.bounds[first].calls += joined;
        self.leave(first);
        worth.min(ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Reproducible;

    /// Each admission, with each call that may be refunded at its place among them.
    #[derive(Default)]
    struct List {
        admissions: Vec<u128>,
    }

    impl List {
        fn refund(&mut self, place: usize, cost: u128, ahead: u128) -> u128 {
            let mut worth = cost;
            for admission in &mut self.admissions[place..] {
                worth = worth.min(*admission);
                *admission -= worth;
            }
            worth.min(ahead)
        }
    }

    #[test]
    fn each_call_is_worth_what_a_list_of_all_admissions_says() {
        for seed in 0..500 {
            let mut random = Reproducible::new(seed);
            let (mut refunds, mut list, mut open) = (Refunds::new(), List::default(), Vec::new());
            let highest = 1 + random.below(30);
            for step in 0..200 {
                match random.below(4) {
                    0 => {
                        let ahead = u128::from(random.below(highest));
                        refunds.record(ahead);
                        list.admissions.push(ahead);
                    }
                    1 => open.push((refunds.open(), list.admissions.len())),
                    action if !open.is_empty() => {
                        let index = usize::try_from(random.below(open.len() as u64)).unwrap();
                        let (call, place) = open.remove(index);
                        if action == 2 {
                            refunds.close(call);
                        } else {
                            let (cost, ahead) = (u128::from(random.below(9)), u128::from(random.below(highest)));
                            let expected = list.refund(place, cost, ahead);
                            assert_eq!(refunds.refund(call, cost, ahead), expected, "seed {seed}, step {step}");
                        }
                    }
                    _ => {}
                }
                let calls: u32 = refunds.bounds.iter().map(|bound| bound.calls).sum();
                assert_eq!((calls as usize, refunds.is_open()), (open.len(), !open.is_empty()));
                assert!(refunds.bounds.iter().is_sorted_by(|one, next| one.worth < next.worth && one.last < next.last));
            }
        }
    }
}
