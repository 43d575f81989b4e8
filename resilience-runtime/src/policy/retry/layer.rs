use std::future::Future;
use std::time::Duration;

use crate::context::in_retry;
use crate::metrics::CallMetrics;
use crate::policy::error_log::{ErrorLog, ShownError};
use crate::policy::error_traits::ErrorTraits;
use crate::policy::{Blocking, ClassifyFn, InnerCall, Operation, Predicate};
use crate::registry::FunctionRef;
use crate::retry::{
    self, BudgetSite, DelayRange, NextAttempt, RetriedCall, RetryBudget, RetryConfig, RetryHistory, RetryState,
    RetryStateOf, RetryVerdict, SettingsHistory, ValueVerdict, after_hinted, configured_backoff, state_before_pause,
    with_value,
};
use crate::settings::{CodeTraits, LayerSettings};

pub(in crate::policy) type RetryAfterFn<E> = Box<dyn Fn(&E) -> Option<Duration> + Send + Sync>;
pub(in crate::policy) type RetryAfterResultFn<T, E> = Box<dyn Fn(&Result<T, E>) -> Option<Duration> + Send + Sync>;
type BackoffFn<T, E> = Box<dyn for<'a> Fn(&RetryStateOf<'a, T, E>) -> Duration + Send + Sync>;
type OnRetryFn<T, E> = Box<dyn for<'a> Fn(&RetryStateOf<'a, T, E>) + Send + Sync>;

pub(super) struct RetryClosures<T, E> {
    pub classify: Option<ClassifyFn<E>>,
    pub log_error: Option<ErrorLog<E>>,
    pub when: Option<Predicate<E>>,
    pub when_ok: Option<Predicate<T>>,
    pub retry_after: Option<RetryAfterFn<E>>,
    pub retry_after_result: Option<RetryAfterResultFn<T, E>>,
    pub backoff: Option<BackoffFn<T, E>>,
    pub on_retry: Option<OnRetryFn<T, E>>,
}

impl<T, E> RetryClosures<T, E> {
    pub const NONE: Self = Self {
        classify: None,
        log_error: None,
        when: None,
        when_ok: None,
        retry_after: None,
        retry_after_result: None,
        backoff: None,
        on_retry: None,
    };

    fn verdict<'a>(
        &self,
        error: &'a E,
        out: &Result<T, E>,
        shown: Option<&'a ShownError<'a, E>>,
        classify: ClassifyFn<E>,
    ) -> RetryVerdict<'a> {
        let again = self.when.as_ref().map(|when| when(error));
        let of_result = self.retry_after_result.as_ref().map(|hint| hint(out));
        let hint = of_result.or_else(|| self.retry_after.as_ref().map(|hint| hint(error)));
        let classified = self.classify.unwrap_or(classify)(error);
        let mut verdict = match again {
            Some(again) => RetryVerdict::from_predicate(again, classified),
            None => RetryVerdict::from_classification(classified),
        };
        if let Some(hint) = hint {
            verdict = verdict.with_retry_after(hint);
        }
        match shown {
            Some(shown) => verdict.with_logged_error(shown.logged()),
            None => verdict,
        }
    }
}

pub(super) enum BudgetSource {
    Named(BudgetSite),
    Shared(&'static RetryBudget),
}

pub(in crate::policy) struct RetryLayer<T, E> {
    pub config: RetryConfig,
    settings: LayerSettings<RetryConfig>,
    closures: RetryClosures<T, E>,
    budget: Option<BudgetSource>,
    calls: CallMetrics,
    /// Another retry of the policy encloses this one.
    pub is_within: bool,
}

impl<T, E> RetryLayer<T, E> {
    pub(super) fn new(config: RetryConfig, closures: RetryClosures<T, E>, budget: Option<BudgetSource>) -> Self {
        Self {
            config,
            settings: LayerSettings::NONE,
            closures,
            budget,
            calls: CallMetrics::of(FunctionRef::UNNAMED, &[]),
            is_within: false,
        }
    }

    pub const fn is_nested(&self) -> bool {
        self.config.is_nested()
    }

    /// Returns `None` if a function computes the delays, or there are none.
    pub fn first_delay(&self) -> Option<Duration> {
        if self.closures.backoff.is_some() { None } else { self.config.first_delay() }
    }

    pub fn name(&mut self, policy: FunctionRef, section: Option<&str>) {
        self.calls = CallMetrics::of(policy, &[]);
        self.config = self.config.of(policy);
        if let Some(section) = section {
            let code = CodeTraits { computes_delays: self.closures.backoff.is_some(), ..CodeTraits::PREPARED };
            self.settings = LayerSettings::new(section, &self.config, code);
        }
    }

    #[allow(clippy::needless_borrow, reason = "without the feature `config`, the settings are a reference")]
    pub async fn call<F, Fut>(&self, inner: &mut InnerCall<'_, T, E, Operation<'_, F, Fut>>) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let settings = self.settings.of(&self.config);
        let config: &RetryConfig = &settings;
        let mut retry = self.begin(retry::Retry::<SettingsHistory>::start()).of_policy(config, self.budget());
        loop {
            self.calls.attempt();
            inner.call.state.begin_attempt();
            let pause = {
                let out = in_retry(retry.call(), (), inner.call()).await;
                if inner.has_begun() {
                    return out;
                }
                match self.after(config, &mut retry, &out, inner.call.errors) {
                    None => return out,
                    Some(next) => next.pause_with(out),
                }
            };
            if let Some(out) = pause.await {
                return out;
            }
        }
    }

    #[allow(clippy::needless_borrow, reason = "without the feature `config`, the settings are a reference")]
    pub fn call_blocking(&self, inner: &mut InnerCall<'_, T, E, Blocking<'_, T, E>>) -> Result<T, E> {
        let settings = self.settings.of(&self.config);
        let config: &RetryConfig = &settings;
        let mut retry = self.begin(retry::Retry::<SettingsHistory>::start_blocking()).of_policy(config, self.budget());
        loop {
            self.calls.attempt();
            inner.call.state.begin_attempt();
            let out = inner.call_blocking();
            match self.after(config, &mut retry, &out, inner.call.errors) {
                None => return out,
                Some(next) => {
                    if next.pause_blocking() {
                        return out;
                    }
                }
            }
        }
    }

    fn begin<H, C: RetriedCall>(&self, retry: retry::Retry<H, C>) -> retry::Retry<H, C> {
        if self.is_within { retry.within_current() } else { retry }
    }

    fn budget(&self) -> Option<&RetryBudget> {
        self.budget.as_ref().map(|budget| match budget {
            BudgetSource::Named(site) => site.budget(),
            BudgetSource::Shared(budget) => budget,
        })
    }

    fn after(
        &self,
        config: &RetryConfig,
        retry: &mut retry::Retry<impl RetryHistory, impl RetriedCall>,
        out: &Result<T, E>,
        errors: &ErrorTraits<E>,
    ) -> Option<NextAttempt<Result<T, E>>> {
        let Self { closures, .. } = self;
        let when_ok = |value: &T| {
            let retry = closures.when_ok.as_ref().is_some_and(|when_ok| when_ok(value));
            ValueVerdict::new(retry, || closures.retry_after_result.as_ref()?(out))
        };
        let backoff = |state: &RetryState<'_, E>| match &closures.backoff {
            Some(backoff) => DelayRange::exactly(backoff(&with_value(out, state))),
            None => configured_backoff(config)(state),
        };
        let shown = closures.log_error.as_ref().and_then(|log| Some(log.of(out.as_ref().err()?)));
        let judge = |error| closures.verdict(error, out, shown.as_ref(), errors.classify);
        let next = after_hinted(retry, config, out, errors, judge, when_ok, backoff)?;
        if let Some(hook) = &closures.on_retry {
            hook(&with_value(out, &state_before_pause(retry, config, out, &next)));
        }
        Some(next)
    }
}
