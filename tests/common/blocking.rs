//! The world of synchronous scenarios: a manual clock. Its items have the names of those in `awaiting`.

use std::sync::mpsc;
use std::time::Duration;

use resilience::Report;
use resilience::testing::ManualClock;

use super::{Answer, Elapsed};

pub type Script<'a> = super::Script<'a, Clock>;

pub struct Clock(ManualClock);

impl Clock {
    pub fn start() -> Self {
        Self(ManualClock::install())
    }

    pub fn sleep(&self, time: Duration) {
        self.0.advance(time);
    }

    pub fn step_back(&self, time: Duration) {
        self.0.step_back(time);
    }
}

impl Elapsed for Clock {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

impl Script<'_> {
    /// Returns the next answer.
    pub fn run(&self) -> Answer {
        self.next()
    }
}

/// Runs a scenario on its own thread and fails if it hangs for a minute.
pub fn ends(scenario: impl FnOnce() + Send + 'static) {
    let (done, wait) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        scenario();
        done.send(())
    });
    match wait.recv_timeout(super::secs(60)) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        _ => {
            if let Err(panic) = thread.join() {
                std::panic::resume_unwind(panic);
            }
        }
    }
}

/// Makes a call and returns its result and its report.
pub fn observed<T>(call: impl FnOnce() -> T) -> (T, Report) {
    resilience::observe_blocking(call)
}

pub const fn pause() {}

pub fn boxed<T>(answer: T) -> T {
    answer
}
