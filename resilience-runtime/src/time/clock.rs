//! The only place that reads time.
//!
//! A test can replace the time of its thread by a [`ManualClock`](super::ManualClock) or by
//! [`skip_sleeps`](super::skip_sleeps). Every build contains both, so tests run the code that
//! ships; unused, they cost one relaxed load.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;

use super::moment::Moment;
use super::{manual, skip};

static OVERRIDES: AtomicUsize = AtomicUsize::new(0);

#[derive(Debug)]
pub(super) struct Override(());

impl Override {
    pub(super) fn begin() -> Self {
        OVERRIDES.fetch_add(1, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for Override {
    fn drop(&mut self) {
        OVERRIDES.fetch_sub(1, Ordering::Relaxed);
    }
}

#[inline]
pub fn is_overridden() -> bool {
    OVERRIDES.load(Ordering::Relaxed) != 0
}

/// Reads tokio's clock, which tests can pause; outside of a runtime, the system's monotonic clock.
pub fn now() -> Moment {
    if is_overridden() { overridden_now() } else { Moment::from_instant(instant_now()) }
}

#[cold]
fn overridden_now() -> Moment {
    manual::now().unwrap_or_else(|| Moment::from_instant(instant_now())).after(skip::skipped())
}

/// tokio panics if its pausable clock is read by the destructor of a thread-local that outlives
/// tokio's own. The system's clock stands in for it there.
#[inline]
pub(super) fn instant_now() -> Instant {
    if CAN_TOKIO_PAUSE && Handle::try_current().is_err_and(|error| error.is_thread_local_destroyed()) {
        return Instant::from_std(std::time::Instant::now());
    }
    Instant::now()
}

pub const CAN_TOKIO_PAUSE: bool = pausing::tokio_can_pause();

impl Moment {
    /// `None` when it is out of the timer's reach.
    pub fn to_timer(self) -> Option<Instant> {
        // Neither skipped time nor a manual clock moves tokio's clock.
        if is_overridden() { Instant::now().checked_add(self.since(now())) } else { self.to_instant() }
    }
}

/// Which clock [`now`] reads. Two tests have two clocks, and their times cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClockId {
    Real,
    OfRuntime(tokio::runtime::Id),
    Manual(u64),
}

impl ClockId {
    pub fn current() -> Self {
        match manual::number() {
            0 if CAN_TOKIO_PAUSE => Handle::try_current().map_or(Self::Real, |handle| Self::OfRuntime(handle.id())),
            0 => Self::Real,
            number => Self::Manual(number),
        }
    }
}

pub fn sleep_blocking(wait: Duration) {
    if !take_sleep(wait) {
        std::thread::sleep(wait);
    }
}

/// Returns whether this thread does not sleep, because its clock has been moved instead.
pub fn take_sleep(wait: Duration) -> bool {
    manual::take_sleep(wait) || skip::take_sleep(wait)
}

/// Asks the coarse clock first: it costs a quarter of the exact one, and settles distant moments.
#[cfg(feature = "cached")]
#[inline]
pub fn is_before(moment: Moment) -> bool {
    (!is_overridden() && coarse::is_surely_before(moment)) || now() < moment
}

/// Returns a moment this far ahead, and up to two ticks of the coarse clock further if it is distant.
#[cfg(feature = "cached")]
#[inline]
pub fn roughly_after(time: Duration) -> Moment {
    if time > coarse::MARGIN && !CAN_TOKIO_PAUSE && !is_overridden() {
        if let Some(now) = coarse::rough_now() {
            return now.after(time);
        }
    }
    now().after(time)
}

/// Bounds of the present, by the coarse clock.
#[derive(Debug, Clone, Copy)]
pub struct RoughNow {
    pub earliest: Moment,
    pub latest: Moment,
}

impl RoughNow {
    /// From one bound to the other. The clock lags by milliseconds, or longer if the host stalls only the
    /// processor that ticks.
    pub const MARGIN: Duration = Duration::from_millis(100);

    /// `None` where the system has no such clock, and in tests.
    #[inline]
    pub fn read() -> Option<Self> {
        if CAN_TOKIO_PAUSE || is_overridden() { None } else { Self::read_coarse() }
    }

    #[inline]
    fn read_coarse() -> Option<Self> {
        coarse::earliest_now().map(|earliest| Self { earliest, latest: earliest.after(Self::MARGIN) })
    }
}

/// A moment that the coarse clock knows to two ticks.
#[derive(Debug)]
pub struct RoughMoment {
    exact: AtomicU64,
    coarse: AtomicU64,
}

impl RoughMoment {
    pub const fn new() -> Self {
        Self { exact: AtomicU64::new(0), coarse: AtomicU64::new(0) }
    }

    pub fn set(&self, moment: Moment) {
        let is_coarse = coarse::EXISTS && !CAN_TOKIO_PAUSE && !is_overridden();
        self.exact.store(moment.as_nanos(), Ordering::Release);
        self.coarse.store(if is_coarse { coarse::at(moment) } else { 0 }, Ordering::Release);
    }

    /// The coarse clock is not asked for it.
    pub fn set_exactly(&self, moment: Moment) {
        self.exact.store(moment.as_nanos(), Ordering::Release);
        self.coarse.store(0, Ordering::Release);
    }

    #[inline]
    pub fn get(&self) -> Moment {
        Moment::from_nanos(self.exact.load(Ordering::Acquire))
    }

    #[inline]
    fn coarse(&self) -> Option<u64> {
        let moment = if is_overridden() { 0 } else { self.coarse.load(Ordering::Acquire) };
        if moment == 0 { None } else { Some(moment) }
    }

    #[inline]
    pub fn is_ahead(&self) -> bool {
        match self.coarse() {
            Some(moment) => coarse::is_ahead(moment),
            None => now() < self.get(),
        }
    }

    /// Returns the nanoseconds until then, and 0 once it has passed. A distant moment may seem further
    /// away by two ticks.
    #[inline]
    pub fn nanos_left(&self) -> u64 {
        match self.coarse().map_or(0, coarse::left_until) {
            0 => self.get().as_nanos().saturating_sub(now().as_nanos()),
            left => left,
        }
    }
}

#[cfg(not(all(feature = "cached", target_os = "linux")))]
mod coarse {
    #[cfg(feature = "cached")]
    pub const MARGIN: std::time::Duration = std::time::Duration::MAX;

    #[cfg(feature = "cached")]
    pub const fn is_surely_before(_: super::Moment) -> bool {
        false
    }

    #[cfg(feature = "cached")]
    pub const fn rough_now() -> Option<super::Moment> {
        None
    }

    pub const fn earliest_now() -> Option<super::Moment> {
        None
    }

    pub const EXISTS: bool = false;

    pub const fn is_ahead(_: u64) -> bool {
        false
    }

    pub const fn at(_: super::Moment) -> u64 {
        0
    }

    pub const fn left_until(_: u64) -> u64 {
        0
    }
}

#[cfg(all(feature = "cached", target_os = "linux"))]
mod coarse {
    use std::sync::OnceLock;
    use std::time::Duration;

    use super::{CAN_TOKIO_PAUSE, Moment, instant_now};
    use crate::time::coarse::coarse_nanos;
    use crate::time::moment::nanos;

    /// The clock lags by milliseconds, or longer if the host stalls only the processor that ticks.
    pub const MARGIN: Duration = Duration::from_secs(1);
    pub const EXISTS: bool = true;

    /// Another thread may have replaced its clock.
    fn real_now() -> Moment {
        Moment::from_instant(instant_now())
    }

    #[inline]
    pub fn is_surely_before(moment: Moment) -> bool {
        !CAN_TOKIO_PAUSE && lagging_now().after(MARGIN) < moment
    }

    #[inline]
    #[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
    pub fn rough_now() -> Option<Moment> {
        Some(lagging_now().after(TICK))
    }

    /// The longest that Linux has. When the two clocks were compared, the coarse one may have lagged by
    /// one, and now by none.
    const TICK: Duration = Duration::from_millis(10);

    #[inline]
    #[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
    pub fn earliest_now() -> Option<Moment> {
        Some(lagging_now().before(TICK))
    }

    /// In nanoseconds; 0 unless that is distant.
    #[inline]
    pub fn left_until(until: u64) -> u64 {
        const DISTANT: u64 = nanos(Duration::from_secs(2));
        let left = until.saturating_sub(coarse_nanos());
        if left < DISTANT { 0 } else { left.saturating_add(nanos(TICK)) }
    }

    #[inline]
    pub fn is_ahead(moment: u64) -> bool {
        coarse_nanos() < moment
    }

    /// The time of the coarse clock at that moment.
    pub fn at(moment: Moment) -> u64 {
        let left = moment.since(lagging_now());
        coarse_nanos().saturating_add(nanos(left))
    }

    #[inline]
    pub fn lagging_now() -> Moment {
        static AHEAD: OnceLock<u64> = OnceLock::new();
        // Reads the coarse clock first: a stall between the two makes it lag less, which is safe.
        let ahead = *AHEAD.get_or_init(|| {
            let coarse = coarse_nanos();
            real_now().as_nanos().saturating_sub(coarse)
        });
        Moment::from_nanos(ahead.saturating_add(coarse_nanos()))
    }
}

mod pausing {
    trait MayBeMissing {
        const EXISTS: bool;
    }

    struct Missing;

    impl MayBeMissing for Missing {
        const EXISTS: bool = false;
    }

    impl<F: Fn()> MayBeMissing for F {
        const EXISTS: bool = true;
    }

    /// Returns whether tokio has `time::pause`. The features of another crate are invisible, but its names
    /// are not: a name that a glob imports into a block hides the same name outside of it.
    pub const fn tokio_can_pause() -> bool {
        const fn exists<P: MayBeMissing>(_: &P) -> bool {
            P::EXISTS
        }
        #[allow(dead_code, non_upper_case_globals, reason = "hidden by tokio's function, if there is one")]
        const pause: Missing = Missing;
        {
            #[allow(unused_imports, clippy::wildcard_imports, reason = "it imports `pause`, if there is one")]
            use tokio::time::*;
            exists(&pause)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(feature = "cached", target_os = "linux"))]
    #[test]
    fn the_coarse_clock_is_within_its_margin() {
        for _ in 0..100 {
            let (before, coarse, after) = (now(), coarse::lagging_now(), now());
            assert!(before.since(coarse) < coarse::MARGIN, "{coarse:?} after {before:?}");
            assert!(coarse.since(after) < coarse::MARGIN, "{coarse:?} before {after:?}");
        }
    }

    #[cfg(all(feature = "cached", target_os = "linux"))]
    #[tokio::test]
    async fn the_coarse_clock_is_not_read_where_tokio_can_pause_time() {
        const { assert!(CAN_TOKIO_PAUSE, "these tests have tokio's `test-util`") }
        let soon = now().after(Duration::from_secs(60));
        assert!(is_before(soon));
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(!is_before(soon), "however the clock was read before it was paused");
    }

    #[cfg(all(feature = "cached", target_os = "linux"))]
    #[test]
    fn the_coarse_time_until_a_distant_moment_is_not_too_short() {
        let distant = now().after(Duration::from_secs(60));
        for _ in 0..100 {
            let coarse = Duration::from_nanos(coarse::left_until(coarse::at(distant)));
            let left = distant.since(now());
            assert!(left <= coarse && coarse < left.saturating_add(coarse::MARGIN), "{coarse:?}, not {left:?}");
        }
        for near in [Duration::ZERO, Duration::from_millis(1), coarse::MARGIN / 2] {
            assert_eq!(coarse::left_until(coarse::at(now().after(near))), 0);
        }
    }

    #[cfg(all(feature = "cached", target_os = "linux"))]
    #[test]
    fn the_coarse_clock_reaches_a_moment_within_its_margin() {
        let wait = Duration::from_millis(50);
        let end = now().after(wait);
        let coarse_end = coarse::at(end);
        assert!(coarse::is_ahead(coarse_end));
        std::thread::sleep(wait.saturating_add(coarse::MARGIN));
        assert!(!coarse::is_ahead(coarse_end));
        assert!(!coarse::is_ahead(coarse::at(Moment::from_nanos(0))));
        coarse::at(Moment::FAR);
    }

    #[cfg(all(feature = "cached", target_os = "linux"))]
    #[test]
    fn the_coarse_time_is_not_early() {
        for _ in 0..100 {
            let (before, rough, after) = (now(), coarse::rough_now().expect("on Linux"), now());
            assert!(before <= rough && rough.since(after) < coarse::MARGIN, "{rough:?} after {before:?}");
        }
    }

    #[cfg(all(feature = "cached", target_os = "linux"))]
    #[test]
    fn the_present_is_within_its_bounds() {
        for _ in 0..100 {
            let (before, RoughNow { earliest, latest }, after) =
                (now(), RoughNow::read_coarse().expect("on Linux"), now());
            // A stalled host may be later than the latest by the length of the stall.
            assert!(earliest <= after && before.since(latest) < coarse::MARGIN, "{before:?}, not {latest:?}");
            assert_eq!(latest.since(earliest), RoughNow::MARGIN);
        }
        assert!(RoughNow::read().is_none(), "these tests can pause tokio's clock");
    }

    #[cfg(feature = "cached")]
    #[test]
    fn a_moment_ahead_is_exact_where_time_is_virtual() {
        let clock = crate::time::ManualClock::install();
        for time in [Duration::from_millis(1), Duration::from_secs(60)] {
            assert_eq!(roughly_after(time), now().after(time));
            clock.advance(time);
        }
        assert_eq!(roughly_after(Duration::MAX), Moment::FAR);
    }

    #[test]
    fn a_rough_moment_is_exact_where_time_is_virtual() {
        let (clock, moment) = (crate::time::ManualClock::install(), RoughMoment::new());
        assert!(!moment.is_ahead());
        moment.set(now().after(Duration::from_nanos(2)));
        clock.advance(Duration::from_nanos(1));
        assert_eq!((moment.is_ahead(), moment.nanos_left()), (true, 1));
        clock.advance(Duration::from_nanos(1));
        assert_eq!((moment.is_ahead(), moment.nanos_left()), (false, 0));
    }

    #[cfg(feature = "cached")]
    #[test]
    fn a_manual_clock_decides_whether_a_moment_is_in_the_future() {
        let clock = crate::time::ManualClock::install();
        let soon = now().after(Duration::from_secs(60));
        assert!(is_before(soon));
        clock.advance(Duration::from_secs(60));
        assert!(!is_before(soon));
    }

    #[test]
    fn the_destructor_of_a_thread_local_reads_the_time_although_a_clock_was_paused() {
        struct Last;
        impl Drop for Last {
            fn drop(&mut self) {
                now();
            }
        }
        thread_local! {
            static LAST: Last = const { Last };
        }
        let paused = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        drop(paused.expect("a runtime"));
        for is_first in [false, true] {
            let ended = std::thread::spawn(move || {
                if is_first {
                    LAST.with(|_| ());
                }
                assert!(Handle::try_current().is_err(), "it is the first use of tokio's thread-local");
                LAST.with(|_| ());
            });
            assert!(ended.join().is_ok());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_follows_the_paused_clock_and_converts_back() {
        let start = now();
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(now().since(start), Duration::from_secs(3));
        assert_eq!(now().to_timer(), Some(Instant::now()));
    }
}
