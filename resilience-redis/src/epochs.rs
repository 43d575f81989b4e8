//! The epochs of caches and the clock of the engine, as this process has read them recently. With
//! them, most values take one command, because the age of a value follows from the clock.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::sync::lock;

/// About as long as a message takes with which another process clears the cache of this one.
const LASTS: Duration = Duration::from_millis(5);

const RENEWED: Duration = Duration::from_millis(2);

#[derive(Default)]
pub struct Epochs {
    version: AtomicU64,
    known: Mutex<HashMap<String, KnownEpoch>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Version(u64);

#[derive(Clone, Copy)]
pub struct AskedEpoch {
    pub epoch: u64,
    pub clock: u64,
    pub asked: Instant,
}

struct KnownEpoch {
    version: Version,
    answer: AskedEpoch,
    is_renewed: bool,
}

impl AskedEpoch {
    /// In microseconds. At or after the time of the clock, by at most the duration of the request.
    pub fn clock_at(&self, now: Instant) -> u64 {
        let gone = now.saturating_duration_since(self.asked).as_micros();
        self.clock.saturating_add(u64::try_from(gone).unwrap_or(u64::MAX))
    }
}

impl Epochs {
    pub fn version(&self) -> Version {
        Version(self.version.load(Ordering::Acquire))
    }

    pub fn forget(&self) {
        self.version.fetch_add(1, Ordering::Release);
    }

    /// Returns `None` for a call that has to ask: if the version differs, or if it is time to ask
    /// again, which one call does.
    pub fn recall(&self, version: Version, cache: &str, now: Instant) -> Option<AskedEpoch> {
        let mut known = lock(&self.known);
        let known = known.get_mut(cache).filter(|known| known.version == version)?;
        let age = now.saturating_duration_since(known.answer.asked);
        if age >= LASTS || age >= RENEWED && !std::mem::replace(&mut known.is_renewed, true) {
            return None;
        }
        Some(known.answer)
    }

    pub fn learn(&self, version: Version, cache: &str, answer: AskedEpoch) {
        let mut known = lock(&self.known);
        let is_later =
            known.get(cache).is_some_and(|known| known.version == version && known.answer.asked > answer.asked);
        if !is_later && version == self.version() {
            known.insert(cache.to_owned(), KnownEpoch { version, answer, is_renewed: false });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(asked: Instant) -> AskedEpoch {
        AskedEpoch { epoch: 7, clock: 1_000, asked }
    }

    #[test]
    fn an_epoch_is_known_for_a_moment_and_one_call_renews_it() {
        let (epochs, start) = (Epochs::default(), Instant::now());
        let version = epochs.version();
        let recall = |after: Duration| epochs.recall(version, "answers", start + after).map(|known| known.epoch);
        assert_eq!(recall(Duration::ZERO), None);
        epochs.learn(version, "answers", answer(start));
        assert_eq!(recall(Duration::from_nanos(1_999_999)), Some(7));
        assert_eq!((recall(RENEWED), recall(RENEWED)), (None, Some(7)), "the first call asks");
        assert_eq!(recall(Duration::from_nanos(4_999_999)), Some(7));
        assert_eq!((recall(LASTS), recall(LASTS)), (None, None));
        assert!(epochs.recall(version, "others", start).is_none());
        epochs.learn(version, "answers", answer(start + LASTS));
        assert_eq!(recall(LASTS), Some(7));
        epochs.learn(version, "answers", answer(start));
        assert_eq!(recall(LASTS), Some(7), "an answer that comes late is no news");
    }

    #[test]
    fn what_was_asked_before_a_change_is_not_known_after_it() {
        let (epochs, start) = (Epochs::default(), Instant::now());
        let before = epochs.version();
        epochs.learn(before, "answers", answer(start));
        epochs.forget();
        let after = epochs.version();
        assert!(epochs.recall(after, "answers", start).is_none());
        epochs.learn(before, "answers", answer(start));
        assert!(epochs.recall(after, "answers", start).is_none(), "an answer from before");
        assert!(epochs.recall(before, "answers", start).is_some(), "for a call that began before");
    }

    #[test]
    fn the_clock_goes_on_from_when_it_was_asked() {
        let start = Instant::now();
        assert_eq!(answer(start).clock_at(start + Duration::from_micros(50)), 1_050);
    }
}
