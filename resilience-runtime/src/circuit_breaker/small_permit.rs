//! The permit of an asynchronous call, which its future holds while it waits.

use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::CircuitBreaker;
use super::permit::Permit;
use super::state::BreakerTicket;
use crate::metrics::SettleOnce;
use crate::registry::FunctionRef;

/// A permit without the start of its call, which keeps the future small.
#[derive(Debug)]
pub(super) enum SmallPermit<'a> {
    Untimed(UntimedPermit<'a>),
    /// The configuration of another function applies, which has `slow_call`. `None` once it is taken.
    Timed(Option<TimedPermit<'a>>),
}

/// Dropped by [`SmallPermit`] alone, or each future would contain the drop of a part.
type TimedPermit<'a> = ManuallyDrop<Arc<Permit<'a>>>;

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
        Self::Timed(Some(Self::timed(breaker, ticket, pending)))
    }

    #[cold]
    #[inline(never)]
    fn timed(breaker: &'a CircuitBreaker, ticket: BreakerTicket, pending: SettleOnce) -> TimedPermit<'a> {
        ManuallyDrop::new(Arc::new(Permit { breaker, ticket, pending }))
    }

    #[inline]
    pub(super) fn into_permit(self) -> Permit<'a> {
        let mut permit = ManuallyDrop::new(self);
        if let Self::Untimed(permit) = &mut *permit {
            return permit.take();
        }
        ManuallyDrop::into_inner(permit).into_timed()
    }

    /// Each of the two on its own, or what only a timed call needs would be prepared for every call.
    #[inline]
    pub(super) fn succeed(self, function: FunctionRef) {
        let mut permit = ManuallyDrop::new(self);
        if let Self::Untimed(permit) = &mut *permit {
            return permit.take().succeed_as(function);
        }
        ManuallyDrop::into_inner(permit).succeed_timed(function);
    }

    #[cold]
    #[inline(never)]
    fn succeed_timed(self, function: FunctionRef) {
        self.into_timed().succeed_as(function);
    }

    #[cold]
    #[inline(never)]
    fn into_timed(mut self) -> Permit<'a> {
        let Self::Timed(permit) = &mut self else { unreachable!("it is timed") };
        let permit = permit.take().and_then(|permit| Arc::into_inner(ManuallyDrop::into_inner(permit)));
        permit.unwrap_or_else(|| unreachable!("it is taken once, and never cloned"))
    }

    #[cold]
    #[inline(never)]
    fn only<'b>(permit: &'b mut Option<TimedPermit<'a>>) -> &'b mut Permit<'a> {
        let permit = permit.as_mut().and_then(|permit| Arc::get_mut(permit));
        permit.unwrap_or_else(|| unreachable!("it is taken once, and never cloned"))
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

impl Drop for SmallPermit<'_> {
    #[cold]
    #[inline(never)]
    fn drop(&mut self) {
        match self {
            Self::Untimed(permit) => drop(permit.take()),
            Self::Timed(permit) => drop(permit.take().map(ManuallyDrop::into_inner)),
        }
    }
}
