//! Retries a call that fails three times, and prints when each attempt starts.
//!
//! ```sh
//! cargo run --example retry
//! ```

use std::cell::Cell;
use std::time::{Duration, Instant};

use resilience::{RetryState, retry};

#[derive(Debug)]
enum ApiError {
    Busy,
    TooManyRequests(Duration),
    BadRequest,
}

/// A server that recovers after three failures.
struct Server {
    started: Instant,
    calls: Cell<u32>,
}

impl Server {
    fn answer(&self) -> Result<&'static str, ApiError> {
        let call = self.calls.replace(self.calls.get() + 1) + 1;
        println!("{:>6} ms  attempt {call}", self.started.elapsed().as_millis());
        match call {
            2 => Err(ApiError::TooManyRequests(Duration::from_millis(600))),
            ..4 => Err(ApiError::Busy),
            4 => Ok("hello"),
            _ => Err(ApiError::BadRequest),
        }
    }

    #[retry(max = 5, base_delay = "100ms", jitter = 0.1, when = is_transient, retry_after = server_hint, on_retry = report)]
    async fn ask(&self) -> Result<&'static str, ApiError> {
        self.answer()
    }
}

fn is_transient(error: &ApiError) -> bool {
    !matches!(error, ApiError::BadRequest)
}

fn server_hint(error: &ApiError) -> Option<Duration> {
    if let ApiError::TooManyRequests(wait) = error { Some(*wait) } else { None }
}

fn report(state: &RetryState<'_, ApiError>) {
    println!("           {:?}, next attempt in {:?}", state.error, state.delay);
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let server = Server { started: Instant::now(), calls: Cell::new(0) };
    println!("{:?} after {:?}", server.ask().await, server.started.elapsed());
}
