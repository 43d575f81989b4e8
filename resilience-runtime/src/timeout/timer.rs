//! Exists from the first `Pending` on: code that never waits pays for neither clock nor timer.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep};

use super::expired;
use crate::context::Deadline;
use crate::context::facts::Ticket;
use crate::error::Error;
use crate::time;

pin_project! {
    #[derive(Debug)]
    #[project = TimerProjection]
    pub struct Timer {
        // Has started. It may be the one around the limit.
        pub deadline: Deadline,
        // The one around a scope, while the scope is in force.
        pub outer: Option<Deadline>,
        pub facts: Ticket,
        // Only the innermost limit has one: no limit outlasts the one around it.
        #[pin]
        sleep: Option<Sleep>,
    }
}

pub type LazyTimer = Option<Pin<Box<Timer>>>;

impl Timer {
    /// `own` is the deadline inside of the limit. The code there may have started it.
    #[cold]
    pub fn begin(own: Deadline, outer: Option<Deadline>) -> Pin<Box<Self>> {
        Box::pin(Self { deadline: own.started(), outer, facts: Ticket::NONE, sleep: None })
    }
}

/// At the first poll after it has begun, `is_new`, the body gets one more turn.
pub fn poll_timer(timer: &mut Pin<Box<Timer>>, is_new: bool, facts: Ticket, cx: &mut Context<'_>) -> Poll<Error> {
    let mut timer = timer.as_mut().project();
    *timer.facts = facts;
    let deadline = *timer.deadline;
    let left = || deadline.moment().since(time::now());
    if timer.sleep.is_none() {
        let left = left();
        if !is_new && left.is_zero() {
            return Poll::Ready(expired(deadline));
        }
        timer.sleep.set(Some(tokio::time::sleep(left)));
    }
    let Some(mut sleep) = timer.sleep.as_pin_mut() else { return Poll::Pending };
    if time::is_skipping() {
        // Skipped time counts for the limit too.
        let left = left();
        if left.is_zero() {
            return Poll::Ready(expired(deadline));
        }
        if let Some(at) = Instant::now().checked_add(left) {
            sleep.as_mut().reset(at);
        }
    }
    // Outside tokio's budget of ready operations, or a body that uses it up blocks the timer.
    let elapsed = pin!(tokio::task::unconstrained(sleep)).poll(cx);
    elapsed.map(|()| expired(deadline))
}
