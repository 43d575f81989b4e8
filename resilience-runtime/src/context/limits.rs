//! What the limits around the code of this thread say, and tell each other within a poll: words side by side, because
//! each poll of a limit writes and clears them.

use std::cell::Cell;

use super::limit_owner::{LimitOwner, UNLIMITED};
use crate::time::Moment;

/// All but the owner has one value outside of a limit, and so tells whether there is one.
pub struct Limits {
    /// Of the tightest limit, as in [`Deadline`](super::Deadline).
    pub word: Cell<u64>,
    /// Of the tightest limit. Without one, it may be that of an earlier one.
    pub owner: Cell<&'static LimitOwner>,
    /// The address of the waker with which the innermost limit polls; zero without one.
    pub waker: Cell<usize>,
    /// The time from the nearest end to [`Moment::FAR`].
    pub nearest: Cell<u64>,
    /// The latest end of a timer that has fired, and when that was noticed.
    pub time: Cell<Moment>,
    /// When a limit inside has begun to wait, in the poll in which the limits around it begin.
    pub first_wait: Cell<Moment>,
}

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

    /// The outermost of the limits that poll with one waker ends its poll.
    #[inline]
    pub fn forget_notes(&self) {
        self.waker.set(0);
        self.nearest.set(0);
        self.time.set(UNKNOWN);
        self.first_wait.set(UNKNOWN);
    }
}
