//! The context of a call on another thread.

use super::observer::Observers;
use super::{CallAttempt, ContextGuard, Deadline, DeadlineGuard, HeldProbes, Marks};
use crate::time;

#[derive(Debug)]
pub struct Carried {
    deadline: Deadline,
    attempt: CallAttempt,
    #[cfg(feature = "cached")]
    loads: super::loads::Leads,
    probes: HeldProbes,
    observers: Observers,
}

impl Carried {
    pub fn with_deadline(deadline: Deadline) -> Self {
        Self {
            deadline,
            attempt: CallAttempt::current_with_call(),
            #[cfg(feature = "cached")]
            loads: super::loads::Leads::current(),
            probes: HeldProbes::current(),
            observers: Observers::current(),
        }
    }

    /// Must be called on the thread of the call.
    pub fn wrap<T>(self, work: impl FnOnce() -> T) -> impl FnOnce() -> (T, Marks) {
        let Self {
            deadline,
            attempt,
            #[cfg(feature = "cached")]
            loads,
            probes,
            observers,
        } = self;
        time::carry_skipped_sleeps(move || {
            let _deadline = DeadlineGuard::enter(deadline);
            let _attempt = ContextGuard::enter(attempt);
            #[cfg(feature = "cached")]
            let _loads = ContextGuard::enter(loads);
            let _probes = ContextGuard::enter(probes);
            let _observers = ContextGuard::enter(observers);
            let out = work();
            (out, Marks::current())
        })
    }
}
