//! Tests of state that the whole process shares run one at a time.

use std::sync::{Mutex, MutexGuard, PoisonError};

use resilience::testing;

/// Held by the one test of the program that may use the shared state.
pub struct Alone {
    _guard: MutexGuard<'static, ()>,
}

/// Waits until no other test of the program holds an [`Alone`].
pub fn alone() -> Alone {
    static ONE: Mutex<()> = Mutex::new(());
    Alone { _guard: ONE.lock().unwrap_or_else(PoisonError::into_inner) }
}

/// A process as it is at its start, for one test at a time.
pub struct Process {
    _alone: Alone,
}

impl Process {
    pub fn start() -> Self {
        let process = Self { _alone: alone() };
        testing::reset();
        process
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        testing::reset();
    }
}
