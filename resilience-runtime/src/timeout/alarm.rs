//! The timer of the outermost limit.

use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::task::{Context, Waker};

use super::timer::{Timer, kept};
use crate::context::{is_quiet, timer_fired};
use crate::time::{self, Moment};

/// A timer costs more to arm than to extend, and calls are shorter than their limits: it stays armed
/// for the next call. A clock that is paused would stop at it, so it is kept only where none can be.
const KEEPS_TIMERS: bool = !time::CAN_TOKIO_PAUSE;

#[derive(Debug)]
pub struct Alarm(Option<ManuallyDrop<Pin<Box<Timer>>>>);

impl Alarm {
    pub fn new(end: Moment, nearest: Moment, cx: &mut Context<'_>) -> Self {
        let kept = if KEEPS_TIMERS { kept::take() } else { None };
        Self(Some(ManuallyDrop::new(match kept {
            Some(mut timer) => {
                timer.as_mut().extend(end, nearest, cx);
                timer
            }
            None => Timer::new(end, nearest, cx),
        })))
    }

    #[inline]
    pub fn end(&self) -> Moment {
        self.0.as_ref().map_or(Moment::FAR, |timer| timer.end)
    }

    /// A timer that fires after [`resume`](Self::resume) has woken the task by this waker.
    #[inline]
    pub fn is_settled(&self, waker: &Waker) -> bool {
        self.0.as_ref().is_some_and(|timer| is_quiet(timer.nearest) && timer.wakes(waker))
    }

    #[inline]
    pub fn resume(&self) -> Moment {
        let Some(timer) = &self.0 else { return Moment::FAR };
        if timer.has_fired() {
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

/// Of the whole, and out of line: the future of each function with a limit contains this drop.
impl Drop for Alarm {
    #[inline(never)]
    fn drop(&mut self) {
        let Some(timer) = self.0.take().map(ManuallyDrop::into_inner) else { return };
        if KEEPS_TIMERS && !timer.has_fired() {
            kept::keep(timer);
        }
    }
}
