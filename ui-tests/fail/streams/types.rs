//! Streams whose items or errors the layers cannot act on, and bodies that are no stream.

use futures_util::Stream;
use futures_util::stream::{BoxStream, StreamExt, empty};
use resilience::{Error, bulkhead, retry, timeout};

#[retry]
#[timeout(first = "5s")]
fn without_a_failure() -> impl Stream<Item = u32> {
    empty()
}

#[bulkhead(max = 1)]
fn foreign_error() -> BoxStream<'static, Result<u32, std::fmt::Error>> {
    empty().boxed()
}

struct Refused;

#[retry]
async fn two_errors() -> Result<BoxStream<'static, Result<u32, Error>>, Refused> {
    Err(Refused)
}

#[retry]
fn no_stream() -> impl Stream<Item = Result<u32, Error>> {
    7
}

#[retry]
fn borrowed(text: &str) -> BoxStream<'static, Result<u32, Error>> {
    let length = text.len() as u32;
    futures_util::stream::iter([Ok(length)]).boxed()
}

fn main() {}
