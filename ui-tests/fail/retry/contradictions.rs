use resilience::{RetryState, retry};
use std::time::Duration;

fn two_seconds(_: &RetryState<'_, resilience::Error>) -> Duration {
    Duration::from_secs(2)
}

#[retry(max = 3, attempts = 4)]
async fn two_counts() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(attempts = 4, max_retries = 3)]
async fn two_counts_the_other_way_round() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(base_delay = "1m", max_delay = "1s")]
async fn cap_below_the_start() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max_delay_ms = 500, base_delay_secs = 1)]
async fn cap_below_the_start_in_two_units() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(base_delay = "2m")]
async fn above_the_default_cap() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(base_delay = "10s", max_elapsed = "10s", jitter = false)]
async fn no_time_for_the_first_delay() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(max_elapsed = "900ms", jitter = false)]
async fn no_time_for_the_default_delay() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(backoff = "none", base_delay = "1s")]
async fn delay_of_no_backoff() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(backoff = "none", jitter = true)]
async fn jitter_of_no_backoff() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(factor = 3.0, backoff = "linear")]
async fn factor_of_a_line() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(backoff = "decorrelated", jitter = "equal")]
async fn jitter_twice() -> Result<(), resilience::Error> {
    Ok(())
}

#[retry(backoff = two_seconds, base_delay = "1s")]
async fn delay_beside_a_function() -> Result<(), resilience::Error> {
    Ok(())
}

fn main() {}
