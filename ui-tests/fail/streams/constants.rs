//! Limits of a stream that only the compiler knows.

use std::time::Duration;

use futures_util::stream::{BoxStream, StreamExt, empty};
use resilience::{Error, timeout};

const INSTANT: Duration = Duration::ZERO;
const LIMIT: Duration = Duration::from_secs(30);

type Item = Result<u32, Error>;

#[timeout(first = INSTANT, idle = "5s")]
fn zero() -> BoxStream<'static, Item> {
    empty().boxed()
}

#[timeout(idle = LIMIT, secs = 30)]
fn never_reached() -> BoxStream<'static, Item> {
    empty().boxed()
}

#[timeout(first = "40s", idle = "5s", LIMIT)]
async fn never_reached_before_the_first_item() -> Result<BoxStream<'static, Item>, Error> {
    Ok(empty().boxed())
}

fn main() {}
