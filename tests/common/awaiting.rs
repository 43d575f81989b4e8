//! The world of asynchronous scenarios: tokio's paused clock.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use resilience::Report;
use tokio::time::Instant;

use super::{Answer, Elapsed};

pub type Script<'a> = super::Script<'a, Clock>;

pub struct Clock(Instant);

impl Clock {
    pub fn start() -> Self {
        Self(Instant::now())
    }

    pub async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

impl Elapsed for Clock {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

impl Script<'_> {
    /// Returns the next answer, after being pending once.
    pub async fn run(&self) -> Answer {
        let answer = self.next();
        pause().await;
        answer
    }
}

/// Fails if the scenario would hang: the paused clock then advances to this limit.
pub async fn ends<T>(scenario: impl Future<Output = T>) -> T {
    // Longer than any scenario, and within the range of tokio's timer.
    let limit = super::secs(1 << 36);
    tokio::time::timeout(limit, scenario).await.unwrap_or_else(|_| panic!("it hangs"))
}

/// Makes a call and returns its result and its report.
pub async fn observed<T>(call: impl AsyncFnOnce() -> T) -> (T, Report) {
    resilience::observe(call()).await
}

/// Is pending once.
pub async fn pause() {
    tokio::task::yield_now().await;
}

/// Boxes a recursive call.
pub fn boxed<'a, T>(call: impl Future<Output = T> + 'a) -> Pin<Box<dyn Future<Output = T> + 'a>> {
    Box::pin(call)
}
