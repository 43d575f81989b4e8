use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::{StreamItem, StreamLimits, StreamOpening};
use crate::context::{Deadline, DeadlineGuard};
use crate::error::Error;
use crate::time;
use crate::timeout::{TimeoutFuture, expired, timeout};

/// Ends a stream at its limits: that between two items, and that of the whole.
pub struct LimitedStream<S, R> {
    state: LimitState<S>,
    limits: StreamLimits,
    reject: Option<R>,
}

enum LimitState<S> {
    Ready(S),
    /// The limit counts from the moment the consumer first waits for the item.
    Waiting(TimeoutFuture<Deadline, NextItem<S>, (), ()>),
    Ended,
}

struct NextItem<S>(Option<S>);

impl<S: Stream + Unpin> Future for NextItem<S> {
    type Output = Option<(S::Item, S)>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(stream) = &mut self.0 else { return Poll::Ready(None) };
        let item = ready!(Pin::new(stream).poll_next(cx));
        Poll::Ready(item.zip(self.0.take()))
    }
}

/// Limits the rest of a stream that has opened.
pub fn limit_stream<S, I, R>(
    opening: StreamOpening<S, I>,
    limits: StreamLimits,
    reject: R,
) -> StreamOpening<LimitedStream<S, R>, I>
where
    I: StreamItem,
    R: FnOnce(Error) -> I::Failure,
{
    opening.map(|opened| {
        opened.map(|stream| LimitedStream { state: LimitState::Ready(stream), limits, reject: Some(reject) })
    })
}

impl<S: Unpin, R> Unpin for LimitedStream<S, R> {}

impl<S, R> LimitedStream<S, R> {
    /// Checked for each item, because a stream that always has an item ready never waits.
    fn is_over(&self) -> bool {
        self.limits.whole.end().is_some_and(|end| end <= time::now())
    }

    fn expire<I: StreamItem>(&mut self, error: Error) -> Poll<Option<I>>
    where
        R: FnOnce(Error) -> I::Failure,
    {
        self.state = LimitState::Ended;
        Poll::Ready(self.reject.take().map(|reject| I::from_failure(reject(error))))
    }
}

impl<S, I, R> Stream for LimitedStream<S, R>
where
    S: Stream<Item = I> + Unpin,
    I: StreamItem,
    R: FnOnce(Error) -> I::Failure,
{
    type Item = I;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<I>> {
        let this = &mut *self;
        if let LimitState::Ended = this.state {
            return Poll::Ready(None);
        }
        if this.is_over() {
            return this.expire(expired(this.limits.whole));
        }
        let StreamLimits { idle, whole, .. } = this.limits;
        let nearest = if idle.is_none() { whole } else { idle };
        // The limit of the whole encloses the one between items, so the error names the limit that was reached.
        let _whole = DeadlineGuard::narrow(whole);
        if let LimitState::Ready(stream) = &mut this.state {
            if nearest.is_none() {
                return Pin::new(stream).poll_next(cx);
            }
            let LimitState::Ready(stream) = std::mem::replace(&mut this.state, LimitState::Ended) else {
                return Poll::Ready(None);
            };
            this.state = LimitState::Waiting(timeout(nearest, (), NextItem(Some(stream))));
        }
        let LimitState::Waiting(next) = &mut this.state else { return Poll::Ready(None) };
        match ready!(Pin::new(next).poll(cx)) {
            Ok(Some((item, stream))) => {
                this.state = LimitState::Ready(stream);
                Poll::Ready(Some(item))
            }
            Ok(None) => {
                this.state = LimitState::Ended;
                Poll::Ready(None)
            }
            Err(error) => this.expire(error),
        }
    }
}

impl<S, R> fmt::Debug for LimitedStream<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LimitedStream").field("limits", &self.limits).finish_non_exhaustive()
    }
}
