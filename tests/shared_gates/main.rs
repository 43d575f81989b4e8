//! Breakers and bulkheads that processes share in a store. Each `FakeStore` stands for a process.

mod breaker;
mod bulkhead;
mod settings;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use resilience::Error;

/// The service behind the calls.
#[derive(Debug)]
pub struct Service {
    is_up: AtomicBool,
}

impl Service {
    pub const fn up() -> Self {
        Self { is_up: AtomicBool::new(true) }
    }

    pub fn set_up(&self, is_up: bool) {
        self.is_up.store(is_up, Ordering::Relaxed);
    }

    #[allow(clippy::missing_errors_doc, reason = "it is the service of these tests")]
    pub fn answer(&self) -> Result<u32, Error> {
        let limit = Duration::from_secs(1);
        if self.is_up.load(Ordering::Relaxed) { Ok(7) } else { Err(Error::Timeout { limit, elapsed: limit }) }
    }
}

pub fn is_open<T>(out: &Result<T, Error>) -> bool {
    matches!(out, Err(Error::CircuitOpen { .. }))
}

pub async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}
