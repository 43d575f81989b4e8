//! Records the states of the breaker during a run, and the hints that hold calls back.

use std::convert::Infallible;
use std::time::Duration;

use resilience::{BreakerSnapshot, BreakerState, CircuitBreaker, RateLimiter};
use tokio::time::{Instant, interval};

#[derive(Default)]
pub(crate) struct Timeline {
    /// Each state with the time at which it began.
    pub(crate) changes: Vec<(Duration, BreakerState)>,
    /// Calls rejected so far.
    pub(crate) rejected: u64,
    /// Hints of the service that have held all calls back.
    pub(crate) hints: u32,
}

impl Timeline {
    /// Samples both until dropped.
    pub(crate) async fn watch(&mut self, start: Instant) -> Infallible {
        let mut sample = interval(Duration::from_millis(5));
        let mut last_retry_after = None;
        let mut last_held_for = None;
        loop {
            sample.tick().await;
            let held_for = RateLimiter::named("llm").and_then(|limiter| limiter.snapshot().held_for);
            if held_for > last_held_for {
                self.hints += 1;
            }
            last_held_for = held_for;
            // The breaker exists from its first call on.
            let Some(breaker) = CircuitBreaker::named("llm") else {
                continue;
            };
            let now = start.elapsed();
            let BreakerSnapshot { state, retry_after, rejected, .. } = breaker.snapshot();
            // A probe that meets a 503 ends between two samples, but restarts the wait.
            if last_retry_after.is_some() && retry_after > last_retry_after {
                self.changes.push((now, BreakerState::HalfOpen));
            }
            if self.changes.last().is_none_or(|(_, last)| *last != state) {
                self.changes.push((now, state));
            }
            last_retry_after = retry_after;
            self.rejected = rejected;
        }
    }
}
