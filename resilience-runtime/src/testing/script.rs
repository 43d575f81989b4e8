//! A scripted operation.

use std::fmt;
use std::future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::context;
use crate::time;

/// A scripted operation that replaces the service under test, and counts its calls.
///
/// The steps answer calls in the order in which they are added. [`fail_times`](Self::fail_times)
/// and [`ok_times`](Self::ok_times) answer a fixed number of calls. All other steps answer one
/// call, except that **the last step repeats**, like a service that has recovered. If the last step
/// has a fixed number, a further call panics with a message that says so.
///
/// Share a script by reference: as an argument, in an [`Arc`](std::sync::Arc), or in a `static`
/// with a [`LazyLock`](std::sync::LazyLock). Each call takes its step when it begins, so concurrent
/// calls take one step each. No lock is held while your closures run.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// use resilience::{circuit_breaker, retry, testing::Script};
/// use std::time::Duration;
///
/// #[derive(Debug, thiserror::Error)]
/// enum AskError {
///     #[error("down")]
///     Down,
///     #[error(transparent)]
///     Resilience(#[from] resilience::Error),
/// }
///
/// #[retry(max = 5, jitter = false)]
/// #[circuit_breaker(failure_threshold = 3)]
/// async fn ask(service: &Script<u32, AskError>) -> Result<u32, AskError> {
///     service.call().await
/// }
///
/// let service = Script::new().fail_times(2, || AskError::Down).then_ok(42).delayed(Duration::from_millis(50));
/// assert!(matches!(ask(&service).await, Ok(42)));
/// assert_eq!(service.calls(), 3);
///
/// let service = Script::new().then_fail(|| AskError::Down);
/// assert!(matches!(ask(&service).await, Err(AskError::Down)));
/// assert_eq!(service.calls(), 3, "no retry waits for the breaker that has opened");
/// # }
/// ```
pub struct Script<T, E> {
    steps: Vec<ScriptStep<T, E>>,
    calls: AtomicU32,
    running: AtomicU32,
    dropped: AtomicU32,
}

struct ScriptStep<T, E> {
    /// `None` for one call, or for all remaining calls in the last step.
    times: Option<u32>,
    delay: Duration,
    act: Act<T, E>,
}

enum Act<T, E> {
    Answer(Box<dyn Fn() -> Result<T, E> + Send + Sync>),
    Panic(String),
    Hang,
}

impl<T, E> Script<T, E> {
    /// Creates a script without steps.
    #[must_use]
    pub const fn new() -> Self {
        Self { steps: Vec::new(), calls: AtomicU32::new(0), running: AtomicU32::new(0), dropped: AtomicU32::new(0) }
    }

    fn step(mut self, times: Option<u32>, act: Act<T, E>) -> Self {
        self.steps.push(ScriptStep { times, delay: Duration::ZERO, act });
        self
    }

    /// Answers `times` calls with an error. `error` creates one for each call.
    #[must_use]
    pub fn fail_times(self, times: u32, error: impl Fn() -> E + Send + Sync + 'static) -> Self {
        self.step(Some(times), Act::Answer(Box::new(move || Err(error()))))
    }

    /// Answers a call with an error. As the last step, it answers all further calls.
    #[must_use]
    pub fn then_fail(self, error: impl Fn() -> E + Send + Sync + 'static) -> Self {
        self.step(None, Act::Answer(Box::new(move || Err(error()))))
    }

    /// Answers `times` calls with a clone of the value.
    #[must_use]
    pub fn ok_times(self, times: u32, value: T) -> Self
    where
        T: Clone + Send + Sync + 'static,
    {
        self.step(Some(times), Act::Answer(Box::new(move || Ok(value.clone()))))
    }

    /// Answers a call with the value. As the last step, it answers all further calls with clones.
    #[must_use]
    pub fn then_ok(self, value: T) -> Self
    where
        T: Clone + Send + Sync + 'static,
    {
        self.then(move || Ok(value.clone()))
    }

    /// Answers a call with the result of a closure, for a value that cannot be cloned or for side
    /// effects. As the last step, it answers all further calls.
    #[must_use]
    pub fn then(self, answer: impl Fn() -> Result<T, E> + Send + Sync + 'static) -> Self {
        self.step(None, Act::Answer(Box::new(answer)))
    }

    /// Panics in a call. As the last step, it panics in all further calls.
    #[must_use]
    pub fn then_panic(self, message: impl Into<String>) -> Self {
        self.step(None, Act::Panic(message.into()))
    }

    /// Never answers a call. As the last step, it answers no further call.
    ///
    /// Use it in asynchronous code, which can be dropped. [`call_blocking`](Self::call_blocking)
    /// panics instead, because it could never return; use [`delayed`](Self::delayed) in synchronous
    /// tests.
    #[must_use]
    pub fn then_hang(self) -> Self {
        self.step(None, Act::Hang)
    }

    /// Delays each call of the previous step.
    ///
    /// Asynchronous code waits on the clock of tokio. Synchronous code waits on the thread, or on
    /// its [`ManualClock`](super::ManualClock). After [`skip_sleeps`](super::skip_sleeps) the delay
    /// takes no time.
    ///
    /// # Panics
    ///
    /// Panics if there is no previous step.
    #[must_use]
    #[track_caller]
    pub fn delayed(mut self, time: Duration) -> Self {
        let Some(step) = self.steps.last_mut() else {
            panic!("`delayed` has no step before it to delay; call it after one: `.then_ok(..).delayed(..)`")
        };
        step.delay = step.delay.saturating_add(time);
        self
    }

    /// Returns the number of calls that have begun. An asynchronous call begins at its first poll.
    pub fn calls(&self) -> u32 {
        self.calls.load(Ordering::SeqCst)
    }

    /// Returns the number of calls that are running.
    pub fn running(&self) -> u32 {
        self.running.load(Ordering::SeqCst)
    }

    /// Returns the number of calls that were dropped before they ended, by a timeout or by their
    /// caller.
    pub fn dropped(&self) -> u32 {
        self.dropped.load(Ordering::SeqCst)
    }

    /// Runs the next step.
    ///
    /// # Errors
    ///
    /// Returns the error of the step.
    ///
    /// # Panics
    ///
    /// Panics if the step says so, and if no step is left: the script is empty, or the fixed
    /// numbers of its steps are used up.
    ///
    /// # Cancellation
    ///
    /// A call that is dropped before it ends counts as [`dropped`](Self::dropped).
    pub async fn call(&self) -> Result<T, E> {
        let (running, step) = self.begin();
        if !step.delay.is_zero() {
            // Boxed, so that tests that measure the size of a future do not count a timer.
            Box::pin(context::sleep(step.delay)).await;
        }
        if matches!(step.act, Act::Hang) {
            future::pending::<()>().await;
        }
        running.end(step)
    }

    /// Runs the next step in synchronous code.
    ///
    /// # Errors
    ///
    /// Returns the error of the step.
    ///
    /// # Panics
    ///
    /// Panics if the step says so, if no step is left, and if the step hangs.
    pub fn call_blocking(&self) -> Result<T, E> {
        let (running, step) = self.begin();
        if !step.delay.is_zero() {
            time::sleep_blocking(step.delay);
        }
        running.end(step)
    }

    fn begin(&self) -> (Running<'_, T, E>, &ScriptStep<T, E>) {
        let call = self.calls.fetch_add(1, Ordering::SeqCst).saturating_add(1);
        self.running.fetch_add(1, Ordering::SeqCst);
        let running = Running { script: self, has_ended: false };
        (running, self.step_of(call))
    }

    /// `call` counts from 1.
    fn step_of(&self, call: u32) -> &ScriptStep<T, E> {
        let mut answered = 0_u32;
        for step in &self.steps {
            answered = answered.saturating_add(step.times.unwrap_or(1));
            if call <= answered {
                return step;
            }
        }
        match self.steps.last() {
            Some(last) if last.times.is_none() => last,
            Some(_) => panic!(
                "the script answers {answered} calls, and this is call {call}; add a last step that repeats, such as \
                 `.then_ok(..)`, or find out why there are more calls"
            ),
            None => panic!("the script is empty; add a step: `Script::new().then_ok(..)`"),
        }
    }
}

impl<T, E> Default for Script<T, E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, E> fmt::Debug for Script<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script")
            .field("steps", &self.steps.len())
            .field("calls", &self.calls())
            .field("running", &self.running())
            .field("dropped", &self.dropped())
            .finish()
    }
}

struct Running<'a, T, E> {
    script: &'a Script<T, E>,
    has_ended: bool,
}

impl<T, E> Running<'_, T, E> {
    fn end(mut self, step: &ScriptStep<T, E>) -> Result<T, E> {
        // From here on the call counts as ended, even if the user's function panics.
        self.has_ended = true;
        match &step.act {
            Act::Answer(answer) => answer(),
            Act::Panic(message) => panic!("{message}"),
            Act::Hang => panic!(
                "`then_hang` is for asynchronous calls: a blocking call would never return; use `.delayed(..)`, which a \
                 `ManualClock` or `skip_sleeps` makes instant"
            ),
        }
    }
}

impl<T, E> Drop for Running<'_, T, E> {
    fn drop(&mut self) {
        self.script.running.fetch_sub(1, Ordering::SeqCst);
        if !self.has_ended && !std::thread::panicking() {
            self.script.dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
}
