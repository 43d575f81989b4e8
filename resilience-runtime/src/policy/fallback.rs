use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::iter::Zip;
use std::marker::PhantomData;
use std::ops::{RangeFrom, Shr};
use std::pin::Pin;
use std::slice;

use super::error_log::{ErrorLog, ShownError};
use super::{AsyncOnly, Blocking, Both, InnerCall, Layer, LayerKind, Operation, Policy, Predicate};
use crate::context::facts::undisturbed;
use crate::fallback::{call_fallback, hand_over, substituted, unless_failed};
use crate::metrics;
use crate::registry::FunctionRef;
use crate::shutdown::is_shutting_down;

type IntoError<T, E> = Box<dyn Fn(T) -> E + Send + Sync>;
type SyncStep<T, E> = Box<dyn Fn(E) -> Result<T, E> + Send + Sync>;
type AsyncStep<T, E> = Box<dyn Fn(E) -> StepFuture<T, E> + Send + Sync>;
type StepFuture<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// Runs an alternative when the inner call fails, as `#[fallback]` does.
///
/// The alternative receives the error. It may return an error too, for example the one it received.
///
/// The answer counts as degraded: an outer cache does not keep it, unless its `cache_degraded` is
/// set.
///
/// While the process [shuts down](crate::shutdown), no alternative begins, because it may call another
/// service; the error is returned. The values of [`fallback_value`] and
/// [`or_value`](Fallback::or_value) are still returned.
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
#[must_use = "a fallback does nothing until it is added to a policy"]
pub fn fallback<T, E>(answer: impl Fn(E) -> Result<T, E> + Send + Sync + 'static) -> Fallback<T, E> {
    Fallback::new().step(FallbackStep::Now(Box::new(answer)))
}

/// Runs an alternative that has to be awaited when the inner call fails.
///
/// A policy with such a fallback is a `Policy<T, E, AsyncOnly>`, which has no
/// [`call_blocking`](Policy::call_blocking). See [`fallback`].
///
/// # Cancellation
///
/// Dropping the future of the call drops the alternative.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use resilience::policy::AsyncOnly;
/// use resilience::{Policy, policy};
///
/// let price: Policy<u32, String, AsyncOnly> = Policy::new()
///     >> policy::fallback_async(|_: String| async {
///         Ok(0) // for example, asks another service
///     });
///
/// assert_eq!(price.call(|| async { Err("down".to_owned()) }).await, Ok(0));
/// # }
/// ```
#[must_use = "a fallback does nothing until it is added to a policy"]
pub fn fallback_async<T, E, Fut>(answer: impl Fn(E) -> Fut + Send + Sync + 'static) -> Fallback<T, E, AsyncOnly>
where
    Fut: Future<Output = Result<T, E>> + Send + 'static,
{
    Fallback::new().step(later(answer))
}

/// Returns a value when the inner call fails, as `#[fallback(value = ..)]` does.
///
/// It runs no code, so it is returned even while the process [shuts down](crate::shutdown), when no
/// other alternative begins.
///
/// ```
/// use resilience::{Policy, policy};
///
/// let price: Policy<u32, String> = Policy::new() >> policy::fallback_value(0);
/// assert_eq!(price.call_blocking(|| Err("down".to_owned())), Ok(0));
///
/// resilience::begin_shutdown();
/// assert_eq!(price.call_blocking(|| Err("down".to_owned())), Ok(0));
/// ```
#[must_use = "a fallback does nothing until it is added to a policy"]
pub fn fallback_value<T, E>(value: T) -> Fallback<T, E>
where
    T: Clone + Send + Sync + 'static,
{
    Fallback::new().step(FallbackStep::value(value))
}

/// A fallback for a [`Policy`], created by [`fallback`], [`fallback_async`] or [`fallback_value`]. It needs no
/// `build()`, because no setting of it can be invalid.
#[must_use = "a fallback does nothing until it is added to a policy"]
pub struct Fallback<T, E, M = Both> {
    steps: FallbackLayer<T, E>,
    mode: PhantomData<fn() -> M>,
}

enum FallbackStep<T, E> {
    /// Runs no code.
    Value(Box<dyn Fn() -> T + Send + Sync>),
    Now(SyncStep<T, E>),
    Later(AsyncStep<T, E>),
}

impl<T: Clone + Send + Sync + 'static, E> FallbackStep<T, E> {
    fn value(value: T) -> Self {
        Self::Value(Box::new(move || value.clone()))
    }
}

impl<T, E> FallbackStep<T, E> {
    /// While the process shuts down, only a value begins.
    fn may_begin(&self) -> bool {
        matches!(self, Self::Value(_)) || !is_shutting_down()
    }
}

/// The remaining steps, and the number of the last one that has begun, or 0.
struct Steps<'a, T, E> {
    left: Zip<slice::Iter<'a, FallbackStep<T, E>>, RangeFrom<u32>>,
    begun: u32,
}

fn later<T, E, Fut>(answer: impl Fn(E) -> Fut + Send + Sync + 'static) -> FallbackStep<T, E>
where
    Fut: Future<Output = Result<T, E>> + Send + 'static,
{
    FallbackStep::Later(Box::new(move |error| Box::pin(answer(error))))
}

impl<T, E, M> Fallback<T, E, M> {
    fn new() -> Self {
        Self {
            steps: FallbackLayer {
                function: FunctionRef::UNNAMED,
                when: None,
                when_ok: None,
                log_error: None,
                answers: Vec::new(),
            },
            mode: PhantomData,
        }
    }

    fn step(mut self, step: FallbackStep<T, E>) -> Self {
        self.steps.answers.push(step);
        self
    }

    /// Selects the errors that run the alternatives; other errors are returned. Default: all
    /// errors.
    pub fn when(mut self, should_run: impl Fn(&E) -> bool + Send + Sync + 'static) -> Self {
        self.steps.when = Some(Box::new(should_run));
        self
    }

    /// Selects the values that run the alternatives, such as a response with the status 503.
    /// `into_error` converts the value into the error that the alternative receives. Default: none.
    ///
    /// # Examples
    ///
    /// ```
    /// use resilience::{Policy, policy};
    ///
    /// let status: Policy<u16, String> =
    ///     Policy::new() >> policy::fallback(|_| Ok(200)).when_ok(|status| *status >= 500, |status| status.to_string());
    /// assert_eq!(status.call_blocking(|| Ok(503)), Ok(200));
    /// assert_eq!(status.call_blocking(|| Ok(404)), Ok(404));
    /// ```
    pub fn when_ok(
        mut self,
        is_failure: impl Fn(&T) -> bool + Send + Sync + 'static,
        into_error: impl Fn(T) -> E + Send + Sync + 'static,
    ) -> Self {
        self.steps.when_ok = Some((Box::new(is_failure), Box::new(into_error)));
        self
    }

    /// Writes the error that each step replaces into the event `fallback`, with its sources, as
    /// `log_errors = true` of the attribute does. Make sure that it holds no secret. Default: off.
    pub fn log_errors(mut self) -> Self
    where
        E: StdError,
    {
        self.steps.log_error = Some(ErrorLog::sources());
        self
    }

    /// Does what [`log_errors`](Self::log_errors) does, with a function that formats the error, for
    /// types that do not implement `Error`: `|error| format!("{error:#}")` for `anyhow`.
    pub fn log_errors_with(mut self, show: impl Fn(&E) -> String + Send + Sync + 'static) -> Self {
        self.steps.log_error = Some(ErrorLog::with(show));
        self
    }

    /// Adds another alternative, which receives the error of the one before it.
    pub fn or(self, answer: impl Fn(E) -> Result<T, E> + Send + Sync + 'static) -> Self {
        self.step(FallbackStep::Now(Box::new(answer)))
    }

    /// Adds a value as another alternative. It runs no code, so it is returned during a shutdown too.
    ///
    /// # Examples
    ///
    /// ```
    /// use resilience::{Policy, policy};
    ///
    /// let price: Policy<u32, String> =
    ///     Policy::new() >> policy::fallback(|_| Err("the copy is down too".to_owned())).or_value(7);
    /// assert_eq!(price.call_blocking(|| Err("down".to_owned())), Ok(7));
    /// ```
    pub fn or_value(self, value: T) -> Self
    where
        T: Clone + Send + Sync + 'static,
    {
        self.step(FallbackStep::value(value))
    }

    /// Adds another alternative that has to be awaited. See [`or`](Self::or).
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
    function: FunctionRef,
    when: Option<Predicate<E>>,
    when_ok: Option<(Predicate<T>, IntoError<T, E>)>,
    log_error: Option<ErrorLog<E>>,
    answers: Vec<FallbackStep<T, E>>,
}

impl<T, E> FallbackLayer<T, E> {
    fn steps(&self) -> Steps<'_, T, E> {
        Steps { left: self.answers.iter().zip(1..), begun: 0 }
    }

    pub const fn takes_all(&self) -> bool {
        self.when.is_none()
    }

    pub fn name(&mut self, policy: FunctionRef) {
        self.function = policy;
    }

    fn unless_failed(&self, out: Result<T, E>, step: u32, begun: u32) -> Result<Result<T, E>, E> {
        let failed = match (out, &self.when_ok) {
            (Ok(value), Some((is_failure, into_error))) if undisturbed(|| is_failure(&value)) => Err(into_error(value)),
            (out, _) => unless_failed(out, |error| self.when.as_ref().is_none_or(|when| when(error))),
        };
        match &failed {
            Ok(out) => self.ended(out, begun),
            Err(error) => {
                if begun > 0 {
                    metrics::count_fallback(self.function, begun, true);
                }
                let shown = self.log_error.as_ref().map(|log| log.of(error));
                hand_over(self.function, step, shown.as_ref().map(ShownError::logged));
            }
        }
        failed
    }

    fn ended(&self, out: &Result<T, E>, begun: u32) {
        if begun > 0 {
            substituted(out, self.function, begun);
        }
    }

    /// Runs the remaining steps, up to the first one that has to be awaited.
    fn answer(&self, mut out: Result<T, E>, steps: &mut Steps<'_, T, E>) -> StepOutcome<T, E> {
        for (step, number) in steps.left.by_ref() {
            if !step.may_begin() {
                continue;
            }
            let error = match self.unless_failed(out, number, steps.begun) {
                Ok(out) => return StepOutcome::Now(out),
                Err(error) => error,
            };
            steps.begun = number;
            out = match step {
                FallbackStep::Value(value) => Ok(value()),
                FallbackStep::Now(answer) => call_fallback(error, answer),
                FallbackStep::Later(answer) => return StepOutcome::Later(call_fallback(error, answer)),
            };
        }
        self.ended(&out, steps.begun);
        StepOutcome::Now(out)
    }

    /// Holds no result across an await, because the result may not be `Send`.
    pub async fn call<F, Fut>(&self, inner: &mut InnerCall<'_, T, E, Operation<'_, F, Fut>>) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let mut steps = self.steps();
        let mut later = None;
        loop {
            let out = match later.take() {
                None => inner.call().await,
                Some(answer) => answer.await,
            };
            if inner.has_begun() {
                return out;
            }
            match self.answer(out, &mut steps) {
                StepOutcome::Now(out) => return out,
                StepOutcome::Later(answer) => later = Some(answer),
            }
        }
    }

    pub fn call_blocking(&self, inner: &mut InnerCall<'_, T, E, Blocking<'_, T, E>>) -> Result<T, E> {
        match self.answer(inner.call_blocking(), &mut self.steps()) {
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
