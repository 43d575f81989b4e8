use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures_core::Stream;

use super::attempt::AttemptStream;
use super::{OpenedStream, StreamItem, StreamOpening};

/// Opens the stream of a body, and waits for its first item.
pub async fn open_stream<S, I>(body: impl Future<Output = S>) -> StreamOpening<AttemptStream<S>, I>
where
    S: Stream<Item = I>,
    I: StreamItem,
{
    first_item(body.await).await
}

/// [`open_stream`] for a body that returns a `Result`.
pub async fn open_stream_result<S, O, I>(
    body: impl Future<Output = Result<S, O>>,
    source: &FailureSource,
    into_item_failure: impl FnOnce(O) -> I::Failure,
) -> StreamOpening<AttemptStream<S>, I>
where
    S: Stream<Item = I>,
    I: StreamItem,
{
    source.is_item.store(false, Ordering::Relaxed);
    match body.await {
        Ok(stream) => {
            let opening = first_item(stream).await;
            source.is_item.store(opening.is_err(), Ordering::Relaxed);
            opening
        }
        Err(failure) => Err(into_item_failure(failure)),
    }
}

async fn first_item<S, I>(stream: S) -> StreamOpening<AttemptStream<S>, I>
where
    S: Stream<Item = I>,
    I: StreamItem,
{
    let mut stream = AttemptStream::new(stream);
    let first = poll_fn(|cx| Pin::new(&mut stream).poll_next(cx)).await;
    match first.map(I::into_result) {
        Some(Ok(value)) => Ok(OpenedStream { first: Some(I::from_value(value)), rest: Some(stream) }),
        Some(Err(failure)) => Err(failure),
        None => Ok(OpenedStream { first: None, rest: None }),
    }
}

/// Records whether the latest failure of a call came from an item or from the function that opens the stream.
#[derive(Debug, Default)]
pub struct FailureSource {
    is_item: AtomicBool,
}

impl FailureSource {
    pub const fn new() -> Self {
        Self { is_item: AtomicBool::new(false) }
    }

    /// Records that a layer has created the failure.
    #[cold]
    pub fn layer(&self) {
        self.is_item.store(false, Ordering::Relaxed);
    }

    /// Returns the failure of an item as an item, and any other failure before the first item as that of the function.
    pub fn place<S, I: StreamItem>(&self, opening: StreamOpening<S, I>) -> StreamOpening<S, I> {
        match opening {
            Err(failure) if self.is_item.load(Ordering::Relaxed) => Ok(OpenedStream::failed(failure)),
            opening => opening,
        }
    }
}

/// Converts a failure of the function that opens a stream into one of the stream's items.
#[diagnostic::on_unimplemented(
    message = "`{Self}`, the error of this function, cannot become `{E}`, the error of its stream's items",
    label = "the layers act on one error type for the function and the items",
    note = "return the same error from both, or implement `From<{Self}>` for `{E}`"
)]
pub trait IntoItemFailure<E> {
    fn into_item_failure(self) -> E;
}

#[diagnostic::do_not_recommend]
impl<O: Into<E>, E> IntoItemFailure<E> for O {
    #[inline]
    fn into_item_failure(self) -> E {
        self.into()
    }
}

/// Returns the stream of a fallback's value, which has one item.
#[derive(Debug)]
pub struct NoItems<I>(Infallible, PhantomData<fn() -> I>);

impl<I> Stream for NoItems<I> {
    type Item = I;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<I>> {
        match self.0 {}
    }
}

pub fn stream_of_value<I: StreamItem>(value: I::Value) -> StreamOpening<NoItems<I>, I> {
    Ok(OpenedStream { first: Some(I::from_value(value)), rest: None })
}
