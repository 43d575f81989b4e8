//! The wait for a turn. It ends early when the limit is switched off, as it does when the process shuts down.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::Notify;

use super::RateLimiter;
use crate::context;
use crate::shutdown::{sleep_blocking_unless, until_shutdown, wake_sleepers};
use crate::sync::lock;
use crate::time;

/// Of any limit: it is a rare decision of somebody who runs the program.
static SWITCHED_OFF: Notify = Notify::const_new();

/// Wakes all who wait for a turn, to look at their limits.
#[cold]
pub(super) fn switched_off() {
    SWITCHED_OFF.notify_waiters();
    wake_sleepers();
}

impl RateLimiter {
    fn is_off(&self) -> bool {
        !lock(&self.inside).limit.config.is_enabled
    }

    /// Returns true if the shutdown has ended the wait.
    pub(super) async fn wait_for(&self, wait: Duration) -> bool {
        let (until, mut left) = (time::now().after(wait), wait);
        loop {
            // Before the look at the limit: it learns of a switch in between.
            let mut switched = pin!(SWITCHED_OFF.notified());
            if self.is_off() {
                return false;
            }
            let mut sleep = pin!(context::sleep(left));
            let is_over = poll_fn(|cx| match sleep.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(true),
                Poll::Pending => switched.as_mut().poll(cx).map(|()| false),
            });
            match until_shutdown(is_over).await {
                None => return true,
                Some(true) => return false,
                Some(false) => left = until.since(time::now()),
            }
        }
    }

    /// [`wait_for`](Self::wait_for), on this thread.
    pub(super) fn wait_for_blocking(&self, wait: Duration) -> bool {
        sleep_blocking_unless(wait, || self.is_off())
    }
}
