//! What the attributes did in one call and everything it called.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::BreakerState;
use crate::sync::lock;
use crate::telemetry::Event;
#[cfg(feature = "cached")]
use crate::telemetry::StaleReason;
use crate::time::{self, Moment};

/// What the attributes did in one call and everything it called, as [`observe`] found it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Report {
    /// From the first poll to the result.
    pub elapsed: Duration,
    /// How often a body below a `#[retry]` began to run, the first time included.
    pub attempts: u32,
    /// How many of these attempts were retries.
    pub retries: u32,
    /// Limits that ended what was inside of them.
    pub timeouts: u32,
    /// Calls that a breaker, a bulkhead or a rate limit turned away.
    pub rejections: u32,
    /// Steps of a `#[fallback]` that were asked.
    pub fallbacks: u32,
    /// Values that came out of a cache.
    pub cache_hits: u32,
    /// Lookups that found nothing fresh.
    pub cache_misses: u32,
    /// Values past their time that a cache gave out all the same.
    pub stale: u32,
    /// How the last breaker asked was found: `Closed`, `HalfOpen` for a probe, `Open` when it rejected.
    pub breaker: Option<BreakerState>,
    /// Whether a substitute was asked for: a fallback, or a value past its time because the body had failed.
    pub degraded: bool,
}

impl Report {
    fn count(&mut self, event: &Event<'_>) {
        let up = |count: &mut u32| *count = count.saturating_add(1);
        match *event {
            Event::Attempt => up(&mut self.attempts),
            Event::Retry { .. } => {
                up(&mut self.attempts);
                up(&mut self.retries);
            }
            Event::Timeout { .. } => up(&mut self.timeouts),
            Event::Fallback { .. } => {
                up(&mut self.fallbacks);
                self.degraded = true;
            }
            Event::BreakerAsked { state } => {
                self.breaker = Some(state);
                if state == BreakerState::Open {
                    up(&mut self.rejections);
                }
            }
            #[cfg(feature = "cached")]
            Event::CacheHit { .. } => up(&mut self.cache_hits),
            #[cfg(feature = "cached")]
            Event::CacheMiss { .. } => up(&mut self.cache_misses),
            Event::BulkheadFull { .. } | Event::RateLimit { .. } => up(&mut self.rejections),
            #[cfg(feature = "cached")]
            Event::CacheStale { reason, .. } => {
                up(&mut self.stale);
                self.degraded |= reason == StaleReason::Failed;
            }
            #[cfg(feature = "cached")]
            Event::CacheConflict { .. } => {}
            Event::RetryBudget { .. }
            | Event::GaveUp { .. }
            | Event::BreakerOpen { .. }
            | Event::BreakerHalfOpen { .. }
            | Event::BreakerClose { .. }
            | Event::BreakerConflict { .. }
            | Event::BreakerKeysFull { .. }
            | Event::BulkheadConflict { .. }
            | Event::BulkheadKeysFull { .. }
            | Event::RateLimitConflict { .. }
            | Event::RateLimitKeysFull { .. } => {}
        }
    }
}

/// `attempts=3 retries=2 .. degraded=false`, for a line in a log.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            elapsed, attempts, retries, timeouts, rejections, fallbacks, cache_hits, cache_misses, stale, ..
        } = self;
        write!(
            f,
            "elapsed={elapsed:?} attempts={attempts} retries={retries} timeouts={timeouts} rejections={rejections} \
             fallbacks={fallbacks} cache_hits={cache_hits} cache_misses={cache_misses} stale={stale}"
        )?;
        if let Some(breaker) = self.breaker {
            write!(f, " breaker={breaker}")?;
        }
        write!(f, " degraded={}", self.degraded)
    }
}

/// What an observation keeps, behind a lock that is not held while an error of the user's is shown.
pub trait Seen: fmt::Debug + Send + Sync {
    fn add(&self, event: &Event<'_>);
}

impl Seen for Mutex<Report> {
    fn add(&self, event: &Event<'_>) {
        lock(self).count(event);
    }
}

/// The scope of one observation, and those around it.
#[derive(Debug)]
struct Scope<S: ?Sized> {
    around: Current,
    seen: S,
}

type Current = Option<Arc<Scope<dyn Seen>>>;

thread_local! {
    static CURRENT: RefCell<Current> = const { RefCell::new(None) };
}

/// How many calls are observed now, in the whole process: while it is none, nobody pays for a look at the thread's own.
static OBSERVED: AtomicUsize = AtomicUsize::new(0);

/// Whether an event may matter to anyone here.
#[inline]
pub fn is_active() -> bool {
    OBSERVED.load(Ordering::Relaxed) != 0
}

#[cold]
pub fn record(event: &Event<'_>) {
    let current = CURRENT.with_borrow(Clone::clone);
    let mut scope = current.as_ref();
    while let Some(inner) = scope {
        inner.seen.add(event);
        scope = inner.around.as_ref();
    }
}

/// Goes into a scope until it is dropped.
struct Entered(Current);

impl Entered {
    fn new(scope: Current) -> Self {
        Self(CURRENT.replace(scope))
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// One call that is observed, from its beginning until this is dropped.
#[derive(Debug)]
struct Observation<S> {
    scope: Arc<Scope<Mutex<S>>>,
    began: Moment,
}

impl<S: Default + 'static> Observation<S>
where
    Mutex<S>: Seen,
{
    fn begin() -> Self {
        OBSERVED.fetch_add(1, Ordering::Relaxed);
        let around = CURRENT.with_borrow(Clone::clone);
        Self { scope: Arc::new(Scope { around, seen: Mutex::default() }), began: time::now() }
    }

    fn enter(&self) -> Entered {
        Entered::new(Some(Arc::<Scope<Mutex<S>>>::clone(&self.scope)))
    }

    /// Until now, and how long it took. A thread that was left behind may go on.
    fn seen(&self) -> (S, Duration) {
        (mem::take(&mut *lock(&self.scope.seen)), time::now().since(self.began))
    }
}

impl<S> Drop for Observation<S> {
    fn drop(&mut self) {
        OBSERVED.fetch_sub(1, Ordering::Relaxed);
    }
}

pin_project! {
    /// A call, and what is seen of it on its task.
    #[derive(Debug)]
    pub struct Watched<F, S> {
        #[pin]
        call: F,
        observation: Option<Observation<S>>,
    }
}

pub fn watched<F: Future, S>(call: F) -> Watched<F, S> {
    Watched { call, observation: None }
}

impl<F: Future, S: Default + 'static> Future for Watched<F, S>
where
    Mutex<S>: Seen,
{
    type Output = (F::Output, S, Duration);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let observation = this.observation.get_or_insert_with(Observation::begin);
        let entered = observation.enter();
        let poll = this.call.poll(cx);
        drop(entered);
        poll.map(|output| {
            let (seen, elapsed) = observation.seen();
            (output, seen, elapsed)
        })
    }
}

/// The same on this thread.
pub fn watched_blocking<T, S: Default + 'static>(call: impl FnOnce() -> T) -> (T, S, Duration)
where
    Mutex<S>: Seen,
{
    let observation = Observation::begin();
    let entered = observation.enter();
    let output = call();
    drop(entered);
    let (seen, elapsed) = observation.seen();
    (output, seen, elapsed)
}

pin_project! {
    /// A call that is observed.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Observe<F> {
        #[pin]
        call: Watched<F, Report>,
    }
}

/// Runs a call, and reports what the attributes did in it and in everything it called on the same task.
///
/// A spawned task is on its own. Observations nest: what happens in an inner one is part of the outer one too. Calls that
/// nobody observes pay nothing for it. Dropped before it is ready, it leaves nothing behind.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// use resilience::{fallback, observe, retry};
///
/// #[fallback(value = "a canned answer")]
/// #[retry(max = 2)]
/// async fn ask() -> Result<&'static str, &'static str> {
///     Err("down")
/// }
///
/// let (answer, report) = observe(ask()).await;
/// assert_eq!(answer, Ok("a canned answer"));
/// assert_eq!((report.attempts, report.retries, report.fallbacks), (3, 2, 1));
/// assert!(report.degraded);
/// # }
/// ```
pub fn observe<F: Future>(call: F) -> Observe<F> {
    Observe { call: watched(call) }
}

impl<F: Future> Future for Observe<F> {
    type Output = (F::Output, Report);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().call.poll(cx).map(|(output, report, elapsed)| (output, Report { elapsed, ..report }))
    }
}

/// [`observe`] for synchronous code: reports what happens on this thread until `call` returns.
///
/// ```
/// use resilience::{circuit_breaker, observe_blocking};
///
/// #[circuit_breaker(failure_threshold = 1)]
/// fn ask() -> Option<u32> {
///     None
/// }
///
/// let (_, report) = observe_blocking(|| (ask(), ask()));
/// assert_eq!(report.rejections, 1);
/// assert_eq!(report.breaker, Some(resilience::BreakerState::Open));
/// ```
pub fn observe_blocking<T>(call: impl FnOnce() -> T) -> (T, Report) {
    let (output, report, elapsed) = watched_blocking::<T, Report>(call);
    (output, Report { elapsed, ..report })
}

/// The scope that is in force, to be entered on a thread that works for this one.
#[derive(Debug)]
pub struct Carried(Current);

impl Carried {
    pub fn current() -> Self {
        Self(if is_active() { CURRENT.with_borrow(Clone::clone) } else { None })
    }

    pub fn within<T>(self, call: impl FnOnce() -> T) -> T {
        let _entered = self.0.map(|scope| Entered::new(Some(scope)));
        call()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_reaches_every_scope_around_it_and_no_other() {
        let ((inner, outer), after) = observe_blocking(|| {
            let inner = observe_blocking(|| record(&Event::Attempt)).1;
            record(&Event::Fallback { function: "f", step: 1, error: None });
            (inner, ())
        });
        record(&Event::Attempt);
        assert_eq!((inner.attempts, inner.degraded, outer), (1, false, ()));
        assert_eq!((after.attempts, after.degraded), (1, true));
    }

    #[test]
    fn a_panic_leaves_the_scope() {
        let observed = AtomicUsize::new(0);
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            observe_blocking(|| {
                observed.store(OBSERVED.load(Ordering::Relaxed), Ordering::Relaxed);
                panic!("call");
            })
        }));
        assert!(caught.is_err() && observed.into_inner() > 0);
        assert!(CURRENT.with_borrow(Option::is_none));
    }

    #[test]
    fn an_observation_can_be_carried_to_another_thread() {
        let ((), report) = observe_blocking(|| {
            let carried = Carried::current();
            let _joined = std::thread::spawn(|| carried.within(|| record(&Event::Attempt))).join();
        });
        assert_eq!(report.attempts, 1);
    }
}
