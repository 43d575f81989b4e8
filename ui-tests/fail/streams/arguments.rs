//! Arguments that a stream does not have, or that only a stream has.

use futures_util::Stream;
use futures_util::stream::{BoxStream, StreamExt, empty};
use resilience::{Error, cached, circuit_breaker, fallback, rate_limit, retry, timeout};

type Item = Result<u32, Error>;
type Answers = BoxStream<'static, Item>;

#[timeout(first = "5s", secs = 30)]
async fn no_stream() -> Result<u32, Error> {
    Ok(1)
}

#[timeout(idle = "5s")]
fn under_an_alias() -> Answers {
    empty().boxed()
}

#[timeout(idle = "30s", secs = 30)]
fn never_reached() -> BoxStream<'static, Item> {
    empty().boxed()
}

#[timeout(first = "0s", idle = 5)]
fn nothing() -> BoxStream<'static, Item> {
    empty().boxed()
}

#[timeout(secs = 30, mode = "thread")]
fn on_a_thread() -> BoxStream<'static, Item> {
    empty().boxed()
}

#[cached(ttl = "1m")]
async fn kept() -> Result<BoxStream<'static, Item>, Error> {
    Ok(empty().boxed())
}

#[retry(when_ok = |_| true)]
fn asked_by_retry() -> impl Stream<Item = Item> {
    empty()
}

#[circuit_breaker(when_ok = |_| true)]
fn asked_by_breaker() -> impl Stream<Item = Item> {
    empty()
}

#[fallback(value = 1, when_ok = |_| true)]
fn asked_by_fallback() -> impl Stream<Item = Item> {
    empty()
}

#[rate_limit(learn = true, settle = |_| 3)]
fn without_a_rate() -> impl Stream<Item = Item> {
    empty()
}

#[rate_limit(learn = true, retry_after = |item: &Result<u32, Error>| item.is_err().then_some(std::time::Duration::MAX))]
fn hint_of_an_item() -> impl Stream<Item = Item> {
    empty()
}

#[retry(retry_after = |result: &Result<Answers, Error>| result.as_ref().err()?.retry_after())]
#[circuit_breaker(retry_after = |result: &Result<u32, Error>| result.as_ref().err()?.retry_after())]
async fn hint_of_a_result() -> Result<BoxStream<'static, Item>, Error> {
    Ok(empty().boxed())
}

#[retry]
fn perhaps() -> Option<BoxStream<'static, Item>> {
    None
}

fn main() {}
