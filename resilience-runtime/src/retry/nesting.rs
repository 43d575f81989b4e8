//! Retry at one layer only: nested retries would multiply their attempts.
//!
//! A call that has used up its attempts leaves a mark, and a retry further out that sees the mark after an attempt
//! of its own does not begin another one. The mark is a thread-local: it has to pass through the user's functions and error
//! types, neither of which knows of it. Only what ran *inside* of an attempt may be seen there, so an asynchronous attempt
//! brings its own mark along at each poll. Of several retried calls in one attempt, the last one counts: what the body
//! did after a failure it could live with is none of that failure's business.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

thread_local! {
    static GAVE_UP: Cell<bool> = const { Cell::new(false) };
}

/// An attempt begins: nothing further in has given up yet.
#[inline]
pub fn begin() {
    GAVE_UP.set(false);
}

/// The call that ended last has used up its attempts.
#[cold]
pub fn give_up() {
    GAVE_UP.set(true);
}

/// Whether the call that ended last had used up its attempts.
pub fn gave_up() -> bool {
    GAVE_UP.get()
}

/// Goes into an attempt that had been left with `own`; what comes back belongs to the code around it.
#[inline]
pub fn enter(own: bool) -> bool {
    GAVE_UP.replace(own)
}

/// Leaves an attempt that is not ready.
#[inline]
pub fn leave(around: bool) -> bool {
    GAVE_UP.replace(around)
}

pin_project! {
    /// The body of one attempt, where no `Timeout` is around it, which does the same.
    #[derive(Debug)]
    pub struct Attempt<F> {
        #[pin]
        body: F,
        gave_up: bool,
    }
}

/// One asynchronous attempt. When it is ready, the mark on this thread is its own.
#[inline]
pub fn attempt<F: Future>(body: F) -> Attempt<F> {
    Attempt { body, gave_up: false }
}

impl<F: Future> Future for Attempt<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let around = enter(*this.gave_up);
        let poll = this.body.poll(cx);
        if poll.is_pending() {
            *this.gave_up = leave(around);
        }
        poll
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::pin::pin;

    /// Gives up when it is polled for the second time, and ends with the third.
    async fn gives_up_in_between() {
        let mut polls = 0;
        poll_fn(|_| {
            polls += 1;
            if polls == 2 {
                give_up();
            }
            if polls == 3 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    #[test]
    fn each_attempt_sees_what_happened_inside_of_it_and_nothing_else() {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let (mut one, mut other) = (pin!(attempt(gives_up_in_between())), pin!(attempt(poll_fn(|_| Poll::Ready(())))));
        begin();
        assert!(one.as_mut().poll(&mut cx).is_pending());
        assert!(one.as_mut().poll(&mut cx).is_pending());
        assert!(!gave_up(), "outside of the attempt nothing has given up");
        assert!(other.as_mut().poll(&mut cx).is_ready());
        assert!(!gave_up());
        assert!(one.as_mut().poll(&mut cx).is_ready());
        assert!(gave_up());
    }
}
