use resilience::circuit_breaker;

fn seconds(error: &resilience::Error) -> u64 {
    error.retry_after().map_or(0, |time| time.as_secs())
}

#[circuit_breaker(retry_after = seconds)]
fn a_number() -> Result<u8, resilience::Error> {
    Ok(1)
}

#[circuit_breaker(when_ok = |value| *value > 4, retry_after = |answer: &Result<u8, String>| None)]
async fn another_result() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
