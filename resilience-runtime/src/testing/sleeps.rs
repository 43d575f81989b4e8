//! Sleeps that nobody waits for.
//!
//! What is skipped is time all the same: it is added to the clock of the thread. Limits and deadlines are decided as if it had
//! been slept, a breaker recovers in it, and a rate limit lets pass what it would have let pass.

use std::cell::RefCell;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::time::clock::nanos;
use crate::timeout;

/// The time that was skipped so far, in nanoseconds.
#[derive(Debug, Clone, Default)]
struct Skipped(Arc<AtomicU64>);

impl Skipped {
    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Sleeps of several tasks overlap: whoever sleeps until then has done so.
    fn advance_to(&self, then: u64) {
        self.0.fetch_max(then, Ordering::Relaxed);
    }
}

/// The guards of this thread.
#[derive(Debug)]
struct Guards {
    skipped: Skipped,
    count: u32,
}

thread_local! {
    static GUARDS: RefCell<Option<Guards>> = const { RefCell::new(None) };
}

/// Destructors at the end of a thread ask for the time too, when there is nothing left here.
fn current() -> Option<Skipped> {
    let current = || GUARDS.try_with(|guards| guards.borrow().as_ref().map(|guards| guards.skipped.clone()));
    current().ok().flatten()
}

pub(crate) fn is_skipping() -> bool {
    current().is_some()
}

pub(crate) fn skipped() -> Duration {
    current().map_or(Duration::ZERO, |skipped| Duration::from_nanos(skipped.get()))
}

/// Whether sleeps are turned off.
pub(crate) fn skip(wait: Duration) -> bool {
    let current = current();
    if let Some(skipped) = &current {
        skipped.advance_to(skipped.get().saturating_add(nanos(wait)));
    }
    current.is_some()
}

/// Turns sleeps off on this thread, until the returned value is dropped.
///
/// Pauses of `#[retry]`, waits of `#[rate_limit]` and delays of a [`Script`](super::Script) are over at once. They count as if
/// they had been slept: events and reports tell them, `max_elapsed` and deadlines are decided with them, and an open breaker
/// recovers in them. Asynchronous code lets other tasks run once instead of sleeping, and a delay that goes beyond the deadline
/// of a `#[timeout]` ends with it. A body on a thread of its own, for `mode = "thread"`, does not sleep either.
///
/// What the code waits for by itself, it waits for: a socket, a place in a `#[bulkhead]`, a `tokio::time::sleep`. So this goes
/// together with real sockets, for which a paused clock is of no use: it jumps ahead whenever nothing else is to be done, and
/// every timeout is over before the answer is there.
///
/// For this thread: the runtime of `#[tokio::test]` has no other, unless it is told to. When the value is dropped the clock is
/// where it would have been; what the state of breakers and limits remembers of the time that was skipped is yet to come then,
/// see [`reset`](super::reset).
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
    let skipped = GUARDS.with_borrow_mut(|guards| {
        let guards = guards.get_or_insert_with(|| Guards { skipped: Skipped::default(), count: 0 });
        guards.count = guards.count.saturating_add(1);
        guards.skipped.clone()
    });
    SkipSleeps { before: skipped.get(), skipped, _not_send: PhantomData }
}

/// Sleeps are off while this lives; see [`skip_sleeps`].
#[derive(Debug)]
#[must_use = "dropping it turns sleeps on again"]
pub struct SkipSleeps {
    skipped: Skipped,
    before: u64,
    // The guard is the thread's.
    _not_send: PhantomData<*const ()>,
}

impl SkipSleeps {
    /// The time that would have been slept since this was made. Sleeps of tasks that sleep together overlap.
    pub fn skipped(&self) -> Duration {
        Duration::from_nanos(self.skipped.get().saturating_sub(self.before))
    }
}

impl Drop for SkipSleeps {
    fn drop(&mut self) {
        let _at_the_end_of_the_thread = GUARDS.try_with(|guards| {
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

/// What a thread does that works for this one, and ends with it.
pub(crate) fn carry<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let skipped = current();
    move || {
        GUARDS.set(skipped.map(|skipped| Guards { skipped, count: 1 }));
        work()
    }
}

pin_project! {
    /// A sleep of asynchronous code.
    #[derive(Debug)]
    #[project = SleepProjection]
    pub(crate) enum Sleep {
        Real {
            #[pin]
            sleep: tokio::time::Sleep,
        },
        Skipped {
            skipped: Skipped,
            until: u64,
            stage: Stage,
        },
    }
}

#[derive(Debug, Clone, Copy)]
enum Stage {
    New,
    /// Others have had their turn.
    Yielded,
    /// A limit around it has had its chance to end it.
    Late,
}

pub(crate) fn sleep(wait: Duration) -> Sleep {
    match current() {
        None => Sleep::Real { sleep: tokio::time::sleep(wait) },
        Some(skipped) => {
            let until = skipped.get().saturating_add(nanos(wait));
            Sleep::Skipped { skipped, until, stage: Stage::New }
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.project() {
            SleepProjection::Real { sleep } => {
                ready!(sleep.poll(cx));
                Poll::Ready(())
            }
            SleepProjection::Skipped { skipped, until, stage } => {
                let next = match stage {
                    Stage::New => Some(Stage::Yielded),
                    Stage::Yielded => {
                        let left = timeout::remaining().map_or(u64::MAX, nanos);
                        let deadline = skipped.get().saturating_add(left);
                        (deadline <= *until).then(|| {
                            skipped.advance_to(deadline);
                            Stage::Late
                        })
                    }
                    Stage::Late => None,
                };
                let Some(next) = next else {
                    skipped.advance_to(*until);
                    return Poll::Ready(());
                };
                *stage = next;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }
}
