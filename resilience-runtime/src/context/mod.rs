//! The context of a call: its deadline, the facts about failures, its observers, its loads and the
//! probes that it holds.
//!
//! It is a thread-local that is swapped around each poll, not a task-local: this costs less than a
//! nanosecond, allocates nothing, and serves synchronous code too. A spawned task starts empty.
//!
//! A layer changes a [`ContextPart`] and holds a [`ContextGuard`]. Layers are control flow of one
//! coroutine, so no future can wrap their code: [`InContext`] wraps each await point instead, and
//! suspends the changes of the [`CallScope`] meanwhile. A [`Carried`] context goes to a thread.

mod attempt;
mod await_point;
mod call_state;
mod carry;
mod deadline;
pub(crate) mod facts;
mod idempotency_key;
mod limit_frame;
mod limit_owner;
mod limits;
mod marks;
pub(crate) mod observer;
mod poll_frame;
mod probes;
mod sleep;

#[cfg(feature = "cached")]
pub(crate) mod loads;

use std::fmt;

pub(crate) use attempt::CallAttempt;
pub use attempt::{AttemptCell, AttemptScope, attempt, idempotency_key};
pub(crate) use await_point::poll_in_attempt;
pub use await_point::{CallScope, in_attempt, in_context, in_retry};
pub use call_state::{CallState, once};
pub(crate) use carry::Carried;
pub(crate) use deadline::{Deadline, DeadlineGuard, FreshLimit, in_force, started, time_left};
pub use deadline::{deadline, remaining};
pub use idempotency_key::IdempotencyKey;
pub(crate) use limit_frame::LimitFrame;
pub(crate) use limit_owner::{ConfiguredLimit, LimitOwner, PolicyLimit};
#[cfg(feature = "cached")]
pub use loads::LoadScope;
#[cfg(feature = "cached")]
pub(crate) use marks::Degraded;
pub(crate) use marks::{Marks, mark_degraded, mark_failed_substitute};
pub use poll_frame::PollFrame;
pub(crate) use poll_frame::{first_wait, forget_first_wait, is_quiet, note_end, timer_fired};
pub(crate) use probes::{HeldProbe, HeldProbes};
pub(crate) use sleep::{Sleep, sleep};

/// The deadline in force has decided what a layer or the user's code does. A load whose caller has set that deadline
/// does not pass its failure on to callers with more time.
#[cold]
pub(crate) fn note_deadline_decision() {
    #[cfg(feature = "cached")]
    if let Some(deadline) = started() {
        loads::note_decision(deadline.moment());
    }
}

/// [`note_deadline_decision`] of a deadline that has passed.
#[cold]
pub(crate) fn note_expired(deadline: Deadline) {
    #[cfg(feature = "cached")]
    {
        loads::note_limit();
        loads::note_decision(deadline.moment());
    }
    #[cfg(not(feature = "cached"))]
    let _ = deadline;
}

pub trait ContextPart {
    type Outer;

    fn enter(&mut self) -> Self::Outer;
    fn leave(&mut self, outer: Self::Outer);
}

/// Applies a change until it is dropped, so a `break`, a panic and a dropped call undo it.
pub struct ContextGuard<P: ContextPart> {
    part: P,
    /// `None` while suspended.
    outer: Option<P::Outer>,
}

impl<P: ContextPart> ContextGuard<P> {
    #[inline]
    pub fn enter(mut part: P) -> Self {
        let outer = part.enter();
        Self { part, outer: Some(outer) }
    }

    #[inline]
    pub fn is_suspended(&self) -> bool {
        self.outer.is_none()
    }

    #[cfg(feature = "cached")]
    #[inline]
    pub fn resume(&mut self) {
        if self.outer.is_none() {
            self.outer = Some(self.part.enter());
        }
    }

    #[inline]
    pub fn suspend(&mut self) {
        if let Some(outer) = self.outer.take() {
            self.part.leave(outer);
        }
    }
}

impl<P: ContextPart> Drop for ContextGuard<P> {
    #[inline]
    fn drop(&mut self) {
        self.suspend();
    }
}

impl<P: ContextPart> fmt::Debug for ContextGuard<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContextGuard").field("is_suspended", &self.is_suspended()).finish_non_exhaustive()
    }
}
