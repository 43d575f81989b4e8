pub mod kept;

use std::future::Future;
use std::pin::{Pin, pin};
use std::ptr;
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
        pub end: Moment,
        // The end for which the timer is armed: that of a limit inside may be nearer.
        pub nearest: Moment,
        // The waker that the timer holds until it fires.
        waker: WakerId,
        runtime: Option<Id>,
        #[pin]
        sleep: Sleep,
    }
}

/// Which task a waker wakes, as [`Waker::will_wake`] tells, without a reference to the task: of two
/// wakers that live at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct WakerId {
    data: usize,
    vtable: usize,
}

impl WakerId {
    const NONE: Self = Self { data: 0, vtable: 0 };

    #[inline]
    fn of(waker: &Waker) -> Self {
        Self { data: waker.data().addr(), vtable: ptr::from_ref(waker.vtable()).addr() }
    }
}

impl Timer {
    pub fn new(end: Moment, nearest: Moment, cx: &mut Context<'_>) -> Pin<Box<Self>> {
        let sleep = sleep_until(nearest);
        let mut timer = Box::pin(Self { end, nearest, waker: WakerId::NONE, runtime: current_runtime(), sleep });
        timer.as_mut().poll(cx);
        timer
    }

    #[inline]
    pub fn has_fired(&self) -> bool {
        self.sleep.is_elapsed()
    }

    pub fn extend(mut self: Pin<&mut Self>, end: Moment, nearest: Moment, cx: &mut Context<'_>) {
        let this = self.as_mut().project();
        (*this.end, *this.nearest) = (end, nearest);
        this.sleep.reset(instant(nearest));
        self.poll(cx);
    }

    #[inline]
    pub fn arm(self: Pin<&mut Self>, nearest: Moment, cx: &mut Context<'_>) {
        let is_armed = nearest >= self.nearest && !self.has_fired() && !time::is_skipping();
        if !is_armed {
            self.arm_again(nearest, cx);
        } else if !self.wakes(cx.waker()) {
            self.poll(cx);
        }
    }

    #[inline]
    pub fn wakes(&self, waker: &Waker) -> bool {
        self.waker == WakerId::of(waker)
    }

    #[cold]
    fn arm_again(mut self: Pin<&mut Self>, nearest: Moment, cx: &mut Context<'_>) {
        let mut this = self.as_mut().project();
        // In the runtime of this poll, which need not be that of the last one.
        this.sleep.set(sleep_until(nearest));
        (*this.nearest, *this.runtime) = (nearest, current_runtime());
        self.poll(cx);
    }

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) {
        *self.as_mut().project().waker = WakerId::of(cx.waker());
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
