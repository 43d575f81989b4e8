//! What the limits around one await point tell each other within a poll.
//!
//! Only the outermost of the limits that poll with one waker arms a timer. It wakes the task at the
//! nearest end that those inside note at each poll. So a limit that is dropped, or polled elsewhere,
//! takes no timer from those around it: it leaves a timer that is too early, and wakes once too often.

use std::cell::Cell;
use std::ptr;
use std::task::Waker;

use crate::time::{self, Moment};

struct Notes {
    /// The address of the waker with which the innermost limit polls; zero without one.
    waker: Cell<usize>,
    /// The time from the nearest end to [`Moment::FAR`], so that all is zero outside of a poll.
    nearest: Cell<u64>,
    /// When a limit inside has begun to wait, in the poll in which the limits around it begin.
    first_wait: Cell<Option<Moment>>,
    time: Cell<Moment>,
}

const UNKNOWN: Moment = Moment::from_nanos(0);

thread_local! {
    static NOTES: Notes = const {
        Notes { waker: Cell::new(0), nearest: Cell::new(0), first_wait: Cell::new(None), time: Cell::new(UNKNOWN) }
    };
}

#[derive(Debug)]
pub struct PollFrame {
    /// The address of the waker of the limit around, or [`PollFrame::INNER`].
    waker: usize,
    nearest: u64,
}

impl PollFrame {
    /// No waker has an odd address.
    const INNER: usize = 1;

    #[inline]
    pub fn enter(waker: &Waker) -> Self {
        let address = ptr::from_ref(waker).addr();
        NOTES.with(|notes| {
            if notes.waker.get() != 0 {
                return Self::enter_inside(address);
            }
            notes.waker.set(address);
            Self { waker: 0, nearest: 0 }
        })
    }

    /// A waker at the same address is the same waker, because the poll around this one borrows it.
    #[inline(never)]
    fn enter_inside(address: usize) -> Self {
        NOTES.with(|notes| {
            if notes.waker.get() == address {
                return Self::none();
            }
            Self { waker: notes.waker.replace(address), nearest: notes.nearest.take() }
        })
    }

    #[inline(never)]
    fn leave_inside(&self) {
        NOTES.with(|notes| {
            notes.waker.set(self.waker);
            notes.nearest.set(self.nearest);
        });
    }

    #[inline]
    pub const fn none() -> Self {
        Self { waker: Self::INNER, nearest: 0 }
    }

    #[inline]
    pub const fn is_outermost(&self) -> bool {
        self.waker != Self::INNER
    }
}

impl Drop for PollFrame {
    #[inline]
    fn drop(&mut self) {
        match self.waker {
            0 => NOTES.with(|notes| {
                notes.waker.set(0);
                notes.nearest.set(0);
                notes.time.set(UNKNOWN);
            }),
            Self::INNER => {}
            _ => self.leave_inside(),
        }
    }
}

const fn before_far(end: Moment) -> u64 {
    Moment::FAR.as_nanos() - end.as_nanos()
}

/// Returns the nearest end of all limits that have noted theirs.
#[inline]
pub fn note_end(end: Moment) -> Moment {
    NOTES.with(|notes| {
        let nearest = notes.nearest.get().max(before_far(end));
        notes.nearest.set(nearest);
        Moment::from_nanos(Moment::FAR.as_nanos() - nearest)
    })
}

/// Returns whether no limit inside ends before `end`, and no timer has fired.
#[inline]
pub fn is_quiet(end: Moment) -> bool {
    let is_quiet = |notes: &Notes| before_far(end) >= notes.nearest.get() && notes.time.get() == UNKNOWN;
    NOTES.with(is_quiet) && !time::is_overridden()
}

/// A limit that has not begun is polled: what has waited before lies outside of it.
#[inline]
pub fn forget_first_wait() {
    NOTES.with(|notes| notes.first_wait.set(None));
}

pub fn first_wait() -> Moment {
    NOTES.with(|notes| {
        let now = notes.first_wait.get().unwrap_or_else(time::now);
        notes.first_wait.set(Some(now));
        now
    })
}

/// A timer has fired that was armed for `end`, or its runtime has ended.
#[cold]
pub fn timer_fired(end: Moment) {
    // A manual clock does not move with tokio's timers.
    let now = if time::is_overridden() { time::now().max(end) } else { time::now() };
    NOTES.with(|notes| notes.time.set(notes.time.get().max(now)));
}

#[inline]
pub fn is_over(end: Moment) -> bool {
    NOTES.with(|notes| end <= notes.time.get()) || time::is_skipping() && end <= time::now()
}
