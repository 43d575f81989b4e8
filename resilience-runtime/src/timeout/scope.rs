use std::pin::Pin;
use std::task::{Context, Poll};

use super::TimeoutConfig;
use super::timer::{Timer, poll_timer};
use crate::context::facts::Ticket;
use crate::context::{CallScope, Deadline};
use crate::error::Error;

/// A limit around several await points. No inner limit outlasts it, so the innermost polls.
#[derive(Debug)]
pub struct DeadlineScope<S: CallScope = ()> {
    guard: ScopeGuard,
    outer: S,
}

#[derive(Debug)]
struct ScopeGuard(ScopeLimit);

/// The timer holds what a limit needs after it has begun, which keeps the future small.
#[derive(Debug)]
enum ScopeLimit {
    /// In force, and nothing has waited yet.
    Fresh {
        outer: Deadline,
    },
    Begun(Pin<Box<Timer>>),
}

impl ScopeGuard {
    /// Returns whether it begins now.
    fn begin(&mut self) -> (bool, &mut Pin<Box<Timer>>) {
        let mut is_new = false;
        if let ScopeLimit::Fresh { outer } = self.0 {
            self.0 = ScopeLimit::Begun(Timer::begin(Deadline::current(), Some(outer)));
            is_new = true;
        }
        match &mut self.0 {
            ScopeLimit::Begun(timer) => (is_new, timer),
            ScopeLimit::Fresh { .. } => unreachable!("it has begun"),
        }
    }
}

impl Drop for ScopeGuard {
    #[inline]
    fn drop(&mut self) {
        let outer = match &mut self.0 {
            ScopeLimit::Fresh { outer } => Some(*outer),
            ScopeLimit::Begun(timer) => timer.as_mut().project().outer.take(),
        };
        if let Some(outer) = outer {
            outer.replace_current();
        }
    }
}

impl<S: CallScope> DeadlineScope<S> {
    /// The limit counts from the moment something inside first waits.
    #[inline]
    pub fn new(config: &'static TimeoutConfig, outer: S) -> Self {
        let own = Deadline::current().narrowed(config.deadline());
        Self { guard: ScopeGuard(ScopeLimit::Fresh { outer: own.replace_current() }), outer }
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
        let ScopeLimit::Begun(timer) = &mut self.guard.0 else { return };
        if timer.outer.is_none() {
            self.outer.resume();
            let timer = timer.as_mut().project();
            *timer.outer = Some(timer.deadline.replace_current());
        }
    }

    fn poll_limit<T>(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, Error>> {
        let (is_new, timer) = self.guard.begin();
        let Some(outer) = timer.outer else { return Poll::Pending };
        let own = outer.replace_current();
        let poll = poll_timer(timer, is_new, Ticket::NONE, cx);
        own.replace_current();
        poll.map(Err)
    }

    fn suspend(&mut self) {
        let (_, timer) = self.guard.begin();
        if let Some(outer) = timer.as_mut().project().outer.take() {
            outer.replace_current();
        }
        self.outer.suspend();
    }
}
