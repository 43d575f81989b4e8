//! The limits of a stream.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use super::invalid::Draft;
use super::stream::StreamProgress;
use super::timeout::TimeoutLayer;
use super::{InvalidPolicy, Layer, LayerKind};
use crate::context::Deadline;
use crate::error::Error;
use crate::gate::Rejection;
use crate::registry::FunctionRef;
use crate::stream::StreamTimes;
use crate::timeout;

/// Ends a stream at its limits, as `#[timeout(first = .., idle = .., secs = ..)]` does: until the
/// first item, between two items, and for the whole stream.
///
/// In a call without a stream, the first limit applies to the result.
///
/// With the feature `config`, the outermost timeout of a policy with a name takes the settings
/// `[name.timeout]`: `first`, `idle` and, for the whole, `limit`. A call keeps the limits with which it began.
///
/// # Examples
///
/// See [`Policy::call_stream`](super::Policy::call_stream).
pub const fn stream_timeout() -> StreamTimeoutBuilder {
    StreamTimeoutBuilder { draft: Draft::new(StreamTimes::new(FunctionRef::UNNAMED)) }
}

/// Builds the limits of a stream. Created by [`stream_timeout`].
#[derive(Debug)]
#[must_use = "there is no layer before `build()`"]
pub struct StreamTimeoutBuilder {
    draft: Draft<StreamTimes>,
}

impl StreamTimeoutBuilder {
    /// Sets the limit until the first item, with the call that opens the stream. Default: none.
    pub fn first(mut self, limit: Duration) -> Self {
        self.draft.set(|times| times.try_first(limit));
        self
    }

    /// Sets the limit between two items. It counts while the consumer waits for an item, and nothing
    /// but an item renews it. Default: none.
    pub fn idle(mut self, limit: Duration) -> Self {
        self.draft.set(|times| times.try_idle(limit));
        self
    }

    /// Sets the limit of the whole stream, from its first poll on. Default: none.
    pub fn whole(mut self, limit: Duration) -> Self {
        self.draft.set(|times| times.try_whole(limit));
        self
    }

    /// Builds the layer.
    ///
    /// # Errors
    ///
    /// [`InvalidPolicy`], with every mistake: no limit at all, a limit of zero, and a limit that is not
    /// shorter than that of the whole stream.
    pub fn build<T, E: From<Error>>(self) -> Result<Layer<T, E>, InvalidPolicy> {
        let mut draft = self.draft;
        let times = *draft.config();
        draft.problem_if(
            times.each().into_iter().flatten().next().is_none(),
            "a stream timeout without a limit ends nothing; add `.first(..)`, `.idle(..)` or `.whole(..)`",
        );
        draft.set(StreamTimes::with_reachable_first);
        draft.set(StreamTimes::with_reachable_idle);
        draft.finish("stream_timeout")?;
        let layer = TimeoutLayer::of_streams(times, Rejection::from_rejection);
        Ok(Layer(LayerKind::Timeout(layer)))
    }
}

/// Runs until the call is over or another item is ready.
struct UntilItem<'a, F> {
    call: Pin<&'a mut F>,
    progress: &'a StreamProgress,
    seen: u64,
}

impl<F: Future> Future for UntilItem<'_, F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        match self.call.as_mut().poll(cx) {
            Poll::Ready(out) => Poll::Ready(Some(out)),
            Poll::Pending if self.progress.items() > self.seen => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// Runs a call under the limits `first` and, if it has a stream, `idle`.
pub(super) async fn limited<F: Future>(
    call: F,
    progress: Option<&StreamProgress>,
    first: Option<Deadline>,
    idle: Option<Deadline>,
) -> Result<F::Output, Error> {
    let (mut call, mut limit) = (pin!(call), first);
    let Some(progress) = progress else {
        return match first {
            None => Ok(call.await),
            Some(first) => timeout::timeout(first, (), call).await,
        };
    };
    loop {
        // The result may not be `Send`, and does not live on to the next await.
        {
            let until_item = UntilItem { call: call.as_mut(), progress, seen: progress.items() };
            let out = match limit {
                None => until_item.await,
                Some(limit) => timeout::timeout(limit, (), until_item).await?,
            };
            if let Some(out) = out {
                return Ok(out);
            }
        }
        progress.taken().await;
        limit = idle;
    }
}
