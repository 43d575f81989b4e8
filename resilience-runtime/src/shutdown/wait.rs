//! Waits that end when the shutdown begins.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use pin_project_lite::pin_project;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use super::is_shutting_down;
use crate::sync::lock;
use crate::time;

static WAITING: AtomicU64 = AtomicU64::new(0);

static TASKS: Notify = Notify::const_new();

static THREADS: Sleepers = Sleepers { lock: Mutex::new(()), woken: Condvar::new() };

struct Sleepers {
    lock: Mutex<()>,
    woken: Condvar,
}

pub(super) fn count() -> u64 {
    WAITING.load(Ordering::Acquire)
}

/// Sets the flag and wakes all waiting callers. Returns false if the flag was set before.
pub(super) fn end_all(has_begun: &AtomicBool) -> bool {
    let is_first = {
        // Under the lock, or a thread between its check and its sleep would miss the notification.
        let _sleepers = lock(&THREADS.lock);
        !has_begun.swap(true, Ordering::AcqRel)
    };
    if is_first {
        THREADS.woken.notify_all();
        TASKS.notify_waiters();
    }
    is_first
}

/// Counts a waiting caller until it is dropped.
#[derive(Debug)]
struct WaitingCaller(());

impl WaitingCaller {
    fn begin() -> Self {
        WAITING.fetch_add(1, Ordering::AcqRel);
        Self(())
    }
}

impl Drop for WaitingCaller {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Ordering::AcqRel);
    }
}

pin_project! {
    /// Completes with `None` if the shutdown begins before the future is ready.
    #[derive(Debug)]
    pub struct UntilShutdown<F> {
        #[pin]
        future: F,
        #[pin]
        begun: Option<Notified<'static>>,
        wait: Option<WaitingCaller>,
    }
}

pub fn until_shutdown<F: Future>(future: F) -> UntilShutdown<F> {
    UntilShutdown { future, begun: None, wait: None }
}

impl<F: Future> Future for UntilShutdown<F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Poll::Ready(out) = this.future.poll(cx) {
            *this.wait = None;
            return Poll::Ready(Some(out));
        }
        if this.begun.is_none() {
            *this.wait = Some(WaitingCaller::begin());
            // Registered before the flag is read, so that a shutdown in between wakes it.
            this.begun.set(Some(TASKS.notified()));
        }
        let is_woken = this.begun.as_pin_mut().is_some_and(|begun| begun.poll(cx).is_ready());
        if is_woken || is_shutting_down() {
            *this.wait = None;
            return Poll::Ready(None);
        }
        Poll::Pending
    }
}

/// Completes when the shutdown begins. Does not count as a waiting caller.
#[cfg(feature = "dashboard")]
pub async fn shutdown_begun() {
    // Registered before the flag is read, so that a shutdown in between wakes it.
    let begun = TASKS.notified();
    if !is_shutting_down() {
        begun.await;
    }
}

/// Sleeps on this thread. Returns true if the shutdown ended the sleep.
pub fn sleep_blocking(wait: Duration) -> bool {
    sleep_blocking_unless(wait, || false)
}

/// Wakes all sleeping threads, which check whether their sleep is over.
pub fn wake_sleepers() {
    // Under the lock, or a thread between its check and its sleep would miss the notification.
    let _sleepers = lock(&THREADS.lock);
    THREADS.woken.notify_all();
}

/// [`sleep_blocking`], for a sleep that [`wake_sleepers`] may end.
pub fn sleep_blocking_unless(wait: Duration, is_over: impl Fn() -> bool) -> bool {
    if is_shutting_down() {
        return true;
    }
    if time::take_sleep(wait) {
        return false;
    }
    let (_wait, begin) = (WaitingCaller::begin(), Instant::now());
    let mut sleepers = lock(&THREADS.lock);
    loop {
        if is_shutting_down() {
            return true;
        }
        let left = wait.saturating_sub(begin.elapsed());
        if left.is_zero() || is_over() {
            return false;
        }
        sleepers = THREADS.woken.wait_timeout(sleepers, left).unwrap_or_else(PoisonError::into_inner).0;
    }
}
