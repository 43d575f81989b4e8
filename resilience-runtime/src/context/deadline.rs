use std::cell::Cell;
use std::num::NonZeroU64;
use std::time::Duration;

use tokio::time::Instant;

use super::ContextPart;
use crate::error::Error;
use crate::time::{self, Moment, nanos};

/// The tightest limit around the code that runs on this thread, in one word.
///
/// Either a [`Moment`] or, with the bit [`FRESH`] set, a limit that no clock has started yet. "No
/// limit" is the longest fresh limit, so the tighter of two deadlines is the smaller word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(NonZeroU64);

/// No [`Moment`] uses this bit.
const FRESH: u64 = 1 << 63;

thread_local! {
    static DEADLINE: Cell<Deadline> = const { Cell::new(Deadline::NONE) };
}

impl Deadline {
    pub const NONE: Self = Self::word(u64::MAX);
    const LONGEST: u64 = FRESH - 2;

    const fn word(word: u64) -> Self {
        match NonZeroU64::new(word) {
            Some(word) => Self(word),
            // The first nanosecond is as far in the past as the moment before it.
            None => Self(NonZeroU64::MIN),
        }
    }

    /// Starts to count when the body first waits, or when code asks for the deadline.
    pub const fn fresh(limit: Duration) -> Self {
        let limit = nanos(limit);
        Self::word(FRESH | if limit < Self::LONGEST { limit } else { Self::LONGEST })
    }

    pub const fn at(moment: Moment) -> Self {
        Self::word(moment.as_nanos())
    }

    #[inline]
    const fn is_fresh(self) -> bool {
        self.0.get() & FRESH != 0
    }

    #[inline]
    pub fn current() -> Self {
        DEADLINE.get()
    }

    #[inline]
    pub fn replace_current(self) -> Self {
        DEADLINE.replace(self)
    }

    /// Starts to count if the limit of this thread is fresh. `None` without a limit.
    pub fn begin() -> Option<Moment> {
        let deadline = Self::current();
        if deadline == Self::NONE {
            return None;
        }
        let moment = deadline.moment();
        DEADLINE.set(Self::at(moment));
        Some(moment)
    }

    /// Reads the clock only when a fresh limit meets a moment.
    #[inline]
    pub fn narrowed(self, limit: Self) -> Self {
        if self.is_fresh() { self.min(limit) } else { self.min(Self::at(limit.moment())) }
    }

    pub fn outlasts(self, inner: Self) -> bool {
        inner < self
    }

    /// Counts from now if the limit is fresh.
    #[cold]
    pub fn moment(self) -> Moment {
        let word = self.0.get();
        if word & FRESH == 0 {
            return Moment::from_nanos(word);
        }
        time::now().after(Duration::from_nanos(word & !FRESH))
    }
}

impl ContextPart for Deadline {
    type Outer = Self;

    #[inline]
    fn enter(&mut self) -> Self {
        self.replace_current()
    }

    /// Keeps the moment if code inside asked for the deadline and so started the limit.
    #[inline]
    fn leave(&mut self, outer: Self) {
        *self = outer.replace_current();
    }
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
    Deadline::begin().and_then(Moment::to_timer)
}

/// The time that the tightest `#[timeout]` around this code leaves: zero when it is over, `None` without a limit.
///
/// Pass it to a driver that has a timeout of its own, so that the driver gives up no later than the caller.
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
    Deadline::begin().map(|at| at.since(time::now()))
}

/// Fails as soon as the deadline around this code has passed.
///
/// Call it from time to time in long synchronous work, which nothing can stop from outside.
///
/// # Errors
///
/// [`Error::Timeout`] when the time is over. Its limit is zero, the time that was left.
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
