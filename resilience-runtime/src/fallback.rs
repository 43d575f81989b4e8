use tracing::Level;

use crate::context;
use crate::emit::emit_at;
use crate::event::Event;
use crate::event::LoggedError;
use crate::metrics;
use crate::outcome::Outcome;
use crate::registry::FunctionRef;
use crate::shutdown::is_shutting_down;

#[inline]
pub fn failed<R: Outcome>(outcome: &R, when: impl FnOnce(&R::Failure) -> bool) -> bool {
    outcome.failure().is_some_and(|failure| context::facts::undisturbed(|| when(failure)))
}

/// Does what [`failed`] does for a next step that runs code, which does not begin while the process shuts down.
#[inline]
pub fn begins<R: Outcome>(outcome: &R, when: impl FnOnce(&R::Failure) -> bool) -> bool {
    failed(outcome, when) && !is_shutting_down()
}

/// Does what [`begins`] does, with `when_ok`, which selects the values that are failures.
#[inline]
pub fn begins_or<R: Outcome>(
    outcome: &R,
    when: impl FnOnce(&R::Failure) -> bool,
    when_ok: impl FnOnce(&R::Value) -> bool,
) -> bool {
    failed_or(outcome, when, when_ok) && !is_shutting_down()
}

/// Does what [`failed`] does, with `when_ok`, which selects the values that are failures.
#[inline]
pub fn failed_or<R: Outcome>(
    outcome: &R,
    when: impl FnOnce(&R::Failure) -> bool,
    when_ok: impl FnOnce(&R::Value) -> bool,
) -> bool {
    match outcome.value() {
        Some(value) => context::facts::undisturbed(|| when_ok(value)),
        None => failed(outcome, when),
    }
}

/// # Errors
///
/// Returns the failure if the next step has to run. That step runs code, and does not begin while
/// the process shuts down.
#[inline]
pub fn unless_begins<R: Outcome>(outcome: R, when: impl FnOnce(&R::Failure) -> bool) -> Result<R, R::Failure> {
    if outcome.failure().is_some() && is_shutting_down() { Ok(outcome) } else { unless_failed(outcome, when) }
}

/// # Errors
///
/// Returns the failure if the next step has to run.
#[inline]
pub fn unless_failed<R: Outcome>(outcome: R, when: impl FnOnce(&R::Failure) -> bool) -> Result<R, R::Failure> {
    if !failed(&outcome, when) {
        return Ok(outcome);
    }
    match outcome.into_failure() {
        Some(failure) => Err(failure),
        None => unreachable!("the outcome is a failure"),
    }
}

fn show(function: FunctionRef, step: u32, error: Option<LoggedError<'_>>) {
    emit_at(Level::WARN, |emit| emit(&Event::Fallback { function: &function.name(), step, error }));
}

#[cold]
pub fn announce(function: FunctionRef, step: u32, error: Option<LoggedError<'_>>) {
    show(function, step, error);
    // The fallback handles the failure, so nothing further out may act on it.
    context::facts::begin();
}

/// Does what [`announce`] does, for a step that takes the error and may return it.
#[cold]
pub fn hand_over(function: FunctionRef, step: u32, error: Option<LoggedError<'_>>) {
    show(function, step, error);
    context::facts::end_freshness();
}

/// Counts a step that has ended. Marks its answer as degraded for outer caches, if it has not failed and has content.
#[cold]
pub fn substituted<R: Outcome>(outcome: &R, function: FunctionRef, step: u32) {
    let failed = outcome.failure().is_some();
    metrics::count_fallback(function, step, failed);
    if failed {
        context::mark_failed_substitute();
        return;
    }
    context::facts::begin();
    if size_of::<R::Value>() != 0 {
        context::mark_degraded();
    }
}

/// Gives the compiler the type of the parameter before it checks the body of the closure.
pub fn call_fallback<E, O>(failure: E, with: impl FnOnce(E) -> O) -> O {
    with(failure)
}
