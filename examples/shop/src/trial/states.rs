//! Records the states of the breakers.

use std::convert::Infallible;
use std::time::Duration;

use resilience::{BreakerState, CircuitBreaker};
use tokio::time::{Instant, interval};

pub const BREAKERS: [&str; 3] = ["postgres", "redis", "model"];

/// For each breaker, its states and when they began.
#[derive(Default)]
pub struct States([Vec<(Duration, BreakerState)>; BREAKERS.len()]);

impl States {
    /// Samples the breakers until dropped.
    pub async fn watch(&mut self, start: Instant) -> Infallible {
        let mut ticks = interval(Duration::from_millis(10));
        loop {
            ticks.tick().await;
            for (name, changes) in BREAKERS.iter().zip(&mut self.0) {
                let state = CircuitBreaker::named(name).map_or(BreakerState::Closed, |breaker| breaker.state());
                if changes.last().is_none_or(|(_, last)| *last != state) {
                    changes.push((start.elapsed(), state));
                }
            }
        }
    }

    pub fn changes(&self) -> impl Iterator<Item = (&'static str, &[(Duration, BreakerState)])> {
        BREAKERS.into_iter().zip(self.0.iter().map(Vec::as_slice))
    }
}
