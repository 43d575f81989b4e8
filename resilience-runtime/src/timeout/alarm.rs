//! The timer of the outermost limit.

use std::cell::RefCell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Waker};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::Sleep;

use crate::context::timer_fired;
use crate::time::{self, Moment};

/// `None` while it is dropped.
#[derive(Debug)]
pub struct Alarm(Option<Pin<Box<Timer>>>);

pin_project! {
    #[derive(Debug)]
    struct Timer {
        // Of the limit.
        end: Moment,
        // The end for which the timer is armed: that of a limit inside may be nearer.
        nearest: Moment,
        // Proves, from the second wait on, that the timer wakes this waker.
        waker: Option<Waker>,
        // `None` in a spare.
        #[pin]
        sleep: Option<Sleep>,
    }
}

thread_local! {
    /// Memory only: a spare belongs to no runtime, and holds no waker.
    static SPARES: RefCell<Vec<Pin<Box<Timer>>>> = const { RefCell::new(Vec::new()) };
}

const MOST_SPARES: usize = 32;

impl Alarm {
    pub fn new(end: Moment, nearest: Moment, cx: &mut Context<'_>) -> Self {
        let spare = SPARES.try_with(|spares| spares.borrow_mut().pop()).ok().flatten();
        let mut timer = spare.unwrap_or_else(|| Box::pin(Timer { end, nearest, waker: None, sleep: None }));
        *timer.as_mut().project().end = end;
        timer.as_mut().set(nearest, cx);
        Self(Some(timer))
    }

    #[inline]
    pub fn end(&self) -> Moment {
        self.0.as_ref().map_or(Moment::FAR, |timer| timer.end)
    }

    /// Returns the end, and tells the limits inside whether the timer has fired.
    #[inline]
    pub fn resume(&self) -> Moment {
        let Some(timer) = &self.0 else { return Moment::FAR };
        if timer.is_over() {
            timer_fired(timer.nearest);
        }
        timer.end
    }

    pub fn arm(&mut self, nearest: Moment, cx: &mut Context<'_>) {
        if let Some(timer) = &mut self.0 {
            timer.as_mut().arm(nearest, cx);
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        let Some(mut timer) = self.0.take() else { return };
        let mut parts = timer.as_mut().project();
        parts.sleep.set(None);
        *parts.waker = None;
        let _gone_at_the_end_of_a_thread = SPARES.try_with(|spares| {
            let mut spares = spares.borrow_mut();
            if spares.len() < MOST_SPARES {
                spares.push(timer);
            }
        });
    }
}

impl Timer {
    fn is_over(&self) -> bool {
        self.sleep.as_ref().is_some_and(Sleep::is_elapsed)
    }

    fn arm(self: Pin<&mut Self>, nearest: Moment, cx: &mut Context<'_>) {
        if nearest < self.nearest || self.is_over() || time::is_skipping() {
            self.set(nearest, cx);
            return;
        }
        let this = self.project();
        if this.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            return;
        }
        *this.waker = Some(cx.waker().clone());
        poll(this.sleep, cx);
    }

    /// In the runtime of this poll, which need not be that of the last one.
    fn set(self: Pin<&mut Self>, nearest: Moment, cx: &mut Context<'_>) {
        let mut this = self.project();
        *this.nearest = nearest;
        *this.waker = None;
        this.sleep.set(Some(match nearest.to_timer() {
            Some(at) => tokio::time::sleep_until(at),
            None => tokio::time::sleep(Duration::MAX),
        }));
        poll(this.sleep, cx);
    }
}

/// Outside tokio's budget of ready operations, or a body that uses it up blocks the timer.
fn poll(sleep: Pin<&mut Option<Sleep>>, cx: &mut Context<'_>) {
    let Some(sleep) = sleep.as_pin_mut() else { return };
    if pin!(tokio::task::unconstrained(sleep)).poll(cx).is_ready() {
        cx.waker().wake_by_ref();
    }
}
