use std::task::{Context, Poll};

use super::config::LimitSource;
use super::countdown::Countdown;
use super::expired;
use crate::context::facts::Ticket;
use crate::context::{CallScope, Deadline, forget_first_wait};
use crate::error::Error;

/// A limit around several await points.
#[derive(Debug)]
pub struct DeadlineScope<L: LimitSource, S: CallScope = ()> {
    limit: ScopeLimit<L>,
    outer: S,
}

#[derive(Debug)]
struct ScopeLimit<L: LimitSource> {
    own: L,
    around: Option<Deadline>,
    countdown: Countdown,
}

impl<L: LimitSource> ScopeLimit<L> {
    fn begin(&mut self, around: Deadline) -> bool {
        self.countdown.begin(self.own.fresh(), Deadline::current(), around)
    }
}

impl<L: LimitSource> Drop for ScopeLimit<L> {
    #[inline]
    fn drop(&mut self) {
        if let Some(around) = self.around {
            around.replace_current();
        }
    }
}

impl<L: LimitSource, S: CallScope> DeadlineScope<L, S> {
    /// The limit counts from the moment something inside first waits.
    #[inline]
    pub fn new(own: L, outer: S) -> Self {
        forget_first_wait();
        let around = Deadline::current().narrowed(own.fresh()).replace_current();
        Self { limit: ScopeLimit { own, around: Some(around), countdown: Countdown::Fresh }, outer }
    }
}

impl<L: LimitSource, S: CallScope> CallScope for DeadlineScope<L, S> {
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
            let own = limit.own.fresh();
            let own = limit.countdown.resume().map_or(own, |(end, _)| own.ending(end));
            limit.around = Some(Deadline::current().narrowed(own).replace_current());
        }
    }

    #[inline]
    fn check_limit<T>(&mut self) -> Poll<Result<T, Error>> {
        let Some(around) = self.limit.around else { return Poll::Pending };
        let inside = Deadline::current();
        if self.limit.begin(around) {
            return Poll::Pending;
        }
        // An await point earlier in this poll may have seen the end, and a fallback of it waits now.
        self.limit.countdown.resume();
        if !inside.is_over() {
            return Poll::Pending;
        }
        around.replace_current();
        let error = expired(inside);
        inside.replace_current();
        Poll::Ready(Err(error))
    }

    fn suspend(&mut self, is_outermost: bool, cx: &mut Context<'_>) {
        if let Some(around) = self.limit.around {
            self.limit.begin(around);
            self.limit.around = None;
            let inside = around.replace_current();
            self.limit.countdown.wait(inside, Ticket::NONE, is_outermost && !S::IS_LIMITED, cx);
        }
        self.outer.suspend(is_outermost, cx);
    }
}
