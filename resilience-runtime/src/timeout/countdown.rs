//! The time of a limit, from the first `Pending` on: code that never waits pays for neither clock
//! nor timer.

use std::task::{Context, Poll};

use super::alarm::Alarm;
use super::expired;
use crate::context::facts::Ticket;
use crate::context::{Deadline, first_wait, note_end};
use crate::error::Error;
use crate::time::Moment;

#[derive(Debug)]
pub enum Countdown {
    Fresh,
    /// A limit further out wakes the task.
    Noted {
        end: Moment,
        facts: Ticket,
    },
    Armed {
        alarm: Alarm,
        facts: Ticket,
    },
}

impl Countdown {
    /// Returns the end and the facts of the call, and tells the limits inside whether the timer has
    /// fired.
    #[inline]
    pub fn resume(&self) -> Option<(Moment, Ticket)> {
        match self {
            Self::Fresh => None,
            Self::Noted { end, facts } => Some((*end, *facts)),
            Self::Armed { alarm, facts } => Some((alarm.resume(), *facts)),
        }
    }

    /// Returns whether the limit begins to count. The body then gets one more turn.
    #[inline]
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

    /// Notes the end for the limits around. Without such a limit, makes sure that the task wakes by
    /// the nearest end.
    #[inline]
    pub fn wait(&mut self, inside: Deadline, ticket: Ticket, is_outermost: bool, cx: &mut Context<'_>) {
        let nearest = match self {
            Self::Fresh => return,
            Self::Noted { end, facts } => {
                *facts = ticket;
                note_end(inside.end_before(*end))
            }
            Self::Armed { alarm, facts } => {
                *facts = ticket;
                note_end(inside.end_before(alarm.end()))
            }
        };
        if !is_outermost {
            return;
        }
        match self {
            Self::Armed { alarm, .. } => alarm.arm(nearest, cx),
            Self::Noted { end, facts } => {
                *self = Self::Armed { alarm: Alarm::new(*end, nearest, cx), facts: *facts };
            }
            Self::Fresh => {}
        }
    }

    #[inline]
    pub fn is_settled(&mut self, ticket: Ticket, cx: &mut Context<'_>) -> bool {
        let Self::Armed { alarm, facts } = self else { return false };
        *facts = ticket;
        alarm.is_settled(cx.waker())
    }

    #[inline(never)]
    pub fn pending(
        &mut self,
        own: Deadline,
        inside: Deadline,
        facts: Ticket,
        is_outermost: bool,
        cx: &mut Context<'_>,
    ) -> Poll<Error> {
        if !self.begin(own, inside, Deadline::current()) && inside.is_over() {
            return Poll::Ready(expired(inside));
        }
        self.wait(inside, facts, is_outermost, cx);
        Poll::Pending
    }
}
