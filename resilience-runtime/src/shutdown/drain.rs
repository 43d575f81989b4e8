use std::time::Duration;

use super::{begin_shutdown, in_progress, wait};
use crate::emit::emit;
use crate::event::Event;
use crate::time::{self, Moment};

/// The interval at which the calls in progress are counted.
const PERIOD: Duration = Duration::from_millis(10);

/// The result of a [`shutdown`]: the calls that have finished, and those that have not.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ShutdownReport {
    /// The time that [`shutdown`] took.
    pub elapsed: Duration,
    /// The callers that were waiting when it was called, and have been woken: in the pause of a
    /// retry, for a permit, for a turn, or for another caller's load.
    pub woken: u64,
    /// The calls that were in progress when it was called and have finished.
    pub finished: u64,
    /// The calls still in progress at its end. More than 0 only if the limit was reached.
    pub left: u64,
    /// The calls that are left, sorted by their [names](CallsLeft::name).
    pub left_by_name: Vec<CallsLeft>,
}

/// The calls of one name that are in progress at the end of a [`shutdown`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CallsLeft {
    /// The path of the function, the name of the bulkhead, or the name given to
    /// [`in_progress`](crate::in_progress).
    pub name: String,
    /// The number of calls.
    pub calls: u64,
}

struct Drain {
    began: Moment,
    limit: Duration,
    woken: u64,
    calls: u64,
}

impl Drain {
    fn begin(limit: Duration) -> Self {
        let (began, woken, calls) = (time::now(), wait::count(), in_progress::total());
        begin_shutdown();
        Self { began, limit, woken, calls }
    }

    /// Returns the time until the next count, or the report.
    fn poll(&self) -> Result<Duration, ShutdownReport> {
        let (calls, elapsed) = (in_progress::by_name(), time::now().since(self.began));
        let left = self.limit.saturating_sub(elapsed);
        if !left.is_zero() && (wait::count() > 0 || !calls.is_empty()) {
            return Ok(PERIOD.min(left));
        }
        let left = calls.values().sum();
        let finished = self.calls.saturating_sub(left);
        emit(&Event::ShutdownFinished { elapsed, finished, left });
        let left_by_name = calls.into_iter().map(|(name, calls)| CallsLeft { name, calls }).collect();
        Err(ShutdownReport { elapsed, woken: self.woken, finished, left, left_by_name })
    }
}

/// Prepares the process for its end: ends all waits, and returns when the calls in progress have
/// finished or the limit is reached.
///
/// Call it once, when the process is asked to end, for example by `SIGTERM`. From then on:
///
/// - Callers that wait in the queue of a bulkhead, or for their turn at a rate limit, are rejected
///   with [`Error::ShuttingDown`](crate::Error::ShuttingDown), and so is every call that would have
///   to wait.
/// - A retry that is pausing returns the last result of the function, and no further attempt is
///   made. The event `retry.exhausted` has the reason `shutdown`.
/// - No function or closure of a `#[fallback]` is run: the error is returned. A `value` is still
///   returned, because it calls nothing.
/// - A cache returns the entry that it has, fresh or within a stale window, and begins no load.
///   Without an entry the call is rejected; a function whose error cannot hold a
///   [`resilience::Error`](crate::Error) runs its body, as it would without the attribute.
/// - Everything else continues: a running body finishes, within its limits, and functions that it
///   calls make their first attempt.
///
/// It neither ends the process nor spawns a task. Only
/// [`testing::reset`](../resilience/testing/fn.reset.html) undoes it.
///
/// # What is counted
///
/// In every program: callers that wait in a layer, guards of [`in_progress`](crate::in_progress),
/// and calls that hold a permit of a [bulkhead](crate::Bulkhead), including streams that have not
/// ended.
///
/// With the feature `metrics` and a recorder, or with a dashboard: every call of an annotated
/// function or a policy, instead of the permits of bulkheads.
///
/// Otherwise a call without a bulkhead is not counted, because counting would cost each call two
/// writes to memory that all threads share. Let the server wait for its requests, and hold a guard
/// of [`in_progress`](crate::in_progress) in other work that has to finish, such as a job or a
/// message.
///
/// # Limit
///
/// With a limit of zero, it returns at once and reports the calls in progress.
///
/// # Further calls
///
/// A second call waits for the same calls, up to its own limit, and reports what it has observed
/// itself.
///
/// # Cancellation
///
/// The shutdown begins when the future is first polled, and is not undone if the future is dropped.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// use resilience::retry;
/// use std::time::Duration;
///
/// #[retry(max = 9, base_delay = "1m")]
/// async fn ask() -> Result<u32, &'static str> {
///     Err("down")
/// }
///
/// let call = tokio::spawn(ask());
/// tokio::task::yield_now().await;
/// let report = resilience::shutdown(Duration::from_secs(30)).await;
/// assert_eq!((report.woken, report.left), (1, 0));
/// assert_eq!(call.await.ok(), Some(Err("down")), "its pause has ended");
/// # }
/// ```
pub async fn shutdown(limit: Duration) -> ShutdownReport {
    let drain = Drain::begin(limit);
    loop {
        match drain.poll() {
            Ok(pause) => tokio::time::sleep(pause).await,
            Err(report) => return report,
        }
    }
}

/// Does what [`shutdown`] does, and blocks the thread. For programs without a runtime.
///
/// ```
/// use std::time::Duration;
///
/// let report = resilience::shutdown_blocking(Duration::from_secs(30));
/// assert_eq!((report.finished, report.left), (0, 0));
/// ```
pub fn shutdown_blocking(limit: Duration) -> ShutdownReport {
    let drain = Drain::begin(limit);
    loop {
        match drain.poll() {
            Ok(pause) => time::sleep_blocking(pause),
            Err(report) => return report,
        }
    }
}
