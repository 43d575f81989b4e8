//! What the limits around the code of this thread say, and tell each other within a poll.

use std::cell::Cell;

use super::limit_owner::{LimitOwner, UNLIMITED};
use crate::time::Moment;

pub struct Limits {
    /// Of the tightest limit, as in [`Deadline`](super::Deadline). Without one, there is no waker either.
    pub word: Cell<u64>,
    /// Of the tightest limit. Without one, it may be that of an earlier one.
    pub owner: Cell<&'static LimitOwner>,
    /// The address of the waker with which the innermost limit polls, or zero; with [`NOTED`].
    pub waker: Cell<usize>,
    /// The time from the nearest end to [`Moment::FAR`].
    pub nearest: Cell<u64>,
    /// When it was noticed that a timer has fired, or the end of that timer.
    pub time: Cell<Moment>,
    /// When a limit inside has begun to wait, in the poll in which the limits around it begin.
    pub first_wait: Cell<Moment>,
}

/// The notes are void without it, so a limit that notes nothing need not clear them. No waker has an odd address.
pub const NOTED: usize = 1;

pub const NO_LIMIT: u64 = u64::MAX;
pub const UNKNOWN: Moment = Moment::from_nanos(0);

thread_local! {
    static LIMITS: Limits = const {
        Limits {
            word: Cell::new(NO_LIMIT),
            owner: Cell::new(&UNLIMITED),
            waker: Cell::new(0),
            nearest: Cell::new(0),
            time: Cell::new(UNKNOWN),
            first_wait: Cell::new(UNKNOWN),
        }
    };
}

impl Limits {
    #[inline]
    pub fn with<T>(use_them: impl FnOnce(&Self) -> T) -> T {
        LIMITS.with(use_them)
    }

    #[inline]
    pub fn has_notes(&self) -> bool {
        self.waker.get() & NOTED != 0
    }

    #[inline]
    pub fn with_notes<T>(use_them: impl FnOnce(&Self) -> T) -> T {
        Self::with(|limits| {
            if !limits.has_notes() {
                limits.begin_notes();
            }
            use_them(limits)
        })
    }

    fn begin_notes(&self) {
        self.nearest.set(0);
        self.time.set(UNKNOWN);
        self.first_wait.set(UNKNOWN);
        self.waker.set(self.waker.get() | NOTED);
    }
}
