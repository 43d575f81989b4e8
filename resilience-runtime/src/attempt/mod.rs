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
    /// Replaces a body that is over by a pause.
    #[cold]
    #[inline(never)]
    fn pause(mut self: Pin<&mut Self>, pause: RetryPause<K>, cx: &mut Context<'_>) -> Poll<Option<K::Outcome>> {
        self.set(Self::Pausing { pause });
        self.poll_pause(cx)
    }

    fn end(
        self: Pin<&mut Self>,
        next: Result<K::Outcome, RetryPause<K>>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<K::Outcome>> {
        match next {
            Ok(out) => Poll::Ready(Some(out)),
            Err(pause) => self.pause(pause, cx),
        }
    }

    #[inline]
    fn poll_pause(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<K::Outcome>> {
        match self.project() {
            StageProjection::Pausing { pause } => poll_pause(pause, cx),
            // Its owner has its outcome, and polls it no more.
            StageProjection::Running { .. } | StageProjection::Over => Poll::Pending,
        }
    }
}

/// Ends an attempt that was rejected. This is one function for all attempts with these types.
#[cold]
#[inline(never)]
fn after_rejection<R: Outcome, K: KeptOutcome<Outcome = R>, G: AttemptGate>(
    retry: &mut Retry<impl RetryHistory>,
    config: &RetryConfig,
    gate: G,
    rejection: impl IntoOutcome<R>,
    identity: impl Identity<R::Failure>,
    classifier: impl Classifier<R::Failure> + Copy,
) -> Result<R, RetryPause<K>> {
    let out = rejection.end_attempt(identity, config.function());
    gate.record(&out, identity, classifier, config.function());
    match after_classified(retry, config, &out, identity, classifier) {
        None => Ok(out),
        Some(next) => Err(next.pause(out)),
    }
}

/// One function for all attempts with this type of outcome.
#[cold]
#[inline(never)]
fn poll_pause<K: KeptOutcome>(pause: &mut RetryPause<K>, cx: &mut Context<'_>) -> Poll<Option<K::Outcome>> {
    Pin::new(pause).poll(cx)
}

impl<'a, R, K, H, C, J, F, P, G> Attempt<'a, R, K, H, C, J, F, P, G> {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the body would move once more")]
    fn new(retry: &'a mut Retry<H>, layers: C, judged: J, body: F) -> Self {
        let stage = Stage::Running { body, wait: BodyWait::Never };
        Self { stage, retry, layers, judged, outcome: PhantomData }
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
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<R>> {
        let mut this = self.project();
        let StageProjection::Running { body, wait } = this.stage.as_mut().project() else {
            return this.stage.poll_pause(cx);
        };
        let (config, entry, limit) = (this.layers)();
        let Judged { identity, classifier } = *this.judged;
        let function = config.function();
        let (mut progress, mut gate) = match mem::replace(wait, BodyWait::Never) {
            BodyWait::Never => match entry.enter() {
                Ok(gate) => (L::BEGIN, gate),
                Err(rejection) => {
                    this.stage.as_mut().cut();
                    let next = after_rejection(this.retry, config, (), rejection, identity, classifier);
                    return this.stage.end(next, cx);
                }
            },
            BodyWait::Since { progress, gate } => (progress, gate),
        };
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
                this.stage.as_mut().cut();
                let next = after_rejection(this.retry, config, gate, rejection, identity, classifier);
                return this.stage.end(next, cx);
            }
        };
        match after_classified(this.retry, config, &out, identity, classifier) {
            None => Poll::Ready(Some(out)),
            Some(next) => this.stage.pause(next.pause(out), cx),
        }
    }
}
