//! What is missing is said where the result was promised, or where the braces are, and never at the attribute.

use resilience::{cached, retry, timeout};
use std::future::Future;

type Answer = Result<u8, resilience::Error>;

#[retry]
fn nothing() -> Answer {}

#[retry]
async fn nothing_later() -> Answer {}

#[timeout(secs = 1)]
async fn only_a_comment() -> Answer {
    // to be written
}

#[cached]
fn nothing_to_keep(id: u8) -> u8 {}

#[retry]
async fn a_semicolon_too_many() -> Answer {
    Ok(1);
}

#[retry]
fn nothing_in_the_future() -> impl Future<Output = Answer> {
    async move {}
}

fn main() {}
