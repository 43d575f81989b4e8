//! A limit and the frame of its poll, put in force at once. Most limits are the only one, and then write three words.
//! What is out of line returns in registers, because words in memory would be written in each poll.

use std::mem::ManuallyDrop;
use std::task::Waker;

use super::deadline::Deadline;
use super::limits::{Limits, NO_LIMIT};
use super::poll_frame::{OuterFrame, PollFrame, address, forget_first_wait};

/// What was in force before; `None` if that was nothing.
#[derive(Debug)]
pub struct LimitFrame(Option<OuterLimit>);

#[derive(Debug, Clone, Copy)]
struct OuterLimit {
    deadline: Deadline,
    frame: OuterFrame,
}

impl LimitFrame {
    #[inline]
    pub fn enter(limit: Deadline, waker: &Waker) -> Self {
        Limits::with(|limits| {
            if limits.word.get() != NO_LIMIT {
                return Self(Some(OuterLimit::of_other_call(limit, waker)));
            }
            limit.set_current();
            limits.waker.set(address(waker) | limits.waker.get());
            Self(None)
        })
    }

    #[inline]
    pub fn enter_below(limit: Deadline, waker: &Waker) -> Self {
        Self(Some(OuterLimit { frame: OuterFrame::enter(waker), deadline: OuterLimit::narrow(limit) }))
    }

    #[inline]
    pub fn leave(self) {
        OuterLimit::restore(ManuallyDrop::new(self).0);
    }

    /// The frame stays in force. Returns the deadline inside, which the code there may have started.
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

impl OuterLimit {
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

/// The body has panicked.
impl Drop for LimitFrame {
    #[inline]
    fn drop(&mut self) {
        OuterLimit::restore_after_panic(self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::time::Duration;

    use super::super::limit_owner::UNLIMITED;
    use super::super::poll_frame::{first_wait, note_end};
    use super::super::{FreshLimit, remaining, timer_fired};
    use super::*;
    use crate::time::{ManualClock, Moment};

    const NEAR: Moment = Moment::from_nanos(1_000);
    const LATE: Moment = Moment::from_nanos(2_000);
    const LATEST: Moment = Moment::from_nanos(3_000);

    fn limit(secs: u64) -> Deadline {
        FreshLimit::new(Duration::from_secs(secs)).of(&UNLIMITED)
    }

    fn is_outermost(frame: LimitFrame) -> bool {
        frame.leave_limit().1.is_outermost()
    }

    #[test]
    fn a_poll_knows_nothing_of_what_the_one_before_has_noted() {
        let clock = ManualClock::install();
        for is_last in [true, false] {
            let frame = LimitFrame::enter(limit(1), Waker::noop());
            assert!(Limits::with(|limits| !limits.has_notes()));
            assert_eq!(note_end(NEAR), NEAR);
            let before = first_wait();
            timer_fired(NEAR);
            if is_last {
                frame.leave();
            } else {
                drop(frame.leave_limit());
            }
            clock.advance(Duration::from_secs(1));
            let _frame = LimitFrame::enter(limit(1), Waker::noop());
            assert!(first_wait() > before);
            assert_eq!(note_end(LATE), LATE, "no nearer end is known");
        }
    }

    #[test]
    fn what_is_noted_below_another_waker_stays_there() {
        let outer = LimitFrame::enter(limit(3), Waker::noop());
        note_end(LATE);
        let other = Waker::noop().clone();
        let inner = LimitFrame::enter(limit(2), &other);
        assert_eq!(note_end(LATEST), LATEST, "the end of the limit around is its own affair");
        assert_eq!(note_end(NEAR), NEAR);
        assert!(is_outermost(inner));
        assert_eq!(note_end(LATEST), LATE);
        assert!(!is_outermost(LimitFrame::enter(limit(2), Waker::noop())), "of the waker around");
        outer.leave();
        assert!(is_outermost(LimitFrame::enter(limit(1), Waker::noop())));
    }

    #[test]
    fn a_panic_restores_what_was_around() {
        let _clock = ManualClock::install();
        let other = Waker::noop().clone();
        for (waker, is_same) in [(Waker::noop(), true), (&other, false)] {
            let outer = LimitFrame::enter(limit(2), Waker::noop());
            let panicked = catch_unwind(AssertUnwindSafe(|| {
                let _inner = LimitFrame::enter(limit(1), waker);
                panic!("body");
            }));
            assert!(panicked.is_err());
            assert!(remaining().is_some_and(|left| left > Duration::from_secs(1)), "{is_same}");
            assert!(!is_outermost(LimitFrame::enter(limit(1), Waker::noop())), "{is_same}");
            drop(outer);
            assert_eq!(remaining(), None);
            assert!(is_outermost(LimitFrame::enter(limit(1), Waker::noop())), "{is_same}");
        }
    }
}
