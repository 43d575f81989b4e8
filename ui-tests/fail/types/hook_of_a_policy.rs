//! The hook of a policy is not awaited, and returns nothing.

use resilience::{RetryState, policy};

async fn later(_: &RetryState<'_, resilience::Error>) {}

fn fails(_: &RetryState<'_, resilience::Error>) -> Result<(), String> {
    Ok(())
}

fn main() {
    let _ = policy::retry::<u32, resilience::Error>().on_retry(later);
    let _ = policy::retry::<u32, resilience::Error>().on_retry(fails);
    let _ = policy::retry::<u32, resilience::Error>().on_retry(|state| Some(state.attempt));
}
