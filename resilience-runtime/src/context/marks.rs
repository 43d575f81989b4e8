use std::cell::Cell;

use super::ContextPart;

thread_local! {
    static RETRIES_EXHAUSTED: Cell<bool> = const { Cell::new(false) };
    static DEGRADED: Cell<bool> = const { Cell::new(false) };
}

/// The mark of a call that has used up its attempts.
///
/// An outer retry that sees it after its own attempt stops, or nested retries would multiply. It
/// passes through the user's functions and error types. Only calls inside an attempt count, so an
/// asynchronous attempt swaps the mark around each poll. The last retried call in it decides.
#[derive(Debug, Clone, Copy)]
pub struct RetriesExhausted(bool);

impl RetriesExhausted {
    pub const NO: Self = Self(false);

    #[inline]
    pub fn clear() {
        RETRIES_EXHAUSTED.set(false);
    }

    #[cold]
    pub fn mark() {
        RETRIES_EXHAUSTED.set(true);
    }

    #[inline]
    pub fn current() -> Self {
        Self(RETRIES_EXHAUSTED.get())
    }

    pub const fn is_marked(self) -> bool {
        self.0
    }
}

impl ContextPart for RetriesExhausted {
    type Outer = bool;

    #[inline]
    fn enter(&mut self) -> bool {
        RETRIES_EXHAUSTED.replace(self.0)
    }

    #[inline]
    fn leave(&mut self, outer: bool) {
        self.0 = RETRIES_EXHAUSTED.replace(outer);
    }
}

/// Tells an outer cache, through the user's functions, not to store a fallback or expired value.
#[cfg(feature = "cached")]
#[derive(Debug, Clone, Copy, Default)]
pub struct Degraded(bool);

#[cfg(feature = "cached")]
impl Degraded {
    pub fn clear() {
        DEGRADED.set(false);
    }

    pub const fn is_marked(self) -> bool {
        self.0
    }
}

#[cfg(feature = "cached")]
impl ContextPart for Degraded {
    type Outer = bool;

    #[inline]
    fn enter(&mut self) -> bool {
        DEGRADED.replace(self.0)
    }

    #[inline]
    fn leave(&mut self, outer: bool) {
        self.0 = DEGRADED.replace(outer);
    }
}

pub fn mark_degraded() {
    DEGRADED.set(true);
}

#[derive(Debug, Clone, Copy)]
pub struct Marks {
    retries_exhausted: bool,
    degraded: bool,
}

impl Marks {
    pub fn current() -> Self {
        Self { retries_exhausted: RETRIES_EXHAUSTED.get(), degraded: DEGRADED.get() }
    }

    #[cfg(feature = "metrics")]
    pub fn restore(self) {
        let Self { retries_exhausted, degraded } = self;
        RETRIES_EXHAUSTED.set(retries_exhausted);
        DEGRADED.set(degraded);
    }

    pub fn join(self) {
        let Self { retries_exhausted, degraded } = self;
        if retries_exhausted {
            RetriesExhausted::mark();
        }
        if degraded {
            mark_degraded();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Future, poll_fn};
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::context::in_attempt;

    /// Marks at its second poll, and ends at its third.
    async fn exhausts_in_between() {
        let mut polls = 0;
        poll_fn(|_| {
            polls += 1;
            if polls == 2 {
                RetriesExhausted::mark();
            }
            if polls == 3 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    #[test]
    fn an_attempt_sees_only_what_happened_inside_of_it() {
        let mut cx = Context::from_waker(Waker::noop());
        let mut one = pin!(in_attempt((), exhausts_in_between()));
        let mut other = pin!(in_attempt((), poll_fn(|_| Poll::Ready(()))));
        let is_marked = || RetriesExhausted::current().is_marked();
        RetriesExhausted::clear();
        assert!(one.as_mut().poll(&mut cx).is_pending());
        assert!(one.as_mut().poll(&mut cx).is_pending());
        assert!(!is_marked(), "outside of the attempt no retries are exhausted");
        assert!(other.as_mut().poll(&mut cx).is_ready());
        assert!(!is_marked());
        assert!(one.as_mut().poll(&mut cx).is_ready());
        assert!(is_marked());
    }
}
