use resilience::retry;

fn is_transient(error: resilience::Error) -> bool {
    error.is_retryable()
}

#[retry(when = is_transient)]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
