use resilience::rate_limit;
use std::time::Duration;

const ZERO: u32 = 0;
const INSTANT: Duration = Duration::ZERO;

#[rate_limit(max = ZERO)]
async fn nobody() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[rate_limit(max = 4, burst = ZERO)]
async fn no_burst() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[rate_limit(max = 4, per = INSTANT)]
async fn no_time() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[rate_limit(max = 4, wait = INSTANT)]
async fn no_wait() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[rate_limit(max = 4, per = ZERO)]
async fn wrong_type() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
