//! Exists from the first `Pending` on: code that never waits pays for neither clock nor timer.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep};

use super::TimeoutConfig;
use crate::context::Deadline;
use crate::context::facts::{self, Ticket};
use crate::emit::emit;
use crate::error::Error;
use crate::event::Event;
use crate::time::{self, Moment};

pin_project! {
    #[derive(Debug)]
    pub struct Timer {
        pub until: Moment,
        // For the error: the limit when it began to count.
        limit: Duration,
        pub facts: Ticket,
        // Only the innermost limit has one: no limit outlasts the one around it.
        #[pin]
        sleep: Option<Sleep>,
    }
}

pub type LazyTimer = Option<Pin<Box<Timer>>>;

impl TimeoutConfig {
    #[cold]
    pub(super) fn elapsed(&self, limit: Duration) -> Error {
        // A timeout is a failure of its own, whatever has failed before.
        facts::begin();
        emit(&Event::Timeout { function: self.function, limit });
        Error::Timeout { limit }
    }

    /// `own` was the deadline inside of the limit, `outer` is the one around it.
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
            // The error reports the configured limit, unless an outer deadline ends the call.
            let limit = if outer.outlasts(own) { self.limit } else { until.since(now) };
            Box::pin(Timer { until, limit, facts: Ticket::NONE, sleep: None })
        })
    }

    /// Starts to count at the first call. The deadline around the limit is in force.
    pub(super) fn poll_timer(
        &self,
        timer: &mut LazyTimer,
        own: Deadline,
        facts: Ticket,
        cx: &mut Context<'_>,
    ) -> Poll<Error> {
        let has_begun = timer.is_some();
        let mut timer = self.begin(timer, own, Deadline::current()).as_mut().project();
        *timer.facts = facts;
        if timer.sleep.is_none() {
            let left = timer.until.since(time::now());
            if has_begun && left.is_zero() {
                return Poll::Ready(self.elapsed(*timer.limit));
            }
            timer.sleep.set(Some(tokio::time::sleep(left)));
        }
        let Some(mut sleep) = timer.sleep.as_pin_mut() else { return Poll::Pending };
        if time::is_skipping() {
            // Skipped time counts for the limit too.
            let left = timer.until.since(time::now());
            if left.is_zero() {
                return Poll::Ready(self.elapsed(*timer.limit));
            }
            if let Some(at) = Instant::now().checked_add(left) {
                sleep.as_mut().reset(at);
            }
        }
        // Outside tokio's budget of ready operations, or a body that uses it up blocks the timer.
        let elapsed = pin!(tokio::task::unconstrained(sleep)).poll(cx);
        elapsed.map(|()| self.elapsed(*timer.limit))
    }
}
