//! Sleeps that end at once. The time that they skip is added to the clock of the thread, so limits,
//! deadlines, breakers and rate limits see it pass.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::clock::{self, Override};
use super::moment::nanos;

#[derive(Debug, Clone, Default)]
pub struct SkippedTime(Arc<AtomicU64>);

impl SkippedTime {
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Sleeps of several tasks overlap, so the furthest one counts.
    pub fn advance_to(&self, then: u64) {
        self.0.fetch_max(then, Ordering::Relaxed);
    }
}

#[derive(Debug)]
struct Guards {
    skipped: SkippedTime,
    count: u32,
    _override: Override,
}

impl Guards {
    fn new(skipped: SkippedTime) -> Self {
        Self { skipped, count: 1, _override: Override::begin() }
    }
}

thread_local! {
    static GUARDS: RefCell<Option<Guards>> = const { RefCell::new(None) };
}

#[inline]
pub fn current() -> Option<SkippedTime> {
    if clock::is_overridden() { of_this_thread() } else { None }
}

#[cold]
fn of_this_thread() -> Option<SkippedTime> {
    // A destructor of another thread-local may ask after this one is gone.
    let current = || GUARDS.try_with(|guards| guards.borrow().as_ref().map(|guards| guards.skipped.clone()));
    current().ok().flatten()
}

#[inline]
pub fn is_skipping() -> bool {
    current().is_some()
}

pub(super) fn skipped() -> Duration {
    current().map_or(Duration::ZERO, |skipped| Duration::from_nanos(skipped.get()))
}

/// Returns whether this thread skips its sleeps.
pub(super) fn take_sleep(wait: Duration) -> bool {
    let current = current();
    if let Some(skipped) = &current {
        skipped.advance_to(skipped.get().saturating_add(nanos(wait)));
    }
    current.is_some()
}

/// Makes sleeps on this thread end at once, until the returned value is dropped.
///
/// Pauses of `#[retry]`, waits of `#[rate_limit]` and delays of a [`Script`](crate::testing::Script) end at once. They
/// count as if they had been slept: events and reports show them, `max_elapsed` and deadlines are decided with them,
/// and an open breaker recovers in them. An asynchronous sleep lets other tasks run once, and one that goes
/// beyond the deadline of a `#[timeout]` ends with it. The body of `mode = "thread"` does not sleep either.
///
/// Other waits stay real: a socket, a place in a `#[bulkhead]`, a `tokio::time::sleep`. So use it
/// with real sockets, where a paused clock does not help: that clock jumps ahead whenever the runtime is idle, and
/// every timeout fires before the answer arrives.
///
/// It applies to the current thread; the runtime of `#[tokio::test]` has no other by default. When the value is dropped,
/// the clock returns to where it would have been; breakers and limits then see the skipped time as lying in the
/// future, see [`reset`](crate::testing::reset).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use resilience::{retry, testing};
/// use std::time::{Duration, Instant};
///
/// #[retry(max = 10, base_delay = "1m", max_delay = "10m", jitter = false, max_elapsed = "5m")]
/// async fn ask() -> Result<u32, &'static str> {
///     Err("down")
/// }
///
/// let (sleeps, begin) = (testing::skip_sleeps(), Instant::now());
/// assert_eq!(ask().await, Err("down"));
/// assert_eq!(sleeps.skipped(), Duration::from_secs(60 + 120), "another 4 min would be too late");
/// assert!(begin.elapsed() < Duration::from_secs(60));
/// # }
/// ```
pub fn skip_sleeps() -> SkipSleeps {
    let skipped = GUARDS.with_borrow_mut(|guards| match guards {
        Some(guards) => {
            guards.count = guards.count.saturating_add(1);
            guards.skipped.clone()
        }
        None => guards.insert(Guards::new(SkippedTime::default())).skipped.clone(),
    });
    SkipSleeps { before: skipped.get(), skipped, _not_send: PhantomData }
}

/// A guard that makes sleeps of its thread end at once; see [`skip_sleeps`].
#[derive(Debug)]
#[must_use = "dropping it turns sleeps on again"]
pub struct SkipSleeps {
    skipped: SkippedTime,
    before: u64,
    _not_send: PhantomData<*const ()>,
}

impl SkipSleeps {
    /// The time that has been skipped since this guard was made. Sleeps of tasks that sleep at once overlap.
    pub fn skipped(&self) -> Duration {
        Duration::from_nanos(self.skipped.get().saturating_sub(self.before))
    }
}

impl Drop for SkipSleeps {
    fn drop(&mut self) {
        let _gone_at_the_end_of_a_thread = GUARDS.try_with(|guards| {
            let mut guards = guards.borrow_mut();
            let left = guards.as_mut().map_or(0, |guards| {
                guards.count = guards.count.saturating_sub(1);
                guards.count
            });
            if left == 0 {
                *guards = None;
            }
        });
    }
}

pub fn carry<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let skipped = current();
    move || {
        GUARDS.set(skipped.map(Guards::new));
        work()
    }
}
