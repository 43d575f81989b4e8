//! What the attempt has taken, a predicate cannot ask for: that is said at the predicate.

use resilience::{circuit_breaker, fallback, retry};

type Answer = Result<usize, resilience::Error>;

#[retry(when = |_| name.len() > 2)]
fn when_of_retry(name: String) -> Answer {
    Ok(name.len())
}

#[retry(when_ok = |_| name.len() > 2)]
async fn when_ok_of_retry(name: String) -> Answer {
    Ok(name.len())
}

#[retry(on_retry = |_| println!("{name}"))]
fn on_retry_of_retry(name: String) -> Answer {
    Ok(name.len())
}

#[circuit_breaker(when = |_| name.len() > 2)]
async fn when_of_circuit_breaker(name: String) -> Answer {
    Ok(name.len())
}

#[circuit_breaker(ignore = |_| name.len() > 2)]
async fn ignore_of_circuit_breaker(name: String) -> Answer {
    Ok(name.len())
}

#[fallback(value = 1, when = |_| name.len() > 2)]
fn when_of_fallback(name: String) -> Answer {
    Ok(name.into_bytes().len())
}

fn main() {}
