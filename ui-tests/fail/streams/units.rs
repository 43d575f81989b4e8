//! Functions for `settle` on a stream that read something else, or say something else.

use futures_util::Stream;
use futures_util::stream::{BoxStream, StreamExt, empty};
use resilience::{Error, rate_limit};

struct Chunk {
    usage: Option<u32>,
}

type Item = Result<Chunk, Error>;

#[rate_limit(max = 100, settle = |chunk| chunk.usage)]
fn other_units() -> impl Stream<Item = Item> {
    empty()
}

#[rate_limit(max = 100, settle = |item: &Item| item.is_ok().then_some(1))]
async fn the_whole_item() -> Result<BoxStream<'static, Item>, Error> {
    Ok(empty().boxed())
}

#[rate_limit(max = 100, settle = tokens)]
fn another_type() -> BoxStream<'static, Item> {
    empty().boxed()
}

#[rate_limit(max = 100, settle = |known, chunk| known + 1)]
fn two_parameters() -> BoxStream<'static, Item> {
    empty().boxed()
}

fn tokens(text: &str) -> u64 {
    text.len() as u64
}

fn main() {}
