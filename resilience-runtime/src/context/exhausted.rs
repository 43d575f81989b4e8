//! Retry at one layer only: nested retries would multiply their attempts.
//!
//! A call that has used up its attempts leaves a mark, and a retry further out that sees the mark after an attempt
//! of its own does not begin another one. The mark is a thread-local: it has to pass through the user's functions and error
//! types, neither of which knows of it. Only what ran *inside* of an attempt may be seen there, so an asynchronous attempt
//! brings its own mark along at each poll of its leaves. Of several retried calls in one attempt, the last one counts: what the body
//! did after a failure it could live with is none of that failure's business.

use std::cell::Cell;
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

/// Goes into a leaf of an attempt that had been left with `own`; what comes back belongs to the code around it.
#[inline]
pub fn enter(own: bool) -> bool {
    GAVE_UP.replace(own)
}

/// Leaves a leaf that is not ready.
#[inline]
pub fn leave(around: bool) -> bool {
    GAVE_UP.replace(around)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::await_point::attempt;
    use std::future::{Future, poll_fn};
    use std::pin::pin;
    use std::task::{Context, Poll};

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
        let (mut one, mut other) =
            (pin!(attempt((), gives_up_in_between())), pin!(attempt((), poll_fn(|_| Poll::Ready(())))));
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
