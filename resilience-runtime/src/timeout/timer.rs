//! The timer of a limit. It exists from the first `Pending` on: code that never waits pays neither for a clock nor for a
//! timer.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep};

use super::TimeoutConfig;
use crate::context::{Deadline, RetriesExhausted};
use crate::emit::emit;
use crate::error::Error;
use crate::event::Event;
use crate::time::{self, Moment};

pin_project! {
    #[derive(Debug)]
    pub struct Timer {
        pub until: Moment,
        // The limit when it began to count, for the error.
        limit: Duration,
        // The mark of the attempt that waits, while it waits.
        pub exhausted: RetriesExhausted,
        // Only the innermost limit has one: no limit outlasts the one around it.
        #[pin]
        sleep: Option<Sleep>,
    }
}

pub type LazyTimer = Option<Pin<Box<Timer>>>;

impl TimeoutConfig {
    #[cold]
    pub(super) fn elapsed(&self, limit: Duration) -> Error {
        // A timeout is a failure of another kind, whatever the code inside has given up before.
        RetriesExhausted::clear();
        emit(&Event::Timeout { function: self.function, limit });
        Error::Timeout { limit }
    }

    /// Begins to count, at the first `Pending`. `own` was the deadline inside of the limit, `outer` is the one around it.
    pub(super) fn begin<'a>(
        &self,
        timer: &'a mut LazyTimer,
        own: Deadline,
        outer: Deadline,
    ) -> &'a mut Pin<Box<Timer>> {
        timer.get_or_insert_with(|| {
            let now = time::now();
            // The code inside may have asked for the deadline, and so fixed it.
            let until = own.moment();
            // The configured limit if that is what ends the call, and not what is left of it a moment later.
            let limit = if outer.outlasts(own) { self.limit } else { until.since(now) };
            Box::pin(Timer { until, limit, exhausted: RetriesExhausted::NO, sleep: None })
        })
    }

    /// Asks the timer, which begins to count now if it has not yet. The deadline around the limit is in force.
    pub(super) fn poll_timer(
        &self,
        timer: &mut LazyTimer,
        own: Deadline,
        exhausted: RetriesExhausted,
        cx: &mut Context<'_>,
    ) -> Poll<Error> {
        let has_begun = timer.is_some();
        let mut timer = self.begin(timer, own, Deadline::current()).as_mut().project();
        *timer.exhausted = exhausted;
        if timer.sleep.is_none() {
            let left = timer.until.since(time::now());
            if has_begun && left.is_zero() {
                return Poll::Ready(self.elapsed(*timer.limit));
            }
            timer.sleep.set(Some(tokio::time::sleep(left)));
        }
        let Some(mut sleep) = timer.sleep.as_pin_mut() else { return Poll::Pending };
        if time::is_skipping() {
            // Skipped time has passed for the limit too.
            let left = timer.until.since(time::now());
            if left.is_zero() {
                return Poll::Ready(self.elapsed(*timer.limit));
            }
            if let Some(at) = Instant::now().checked_add(left) {
                sleep.as_mut().reset(at);
            }
        }
        // tokio gives each task a budget of ready operations. A body that has used it up would keep the timer from
        // firing, so the timer is polled outside of the budget.
        let elapsed = pin!(tokio::task::unconstrained(sleep)).poll(cx);
        elapsed.map(|()| self.elapsed(*timer.limit))
    }
}
