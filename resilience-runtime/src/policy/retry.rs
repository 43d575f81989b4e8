use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use super::invalid::Draft;
use super::{
    Blocking, ClassifyFn, InnerCall, InvalidPolicy, Layer, LayerKind, LogErrorFn, Operation, Predicate, classified,
    said, unclassified,
};
use crate::classify::Classify;
use crate::context::CallState;
use crate::context::in_attempt;
use crate::metrics::CallMetrics;
use crate::retry::{
    self, BudgetSite, FullHistory, RetryBudget, RetryConfig, RetryHistory, RetryState, Verdict, after, before_pause,
    configured_backoff, pause, pause_blocking,
};

type RetryAfterFn<E> = Box<dyn Fn(&E) -> Option<Duration> + Send + Sync>;
type BackoffFn<E> = Box<dyn for<'a> Fn(&RetryState<'a, E>) -> Duration + Send + Sync>;
type OnRetryFn<E> = Box<dyn for<'a> Fn(&RetryState<'a, E>) + Send + Sync>;

/// Calls again after a failure, as `#[retry]` does: up to 3 retries after the first call, 1 s, 2 s and
/// 4 s apart with full jitter, unless it is told otherwise.
///
/// Every error is retried, until [`when`](RetryBuilder::when) or [`classified`](RetryBuilder::classified) says which are
/// worth it. A call that a breaker, a bulkhead or a rate limit further in has turned away is retried only if the rejection is
/// over by the time of the next attempt. Retries do not multiply: what a retry further in has given up is not retried, be it
/// an attribute's or a policy's, unless [`nested`](RetryBuilder::nested).
pub fn retry<T, E>() -> RetryBuilder<T, E> {
    RetryBuilder {
        draft: Draft::new(RetryConfig::new("")),
        counts: (false, false),
        shaped: false,
        layer: RetryClosures {
            classify: unclassified,
            says: None,
            when: None,
            when_ok: None,
            retry_after: None,
            backoff: None,
            on_retry: None,
        },
        budget: Ok(None),
    }
}

/// A retry in the making, from [`retry`].
#[must_use = "nothing is retried before `build()`"]
pub struct RetryBuilder<T, E> {
    draft: Draft<RetryConfig>,
    /// Whether `max` and `attempts` were given.
    counts: (bool, bool),
    /// Whether a setting was given that a backoff function replaces.
    shaped: bool,
    layer: RetryClosures<T, E>,
    budget: Result<Option<&'static RetryBudget>, Cow<'static, str>>,
}

struct RetryClosures<T, E> {
    classify: ClassifyFn<E>,
    says: Option<LogErrorFn<E>>,
    when: Option<Predicate<E>>,
    when_ok: Option<Predicate<T>>,
    retry_after: Option<RetryAfterFn<E>>,
    backoff: Option<BackoffFn<E>>,
    on_retry: Option<OnRetryFn<E>>,
}

impl<T, E> RetryClosures<T, E> {
    fn verdict<'a>(&self, error: &'a E, flow: &CallState) -> Verdict<'a> {
        let again = self.when.as_ref().map(|when| when(error));
        let hint = self.retry_after.as_ref().map(|hint| hint(error));
        let classified = (self.classify)(error);
        let mut verdict = match again {
            Some(again) => Verdict::from_predicate(again, classified),
            None => Verdict::from_classification(classified, flow.rejection()),
        };
        if let Some(hint) = hint {
            verdict = verdict.with_retry_after(hint);
        }
        match self.says {
            Some(says) => verdict.with_logged_error(says(error)),
            None => verdict,
        }
    }
}

impl<T, E> RetryBuilder<T, E> {
    /// The retries after the first call; at least 1. Default: 3.
    pub fn max(mut self, retries: u32) -> Self {
        self.counts.0 = true;
        self.draft.set(|config| config.try_max(retries));
        self
    }

    /// In the place of [`max`](Self::max): all executions, the first one included; at least 1.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.counts.1 = true;
        self.draft.set(|config| config.try_attempts(attempts));
        self
    }

    /// The first delay; longer than zero. Default: 1 s, or `max_delay` if that is shorter.
    pub fn base_delay(mut self, delay: Duration) -> Self {
        self.draft.set(|config| config.try_base_delay(delay));
        self.shape(|config| config)
    }

    /// The longest delay, jitter included; longer than zero. Default: 60 s.
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.draft.set(|config| config.try_max_delay(delay));
        self
    }

    /// What each delay is multiplied by, from 1 to 1e9. Default: 2.
    pub fn factor(mut self, factor: f64) -> Self {
        self.draft.set(|config| config.try_factor(factor));
        self.shape(|config| config)
    }

    /// Delays that grow by [`factor`](Self::factor). The default.
    pub fn exponential(self) -> Self {
        self.shape(RetryConfig::exponential)
    }

    /// Delays that grow by `base_delay`.
    pub fn linear(self) -> Self {
        self.shape(RetryConfig::linear)
    }

    /// Delays of `base_delay` each.
    pub fn constant(self) -> Self {
        self.shape(RetryConfig::constant)
    }

    /// Delays that grow like the numbers of Fibonacci.
    pub fn fibonacci(self) -> Self {
        self.shape(RetryConfig::fibonacci)
    }

    /// Random delays, each between `base_delay` and three times the one before.
    pub fn decorrelated(self) -> Self {
        self.shape(RetryConfig::decorrelated)
    }

    /// No delay at all.
    pub fn no_delay(self) -> Self {
        self.shape(RetryConfig::no_delay)
    }

    /// Each delay is random, between zero and what it would be. The default.
    pub fn full_jitter(self) -> Self {
        self.shape(RetryConfig::full_jitter)
    }

    /// The upper half of each delay is random.
    pub fn equal_jitter(self) -> Self {
        self.shape(RetryConfig::equal_jitter)
    }

    /// Each delay is off by at most this part of it, from 0 to 1.
    pub fn jitter(mut self, ratio: f64) -> Self {
        self.draft.set(|config| config.try_jitter_ratio(ratio));
        self.shape(|config| config)
    }

    /// Nothing is random.
    pub fn no_jitter(self) -> Self {
        self.shape(RetryConfig::no_jitter)
    }

    fn shape(mut self, shape: impl FnOnce(RetryConfig) -> RetryConfig) -> Self {
        self.shaped = true;
        self.draft.set(|config| Ok(shape(config)));
        self
    }

    /// A function that chooses each delay, cut to `max_delay`, in the place of all of the above.
    pub fn backoff(mut self, delay: impl Fn(&RetryState<'_, E>) -> Duration + Send + Sync + 'static) -> Self {
        self.layer.backoff = Some(Box::new(delay));
        self
    }

    /// No attempt begins later than this after the call; longer than zero. Default: no limit.
    pub fn max_elapsed(mut self, limit: Duration) -> Self {
        self.draft.set(|config| config.try_max_elapsed(limit));
        self
    }

    /// Whether it retries what a retry further in has given up. Default: no.
    pub fn nested(mut self, nested: bool) -> Self {
        self.draft.set(|config| Ok(config.nested(nested)));
        self
    }

    /// Which errors are worth another attempt. It has the last word, over a classification and a rejection.
    pub fn when(mut self, is_worth_it: impl Fn(&E) -> bool + Send + Sync + 'static) -> Self {
        self.layer.when = Some(Box::new(is_worth_it));
        self
    }

    /// Which values are worth another attempt. Default: none.
    pub fn when_ok(mut self, is_not_enough: impl Fn(&T) -> bool + Send + Sync + 'static) -> Self {
        self.layer.when_ok = Some(Box::new(is_not_enough));
        self
    }

    /// How long an error asks to wait: no retry before it. Default: what the classification says.
    pub fn retry_after(mut self, hint: impl Fn(&E) -> Option<Duration> + Send + Sync + 'static) -> Self {
        self.layer.retry_after = Some(Box::new(hint));
        self
    }

    /// Is shown each attempt that is followed by another, before the pause.
    pub fn on_retry(mut self, hook: impl Fn(&RetryState<'_, E>) + Send + Sync + 'static) -> Self {
        self.layer.on_retry = Some(Box::new(hook));
        self
    }

    /// Errors say themselves whether they are worth another attempt, and after how long.
    pub fn classified(mut self) -> Self
    where
        E: Classify,
    {
        self.layer.classify = classified;
        self
    }

    /// Writes the error of each attempt that is followed by another into the event `retry`, as its `Display`: see that it holds no secret. Default: none.
    pub fn log_errors(mut self) -> Self
    where
        E: fmt::Display,
    {
        self.layer.says = Some(said);
        self
    }

    /// Takes its retries out of the [`RetryBudget`] of this name, which is made with the defaults if there is none yet.
    pub fn budget(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.budget = Err(name.into());
        self
    }

    /// Takes its retries out of a budget in a `static`.
    pub fn shared_budget(mut self, budget: &'static RetryBudget) -> Self {
        self.budget = Ok(Some(budget));
        self
    }

    /// The layer.
    ///
    /// # Errors
    ///
    /// [`InvalidPolicy`], with everything that is wrong: a value out of its range, `max` beside `attempts`, a `backoff`
    /// function beside a delay that it replaces, a `base_delay` longer than `max_delay`, a budget without a name.
    pub fn build(self) -> Result<Layer<T, E>, InvalidPolicy> {
        let Self { mut draft, counts, shaped, layer, budget } = self;
        draft.problem_if(
            counts == (true, true),
            "`max` counts the retries after the first call, `attempts` all executions; keep one of them",
        );
        draft.problem_if(
            shaped && layer.backoff.is_some(),
            "a `backoff` function chooses the whole delay, so that other words about it do nothing; keep one of them",
        );
        draft.set(RetryConfig::try_checked);
        let budget = match budget {
            Ok(shared) => shared.map(BudgetSource::Shared),
            Err(name) => Some(BudgetSource::Named(BudgetSite::new(draft.name(name)))),
        };
        let config = draft.finish("retry")?;
        Ok(Layer(LayerKind::Retry(Box::new(RetryLayer { config, parts: layer, budget, calls: CallMetrics::of("") }))))
    }
}

enum BudgetSource {
    Named(BudgetSite),
    Shared(&'static RetryBudget),
}

pub(super) struct RetryLayer<T, E> {
    pub config: RetryConfig,
    parts: RetryClosures<T, E>,
    budget: Option<BudgetSource>,
    calls: CallMetrics,
}

impl<T, E> RetryLayer<T, E> {
    pub fn name(&mut self, policy: &'static str) {
        self.calls = CallMetrics::of(policy);
        self.config = self.config.of(policy);
    }

    pub async fn call<F: Operation<T, E>>(&self, inside: InnerCall<'_, T, E, F>) -> Result<T, E> {
        let retry = retry::Retry::<FullHistory>::start();
        match self.budget() {
            None => self.attempts(retry, inside).await,
            Some(budget) => self.attempts(retry.with_budget(budget), inside).await,
        }
    }

    /// Holds no result across the pause: the result may not be `Send`.
    async fn attempts<F: Operation<T, E>>(
        &self,
        mut retry: retry::Retry<impl RetryHistory>,
        mut inside: InnerCall<'_, T, E, F>,
    ) -> Result<T, E> {
        loop {
            self.calls.attempt();
            inside.flow.begin_attempt();
            let delay = {
                let out = in_attempt((), inside.call()).await;
                match self.after(&mut retry, &out, inside.flow) {
                    None => return out,
                    Some(delay) => delay,
                }
            };
            pause(delay).await;
        }
    }

    pub fn call_blocking(&self, inside: InnerCall<'_, T, E, Blocking<'_, T, E>>) -> Result<T, E> {
        let retry = retry::Retry::<FullHistory>::start();
        match self.budget() {
            None => self.attempts_blocking(retry, inside),
            Some(budget) => self.attempts_blocking(retry.with_budget(budget), inside),
        }
    }

    fn attempts_blocking(
        &self,
        mut retry: retry::Retry<impl RetryHistory>,
        mut inside: InnerCall<'_, T, E, Blocking<'_, T, E>>,
    ) -> Result<T, E> {
        loop {
            self.calls.attempt();
            inside.flow.begin_attempt();
            let delay = {
                let out = inside.call_blocking();
                match self.after(&mut retry, &out, inside.flow) {
                    None => return out,
                    Some(delay) => delay,
                }
            };
            pause_blocking(delay);
        }
    }

    fn budget(&self) -> Option<&'static RetryBudget> {
        self.budget.as_ref().map(|budget| match budget {
            BudgetSource::Named(site) => site.budget(),
            BudgetSource::Shared(budget) => budget,
        })
    }

    fn after(
        &self,
        retry: &mut retry::Retry<impl RetryHistory>,
        out: &Result<T, E>,
        flow: &CallState,
    ) -> Option<Duration> {
        let Self { config, parts, .. } = self;
        let when_ok = |value: &T| parts.when_ok.as_ref().is_some_and(|when_ok| when_ok(value));
        let backoff = |state: &RetryState<'_, E>| match &parts.backoff {
            Some(backoff) => backoff(state),
            None => configured_backoff(config)(state),
        };
        let delay = after(retry, config, out, |error| parts.verdict(error, flow), when_ok, backoff)?;
        if let Some(hook) = &parts.on_retry {
            before_pause(retry, config, out, delay, hook);
        }
        Some(delay)
    }
}
