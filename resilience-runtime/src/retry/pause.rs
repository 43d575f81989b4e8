//! The delay before the next attempt.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::context::{self, Sleep, facts};
use crate::emit::emit;
use crate::event::{Event, RetryEnd};
use crate::registry::FunctionRef;
use crate::shutdown::{self, UntilShutdown, until_shutdown};

/// The decision for another attempt, after one with an outcome of the type `R`.
///
/// [`__resilience_pause`](Self::__resilience_pause) is a method of this type if `R` is `Send`, and of the type that this
/// one dereferences to otherwise: a pause with an outcome that is not `Send` would take `Send` from the future of the call.
#[derive(Debug)]
pub struct NextAttempt<R> {
    next: Decided,
    outcome: PhantomData<fn() -> R>,
}

#[derive(Debug, Clone, Copy)]
pub struct Decided {
    delay: Duration,
    function: FunctionRef,
    attempts: u32,
}

impl<R> NextAttempt<R> {
    #[inline]
    pub(super) const fn new(next: Decided) -> Self {
        Self { next, outcome: PhantomData }
    }

    #[cold]
    pub fn pause<K: KeptOutcome<Outcome = R>>(self, outcome: R) -> RetryPause<K> {
        RetryPause::new(K::keep(outcome), self.next)
    }

    pub fn pause_with(self, outcome: R) -> RetryPause<Kept<R>> {
        RetryPause::new(Kept(outcome), self.next)
    }

    /// Blocks for the delay. Returns true if the process shuts down: the outcome of the last attempt is to be returned.
    #[inline]
    pub fn pause_blocking(self) -> bool {
        let is_cut = !self.next.delay.is_zero() && self.next.is_cut_blocking();
        if !is_cut {
            // A hook may have called functions of ours, which have failed.
            facts::begin();
        }
        is_cut
    }
}

impl<R: Send> NextAttempt<R> {
    #[cold]
    pub fn __resilience_pause(self, outcome: R) -> RetryPause<Kept<R>> {
        self.pause_with(outcome)
    }
}

impl<R> Deref for NextAttempt<R> {
    type Target = Decided;

    fn deref(&self) -> &Decided {
        &self.next
    }
}

impl Decided {
    pub(super) const fn new(delay: Duration, function: FunctionRef, attempts: u32) -> Self {
        Self { delay, function, attempts }
    }

    pub(super) const fn delay(self) -> Duration {
        self.delay
    }

    #[cold]
    #[inline(never)]
    fn is_cut_blocking(self) -> bool {
        let is_cut = shutdown::sleep_blocking(self.delay);
        if is_cut {
            self.report_end();
        }
        is_cut
    }

    #[cold]
    pub fn __resilience_pause<R>(self, outcome: R) -> RetryPause<NotKept<R>> {
        drop(outcome);
        RetryPause::new(NotKept(PhantomData), self)
    }

    /// Reports that a pause has been cut short, and that the retrying ends with it.
    fn report_end(self) {
        let Self { function, attempts, .. } = self;
        facts::undisturbed(|| {
            emit(&Event::RetryExhausted {
                function: &function.name(),
                attempts,
                reason: RetryEnd::Shutdown,
                budget: None,
            });
        });
    }
}

/// The outcome of the attempt before a pause, which the call returns if the pause is cut short.
pub trait KeptOutcome {
    type Outcome;

    fn keep(outcome: Self::Outcome) -> Self;

    fn outcome(self) -> Option<Self::Outcome>;
}

#[derive(Debug)]
pub struct Kept<R>(R);

#[derive(Debug)]
pub struct NotKept<R>(PhantomData<fn() -> R>);

impl<R> KeptOutcome for Kept<R> {
    type Outcome = R;

    fn keep(outcome: R) -> Self {
        Self(outcome)
    }

    fn outcome(self) -> Option<R> {
        Some(self.0)
    }
}

impl<R> KeptOutcome for NotKept<R> {
    type Outcome = R;

    fn keep(outcome: R) -> Self {
        drop(outcome);
        Self(PhantomData)
    }

    fn outcome(self) -> Option<R> {
        None
    }
}

pin_project! {
    struct CutSleep<K> {
        #[pin]
        sleep: UntilShutdown<Sleep>,
        kept: Option<K>,
        next: Decided,
    }
}

/// The timer is boxed, with the outcome, so that the future of a call that needs no retry stays small.
///
/// Ready with the outcome if the process shuts down. If that is not kept, one more attempt is made at
/// once, because the call has nothing else to return.
pub struct RetryPause<K> {
    sleep: Option<ManuallyDrop<Pin<Box<CutSleep<K>>>>>,
}

impl<K> fmt::Debug for RetryPause<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryPause").field("is_over", &self.sleep.is_none()).finish()
    }
}

impl<K> RetryPause<K> {
    /// A delay of zero does not yield.
    fn new(kept: K, next: Decided) -> Self {
        let delay = next.delay;
        let sleep = || Box::pin(CutSleep { sleep: until_shutdown(context::sleep(delay)), kept: Some(kept), next });
        Self { sleep: (!delay.is_zero()).then(|| ManuallyDrop::new(sleep())) }
    }
}

/// Of the whole, and out of line: the future of each function with a retry contains this drop.
impl<K> Drop for RetryPause<K> {
    #[inline]
    fn drop(&mut self) {
        if self.sleep.is_some() {
            self.end();
        }
    }
}

impl<K> RetryPause<K> {
    #[cold]
    #[inline(never)]
    fn end(&mut self) {
        drop(self.sleep.take().map(ManuallyDrop::into_inner));
    }
}

impl<K: KeptOutcome> CutSleep<K> {
    #[inline(never)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<K::Outcome>> {
        let pause = self.project();
        if ready!(pause.sleep.poll(cx)).is_some() {
            return Poll::Ready(None);
        }
        let outcome = pause.kept.take().and_then(K::outcome);
        if outcome.is_some() {
            pause.next.report_end();
        }
        Poll::Ready(outcome)
    }
}

impl<K: KeptOutcome> Future for RetryPause<K> {
    type Output = Option<K::Outcome>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.sleep.as_mut().map_or(Poll::Ready(None), |pause| pause.as_mut().poll(cx))
    }
}

#[cfg(test)]
mod tests {
    use std::any::Any;
    use std::rc::Rc;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_outcome_is_kept_if_its_type_is_send() {
        fn after<R>(_: &R) -> NextAttempt<R> {
            NextAttempt::new(Decided::new(Duration::ZERO, FunctionRef::UNNAMED, 1))
        }
        let is_kept = |pause: &dyn Any| pause.is::<RetryPause<Kept<Result<u8, u8>>>>();
        let sent: Result<u8, u8> = Err(1);
        assert!(is_kept(&after(&sent).__resilience_pause(sent)));
        let local: Result<u8, Rc<u8>> = Err(Rc::new(1));
        let pause: RetryPause<NotKept<_>> = after(&local).__resilience_pause(local);
        assert!(pause.await.is_none());
    }
}
