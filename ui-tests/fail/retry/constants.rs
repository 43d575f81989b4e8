use resilience::retry;
use std::time::Duration;

const ZERO: u32 = 0;
const INSTANT: Duration = Duration::ZERO;
const HALF: f64 = 0.5;
const LONG: Duration = Duration::from_secs(90);

#[retry(max = ZERO)]
async fn no_retry() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(attempts = 3 - 2)]
async fn no_second_attempt() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(base_delay = INSTANT)]
async fn no_delay() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max_delay_secs = ZERO as u64)]
async fn no_cap() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max_elapsed = Duration::from_millis(0))]
async fn no_time() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(factor = HALF)]
async fn shrinking() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(factor = f64::NAN)]
async fn not_a_number() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(jitter = HALF * 3.0)]
async fn wild_jitter() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(base_delay = LONG)]
async fn above_the_cap() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(base_delay = "2s", max_delay = Duration::from_secs(1))]
async fn cap_below_the_start() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max = u32::MAX + 1)]
async fn overflow() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {}
