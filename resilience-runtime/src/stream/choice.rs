use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::{StreamItem, StreamOpening};

/// The stream of the body, or that of a fallback, whose type may differ.
#[derive(Debug)]
pub enum StreamChoice<A, B> {
    Body(A),
    Alternative(B),
}

/// Wraps the opening of a body that has fallbacks.
pub fn body_stream<A, B, I: StreamItem>(opening: StreamOpening<A, I>) -> StreamOpening<StreamChoice<A, B>, I> {
    opening.map(|opened| opened.map(StreamChoice::Body))
}

/// Wraps the opening of a fallback.
pub fn alternative_stream<A, B, I: StreamItem>(opening: StreamOpening<B, I>) -> StreamOpening<StreamChoice<A, B>, I> {
    opening.map(|opened| opened.map(StreamChoice::Alternative))
}

impl<A: Stream + Unpin, B: Stream<Item = A::Item> + Unpin> Stream for StreamChoice<A, B> {
    type Item = A::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<A::Item>> {
        match self.get_mut() {
            Self::Body(stream) => Pin::new(stream).poll_next(cx),
            Self::Alternative(stream) => Pin::new(stream).poll_next(cx),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Body(stream) => stream.size_hint(),
            Self::Alternative(stream) => stream.size_hint(),
        }
    }
}
