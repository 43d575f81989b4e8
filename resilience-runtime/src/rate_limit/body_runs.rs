use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::Error;

/// Counts the runs of the body of a call. A rate limit above other gates reads it before and after,
/// to learn whether the body has run. It is atomic to keep the future of the call `Send`.
#[derive(Debug, Default)]
pub struct BodyRuns {
    runs: AtomicU32,
    rejections: AtomicU32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    pub runs: u32,
    pub rejections: u32,
}

impl BodyRuns {
    pub const fn new() -> Self {
        Self { runs: AtomicU32::new(0), rejections: AtomicU32::new(0) }
    }

    /// The body begins.
    pub fn begin(&self) {
        up(&self.runs);
    }

    /// A gate has rejected the call, or a limit has ended it.
    pub fn rejected(&self) {
        up(&self.rejections);
    }

    /// Adopts what has happened on another thread.
    pub fn join(&self, other: &Self) {
        let Look { runs, rejections } = other.look();
        if runs > 0 {
            self.begin();
        }
        if rejections > 0 {
            self.rejected();
        }
    }

    /// The body has no thread, or has been left behind on one.
    pub fn left_behind(&self, rejection: &Error) {
        match rejection {
            Error::NoThread { .. } => self.rejected(),
            _ => self.begin(),
        }
    }

    pub(super) fn look(&self) -> Look {
        Look { runs: self.runs.load(Ordering::Relaxed), rejections: self.rejections.load(Ordering::Relaxed) }
    }
}

/// One call counts at a time.
fn up(count: &AtomicU32) {
    count.store(count.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}
