use std::ptr;
use std::time::Duration;

use tokio::time::Instant;

use super::limit_owner::{LimitOwner, UNLIMITED};
use super::limits::{Limits, NO_LIMIT};
use super::poll_frame;
use crate::time::{self, Moment, nanos};

/// The tightest limit around the code that runs on this thread, and whose limit it is.
///
/// The word is a [`Moment`] or, with the bit [`FRESH`] set, a limit that no clock has started yet.
/// "No limit" is the longest fresh limit, so the tighter of two deadlines has the smaller word.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    word: u64,
    owner: &'static LimitOwner,
}

/// No [`Moment`] uses this bit.
const FRESH: u64 = 1 << 63;

/// A limit that starts to count when the body first waits, or when code asks for the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FreshLimit(u64);

impl FreshLimit {
    const LONGEST: u64 = FRESH - 2;

    pub const fn new(limit: Duration) -> Self {
        let limit = nanos(limit);
        Self(FRESH | if limit < Self::LONGEST { limit } else { Self::LONGEST })
    }

    #[inline]
    pub const fn of(self, owner: &'static LimitOwner) -> Deadline {
        Deadline { word: self.0, owner }
    }

    pub const fn length(self) -> Duration {
        Duration::from_nanos(self.0 & !FRESH)
    }
}

impl Deadline {
    pub const NONE: Self = Self { word: NO_LIMIT, owner: &UNLIMITED };

    #[inline]
    pub const fn is_fresh(self) -> bool {
        self.word & FRESH != 0
    }

    pub const fn is_none(self) -> bool {
        self.word == NO_LIMIT
    }

    #[inline]
    pub fn current() -> Self {
        Limits::with(|limits| Self { word: limits.word.get(), owner: limits.owner.get() })
    }

    #[inline]
    pub fn replace_current(self) -> Self {
        Limits::with(|limits| Self { word: limits.word.replace(self.word), owner: limits.owner.replace(self.owner) })
    }

    #[inline]
    pub fn set_current(self) {
        Limits::with(|limits| {
            limits.word.set(self.word);
            limits.owner.set(self.owner);
        });
    }

    #[inline]
    pub fn end_current() {
        Limits::with(|limits| limits.word.set(NO_LIMIT));
    }

    /// Returns the tighter one, and this one of two equals. Reads the clock only when a fresh limit
    /// meets a moment.
    #[inline]
    pub fn narrowed(self, limit: Self) -> Self {
        let limit = if self.is_fresh() { limit } else { limit.started() };
        if limit.word < self.word { limit } else { self }
    }

    /// Counts from now if the limit is fresh.
    #[cold]
    pub fn started(self) -> Self {
        if self.is_fresh() {
            return self.ending(time::now().after(self.length()));
        }
        self
    }

    /// `None` while it is fresh.
    #[inline]
    pub const fn end(self) -> Option<Moment> {
        if self.is_fresh() { None } else { Some(Moment::from_nanos(self.word)) }
    }

    #[inline]
    pub const fn end_before(self, end: Moment) -> Moment {
        // A fresh limit has a larger word than any moment.
        Moment::from_nanos(if self.word < end.as_nanos() { self.word } else { end.as_nanos() })
    }

    /// The end that the code inside of the fresh limit `own` has given to it.
    #[inline]
    pub fn end_of(self, own: Self) -> Option<Moment> {
        if ptr::eq(self.owner, own.owner) { self.end() } else { None }
    }

    #[inline]
    pub const fn length(self) -> Duration {
        Duration::from_nanos(self.word & !FRESH)
    }

    #[inline]
    pub const fn ending(self, end: Moment) -> Self {
        Self { word: end.as_nanos(), ..self }
    }

    #[inline]
    pub fn is_over(self) -> bool {
        !self.is_fresh() && poll_frame::is_over(Moment::from_nanos(self.word))
    }

    pub fn moment(self) -> Moment {
        Moment::from_nanos(self.started().word)
    }

    pub const fn owner(self) -> &'static LimitOwner {
        self.owner
    }
}

#[derive(Debug)]
pub struct DeadlineGuard {
    outer: Deadline,
}

impl DeadlineGuard {
    pub fn narrow(limit: Deadline) -> Self {
        Self::enter(Deadline::current().narrowed(limit))
    }

    pub fn enter(deadline: Deadline) -> Self {
        Self { outer: deadline.replace_current() }
    }
}

impl Drop for DeadlineGuard {
    fn drop(&mut self) {
        self.outer.replace_current();
    }
}

/// Starts the limit, and returns it unless there is none.
pub fn started() -> Option<Deadline> {
    let deadline = Deadline::current();
    if deadline.is_none() {
        return None;
    }
    let started = deadline.started();
    started.replace_current();
    Some(started)
}

/// Starts the limit, and returns its end unless there is none.
pub fn in_force() -> Option<Moment> {
    started().map(Deadline::moment)
}

/// [`in_force`], but a limit that is switched off is none.
fn reachable() -> Option<Moment> {
    in_force().filter(|at| *at < Moment::FAR)
}

/// The point in time at which the tightest `#[timeout]` around this code gives up, on tokio's clock.
///
/// Every nested call on the same task sees it, synchronous or asynchronous; a spawned task or thread starts
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
    super::note_deadline_decision();
    reachable().and_then(Moment::to_timer)
}

/// The time that the tightest `#[timeout]` around this code leaves: zero when it is over, `None` without a limit, or
/// with one that is switched off.
///
/// Pass it to a driver that has a timeout of its own, so that the driver gives up no later than the caller.
///
/// If the body of a `#[cached]` function fails after it has asked for the time of its caller, the failure is that
/// caller's: callers that wait for the same key and have more time run the body again.
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
    super::note_deadline_decision();
    reachable().map(|at| at.since(time::now()))
}

/// [`remaining`], for a layer, which need not know of limits that are switched off. If it decides something, the layer calls
/// [`note_deadline_decision`](super::note_deadline_decision).
pub fn time_left() -> Option<Duration> {
    in_force().map(|at| at.since(time::now()))
}
