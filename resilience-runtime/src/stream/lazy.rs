use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use pin_project_lite::pin_project;

use super::{OpenedStream, StreamItem, StreamOpening};

pin_project! {
    /// The stream of a function that is not `async`. Its first poll begins the call.
    pub struct LazyStream<F, S, I> {
        #[pin]
        opening: Option<F>,
        opened: Option<OpenedStream<S, I>>,
    }
}

pub fn lazy_stream<F, S, I>(opening: F) -> LazyStream<F, S, I>
where
    F: Future<Output = StreamOpening<S, I>>,
    I: StreamItem,
{
    LazyStream { opening: Some(opening), opened: None }
}

impl<F, S, I> Stream for LazyStream<F, S, I>
where
    F: Future<Output = StreamOpening<S, I>>,
    S: Stream<Item = I> + Unpin,
    I: StreamItem,
{
    type Item = I;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<I>> {
        let mut this = self.project();
        if let Some(opening) = this.opening.as_mut().as_pin_mut() {
            let opened = OpenedStream::of(ready!(opening.poll(cx)));
            this.opening.set(None);
            *this.opened = Some(opened);
        }
        match this.opened {
            Some(opened) => Pin::new(opened).poll_next(cx),
            None => Poll::Ready(None),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.opened.as_ref().map_or((0, None), Stream::size_hint)
    }
}

impl<F, S, I> fmt::Debug for LazyStream<F, S, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyStream").field("is_open", &self.opened.is_some()).finish_non_exhaustive()
    }
}
