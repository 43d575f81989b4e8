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
    #[project = StageProjection]
    enum Stage<F, G, P, X, K> {
        Running {
            #[pin]
            body: F,
            gate: G,
            progress: P,
        },
        // Boxed, so that the drop of an attempt stays small.
        Rejected { rejection: Option<Box<X>> },
        Pausing { pause: RetryPause<K> },
        Over,
    }
}

pin_project! {
    /// Ready with the outcome of the call, or with nothing if another attempt follows.
    pub struct Attempt<'a, R, K, H, C, L, J, F, G, P, X> {
        #[pin]
        stage: Stage<F, G, P, X, K>,
        retry: &'a mut Retry<H>,
        config: C,
        limit: L,
        judged: J,
        outcome: PhantomData<fn() -> R>,
    }
}

impl<R, K, H, C, L, J, F, G, P, X> fmt::Debug for Attempt<'_, R, K, H, C, L, J, F, G, P, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.stage {
            Stage::Running { .. } => "running",
            Stage::Rejected { .. } => "rejected",
            Stage::Pausing { .. } => "pausing",
            Stage::Over => "over",
        };
        f.debug_struct("Attempt").field("stage", &stage).finish_non_exhaustive()
    }
}

impl<F, G: AttemptGate, P, X, K> Stage<F, G, P, X, K> {
    /// Drops a body that its limit has ended, before its failure is made.
    #[cold]
    #[inline(never)]
    fn cut(mut self: Pin<&mut Self>) -> Option<G> {
        let gate = match self.as_mut().project() {
            StageProjection::Running { gate, .. } => Some(gate.take()),
            _ => None,
        };
        self.set(Self::Over);
        gate
    }
}

impl<F, G, P, X, K: KeptOutcome> Stage<F, G, P, X, K> {
    #[cold]
    #[inline(never)]
    fn pause(mut self: Pin<&mut Self>, mut pause: RetryPause<K>, cx: &mut Context<'_>) -> Poll<Option<K::Outcome>> {
        let polled = Pin::new(&mut pause).poll(cx);
        self.set(if polled.is_pending() { Self::Pausing { pause } } else { Self::Over });
        polled
    }
}

#[cold]
#[inline(never)]
fn boxed<X>(rejection: X) -> Box<X> {
    Box::new(rejection)
}

impl<'a, R, K, H, C, L, J, F, G, P, X> Attempt<'a, R, K, H, C, L, J, F, G, P, X> {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the body would move once more")]
    fn new<E>(retry: &'a mut Retry<H>, config: C, judged: J, entry: E, limit: L, body: F) -> Self
    where
        E: AttemptEntry<Gate = G, Rejection = X>,
        L: AttemptLimit<Progress = P>,
    {
        let stage = match entry.entered() {
            Ok(gate) => Stage::Running { body, gate, progress: L::BEGIN },
            Err(rejection) => Stage::Rejected { rejection: Some(boxed(rejection)) },
        };
        Self { stage, retry, config, limit, judged, outcome: PhantomData }
    }
}

impl<R, K, H, C, L, I, J, F, G, P, X> Attempt<'_, R, K, H, C, L, Judged<I, J>, F, G, P, X>
where
    R: Outcome,
    K: KeptOutcome<Outcome = R>,
    H: RetryHistory,
    C: Fn() -> &'static RetryConfig,
    I: Identity<R::Failure>,
    J: Classifier<R::Failure> + Copy,
    X: IntoOutcome<R>,
{
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call would cost as much as what a success does")]
    fn decide(self: Pin<&mut Self>, out: R, cx: &mut Context<'_>) -> Poll<Option<R>> {
        let this = self.project();
        let Judged { identity, classifier } = *this.judged;
        match after_classified(this.retry, (this.config)(), &out, identity, classifier) {
            None => Poll::Ready(Some(out)),
            Some(next) => {
                let pause = next.pause(out);
                if pause.is_over() { Poll::Ready(None) } else { this.stage.pause(pause, cx) }
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn poll_without_body(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<R>> {
        let this = self.as_mut().project();
        let rejection = match this.stage.project() {
            StageProjection::Rejected { rejection } => rejection.take(),
            StageProjection::Pausing { pause } => return Pin::new(pause).poll(cx),
            StageProjection::Running { .. } | StageProjection::Over => None,
        };
        let Some(rejection) = rejection else { return Poll::Pending };
        let out = rejection.rejected(this.judged.identity, (this.config)().function());
        self.decide(out, cx)
    }
}

impl<R, K, H, C, L, I, J, F, G, P, X> Future for Attempt<'_, R, K, H, C, L, Judged<I, J>, F, G, P, X>
where
    R: Outcome,
    K: KeptOutcome<Outcome = R>,
    H: RetryHistory,
    C: Fn() -> &'static RetryConfig,
    L: AttemptLimit<Progress = P>,
    L::Rejection: IntoOutcome<R>,
    I: Identity<R::Failure>,
    J: Classifier<R::Failure> + Copy,
    F: Future<Output = R>,
    G: AttemptGate + CallScope<Ends<R> = R>,
    X: IntoOutcome<R>,
{
    type Output = Option<R>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<R>> {
        let mut this = self.as_mut().project();
        let StageProjection::Running { body, gate, progress } = this.stage.as_mut().project() else {
            return self.poll_without_body(cx);
        };
        let Judged { identity, classifier } = *this.judged;
        let function = (this.config)().function();
        let out = match ready!(this.limit.poll(body, progress, gate, this.retry.call(), cx)) {
            Ok(out) => {
                gate.record(&out, identity, classifier, function);
                out
            }
            Err(rejection) => {
                let gate = this.stage.cut();
                let out = rejection.unless_rejected();
                if let Some(mut gate) = gate {
                    gate.record(&out, identity, classifier, function);
                }
                out
            }
        };
        self.decide(out, cx)
    }
}
