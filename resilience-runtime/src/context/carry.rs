//! The context of a call on another thread.

use super::observer::Observers;
use super::{ContextGuard, Deadline, Marks};
use crate::time;

/// The context of a call, for a thread that works for it.
#[derive(Debug)]
pub struct Carried {
    deadline: Deadline,
    #[cfg(feature = "cached")]
    loads: super::loads::Leads,
    observers: Observers,
}

impl Carried {
    /// The context of this thread, with another deadline.
    pub fn with_deadline(deadline: Deadline) -> Self {
        Self {
            deadline,
            #[cfg(feature = "cached")]
            loads: super::loads::Leads::current(),
            observers: Observers::current(),
        }
    }

    /// Work that runs in this context, and tells what it has marked. It has to be made on the thread of the call.
    pub fn wrap<T>(self, work: impl FnOnce() -> T) -> impl FnOnce() -> (T, Marks) {
        let Self {
            deadline,
            #[cfg(feature = "cached")]
            loads,
            observers,
        } = self;
        time::carry_skipped_sleeps(move || {
            let _deadline = ContextGuard::enter(deadline);
            #[cfg(feature = "cached")]
            let _loads = ContextGuard::enter(loads);
            let _observers = ContextGuard::enter(observers);
            let out = work();
            (out, Marks::current())
        })
    }
}
