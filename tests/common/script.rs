//! A scripted operation, which runs on either clock and hands out errors of this module.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Answer, Elapsed, TestError};

/// An operation that follows a plan and remembers when it was called.
pub struct Script<'a, C> {
    clock: &'a C,
    plan: Box<dyn Fn(u32) -> Answer + Send + Sync + 'a>,
    starts: Mutex<Vec<Duration>>,
}

impl<'a, C: Elapsed> Script<'a, C> {
    /// Makes call number `n`, from 1, return `plan(n)`.
    pub fn new(clock: &'a C, plan: impl Fn(u32) -> Answer + Send + Sync + 'a) -> Self {
        Self { clock, plan: Box::new(plan), starts: Mutex::default() }
    }

    /// Fails the first calls, then returns the number of the call.
    pub fn fails(times: u32, clock: &'a C) -> Self {
        Self::new(clock, move |call| if call <= times { Err(TestError::Transient) } else { Ok(call) })
    }

    pub fn always(error: TestError, clock: &'a C) -> Self {
        Self::new(clock, move |_| Err(error.clone()))
    }

    /// Reads one letter per call, `S` for success and `F` for failure, ignoring spaces. Later calls succeed.
    pub fn of(letters: &str, clock: &'a C) -> Self {
        let fails: Vec<bool> = letters.chars().filter(|letter| *letter != ' ').map(|letter| letter == 'F').collect();
        Self::new(clock, move |call| match fails.get(call as usize - 1) {
            Some(true) => Err(TestError::Transient),
            _ => Ok(call),
        })
    }

    pub fn next(&self) -> Answer {
        let mut starts = self.starts.lock().unwrap_or_else(PoisonError::into_inner);
        starts.push(self.clock.elapsed());
        let call = u32::try_from(starts.len()).unwrap_or(u32::MAX);
        drop(starts);
        (self.plan)(call)
    }

    /// Returns when each call began.
    pub fn starts(&self) -> Vec<Duration> {
        self.starts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn calls(&self) -> usize {
        self.starts().len()
    }

    /// Returns the time between the starts of successive calls.
    pub fn gaps(&self) -> Vec<Duration> {
        self.starts().windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect()
    }
}
