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
struct Look {
    runs: u32,
    rejections: u32,
}

/// Watches the body after a gate has let its call pass.
#[derive(Debug, Clone, Copy)]
pub(super) struct BodyWatch<'r>(Option<(&'r BodyRuns, Look)>);

impl<'r> BodyWatch<'r> {
    /// `None` if nothing below can reject the call.
    pub fn start(runs: Option<&'r BodyRuns>) -> Self {
        Self(runs.map(|runs| (runs, runs.look())))
    }

    pub fn has_not_run(&self) -> bool {
        self.0.is_some_and(|(runs, before)| runs.look().runs == before.runs)
    }

    /// The body has not run, because a gate below has rejected the call.
    pub fn is_rejected(&self) -> bool {
        self.0.is_some_and(|(runs, before)| {
            let Look { runs, rejections } = runs.look();
            runs == before.runs && rejections != before.rejections
        })
    }
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

    fn look(&self) -> Look {
        Look { runs: self.runs.load(Ordering::Relaxed), rejections: self.rejections.load(Ordering::Relaxed) }
    }
}

/// One call counts at a time.
fn up(count: &AtomicU32) {
    count.store(count.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}
