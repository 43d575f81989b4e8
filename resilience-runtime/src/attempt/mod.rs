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
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

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
    enum Stage<F, P, G, K> {
        Running {
            #[pin]
            body: F,
            wait: BodyWait<P, G>,
        },
        Pausing { pause: RetryPause<K> },
        Over,
    }
}

/// The configuration of the retry, what asks the gate, and the limit.
pub type Layers<E, L> = (&'static RetryConfig, E, L);

/// What a body that waits keeps. One that is ready at once needs no place for it, and nothing to drop.
enum BodyWait<P, G> {
    Never,
    Since { progress: P, gate: G },
}

pin_project! {
    /// Ready with the outcome of the call, or with nothing if another attempt follows.
    pub struct Attempt<'a, R, K, H, C, J, F, P, G> {
        #[pin]
        stage: Stage<F, P, G, K>,
        retry: &'a mut Retry<H>,
        layers: C,
        judged: J,
        outcome: PhantomData<fn() -> R>,
    }
}

impl<R, K, H, C, J, F, P, G> fmt::Debug for Attempt<'_, R, K, H, C, J, F, P, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.stage {
            Stage::Running { wait: BodyWait::Never, .. } => "begun",
            Stage::Running { wait: BodyWait::Since { .. }, .. } => "waiting",
            Stage::Pausing { .. } => "pausing",
            Stage::Over => "over",
        };
        f.debug_struct("Attempt").field("stage", &stage).finish_non_exhaustive()
    }
}

impl<F, P, G, K> Stage<F, P, G, K> {
    /// Drops a body before the failure of its call is made.
    #[cold]
    #[inline(never)]
    fn cut(mut self: Pin<&mut Self>) {
        self.set(Self::Over);
    }
}

impl<F, P, G, K: KeptOutcome> Stage<F, P, G, K> {
    #[cold]
    #[inline(never)]
    fn pause(mut self: Pin<&mut Self>, mut pause: RetryPause<K>, cx: &mut Context<'_>) -> Poll<Option<K::Outcome>> {
        let polled = Pin::new(&mut pause).poll(cx);
        self.set(if polled.is_pending() { Self::Pausing { pause } } else { Self::Over });
        polled
    }

    #[cold]
    #[inline(never)]
    fn poll_pause(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<K::Outcome>> {
        match self.project() {
            StageProjection::Pausing { pause } => Pin::new(pause).poll(cx),
            StageProjection::Running { .. } | StageProjection::Over => Poll::Pending,
        }
    }
}

impl<'a, R, K, H, C, J, F, P, G> Attempt<'a, R, K, H, C, J, F, P, G> {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the body would move once more")]
    fn new(retry: &'a mut Retry<H>, layers: C, judged: J, body: F) -> Self {
        let stage = Stage::Running { body, wait: BodyWait::Never };
        Self { stage, retry, layers, judged, outcome: PhantomData }
    }
}

impl<R, K, H, C, E, L, I, J, F, P, G> Attempt<'_, R, K, H, C, Judged<I, J>, F, P, G>
where
    R: Outcome,
    K: KeptOutcome<Outcome = R>,
    H: RetryHistory,
    C: Fn() -> Layers<E, L>,
    I: Identity<R::Failure>,
    J: Classifier<R::Failure> + Copy,
{
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call would cost as much as what a success does")]
    fn decide(self: Pin<&mut Self>, out: R, cx: &mut Context<'_>) -> Poll<Option<R>> {
        let this = self.project();
        let Judged { identity, classifier } = *this.judged;
        match after_classified(this.retry, (this.layers)().0, &out, identity, classifier) {
            None => Poll::Ready(Some(out)),
            Some(next) => this.stage.pause(next.pause(out), cx),
        }
    }

    #[cold]
    #[inline(never)]
    fn rejected<X: IntoOutcome<R>>(mut self: Pin<&mut Self>, rejection: X, cx: &mut Context<'_>) -> Poll<Option<R>> {
        self.as_mut().project().stage.cut();
        let out = rejection.end_attempt(self.judged.identity, (self.layers)().0.function());
        self.decide(out, cx)
    }
}

impl<R, K, H, C, E, L, I, J, F, P, G> Future for Attempt<'_, R, K, H, C, Judged<I, J>, F, P, G>
where
    R: Outcome,
    K: KeptOutcome<Outcome = R>,
    H: RetryHistory,
    C: Fn() -> Layers<E, L>,
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
        let StageProjection::Running { body, wait } = this.stage.as_mut().project() else {
            return this.stage.poll_pause(cx);
        };
        let (config, entry, limit) = (this.layers)();
        let (mut progress, mut gate) = match mem::replace(wait, BodyWait::Never) {
            BodyWait::Never => match entry.enter() {
                Ok(gate) => (L::BEGIN, gate),
                Err(rejection) => return self.rejected(rejection, cx),
            },
            BodyWait::Since { progress, gate } => (progress, gate),
        };
        let Judged { identity, classifier } = *this.judged;
        let function = config.function();
        let out = match limit.poll(body, &mut progress, &mut gate, this.retry.call(), cx) {
            Poll::Pending => {
                *wait = BodyWait::Since { progress, gate };
                return Poll::Pending;
            }
            Poll::Ready(Ok(out)) => {
                gate.record(&out, identity, classifier, function);
                out
            }
            Poll::Ready(Err(rejection)) => {
                this.stage.cut();
                let out = rejection.end_attempt(identity, function);
                gate.record(&out, identity, classifier, function);
                out
            }
        };
        self.decide(out, cx)
    }
}
