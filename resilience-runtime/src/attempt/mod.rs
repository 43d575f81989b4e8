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
        Rejected { rejection: Option<X> },
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

impl<'a, R, K, H, C, L, J, F, G, P, X> Attempt<'a, R, K, H, C, L, J, F, G, P, X> {
    #[inline]
    fn new<E>(retry: &'a mut Retry<H>, config: C, judged: J, entry: E, limit: L, body: F) -> Self
    where
        E: AttemptEntry<Gate = G, Rejection = X>,
        L: AttemptLimit<Progress = P>,
    {
        let stage = match entry.entered() {
            Ok(gate) => Stage::Running { body, gate, progress: L::BEGIN },
            Err(rejection) => Stage::Rejected { rejection: Some(rejection) },
        };
        Self { stage, retry, config, limit, judged, outcome: PhantomData }
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
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<R>> {
        let mut this = self.project();
        let Judged { identity, classifier } = *this.judged;
        let config = (this.config)();
        let out = match this.stage.as_mut().project() {
            StageProjection::Running { body, gate, progress } => {
                let ended = ready!(this.limit.poll(body, progress, gate, this.retry.call(), cx));
                let mut gate = gate.take();
                let out = match ended {
                    Ok(out) => out,
                    Err(rejection) => {
                        // The body drops before its failure is made.
                        this.stage.set(Stage::Over);
                        rejection.unless_rejected()
                    }
                };
                gate.record(&out, identity, classifier, config.function());
                out
            }
            StageProjection::Rejected { rejection } => {
                let Some(rejection) = rejection.take() else { return Poll::Pending };
                rejection.rejected(identity, config.function())
            }
            StageProjection::Pausing { pause } => return Pin::new(pause).poll(cx),
            StageProjection::Over => return Poll::Pending,
        };
        let Some(next) = after_classified(this.retry, config, &out, identity, classifier) else {
            return Poll::Ready(Some(out));
        };
        let mut pause = next.pause(out);
        let polled = Pin::new(&mut pause).poll(cx);
        this.stage.set(if polled.is_pending() { Stage::Pausing { pause } } else { Stage::Over });
        polled
    }
}
