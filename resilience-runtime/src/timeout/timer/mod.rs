pub mod kept;

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::runtime::{Handle, Id};
use tokio::task::coop::{has_budget_remaining, unconstrained};
use tokio::time::{Instant, Sleep};

use crate::time::{self, Moment};

pin_project! {
    #[derive(Debug)]
    pub struct Timer {
        // Of the limit.
        pub end: Moment,
        // The end for which the timer is armed: that of a limit inside may be nearer.
        pub nearest: Moment,
        // Proves, from the second wait on, that the timer wakes this waker.
        waker: Option<Waker>,
        runtime: Option<Id>,
        #[pin]
        sleep: Sleep,
    }
}

impl Timer {
    pub fn new(end: Moment, nearest: Moment, cx: &mut Context<'_>) -> Pin<Box<Self>> {
        let sleep = sleep_until(nearest);
        let mut timer = Box::pin(Self { end, nearest, waker: None, runtime: current_runtime(), sleep });
        timer.as_mut().poll(cx);
        timer
    }

    #[inline]
    pub fn has_fired(&self) -> bool {
        self.sleep.is_elapsed()
    }

    /// Arms a timer that has not fired for another call in its runtime.
    pub fn extend(mut self: Pin<&mut Self>, end: Moment, nearest: Moment, cx: &mut Context<'_>) {
        let this = self.as_mut().project();
        (*this.end, *this.nearest, *this.waker) = (end, nearest, None);
        this.sleep.reset(instant(nearest));
        self.poll(cx);
    }

    #[inline]
    pub fn arm(self: Pin<&mut Self>, nearest: Moment, cx: &mut Context<'_>) {
        let is_armed = nearest >= self.nearest && !self.has_fired() && !time::is_skipping();
        if !is_armed {
            self.arm_again(nearest, cx);
        } else if !self.wakes(cx.waker()) {
            self.wake(cx);
        }
    }

    #[inline]
    pub fn wakes(&self, waker: &Waker) -> bool {
        self.waker.as_ref().is_some_and(|known| known.will_wake(waker))
    }

    #[cold]
    fn arm_again(mut self: Pin<&mut Self>, nearest: Moment, cx: &mut Context<'_>) {
        let mut this = self.as_mut().project();
        // In the runtime of this poll, which need not be that of the last one.
        this.sleep.set(sleep_until(nearest));
        (*this.nearest, *this.waker, *this.runtime) = (nearest, None, current_runtime());
        self.poll(cx);
    }

    #[cold]
    fn wake(mut self: Pin<&mut Self>, cx: &mut Context<'_>) {
        *self.as_mut().project().waker = Some(cx.waker().clone());
        self.poll(cx);
    }

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) {
        if self.poll_sleep(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
    }

    /// Outside tokio's budget of ready operations, or a body that uses it up blocks the timer.
    #[inline]
    fn poll_sleep(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let sleep = self.project().sleep;
        if has_budget_remaining() { sleep.poll(cx) } else { pin!(unconstrained(sleep)).poll(cx) }
    }
}

fn current_runtime() -> Option<Id> {
    Handle::try_current().ok().map(|handle| handle.id())
}

fn instant(end: Moment) -> Instant {
    end.to_timer().unwrap_or_else(|| tokio::time::sleep(Duration::MAX).deadline())
}

fn sleep_until(end: Moment) -> Sleep {
    tokio::time::sleep_until(instant(end))
}
