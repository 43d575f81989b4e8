//! Settings belong to the whole process, so one test has them at a time, from none to none.

use std::sync::{Mutex, MutexGuard, PoisonError};

use resilience::config;

pub struct Alone(#[expect(dead_code, reason = "held for as long as the scenario runs")] MutexGuard<'static, ()>);

pub fn alone() -> Alone {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    config::clear();
    resilience::testing::reset();
    Alone(turn)
}

impl Drop for Alone {
    fn drop(&mut self) {
        config::clear();
    }
}

/// The problems of settings, a line each.
pub fn lines(result: Result<(), config::ConfigError>) -> Vec<String> {
    result.map_or_else(|error| error.problems().iter().map(ToString::to_string).collect(), |()| Vec::new())
}
