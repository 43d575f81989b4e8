#![deny(warnings)]

use std::pin::Pin;
use std::time::Duration;

use futures_util::{Stream, StreamExt, stream};
use resilience::testing::{FakeEngine, FakeStore};
use resilience::{Error, bulkhead, circuit_breaker, rate_limit, retry};

static SHARED: FakeStore = FakeStore::new("shop");

type Item = Result<u32, Error>;

fn items() -> impl Stream<Item = Item> + Send + 'static {
    stream::iter([Ok(1), Ok(2)])
}

fn units(item: &u32) -> u64 {
    u64::from(*item)
}

fn hint(error: &Error) -> Option<Duration> {
    error.retry_after()
}

#[rate_limit(name = "a", max = 100, cost = 10, settle = units, store = SHARED)]
async fn settled() -> Result<impl Stream<Item = Item>, Error> {
    Ok(items())
}

#[rate_limit(name = "b", max = 100, key = user, cost = 10, settle = units, store = SHARED, lease = 20)]
async fn settled_by_key(user: &str) -> Result<impl Stream<Item = Item> + use<>, Error> {
    let _ = user;
    Ok(items())
}

#[rate_limit(name = "c", max = 100, learn = true, retry_after = hint, store = SHARED)]
fn learned() -> impl Stream<Item = Item> {
    items()
}

#[rate_limit(name = "d", max = 100, key = user, learn = true, store = SHARED, on_outage = "open")]
fn learned_by_key(user: u32) -> Pin<Box<dyn Stream<Item = Item> + Send>> {
    let _ = user;
    Box::pin(items())
}

#[retry(max = 2)]
#[rate_limit(name = "e", max = 100, settle = |item| item.checked_mul(2).map(u64::from), learn = true, store = SHARED)]
#[bulkhead(name = "e", max = 10, store = SHARED)]
#[circuit_breaker(name = "e", store = SHARED)]
async fn above_gates() -> Result<Pin<Box<dyn Stream<Item = Item> + Send>>, Error> {
    Ok(Box::pin(items()))
}

#[rate_limit(name = "f", max = 100, key = user, settle = units, learn = true, store = SHARED)]
#[bulkhead(name = "f", max = 10, key = user, store = SHARED)]
fn above_gates_by_key(user: u32) -> impl Stream<Item = Item> + Send {
    let _ = user;
    items()
}

async fn count(items: impl Stream<Item = Item> + Send) -> usize {
    items.filter(|item| std::future::ready(item.is_ok())).count().await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    SHARED.connect(&FakeEngine::new());
    assert_eq!(count(settled().await?).await, 2);
    assert_eq!(count(settled_by_key("one").await?).await, 2);
    assert_eq!(count(learned()).await, 2);
    assert_eq!(count(learned_by_key(1)).await, 2);
    assert_eq!(count(above_gates().await?).await, 2);
    assert_eq!(count(above_gates_by_key(1)).await, 2);
    Ok(())
}
