//! What `on_retry` returns would be dropped, and a synchronous function awaits nothing.

use resilience::{RetryState, retry};

type Answer = Result<u32, resilience::Error>;

async fn later(_: &RetryState<'_, resilience::Error>) {}

fn fails(_: &RetryState<'_, resilience::Error>) -> Result<(), String> {
    Ok(())
}

async fn fails_later(_: &RetryState<'_, resilience::Error>) -> Result<(), String> {
    Ok(())
}

#[retry(on_retry = later)]
fn future() -> Answer {
    Ok(1)
}

#[retry(on_retry = async |_| ())]
fn future_of_a_closure() -> Answer {
    Ok(1)
}

#[retry(on_retry = |_| async {})]
fn future_of_a_block() -> Answer {
    Ok(1)
}

#[retry(on_retry = fails)]
fn dropped() -> Answer {
    Ok(1)
}

#[retry(on_retry = fails)]
async fn dropped_in_async() -> Answer {
    Ok(1)
}

#[retry(on_retry = fails_later)]
async fn dropped_once_awaited() -> Answer {
    Ok(1)
}

#[retry(on_retry = async |state| Some(state.attempt))]
async fn dropped_by_an_async_closure() -> Answer {
    Ok(1)
}

#[retry(on_retry = |state| Some(state.attempt))]
fn dropped_by_a_closure() -> Answer {
    Ok(1)
}

#[retry(on_retry = |state| later(state))]
fn future_of_a_plain_closure() -> Answer {
    Ok(1)
}

fn main() {}
