use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use crate::context::{self, Sleep, facts};
use crate::time;

/// The timer is boxed, so that the future of a call that needs no retry stays small.
#[derive(Debug)]
pub struct RetryPause(Option<Pin<Box<Sleep>>>);

/// A delay of zero does not yield.
#[cold]
pub fn pause(delay: Duration) -> RetryPause {
    RetryPause((!delay.is_zero()).then(|| Box::pin(context::sleep(delay))))
}

impl Future for RetryPause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(sleep) = &mut self.0 {
            ready!(sleep.as_mut().poll(cx));
        }
        Poll::Ready(())
    }
}

#[cold]
pub fn pause_blocking(delay: Duration) {
    if !delay.is_zero() {
        time::sleep_blocking(delay);
    }
    // A hook may have called functions of ours, which have failed.
    facts::begin();
}
