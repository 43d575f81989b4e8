//! The await points of an expansion: the body, a pause, a fallback, a wait for another caller's load.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::PollFrame;
use super::facts::{OuterFacts, Ticket};
use super::{AttemptCell, AttemptScope};

/// One layer's change of the context, inside the scopes around it. Its drop undoes the change.
pub trait CallScope {
    /// The output of an await point of type `T`: `T`, or a `Result` where the scope may end it.
    type Ends<T>;

    /// `true` if it or a scope around it has a limit.
    const IS_LIMITED: bool;

    fn ended<T>(out: T) -> Self::Ends<T>;

    /// Applies the changes, the outermost first. Does nothing while they apply.
    fn resume(&mut self);

    /// Looks at the limit of the scope while the await point is pending. The changes stay applied.
    fn check_limit<T>(&mut self) -> Poll<Self::Ends<T>>;

    /// Undoes the changes. The outermost limit makes sure that the task wakes at its end.
    fn suspend(&mut self, is_outermost: bool, cx: &mut Context<'_>);
}

impl CallScope for () {
    type Ends<T> = T;

    const IS_LIMITED: bool = false;

    #[inline]
    fn ended<T>(out: T) -> T {
        out
    }

    #[inline]
    fn resume(&mut self) {}

    #[inline]
    fn check_limit<T>(&mut self) -> Poll<T> {
        Poll::Pending
    }

    #[inline]
    fn suspend(&mut self, _: bool, _: &mut Context<'_>) {}
}

impl<S: CallScope> CallScope for &mut S {
    type Ends<T> = S::Ends<T>;

    const IS_LIMITED: bool = S::IS_LIMITED;

    #[inline]
    fn ended<T>(out: T) -> S::Ends<T> {
        S::ended(out)
    }

    #[inline]
    fn resume(&mut self) {
        S::resume(self);
    }

    #[inline]
    fn check_limit<T>(&mut self) -> Poll<S::Ends<T>> {
        S::check_limit(self)
    }

    #[inline]
    fn suspend(&mut self, is_outermost: bool, cx: &mut Context<'_>) {
        S::suspend(self, is_outermost, cx);
    }
}

pin_project! {
    #[derive(Debug)]
    pub struct InContext<F, S> {
        #[pin]
        future: F,
        scope: S,
    }
}

/// Awaits `future` in the innermost scope.
#[inline]
pub fn in_context<F: Future, S: CallScope>(scope: S, future: F) -> InContext<F, S> {
    InContext { future, scope }
}

impl<F: Future, S: CallScope> Future for InContext<F, S> {
    type Output = S::Ends<F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let frame = if S::IS_LIMITED { PollFrame::enter(cx.waker()) } else { PollFrame::none() };
        this.scope.resume();
        if let Poll::Ready(out) = this.future.poll(cx) {
            return Poll::Ready(S::ended(out));
        }
        if let Poll::Ready(out) = this.scope.check_limit() {
            return Poll::Ready(out);
        }
        this.scope.suspend(frame.is_outermost(), cx);
        Poll::Pending
    }
}

pin_project! {
    /// Marks what is known when this future is ready as learned inside of it.
    #[derive(Debug)]
    pub struct InAttempt<F, S, A> {
        #[pin]
        future: F,
        scope: S,
        facts: Ticket,
        attempt: A,
    }
}

/// Awaits `future` below a layer that asks what is known about its failure.
#[inline]
pub fn in_attempt<F: Future, S: CallScope>(scope: S, future: F) -> InAttempt<F, S, ()> {
    InAttempt { future, scope, facts: Ticket::NEW, attempt: () }
}

/// [`in_attempt`] below a retry.
#[inline]
pub fn in_retry<F: Future, S: CallScope>(attempt: &AttemptCell, scope: S, future: F) -> InAttempt<F, S, &AttemptCell> {
    InAttempt { future, scope, facts: Ticket::NEW, attempt }
}

impl<F: Future, S: CallScope, A: AttemptScope> Future for InAttempt<F, S, A> {
    type Output = S::Ends<F::Output>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        poll_in_attempt(this.future, this.scope, this.facts, *this.attempt, cx)
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "each body would cost a call")]
pub fn poll_in_attempt<F: Future, S: CallScope, A: AttemptScope>(
    future: Pin<&mut F>,
    scope: &mut S,
    facts: &mut Ticket,
    attempt: A,
    cx: &mut Context<'_>,
) -> Poll<S::Ends<F::Output>> {
    let _attempt = attempt.enter();
    let frame = if S::IS_LIMITED { PollFrame::enter(cx.waker()) } else { PollFrame::none() };
    // At the first poll, the changes apply.
    let outer = if *facts == Ticket::NEW {
        OuterFacts::begun()
    } else {
        scope.resume();
        facts.enter()
    };
    if let Poll::Ready(out) = future.poll(cx) {
        return Poll::Ready(S::ended(out));
    }
    if let Poll::Ready(out) = scope.check_limit() {
        return Poll::Ready(out);
    }
    scope.suspend(frame.is_outermost(), cx);
    *facts = outer.leave();
    Poll::Pending
}
