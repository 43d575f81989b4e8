//! Limits each attempt and the whole call, and shows the remaining time to nested code.
//!
//! ```sh
//! cargo run --example timeout
//! ```

use std::time::{Duration, Instant};

use resilience::{Error, retry, timeout};

#[timeout(secs = 1)] // the whole call
#[retry(max = 10, backoff = "constant", base_delay = "100ms", jitter = false)]
#[timeout(ms = 250)] // each attempt
async fn ask(started: Instant) -> Result<(), Error> {
    println!("{:>6} ms  attempt, {} ms left", started.elapsed().as_millis(), left());
    tokio::time::sleep(Duration::from_secs(3600)).await;
    Ok(())
}

/// Returns the time that is left; works in any nested function, asynchronous or not.
fn left() -> u128 {
    resilience::remaining().map_or(0, |left| left.as_millis())
}

/// Nothing can stop a synchronous body from outside, so it checks the deadline itself.
#[timeout(ms = 50, mode = "cooperative")]
fn crunch(started: Instant) -> Result<u64, Error> {
    let mut rounds = 0;
    loop {
        resilience::checkpoint().inspect_err(|_| {
            println!("{:>6} ms  the computation stops after {rounds} rounds", started.elapsed().as_millis());
        })?;
        std::thread::sleep(Duration::from_millis(10));
        rounds += 1;
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let started = Instant::now();
    let answer = ask(started).await;
    println!("{:>6} ms  {answer:?}", started.elapsed().as_millis());
    let answer = crunch(started);
    println!("{:>6} ms  {answer:?}", started.elapsed().as_millis());
}
