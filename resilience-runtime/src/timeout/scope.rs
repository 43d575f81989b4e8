use std::task::{Context, Poll};

use super::TimeoutConfig;
use super::timer::LazyTimer;
use crate::context::facts::Ticket;
use crate::context::{CallScope, ContextGuard, ContextPart, Deadline};
use crate::error::Error;

/// A limit around several await points. No inner limit outlasts it, so the innermost polls.
#[derive(Debug)]
pub struct DeadlineScope<S: CallScope = ()> {
    guard: ContextGuard<Limit>,
    outer: S,
}

#[derive(Debug)]
struct Limit {
    config: &'static TimeoutConfig,
    timer: LazyTimer,
}

impl ContextPart for Limit {
    type Outer = Deadline;

    #[inline]
    fn enter(&mut self) -> Deadline {
        let own = match &self.timer {
            None => Deadline::current().narrowed(self.config.deadline),
            Some(timer) => Deadline::at(timer.until),
        };
        own.replace_current()
    }

    #[inline]
    fn leave(&mut self, outer: Deadline) {
        outer.replace_current();
    }
}

impl<S: CallScope> DeadlineScope<S> {
    /// The limit counts from the moment something inside first waits.
    #[inline]
    pub fn new(config: &'static TimeoutConfig, outer: S) -> Self {
        Self { guard: ContextGuard::enter(Limit { config, timer: None }), outer }
    }
}

impl<S: CallScope> CallScope for DeadlineScope<S> {
    type Ends<T> = Result<T, Error>;

    #[inline]
    fn ended<T>(out: T) -> Result<T, Error> {
        Ok(out)
    }

    #[inline]
    fn resume(&mut self) {
        if self.guard.is_suspended() {
            self.outer.resume();
            self.guard.resume();
        }
    }

    fn poll_limit<T>(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, Error>> {
        let Some(&outer) = self.guard.outer() else { return Poll::Pending };
        let own = outer.replace_current();
        let Limit { config, timer } = self.guard.part();
        let poll = config.poll_timer(timer, own, Ticket::NONE, cx);
        own.replace_current();
        poll.map(Err)
    }

    fn suspend(&mut self) {
        if let Some(&outer) = self.guard.outer() {
            let Limit { config, timer } = self.guard.part();
            config.begin(timer, Deadline::current(), outer);
        }
        self.guard.suspend();
        self.outer.suspend();
    }
}
