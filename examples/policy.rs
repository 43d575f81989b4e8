//! Builds a stack from a configuration, and calls a service that is down for a while.
//!
//! ```sh
//! cargo run --example policy
//! ```

use std::time::{Duration, Instant};

use resilience::policy::{self, InvalidPolicy};
use resilience::{Policy, observe};

#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("the service is down")]
    Down,
    #[error(transparent)]
    Resilience(#[from] resilience::Error),
}

/// Settings as read from a file.
struct Settings {
    retries: u32,
    limit: Duration,
    breaker: String,
}

fn protect(settings: Settings) -> Result<Policy<u32, AskError>, InvalidPolicy> {
    let Settings { retries, limit, breaker } = settings;
    Ok(Policy::named("ask")?
        >> policy::fallback(|_: AskError| Ok(0))
        >> policy::retry().max(retries).base_delay(Duration::from_millis(50)).no_jitter().build()?
        >> policy::circuit_breaker(breaker).failure_threshold(5).recovery(Duration::from_millis(200)).build()?
        >> policy::timeout(limit)?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), InvalidPolicy> {
    let broken = Settings { retries: 0, limit: Duration::ZERO, breaker: String::new() };
    if let Err(invalid) = protect(broken) {
        println!("rejected settings:  {invalid}");
    }
    let ask = protect(Settings { retries: 2, limit: Duration::from_millis(100), breaker: "service".to_owned() })?;
    let begin = Instant::now();
    for call in 1..=6 {
        let down = begin.elapsed() < Duration::from_millis(400);
        let (answer, report) =
            observe(ask.call(|| async move { if down { Err(AskError::Down) } else { Ok(call) } })).await;
        println!("{:>4} ms  call {call}: {answer:?}  {report}", begin.elapsed().as_millis());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}
