#![deny(warnings, missing_docs)]
#![allow(unused_doc_comments)]

//! What the compiler says about a plain function and its calls it says about an annotated one.

use resilience::{circuit_breaker, fallback, retry, timeout};

#[fallback(value = 1)]
#[timeout(secs = 1)]
pub async fn without_documentation() -> Option<u8> {
    None
}

#[circuit_breaker]
fn camelCase(snakeCase: u8) -> Option<u8> {
    Some(snakeCase)
}

#[must_use = "it is the point"]
#[retry]
fn important() -> Option<u8> {
    None
}

#[retry]
#[timeout(secs = 1)]
#[deprecated = "use `important`"]
async fn old() -> Result<u8, resilience::Error> {
    Ok(1)
}

async fn calls() {
    important();
    camelCase(1);
    old();
    old().await;
}

fn main() {
    drop(calls());
}
