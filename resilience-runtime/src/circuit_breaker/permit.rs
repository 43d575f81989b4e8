use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tracing::Level;

use super::mirror::MirrorWord;
use super::state::{BreakerRejection, BreakerTicket, Effect};
use super::{BreakerState, CircuitBreaker, Fate};
use crate::classify::{Classified, Classifier};
use crate::context::facts::identity::NoIdentity;
use crate::context::facts::{self, Identity, Known};
use crate::context::{ContextPart, HeldProbe};
use crate::emit::{emit, emit_at};
use crate::error::Error;
use crate::event::Event;
use crate::event::LoggedError;
use crate::gate::Gate;
use crate::metrics::{OfBreaker, SettleOnce, StateChange};
use crate::outcome::Outcome;
use crate::registry::FunctionRef;
use crate::time::{self, Moment};

/// The right to make one call, from [`CircuitBreaker::admit`].
///
/// Report the result with [`succeed`](Self::succeed), [`fail`](Self::fail) or
/// [`ignore`](Self::ignore). A permit that is dropped instead (the caller went away, or the call
/// panicked) counts as nothing, and frees the place of a probe.
#[derive(Debug)]
#[must_use = "dropping it abandons the call"]
pub struct Permit<'a> {
    breaker: &'a CircuitBreaker,
    ticket: BreakerTicket,
    pending: SettleOnce,
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
    pub(crate) fn succeed_as(mut self, function: FunctionRef) {
        self.count(Fate::Success);
        let ticket = self.take_ticket();
        if !self.breaker.mirror.is_calm(ticket) {
            self.breaker.succeed(ticket, function);
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

    #[cold]
    pub(super) fn cut_off(self) {
        self.settle(Fate::CutOff, &FailureCause::NONE);
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

    pub(super) fn detach(self) -> DetachedPermit {
        let mut permit = ManuallyDrop::new(self);
        DetachedPermit { ticket: permit.ticket, pending: permit.pending.take() }
    }

    pub(super) fn attach(breaker: &'a CircuitBreaker, DetachedPermit { ticket, pending }: DetachedPermit) -> Self {
        Self { breaker, ticket, pending }
    }

    fn is_current(&self) -> bool {
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
        self.admit_as(false, FunctionRef::UNNAMED).inspect_err(|rejection| {
            if let Error::CircuitOpen { state, retry_after, .. } = *rejection {
                emit_at(Level::DEBUG, |emit| {
                    emit(&Event::BreakerRejected { name: &self.name, function: None, state, retry_after });
                });
            }
        })
    }

    #[inline]
    fn admit_as(&self, is_call: bool, function: FunctionRef) -> Result<Permit<'_>, Error> {
        let seen = self.mirror.load();
        if seen.admits_untimed() {
            emit(&Event::BreakerAdmitted { state: BreakerState::Closed });
            return Ok(Permit::new(self, BreakerTicket::new(seen.generation(), 0, BreakerTicket::UNTIMED)));
        }
        if seen.admits() {
            return Ok(Permit::new(self, BreakerTicket::new(seen.generation(), 0, Self::started())));
        }
        // Taken apart, or the permit of each call would be in memory.
        let (ticket, pending) = self.admit_locked(seen, is_call, function)?;
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
    fn resume(&self, ticket: BreakerTicket) -> BreakerTicket {
        if !ticket.is_in_context() {
            self.held_probe(ticket).enter();
        }
        ticket.in_context()
    }

    #[cold]
    #[inline(never)]
    fn suspend(&self, ticket: BreakerTicket) -> BreakerTicket {
        if ticket.is_in_context() {
            self.held_probe(ticket).leave(());
        }
        ticket.out_of_context()
    }

    #[cold]
    #[inline(never)]
    fn admit_locked(
        &self,
        seen: MirrorWord,
        is_call: bool,
        function: FunctionRef,
    ) -> Result<(BreakerTicket, SettleOnce), Error> {
        if seen.is_open() {
            let until = self.mirror.open_until();
            if let Some(left) = until.left() {
                facts::rejection_ends(left, until.get());
                return Err(self.reject(BreakerRejection::open(left)));
            }
        }
        if is_call && HeldProbe::exists(self.address(), seen.generation()) {
            // The end of that probe tells.
            return Ok((BreakerTicket::uncounted(seen.generation()), SettleOnce::SETTLED));
        }
        let ((admitted, effect), generation, shown, change) = {
            let mut inside = self.lock();
            let (config, state) = inside.parts();
            let outcome = state.admit(config, time::now());
            let (generation, shown) = (state.generation, state.phase.shown());
            (outcome, generation, shown, inside.observe())
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
            Err(rejection) => Err(self.reject(rejection)),
        }
    }

    pub(super) fn reject(&self, rejection: BreakerRejection) -> Error {
        let BreakerRejection { state, retry_after } = rejection;
        let _are_rates_due = self.meter.count(&self.name, OfBreaker::Rejected);
        let error = Error::CircuitOpen { name: self.name.to_cow(), state, retry_after };
        // Last and with `Release`: the caller moves the error, and would wait for its small parts to
        // reach the cache, as this addition does anyway.
        self.rejected.fetch_add(1, Ordering::Release);
        error
    }

    #[inline(never)]
    fn succeed(&self, ticket: BreakerTicket, function: FunctionRef) {
        if !self.mirror.count_success(ticket) {
            self.settle_locked(ticket, Fate::Success, &FailureCause::of(function));
        }
    }

    #[inline(never)]
    fn settle(&self, ticket: BreakerTicket, fate: Fate, cause: &FailureCause<'_>) {
        if fate != Fate::Failure || !self.mirror.count_failure(ticket) {
            self.settle_locked(ticket, fate, cause);
        }
        if fate == Fate::Failure {
            self.show_rates();
        }
    }

    #[cold]
    #[inline(never)]
    fn settle_locked(&self, ticket: BreakerTicket, fate: Fate, cause: &FailureCause<'_>) {
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

impl CircuitBreaker {
    /// A rejection that was passed on says nothing about the service, and one failure counts once.
    #[cold]
    #[inline(never)]
    fn is_passed_on<E>(&self, failure: &E, identity: impl Identity<E>) -> bool {
        let known = Known::of(failure, identity);
        known.is_rejection() || known.is_counted_by(self)
    }
}

impl Gate for CircuitBreaker {
    type Permit<'a> = Permit<'a>;

    #[inline]
    fn try_enter(&self) -> Result<Permit<'_>, Error> {
        self.try_enter_as(FunctionRef::UNNAMED)
    }

    #[inline]
    fn try_enter_as(&self, function: FunctionRef) -> Result<Permit<'_>, Error> {
        facts::begin();
        self.admit_as(true, function)
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct FailureCause<'a> {
    error: Option<LoggedError<'a>>,
    retry_after: Option<Duration>,
    /// Unnamed for a handle.
    function: FunctionRef,
}

impl FailureCause<'_> {
    pub(super) const NONE: Self = Self::of(FunctionRef::UNNAMED);

    pub(super) const fn of(function: FunctionRef) -> Self {
        Self { error: None, retry_after: None, function }
    }
}

/// Says how a breaker counts a failure, and for how long the failure asks to wait.
#[derive(Debug, Clone, Copy)]
pub struct Judgement {
    fate: Fate,
    retry_after: Option<Duration>,
}

impl Judgement {
    /// Neither a success nor a failure.
    pub const IGNORED: Self = Self { fate: Fate::Ignored, retry_after: None };

    /// Judges by the classification.
    pub fn of(classified: Classified) -> Self {
        Self::counted(classified.is_failure(), classified)
    }

    /// Judges a value, which a predicate has found to be a failure or not.
    #[inline]
    pub fn of_value(is_failure: bool) -> Self {
        Self { fate: Fate::counted(is_failure), retry_after: None }
    }

    /// Replaces the time that the classification knows, if it is a failure.
    #[must_use]
    pub fn with_retry_after(self, retry_after: impl FnOnce() -> Option<Duration>) -> Self {
        let retry_after = if self.fate == Fate::Failure { retry_after() } else { None };
        Self { retry_after, ..self }
    }

    /// Judges by a predicate.
    pub fn counted(is_failure: bool, classified: Classified) -> Self {
        Self { fate: Fate::counted(is_failure), retry_after: classified.retry_after }
    }
}

/// Settles a permit by the outcome of its call. `judge` decides about a failure, which is shown as
/// `error`.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a call would cost as much as what a success does")]
pub fn record<R: Outcome>(
    permit: Permit<'_>,
    outcome: &R,
    identity: impl Identity<R::Failure>,
    judge: impl FnOnce(&R::Failure) -> Judgement,
    error: Option<LoggedError<'_>>,
    function: FunctionRef,
) {
    match outcome.failure() {
        None => permit.succeed_as(function),
        Some(failure) => record_failure(permit, failure, identity, judge, (error, function)),
    }
}

#[cold]
#[inline(never)]
fn record_failure<E>(
    permit: Permit<'_>,
    failure: &E,
    identity: impl Identity<E>,
    judge: impl FnOnce(&E) -> Judgement,
    cause: (Option<LoggedError<'_>>, FunctionRef),
) {
    judge_failure(permit, failure, identity, judge, cause);
}

#[inline]
fn judge_failure<E>(
    permit: Permit<'_>,
    failure: &E,
    identity: impl Identity<E>,
    judge: impl FnOnce(&E) -> Judgement,
    (error, function): (Option<LoggedError<'_>>, FunctionRef),
) {
    let (breaker, is_counted) = (permit.breaker, permit.is_current());
    if Known::is_any() && breaker.is_passed_on(failure, identity) {
        return permit.ignore();
    }
    let fate = facts::undisturbed(|| {
        let Judgement { fate, retry_after } = judge(failure);
        match fate {
            Fate::Success => permit.succeed_as(function),
            fate => permit.settle(fate, &FailureCause { error, retry_after, function }),
        }
        fate
    });
    if fate == Fate::Failure && is_counted {
        facts::counted(failure, breaker, identity);
    }
    let seen = breaker.mirror.load();
    if seen.is_open() {
        facts::closed(failure, breaker.mirror.open_until().get(), identity);
    }
}

/// [`record`], where `when_ok` says which values are failures.
#[inline]
pub fn record_values<R: Outcome>(
    permit: Permit<'_>,
    outcome: &R,
    identity: impl Identity<R::Failure>,
    judge: impl FnOnce(&R::Failure) -> Judgement,
    error: Option<LoggedError<'_>>,
    when_ok: impl FnOnce(&R::Value) -> Judgement,
    function: FunctionRef,
) {
    let Some(value) = outcome.value() else { return record(permit, outcome, identity, judge, error, function) };
    let judgement = facts::undisturbed(|| when_ok(value));
    if judgement.fate == Fate::Failure {
        record_bad_value(permit, judgement.retry_after, function);
    } else {
        permit.succeed_as(function);
    }
}

/// A value cannot be recognised, so it is passed on only while nothing else has begun.
#[cold]
#[inline(never)]
fn record_bad_value(permit: Permit<'_>, retry_after: Option<Duration>, function: FunctionRef) {
    let (known, breaker, is_counted) = (Known::of(&(), NoIdentity), permit.breaker, permit.is_current());
    if known.is_counted_by(breaker) {
        return permit.ignore();
    }
    let cause = FailureCause { retry_after, ..FailureCause::of(function) };
    facts::undisturbed(|| permit.settle(Fate::Failure, &cause));
    if is_counted {
        facts::counted(&(), breaker, NoIdentity);
    }
    if breaker.mirror.load().is_open() {
        facts::closed(&(), breaker.mirror.open_until().get(), NoIdentity);
    }
}

/// [`record`] by the classification alone, as nearly all breakers judge: the closure would be type-checked in each of
/// their functions.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a call would cost as much as what a success does")]
pub fn record_classified<R: Outcome>(
    permit: Permit<'_>,
    outcome: &R,
    identity: impl Identity<R::Failure>,
    classifier: impl Classifier<R::Failure>,
    function: FunctionRef,
) {
    match outcome.failure() {
        None => permit.succeed_as(function),
        Some(failure) => record_classified_failure(permit, failure, identity, classifier, function),
    }
}

#[cold]
#[inline(never)]
fn record_classified_failure<E>(
    permit: Permit<'_>,
    failure: &E,
    identity: impl Identity<E>,
    classifier: impl Classifier<E>,
    function: FunctionRef,
) {
    let judge = |failure: &E| Judgement::of(classifier.classify(failure));
    judge_failure(permit, failure, identity, judge, (None, function));
}

#[cfg(test)]
mod tests;
