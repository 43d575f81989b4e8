//! Sends ten concurrent requests to a report service that handles three: four wait in a queue, the rest are rejected.
//!
//! A rejected call fails at once; a call in the queue gives up after half a second.
//!
//! ```sh
//! cargo run --example bulkhead
//! ```

use std::time::{Duration, Instant};

use resilience::{Bulkhead, Error, bulkhead};

#[derive(Debug, thiserror::Error)]
enum ReportError {
    #[error(transparent)]
    Resilience(#[from] Error),
}

#[bulkhead(name = "reports", max = 3, queue = 4, wait = "500ms")]
async fn report(month: u32, started: Instant) -> Result<u32, ReportError> {
    println!("{:>6} ms  month {month:>2}  starts, {}", started.elapsed().as_millis(), permits());
    tokio::time::sleep(Duration::from_millis(300)).await;
    Ok(month * 100)
}

fn permits() -> String {
    Bulkhead::named("reports").map_or_else(String::new, |bulkhead| {
        let seen = bulkhead.snapshot();
        format!("{} of {} running, {} waiting", seen.in_flight, seen.max, seen.waiting)
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let started = Instant::now();
    let requests: Vec<_> = (1..=10).map(|month| tokio::spawn(report(month, started))).collect();
    for (month, request) in (1..).zip(requests) {
        let answer = match request.await {
            Ok(Ok(total)) => format!("total {total}"),
            Ok(Err(error)) => format!("fails: {error}"),
            Err(panic) => panic.to_string(),
        };
        println!("{:>6} ms  month {month:>2}  {answer}", started.elapsed().as_millis());
    }
    println!("           at the end: {}", permits());
}
