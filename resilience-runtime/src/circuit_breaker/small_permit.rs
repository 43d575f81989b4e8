//! The permit of an asynchronous call, which its future holds while it waits.

use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::CircuitBreaker;
use super::permit::Permit;
use super::state::BreakerTicket;
use crate::metrics::SettleOnce;

/// A permit without the start of its call, which keeps the future small.
#[derive(Debug)]
pub(super) enum SmallPermit<'a> {
    Untimed(UntimedPermit<'a>),
    /// The configuration of another function applies, which has `slow_call`. The drop of an [`Arc`] is out of line.
    Timed(Arc<Permit<'a>>),
}

#[derive(Debug)]
pub(super) struct UntimedPermit<'a> {
    breaker: &'a CircuitBreaker,
    place: u64,
    pending: SettleOnce,
}

impl<'a> SmallPermit<'a> {
    #[inline]
    pub(super) fn new(permit: Permit<'a>) -> Self {
        let mut permit = ManuallyDrop::new(permit);
        let (breaker, ticket, pending) = (permit.breaker, permit.ticket, permit.pending.take());
        if ticket.started == BreakerTicket::UNTIMED {
            return Self::Untimed(UntimedPermit { breaker, place: ticket.place, pending });
        }
        Self::Timed(Self::timed(breaker, ticket, pending))
    }

    #[cold]
    #[inline(never)]
    fn timed(breaker: &'a CircuitBreaker, ticket: BreakerTicket, pending: SettleOnce) -> Arc<Permit<'a>> {
        Arc::new(Permit { breaker, ticket, pending })
    }

    #[inline]
    pub(super) fn into_permit(self) -> Permit<'a> {
        match self {
            Self::Untimed(permit) => ManuallyDrop::new(permit).take(),
            Self::Timed(mut permit) => Self::only(&mut permit).take(),
        }
    }

    #[cold]
    #[inline(never)]
    fn only<'b>(permit: &'b mut Arc<Permit<'a>>) -> &'b mut Permit<'a> {
        Arc::get_mut(permit).unwrap_or_else(|| unreachable!("it is never cloned"))
    }

    #[inline]
    pub(super) fn resume(&mut self) {
        match self {
            Self::Untimed(permit) => permit.resume(),
            Self::Timed(permit) => Self::only(permit).resume(),
        }
    }

    #[inline]
    pub(super) fn suspend(&mut self) {
        match self {
            Self::Untimed(permit) => permit.suspend(),
            Self::Timed(permit) => Self::only(permit).suspend(),
        }
    }
}

impl<'a> UntimedPermit<'a> {
    #[inline]
    fn take(&mut self) -> Permit<'a> {
        let ticket = self.ticket();
        self.place = ticket.ended().place;
        Permit { breaker: self.breaker, ticket, pending: self.pending.take() }
    }

    #[inline]
    fn ticket(&self) -> BreakerTicket {
        BreakerTicket { place: self.place, started: BreakerTicket::UNTIMED }
    }

    #[inline]
    fn resume(&mut self) {
        if self.ticket().is_probe() {
            self.place = self.breaker.resume(self.ticket()).place;
        }
    }

    #[inline]
    fn suspend(&mut self) {
        if self.ticket().is_probe() {
            self.place = self.breaker.suspend(self.ticket()).place;
        }
    }
}

impl Drop for UntimedPermit<'_> {
    #[cold]
    #[inline(never)]
    fn drop(&mut self) {
        drop(self.take());
    }
}
