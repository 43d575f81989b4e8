//! What the compiler accepts without a word in a plain function, it accepts under an attribute.

#![deny(warnings)]
#![forbid(unreachable_code)]

use std::convert::Infallible;
use std::fmt::Display;

use resilience::{bulkhead, cached, circuit_breaker, fallback, rate_limit, retry, timeout};

#[derive(Debug, Clone)]
pub enum Fault {
    Own,
    Limited(resilience::Error),
}

type Answer = Result<u32, resilience::Error>;

#[timeout(secs = 1, map_err = Fault::Limited)]
pub async fn hidden_in_time() -> Result<impl Iterator<Item = u32>, Fault> {
    Ok([1].into_iter())
}

#[circuit_breaker(map_err = Fault::Limited)]
pub async fn hidden_behind_a_breaker() -> Result<impl Iterator<Item = u32>, Fault> {
    Ok([1].into_iter())
}

#[circuit_breaker(map_err = |error| Fault::Limited(error))]
pub fn hidden_behind_a_breaker_sync() -> Result<impl Iterator<Item = u32>, Fault> {
    Ok([1].into_iter())
}

#[bulkhead(max = 3, map_err = Fault::Limited)]
pub fn hidden_in_a_bulkhead(text: &str) -> Result<impl Display + '_, Fault> {
    if text.is_empty() { Err(Fault::Own) } else { Ok(text) }
}

#[rate_limit(max = 3, map_err = Fault::Limited)]
pub async fn hidden_at_a_rate() -> Result<(impl Display, u32), Fault> {
    Ok(("text", 1))
}

#[timeout(secs = 1, mode = "thread", map_err = Fault::Limited)]
pub fn hidden_on_a_thread() -> Result<impl Iterator<Item = u32> + Send, Fault> {
    Ok([1].into_iter())
}

#[timeout(secs = 1, map_err = Fault::Limited)]
#[retry]
#[bulkhead(max = 3, map_err = |error| Fault::Limited(error))]
#[timeout(ms = 100, map_err = Fault::Limited)]
pub async fn hidden_in_a_stack(name: String) -> Result<Vec<impl Iterator<Item = u32>>, Fault> {
    drop(name);
    Ok(vec![[1].into_iter()])
}

#[timeout(secs = 1)]
#[retry]
#[timeout(ms = 100)]
pub async fn limited_twice() -> Answer {
    Ok(1)
}

#[timeout(secs = 2)]
#[circuit_breaker]
#[timeout(secs = 1)]
pub async fn limited_around_a_gate() -> Result<Box<dyn Display>, resilience::Error> {
    Ok(Box::new(3))
}

#[cached(ttl = 60)]
#[timeout(secs = 2)]
#[fallback(value = 3)]
#[timeout(secs = 1)]
#[rate_limit(max = 3)]
pub async fn limited_below_a_cache(n: u32) -> Answer {
    Ok(n)
}

#[timeout(secs = 3)]
#[retry]
pub async fn without_end() -> Answer {
    loop {
        std::future::pending::<()>().await;
    }
}

#[circuit_breaker]
pub async fn without_a_value() -> Result<Infallible, resilience::Error> {
    std::future::pending().await
}

#[retry]
pub async fn without_anything() -> Result<Infallible, Infallible> {
    std::future::pending().await
}

#[fallback(|()| None)]
pub fn borrowed(list: &mut Vec<u32>) -> Option<&mut u32> {
    list.first_mut()
}

fn main() {}
