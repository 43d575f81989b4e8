//! Calls a service that is down for a second: the breaker opens, rejects, probes and closes.
//!
//! ```sh
//! cargo run --example circuit_breaker
//! ```

use std::time::{Duration, Instant};

use resilience::{CircuitBreaker, Error, circuit_breaker};

#[derive(Debug, thiserror::Error)]
enum StockError {
    #[error("the warehouse is down")]
    Down,
    #[error(transparent)]
    Resilience(#[from] Error),
}

#[circuit_breaker(name = "warehouse", failure_threshold = 3, success_threshold = 2, recovery = "400ms")]
fn stock(started: Instant) -> Result<u32, StockError> {
    if (300..1300).contains(&started.elapsed().as_millis()) { Err(StockError::Down) } else { Ok(7) }
}

fn main() {
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(2500) {
        let answer = match stock(started) {
            Ok(count) => format!("{count} in stock"),
            Err(error) => error.to_string(),
        };
        let state = CircuitBreaker::named("warehouse").map_or_else(String::new, |breaker| breaker.state().to_string());
        println!("{:>6} ms  {state:<10} {answer}", started.elapsed().as_millis());
        std::thread::sleep(Duration::from_millis(100));
    }
    if let Some(breaker) = CircuitBreaker::named("warehouse") {
        println!(
            "           the breaker rejected {} calls, which never reached the warehouse",
            breaker.snapshot().rejected
        );
    }
}
