use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::{OpenedStream, StreamEnd, StreamItem, StreamOpening};
use crate::gate::HeldByStream;

/// A stream with what a layer holds until it ends, fails for the first time, or is dropped.
pub struct GuardedStream<S, H, F> {
    stream: S,
    /// `None` after the end. Drops after the stream.
    held: Option<(H, F)>,
}

/// Only the stream is pinned, and it is `Unpin` in all uses.
impl<S: Unpin, H, F> Unpin for GuardedStream<S, H, F> {}

/// Settles what a layer holds at the end of the stream, or now if the stream is over or was never opened.
pub fn until_stream_ends<S, I, H, F>(
    opening: StreamOpening<S, I>,
    mut held: H,
    settle: F,
) -> StreamOpening<GuardedStream<S, H, F>, I>
where
    I: StreamItem,
    H: HeldByStream<I::Value>,
    F: FnOnce(H, &StreamEnd<I>),
{
    match opening {
        Ok(OpenedStream { first, rest }) => {
            held.opened();
            let first = first.map(|item| observed(&mut held, item));
            let Some(stream) = rest else {
                settle(held, &Ok(()));
                return Ok(OpenedStream { first, rest: None });
            };
            held.suspend();
            Ok(OpenedStream { first, rest: Some(GuardedStream { stream, held: Some((held, settle)) }) })
        }
        Err(failure) => {
            let end = Err(failure);
            settle(held, &end);
            end.map(|()| unreachable!("the end is a failure"))
        }
    }
}

fn observed<I: StreamItem>(held: &mut impl HeldByStream<I::Value>, item: I) -> I {
    match item.into_result() {
        Ok(value) => {
            held.observe(&value);
            I::from_value(value)
        }
        Err(failure) => I::from_failure(failure),
    }
}

impl<S, I, H, F> Stream for GuardedStream<S, H, F>
where
    S: Stream<Item = I> + Unpin,
    I: StreamItem,
    H: HeldByStream<I::Value>,
    F: FnOnce(H, &StreamEnd<I>),
{
    type Item = I;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<I>> {
        let this = &mut *self;
        let Some((held, _)) = &mut this.held else { return Pin::new(&mut this.stream).poll_next(cx) };
        held.resume();
        let polled = Pin::new(&mut this.stream).poll_next(cx);
        if polled.is_pending() {
            held.suspend();
        }
        let failure = match ready!(polled).map(I::into_result) {
            Some(Ok(value)) => {
                held.observe(&value);
                held.suspend();
                return Poll::Ready(Some(I::from_value(value)));
            }
            Some(Err(failure)) => Some(failure),
            None => None,
        };
        let Some((held, settle)) = this.held.take() else { return Poll::Ready(failure.map(I::from_failure)) };
        let end = failure.map_or(Ok(()), Err);
        settle(held, &end);
        Poll::Ready(end.err().map(I::from_failure))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}

impl<S: fmt::Debug, H, F> fmt::Debug for GuardedStream<S, H, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedStream")
            .field("stream", &self.stream)
            .field("is_over", &self.held.is_none())
            .finish_non_exhaustive()
    }
}
