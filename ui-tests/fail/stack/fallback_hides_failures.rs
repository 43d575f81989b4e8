use resilience::{circuit_breaker, fallback, retry, timeout};

fn canned() -> Result<u8, resilience::Error> {
    Ok(0)
}

#[retry(max = 2)]
#[fallback(canned)]
async fn from_a_retry() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[circuit_breaker]
#[fallback(value = 0)]
fn from_a_breaker() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[timeout(secs = 60)]
#[retry(max = 2)]
#[fallback(canned)]
#[timeout(secs = 5)]
async fn inside_a_stack() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {
    let _ = canned;
}
