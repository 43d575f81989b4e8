#![deny(deprecated)]

use resilience::{circuit_breaker, timeout};

type Answer = Result<u32, resilience::Error>;

#[circuit_breaker(recovery_secs = 60_000)]
fn milliseconds() -> Answer {
    Ok(1)
}

#[circuit_breaker(recovery_factor = 2.0, max_recovery = "1d")]
async fn a_day() -> Answer {
    Ok(1)
}

#[circuit_breaker(probe_lease = "10s")]
#[timeout(secs = 30)]
async fn outlives_its_lease() -> Answer {
    Ok(1)
}

#[circuit_breaker]
#[timeout(secs = 90)]
async fn outlives_the_default() -> Answer {
    Ok(1)
}

fn main() {}
