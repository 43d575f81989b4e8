use resilience::timeout;
use std::time::Duration;

fn limit() -> Duration {
    Duration::from_secs(30)
}

#[timeout(limit())]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
