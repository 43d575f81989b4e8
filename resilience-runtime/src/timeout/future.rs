use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::config::LimitSource;
use super::countdown::Countdown;
use crate::context::facts::{OuterFacts, Ticket};
use crate::context::{AttemptCell, AttemptScope, CallScope, LimitFrame};
use crate::error::Error;
use crate::retry::Retry;

pin_project! {
    /// An await point with a limit of its own, which needs no scope.
    #[derive(Debug)]
    pub struct TimeoutFuture<L, F, S, A> {
        #[pin]
        body: F,
        limit: L,
        countdown: Countdown,
        scope: S,
        attempt: A,
    }
}

pub trait AttemptMode {
    const IS_ATTEMPT: bool;
    type Scope: AttemptScope;

    fn scope(&self) -> Self::Scope;
}

impl AttemptMode for () {
    const IS_ATTEMPT: bool = false;
    type Scope = ();

    #[inline]
    fn scope(&self) {}
}

#[derive(Debug)]
pub struct AttemptBody<A>(pub(crate) A);

impl<A: AttemptScope> AttemptMode for AttemptBody<A> {
    const IS_ATTEMPT: bool = true;
    type Scope = A;

    #[inline]
    fn scope(&self) -> A {
        self.0
    }
}

/// Runs `body` for as long as `limit` and the deadline around it allow.
///
/// The limit counts from the moment the body first waits. A body that never yields cannot be stopped.
#[inline]
pub fn timeout<L: LimitSource, F: Future, S: CallScope>(limit: L, scope: S, body: F) -> TimeoutFuture<L, F, S, ()> {
    TimeoutFuture { body, limit, countdown: Countdown::Fresh, scope, attempt: () }
}

/// [`timeout`] below a layer that asks what is known about its failure.
#[inline]
pub fn timeout_in_attempt<L: LimitSource, F: Future, S: CallScope>(
    limit: L,
    scope: S,
    body: F,
) -> TimeoutFuture<L, F, S, AttemptBody<()>> {
    TimeoutFuture { body, limit, countdown: Countdown::Fresh, scope, attempt: AttemptBody(()) }
}

/// [`timeout_in_attempt`] below a retry.
#[inline]
pub fn timeout_in_retry<H, L: LimitSource, F: Future, S: CallScope>(
    retry: &Retry<H>,
    limit: L,
    scope: S,
    body: F,
) -> TimeoutFuture<L, F, S, AttemptBody<&AttemptCell>> {
    TimeoutFuture { body, limit, countdown: Countdown::Fresh, scope, attempt: AttemptBody(retry.call()) }
}

impl<L: LimitSource, F: Future, S: CallScope, A: AttemptMode> Future for TimeoutFuture<L, F, S, A> {
    type Output = Result<F::Output, Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        poll_limited(this.body, this.limit, this.countdown, this.scope, this.attempt, cx)
    }
}

/// Polls `body` inside of its limit.
#[inline(always)]
#[expect(clippy::inline_always, reason = "each body would cost a call")]
pub fn poll_limited<L: LimitSource, F: Future, S: CallScope, A: AttemptMode>(
    body: Pin<&mut F>,
    limit: &L,
    countdown: &mut Countdown,
    scope: &mut S,
    attempt: &A,
    cx: &mut Context<'_>,
) -> Poll<Result<F::Output, Error>> {
    let _attempt = attempt.scope().enter();
    let own = limit.fresh();
    let (outer_facts, in_force) = match countdown.resume() {
        // At the first poll, the changes of the scope apply.
        None => (A::IS_ATTEMPT.then(OuterFacts::begun), own),
        Some((end, facts)) => {
            scope.resume();
            (A::IS_ATTEMPT.then(|| facts.enter()), own.ending(end))
        }
    };
    let enter = if S::IS_LIMITED { LimitFrame::enter_below } else { LimitFrame::enter };
    let frame = enter(in_force, cx.waker());
    if let Poll::Ready(output) = body.poll(cx) {
        frame.leave();
        return Poll::Ready(Ok(output));
    }
    let (inside, frame) = frame.leave_limit();
    let facts = outer_facts.map_or(Ticket::NONE, OuterFacts::leave);
    let is_outermost = frame.is_outermost();
    let arms = is_outermost && !S::IS_LIMITED;
    if !(arms && countdown.is_settled(facts, cx)) {
        if let Poll::Ready(error) = countdown.pending(own, inside, facts, arms, cx) {
            return Poll::Ready(Err(error));
        }
    }
    scope.suspend(is_outermost, cx);
    Poll::Pending
}
