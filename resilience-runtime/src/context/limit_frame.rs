//! A limit and the frame of its poll, put in force at once. Most limits are the only one, and then write three words.

use std::mem::ManuallyDrop;
use std::task::Waker;

use super::deadline::Deadline;
use super::limits::{Limits, NO_LIMIT};
use super::poll_frame::{OuterFrame, PollFrame, address, forget_first_wait};

/// What was in force before; `None` if that was nothing.
#[derive(Debug)]
pub struct LimitFrame(Option<Outer>);

#[derive(Debug, Clone, Copy)]
struct Outer {
    deadline: Deadline,
    frame: OuterFrame,
}

impl LimitFrame {
    #[inline]
    pub fn enter(limit: Deadline, waker: &Waker) -> Self {
        Limits::with(|limits| {
            if limits.word.get() != NO_LIMIT {
                return Self(Some(Outer::of_other_call(limit, waker)));
            }
            limit.set_current();
            limits.waker.set(address(waker) | limits.waker.get());
            Self(None)
        })
    }

    /// [`enter`](Self::enter) below a scope with a limit.
    #[inline]
    pub fn enter_below(limit: Deadline, waker: &Waker) -> Self {
        Self(Some(Outer { frame: OuterFrame::enter(waker), deadline: Outer::narrow(limit) }))
    }

    /// After the last poll.
    #[inline]
    pub fn leave(self) {
        Outer::restore(ManuallyDrop::new(self).0);
    }

    /// After a poll that was not the last: only the frame stays in force. Returns the deadline inside, which the code
    /// there may have started.
    #[inline]
    pub fn leave_limit(self) -> (Deadline, PollFrame) {
        let inside = Deadline::current();
        let frame = match ManuallyDrop::new(self).0 {
            None => {
                Deadline::end_current();
                OuterFrame::OUTERMOST
            }
            Some(outer) => {
                outer.deadline.set_current();
                outer.frame
            }
        };
        (inside, PollFrame::of(frame))
    }
}

impl Outer {
    #[inline]
    fn restore(outer: Option<Self>) {
        match outer {
            None => {
                Deadline::end_current();
                OuterFrame::OUTERMOST.leave();
            }
            Some(Self { deadline, frame }) => {
                deadline.set_current();
                frame.leave();
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn restore_after_panic(outer: Option<Self>) {
        Self::restore(outer);
    }

    /// Two calls, whose results return in registers.
    #[inline]
    fn of_other_call(limit: Deadline, waker: &Waker) -> Self {
        Self { frame: OuterFrame::enter_inside(address(waker)), deadline: Self::narrow_out_of_line(limit) }
    }

    #[cold]
    #[inline(never)]
    fn narrow_out_of_line(limit: Deadline) -> Deadline {
        Self::narrow(limit)
    }

    #[inline]
    fn narrow(limit: Deadline) -> Deadline {
        if limit.is_fresh() {
            forget_first_wait();
        }
        Deadline::current().narrowed(limit).replace_current()
    }
}

/// The body has panicked. Out of line, or the words would be in memory in each poll.
impl Drop for LimitFrame {
    #[inline]
    fn drop(&mut self) {
        Outer::restore_after_panic(self.0);
    }
}
