use std::time::Duration;

use crate::store::StoreError;
use crate::time::Moment;

/// Failures in a row after which the engine counts as away.
const FAILURES: u32 = 3;

/// The interval of requests to an engine that is away.
pub(super) const PAUSE: Duration = Duration::from_secs(1);

/// Decides whether to ask an engine. Takes the time as an argument.
#[derive(Debug, Clone, Copy)]
pub(super) struct EngineHealth {
    pub is_connected: bool,
    failures: u32,
    /// While the engine is away: the time of the next request.
    pub next_request: Option<Moment>,
    pub reported: Reported,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reported {
    Nothing,
    Connected,
    Away,
}

impl EngineHealth {
    pub const NEW: Self = Self { is_connected: false, failures: 0, next_request: None, reported: Reported::Nothing };

    pub fn request(&mut self, now: Moment) -> Result<(), StoreError> {
        if !self.is_connected {
            return Err(StoreError::NotConnected);
        }
        if let Some(next) = &mut self.next_request {
            if now < *next {
                return Err(StoreError::Away);
            }
            *next = now.after(PAUSE);
        }
        Ok(())
    }

    pub fn answered(&mut self) {
        (self.failures, self.next_request) = (0, None);
    }

    pub fn failed(&mut self, now: Moment) {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES {
            self.next_request = Some(now.after(PAUSE));
        }
    }

    pub const fn is_away(&self) -> bool {
        !self.is_connected || self.next_request.is_some()
    }

    /// Returns whether the state differs from the last one reported, and takes it as reported.
    pub fn take_change(&mut self) -> bool {
        let reported = if self.is_away() { Reported::Away } else { Reported::Connected };
        let is_new = reported != self.reported;
        self.reported = reported;
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Moment {
        Moment::from_nanos(1_000_000_000_000 + millis * 1_000_000)
    }

    #[test]
    fn an_engine_is_away_after_failures_in_a_row_and_is_asked_once_a_second() {
        let mut health = EngineHealth { is_connected: true, ..EngineHealth::NEW };
        assert!(health.take_change(), "it is connected");
        for failure in 0..FAILURES {
            assert_eq!(health.request(at(0)), Ok(()), "after {failure} failures");
            assert!(!health.take_change());
            health.failed(at(0));
        }
        assert!(health.take_change(), "away");
        assert_eq!(health.request(at(999)), Err(StoreError::Away));
        assert_eq!(health.request(at(1_000)), Ok(()));
        assert_eq!(health.request(at(1_000)), Err(StoreError::Away), "one of them asks");
        assert_eq!(health.request(at(2_000)), Ok(()), "the first has not answered yet");
        health.answered();
        assert!(health.take_change(), "back");
        assert_eq!(health.request(at(2_000)), Ok(()));
        health.failed(at(2_000));
        assert!(!health.take_change(), "one slow answer is no outage");
    }

    #[test]
    fn an_engine_that_is_not_connected_is_reported_once() {
        let mut health = EngineHealth::NEW;
        assert_eq!(health.request(at(0)), Err(StoreError::NotConnected));
        assert_eq!((health.take_change(), health.take_change()), (true, false));
    }
}
