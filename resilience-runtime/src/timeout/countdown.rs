//! The time of a limit, from the first `Pending` on: code that never waits pays for neither clock
//! nor timer.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Waker};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::Sleep;

use crate::context::facts::Ticket;
use crate::context::{Deadline, PollFrame, first_wait, note_end, timer_fired};
use crate::time::{self, Moment};

#[derive(Debug)]
pub enum Countdown {
    Fresh,
    /// A limit further out wakes the task.
    Noted {
        end: Moment,
        facts: Ticket,
    },
    Armed {
        alarm: Pin<Box<Alarm>>,
        facts: Ticket,
    },
}

pin_project! {
    #[derive(Debug)]
    pub struct Alarm {
        end: Moment,
        // The end for which the timer is armed: that of a limit inside may be nearer.
        nearest: Moment,
        // Proves, from the second wait on, that the timer wakes this waker.
        waker: Option<Waker>,
        #[pin]
        sleep: Sleep,
    }
}

impl Countdown {
    /// Returns the end, and tells the limits inside whether the timer has fired.
    #[inline]
    pub fn resume(&self) -> Option<Moment> {
        match self {
            Self::Fresh => None,
            Self::Noted { end, .. } => Some(*end),
            Self::Armed { alarm, .. } => {
                if alarm.sleep.is_elapsed() {
                    timer_fired(alarm.nearest);
                }
                Some(alarm.end)
            }
        }
    }

    #[inline]
    pub const fn facts(&self) -> Ticket {
        match self {
            Self::Fresh => Ticket::NEW,
            Self::Noted { facts, .. } | Self::Armed { facts, .. } => *facts,
        }
    }

    /// Returns whether the limit begins to count. The body then gets one more turn.
    pub fn begin(&mut self, own: Deadline, inside: Deadline, around: Deadline) -> bool {
        let is_new = matches!(self, Self::Fresh);
        if is_new {
            let end = match inside.end_of(own) {
                Some(end) => end,
                None => around.end().unwrap_or_else(|| first_wait().after(own.length())),
            };
            *self = Self::Noted { end, facts: Ticket::NONE };
        }
        is_new
    }

    /// Notes the end for the limits around.
    #[inline]
    pub fn wait(&mut self, inside: Deadline, ticket: Ticket) {
        let (end, facts) = match self {
            Self::Fresh => return,
            Self::Noted { end, facts } => (*end, facts),
            Self::Armed { alarm, facts } => (alarm.end, facts),
        };
        *facts = ticket;
        note_end(inside.end().map_or(end, |inside| inside.min(end)));
    }

    /// Makes sure that the task wakes by the nearest end, unless a limit further out does.
    pub fn arm(&mut self, frame: &PollFrame, cx: &mut Context<'_>) {
        let Some(nearest) = frame.to_arm() else { return };
        match self {
            Self::Armed { alarm, .. } => alarm.as_mut().arm(nearest, cx),
            Self::Noted { end, facts } => {
                *self = Self::Armed { alarm: Alarm::new(*end, nearest, cx), facts: *facts };
            }
            Self::Fresh => {}
        }
    }
}

impl Alarm {
    fn new(end: Moment, nearest: Moment, cx: &mut Context<'_>) -> Pin<Box<Self>> {
        let mut alarm = Box::pin(Self { end, nearest, waker: None, sleep: sleep_until(nearest) });
        poll_sleep(alarm.as_mut().project().sleep, cx);
        alarm
    }

    fn arm(self: Pin<&mut Self>, nearest: Moment, cx: &mut Context<'_>) {
        let mut this = self.project();
        if nearest < *this.nearest || this.sleep.is_elapsed() || time::is_skipping() {
            // In the runtime of this poll, which need not be that of the old timer.
            this.sleep.set(sleep_until(nearest));
            *this.nearest = nearest;
            *this.waker = None;
        } else if this.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            return;
        } else {
            *this.waker = Some(cx.waker().clone());
        }
        poll_sleep(this.sleep, cx);
    }
}

/// Outside tokio's budget of ready operations, or a body that uses it up blocks the timer.
fn poll_sleep(sleep: Pin<&mut Sleep>, cx: &mut Context<'_>) {
    if pin!(tokio::task::unconstrained(sleep)).poll(cx).is_ready() {
        cx.waker().wake_by_ref();
    }
}

fn sleep_until(end: Moment) -> Sleep {
    match end.to_timer() {
        Some(at) => tokio::time::sleep_until(at),
        None => tokio::time::sleep(Duration::MAX),
    }
}
