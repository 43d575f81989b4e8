mod layer;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::time::Duration;

use resilience_options::retry::{MAX_AND_ATTEMPTS, NO_ATTEMPT, OPTIONS};

use super::error_log::ErrorLog;
use super::error_traits::classified;
use super::invalid::Draft;
use super::{InvalidPolicy, Layer, LayerKind};
use crate::classify::Classify;
use crate::registry::FunctionRef;
use crate::retry::{BudgetSite, RetryBudget, RetryConfig, RetryState, RetryStateOf};
use layer::{BudgetSource, RetryClosures};
pub(super) use layer::{RetryAfterFn, RetryAfterResultFn, RetryLayer};

/// Retries failed calls, as `#[retry]` does.
///
/// By default it makes up to 3 retries after the first call, with delays of 1 s, 2 s and 4 s and
/// full jitter.
///
/// Every error is retried, unless its [`Classify`] says that it is permanent or critical, or
/// [`when`](RetryBuilder::when) decides otherwise. A rejection by an inner breaker, bulkhead or rate
/// limit is retried only if it ends before the next attempt.
///
/// A closure that uses its argument needs the types of the policy:
/// `policy::retry::<u32, AskError>().when_ok(|count| *count == 0)`.
///
/// Retries do not multiply. If an inner retry gives up, of a policy or an attribute, this one does
/// not retry the error, unless [`nested`](RetryBuilder::nested) is set.
///
/// ```
/// # fn main() -> Result<(), resilience::policy::InvalidPolicy> {
/// use resilience::{Policy, policy};
///
/// let ask: Policy<u32, &str> = Policy::new() >> policy::retry().max(2).no_delay().build()?;
///
/// let mut calls = 0;
/// let answer = ask.call_blocking(|| {
///     calls += 1;
///     if calls < 3 { Err("down") } else { Ok(42) }
/// });
/// assert_eq!(answer, Ok(42));
/// # Ok(()) }
/// ```
pub fn retry<T, E>() -> RetryBuilder<T, E> {
    RetryBuilder {
        draft: Draft::new(RetryConfig::new(FunctionRef::UNNAMED)),
        has_shape: false,
        closures: RetryClosures::NONE,
        budget: Ok(None),
    }
}

/// Builds a retry layer. Created by [`retry`].
#[must_use = "there is no layer before `build()`"]
pub struct RetryBuilder<T, E> {
    draft: Draft<RetryConfig>,
    has_shape: bool,
    closures: RetryClosures<T, E>,
    budget: Result<Option<&'static RetryBudget>, Cow<'static, str>>,
}

impl<T, E> RetryBuilder<T, E> {
    /// Sets how many retries may follow the first call. Zero means none. Default: 3.
    pub fn max(mut self, retries: u32) -> Self {
        self.draft.set_option(OPTIONS.max.key, |config| Ok(config.retries(retries)));
        self
    }

    /// Sets how many executions there may be, including the first, in place of `max`. One means no
    /// retry.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.draft.set_option(OPTIONS.attempts.key, |config| match attempts.checked_sub(1) {
            Some(retries) => Ok(config.retries(retries)),
            None => Err(NO_ATTEMPT),
        });
        self
    }

    option_setters! {
        OPTIONS, retry_docs;
        base_delay(delay: Duration) => RetryConfig::try_base_delay;
        factor(factor: f64) => RetryConfig::try_factor;
        max_delay(delay: Duration) => RetryConfig::try_max_delay;
        max_elapsed(limit: Duration) => RetryConfig::try_max_elapsed;
        nested(nested: bool) => RetryConfig::try_nested;
    }

    /// Multiplies the delay by [`factor`](Self::factor) after each attempt. The default.
    pub fn exponential(self) -> Self {
        self.shape(RetryConfig::exponential)
    }

    /// Adds `base_delay` to the delay after each attempt.
    pub fn linear(self) -> Self {
        self.shape(RetryConfig::linear)
    }

    /// Waits `base_delay` after each attempt.
    pub fn constant(self) -> Self {
        self.shape(RetryConfig::constant)
    }

    /// Multiplies `base_delay` by the Fibonacci numbers.
    pub fn fibonacci(self) -> Self {
        self.shape(RetryConfig::fibonacci)
    }

    /// Picks each delay at random between `base_delay` and three times the previous delay.
    pub fn decorrelated(self) -> Self {
        self.shape(RetryConfig::decorrelated)
    }

    /// Retries without a delay.
    pub fn no_delay(self) -> Self {
        self.shape(RetryConfig::no_delay)
    }

    /// Picks each delay at random between zero and the computed delay. The default.
    pub fn full_jitter(self) -> Self {
        self.shape(RetryConfig::full_jitter)
    }

    /// Picks each delay at random between half of the computed delay and all of it.
    pub fn equal_jitter(self) -> Self {
        self.shape(RetryConfig::equal_jitter)
    }

    /// Varies each delay at random by up to `ratio` of it, from 0 to 1.
    pub fn jitter(mut self, ratio: f64) -> Self {
        self.draft.set_option(OPTIONS.jitter.key, |config| config.try_jitter_ratio(ratio));
        self
    }

    /// Uses the computed delays without jitter.
    pub fn no_jitter(self) -> Self {
        self.shape(RetryConfig::no_jitter)
    }

    fn shape(mut self, shape: impl FnOnce(RetryConfig) -> RetryConfig) -> Self {
        self.has_shape = true;
        self.draft.set(|config| Ok(shape(config)));
        self
    }

    /// Computes each delay with a function; `max_delay` still limits it. Excludes all other
    /// settings of the backoff and its jitter.
    pub fn backoff(self, delay: impl Fn(&RetryState<'_, E>) -> Duration + Send + Sync + 'static) -> Self {
        self.backoff_with_value(move |state| delay(state))
    }

    /// Computes each delay with a function, as [`backoff`](Self::backoff) does, which also sees the value
    /// that [`when_ok`](Self::when_ok) retries.
    ///
    /// ```
    /// # fn main() -> Result<(), resilience::policy::InvalidPolicy> {
    /// use resilience::{Policy, policy};
    /// use std::time::Duration;
    ///
    /// let length: Policy<u64, String> = Policy::new()
    ///     >> policy::retry()
    ///         .when_ok(|queue| *queue > 0)
    ///         .backoff_with_value(|state| Duration::from_millis(state.value.map_or(10, |queue| queue * 2)))
    ///         .build()?;
    /// let mut queue = 3;
    /// let empty = length.call_blocking(|| {
    ///     queue -= 1;
    ///     Ok(queue)
    /// });
    /// assert_eq!(empty, Ok(0));
    /// # Ok(()) }
    /// ```
    pub fn backoff_with_value(
        mut self,
        delay: impl Fn(&RetryStateOf<'_, T, E>) -> Duration + Send + Sync + 'static,
    ) -> Self {
        self.closures.backoff = Some(Box::new(delay));
        self
    }

    /// Selects the errors to retry. It overrides the classification and the rules for rejections.
    /// Default: the classification, else all errors.
    pub fn when(mut self, should_retry: impl Fn(&E) -> bool + Send + Sync + 'static) -> Self {
        self.closures.when = Some(Box::new(should_retry));
        self
    }

    /// Selects the values to retry. Default: none.
    pub fn when_ok(mut self, should_retry: impl Fn(&T) -> bool + Send + Sync + 'static) -> Self {
        self.closures.when_ok = Some(Box::new(should_retry));
        self
    }

    /// Reads from an error the shortest delay before the next attempt. Default: the `retry_after`
    /// of the classification.
    pub fn retry_after(mut self, hint: impl Fn(&E) -> Option<Duration> + Send + Sync + 'static) -> Self {
        self.closures.retry_after = Some(Box::new(hint));
        self
    }

    /// Reads from a result the shortest delay before the next attempt: from an error, or from a value
    /// that [`when_ok`](Self::when_ok) retries. Replaces [`retry_after`](Self::retry_after).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), resilience::policy::InvalidPolicy> {
    /// use resilience::{Policy, policy};
    /// use std::time::Duration;
    ///
    /// struct Response { status: u16, retry_after: Option<Duration> }
    ///
    /// let ask: Policy<Response, String> = Policy::new()
    ///     >> policy::retry()
    ///         .when_ok(|response: &Response| response.status == 429)
    ///         .retry_after_result(|result: &Result<Response, String>| result.as_ref().ok()?.retry_after)
    ///         .no_jitter()
    ///         .build()?;
    ///
    /// let start = tokio::time::Instant::now();
    /// let answer = ask.call(|| async {
    ///     let status = if start.elapsed().is_zero() { 429 } else { 200 };
    ///     Ok(Response { status, retry_after: Some(Duration::from_secs(7)) })
    /// });
    /// assert!(answer.await.is_ok_and(|response| response.status == 200));
    /// assert_eq!(start.elapsed().as_secs(), 7);
    /// # Ok(()) }
    /// ```
    pub fn retry_after_result(
        mut self,
        hint: impl Fn(&Result<T, E>) -> Option<Duration> + Send + Sync + 'static,
    ) -> Self {
        self.closures.retry_after_result = Some(Box::new(hint));
        self
    }

    /// Calls a hook after each attempt that will be retried, before the delay.
    ///
    /// The hook is not awaited, and an `async fn` does not compile here. For asynchronous work, use a
    /// channel or a task.
    pub fn on_retry(self, hook: impl Fn(&RetryState<'_, E>) + Send + Sync + 'static) -> Self {
        self.on_retry_with_value(move |state| hook(state))
    }

    /// Calls a hook as [`on_retry`](Self::on_retry) does, which also sees the value that
    /// [`when_ok`](Self::when_ok) retries.
    pub fn on_retry_with_value(mut self, hook: impl Fn(&RetryStateOf<'_, T, E>) + Send + Sync + 'static) -> Self {
        self.closures.on_retry = Some(Box::new(hook));
        self
    }

    /// Lets the classification of an error decide. This is the default where the policy is called with
    /// an error type that is known to implement [`Classify`]. A permanent or critical error is not
    /// retried, and `retry_after` is the shortest delay.
    pub fn classified(mut self) -> Self
    where
        E: Classify,
    {
        self.closures.classify = Some(classified);
        self
    }

    /// Writes the error of each attempt that is retried into the event `retry`, with its sources,
    /// as `log_errors = true` of the attribute does. Make sure that it holds no secret. Default:
    /// off.
    pub fn log_errors(mut self) -> Self
    where
        E: StdError,
    {
        self.closures.log_error = Some(ErrorLog::sources());
        self
    }

    /// Does what [`log_errors`](Self::log_errors) does, with a function that formats the error, for
    /// types that do not implement `Error`: `|error| format!("{error:#}")` for `anyhow`.
    pub fn log_errors_with(mut self, show: impl Fn(&E) -> String + Send + Sync + 'static) -> Self {
        self.closures.log_error = Some(ErrorLog::with(show));
        self
    }

    /// Takes retries from the [`RetryBudget`] with this name. If there is none yet, it is created
    /// with the defaults. Default: no budget.
    pub fn budget(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.budget = Err(name.into());
        self
    }

    /// Takes retries from a budget in a `static`. Replaces [`budget`](Self::budget).
    pub fn shared_budget(mut self, budget: &'static RetryBudget) -> Self {
        self.budget = Ok(Some(budget));
        self
    }

    /// Builds the layer.
    ///
    /// # Errors
    ///
    /// [`InvalidPolicy`], with every mistake: a value out of its range, `max` together with
    /// `attempts`, a `backoff` function together with a setting that it replaces, a `base_delay`
    /// longer than `max_delay`, a budget with an empty name.
    pub fn build(self) -> Result<Layer<T, E>, InvalidPolicy> {
        let Self { mut draft, has_shape, closures, budget } = self;
        let of_backoff = [OPTIONS.base_delay.key, OPTIONS.factor.key, OPTIONS.jitter.key];
        let has_backoff_settings = has_shape || of_backoff.into_iter().any(|key| draft.has(key));
        draft.problem_if(draft.has(OPTIONS.max.key) && draft.has(OPTIONS.attempts.key), MAX_AND_ATTEMPTS);
        draft.problem_if(
            has_backoff_settings && closures.backoff.is_some(),
            "a `backoff` function computes the whole delay, and other settings of it have no effect; keep one of them",
        );
        draft.set(RetryConfig::try_checked);
        let budget = match budget {
            Ok(shared) => shared.map(BudgetSource::Shared),
            Err(name) => {
                draft.name(&name);
                Some(BudgetSource::Named(BudgetSite::of_policy(name)))
            }
        };
        let config = draft.finish("retry")?;
        Ok(Layer(LayerKind::Retry(Box::new(RetryLayer::new(config, closures, budget)))))
    }
}
