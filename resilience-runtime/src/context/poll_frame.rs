//! What the limits around one await point tell each other within a poll.
//!
//! Only the outermost of the limits that poll with one waker arms a timer. It wakes the task at the
//! nearest end that those inside note at each poll. So a limit that is dropped, or polled elsewhere,
//! takes no timer from those around it: it leaves a timer that is too early, and wakes once too often.

use std::ptr;
use std::task::Waker;

use super::limits::{Limits, NOTED, UNKNOWN};
use crate::time::{self, Moment};

#[derive(Debug)]
pub struct PollFrame(OuterFrame);

#[derive(Debug, Clone, Copy)]
pub struct OuterFrame {
    /// The address of its waker, or [`INNER`](Self::INNER).
    waker: usize,
    nearest: u64,
}

#[inline]
pub fn address(waker: &Waker) -> usize {
    ptr::from_ref(waker).addr()
}

impl OuterFrame {
    const INNER: usize = 2;

    pub const OUTERMOST: Self = Self { waker: 0, nearest: 0 };
    const SAME_WAKER: Self = Self { waker: Self::INNER, nearest: 0 };

    #[inline]
    pub fn enter(waker: &Waker) -> Self {
        Limits::with(|limits| {
            if limits.waker.get() & !NOTED != 0 {
                return Self::enter_inside(address(waker));
            }
            limits.waker.set(address(waker) | limits.waker.get());
            Self::OUTERMOST
        })
    }

    /// A waker at the same address is the same waker, because the poll around this one borrows it.
    #[inline(never)]
    pub fn enter_inside(address: usize) -> Self {
        Limits::with(|limits| {
            let (waker, noted) = (limits.waker.get() & !NOTED, limits.waker.get() & NOTED);
            if waker == address {
                return Self::SAME_WAKER;
            }
            limits.waker.set(address | noted);
            Self { waker, nearest: if noted == 0 { 0 } else { limits.nearest.take() } }
        })
    }

    #[inline]
    pub fn leave(self) {
        match self.waker {
            0 => Limits::with(|limits| limits.waker.set(0)),
            Self::INNER => {}
            _ => self.leave_inside(),
        }
    }

    #[inline(never)]
    fn leave_inside(self) {
        Limits::with(|limits| {
            limits.waker.set(self.waker | limits.waker.get() & NOTED);
            limits.nearest.set(self.nearest);
        });
    }
}

impl PollFrame {
    #[inline]
    pub fn enter(waker: &Waker) -> Self {
        Self(OuterFrame::enter(waker))
    }

    #[inline]
    pub const fn none() -> Self {
        Self(OuterFrame::SAME_WAKER)
    }

    #[inline]
    pub const fn of(outer: OuterFrame) -> Self {
        Self(outer)
    }

    #[inline]
    pub const fn is_outermost(&self) -> bool {
        self.0.waker != OuterFrame::INNER
    }
}

impl Drop for PollFrame {
    #[inline]
    fn drop(&mut self) {
        self.0.leave();
    }
}

const fn before_far(end: Moment) -> u64 {
    Moment::FAR.as_nanos() - end.as_nanos()
}

/// Returns the nearest end of all limits that have noted theirs.
#[inline]
pub fn note_end(end: Moment) -> Moment {
    Limits::with_notes(|notes| {
        let nearest = notes.nearest.get().max(before_far(end));
        notes.nearest.set(nearest);
        Moment::from_nanos(Moment::FAR.as_nanos() - nearest)
    })
}

/// Returns whether no limit inside ends before `end`, and no timer has fired.
#[inline]
pub fn is_quiet(end: Moment) -> bool {
    let is_quiet = |limits: &Limits| {
        !limits.has_notes() || before_far(end) >= limits.nearest.get() && limits.time.get() == UNKNOWN
    };
    Limits::with(is_quiet) && !time::is_overridden()
}

/// A limit that has not begun is polled: what has waited before lies outside of it.
#[inline]
pub fn forget_first_wait() {
    Limits::with(|notes| notes.first_wait.set(UNKNOWN));
}

pub fn first_wait() -> Moment {
    Limits::with_notes(|notes| {
        if notes.first_wait.get() == UNKNOWN {
            notes.first_wait.set(time::now());
        }
        notes.first_wait.get()
    })
}

/// A timer has fired that was armed for `end`, or its runtime has ended.
#[cold]
pub fn timer_fired(end: Moment) {
    // A manual clock does not move with tokio's timers.
    let now = if time::is_overridden() { time::now().max(end) } else { time::now() };
    Limits::with_notes(|notes| notes.time.set(notes.time.get().max(now)));
}

#[inline]
pub fn is_over(end: Moment) -> bool {
    Limits::with(|limits| limits.has_notes() && end <= limits.time.get()) || time::is_skipping() && end <= time::now()
}
