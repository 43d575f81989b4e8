//! Settles a permit by the result of its call.

use std::time::Duration;

use super::permit::Permit;
use super::{BreakerState, CircuitBreaker, Fate};
use crate::classify::{Classified, Classifier};
use crate::context::facts::identity::NoIdentity;
use crate::context::facts::{self, Identity, Known};
use crate::event::LoggedError;
use crate::outcome::Outcome;
use crate::registry::FunctionRef;
use crate::time::Moment;

#[derive(Debug, Clone, Copy)]
pub(super) struct FailureCause<'a> {
    pub(super) error: Option<LoggedError<'a>>,
    pub(super) retry_after: Option<Duration>,
    /// Unnamed for a handle.
    pub(super) function: FunctionRef,
}

impl FailureCause<'_> {
    pub(super) const NONE: Self = Self::of(FunctionRef::UNNAMED);

    pub(super) const fn of(function: FunctionRef) -> Self {
        Self { error: None, retry_after: None, function }
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

    /// Returns the time until which it rejects every call.
    #[inline]
    fn closed_until(&self) -> Option<Moment> {
        if self.mirror.load().admits() { None } else { self.busy_until() }
    }

    #[cold]
    #[inline(never)]
    fn busy_until(&self) -> Option<Moment> {
        let seen = self.mirror.load();
        if seen.is_open() {
            return Some(self.mirror.open_until().get());
        }
        (!seen.admits() && self.state() == BreakerState::ForcedOpen).then_some(Moment::FAR)
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

/// A permit, or the scope that holds it across the await points of its call.
pub trait HeldPermit<'a>: Sized {
    fn permit(self) -> Permit<'a>;

    #[inline]
    fn succeed(self, function: FunctionRef) {
        self.permit().succeed_as(function);
    }
}

impl<'a> HeldPermit<'a> for Permit<'a> {
    #[inline]
    fn permit(self) -> Self {
        self
    }
}

/// Settles a permit by the outcome of its call. `judge` decides about a failure, which is shown as
/// `error`.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a call would cost as much as what a success does")]
pub fn record<'a, R: Outcome>(
    permit: impl HeldPermit<'a>,
    outcome: &R,
    identity: impl Identity<R::Failure>,
    judge: impl FnOnce(&R::Failure) -> Judgement,
    error: Option<LoggedError<'_>>,
    function: FunctionRef,
) {
    match outcome.failure() {
        None => permit.succeed(function),
        Some(failure) => record_failure(permit.permit(), failure, identity, judge, (error, function)),
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
    cause: (Option<LoggedError<'_>>, FunctionRef),
) {
    if Known::is_any() {
        return judge_known_failure(permit, failure, identity, judge, cause);
    }
    let (breaker, is_counted) = (permit.breaker, permit.is_current());
    let fate = settle_judged(permit, judge(failure), cause);
    facts::begin();
    if fate == Fate::Failure && is_counted {
        facts::counted_first(failure, breaker, identity);
    }
    if let Some(until) = breaker.closed_until() {
        facts::closed(failure, until, identity);
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "a call would move the permit, and wait for its parts")]
fn settle_judged(
    permit: Permit<'_>,
    Judgement { fate, retry_after }: Judgement,
    (error, function): (Option<LoggedError<'_>>, FunctionRef),
) -> Fate {
    match fate {
        Fate::Success => permit.succeed_as(function),
        Fate::Failure => permit.fail_because(|| FailureCause { error, retry_after, function }),
        fate => permit.settle(fate, &FailureCause { error, retry_after, function }),
    }
    fate
}

/// Apart, because the call of most failures has none before it.
#[cold]
#[inline(never)]
fn judge_known_failure<E>(
    permit: Permit<'_>,
    failure: &E,
    identity: impl Identity<E>,
    judge: impl FnOnce(&E) -> Judgement,
    cause: (Option<LoggedError<'_>>, FunctionRef),
) {
    let (breaker, is_counted) = (permit.breaker, permit.is_current());
    if breaker.is_passed_on(failure, identity) {
        return permit.ignore();
    }
    let fate = facts::undisturbed(|| settle_judged(permit, judge(failure), cause));
    if fate == Fate::Failure && is_counted {
        facts::counted(failure, breaker, identity);
    }
    if let Some(until) = breaker.closed_until() {
        facts::closed(failure, until, identity);
    }
}

/// [`record`], where `when_ok` says which values are failures.
#[inline]
pub fn record_values<'a, R: Outcome>(
    permit: impl HeldPermit<'a>,
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
        record_bad_value(permit.permit(), judgement.retry_after, function);
    } else {
        permit.succeed(function);
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
    if let Some(until) = breaker.closed_until() {
        facts::closed(&(), until, NoIdentity);
    }
}

/// [`record`] by the classification alone, as nearly all breakers judge: the closure would be type-checked in each of
/// their functions.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a call would cost as much as what a success does")]
pub fn record_classified<'a, R: Outcome>(
    permit: impl HeldPermit<'a>,
    outcome: &R,
    identity: impl Identity<R::Failure>,
    classifier: impl Classifier<R::Failure>,
    function: FunctionRef,
) {
    match outcome.failure() {
        None => permit.succeed(function),
        Some(failure) => record_classified_failure(permit.permit(), failure, identity, classifier, function),
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
