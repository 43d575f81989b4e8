use std::cell::Cell;

use super::ContextPart;

thread_local! {
    static RETRIES_EXHAUSTED: Cell<bool> = const { Cell::new(false) };
    static DEGRADED: Cell<u8> = const { Cell::new(NOT_DEGRADED) };
}

const NOT_DEGRADED: u8 = 0;
const SUBSTITUTE: u8 = 1;
const FAILED_SUBSTITUTE: u8 = 1 << 1;

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
pub struct Degraded(u8);

#[cfg(feature = "cached")]
impl Degraded {
    pub fn clear() {
        DEGRADED.set(NOT_DEGRADED);
    }

    pub const fn bits(self) -> u8 {
        self.0
    }

    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// A substitute is part of the answer, or may be.
    pub const fn is_answer(self) -> bool {
        self.0 & SUBSTITUTE != 0
    }

    /// A substitute was asked for, whether it has answered or failed.
    pub const fn is_any(self) -> bool {
        self.0 != NOT_DEGRADED
    }
}

#[cfg(feature = "cached")]
impl ContextPart for Degraded {
    type Outer = u8;

    #[inline]
    fn enter(&mut self) -> u8 {
        DEGRADED.replace(self.0)
    }

    #[inline]
    fn leave(&mut self, outer: u8) {
        self.0 = DEGRADED.replace(outer);
    }
}

pub fn mark_degraded() {
    DEGRADED.set(DEGRADED.get() | SUBSTITUTE);
}

/// Says nothing about a later answer, but a failure may be that of the substitute.
pub fn mark_failed_substitute() {
    DEGRADED.set(DEGRADED.get() | FAILED_SUBSTITUTE);
}

#[derive(Debug, Clone, Copy)]
pub struct Marks {
    retries_exhausted: bool,
    degraded: u8,
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
        DEGRADED.set(DEGRADED.get() | degraded);
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
