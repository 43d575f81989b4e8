use std::mem::ManuallyDrop;

use super::record::FailureCause;
use super::state::BreakerTicket;
use super::{CircuitBreaker, Fate};
use crate::metrics::{OfBreaker, SettleOnce};
use crate::registry::FunctionRef;
use crate::time::Moment;

/// The right to make one call, from [`CircuitBreaker::admit`].
///
/// Report the result with [`succeed`](Self::succeed), [`fail`](Self::fail) or
/// [`ignore`](Self::ignore). A permit that is dropped instead (the caller went away, or the call
/// panicked) counts as nothing, and frees the place of a probe.
#[derive(Debug)]
#[must_use = "dropping it abandons the call"]
pub struct Permit<'a> {
    pub(super) breaker: &'a CircuitBreaker,
    pub(super) ticket: BreakerTicket,
    pub(super) pending: SettleOnce,
}

impl<'a> Permit<'a> {
    #[inline]
    pub(super) fn new(breaker: &'a CircuitBreaker, ticket: BreakerTicket) -> Self {
        Self { breaker, ticket, pending: SettleOnce::NEW }
    }

    /// Counts the call as a success.
    #[inline]
    pub fn succeed(self) {
        self.succeed_as(FunctionRef::UNNAMED);
    }

    #[inline]
    pub(crate) fn succeed_as(self, function: FunctionRef) {
        // Its drop would find that the call is over, which costs as much as the rest.
        let mut permit = ManuallyDrop::new(self);
        permit.count(Fate::Success);
        let (breaker, ticket) = (permit.breaker, permit.ticket);
        if !breaker.mirror.is_calm(ticket) {
            breaker.succeed(ticket, function);
        }
    }

    /// Counts the call as a failure.
    #[inline]
    pub fn fail(self) {
        self.settle(Fate::Failure, &FailureCause::NONE);
    }

    /// Counts the call as neither: it says nothing about the health of the service.
    #[inline]
    pub fn ignore(self) {
        self.settle(Fate::Ignored, &FailureCause::NONE);
    }

    /// Ends the call. The event of a breaker that opens shows `error`.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call would cost as much as what it does")]
    pub(super) fn settle(mut self, fate: Fate, cause: &FailureCause<'_>) {
        self.count(fate);
        self.breaker.settle(self.take_ticket(), fate, cause);
    }

    /// [`settle`](Self::settle) of a failure. Most are counted by one exchange, which would wait until the
    /// parts of a cause are in memory.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call would cost as much as what it does")]
    pub(super) fn fail_because<'c>(mut self, cause: impl FnOnce() -> FailureCause<'c>) {
        self.count(Fate::Failure);
        let (breaker, ticket) = (self.breaker, self.take_ticket());
        if !breaker.mirror.count_failure(ticket) {
            breaker.settle_locked(ticket, Fate::Failure, &cause());
        }
        breaker.show_rates();
    }

    #[cold]
    pub(super) fn cut_off(self, function: FunctionRef) {
        self.settle(Fate::CutOff, &FailureCause::of(function));
    }

    #[inline]
    fn count(&mut self, fate: Fate) {
        if self.pending.settle() {
            let series = match fate {
                Fate::Success => OfBreaker::Success,
                Fate::Failure => OfBreaker::Failure,
                Fate::Ignored => OfBreaker::Ignored,
                Fate::Abandoned | Fate::CutOff => OfBreaker::Abandoned,
            };
            if self.breaker.meter.count(&self.breaker.name, series) {
                self.breaker.show_rates();
            }
        }
    }

    #[inline]
    fn take_ticket(&mut self) -> BreakerTicket {
        let ticket = self.ticket;
        self.ticket = ticket.ended();
        ticket
    }

    pub(super) fn take(&mut self) -> Self {
        let ticket = self.ticket;
        self.ticket = BreakerTicket::uncounted(ticket.generation());
        Self { breaker: self.breaker, ticket, pending: self.pending.take() }
    }

    #[inline]
    pub(super) fn is_timed(&self) -> bool {
        self.ticket.started != BreakerTicket::UNTIMED
    }

    /// The rest of a call that is not slow by then does not count.
    pub(crate) fn answered_at(&mut self, answered: Moment) {
        if self.is_timed() && !self.breaker.lock().parts().0.is_slow(self.ticket, || answered) {
            self.ticket.started = BreakerTicket::UNTIMED;
        }
    }

    pub(super) fn detach(self) -> DetachedPermit {
        let mut permit = ManuallyDrop::new(self);
        DetachedPermit { ticket: permit.ticket, pending: permit.pending.take() }
    }

    pub(super) fn attach(breaker: &'a CircuitBreaker, DetachedPermit { ticket, pending }: DetachedPermit) -> Self {
        Self { breaker, ticket, pending }
    }

    pub(super) fn is_current(&self) -> bool {
        self.ticket.generation() == self.breaker.mirror.load().generation()
    }

    #[inline]
    pub(super) fn resume(&mut self) {
        if self.ticket.is_probe() {
            self.ticket = self.breaker.resume(self.ticket);
        }
    }

    #[inline]
    pub(super) fn suspend(&mut self) {
        if self.ticket.is_probe() {
            self.ticket = self.breaker.suspend(self.ticket);
        }
    }
}

impl Drop for Permit<'_> {
    #[inline]
    fn drop(&mut self) {
        // A call through a closed breaker holds no place.
        if self.ticket.is_probe() {
            self.breaker.settle(self.ticket, Fate::Abandoned, &FailureCause::NONE);
        }
        self.count(Fate::Abandoned);
    }
}

/// A permit apart from its breaker.
#[derive(Debug)]
pub struct DetachedPermit {
    ticket: BreakerTicket,
    pending: SettleOnce,
}

#[cfg(test)]
mod tests;
