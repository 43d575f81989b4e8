//! Functions that return a stream. The layers act until its first item; permits and limits stay with
//! the stream until its end.

mod attempt;
mod choice;
mod guarded;
mod held;
mod lazy;
mod limited;
mod opening;
#[cfg(feature = "config")]
mod settings;
#[allow(missing_docs, clippy::missing_panics_doc, reason = "called in items of generated code only")]
mod times;

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

pub use choice::{alternative_stream, body_stream};
pub use guarded::until_stream_ends;
pub use held::{HeldGate, detach};
pub use lazy::lazy_stream;
pub use limited::limit_stream;
pub use opening::{FailureSource, IntoItemFailure, open_stream, open_stream_result, stream_of_value};
#[cfg(feature = "config")]
pub(crate) use settings::deadlines_or;
#[cfg(feature = "config")]
pub use settings::stream_limits;
pub(crate) use times::LiveTimes;
#[cfg(not(feature = "config"))]
pub(crate) use times::deadlines_or;
#[cfg(not(feature = "config"))]
pub use times::stream_limits;
pub use times::{StreamLimits, StreamTimes};

/// An item of a stream that is a success or a failure.
#[diagnostic::on_unimplemented(
    message = "the items of this stream are `{Self}`, which has no failure case for a resilience attribute to act on",
    label = "this attribute needs a stream whose items are `Result<T, E>`",
    note = "return `impl Stream<Item = Result<T, E>>`, `BoxStream<'_, Result<T, E>>` or \
            `Pin<Box<dyn Stream<Item = Result<T, E>> + Send>>`, alone or in a `Result`"
)]
pub trait StreamItem: Sized {
    type Value;
    type Failure;

    fn from_value(value: Self::Value) -> Self;
    fn from_failure(failure: Self::Failure) -> Self;
    fn into_result(self) -> Result<Self::Value, Self::Failure>;
}

#[diagnostic::do_not_recommend]
impl<T, E> StreamItem for Result<T, E> {
    type Value = T;
    type Failure = E;

    #[inline]
    fn from_value(value: T) -> Self {
        Ok(value)
    }
    #[inline]
    fn from_failure(failure: E) -> Self {
        Err(failure)
    }
    #[inline]
    fn into_result(self) -> Self {
        self
    }
}

/// The result on which the layers of a stream function act: the stream from its first item on, or the failure before
/// that.
pub type StreamOpening<S, I> = Result<OpenedStream<S, I>, <I as StreamItem>::Failure>;

/// The end of a stream.
pub type StreamEnd<I> = Result<(), <I as StreamItem>::Failure>;

/// A stream whose first item has arrived.
#[derive(Debug)]
pub struct OpenedStream<S, I> {
    first: Option<I>,
    /// `None` at the end.
    rest: Option<S>,
}

/// No field is pinned.
impl<S: Unpin, I> Unpin for OpenedStream<S, I> {}

impl<S, I> OpenedStream<S, I> {
    /// Returns a stream whose only item is `failure`.
    pub fn failed(failure: I::Failure) -> Self
    where
        I: StreamItem,
    {
        Self { first: Some(I::from_failure(failure)), rest: None }
    }

    /// A function that returns no `Result` returns a stream with the failure as its only item.
    pub fn of(opening: StreamOpening<S, I>) -> Self
    where
        I: StreamItem,
    {
        opening.unwrap_or_else(Self::failed)
    }

    fn map<R>(self, rest: impl FnOnce(S) -> R) -> OpenedStream<R, I> {
        OpenedStream { first: self.first, rest: self.rest.map(rest) }
    }
}

impl<S: Stream<Item = I> + Unpin, I> Stream for OpenedStream<S, I> {
    type Item = I;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<I>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(first));
        }
        let Some(rest) = &mut self.rest else { return Poll::Ready(None) };
        let item = ready!(Pin::new(rest).poll_next(cx));
        if item.is_none() {
            self.rest = None;
        }
        Poll::Ready(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (least, most) = self.rest.as_ref().map_or((0, Some(0)), Stream::size_hint);
        let first = usize::from(self.first.is_some());
        (least.saturating_add(first), most.and_then(|most| most.checked_add(first)))
    }
}
