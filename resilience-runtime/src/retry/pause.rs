use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::{Retry, RetryHistory, RetrySettings};
use crate::context::{self, Sleep, facts};
use crate::event::RetryEnd;
use crate::shutdown::{self, UntilShutdown, until_shutdown};

/// The outcome of the attempt before a pause, which the call returns if the pause is cut short.
pub trait KeptOutcome<R> {
    fn outcome(self) -> Option<R>;
}

#[derive(Debug)]
pub struct Kept<R>(pub R);

/// The pause would take `Send` from the future.
#[derive(Debug)]
pub struct NotKept;

impl<R> KeptOutcome<R> for Kept<R> {
    fn outcome(self) -> Option<R> {
        Some(self.0)
    }
}

impl<R> KeptOutcome<R> for NotKept {
    fn outcome(self) -> Option<R> {
        None
    }
}

pin_project! {
    struct CutSleep<K> {
        #[pin]
        sleep: UntilShutdown<Sleep>,
        kept: Option<K>,
    }
}

/// The timer is boxed, with the outcome, so that the future of a call that needs no retry stays small.
///
/// Ready with the outcome if the process shuts down. If that is not kept, one more attempt is made at
/// once, because the call has nothing else to return.
pub struct RetryPause<R, K> {
    sleep: Option<Pin<Box<CutSleep<K>>>>,
    outcome: PhantomData<fn() -> R>,
}

impl<R, K> fmt::Debug for RetryPause<R, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryPause").field("is_over", &self.sleep.is_none()).finish()
    }
}

/// A delay of zero does not yield.
#[cold]
pub fn pause<R, K: KeptOutcome<R>>(kept: K, delay: Duration) -> RetryPause<R, K> {
    let sleep = (!delay.is_zero())
        .then(|| Box::pin(CutSleep { sleep: until_shutdown(context::sleep(delay)), kept: Some(kept) }));
    RetryPause { sleep, outcome: PhantomData }
}

impl<R, K: KeptOutcome<R>> Future for RetryPause<R, K> {
    type Output = Option<R>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<R>> {
        let Some(pause) = &mut self.sleep else { return Poll::Ready(None) };
        let pause = pause.as_mut().project();
        Poll::Ready(match ready!(pause.sleep.poll(cx)) {
            Some(()) => None,
            None => pause.kept.take().and_then(K::outcome),
        })
    }
}

/// Returns true if the process shuts down: the outcome of the last attempt is to be returned.
#[cold]
pub fn pause_blocking<C: super::RetriedCall>(
    retry: &Retry<impl RetryHistory, C>,
    config: impl RetrySettings,
    delay: Duration,
) -> bool {
    let is_cut = !delay.is_zero() && shutdown::sleep_blocking(delay);
    if is_cut {
        end_pause(retry, config);
    } else {
        // A hook may have called functions of ours, which have failed.
        facts::begin();
    }
    is_cut
}

/// Reports that a pause has been cut short, and that the retrying ends with it.
#[cold]
pub fn end_pause<C: super::RetriedCall>(retry: &Retry<impl RetryHistory, C>, config: impl RetrySettings) {
    retry.report(config.config(), RetryEnd::Shutdown, retry.call.attempt().saturating_sub(1));
}
