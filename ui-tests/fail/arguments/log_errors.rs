use resilience::{cached, circuit_breaker, fallback, retry, timeout};

#[retry(log_errors = "yes")]
fn no_flag() -> Result<u32, String> {
    Ok(1)
}

#[circuit_breaker(log_error = true)]
fn misspelt() -> Result<u32, resilience::Error> {
    Ok(1)
}

#[fallback(value = 1, log_errors)]
fn no_value() -> Result<u32, String> {
    Ok(1)
}

#[cached(ttl = 60, log_errors = true)]
fn hides_nothing() -> Result<u32, String> {
    Ok(1)
}

#[timeout(secs = 1, log_errors = true)]
async fn has_none() -> Result<u32, resilience::Error> {
    Ok(1)
}

#[cached(ttl = 60, stale_if_eror = "1h", log_errors = true)]
fn misspells_what_hides() -> Result<u32, String> {
    Ok(1)
}

#[cached(ttl = 60, stale_if_error = 5, log_errors = true)]
fn hides_for_what() -> Result<u32, String> {
    Ok(1)
}

fn main() {}
