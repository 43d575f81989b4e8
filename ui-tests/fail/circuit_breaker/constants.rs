use resilience::circuit_breaker;
use std::time::Duration;

const ZERO: u32 = 0;
const INSTANT: Duration = Duration::ZERO;

#[circuit_breaker(failure_threshold = ZERO)]
async fn opens_at_once() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(success_threshold = 2 - 2)]
async fn closes_at_once() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(half_open_max = ZERO)]
async fn no_probe() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(recovery = INSTANT)]
async fn no_recovery() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(probe_lease = INSTANT)]
async fn no_lease() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(recovery_factor = 1.0 / 2.0)]
async fn shrinking() -> Result<(), resilience::Error> {
    Ok(())
}

#[circuit_breaker(recovery = Duration::from_secs(90), recovery_factor = 2.0, max_recovery = "1m")]
async fn cap_below_the_start() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {}
