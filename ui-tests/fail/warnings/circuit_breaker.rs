#![deny(deprecated)]

use resilience::circuit_breaker;

type Answer = Result<u32, resilience::Error>;

#[circuit_breaker(recovery_secs = 60_000)]
fn milliseconds() -> Answer {
    Ok(1)
}

#[circuit_breaker(recovery_factor = 2.0, max_recovery = "1d")]
async fn a_day() -> Answer {
    Ok(1)
}

fn main() {}
