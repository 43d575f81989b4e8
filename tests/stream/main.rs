#![deny(warnings)]
//! What attributes promise on functions that return a stream.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
mod fallbacks;
mod forms;
mod gates;
mod herds;
mod limits;
mod plan;
mod policies;
mod settled;

use futures_util::{Stream, StreamExt};

use crate::plan::Fault;

type Item = Result<u32, Fault>;

async fn collected(stream: impl Stream<Item = Item>) -> Vec<Item> {
    let mut items = Vec::new();
    let mut stream = std::pin::pin!(stream);
    while let Some(item) = stream.next().await {
        items.push(item);
    }
    items
}

fn send<T: Send>(value: T) -> T {
    value
}
