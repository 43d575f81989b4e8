use resilience::retry;
use std::time::Duration;

fn squared(attempt: u32) -> Duration {
    Duration::from_secs(u64::from(attempt * attempt))
}

#[retry(backoff = squared)]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
