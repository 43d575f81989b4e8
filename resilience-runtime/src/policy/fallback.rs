use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::ops::Shr;
use std::pin::Pin;

use super::{AsyncOnly, Blocking, Both, InnerCall, Layer, LayerKind, LogErrorFn, Operation, Policy, Predicate, said};
use crate::context::CallState;
use crate::fallback::{announce, call_fallback, unless_failed};

type SyncStep<T, E> = Box<dyn Fn(E) -> Result<T, E> + Send + Sync>;
type AsyncStep<T, E> = Box<dyn Fn(E) -> StepFuture<T, E> + Send + Sync>;
type StepFuture<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// Answers otherwise when what is inside of it has failed, as `#[fallback]` does. It gets the error,
/// and may give it back.
///
/// The answer is marked as degraded: a cache around it does not keep it.
///
/// ```
/// use resilience::{Policy, policy};
///
/// let price: Policy<u32, String> = Policy::new()
///     >> policy::fallback(|_: String| Ok(0)).when(|error: &String| error != "no such product");
///
/// assert_eq!(price.call_blocking(|| Err("down".to_owned())), Ok(0));
/// assert_eq!(price.call_blocking(|| Err("no such product".to_owned())), Err("no such product".to_owned()));
/// ```
#[must_use = "it is no part of a policy yet"]
pub fn fallback<T, E>(answer: impl Fn(E) -> Result<T, E> + Send + Sync + 'static) -> Fallback<T, E> {
    Fallback::new().step(FallbackStep::Now(Box::new(answer)))
}

/// The same with an answer that has to be awaited. A policy with one is called with [`Policy::call`] only; that it has no
/// `call_blocking` is in its type, `Policy<T, E, AsyncOnly>`.
#[must_use = "it is no part of a policy yet"]
pub fn fallback_async<T, E, Fut>(answer: impl Fn(E) -> Fut + Send + Sync + 'static) -> Fallback<T, E, AsyncOnly>
where
    Fut: Future<Output = Result<T, E>> + Send + 'static,
{
    Fallback::new().step(later(answer))
}

/// A fallback, from [`fallback`] or [`fallback_async`]. It needs no `build()`: nothing about it can be wrong.
#[must_use = "it is no part of a policy yet"]
pub struct Fallback<T, E, M = Both> {
    steps: FallbackLayer<T, E>,
    mode: PhantomData<fn() -> M>,
}

enum FallbackStep<T, E> {
    Now(SyncStep<T, E>),
    Later(AsyncStep<T, E>),
}

fn later<T, E, Fut>(answer: impl Fn(E) -> Fut + Send + Sync + 'static) -> FallbackStep<T, E>
where
    Fut: Future<Output = Result<T, E>> + Send + 'static,
{
    FallbackStep::Later(Box::new(move |error| Box::pin(answer(error))))
}

impl<T, E, M> Fallback<T, E, M> {
    const fn new() -> Self {
        Self { steps: FallbackLayer { function: "", when: None, says: None, answers: Vec::new() }, mode: PhantomData }
    }

    fn step(mut self, step: FallbackStep<T, E>) -> Self {
        self.steps.answers.push(step);
        self
    }

    /// Which errors it answers to; others return. Default: all.
    pub fn when(mut self, is_covered: impl Fn(&E) -> bool + Send + Sync + 'static) -> Self {
        self.steps.when = Some(Box::new(is_covered));
        self
    }

    /// Writes the error that each step answers into the event `fallback`, as its `Display`: see that it holds no secret. Default: none.
    pub fn log_errors(mut self) -> Self
    where
        E: fmt::Display,
    {
        self.steps.says = Some(said);
        self
    }

    /// The next step, which gets the error of the one before.
    pub fn or(self, answer: impl Fn(E) -> Result<T, E> + Send + Sync + 'static) -> Self {
        self.step(FallbackStep::Now(Box::new(answer)))
    }

    /// The same with an answer that has to be awaited.
    pub fn or_async<Fut>(self, answer: impl Fn(E) -> Fut + Send + Sync + 'static) -> Fallback<T, E, AsyncOnly>
    where
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        Fallback { steps: self.steps, mode: PhantomData }.step(later(answer))
    }
}

impl<T, E, M> Shr<Fallback<T, E>> for Policy<T, E, M> {
    type Output = Self;

    fn shr(self, fallback: Fallback<T, E>) -> Self {
        self.with(Layer(LayerKind::Fallback(fallback.steps)))
    }
}

impl<T, E, M> Shr<Fallback<T, E, AsyncOnly>> for Policy<T, E, M> {
    type Output = Policy<T, E, AsyncOnly>;

    fn shr(self, fallback: Fallback<T, E, AsyncOnly>) -> Policy<T, E, AsyncOnly> {
        self.with(Layer(LayerKind::Fallback(fallback.steps))).mode()
    }
}

pub(super) struct FallbackLayer<T, E> {
    function: &'static str,
    when: Option<Predicate<E>>,
    says: Option<LogErrorFn<E>>,
    answers: Vec<FallbackStep<T, E>>,
}

impl<T, E> FallbackLayer<T, E> {
    pub fn name(&mut self, policy: &'static str) {
        self.function = policy;
    }

    fn unless_failed(&self, out: Result<T, E>, step: u32, flow: &CallState) -> Result<Result<T, E>, E> {
        let failed = unless_failed(out, |error| self.when.as_ref().is_none_or(|when| when(error)));
        if let Err(error) = &failed {
            flow.degraded();
            announce(self.function, step, self.says.map(|says| says(error)));
        }
        failed
    }

    /// Runs the remaining steps, up to the first one that has to be awaited.
    fn answer<'a>(
        &'a self,
        mut out: Result<T, E>,
        left: &mut impl Iterator<Item = (&'a FallbackStep<T, E>, u32)>,
        flow: &CallState,
    ) -> StepOutcome<T, E>
    where
        T: 'a,
        E: 'a,
    {
        for (step, number) in left {
            let error = match self.unless_failed(out, number, flow) {
                Ok(out) => return StepOutcome::Now(out),
                Err(error) => error,
            };
            out = match step {
                FallbackStep::Now(answer) => call_fallback(error, answer),
                FallbackStep::Later(answer) => return StepOutcome::Later(call_fallback(error, answer)),
            };
        }
        StepOutcome::Now(out)
    }

    /// Holds no result across an await: the result may not be `Send`.
    pub async fn call<F: Operation<T, E>>(&self, mut inside: InnerCall<'_, T, E, F>) -> Result<T, E> {
        let mut left = self.answers.iter().zip(1..);
        let mut later = None;
        loop {
            let out = match later.take() {
                None => inside.call().await,
                Some(answer) => answer.await,
            };
            match self.answer(out, &mut left, inside.flow) {
                StepOutcome::Now(out) => return out,
                StepOutcome::Later(answer) => later = Some(answer),
            }
        }
    }

    pub fn call_blocking(&self, mut inside: InnerCall<'_, T, E, Blocking<'_, T, E>>) -> Result<T, E> {
        match self.answer(inside.call_blocking(), &mut self.answers.iter().zip(1..), inside.flow) {
            StepOutcome::Now(out) => out,
            StepOutcome::Later(_) => unreachable!("a policy with such a step is `AsyncOnly`"),
        }
    }
}

enum StepOutcome<T, E> {
    Now(Result<T, E>),
    Later(StepFuture<T, E>),
}

impl<T, E> fmt::Debug for FallbackLayer<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fallback")
            .field("function", &self.function)
            .field("answers", &self.answers.len())
            .finish_non_exhaustive()
    }
}
