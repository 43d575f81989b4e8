use super::{CircuitBreaker, Fate, Ticket};
use crate::classify::Meaning;
use crate::error::Error;
use crate::gate::Gate;
use crate::metrics::{OfBreaker, Pending};
use crate::outcome::Outcome;
use crate::specialize::log_error::Said;

/// The right to make one call, from [`CircuitBreaker::admit`].
///
/// Report the result with [`succeed`](Self::succeed), [`fail`](Self::fail) or [`ignore`](Self::ignore). A permit that is
/// dropped instead (the caller went away, or the call panicked) counts as nothing, and frees the place of a probe.
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

    /// Counts the call as a success.
    #[inline]
    pub fn succeed(mut self) {
        self.count(Fate::Success);
        if !self.breaker.is_calm(self.ticket) {
            self.breaker.settle(self.take_ticket(), Fate::Success, None);
        }
    }

    /// Counts the call as a failure.
    #[inline]
    pub fn fail(self) {
        self.settle(Fate::Failure, None);
    }

    /// Counts the call as neither: it says nothing about the health of the service.
    #[inline]
    pub fn ignore(self) {
        self.settle(Fate::Ignored, None);
    }

    /// Ends the call. The event of a breaker that opens shows `error`.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call would cost as much as what it does")]
    pub(super) fn settle(mut self, fate: Fate, error: Option<&Said<'_>>) {
        self.count(fate);
        self.breaker.settle(self.take_ticket(), fate, error);
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

    /// Leaves nothing for `drop` to settle.
    fn take_ticket(&mut self) -> Ticket {
        let ticket = self.ticket;
        self.ticket.probe = 0;
        ticket
    }
}

impl Drop for Permit<'_> {
    #[inline]
    fn drop(&mut self) {
        // A call through a closed breaker holds no place.
        if self.ticket.probe != 0 {
            self.breaker.settle(self.ticket, Fate::Abandoned, None);
        }
        self.count(Fate::Abandoned);
    }
}

impl Gate for CircuitBreaker {
    type Permit<'a> = Permit<'a>;

    #[inline]
    fn try_enter(&self) -> Result<Permit<'_>, Error> {
        self.admit()
    }
}

/// Settles a permit by the outcome of its call. `judge` decides about a failure, which is shown as `error`.
#[inline]
pub fn record<R: Outcome>(
    permit: Permit<'_>,
    outcome: &R,
    judge: impl FnOnce(&R::Failure) -> Fate,
    error: Option<Said<'_>>,
) {
    match outcome.failure() {
        None => permit.succeed(),
        Some(failure) => match judge(failure) {
            Fate::Success => permit.succeed(),
            fate => permit.settle(fate, error.as_ref()),
        },
    }
}

/// Judges failures by their classification alone.
#[inline]
pub fn by_classification<E: ?Sized>(meaning: impl Meaning<E>) -> impl FnOnce(&E) -> Fate {
    |failure| Fate::counted(meaning.classified(failure).is_failure())
}
