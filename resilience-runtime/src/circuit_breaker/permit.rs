use super::{CircuitBreaker, Fate, Ticket};
use crate::classify::Classifier;
use crate::event::LoggedError;
use crate::metrics::{OfBreaker, Pending};
use crate::outcome::Outcome;

/// The right to make one call. It ends in exactly one fate; dropped without one (the caller went away, or the body
/// panicked) it counts nothing and gives a probe's place back.
#[derive(Debug)]
#[must_use = "dropping it abandons the call"]
pub struct Permit<'a> {
    breaker: &'a CircuitBreaker,
    ticket: Ticket,
    pending: Pending,
}

impl<'a> Permit<'a> {
    #[inline]
    pub(super) fn new(breaker: &'a CircuitBreaker, ticket: Ticket) -> Self {
        Self { breaker, ticket, pending: Pending::NEW }
    }

    /// The call has succeeded.
    #[inline]
    pub fn succeed(mut self) {
        self.count(Fate::Success);
        if !self.breaker.is_calm(self.ticket) {
            self.breaker.settle(self.take_ticket(), Fate::Success);
        }
    }

    /// The call has failed, and it counts.
    #[inline]
    pub fn fail(self) {
        self.settle(Fate::Failure);
    }

    /// The call has ended in a way that says nothing about the other side.
    #[inline]
    pub fn ignore(self) {
        self.settle(Fate::Ignored);
    }

    #[inline]
    pub(crate) fn settle(mut self, fate: Fate) {
        self.count(fate);
        self.breaker.settle(self.take_ticket(), fate);
    }

    /// The same, with what is to be said should the breaker open.
    #[inline]
    fn settle_said(mut self, fate: Fate, error: Option<LoggedError<'_>>) {
        self.count(fate);
        self.breaker.settle_said(self.take_ticket(), fate, error);
    }

    #[inline]
    fn count(&mut self, fate: Fate) {
        if self.pending.settle() {
            let series = match fate {
                Fate::Success => OfBreaker::Success,
                Fate::Failure => OfBreaker::Failure,
                Fate::Ignored => OfBreaker::Ignored,
                Fate::Abandoned => OfBreaker::Abandoned,
            };
            self.breaker.meter.count(&self.breaker.name, series);
        }
    }

    /// Leaves nothing for `drop` to give back.
    fn take_ticket(&mut self) -> Ticket {
        let ticket = self.ticket;
        self.ticket.probe = 0;
        ticket
    }
}

/// Gives a permit the fate of an outcome: success by the return type, and for a failure what `judge` says.
#[inline]
pub fn record<R: Outcome>(permit: Permit<'_>, outcome: &R, judge: impl FnOnce(&R::Failure) -> Fate) {
    conclude(permit, outcome, judge, Permit::settle);
}

/// The same with the error as it is to be said.
#[inline]
pub fn record_said<R: Outcome>(
    permit: Permit<'_>,
    outcome: &R,
    judge: impl FnOnce(&R::Failure) -> Fate,
    error: Option<LoggedError<'_>>,
) {
    conclude(permit, outcome, judge, |permit, fate| permit.settle_said(fate, error));
}

#[inline]
fn conclude<'a, R: Outcome>(
    permit: Permit<'a>,
    outcome: &R,
    judge: impl FnOnce(&R::Failure) -> Fate,
    settle: impl FnOnce(Permit<'a>, Fate),
) {
    match outcome.failure() {
        None => permit.succeed(),
        Some(failure) => match judge(failure) {
            Fate::Success => permit.succeed(),
            fate => settle(permit, fate),
        },
    }
}

/// The same where nothing but the classification is asked.
#[inline]
pub fn record_classified<R: Outcome>(permit: Permit<'_>, outcome: &R, classifier: impl Classifier<R::Failure>) {
    record(permit, outcome, |failure| Fate::counted(classifier.classify(failure).is_failure()));
}

impl Drop for Permit<'_> {
    #[inline]
    fn drop(&mut self) {
        // A call through the closed breaker holds nothing that would have to be given back.
        if self.ticket.probe != 0 {
            self.breaker.settle(self.ticket, Fate::Abandoned);
        }
        self.count(Fate::Abandoned);
    }
}
