//! A scripted operation.

use std::fmt;
use std::future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::context;
use crate::time;

/// An operation that does what it is told, call by call, and counts.
///
/// It stands in for what the code under test calls. The answers are given in the order in which they are written. A step with a
/// number, [`fail_times`](Self::fail_times) or [`ok_times`](Self::ok_times), answers so many calls. Any other step answers one,
/// except for the last: **the last step lasts**, as a service that has recovered stays well. Where it has a number, a
/// call too many panics with a message that says so.
///
/// A script is shared by reference: as an argument, in an [`Arc`](std::sync::Arc), or in a `static` with a [`LazyLock`](std::sync::LazyLock).
/// Which step a call gets is decided when it begins, so that concurrent calls get one each, and nothing of it is locked while
/// code of yours runs.
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
/// assert!(matches!(ask(&service).await, Err(AskError::Resilience(resilience::Error::CircuitOpen { .. }))));
/// assert_eq!(service.calls(), 3, "the breaker does not let another one through");
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
    /// A script without a step, which is to be told what to answer.
    #[must_use]
    pub const fn new() -> Self {
        Self { steps: Vec::new(), calls: AtomicU32::new(0), running: AtomicU32::new(0), dropped: AtomicU32::new(0) }
    }

    fn step(mut self, times: Option<u32>, act: Act<T, E>) -> Self {
        self.steps.push(ScriptStep { times, delay: Duration::ZERO, act });
        self
    }

    /// So many calls fail, each with an error of its own.
    #[must_use]
    pub fn fail_times(self, times: u32, error: impl Fn() -> E + Send + Sync + 'static) -> Self {
        self.step(Some(times), Act::Answer(Box::new(move || Err(error()))))
    }

    /// A call fails; as the last step: all further calls.
    #[must_use]
    pub fn then_fail(self, error: impl Fn() -> E + Send + Sync + 'static) -> Self {
        self.step(None, Act::Answer(Box::new(move || Err(error()))))
    }

    /// So many calls succeed, each with a clone of the value.
    #[must_use]
    pub fn ok_times(self, times: u32, value: T) -> Self
    where
        T: Clone + Send + Sync + 'static,
    {
        self.step(Some(times), Act::Answer(Box::new(move || Ok(value.clone()))))
    }

    /// A call succeeds; as the last step: all further calls.
    #[must_use]
    pub fn then_ok(self, value: T) -> Self
    where
        T: Clone + Send + Sync + 'static,
    {
        self.then(move || Ok(value.clone()))
    }

    /// A call gives what this function returns: a value that cannot be cloned, or whatever has to happen at the moment of the
    /// call. As the last step: all further calls.
    #[must_use]
    pub fn then(self, answer: impl Fn() -> Result<T, E> + Send + Sync + 'static) -> Self {
        self.step(None, Act::Answer(Box::new(answer)))
    }

    /// A call panics; as the last step: all further calls.
    #[must_use]
    pub fn then_panic(self, message: impl Into<String>) -> Self {
        self.step(None, Act::Panic(message.into()))
    }

    /// A call never answers; as the last step: all further calls.
    ///
    /// For asynchronous code, which can be dropped. A [`call_blocking`](Self::call_blocking) that could never return panics
    /// instead: what a synchronous test can see is a call that takes long, see [`delayed`](Self::delayed).
    #[must_use]
    pub fn then_hang(self) -> Self {
        self.step(None, Act::Hang)
    }

    /// The step before, with all of its calls, takes this long.
    ///
    /// On tokio's clock in asynchronous code, on this thread or its [`ManualClock`](super::ManualClock) in synchronous code, and
    /// no time at all after [`skip_sleeps`](super::skip_sleeps).
    ///
    /// # Panics
    ///
    /// When there is no step before.
    #[must_use]
    #[track_caller]
    pub fn delayed(mut self, time: Duration) -> Self {
        let Some(step) = self.steps.last_mut() else {
            panic!(
                "`delayed` is about the step before it, and there is none; write it behind: `.then_ok(..).delayed(..)`"
            )
        };
        step.delay = step.delay.saturating_add(time);
        self
    }

    /// How many calls have begun. An asynchronous one begins when it is first polled.
    pub fn calls(&self) -> u32 {
        self.calls.load(Ordering::SeqCst)
    }

    /// How many calls run now.
    pub fn running(&self) -> u32 {
        self.running.load(Ordering::SeqCst)
    }

    /// How many calls were dropped before they had an answer: by a timeout, or by a caller that did not wait.
    pub fn dropped(&self) -> u32 {
        self.dropped.load(Ordering::SeqCst)
    }

    /// What the script says next.
    ///
    /// Dropped before it is ready, it counts as [`dropped`](Self::dropped).
    ///
    /// # Errors
    ///
    /// The error of the step.
    ///
    /// # Panics
    ///
    /// Where the script says so, and where it says nothing: it is empty, or all of its numbers are used up.
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

    /// The same for synchronous code.
    ///
    /// # Errors
    ///
    /// The error of the step.
    ///
    /// # Panics
    ///
    /// Where the script says so, where it says nothing, and where it hangs, as nothing could end that.
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
                "the script says how {answered} calls end, and this is call {call}; end it with a step that lasts, \
                 such as `.then_ok(..)`, or find out who calls so often"
            ),
            None => panic!("the script is empty; say what it answers: `Script::new().then_ok(..)`"),
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
        // From here on the call ends by itself, even with a panic of the user's function.
        self.has_ended = true;
        match &step.act {
            Act::Answer(answer) => answer(),
            Act::Panic(message) => panic!("{message}"),
            Act::Hang => panic!(
                "`then_hang` is for asynchronous calls: nothing could end this one; say how long it takes with \
                 `.delayed(..)`, which a `ManualClock` or `skip_sleeps` makes instant"
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
