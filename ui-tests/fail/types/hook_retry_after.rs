use resilience::retry;
use std::time::Duration;

fn hint(_: &resilience::Error) -> Duration {
    Duration::from_secs(1)
}

#[retry(retry_after = hint)]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
