//! The limits of a stream.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use resilience_options::timeout::OPTIONS;

use super::invalid::Draft;
use super::stream::StreamProgress;
use super::timeout::TimeoutLayer;
use super::{InvalidPolicy, Layer, LayerKind};
use crate::context::Deadline;
use crate::error::Error;
use crate::gate::Rejection;
use crate::timeout;

/// Ends a stream at its limits, as `#[timeout(first = .., idle = .., secs = ..)]` does: until the
/// first item, between two items, and for the whole stream.
///
/// In a call without a stream, the first limit applies to the result.
///
/// # Examples
///
/// See [`Policy::call_stream`](super::Policy::call_stream).
pub const fn stream_timeout() -> StreamTimeoutBuilder {
    let config = StreamTimes { first: None, idle: None, whole: None };
    StreamTimeoutBuilder { draft: Draft::new(config) }
}

/// Builds the limits of a stream. Created by [`stream_timeout`].
#[derive(Debug)]
#[must_use = "there is no layer before `build()`"]
pub struct StreamTimeoutBuilder {
    draft: Draft<StreamTimes>,
}

#[derive(Debug, Clone, Copy)]
struct StreamTimes {
    first: Option<Duration>,
    idle: Option<Duration>,
    whole: Option<Duration>,
}

impl StreamTimeoutBuilder {
    /// Sets the limit until the first item, with the call that opens the stream. Default: none.
    pub fn first(mut self, limit: Duration) -> Self {
        self.draft.set(|times| OPTIONS.first.rule.check(limit).map(|()| StreamTimes { first: Some(limit), ..times }));
        self
    }

    /// Sets the limit between two items. It counts while the consumer waits for an item, and nothing
    /// but an item renews it. Default: none.
    pub fn idle(mut self, limit: Duration) -> Self {
        self.draft.set(|times| OPTIONS.idle.rule.check(limit).map(|()| StreamTimes { idle: Some(limit), ..times }));
        self
    }

    /// Sets the limit of the whole stream, from its first poll on. Default: none.
    pub fn whole(mut self, limit: Duration) -> Self {
        self.draft.set(|times| OPTIONS.limit.rule.check(limit).map(|()| StreamTimes { whole: Some(limit), ..times }));
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
        let StreamTimes { first, idle, whole } = *draft.config();
        draft.problem_if(
            first.or(idle).or(whole).is_none(),
            "a stream timeout without a limit ends nothing; add `.first(..)`, `.idle(..)` or `.whole(..)`",
        );
        let is_late = |limit: Option<Duration>| limit.zip(whole).is_some_and(|(limit, whole)| limit >= whole);
        draft.problem_if(is_late(first), "`first` can never be reached: the whole stream ends before; make it shorter");
        draft.problem_if(is_late(idle), "`idle` can never be reached: the whole stream ends before; make it shorter");
        draft.finish("stream_timeout")?;
        let layer = TimeoutLayer::of_stream(whole, first, idle, Rejection::from_rejection);
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
