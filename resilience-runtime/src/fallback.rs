//! What stands in when a call has failed.

use std::future::{Future, Pending};

use crate::context;
use crate::emit::emit;
use crate::event::Event;
use crate::event::LoggedError;
use crate::outcome::Outcome;

/// Whether a fallback has to take over.
#[inline]
pub fn failed<R: Outcome>(outcome: &R, when: impl FnOnce(&R::Failure) -> bool) -> bool {
    outcome.failure().is_some_and(when)
}

/// The same for a fallback that wants the failure.
///
/// # Errors
///
/// The failure, when a fallback has to take over.
#[inline]
pub fn unless_failed<R: Outcome>(outcome: R, when: impl FnOnce(&R::Failure) -> bool) -> Result<R, R::Failure> {
    if !failed(&outcome, when) {
        return Ok(outcome);
    }
    match outcome.into_failure() {
        Some(failure) => Err(failure),
        None => unreachable!("it has just been looked at"),
    }
}

/// A fallback is about to answer: never silently.
#[cold]
pub fn announce(function: &'static str, step: u32) {
    announce_said(function, step, None);
}

/// The same with the error that it answers.
#[cold]
pub fn announce_said(function: &'static str, step: u32, error: Option<LoggedError<'_>>) {
    context::mark_degraded();
    emit(&Event::Fallback { function, step, error });
}

/// Calls a closure fallback with the error. A function of its own, so that the closure's parameter has a type
/// before its body is checked.
pub fn recover<E, O>(failure: E, with: impl FnOnce(E) -> O) -> O {
    with(failure)
}

/// Tells a fallback that answers at once from one that returns a future, by autoref.
#[derive(Debug)]
pub struct Answer<T>(std::marker::PhantomData<fn(T)>);

impl<T> Answer<T> {
    pub fn of(_: &T) -> Self {
        Self(std::marker::PhantomData)
    }
}

/// Taken for a future.
pub trait AnswerLater {
    fn __resilience_kind(&self) -> Later {
        Later
    }
}

impl<F: Future> AnswerLater for &Answer<F> {}

/// Taken for everything else.
pub trait AnswerNow {
    fn __resilience_kind(&self) -> Now {
        Now
    }
}

impl<T> AnswerNow for Answer<T> {}

/// What there is to do about an answer.
#[derive(Debug)]
pub enum Step<T, F> {
    Now(T),
    /// Await it.
    Later(F),
}

/// The answer is a future.
#[derive(Debug)]
pub struct Later;

#[expect(clippy::unused_self, reason = "the tag chooses the method")]
impl Later {
    /// The type of the value that is not there is left open, so that a wrong result is reported where it is awaited.
    pub fn step<T, F: Future>(self, future: F) -> Step<T, F> {
        Step::Later(future)
    }
}

/// The answer is there.
#[derive(Debug)]
pub struct Now;

#[expect(clippy::unused_self, reason = "the tag chooses the method")]
impl Now {
    /// The future that is never awaited is `Send` whatever the value is.
    pub fn step<T, R>(self, value: T) -> Step<T, Pending<R>> {
        Step::Now(value)
    }
}
