use resilience::{retry, timeout};

#[timeout(secs = 5)]
#[retry(max = 2, base_delay = "10s", jitter = false)]
async fn longer() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[timeout(secs = 5)]
#[retry(max = 2, base_delay = "5s", backoff = "constant", jitter = false)]
async fn equal() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[timeout(ms = 500)]
#[retry(jitter = false)]
async fn default_delay() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
