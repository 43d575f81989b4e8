//! What is known about the failure that ended last on this thread.
//!
//! A fact carries the identity of the error with which its stack ended, and is believed of no other
//! error. Without an identity, it must be *fresh*: no other layer has begun since.

pub(crate) mod identity;
mod parked;

use std::cell::Cell;
use std::ptr;
use std::time::Duration;

use crate::error::Error;
use crate::outcome::Outcome;
use crate::time::{self, Moment, nanos};
use identity::{ErrorId, Recognized};

pub use identity::Identity;
pub use parked::{OuterFacts, Ticket};

const EXHAUSTED: u32 = 1;
const REJECTED: u32 = 1 << 1;
const CLOSED: u32 = 1 << 2;
const COUNTED: u32 = 1 << 3;
const FRESH: u32 = 1 << 4;

const COUNTERS: usize = 3;

/// No gate rejects calls for so long, in nanoseconds.
const NO_REJECTION: (u64, Moment) = (u64::MAX, Moment::FAR);

#[derive(Debug, Clone, Copy)]
pub struct Fact {
    flags: u32,
    id: ErrorId,
    /// The end of the rejection, or the time until which a gate stays closed.
    until: Moment,
    counted_by: [usize; COUNTERS],
}

impl Fact {
    const NONE: Self = Self { flags: 0, id: ErrorId::NONE, until: Moment::from_nanos(0), counted_by: [0; COUNTERS] };

    const fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    /// Returns whether that is sure, and `None` for another failure.
    fn is_about<E>(&self, error: &E, identity: impl Identity<E>) -> Option<bool> {
        let is_fresh = self.has(FRESH);
        match self.id.recognizes(error, identity, is_fresh) {
            Recognized::Yes => Some(true),
            Recognized::Unknown if is_fresh => Some(false),
            Recognized::Unknown | Recognized::No => None,
        }
    }
}

thread_local! {
    static FLAGS: Cell<u32> = const { Cell::new(0) };
    static ABOUT: Cell<(ErrorId, Moment)> = const { Cell::new((ErrorId::NONE, Fact::NONE.until)) };
    /// Void without [`COUNTED`].
    static COUNTED_BY: Cell<[usize; COUNTERS]> = const { Cell::new([0; COUNTERS]) };
    static REJECTION_ENDS: Cell<(u64, Moment)> = const { Cell::new(NO_REJECTION) };
}

/// A retry or a breaker begins a call: nothing is known about its failure.
#[inline]
pub fn begin() {
    FLAGS.set(0);
}

/// A bulkhead or a rate limit begins a call. An error that is being passed on stays recognised.
#[inline]
pub fn end_freshness() {
    if FLAGS.get() != 0 {
        end_freshness_of_fact();
    }
}

#[cold]
#[inline(never)]
fn end_freshness_of_fact() {
    if ABOUT.get().0.has_text() {
        FLAGS.set(FLAGS.get() & !FRESH);
    } else {
        begin();
    }
}

pub fn current() -> Option<Fact> {
    let flags = FLAGS.get();
    (flags != 0).then(|| {
        let (id, until) = ABOUT.get();
        let counted_by = if flags & COUNTED != 0 { COUNTED_BY.get() } else { Fact::NONE.counted_by };
        Fact { flags, id, until, counted_by }
    })
}

/// Believes what another thread, task or caller knows.
pub fn adopt(fact: Option<Fact>) {
    if let Some(fact) = fact {
        ABOUT.set((fact.id, fact.until));
        if fact.has(COUNTED) {
            COUNTED_BY.set(fact.counted_by);
        }
        FLAGS.set(fact.flags);
    }
}

pub fn restore(fact: Option<Fact>) {
    begin();
    adopt(fact);
}

/// Runs code of the user's, whose calls leave the fact of this thread as it was.
#[inline]
pub fn undisturbed<T>(run: impl FnOnce() -> T) -> T {
    let fact = current();
    let out = run();
    restore(fact);
    out
}

#[derive(Debug, Clone, Copy, Default)]
pub struct Known {
    pub exhausted: bool,
    /// A gate has rejected the call, and would do so again until then.
    pub rejected: Option<Moment>,
    pub closed: Option<Moment>,
    counted_by: [usize; COUNTERS],
}

impl Known {
    /// Returns whether anything is known.
    #[inline]
    pub fn is_any() -> bool {
        FLAGS.get() != 0
    }

    /// Must be asked before the user's predicates, which may call functions of ours.
    #[inline]
    pub fn of<E>(error: &E, identity: impl Identity<E>) -> Self {
        if Self::is_any() { Self::look_up(error, identity) } else { Self::default() }
    }

    #[cold]
    #[inline(never)]
    fn look_up<E>(error: &E, identity: impl Identity<E>) -> Self {
        let Some(fact) = current() else { return Self::default() };
        let Some(is_sure) = fact.is_about(error, identity) else { return Self::default() };
        Self {
            exhausted: is_sure && fact.has(EXHAUSTED),
            rejected: fact.has(REJECTED).then_some(fact.until),
            closed: fact.has(CLOSED).then_some(fact.until),
            counted_by: fact.counted_by,
        }
    }

    /// Returns whether the failure is a rejection that was passed on, so the body of the gate did not run.
    pub const fn is_rejection(&self) -> bool {
        self.rejected.is_some()
    }

    /// Returns whether a gate has rejected the call, or rejects others.
    pub const fn is_of_gate(&self) -> bool {
        self.rejected.is_some() || self.closed.is_some()
    }

    pub fn is_counted_by<B>(&self, breaker: &B) -> bool {
        self.counted_by.contains(&address(breaker))
    }
}

fn address<B>(breaker: &B) -> usize {
    ptr::from_ref(breaker).addr()
}

#[cold]
#[inline(never)]
fn note<E>(flag: u32, error: &E, identity: impl Identity<E>, change: impl FnOnce(&mut Fact)) {
    let id = ErrorId::of(error, identity);
    let carried = current().and_then(|fact| {
        let is_sure = fact.is_about(error, identity)?;
        // The error may have an identity that the one before did not have.
        let flags = if is_sure { fact.flags } else { fact.flags & !EXHAUSTED };
        Some(Fact { flags, id: fact.id.carried_by(id), ..fact })
    });
    let mut fact = carried.unwrap_or(Fact { id, ..Fact::NONE });
    change(&mut fact);
    fact.flags |= flag | FRESH;
    adopt(Some(fact));
}

pub fn exhausted<E>(error: &E, identity: impl Identity<E>) {
    note(EXHAUSTED, error, identity, |_| {});
}

/// A gate that has admitted this call rejects others until then.
pub fn closed<E>(error: &E, until: Moment, identity: impl Identity<E>) {
    note(CLOSED, error, identity, |fact| fact.until = fact.until.max(until));
}

/// [`counted`], where nothing is known about any failure.
#[inline]
pub fn counted_first<E, B>(error: &E, breaker: &B, identity: impl Identity<E>) {
    let (id, counted_by) = (ErrorId::of(error, identity), [address(breaker), 0, 0]);
    adopt(Some(Fact { flags: COUNTED | FRESH, id, counted_by, ..Fact::NONE }));
}

pub fn counted<E, B>(error: &E, breaker: &B, identity: impl Identity<E>) {
    note(COUNTED, error, identity, |fact| {
        let [newest, second, _] = fact.counted_by;
        fact.counted_by = [address(breaker), newest, second];
    });
}

/// What the layers around a call learn from its rejection, which may not be an [`Error`] yet.
pub trait RejectionFacts {
    /// False for an error that ends a call which was admitted.
    fn is_rejection(&self) -> bool;
    /// `None` for an error that is no rejection.
    fn ends(&self) -> Option<Moment>;
}

impl RejectionFacts for Error {
    fn is_rejection(&self) -> bool {
        !matches!(self, Self::Timeout { .. })
    }

    fn ends(&self) -> Option<Moment> {
        if !self.is_rejection() {
            return None;
        }
        let Some(left) = self.retry_after() else { return Some(Moment::FAR) };
        let (known, until) = REJECTION_ENDS.replace(NO_REJECTION);
        Some(if known == nanos(left) { until } else { time::now().after(left) })
    }
}

/// Saves [`rejected_until`] the clock.
#[inline]
pub fn rejection_ends(left: Duration, until: Moment) {
    REJECTION_ENDS.set((nanos(left), until));
}

/// `None` for an error that is no rejection.
#[inline]
pub fn rejected_until(rejection: &impl RejectionFacts) -> Option<Moment> {
    rejection.ends()
}

#[inline]
pub fn rejected_with<E>(error: &E, until: Option<Moment>, identity: impl Identity<E>) {
    let Some(until) = until else { return };
    let id = ErrorId::of(error, identity);
    adopt(Some(Fact { flags: REJECTED | FRESH, id, until, ..Fact::NONE }));
}

/// The rejection of a gate.
#[cold]
pub fn rejected<R: Outcome>(outcome: &R, until: Option<Moment>, identity: impl Identity<R::Failure>) {
    if let Some(failure) = outcome.failure() {
        rejected_with(failure, until, identity);
    }
}

#[cfg(test)]
mod tests;
