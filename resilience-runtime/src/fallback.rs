//! What stands in when a call has failed.

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

/// Emits the event of one step, with the error that the step replaces under `log_errors`.
#[cold]
pub fn announce(function: &'static str, step: u32, error: Option<LoggedError<'_>>) {
    context::mark_degraded();
    emit(&Event::Fallback { function, step, error });
}

/// Calls a closure fallback with the error. A function of its own, so that the closure's parameter has a type
/// before its body is checked.
pub fn recover<E, O>(failure: E, with: impl FnOnce(E) -> O) -> O {
    with(failure)
}
