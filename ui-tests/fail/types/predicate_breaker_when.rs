use resilience::circuit_breaker;

fn counts(error: resilience::Error) -> bool {
    error.is_retryable()
}

#[circuit_breaker(when = counts)]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
