//! Time limits, and the deadline that every call inside of one can read.

#[allow(missing_docs, reason = "only generated code names it")]
mod thread;

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep};

use crate::context::await_point::Section;
use crate::context::exhausted;
use crate::emit::emit;
use crate::error::Error;
use crate::event::Event;
use crate::time::clock::{self, Moment};
use crate::validation::sound;

pub use thread::{Threads, on_thread};

/// The innermost limit around the code that runs on this thread, in one word.
///
/// It is a thread-local that is set anew around each poll, not a task-local: that costs less than a nanosecond, needs
/// no allocation, and synchronous code inside sees it too. The price is that a spawned task is on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Scope(u64);

/// Set on a limit whose body has not waited yet, so that no clock was read: the other bits are what it was given, in
/// nanoseconds. Without it they are the [`Moment`] of the deadline, which has this bit free.
const FRESH: u64 = 1 << 63;

thread_local! {
    static SCOPE: Cell<Scope> = const { Cell::new(Scope::UNLIMITED) };
}

impl Scope {
    const UNLIMITED: Self = Self(0);
    /// Of no code at all: no limit is zero.
    const NOWHERE: Self = Self(FRESH);

    const fn fresh(limit: Duration) -> Self {
        let limit = clock::nanos(limit);
        Self(FRESH | if limit < FRESH { limit } else { FRESH - 1 })
    }

    const fn until(at: Moment) -> Self {
        Self(at.as_nanos())
    }

    /// The tighter of this scope and a limit that begins now. Reads the clock only when it has to.
    #[inline]
    fn narrowed(self, limit: Self) -> Self {
        if self == Self::UNLIMITED {
            limit
        } else if self.0 & FRESH != 0 {
            self.min(limit)
        } else {
            self.min(limit.fixed())
        }
    }

    /// Whether a limit inside of this scope ends before the scope does.
    fn outlasts(self, inner: Self) -> bool {
        self == Self::UNLIMITED || inner < self
    }

    /// The deadline, counted from now if it has not begun to count.
    #[cold]
    fn fixed(self) -> Self {
        if self.0 & FRESH == 0 {
            return self;
        }
        Self::until(clock::now().after(Duration::from_nanos(self.0 & !FRESH)))
    }

    #[inline]
    fn enter(self) -> Entered {
        Entered { outer: SCOPE.replace(self) }
    }
}

/// Restores the scope outside, also when the body panics.
#[derive(Debug)]
struct Entered {
    outer: Scope,
}

impl Drop for Entered {
    #[inline]
    fn drop(&mut self) {
        SCOPE.set(self.outer);
    }
}

/// The deadline in force, fixed now if the body has not waited yet.
fn current() -> Option<Moment> {
    let scope = SCOPE.get();
    if scope == Scope::UNLIMITED {
        return None;
    }
    let fixed = scope.fixed();
    SCOPE.set(fixed);
    Some(Moment::from_nanos(fixed.0))
}

/// The point in time at which the innermost `#[timeout]` around this code gives up, on tokio's clock.
///
/// Visible in every nested call, synchronous or asynchronous, on the same task; a spawned task or thread starts
/// without one. `None` without a limit, or with one so long that the timer cannot express it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), resilience::Error> {
/// use resilience::timeout;
///
/// #[timeout(secs = 30)]
/// async fn ask() -> Result<bool, resilience::Error> {
///     Ok(resilience::deadline().is_some())
/// }
///
/// assert!(ask().await?);
/// assert!(resilience::deadline().is_none());
/// # Ok(()) }
/// ```
pub fn deadline() -> Option<Instant> {
    current().and_then(Moment::to_instant)
}

/// How much time the innermost `#[timeout]` around this code leaves; zero when it is over, `None` without one.
///
/// What to pass on to a driver that takes a timeout of its own, so that it gives up no later than the caller.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), resilience::Error> {
/// use resilience::timeout;
/// use std::time::Duration;
///
/// #[timeout(secs = 30)]
/// async fn query() -> Result<Duration, resilience::Error> {
///     Ok(resilience::remaining().unwrap_or(Duration::MAX))
/// }
///
/// assert!(query().await? <= Duration::from_secs(30));
/// # Ok(()) }
/// ```
pub fn remaining() -> Option<Duration> {
    current().map(|at| at.since(clock::now()))
}

/// Stops work that is too late: an error as soon as the deadline around this code has passed.
///
/// For long synchronous work, which nothing can stop from outside.
///
/// # Errors
///
/// [`Error::Timeout`], when the time is over. Its limit is zero: what was left.
///
/// ```
/// use resilience::{Error, timeout};
///
/// #[timeout(secs = 30, mode = "cooperative")]
/// fn sum(numbers: &[u64]) -> Result<u64, Error> {
///     let mut sum = 0;
///     for chunk in numbers.chunks(1024) {
///         resilience::checkpoint()?;
///         sum += chunk.iter().sum::<u64>();
///     }
///     Ok(sum)
/// }
///
/// assert_eq!(sum(&[1, 2, 3]), Ok(6));
/// ```
pub fn checkpoint() -> Result<(), Error> {
    match remaining() {
        Some(Duration::ZERO) => Err(Error::Timeout { limit: Duration::ZERO }),
        _ => Ok(()),
    }
}

/// What one `#[timeout]` was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeoutConfig {
    function: &'static str,
    limit: Duration,
    scope: Scope,
    max_abandoned: u32,
}

impl TimeoutConfig {
    /// For the `const` item of an expansion.
    #[track_caller]
    pub const fn new(function: &'static str, limit: Duration) -> Self {
        sound(Self::try_new(function, limit))
    }

    pub(crate) const fn try_new(function: &'static str, limit: Duration) -> Result<Self, &'static str> {
        if limit.is_zero() {
            return Err("a timeout of zero can only fail");
        }
        Ok(Self { function, limit, scope: Scope::fresh(limit), max_abandoned: 8 })
    }

    /// The same for another function.
    pub(crate) const fn of(self, function: &'static str) -> Self {
        Self { function, ..self }
    }

    /// For `mode = "thread"`.
    #[expect(clippy::missing_panics_doc, reason = "called in items of generated code only")]
    #[must_use]
    #[track_caller]
    pub const fn max_abandoned(mut self, bodies: u32) -> Self {
        assert!(bodies >= 1, "`max_abandoned` of `#[timeout]` must be at least 1");
        self.max_abandoned = bodies;
        self
    }

    #[cold]
    fn elapsed(&self, limit: Duration) -> Error {
        // Whatever the code inside has given up before, this is a failure of another kind.
        exhausted::begin();
        emit(&Event::Timeout { function: self.function, limit });
        Error::Timeout { limit }
    }
}

pin_project! {
    /// Exists from the first `Pending` on: code that never waits pays neither for a clock nor for a timer.
    #[derive(Debug)]
    struct Timer {
        until: Moment,
        // What the limit was when it began to count, for the error.
        limit: Duration,
        // What the attempt that waits has left; see `context::exhausted`.
        gave_up: bool,
        // Only the innermost limit needs one: no limit outlasts the one around it.
        #[pin]
        sleep: Option<Sleep>,
    }
}

type LazyTimer = Option<Pin<Box<Timer>>>;

/// Begins to count, at the first `Pending`. `scope` was in force inside of the limit, `around` is so outside.
fn begin<'a>(config: &TimeoutConfig, timer: &'a mut LazyTimer, scope: Scope, around: Scope) -> &'a mut Pin<Box<Timer>> {
    timer.get_or_insert_with(|| {
        let now = clock::now();
        // Someone inside may have asked for the deadline, and so fixed it.
        let until = Moment::from_nanos(scope.fixed().0);
        // What the user wrote, where that is what ends the call, and not what is left of it a moment later.
        let limit = if around.outlasts(scope) { config.limit } else { until.since(now) };
        Box::pin(Timer { until, limit, gave_up: false, sleep: None })
    })
}

/// Asks the timer, which begins to count now if it has not yet. In force on the thread is what is around the limit.
fn poll_timer(
    config: &TimeoutConfig,
    timer: &mut LazyTimer,
    scope: Scope,
    gave_up: bool,
    cx: &mut Context<'_>,
) -> Poll<Error> {
    let has_begun = timer.is_some();
    let mut timer = begin(config, timer, scope, SCOPE.get()).as_mut().project();
    *timer.gave_up = gave_up;
    if timer.sleep.is_none() {
        let left = timer.until.since(clock::now());
        if has_begun && left.is_zero() {
            return Poll::Ready(config.elapsed(*timer.limit));
        }
        timer.sleep.set(Some(tokio::time::sleep(left)));
    }
    let Some(mut sleep) = timer.sleep.as_pin_mut() else { return Poll::Pending };
    if clock::is_skipping() {
        // Time that was skipped has passed for the limit too.
        let left = timer.until.since(clock::now());
        if left.is_zero() {
            return Poll::Ready(config.elapsed(*timer.limit));
        }
        if let Some(at) = Instant::now().checked_add(left) {
            sleep.as_mut().reset(at);
        }
    }
    // tokio gives each task a budget of ready operations; a body that has used it up would keep the timer from
    // ever being looked at, so the timer is asked outside of the budget.
    let elapsed = std::pin::pin!(tokio::task::unconstrained(sleep)).poll(cx);
    elapsed.map(|()| config.elapsed(*timer.limit))
}

/// A limit around several leaves. No limit inside of it ends later, so that a leaf asks the timer of the innermost one.
#[derive(Debug)]
pub struct Limit<S: Section = ()> {
    config: &'static TimeoutConfig,
    timer: LazyTimer,
    /// The scope around it while it is in force, [`Scope::NOWHERE`] while it is not.
    around: Scope,
    outer: S,
}

impl<S: Section> Limit<S> {
    /// In force from now on. It counts from the moment something inside first waits.
    #[inline]
    pub fn new(config: &'static TimeoutConfig, outer: S) -> Self {
        let around = SCOPE.get();
        SCOPE.set(around.narrowed(config.scope));
        Self { config, timer: None, around, outer }
    }
}

impl<S: Section> Section for Limit<S> {
    type Ends<T> = Result<T, Error>;

    #[inline]
    fn ended<T>(out: T) -> Result<T, Error> {
        Ok(out)
    }

    #[inline]
    fn resume(&mut self) {
        if self.around != Scope::NOWHERE {
            return;
        }
        self.outer.resume();
        if let Some(timer) = &self.timer {
            self.around = SCOPE.replace(Scope::until(timer.until));
        }
    }

    fn expired<T>(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, Error>> {
        let scope = SCOPE.replace(self.around);
        let poll = poll_timer(self.config, &mut self.timer, scope, false, cx);
        SCOPE.set(scope);
        poll.map(Err)
    }

    fn suspend(&mut self) {
        begin(self.config, &mut self.timer, SCOPE.get(), self.around);
        SCOPE.set(std::mem::replace(&mut self.around, Scope::NOWHERE));
        self.outer.suspend();
    }
}

impl<S: Section> Drop for Limit<S> {
    #[inline]
    fn drop(&mut self) {
        if self.around != Scope::NOWHERE {
            SCOPE.set(self.around);
        }
    }
}

pin_project! {
    /// A leaf with a limit of its own, which needs no section. Dropping it drops the body; nothing else is left behind.
    #[derive(Debug)]
    pub struct Timeout<'a, F, S, A> {
        #[pin]
        body: F,
        config: &'a TimeoutConfig,
        timer: LazyTimer,
        section: S,
        attempt: A,
    }
}

/// Whether a leaf is one of an attempt of a retry.
pub trait Attempted {
    const MARKS: bool;
}

impl Attempted for () {
    const MARKS: bool = false;
}

/// It is one.
#[derive(Debug)]
pub struct OfAttempt;

impl Attempted for OfAttempt {
    const MARKS: bool = true;
}

/// Runs `body` for as long as `config` and the deadline around it allow.
///
/// The limit counts from the moment the body first waits. A body that never yields cannot be stopped.
#[inline]
pub fn timeout<F: Future, S: Section>(config: &TimeoutConfig, section: S, body: F) -> Timeout<'_, F, S, ()> {
    Timeout { body, config, timer: None, section, attempt: () }
}

/// The same in an attempt of a retry.
#[inline]
pub fn timeout_of_attempt<F: Future, S: Section>(
    config: &TimeoutConfig,
    section: S,
    body: F,
) -> Timeout<'_, F, S, OfAttempt> {
    Timeout { body, config, timer: None, section, attempt: OfAttempt }
}

impl<F: Future, S: Section, A: Attempted> Future for Timeout<'_, F, S, A> {
    type Output = Result<F::Output, Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.section.resume();
        let (mut around, mut scope) = (false, SCOPE.get());
        match this.timer {
            None => {
                // At the first poll the attempt's mark is still the one on this thread.
                around = A::MARKS && exhausted::gave_up();
                scope = scope.narrowed(this.config.scope);
            }
            Some(timer) => {
                if A::MARKS {
                    around = exhausted::enter(timer.gave_up);
                }
                scope = Scope::until(timer.until);
            }
        }
        let entered = scope.enter();
        if let Poll::Ready(output) = this.body.poll(cx) {
            return Poll::Ready(Ok(output));
        }
        let scope = SCOPE.get();
        drop(entered);
        let gave_up = A::MARKS && exhausted::leave(around);
        if let Poll::Ready(error) = poll_timer(this.config, this.timer, scope, gave_up, cx) {
            return Poll::Ready(Err(error));
        }
        this.section.suspend();
        Poll::Pending
    }
}

/// The deadline of a synchronous body: it can be read, and it stops nothing.
#[derive(Debug)]
pub struct Cooperative(#[expect(dead_code, reason = "dropping it is what counts")] Entered);

/// `#[timeout(.., mode = "cooperative")]`: until the guard is dropped, the deadline is visible to `remaining()`,
/// `checkpoint()` and the attributes of nested calls.
pub fn cooperative(config: &TimeoutConfig) -> Cooperative {
    Cooperative(SCOPE.get().narrowed(config.scope).fixed().enter())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    const SECOND: Duration = Duration::from_secs(1);
    const ONE: &TimeoutConfig = &TimeoutConfig::new("one", SECOND);
    const TEN: &TimeoutConfig = &TimeoutConfig::new("ten", Duration::from_secs(10));
    const FOREVER: &TimeoutConfig = &TimeoutConfig::new("forever", Duration::MAX);

    #[tokio::test(start_paused = true)]
    async fn a_nested_limit_takes_the_smaller() {
        let start = Instant::now();
        let nested = timeout(ONE, (), async { (remaining(), timeout(TEN, (), pending::<()>()).await) });
        assert_eq!(nested.await, Ok((Some(SECOND), Err(Error::Timeout { limit: SECOND }))));
        assert_eq!(start.elapsed(), SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn the_deadline_is_seen_inside_and_gone_outside() {
        let seen = timeout(ONE, (), async {
            let first = remaining();
            tokio::time::sleep(SECOND / 4).await;
            (first, remaining(), timeout(TEN, (), ready(remaining())).await)
        });
        let left = Some(SECOND / 4 * 3);
        assert_eq!(seen.await, Ok((Some(SECOND), left, Ok(left))));
        assert_eq!(remaining(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_beyond_the_timer_is_no_limit() {
        let slow = async {
            tokio::time::sleep(SECOND * 1000).await;
            7
        };
        assert_eq!(timeout(FOREVER, (), slow).await, Ok(7));
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_restores_the_scope() {
        assert!(panics(timeout(ONE, (), async { panic!("body") })).await);
        assert_eq!(remaining(), None);
    }

    /// Whether polling once panics.
    async fn panics<F: Future>(future: F) -> bool {
        let mut future = Box::pin(future);
        std::future::poll_fn(move |cx| {
            let poll = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| future.as_mut().poll(cx).is_ready()));
            Poll::Ready(poll.is_err())
        })
        .await
    }

    #[test]
    fn a_cooperative_deadline_is_read_and_restored() {
        {
            let _scope = cooperative(ONE);
            assert!(remaining().is_some_and(|left| left <= SECOND));
            assert_eq!(checkpoint(), Ok(()));
            let _inner = cooperative(TEN);
            assert!(remaining().is_some_and(|left| left <= SECOND), "a longer limit does not widen");
        }
        assert_eq!(remaining(), None);
    }
}
