//! Settings belong to the whole process, so one test has them at a time, from none to none.

use resilience::config;

use crate::common::Process;

pub struct WithoutSettings {
    _process: Process,
}

pub fn alone() -> WithoutSettings {
    let process = Process::start();
    config::clear();
    WithoutSettings { _process: process }
}

impl Drop for WithoutSettings {
    fn drop(&mut self) {
        config::clear();
    }
}

/// The problems of settings, a line each.
pub fn lines(result: Result<(), config::ConfigError>) -> Vec<String> {
    result.map_or_else(|error| error.problems().iter().map(ToString::to_string).collect(), |()| Vec::new())
}
