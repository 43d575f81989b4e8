//! The time of a limit, from the first `Pending` on: code that never waits pays for neither clock
//! nor timer.

use std::task::Context;

use super::alarm::Alarm;
use crate::context::facts::Ticket;
use crate::context::{Deadline, PollFrame, first_wait, note_end};
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
    /// Returns the end, and tells the limits inside whether the timer has fired.
    #[inline]
    pub fn resume(&self) -> Option<Moment> {
        match self {
            Self::Fresh => None,
            Self::Noted { end, .. } => Some(*end),
            Self::Armed { alarm, .. } => Some(alarm.resume()),
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
            Self::Armed { alarm, facts } => (alarm.end(), facts),
        };
        *facts = ticket;
        note_end(inside.end().map_or(end, |inside| inside.min(end)));
    }

    /// Makes sure that the task wakes by the nearest end, unless a limit further out does.
    pub fn arm(&mut self, frame: &PollFrame, cx: &mut Context<'_>) {
        let Some(nearest) = frame.to_arm() else { return };
        match self {
            Self::Armed { alarm, .. } => alarm.arm(nearest, cx),
            Self::Noted { end, facts } => {
                *self = Self::Armed { alarm: Alarm::new(*end, nearest, cx), facts: *facts };
            }
            Self::Fresh => {}
        }
    }
}
