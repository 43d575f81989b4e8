use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::context::observer::Observer;
#[cfg(feature = "cached")]
use crate::event::StaleReason;
use crate::event::{BreakerState, Event, Listener};
use crate::sync::lock;
use crate::time::{self, Moment};

/// A summary of what the attributes did during one call. Created by [`observe`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Report {
    /// The time from the first poll to the result.
    pub elapsed: Duration,
    /// Runs of a body below a `#[retry]`, first attempts included.
    pub attempts: u32,
    /// Attempts that were retries.
    pub retries: u32,
    /// Calls that a `#[timeout]` ended.
    pub timeouts: u32,
    /// Calls that a circuit breaker, a bulkhead or a rate limit rejected, or any layer of a process
    /// that shuts down.
    pub rejections: u32,
    /// Steps of a `#[fallback]` that ran.
    pub fallbacks: u32,
    /// Cache lookups that found a fresh value.
    pub cache_hits: u32,
    /// Cache lookups that found no fresh value.
    pub cache_misses: u32,
    /// Expired values that a cache returned.
    pub stale: u32,
    /// The state in which the last circuit breaker admitted or rejected a call: `Closed`, `HalfOpen`
    /// for a probe or while all probes are in progress, `Open`, or `ForcedOpen`.
    pub breaker: Option<BreakerState>,
    /// True if a fallback ran, or a cache returned an expired value because the body failed.
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
            Event::BreakerAdmitted { state } => self.breaker = Some(state),
            Event::BreakerRejected { state, .. } => {
                self.breaker = Some(state);
                up(&mut self.rejections);
            }
            #[cfg(feature = "cached")]
            Event::CacheHit { .. } => up(&mut self.cache_hits),
            #[cfg(feature = "cached")]
            Event::CacheMiss { .. } => up(&mut self.cache_misses),
            Event::BulkheadFull { .. }
            | Event::RateLimit { .. }
            | Event::CostAboveBurst { .. }
            | Event::ShutdownRejected { .. } => up(&mut self.rejections),
            #[cfg(feature = "cached")]
            Event::CacheStale { reason, .. } => {
                up(&mut self.stale);
                self.degraded |= reason == StaleReason::Failed;
            }
            #[cfg(feature = "cached")]
            Event::CacheSkipped { .. } => {}
            #[cfg(feature = "store")]
            Event::RateLimitAway { .. } => up(&mut self.rejections),
            #[cfg(feature = "store")]
            Event::StoreAway { .. }
            | Event::StoreConnected { .. }
            | Event::StoreRefused { .. }
            | Event::StoreDropped { .. } => {}
            #[cfg(all(feature = "cached", feature = "store"))]
            Event::CacheFarHit { .. } | Event::CacheFarMiss { .. } | Event::CacheUnreadable { .. } => {}
            #[cfg(feature = "config")]
            Event::SettingsApplied { .. }
            | Event::SettingsRejected { .. }
            | Event::UnknownName { .. }
            | Event::InvalidSettings { .. } => {}
            Event::RetryExhausted { .. }
            | Event::BreakerWindowRestarted { .. }
            | Event::BreakerOpen { .. }
            | Event::BreakerHalfOpen { .. }
            | Event::BreakerClose { .. }
            | Event::Conflict { .. }
            | Event::NameClash { .. }
            | Event::ShutdownBegun { .. }
            | Event::ShutdownFinished { .. }
            | Event::RateLimitHeld { .. }
            | Event::KeysFull { .. } => {}
        }
    }
}

/// One line for a log: `elapsed=1s attempts=3 retries=2 .. degraded=false`.
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

/// A user's error is formatted before the lock is taken.
impl Listener for Mutex<Report> {
    fn on_event(&self, event: &Event<'_>) {
        lock(self).count(event);
    }
}

#[derive(Debug)]
struct Observation<S> {
    observer: Observer<Mutex<S>>,
    began: Moment,
}

impl<S: Default + 'static> Observation<S>
where
    Mutex<S>: Listener,
{
    fn begin() -> Self {
        Self { observer: Observer::new(Mutex::default()), began: time::now() }
    }

    /// Takes the records so far. An abandoned thread may still add more.
    fn finish(&self) -> (S, Duration) {
        (mem::take(&mut *lock(self.observer.listener())), time::now().since(self.began))
    }
}

pin_project! {
    #[derive(Debug)]
    pub struct Observed<F, S> {
        #[pin]
        call: F,
        observation: Option<Observation<S>>,
    }
}

pub fn observed<F: Future, S>(call: F) -> Observed<F, S> {
    Observed { call, observation: None }
}

impl<F: Future, S: Default + 'static> Future for Observed<F, S>
where
    Mutex<S>: Listener,
{
    type Output = (F::Output, S, Duration);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let observation = this.observation.get_or_insert_with(Observation::begin);
        let entered = observation.observer.enter();
        let poll = this.call.poll(cx);
        drop(entered);
        poll.map(|output| {
            let (recorded, elapsed) = observation.finish();
            (output, recorded, elapsed)
        })
    }
}

pub fn observed_blocking<T, S: Default + 'static>(call: impl FnOnce() -> T) -> (T, S, Duration)
where
    Mutex<S>: Listener,
{
    let observation = Observation::begin();
    let entered = observation.observer.enter();
    let output = call();
    drop(entered);
    let (recorded, elapsed) = observation.finish();
    (output, recorded, elapsed)
}

pin_project! {
    /// The future of an observed call, from [`observe`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Observe<F> {
        #[pin]
        call: Observed<F, Report>,
    }
}

/// Runs a call, and reports what the attributes did in it and in the functions that it called.
///
/// The report covers the task that polls the future, and the bodies that `#[timeout(mode =
/// "thread")]` runs for it. It does not cover tasks that the call spawns. Observations nest: the
/// outer report includes the inner one.
///
/// Calls that are not observed pay nothing.
///
/// # Cancellation
///
/// Dropping the future drops the call and the report.
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
    Observe { call: observed(call) }
}

impl<F: Future> Future for Observe<F> {
    type Output = (F::Output, Report);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().call.poll(cx).map(|(output, report, elapsed)| (output, Report { elapsed, ..report }))
    }
}

/// Runs a synchronous call, and reports what the attributes did in it until it returned.
///
/// This is [`observe`] for the current thread.
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
    let (output, report, elapsed) = observed_blocking::<T, Report>(call);
    (output, Report { elapsed, ..report })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emit::emit;

    #[test]
    fn a_report_counts_what_happens_in_inner_observations_too() {
        let (inner, outer) = observe_blocking(|| {
            let ((), inner) = observe_blocking(|| emit(&Event::Attempt));
            emit(&Event::Fallback { function: "f", step: 1, error: None });
            inner
        });
        emit(&Event::Attempt);
        assert_eq!((inner.attempts, inner.degraded), (1, false));
        assert_eq!((outer.attempts, outer.degraded), (1, true));
    }
}
