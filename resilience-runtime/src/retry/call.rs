//! How a retry tells the code below it which attempt is running.

use crate::context::{AttemptCell, CallAttempt};

pub trait RetriedCall {
    fn attempt(&self) -> u32;

    fn begin_next(&mut self);

    /// Takes part in the call around it, and in its key.
    fn join_current(&mut self);
}

impl RetriedCall for AttemptCell {
    #[inline]
    fn attempt(&self) -> u32 {
        self.get().attempt()
    }

    fn begin_next(&mut self) {
        self.set(self.get().next_attempt());
    }

    fn join_current(&mut self) {
        self.set(CallAttempt::current_with_call().first_attempt());
    }
}

#[derive(Debug)]
pub struct BlockingCall {
    outer: CallAttempt,
}

impl BlockingCall {
    #[inline]
    pub fn begin() -> Self {
        Self { outer: CallAttempt::FIRST.replace_current() }
    }
}

impl Drop for BlockingCall {
    #[inline]
    fn drop(&mut self) {
        self.outer.replace_current();
    }
}

impl RetriedCall for BlockingCall {
    #[inline]
    fn attempt(&self) -> u32 {
        CallAttempt::current().attempt()
    }

    fn begin_next(&mut self) {
        CallAttempt::current().next_attempt().replace_current();
    }

    fn join_current(&mut self) {
        self.outer.replace_current();
        self.outer = CallAttempt::current_with_call();
        self.outer.first_attempt().replace_current();
    }
}
