//! Admits calls, and settles them in the state of the breaker.

use std::mem::ManuallyDrop;
use std::sync::atomic::Ordering;

use super::mirror::MirrorWord;
use super::permit::Permit;
use super::record::FailureCause;
use super::rejection::RejectedCall;
use super::state::{BreakerTicket, Effect};
use super::{BreakerState, CircuitBreaker, Fate};
use crate::context::facts;
use crate::context::{ContextPart, HeldProbe};
use crate::emit::emit;
use crate::error::Error;
use crate::event::Event;
use crate::gate::{Gate, GateResult};
use crate::metrics::{SettleOnce, StateChange};
use crate::registry::FunctionRef;
use crate::time::{self, Moment};

impl CircuitBreaker {
    /// Admits a call. Report its result to the permit; a permit that is dropped counts as nothing.
    ///
    /// Annotated functions and policies that are called meanwhile ask the breaker for themselves.
    ///
    /// # Errors
    ///
    /// [`Error::CircuitOpen`], with the state, and the time until the next probe if the breaker is
    /// open.
    #[inline]
    pub fn admit(&self) -> Result<Permit<'_>, Error> {
        self.admit_as(false, FunctionRef::UNNAMED).map_err(RejectedCall::into_error)
    }

    #[inline]
    fn admit_as(&self, is_call: bool, function: FunctionRef) -> Result<Permit<'_>, RejectedCall<'_>> {
        let seen = self.mirror.load();
        if seen.admits_untimed() {
            emit(&Event::BreakerAdmitted { state: BreakerState::Closed });
            return Ok(Permit::new(self, BreakerTicket::new(seen.generation(), 0, BreakerTicket::UNTIMED)));
        }
        if seen.admits() {
            return Ok(Permit::new(self, BreakerTicket::new(seen.generation(), 0, Self::started())));
        }
        // Taken apart, or the permit of each call would be in memory.
        let (ticket, pending) = self.admit_unless_open(seen, is_call, function)?;
        Ok(Permit { breaker: self, ticket, pending })
    }

    /// Out of line, or the start of each call would be compared at run time.
    #[inline(never)]
    fn started() -> Moment {
        emit(&Event::BreakerAdmitted { state: BreakerState::Closed });
        time::now()
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    fn held_probe(&self, ticket: BreakerTicket) -> HeldProbe {
        HeldProbe { breaker: self.address(), generation: ticket.generation(), probe: ticket.number() }
    }

    /// By value, as in [`suspend`](Self::suspend): a reference would keep every permit in memory.
    #[cold]
    #[inline(never)]
    pub(super) fn resume(&self, ticket: BreakerTicket) -> BreakerTicket {
        if !ticket.is_in_context() {
            self.held_probe(ticket).enter();
        }
        ticket.in_context()
    }

    #[cold]
    #[inline(never)]
    pub(super) fn suspend(&self, ticket: BreakerTicket) -> BreakerTicket {
        if ticket.is_in_context() {
            self.held_probe(ticket).leave(());
        }
        ticket.out_of_context()
    }

    /// Apart from [`admit_locked`](Self::admit_locked), which saves more registers.
    #[cold]
    #[inline(never)]
    fn admit_unless_open(
        &self,
        seen: MirrorWord,
        is_call: bool,
        function: FunctionRef,
    ) -> Result<(BreakerTicket, SettleOnce), RejectedCall<'_>> {
        if seen.is_open() {
            let until = self.mirror.open_until();
            let left = until.nanos_left();
            if left > 0 {
                return Err(RejectedCall::open(self, left, until.get()));
            }
        }
        self.admit_locked(seen, is_call, function)
    }

    #[cold]
    #[inline(never)]
    fn admit_locked(
        &self,
        seen: MirrorWord,
        is_call: bool,
        function: FunctionRef,
    ) -> Result<(BreakerTicket, SettleOnce), RejectedCall<'_>> {
        if is_call && HeldProbe::exists(self.address(), seen.generation()) {
            // The end of that probe tells.
            return Ok((BreakerTicket::uncounted(seen.generation()), SettleOnce::SETTLED));
        }
        let ((admitted, effect), now, generation, shown, change) = {
            let mut inside = self.lock();
            let (config, state) = inside.parts();
            let now = time::now();
            let outcome = state.admit(config, now);
            let (generation, shown) = (state.generation, state.phase.shown());
            (outcome, now, generation, shown, inside.observe())
        };
        if admitted.is_ok() {
            emit(&Event::BreakerAdmitted { state: shown });
        }
        // Made before listeners run: if one panics, the permit frees the place of the probe.
        let admitted = admitted.map(|ticket| {
            let mut permit = Permit::new(self, ticket);
            if is_call {
                permit.resume();
            }
            permit
        });
        self.tell(effect, generation, change, &FailureCause::of(function));
        match admitted {
            Ok(permit) => {
                let mut permit = ManuallyDrop::new(permit);
                Ok((permit.ticket, permit.pending.take()))
            }
            Err(rejection) => Err(RejectedCall::at(now, self, rejection)),
        }
    }

    #[inline(never)]
    pub(super) fn succeed(&self, ticket: BreakerTicket, function: FunctionRef) {
        if !self.mirror.count_success(ticket) {
            self.settle_locked(ticket, Fate::Success, &FailureCause::of(function));
        }
    }

    #[inline(never)]
    pub(super) fn settle(&self, ticket: BreakerTicket, fate: Fate, cause: &FailureCause<'_>) {
        if fate != Fate::Failure || !self.mirror.count_failure(ticket) {
            self.settle_locked(ticket, fate, cause);
        }
        if fate == Fate::Failure {
            self.show_rates();
        }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn settle_locked(&self, ticket: BreakerTicket, fate: Fate, cause: &FailureCause<'_>) {
        let ticket = if ticket.is_in_context() { self.suspend(ticket) } else { ticket };
        let (effect, generation, change) = {
            let mut inside = self.lock();
            let (config, state) = inside.parts();
            let effect = state.settle(config, ticket, fate, cause.retry_after, time::now);
            let generation = state.generation;
            let change = if matches!(effect, Effect::None) { None } else { inside.observe() };
            (effect, generation, change)
        };
        self.tell(effect, generation, change, cause);
    }

    #[inline]
    fn tell(&self, effect: Effect, generation: u32, change: Option<StateChange>, cause: &FailureCause<'_>) {
        #[cfg(feature = "store")]
        self.share_change(effect);
        self.show_change(effect, generation, change, cause);
    }

    /// Called after the lock is released: a listener may panic, or call this breaker.
    #[inline]
    pub(super) fn show_change(
        &self,
        effect: Effect,
        generation: u32,
        change: Option<StateChange>,
        cause: &FailureCause<'_>,
    ) {
        if change.is_some() {
            self.meter.report(&self.name, change);
            self.show_rates();
        }
        if !matches!(effect, Effect::None) {
            self.announce(&effect, generation, cause);
        }
    }

    /// The events of two threads may arrive out of order; the generation tells which is newer.
    #[cold]
    #[inline(never)]
    fn announce(&self, effect: &Effect, generation: u32, cause: &FailureCause<'_>) {
        let (name, function) = (&*self.name, cause.function.name());
        let function = (cause.function != FunctionRef::UNNAMED).then_some(&*function);
        emit(&match *effect {
            Effect::None => return,
            Effect::Opened(recovery) => {
                self.opened.fetch_add(1, Ordering::Relaxed);
                Event::BreakerOpen { name, function, recovery, generation, error: cause.error }
            }
            Effect::HalfOpened => Event::BreakerHalfOpen { name, function, generation },
            Effect::Closed => Event::BreakerClose { name, function, generation },
        });
    }
}

impl Gate for CircuitBreaker {
    type Permit<'a> = Permit<'a>;
    type Rejection<'a> = RejectedCall<'a>;

    #[inline]
    fn try_enter(&self) -> GateResult<'_, Self> {
        self.try_enter_as(FunctionRef::UNNAMED)
    }

    #[inline]
    fn try_enter_as(&self, function: FunctionRef) -> GateResult<'_, Self> {
        facts::begin();
        self.admit_as(true, function)
    }
}
