//! What travels with a call: its deadline, what has become of the calls further in, and the loads it leads.
//!
//! A call has one context, in force on the thread that runs it. It is a thread-local that is exchanged around each poll
//! and not a task-local: that costs less than a nanosecond, allocates nothing, and synchronous code sees it too. A spawned
//! task starts with an empty context.
//!
//! A layer changes a [`ContextPart`] of the context and holds a [`ContextGuard`] for as long as the change applies. Layers are
//! control flow of one coroutine, so a change cannot be a future around their code. It is a local value, a [`CallScope`],
//! and [`InContext`], the future around each await point, takes the changes away while the coroutine waits. A thread
//! that works for a call gets a [`Carried`] context.

mod await_point;
mod call_state;
mod carry;
mod deadline;
mod marks;
pub(crate) mod observer;
mod sleep;

#[cfg(feature = "cached")]
pub(crate) mod loads;

use std::fmt;

pub use await_point::{CallScope, in_attempt, in_context};
pub use call_state::{CallState, once};
pub(crate) use carry::Carried;
pub(crate) use deadline::Deadline;
pub use deadline::{checkpoint, deadline, remaining};
#[cfg(feature = "cached")]
pub use loads::LoadScope;
pub(crate) use marks::{Marks, RetriesExhausted, mark_degraded};
pub(crate) use sleep::{Sleep, sleep};

/// A part of the context that a layer changes.
pub trait ContextPart {
    /// What the part was outside of the layer.
    type Outer;

    fn enter(&mut self) -> Self::Outer;
    fn leave(&mut self, outer: Self::Outer);
}

/// A change of the context of this thread. It applies from the guard's creation to its drop, except while it is
/// suspended, so a `break`, a panic and a dropped call undo it.
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

    /// The part outside of the layer, unless suspended.
    #[inline]
    pub fn outer(&self) -> Option<&P::Outer> {
        self.outer.as_ref()
    }

    #[inline]
    pub fn part(&mut self) -> &mut P {
        &mut self.part
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
