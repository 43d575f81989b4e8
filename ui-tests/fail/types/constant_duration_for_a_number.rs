use resilience::timeout;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);

#[timeout(secs = LIMIT)]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
