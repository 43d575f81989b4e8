use std::task::{Context, Poll};

use super::config::LimitSource;
use super::countdown::Countdown;
use super::{TimeoutConfig, expired};
use crate::context::facts::Ticket;
use crate::context::{CallScope, Deadline, PollFrame, forget_first_wait};
use crate::error::Error;

/// A limit around several await points.
#[derive(Debug)]
pub struct DeadlineScope<S: CallScope = ()> {
    limit: ScopeLimit,
    outer: S,
}

#[derive(Debug)]
struct ScopeLimit {
    config: &'static TimeoutConfig,
    /// The deadline around it, while it is in force.
    around: Option<Deadline>,
    countdown: Countdown,
}

impl ScopeLimit {
    fn begin(&mut self, around: Deadline) -> bool {
        self.countdown.begin(self.config.fresh(), Deadline::current(), around)
    }
}

impl Drop for ScopeLimit {
    #[inline]
    fn drop(&mut self) {
        if let Some(around) = self.around {
            around.replace_current();
        }
    }
}

impl<S: CallScope> DeadlineScope<S> {
    /// The limit counts from the moment something inside first waits.
    #[inline]
    pub fn new(config: &'static TimeoutConfig, outer: S) -> Self {
        forget_first_wait();
        let around = Deadline::current().narrowed(config.fresh()).replace_current();
        Self { limit: ScopeLimit { config, around: Some(around), countdown: Countdown::Fresh }, outer }
    }
}

impl<S: CallScope> CallScope for DeadlineScope<S> {
    type Ends<T> = Result<T, Error>;

    const IS_LIMITED: bool = true;

    #[inline]
    fn ended<T>(out: T) -> Result<T, Error> {
        Ok(out)
    }

    #[inline]
    fn resume(&mut self) {
        let limit = &mut self.limit;
        if limit.around.is_none() {
            self.outer.resume();
            let own = limit.config.fresh();
            let own = limit.countdown.resume().map_or(own, |end| own.ending(end));
            limit.around = Some(Deadline::current().narrowed(own).replace_current());
        }
    }

    #[inline]
    fn check_limit<T>(&mut self) -> Poll<Result<T, Error>> {
        let Some(around) = self.limit.around else { return Poll::Pending };
        let inside = Deadline::current();
        if self.limit.begin(around) || !inside.is_over() {
            return Poll::Pending;
        }
        around.replace_current();
        let error = expired(inside);
        inside.replace_current();
        Poll::Ready(Err(error))
    }

    fn suspend(&mut self, frame: &PollFrame, cx: &mut Context<'_>) {
        if let Some(around) = self.limit.around {
            self.limit.begin(around);
            self.limit.around = None;
            self.limit.countdown.wait(around.replace_current(), Ticket::NONE);
        }
        self.outer.suspend(frame, cx);
        if !S::IS_LIMITED {
            self.limit.countdown.arm(frame, cx);
        }
    }
}
