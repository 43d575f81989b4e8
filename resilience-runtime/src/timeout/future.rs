use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::TimeoutConfig;
use super::timer::LazyTimer;
use crate::context::facts::{OuterFacts, Ticket};
use crate::context::{CallScope, ContextGuard, Deadline};
use crate::error::Error;

pin_project! {
    /// An await point with a limit of its own, which needs no scope.
    #[derive(Debug)]
    pub struct TimeoutFuture<'a, F, S, A> {
        #[pin]
        body: F,
        config: &'a TimeoutConfig,
        timer: LazyTimer,
        scope: S,
        attempt: A,
    }
}

pub trait AttemptMode {
    const IS_ATTEMPT: bool;
}

impl AttemptMode for () {
    const IS_ATTEMPT: bool = false;
}

#[derive(Debug)]
pub struct AttemptBody;

impl AttemptMode for AttemptBody {
    const IS_ATTEMPT: bool = true;
}

/// Runs `body` for as long as `config` and the deadline around it allow.
///
/// The limit counts from the moment the body first waits. A body that never yields cannot be stopped.
#[inline]
pub fn timeout<F: Future, S: CallScope>(config: &TimeoutConfig, scope: S, body: F) -> TimeoutFuture<'_, F, S, ()> {
    TimeoutFuture { body, config, timer: None, scope, attempt: () }
}

/// [`timeout`] inside of an attempt of a retry.
#[inline]
pub fn timeout_in_attempt<F: Future, S: CallScope>(
    config: &TimeoutConfig,
    scope: S,
    body: F,
) -> TimeoutFuture<'_, F, S, AttemptBody> {
    TimeoutFuture { body, config, timer: None, scope, attempt: AttemptBody }
}

impl<F: Future, S: CallScope, A: AttemptMode> Future for TimeoutFuture<'_, F, S, A> {
    type Output = Result<F::Output, Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.scope.resume();
        let (facts, deadline) = match this.timer {
            None => (Ticket::NONE, Deadline::current().narrowed(this.config.deadline)),
            Some(timer) => (timer.facts, Deadline::at(timer.until)),
        };
        let outer_facts = A::IS_ATTEMPT.then(|| facts.enter());
        let mut guard = ContextGuard::enter(deadline);
        if let Poll::Ready(output) = this.body.poll(cx) {
            return Poll::Ready(Ok(output));
        }
        guard.suspend();
        let facts = outer_facts.map_or(Ticket::NONE, OuterFacts::leave);
        if let Poll::Ready(error) = this.config.poll_timer(this.timer, *guard.part(), facts, cx) {
            return Poll::Ready(Err(error));
        }
        this.scope.suspend();
        Poll::Pending
    }
}
