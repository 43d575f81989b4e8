#[allow(missing_docs, reason = "only generated code names it")]
mod arg_slot;
#[allow(missing_docs, reason = "generated code names a part of it")]
mod budget;
#[allow(missing_docs, clippy::missing_panics_doc, reason = "called in items of generated code only")]
mod config;
#[allow(missing_docs, reason = "only generated code names it")]
mod history;
mod limits;
#[allow(missing_docs, reason = "only generated code names it")]
mod pause;
#[allow(missing_docs, reason = "only generated code names it")]
mod verdict;

use std::time::Duration;

use crate::classify::Classifier;
use crate::context::{self, CallState, RetriesExhausted};
use crate::emit::emit;
use crate::event::{Event, RetryEnd};
use crate::outcome::Outcome;
use crate::{rng, time};
use history::WithBudget;
use limits::RetryLimits;
use verdict::judge_outcome;

pub use arg_slot::{ArgSlot, CloneArg};
#[cfg(feature = "testing")]
pub(crate) use budget::reset_all;
pub(crate) use budget::snapshots;
pub use budget::{BudgetSite, BudgetSnapshot, RetryBudget};
pub use config::RetryConfig;
pub use history::{FullHistory, RetryHistory, StartHistory};
pub use pause::{pause, pause_blocking};
pub use verdict::Verdict;

/// The state of a retried call, for backoff functions and `on_retry` hooks.
#[derive(Debug)]
#[non_exhaustive]
pub struct RetryState<'a, E> {
    /// The number of the attempt that has just ended, starting at 1.
    pub attempt: u32,
    /// The largest number of attempts, including the first call.
    pub max_attempts: u32,
    /// The error of that attempt, or `None` if `when_ok` retries a value.
    pub error: Option<&'a E>,
    /// The delay before that attempt, or zero for the first one.
    pub previous_delay: Duration,
    /// The delay before the next attempt. It is zero for a backoff function, which computes it.
    pub delay: Duration,
}

/// A retried call: its current attempt, and the history of earlier ones.
#[derive(Debug)]
pub struct Retry<H = ()> {
    attempt: u32,
    history: H,
}

impl<H: StartHistory> Retry<H> {
    /// Begins the first attempt.
    #[inline]
    pub fn start() -> Self {
        RetriesExhausted::clear();
        emit(&Event::Attempt);
        Self { attempt: 1, history: H::start() }
    }

    /// Takes the retries of this call from `budget`.
    #[inline]
    pub fn with_budget(self, budget: &'static RetryBudget) -> Retry<WithBudget<H>> {
        budget.deposit();
        Retry { attempt: self.attempt, history: WithBudget::new(budget, self.history) }
    }
}

impl<H: RetryHistory> Retry<H> {
    /// Whether the current attempt is the last one, which may move the arguments.
    #[inline]
    pub fn is_last(&self, config: &RetryConfig) -> bool {
        self.attempt >= config.attempts
    }

    /// Begins the next attempt after `backoff`, unless a limit or the budget forbids it.
    #[cold]
    fn next(&mut self, config: &RetryConfig, verdict: Verdict<'_>, backoff: Duration) -> Option<Duration> {
        let limits = RetryLimits {
            max_delay: config.delays.max,
            deadline: context::time_left(),
            max_elapsed: config
                .max_elapsed
                .zip(self.history.started())
                .map(|(limit, started)| limit.saturating_sub(time::now().since(started))),
        };
        let fitting = match limits.fit(verdict, backoff) {
            Ok(_) if !self.withdraw_from_budget(config) => Err(RetryEnd::Budget),
            fitting => fitting,
        };
        let delay = match fitting {
            Ok(delay) => delay,
            Err(reason) => {
                if reason == RetryEnd::Time && limits.without_deadline().fit(verdict, backoff).is_ok() {
                    context::note_deadline_decision();
                }
                give_up(config, reason);
                return None;
            }
        };
        emit(&Event::Retry {
            function: config.function,
            attempt: self.attempt,
            max: config.attempts,
            delay,
            category: verdict.classified.category,
            error: verdict.logged_error,
        });
        self.attempt += 1;
        self.history.record(delay);
        RetriesExhausted::clear();
        Some(delay)
    }

    #[cold]
    fn has_attempts_left(&self, config: &RetryConfig) -> bool {
        if !config.nested && RetriesExhausted::current().is_marked() {
            return false;
        }
        if self.is_last(config) && config.attempts > 1 {
            give_up(config, RetryEnd::Attempts);
        }
        !self.is_last(config)
    }

    fn withdraw_from_budget(&self, config: &RetryConfig) -> bool {
        let Some(budget) = self.history.budget() else { return true };
        let granted = budget.withdraw();
        if !granted {
            emit(&Event::RetryBudget { function: config.function, budget: budget.name() });
        }
        granted
    }
}

fn give_up(config: &RetryConfig, reason: RetryEnd) {
    emit(&Event::RetryEnded { function: config.function, reason });
    // Last: a listener's own retries may clear the mark.
    RetriesExhausted::mark();
}

/// Returns the delay before the next attempt, or `None` if the outcome is to be returned.
#[inline]
pub fn after<R: Outcome>(
    retry: &mut Retry<impl RetryHistory>,
    config: &RetryConfig,
    outcome: &R,
    judge: impl FnOnce(&R::Failure) -> Verdict<'_>,
    when_ok: impl FnOnce(&R::Value) -> bool,
    backoff: impl FnOnce(&RetryState<'_, R::Failure>) -> Duration,
) -> Option<Duration> {
    let verdict = judge_outcome(outcome, judge, when_ok)?;
    if !retry.has_attempts_left(config) {
        return None;
    }
    let state = RetryState {
        attempt: retry.attempt,
        max_attempts: config.attempts,
        error: outcome.failure(),
        previous_delay: retry.history.delay(),
        delay: Duration::ZERO,
    };
    let delay = backoff(&state).min(config.delays.max);
    retry.next(config, verdict, delay)
}

/// [`after`] of a retry that only the classification and the configuration decide. Nearly all do, and the closures
/// that `after` takes would be type-checked in each of their functions.
#[inline]
pub fn after_classified<R: Outcome>(
    retry: &mut Retry<impl RetryHistory>,
    config: &RetryConfig,
    outcome: &R,
    classifier: impl Classifier<R::Failure>,
    call_state: Option<&CallState>,
) -> Option<Duration> {
    after(
        retry,
        config,
        outcome,
        |error| Verdict::from_classification(classifier.classify(error), call_state.and_then(CallState::rejection)),
        |_| false,
        configured_backoff(config),
    )
}

/// Returns the backoff of the configuration, for [`after`].
#[inline]
pub fn configured_backoff<E>(config: &RetryConfig) -> impl FnOnce(&RetryState<'_, E>) -> Duration {
    |state| config.delays.after(state.attempt, state.previous_delay, rng::random())
}

/// Runs after the decision and before the pause.
pub fn before_pause<R: Outcome>(
    retry: &Retry<impl RetryHistory>,
    config: &RetryConfig,
    outcome: &R,
    delay: Duration,
    on_retry: impl FnOnce(&RetryState<'_, R::Failure>),
) {
    on_retry(&RetryState {
        attempt: retry.attempt - 1,
        max_attempts: config.attempts,
        error: outcome.failure(),
        previous_delay: retry.history.previous_delay(),
        delay,
    });
}

// As an argument here, a closure knows the types of its parameters before its body is checked.

/// Calls the user's `on_retry`.
pub fn call_on_retry<E>(state: &RetryState<'_, E>, on_retry: impl FnOnce(&RetryState<'_, E>)) {
    on_retry(state);
}

/// Calls the user's `backoff`.
pub fn call_backoff<E>(state: &RetryState<'_, E>, backoff: impl FnOnce(&RetryState<'_, E>) -> Duration) -> Duration {
    backoff(state)
}

/// Calls the user's `retry_after`.
pub fn call_retry_after<E>(failure: &E, retry_after: impl FnOnce(&E) -> Option<Duration>) -> Option<Duration> {
    retry_after(failure)
}
