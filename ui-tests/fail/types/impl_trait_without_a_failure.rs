//! One message for each function, whatever its attributes.

use std::fmt::Display;

use resilience::{bulkhead, circuit_breaker, fallback, rate_limit, retry, timeout};

#[retry]
fn retried() -> impl Display {
    1
}

#[retry]
async fn retried_later() -> impl Display {
    1
}

#[circuit_breaker]
fn guarded() -> impl Display {
    1
}

#[circuit_breaker]
async fn guarded_later() -> impl Display {
    1
}

#[fallback(value = 1)]
fn replaced() -> impl Display {
    1
}

#[fallback(|_| 1)]
async fn replaced_later() -> impl Display {
    1
}

#[timeout(secs = 1)]
async fn limited() -> impl Display {
    1
}

#[bulkhead(max = 1)]
fn bounded() -> impl Display {
    1
}

#[rate_limit(max = 1)]
async fn slowed() -> impl Display {
    1
}

#[fallback(value = 1)]
#[retry(when = |_| true, log_errors = true)]
#[circuit_breaker]
#[timeout(secs = 1)]
async fn stack() -> impl Display {
    1
}

fn main() {}
