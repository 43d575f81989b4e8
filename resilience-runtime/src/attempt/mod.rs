//! An attempt of a retried call as one future: a gate, a limit, the body, the decision and the pause.
//!
//! Each await point, and each branch between two of them, costs the compiler time in each function. So the common stack,
//! a retry around at most one breaker and one limit, awaits one future per attempt. Whatever needs the user's code
//! between the body and the pause stays control flow of the expansion.

mod gate;
mod limit;
mod outcome;

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use crate::classify::Classifier;
use crate::context::CallScope;
use crate::context::facts::Identity;
use crate::outcome::Outcome;
use crate::retry::{KeptOutcome, Retry, RetryConfig, RetryHistory, RetryPause, after_classified};
use gate::{AttemptEntry, AttemptGate};
use limit::AttemptLimit;
use outcome::{IntoOutcome, Judged};

pub use outcome::AttemptOf;

pin_project! {
    /// Ready with the outcome of the call, or with nothing if another attempt follows.
    ///
    /// Each part becomes empty when it is over, and not the whole at once. So the compiler sees that nothing is left to
    /// drop after an attempt that has succeeded.
    pub struct Attempt<'a, R, K, H, C, E, L, J, F, G, P> {
        // Nothing after the body has ended.
        #[pin]
        body: Option<F>,
        progress: P,
        gate: G,
        pause: RetryPause<K>,
        retry: &'a mut Retry<H>,
        config: C,
        entry: E,
        limit: L,
        judged: J,
        outcome: PhantomData<fn() -> R>,
    }
}

impl<R, K, H, C, E, L, J, F, G, P> fmt::Debug for Attempt<'_, R, K, H, C, E, L, J, F, G, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("is_running", &self.body.is_some())
            .field("pause", &self.pause)
            .finish_non_exhaustive()
    }
}

impl<'a, R, K, H, C, E, L, J, F, G, P> Attempt<'a, R, K, H, C, E, L, J, F, G, P> {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the body would move once more")]
    fn new(retry: &'a mut Retry<H>, config: C, judged: J, entry: E, limit: L, body: F) -> Self
    where
        E: AttemptEntry<Gate = G>,
        L: AttemptLimit<Progress = P>,
    {
        Self {
            body: Some(body),
            progress: L::BEGIN,
            gate: E::OUTSIDE,
            pause: RetryPause::OVER,
            retry,
            config,
            entry,
            limit,
            judged,
            outcome: PhantomData,
        }
    }

    /// Drops a body before the failure of its call is made.
    #[cold]
    #[inline(never)]
    fn cut(self: Pin<&mut Self>) {
        self.project().body.set(None);
    }
}

impl<R, K: KeptOutcome<Outcome = R>, H, C, E, L, J, F, G, P> Attempt<'_, R, K, H, C, E, L, J, F, G, P> {
    #[cold]
    #[inline(never)]
    fn poll_pause(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<R>> {
        Pin::new(self.project().pause).poll(cx)
    }
}

impl<R, K, H, C, E, L, I, J, F, G, P> Attempt<'_, R, K, H, C, E, L, Judged<I, J>, F, G, P>
where
    R: Outcome,
    K: KeptOutcome<Outcome = R>,
    H: RetryHistory,
    C: Fn() -> &'static RetryConfig,
    I: Identity<R::Failure>,
    J: Classifier<R::Failure> + Copy,
{
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call would cost as much as what a success does")]
    fn decide(self: Pin<&mut Self>, out: R, cx: &mut Context<'_>) -> Poll<Option<R>> {
        let this = self.as_ref();
        let Judged { identity, classifier } = this.judged;
        let config = (this.config)();
        let this = self.project();
        match after_classified(this.retry, config, &out, identity, classifier) {
            None => Poll::Ready(Some(out)),
            Some(next) => {
                *this.pause = next.pause(out);
                Pin::new(this.pause).poll(cx)
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn rejected<X: IntoOutcome<R>>(mut self: Pin<&mut Self>, rejection: X, cx: &mut Context<'_>) -> Poll<Option<R>> {
        self.as_mut().cut();
        let out = rejection.rejected(self.judged.identity, (self.config)().function());
        self.decide(out, cx)
    }
}

impl<R, K, H, C, E, L, I, J, F, G, P> Future for Attempt<'_, R, K, H, C, E, L, Judged<I, J>, F, G, P>
where
    R: Outcome,
    K: KeptOutcome<Outcome = R>,
    H: RetryHistory,
    C: Fn() -> &'static RetryConfig,
    E: AttemptEntry<Gate = G>,
    E::Rejection: IntoOutcome<R>,
    L: AttemptLimit<Progress = P>,
    L::Rejection: IntoOutcome<R>,
    I: Identity<R::Failure>,
    J: Classifier<R::Failure> + Copy,
    F: Future<Output = R>,
    G: AttemptGate + CallScope<Ends<R> = R>,
{
    type Output = Option<R>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<R>> {
        let mut this = self.as_mut().project();
        let Some(body) = this.body.as_mut().as_pin_mut() else {
            return self.poll_pause(cx);
        };
        if let Err(rejection) = this.entry.enter(this.gate) {
            return self.rejected(rejection, cx);
        }
        let Judged { identity, classifier } = *this.judged;
        let function = (this.config)().function();
        let out = match ready!(this.limit.poll(body, this.progress, this.gate, this.retry.call(), cx)) {
            Ok(out) => {
                this.body.set(None);
                *this.progress = L::BEGIN;
                this.gate.record(&out, identity, classifier, function);
                out
            }
            Err(rejection) => {
                self.as_mut().cut();
                let out = rejection.unless_rejected();
                self.as_mut().project().gate.record(&out, identity, classifier, function);
                out
            }
        };
        self.decide(out, cx)
    }
}
