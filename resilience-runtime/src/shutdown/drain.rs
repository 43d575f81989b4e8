use std::time::Duration;

use super::{begin_shutdown, in_progress, wait};
use crate::emit::emit;
use crate::event::Event;
use crate::time::{self, Moment};

/// The time between two looks at the calls in progress.
const PERIOD: Duration = Duration::from_millis(10);

/// The result of a [`shutdown`]: the calls that have finished, and those that have not.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ShutdownReport {
    /// The time from the call of [`shutdown`] to its end.
    pub elapsed: Duration,
    /// The callers that waited when it was called: in the pause of a retry, for a place, a turn or
    /// another caller's load. They have been woken.
    pub woken: u64,
    /// The calls that were in progress when it was called, less those that are left.
    pub finished: u64,
    /// The calls in progress at its end. More than 0 only if the time was over.
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

    /// Returns the time until the next look, or the report.
    fn look(&self) -> Result<Duration, ShutdownReport> {
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

/// Shuts the process down: ends all waits, and returns when the calls in progress have ended or the
/// time is over.
///
/// Call it once, when the process is told to end, for example by `SIGTERM`. From then on:
///
/// - Callers that wait in the queue of a bulkhead or for their turn of a rate limit are rejected with
///   [`Error::ShuttingDown`](crate::Error::ShuttingDown), as is every call that would begin to wait.
/// - The pause of a retry ends with the last result of the function, and no retry begins. The event
///   `retry.exhausted` has the reason `shutdown`.
/// - No function or closure of a `#[fallback]` begins: the error is returned. A `value` is still
///   given, because that calls nothing.
/// - A cache returns what it has, fresh or within a stale window, and begins no load. Without an
///   entry the call is rejected; a function whose error cannot hold a
///   [`resilience::Error`](crate::Error) runs its body, as without the attribute.
/// - Everything else goes on: a body that runs finishes, with all its limits, and the first attempts
///   of functions that it calls begin.
///
/// It never ends the process, and spawns no task. Nothing undoes it but
/// [`testing::reset`](../resilience/testing/fn.reset.html).
///
/// # What is counted
///
/// In every program: callers that wait in a layer, what [`in_progress`](crate::in_progress) counts, and calls
/// that hold a place of a [bulkhead](crate::Bulkhead), among them streams that have not ended.
///
/// With the feature `metrics` while a recorder is installed, and with a dashboard: every call of an
/// annotated function and of a policy, in place of the places of bulkheads.
///
/// Without those two, a call without a bulkhead is not counted, because counting would cost each call two
/// writes that all threads share. Let the server wait for its requests, or put
/// [`in_progress`](crate::in_progress) around what has to finish: a request, a job, a message.
///
/// # Limit
///
/// With a limit of zero, it returns at once, with the calls that are in progress.
///
/// # Further calls
///
/// A second call waits for the same calls, up to its own limit, and reports what it has seen itself.
///
/// # Cancellation
///
/// The shutdown begins when the future is first polled, and stays if the future is dropped.
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
        match drain.look() {
            Ok(pause) => tokio::time::sleep(pause).await,
            Err(report) => return report,
        }
    }
}

/// Does what [`shutdown`] does, and blocks the thread.
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
        match drain.look() {
            Ok(pause) => time::sleep_blocking(pause),
            Err(report) => return report,
        }
    }
}
