//! The decision after an attempt: return, or call again after a delay.

#[allow(missing_docs, reason = "generated code names a part of it")]
mod budget;
#[allow(missing_docs, clippy::missing_panics_doc, reason = "called in items of generated code only")]
mod config;
#[allow(missing_docs, reason = "only generated code names it")]
mod slot;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use crate::classify::{Classified, Classifier};
use crate::context::CallState;
use crate::context::RetriesExhausted;
use crate::context::Sleep;
use crate::emit::emit;
use crate::event::LoggedError;
use crate::event::{Event, RetryEnd};
use crate::outcome::Outcome;
use crate::time::{self, Moment};
use crate::{context, rng};

#[cfg(feature = "testing")]
pub(crate) use budget::reset_all;
pub(crate) use budget::snapshots;
pub use budget::{BudgetSite, BudgetSnapshot, RetryBudget};
pub use config::RetryConfig;
pub use slot::{ArgSlot, CloneArg};

/// What a backoff function and an `on_retry` hook see of a call.
#[derive(Debug)]
#[non_exhaustive]
pub struct RetryState<'a, E> {
    /// The attempt that has just ended; the first one is 1.
    pub attempt: u32,
    /// The largest number of attempts this call may make.
    pub max_attempts: u32,
    /// The error of that attempt; `None` when `when_ok` asks to retry on a value.
    pub error: Option<&'a E>,
    /// The delay before that attempt; zero for the first.
    pub previous_delay: Duration,
    /// The delay that is about to begin. For a backoff function, which is about to choose it: zero.
    pub delay: Duration,
}

/// The state of one call: the attempt that is running and, where the configuration asks for more, a `Memory`.
#[derive(Debug)]
pub struct Retry<M = ()> {
    attempt: u32,
    memory: M,
}

/// What a call remembers across attempts, chosen by the macro so that a plain `#[retry]` carries nothing.
pub trait Memory {
    /// When the call began.
    fn started(&self) -> Option<Moment>;
    /// The delay before the running attempt.
    fn previous_delay(&self) -> Duration;
    /// The delay before the attempt that ended last.
    fn delay_before(&self) -> Duration;
    /// A delay begins.
    fn remember(&mut self, delay: Duration);
    /// What the retries are taken from.
    fn budget(&self) -> Option<&'static RetryBudget> {
        None
    }
}

/// A memory that needs nothing to begin with.
pub trait Begin: Memory {
    fn begin() -> Self;
}

impl Begin for () {
    fn begin() -> Self {}
}

impl Memory for () {
    fn started(&self) -> Option<Moment> {
        None
    }
    fn previous_delay(&self) -> Duration {
        Duration::ZERO
    }
    fn delay_before(&self) -> Duration {
        Duration::ZERO
    }
    fn remember(&mut self, _: Duration) {}
}

/// For `max_elapsed`, for backoffs that look at the delay before, and for hooks.
#[derive(Debug)]
pub struct Remember {
    started: Moment,
    delays: [Duration; 2],
}

impl Begin for Remember {
    fn begin() -> Self {
        Self { started: time::now(), delays: [Duration::ZERO; 2] }
    }
}

impl Memory for Remember {
    fn started(&self) -> Option<Moment> {
        Some(self.started)
    }
    fn previous_delay(&self) -> Duration {
        self.delays[1]
    }
    fn delay_before(&self) -> Duration {
        self.delays[0]
    }
    fn remember(&mut self, delay: Duration) {
        self.delays = [self.delays[1], delay];
    }
}

/// For `budget`, beside another memory.
#[derive(Debug)]
pub struct Within<M> {
    budget: &'static RetryBudget,
    memory: M,
}

impl<M: Memory> Memory for Within<M> {
    fn started(&self) -> Option<Moment> {
        self.memory.started()
    }
    fn previous_delay(&self) -> Duration {
        self.memory.previous_delay()
    }
    fn delay_before(&self) -> Duration {
        self.memory.delay_before()
    }
    fn remember(&mut self, delay: Duration) {
        self.memory.remember(delay);
    }
    fn budget(&self) -> Option<&'static RetryBudget> {
        Some(self.budget)
    }
}

/// Whether an outcome is worth another attempt, and what is known about it.
#[derive(Debug, Clone, Copy)]
pub struct Verdict<'a> {
    again: bool,
    classified: Classified,
    /// The layer further in that turned the call away would do so again for this long.
    rejection: Option<Duration>,
    /// The error, where events are to show it.
    said: Option<LoggedError<'a>>,
}

impl<'a> Verdict<'a> {
    /// A value to be returned.
    const FINAL: Self = Self {
        again: false,
        classified: Classified { category: None, severity: crate::Severity::Info, retry_after: None },
        rejection: None,
        said: None,
    };

    /// Without `when`: what the classification says, and what a layer further in has rejected.
    pub fn classified(classified: Classified, rejection: Option<Duration>) -> Self {
        Self { again: classified.is_retryable(), classified, rejection, said: None }
    }

    /// With `when`, which has the last word.
    pub fn asked(again: bool, classified: Classified) -> Self {
        Self { again, classified, rejection: None, said: None }
    }

    /// With `retry_after`, which replaces the hint of the classification.
    #[must_use]
    pub fn hint(mut self, retry_after: Option<Duration>) -> Self {
        self.classified.retry_after = retry_after;
        self
    }

    /// With `log_errors`.
    #[must_use]
    pub fn said(mut self, error: LoggedError<'a>) -> Self {
        self.said = Some(error);
        self
    }
}

impl<M: Begin> Retry<M> {
    /// The first attempt begins.
    #[inline]
    pub fn start() -> Self {
        RetriesExhausted::clear();
        emit(&Event::Attempt);
        Self { attempt: 1, memory: M::begin() }
    }

    /// The same, of a call that has a part in a budget.
    #[inline]
    pub fn within(self, budget: &'static RetryBudget) -> Retry<Within<M>> {
        budget.deposit();
        Retry { attempt: self.attempt, memory: Within { budget, memory: self.memory } }
    }
}

impl<M: Memory> Retry<M> {
    /// Whether the running attempt is the last one, so that it may take the arguments along.
    #[inline]
    pub fn is_last(&self, config: &RetryConfig) -> bool {
        self.attempt >= config.attempts
    }

    fn state<'a, R: Outcome>(
        &self,
        attempt: u32,
        config: &RetryConfig,
        outcome: &'a R,
        delay: Duration,
    ) -> RetryState<'a, R::Failure> {
        RetryState {
            attempt,
            max_attempts: config.attempts,
            error: outcome.failure(),
            previous_delay: self.memory.previous_delay(),
            delay,
        }
    }

    #[cold]
    fn next(&mut self, config: &RetryConfig, verdict: Verdict<'_>, delay: Duration) -> Option<Duration> {
        let limits = Limits {
            max_delay: config.delays.max,
            deadline: context::remaining(),
            max_elapsed: config
                .max_elapsed
                .zip(self.memory.started())
                .map(|(limit, started)| limit.saturating_sub(time::now().since(started))),
        };
        let fitting = match fit(verdict, delay, limits) {
            Ok(_) if !self.is_affordable(config) => Err(RetryEnd::Budget),
            fitting => fitting,
        };
        let delay = match fitting {
            Ok(delay) => delay,
            Err(reason) => {
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
            error: verdict.said,
        });
        self.attempt += 1;
        self.memory.remember(delay);
        RetriesExhausted::clear();
        Some(delay)
    }

    /// Whether the number of attempts, here and further in, leaves room for one more.
    #[cold]
    fn has_another(&self, config: &RetryConfig) -> bool {
        if !config.nested && RetriesExhausted::current().is_marked() {
            return false;
        }
        if self.is_last(config) && config.attempts > 1 {
            give_up(config, RetryEnd::Attempts);
        }
        !self.is_last(config)
    }

    fn is_affordable(&self, config: &RetryConfig) -> bool {
        let Some(budget) = self.memory.budget() else { return true };
        let granted = budget.withdraw();
        if !granted {
            emit(&Event::RetryBudget { function: config.function, budget: budget.name() });
        }
        granted
    }
}

/// The mark comes last: whoever is told may leave others.
fn give_up(config: &RetryConfig, reason: RetryEnd) {
    emit(&Event::RetryEnded { function: config.function, reason });
    RetriesExhausted::mark();
}

/// After an attempt: the delay before the next one, or `None` when the outcome is to be returned.
#[inline]
pub fn after<R: Outcome>(
    retry: &mut Retry<impl Memory>,
    config: &RetryConfig,
    outcome: &R,
    judge: impl FnOnce(&R::Failure) -> Verdict<'_>,
) -> Option<Duration> {
    after_either(retry, config, outcome, judge, |_| false)
}

/// The same where nothing but the classification is asked, and what the layers further in have told the flow.
#[inline]
pub fn after_classified<R: Outcome>(
    retry: &mut Retry<impl Memory>,
    config: &'static RetryConfig,
    outcome: &R,
    classifier: impl Classifier<R::Failure>,
    flow: Option<&CallState>,
) -> Option<Duration> {
    after(retry, config, outcome, |failure| {
        Verdict::classified(classifier.classify(failure), flow.and_then(CallState::rejection))
    })
}

/// The same with `when_ok`.
#[inline]
pub fn after_either<R: Outcome>(
    retry: &mut Retry<impl Memory>,
    config: &RetryConfig,
    outcome: &R,
    judge: impl FnOnce(&R::Failure) -> Verdict<'_>,
    when_ok: impl FnOnce(&R::Value) -> bool,
) -> Option<Duration> {
    let verdict = verdict(outcome, judge, when_ok)?;
    if !retry.has_another(config) {
        return None;
    }
    let delay = config.delays.after(retry.attempt, retry.memory.previous_delay(), rng::random());
    retry.next(config, verdict, delay)
}

/// The same with a backoff function.
#[inline]
pub fn after_with<R: Outcome>(
    retry: &mut Retry<impl Memory>,
    config: &RetryConfig,
    outcome: &R,
    judge: impl FnOnce(&R::Failure) -> Verdict<'_>,
    when_ok: impl FnOnce(&R::Value) -> bool,
    backoff: impl FnOnce(&RetryState<'_, R::Failure>) -> Duration,
) -> Option<Duration> {
    let verdict = verdict(outcome, judge, when_ok)?;
    if !retry.has_another(config) {
        return None;
    }
    let delay = backoff(&retry.state(retry.attempt, config, outcome, Duration::ZERO)).min(config.delays.max);
    retry.next(config, verdict, delay)
}

/// Shows `on_retry` the attempt that has ended, after the decision and before the pause.
pub fn before_pause<R: Outcome>(
    retry: &Retry<impl Memory>,
    config: &RetryConfig,
    outcome: &R,
    delay: Duration,
    hook: impl FnOnce(&RetryState<'_, R::Failure>),
) {
    let state = retry.state(retry.attempt - 1, config, outcome, delay);
    hook(&RetryState { previous_delay: retry.memory.delay_before(), ..state });
}

/// Calls the user's `on_retry` closure, whose parameter needs a type before its body is checked.
pub fn shown<E>(state: &RetryState<'_, E>, hook: impl FnOnce(&RetryState<'_, E>)) {
    hook(state);
}

/// Calls the user's backoff closure.
pub fn delay_by<E>(state: &RetryState<'_, E>, backoff: impl FnOnce(&RetryState<'_, E>) -> Duration) -> Duration {
    backoff(state)
}

/// Calls the user's `retry_after` closure.
pub fn hint<E>(failure: &E, retry_after: impl FnOnce(&E) -> Option<Duration>) -> Option<Duration> {
    retry_after(failure)
}

#[inline]
fn verdict<'a, R: Outcome>(
    outcome: &'a R,
    judge: impl FnOnce(&'a R::Failure) -> Verdict<'a>,
    when_ok: impl FnOnce(&R::Value) -> bool,
) -> Option<Verdict<'a>> {
    let verdict = match (outcome.failure(), outcome.value()) {
        (Some(failure), _) => judge(failure),
        (None, Some(value)) if when_ok(value) => Verdict { again: true, ..Verdict::FINAL },
        _ => Verdict::FINAL,
    };
    if !verdict.again {
        // Not for want of attempts: a retry further out may see it otherwise.
        RetriesExhausted::clear();
    }
    verdict.again.then_some(verdict)
}

#[derive(Clone, Copy)]
struct Limits {
    max_delay: Duration,
    deadline: Option<Duration>,
    max_elapsed: Option<Duration>,
}

/// The delay that honours the hint of the other side and all limits, if there is one. A hint is a floor: a call
/// is never repeated before it, so one that is out of bounds ends the retrying.
fn fit(verdict: Verdict<'_>, backoff: Duration, limits: Limits) -> Result<Duration, RetryEnd> {
    let hint = verdict.classified.retry_after.unwrap_or_default();
    // A rejection fails fast: it is worth waiting for only when it is over by the time we would call anyway.
    if verdict.rejection.is_some_and(|left| left > backoff) {
        return Err(RetryEnd::Rejected);
    }
    let delay = backoff.max(hint);
    let fits = delay <= limits.max_delay
        && limits.deadline.is_none_or(|left| delay < left)
        && limits.max_elapsed.is_none_or(|left| delay < left);
    if fits { Ok(delay) } else { Err(RetryEnd::Time) }
}

/// The pause between two attempts. Boxed, and only when there is one, so that the future of a call that
/// succeeds at once stays small.
#[derive(Debug)]
pub struct Pause(Option<Pin<Box<Sleep>>>);

/// Starts the pause of an asynchronous call.
#[cold]
pub fn pause(delay: Duration) -> Pause {
    Pause((!delay.is_zero()).then(|| Box::pin(context::sleep(delay))))
}

impl Future for Pause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(sleep) = &mut self.0 {
            ready!(sleep.as_mut().poll(cx));
        }
        // What others have left on this thread in the meantime says nothing about the attempt that begins here.
        RetriesExhausted::clear();
        Poll::Ready(())
    }
}

/// The pause of a synchronous call.
#[cold]
pub fn pause_blocking(delay: Duration) {
    if !delay.is_zero() {
        time::sleep_blocking(delay);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(rejection: Option<Duration>, retry_after: Option<Duration>) -> Verdict<'static> {
        Verdict {
            again: true,
            classified: Classified { category: None, severity: crate::Severity::Error, retry_after },
            rejection,
            said: None,
        }
    }

    const OPEN: Limits = Limits { max_delay: Duration::from_secs(60), deadline: None, max_elapsed: None };

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn a_hint_is_a_floor_and_never_shortened() {
        assert_eq!(fit(verdict(None, Some(secs(5))), secs(1), OPEN), Ok(secs(5)));
        assert_eq!(fit(verdict(None, Some(secs(1))), secs(5), OPEN), Ok(secs(5)));
        assert_eq!(fit(verdict(None, Some(secs(3600))), secs(1), OPEN), Err(RetryEnd::Time));
    }

    #[test]
    fn a_sleep_that_does_not_fit_is_not_begun() {
        let deadline = Limits { deadline: Some(secs(2)), ..OPEN };
        assert_eq!(fit(verdict(None, None), secs(2), deadline), Err(RetryEnd::Time));
        assert_eq!(fit(verdict(None, None), secs(1), deadline), Ok(secs(1)));
        let elapsed = Limits { max_elapsed: Some(secs(2)), ..OPEN };
        assert_eq!(fit(verdict(None, None), secs(2), elapsed), Err(RetryEnd::Time));
        assert_eq!(fit(verdict(None, None), secs(1), elapsed), Ok(secs(1)));
    }

    #[test]
    fn a_rejection_is_waited_for_only_within_the_delay_planned_anyway() {
        assert_eq!(fit(verdict(Some(secs(30)), None), secs(1), OPEN), Err(RetryEnd::Rejected));
        assert_eq!(fit(verdict(Some(secs(1)), None), secs(2), OPEN), Ok(secs(2)));
    }
}
