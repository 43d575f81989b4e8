//! What `on_retry` returns would be dropped, and a future would never run.

use resilience::{RetryState, retry};

type Answer = Result<u32, resilience::Error>;

async fn later(_: &RetryState<'_, resilience::Error>) {}

fn fails(_: &RetryState<'_, resilience::Error>) -> Result<(), String> {
    Ok(())
}

#[retry(on_retry = later)]
async fn asynchronous() -> Answer {
    Ok(1)
}

#[retry(on_retry = later)]
fn synchronous() -> Answer {
    Ok(1)
}

#[retry(on_retry = fails)]
async fn dropped() -> Answer {
    Ok(1)
}

#[retry(on_retry = |state| Some(state.attempt))]
fn dropped_by_a_closure() -> Answer {
    Ok(1)
}

fn main() {}
