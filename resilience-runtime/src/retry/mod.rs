#[allow(missing_docs, reason = "only generated code names it")]
mod arg_slot;
#[allow(missing_docs, reason = "generated code names a part of it")]
mod budget;
#[cfg(feature = "config")]
mod budget_settings;
mod call;
#[allow(missing_docs, clippy::missing_panics_doc, reason = "called in items of generated code only")]
mod config;
#[allow(missing_docs, reason = "only generated code names it")]
mod history;
mod limits;
#[allow(missing_docs, reason = "only generated code names it")]
mod pause;
#[cfg(feature = "config")]
mod settings;
#[allow(missing_docs, reason = "only generated code names it")]
mod verdict;

use std::ops::Deref;
use std::time::Duration;

use tracing::Level;

use crate::classify::Classifier;
use crate::context::facts::identity::NoIdentity;
use crate::context::facts::{self, Identity, Known};
use crate::context::{self, AttemptCell, AttemptScope};
use crate::emit::{emit, emit_counted};
use crate::event::{Event, RetryEnd};
use crate::outcome::Outcome;
use crate::shutdown::is_shutting_down;
use crate::{rng, time};
use call::BlockingCall;
use history::{PolicyHistory, WithBudget};
use limits::{PlannedPause, RetryLimits, unlimited_pause};
use pause::Decided;

pub use crate::time::backoff::DelayRange;
pub use arg_slot::{ArgSlot, CloneArg, CloneSelf, LastUse};
#[cfg(feature = "config")]
pub(crate) use budget::BudgetConfig;
#[cfg(feature = "testing")]
pub(crate) use budget::reset_all;
pub(crate) use budget::snapshots;
pub use budget::{BudgetSite, BudgetSnapshot, RetryBudget};
pub(crate) use call::RetriedCall;
pub use config::{RetryConfig, RetrySettings, settings_over};
pub use history::{FullHistory, RetryHistory, SettingsHistory, StartHistory};
pub use pause::NextAttempt;
pub(crate) use pause::{Kept, KeptOutcome, NotKept, RetryPause};
pub use verdict::{RetryVerdict, ValueVerdict};

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

/// A [`RetryState`] with the value that `when_ok` asked about.
///
/// In a retry with `when_ok`, a backoff function or an `on_retry` hook may take it in place of a [`RetryState`]. It
/// dereferences to one.
///
/// ```
/// use resilience::{RetryStateOf, retry};
/// use std::time::Duration;
///
/// struct Page { status: u16, load: u32 }
///
/// /// The busier the service is, the longer the pause.
/// fn by_load<E>(state: &RetryStateOf<'_, Page, E>) -> Duration {
///     let load = state.value.map_or(1, |page| page.load);
///     Duration::from_millis(u64::from(load * state.attempt))
/// }
///
/// #[retry(max = 3, backoff = by_load, when_ok = |page| page.status == 503)]
/// fn page() -> Result<Page, std::io::Error> {
///     Ok(Page { status: 200, load: 7 })
/// }
/// # assert!(page().is_ok());
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct RetryStateOf<'a, T, E> {
    /// The value of the attempt, or `None` if it has failed with an [`error`](RetryState::error).
    pub value: Option<&'a T>,
    state: RetryState<'a, E>,
}

impl<E> RetryState<'_, E> {
    const fn copied(&self) -> Self {
        let &Self { attempt, max_attempts, error, previous_delay, delay } = self;
        Self { attempt, max_attempts, error, previous_delay, delay }
    }
}

impl<'a, T, E> Deref for RetryStateOf<'a, T, E> {
    type Target = RetryState<'a, E>;

    fn deref(&self) -> &RetryState<'a, E> {
        &self.state
    }
}

/// A retried call: its current attempt, and the history of earlier ones.
#[derive(Debug)]
pub struct Retry<H = (), C = AttemptCell> {
    history: H,
    call: C,
}

impl<H: StartHistory> Retry<H> {
    /// Begins the first attempt of an asynchronous call. Whatever makes a failure without the body,
    /// and the first poll of the body, forgets earlier failures.
    #[inline]
    pub fn start() -> Self {
        emit(&Event::Attempt);
        Self { history: H::start(), call: AttemptCell::new() }
    }

    /// Begins the first attempt of a call that blocks.
    #[inline]
    pub fn start_blocking() -> Retry<H, BlockingCall> {
        facts::begin();
        emit(&Event::Attempt);
        Retry { history: H::start(), call: BlockingCall::begin() }
    }
}

impl<H> Retry<H> {
    /// The cell that the await points below enter.
    #[inline]
    pub fn call(&self) -> &AttemptCell {
        &self.call
    }
}

impl<H, C: RetriedCall> Retry<H, C> {
    /// Takes the retries of this call from `budget`.
    #[inline]
    pub fn with_budget(self, budget: &RetryBudget) -> Retry<WithBudget<'_, H>, C> {
        budget.deposit();
        Retry { history: WithBudget::new(budget, self.history), call: self.call }
    }

    /// Belongs to the call of `outer`, another retry of the same function.
    #[must_use]
    pub fn within<O>(self, outer: &Retry<O>) -> Self {
        self.within_call(&outer.call)
    }

    /// Belongs to the call of the retry around it, on the same thread.
    #[must_use]
    pub fn within_current(mut self) -> Self {
        self.call.join_current();
        self
    }

    fn within_call(mut self, outer: &AttemptCell) -> Self {
        let _outer = AttemptScope::enter(outer);
        self.call.join_current();
        self
    }
}

impl<C: RetriedCall> Retry<SettingsHistory, C> {
    /// Reads the clock only for a limit of the time since the first attempt.
    #[inline]
    pub(crate) fn of_policy<'a>(
        self,
        config: &RetryConfig,
        budget: Option<&'a RetryBudget>,
    ) -> Retry<PolicyHistory<'a>, C> {
        budget.inspect(|budget| budget.deposit());
        let started = config.max_elapsed.is_some().then(time::now);
        Retry { history: PolicyHistory::new(started, budget, self.history), call: self.call }
    }
}

impl<H, C: RetriedCall> Retry<H, C> {
    /// Returns whether no attempt has ended yet.
    #[inline]
    pub fn is_first(&self) -> bool {
        self.call.attempt() <= 1
    }
}

impl<H: RetryHistory, C: RetriedCall> Retry<H, C> {
    /// Returns whether the current attempt is the last one, which may move the arguments.
    #[inline]
    pub fn is_last(&self, config: impl RetrySettings) -> bool {
        self.call.attempt() >= config.config().attempts
    }

    #[cold]
    #[inline(never)]
    fn after_failure<'a, E>(
        &mut self,
        settings: impl RetrySettings,
        failure: &'a E,
        identity: impl Identity<E>,
        judge: impl FnOnce(&'a E) -> RetryVerdict<'a>,
        backoff: impl FnOnce(&RetryState<'_, E>) -> DelayRange,
    ) -> Option<Decided> {
        let (config, known) = (settings.config(), Known::of(failure, identity));
        if known.exhausted && !config.nested {
            return None;
        }
        let verdict = facts::undisturbed(|| judge(failure));
        let end = match self.next(settings, &verdict, known, Some(failure), backoff) {
            Ok(next) => return Some(next),
            Err(end) => end,
        };
        if self.report(config, end, self.call.attempt()) && end != RetryEnd::Permanent {
            facts::exhausted(failure, identity);
        }
        None
    }

    #[cold]
    fn after_value<E>(
        &mut self,
        settings: impl RetrySettings,
        retry_after: Option<Duration>,
        backoff: impl FnOnce(&RetryState<'_, E>) -> DelayRange,
    ) -> Option<Decided> {
        let verdict = RetryVerdict::of_value(retry_after);
        let next = self.next(settings, &verdict, Known::of(&(), NoIdentity), None, backoff);
        next.map_err(|end| self.report(settings.config(), end, self.call.attempt())).ok()
    }

    /// Begins the next attempt, unless the verdict, a limit or the budget forbids it.
    fn next<E>(
        &mut self,
        settings: impl RetrySettings,
        verdict: &RetryVerdict<'_>,
        known: Known,
        error: Option<&E>,
        backoff: impl FnOnce(&RetryState<'_, E>) -> DelayRange,
    ) -> Result<Decided, RetryEnd> {
        let config = settings.config();
        if !verdict.retry {
            return Err(RetryEnd::Permanent);
        }
        if self.is_last(config) {
            return Err(RetryEnd::Attempts);
        }
        if is_shutting_down() {
            return Err(RetryEnd::Shutdown);
        }
        let state = RetryState {
            attempt: self.call.attempt(),
            max_attempts: config.attempts,
            error,
            previous_delay: self.history.delay(),
            delay: Duration::ZERO,
        };
        let planned = facts::undisturbed(|| backoff(&state));
        let random = if planned.is_certain() { 0 } else { rng::random() };
        let is_untimed = config.max_elapsed.is_none() && context::in_force().is_none();
        let delay = if is_untimed && verdict.classified.retry_after.is_none() && !known.is_of_gate() {
            // As nearly always. The rest would come to the same.
            unlimited_pause(planned, config.delays.max, random)
        } else {
            self.limited_pause(settings, &PlannedPause::new(planned, verdict, &known), random)?
        };
        if self.history.budget().is_some_and(|budget| !budget.withdraw()) {
            return Err(RetryEnd::Budget);
        }
        emit_counted(Level::WARN, |emit| {
            emit(&Event::Retry {
                function: &config.function.name(),
                attempt: self.call.attempt(),
                max_attempts: config.attempts,
                delay,
                category: verdict.classified.category,
                error: verdict.logged_error,
            });
        });
        let next = Decided::new(delay, config.function, self.call.attempt());
        self.call.begin_next();
        self.history.record(delay);
        Ok(next)
    }

    #[cold]
    #[inline(never)]
    fn limited_pause(
        &self,
        settings: impl RetrySettings,
        pause: &PlannedPause,
        random: u64,
    ) -> Result<Duration, RetryEnd> {
        let limits = self.limits(settings);
        limits.fit(pause, random).inspect_err(|_| {
            if limits.without_deadline().fit(pause, random).is_ok() {
                context::note_deadline_decision();
            }
        })
    }

    fn limits(&self, settings: impl RetrySettings) -> RetryLimits {
        let (config, began) = (settings.config(), settings.began().or(self.history.started()));
        RetryLimits {
            max_delay: config.delays.max,
            deadline: context::time_left(),
            max_elapsed: config
                .max_elapsed
                .zip(began)
                .map(|(limit, started)| limit.saturating_sub(time::now().since(started))),
        }
    }

    /// Returns `false` for a retry without retries, which gives nothing up.
    fn report(&self, config: &RetryConfig, reason: RetryEnd, attempts: u32) -> bool {
        let retries = config.attempts > 1;
        if retries {
            let budget = self.history.budget().filter(|_| reason == RetryEnd::Budget).map(RetryBudget::name);
            // Or less, if the failure is permanent.
            emit_counted(Level::WARN, |emit| {
                facts::undisturbed(|| {
                    emit(&Event::RetryExhausted { function: &config.function.name(), attempts, reason, budget });
                });
            });
        }
        retries
    }
}

/// Returns the next attempt, or `None` if the outcome is to be returned.
#[inline]
pub fn after<'a, R: Outcome>(
    retry: &mut Retry<impl RetryHistory, impl RetriedCall>,
    config: impl RetrySettings,
    outcome: &'a R,
    identity: impl Identity<R::Failure>,
    judge: impl FnOnce(&'a R::Failure) -> RetryVerdict<'a>,
    when_ok: impl FnOnce(&R::Value) -> bool,
    backoff: impl FnOnce(&RetryState<'_, R::Failure>) -> DelayRange,
) -> Option<NextAttempt<R>> {
    after_hinted(retry, config, outcome, identity, judge, |value| when_ok(value).into(), backoff)
}

/// [`after`], where a value may ask to wait.
#[inline]
pub fn after_hinted<'a, R: Outcome>(
    retry: &mut Retry<impl RetryHistory, impl RetriedCall>,
    config: impl RetrySettings,
    outcome: &'a R,
    identity: impl Identity<R::Failure>,
    judge: impl FnOnce(&'a R::Failure) -> RetryVerdict<'a>,
    when_ok: impl FnOnce(&R::Value) -> ValueVerdict,
    backoff: impl FnOnce(&RetryState<'_, R::Failure>) -> DelayRange,
) -> Option<NextAttempt<R>> {
    if let Some(failure) = outcome.failure() {
        return retry.after_failure(config, failure, identity, judge, backoff).map(NextAttempt::new);
    }
    let verdict = when_ok(outcome.value()?);
    if !verdict.retry {
        return None;
    }
    retry.after_value(config, verdict.retry_after, backoff).map(NextAttempt::new)
}

/// [`after`] of a retry that only the classification and the configuration decide. Nearly all do, and the closures
/// that `after` takes would be type-checked in each of their functions.
#[inline]
pub fn after_classified<R: Outcome>(
    retry: &mut Retry<impl RetryHistory, impl RetriedCall>,
    config: impl RetrySettings,
    outcome: &R,
    identity: impl Identity<R::Failure>,
    classifier: impl Classifier<R::Failure>,
) -> Option<NextAttempt<R>> {
    let failure = outcome.failure()?;
    let next = retry.after_failure(
        config,
        failure,
        identity,
        |error| RetryVerdict::from_classification(classifier.classify(error)),
        configured_backoff(config),
    );
    next.map(NextAttempt::new)
}

/// Returns the backoff of the configuration, for [`after`].
#[inline]
pub fn configured_backoff<E>(config: impl RetrySettings) -> impl FnOnce(&RetryState<'_, E>) -> DelayRange {
    move |state| config.config().delays.range(state.attempt, state.previous_delay)
}

/// Adds the value of the attempt to a state.
pub fn with_value<'a, R: Outcome>(
    outcome: &'a R,
    state: &RetryState<'a, R::Failure>,
) -> RetryStateOf<'a, R::Value, R::Failure> {
    RetryStateOf { value: outcome.value(), state: state.copied() }
}

/// Returns the state that `on_retry` sees.
pub fn state_before_pause<'a, R: Outcome>(
    retry: &Retry<impl RetryHistory, impl RetriedCall>,
    config: impl RetrySettings,
    outcome: &'a R,
    next: &NextAttempt<R>,
) -> RetryState<'a, R::Failure> {
    RetryState {
        attempt: retry.call.attempt() - 1,
        max_attempts: config.config().attempts,
        error: outcome.failure(),
        previous_delay: retry.history.previous_delay(),
        delay: next.delay(),
    }
}

// As an argument here, a closure knows the types of its parameters before its body is checked.

/// The result of an `on_retry` function, once awaited.
#[diagnostic::on_unimplemented(
    message = "`on_retry` returns `()`, and this returns `{Self}`",
    label = "nobody would see its result",
    note = "handle a result inside; a future is awaited only in an asynchronous function, and returns `()` too"
)]
pub trait HookResult {
    /// Does nothing.
    fn returned(self);
}

#[diagnostic::do_not_recommend]
impl HookResult for () {
    fn returned(self) {}
}

/// Calls the user's `on_retry`.
pub fn call_on_retry<E>(state: &RetryState<'_, E>, on_retry: impl FnOnce(&RetryState<'_, E>)) {
    on_retry(state);
}

/// Calls an `async` closure.
pub async fn call_async_on_retry<E, T>(
    state: &RetryState<'_, E>,
    on_retry: impl AsyncFnOnce(&RetryState<'_, E>) -> T,
) -> T {
    on_retry(state).await
}

/// Calls an `on_retry` that may return a future.
pub fn call_hook<'a, 'e, E, T>(state: &'a RetryState<'e, E>, on_retry: impl FnOnce(&'a RetryState<'e, E>) -> T) -> T {
    on_retry(state)
}

/// Calls a function of a state with its value.
pub fn call_with_state<'a, S, T>(state: &'a S, function: impl FnOnce(&'a S) -> T) -> T {
    function(state)
}

/// Calls an `async` closure.
pub async fn call_async_with_state<T, E, U>(
    state: &RetryStateOf<'_, T, E>,
    function: impl AsyncFnOnce(&RetryStateOf<'_, T, E>) -> U,
) -> U {
    function(state).await
}

/// Calls the user's `backoff`.
pub fn call_backoff<E>(state: &RetryState<'_, E>, backoff: impl FnOnce(&RetryState<'_, E>) -> Duration) -> Duration {
    backoff(state)
}

/// Calls the user's `retry_after`.
pub fn call_retry_after<A>(argument: &A, retry_after: impl FnOnce(&A) -> Option<Duration>) -> Option<Duration> {
    retry_after(argument)
}
