use resilience::{RetryState, retry};

fn seconds(state: &RetryState<'_, resilience::Error>) -> u64 {
    u64::from(state.attempt)
}

#[retry(backoff = seconds)]
async fn ask() -> Result<u8, resilience::Error> {
    Ok(1)
}

fn main() {}
