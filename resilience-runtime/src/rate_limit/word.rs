//! A rate limit in one atomic word, for calls that pass or are rejected at once.
//!
//! The word holds what the machine calls `passed`, counted from `base`. Whoever holds the lock of the
//! machine takes it out of the word, and puts it back unless calls wait or may be refunded. The
//! other fields change while it is out. Its version changes as well, so a call that has read fields
//! of two settings finds another word.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use super::gcra::{GcraState, Quota};
use crate::time::{self, Moment, RoughNow, nanos};

const TAKEN: u64 = 1 << 63;
const VERSION: u64 = 1 << 55;
const VALUE: u64 = VERSION - 1;
pub const MOST_UNITS: u64 = 1 << 53;

/// The exact clock decides.
const EXACT: u8 = 0;
/// The last decision was not close. A hint to ask the coarse clock first.
const ROUGH: u8 = 1;
/// Every call passes.
const UNLIMITED: u8 = 2;

#[derive(Debug)]
pub struct QuotaWord {
    word: AtomicU64,
    /// In nanoseconds.
    base: AtomicU64,
    units: AtomicU64,
    cost: AtomicU64,
    tolerance: AtomicU64,
    /// The value when it was put back.
    untouched: AtomicU64,
    may_wait: AtomicBool,
    mode: AtomicU8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RejectedUntil {
    pub left: Duration,
    pub until: Moment,
}

/// The settings of a limit, for calls of one cost.
#[derive(Debug, Clone, Copy)]
struct Terms {
    base: u64,
    units: u64,
    cost: u64,
    tolerance: u64,
}

enum Decision {
    /// With the value of the word after the call.
    Pass(u64),
    Reject(RejectedUntil),
}

impl Terms {
    /// `None` if the moment does not fit into the word.
    #[inline]
    fn units_at(&self, now: Moment) -> Option<u64> {
        let units = now.as_nanos().checked_sub(self.base)?.checked_mul(self.units)?;
        (units <= MOST_UNITS).then_some(units)
    }

    #[inline]
    fn reject(&self, next: u64, now: Moment) -> Decision {
        let ahead = next.saturating_sub(self.tolerance);
        let nanos = if self.units == 1 { ahead } else { ahead.div_ceil(self.units) };
        let until = Moment::from_nanos(self.base.saturating_add(nanos));
        Decision::Reject(RejectedUntil { left: until.since(now), until })
    }

    /// Returns as well whether the coarse clock could not have decided the same.
    #[inline]
    fn decide(&self, next: u64, now: Moment) -> Option<(Decision, bool)> {
        let elapsed = self.units_at(now)?;
        let Some(ahead) = next.checked_sub(elapsed) else {
            // All tokens are there.
            return Some((Decision::Pass(elapsed + self.cost), true));
        };
        Some(match self.tolerance.checked_sub(ahead) {
            Some(room) => (Decision::Pass(next + self.cost), self.is_close(ahead.min(room))),
            None => (self.reject(next, now), self.is_close(ahead - self.tolerance)),
        })
    }

    /// Twice the margin, or the two clocks would take turns.
    fn is_close(&self, distance: u64) -> bool {
        const FAR: u64 = 2 * nanos(RoughNow::MARGIN);
        distance < FAR.saturating_mul(self.units)
    }

    /// Decides what is the same at each moment that it may be now. A call that may find all tokens there is
    /// recorded at its own moment, which needs the exact clock.
    #[inline]
    fn decide_roughly(&self, next: u64, RoughNow { earliest, latest }: RoughNow) -> Option<Decision> {
        let least = next.checked_sub(self.units_at(latest)?)?;
        if least > self.tolerance {
            return Some(self.reject(next, earliest));
        }
        // The clock was read after the word, whose base is exact.
        let earliest = earliest.max(Moment::from_nanos(self.base));
        let most = next - self.units_at(earliest)?;
        (most <= self.tolerance).then_some(Decision::Pass(next + self.cost))
    }
}

impl QuotaWord {
    pub const fn new() -> Self {
        Self {
            word: AtomicU64::new(TAKEN),
            base: AtomicU64::new(0),
            units: AtomicU64::new(1),
            cost: AtomicU64::new(1),
            tolerance: AtomicU64::new(0),
            untouched: AtomicU64::new(0),
            may_wait: AtomicBool::new(false),
            mode: AtomicU8::new(EXACT),
        }
    }

    /// Passes a call of this cost, or returns when it would pass. `None` if the machine must decide.
    #[inline]
    pub fn admit(&self, cost: u64) -> Option<Result<(), RejectedUntil>> {
        self.admit_by(cost, time::now, RoughNow::read)
    }

    #[inline]
    pub(super) fn admit_by(
        &self,
        calls: u64,
        now: impl Fn() -> Moment,
        rough: impl Fn() -> Option<RoughNow>,
    ) -> Option<Result<(), RejectedUntil>> {
        let mut word = self.word.load(Ordering::Acquire);
        loop {
            if word & TAKEN != 0 {
                return None;
            }
            // A field of newer settings shows that the word has been taken, so the exchange fails.
            let (base, units) = (self.base.load(Ordering::Acquire), self.units.load(Ordering::Acquire));
            let (mut cost, mut tolerance) = (self.cost.load(Ordering::Acquire), self.tolerance.load(Ordering::Acquire));
            if calls != 1 {
                (cost, tolerance) = several(calls, cost, tolerance)?;
            }
            let terms = Terms { base, units, cost, tolerance };
            let value = word & VALUE;
            // The clocks are read after the word, so no call that it counts has an older time.
            let decision = match self.mode.load(Ordering::Relaxed) {
                EXACT => {
                    let (decision, is_close) = terms.decide(value, now())?;
                    if !is_close {
                        self.mode.store(ROUGH, Ordering::Relaxed);
                    }
                    decision
                }
                ROUGH => match rough().and_then(|now| terms.decide_roughly(value, now)) {
                    Some(decision) => decision,
                    None => {
                        let (decision, is_close) = terms.decide(value, now())?;
                        if is_close {
                            self.mode.store(EXACT, Ordering::Relaxed);
                        }
                        decision
                    }
                },
                _ => return self.is_still(word).then_some(Ok(())),
            };
            let after = match decision {
                Decision::Pass(after) => after,
                Decision::Reject(rejected) => return self.may_reject(word).then_some(Err(rejected)),
            };
            match self.word.compare_exchange_weak(word, word & !VALUE | after, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(Ok(())),
                Err(seen) => word = seen,
            }
        }
    }

    fn is_still(&self, word: u64) -> bool {
        self.word.load(Ordering::Acquire) == word
    }

    fn may_reject(&self, word: u64) -> bool {
        !self.may_wait.load(Ordering::Acquire) && self.is_still(word)
    }

    /// Called under the lock. Returns the state if calls have passed since it was put back.
    pub fn take(&self) -> Option<GcraState> {
        self.passed(self.word.fetch_or(TAKEN, Ordering::AcqRel))
    }

    /// As [`take`](Self::take), and calls go on to pass meanwhile.
    pub fn peek(&self) -> Option<GcraState> {
        self.passed(self.word.load(Ordering::Acquire))
    }

    fn passed(&self, word: u64) -> Option<GcraState> {
        let value = word & VALUE;
        if word & TAKEN != 0 || value == self.untouched.load(Ordering::Relaxed) {
            return None;
        }
        let base = u128::from(self.base.load(Ordering::Relaxed)) * u128::from(self.units.load(Ordering::Relaxed));
        Some(GcraState::at_units(base + u128::from(value)))
    }

    /// Called under the lock, with the state taken. It stays so if it does not fit into the word.
    pub fn put_back(&self, state: GcraState, quota: Quota, may_wait: bool, now: Moment) {
        let Some((units, cost, capacity)) = quota.small() else { return };
        let Some(value) = u64::try_from(state.ahead(quota, now)).ok().filter(|ahead| *ahead <= MOST_UNITS) else {
            return;
        };
        self.base.store(now.as_nanos(), Ordering::Release);
        self.units.store(units, Ordering::Release);
        self.cost.store(cost, Ordering::Release);
        self.tolerance.store(capacity.saturating_sub(cost), Ordering::Release);
        self.may_wait.store(may_wait, Ordering::Release);
        self.untouched.store(value, Ordering::Relaxed);
        self.mode.store(if quota.is_unlimited() { UNLIMITED } else { EXACT }, Ordering::Relaxed);
        let version = self.word.load(Ordering::Relaxed).wrapping_add(VERSION) & !(TAKEN | VALUE);
        self.word.store(version | value, Ordering::Release);
    }
}

/// Returns cost and tolerance of a call that counts as several. `None` if it needs the machine.
#[cold]
fn several(calls: u64, cost: u64, tolerance: u64) -> Option<(u64, u64)> {
    let all = cost.checked_mul(calls)?;
    let is_counted = calls > 0 && cost > 0;
    is_counted.then_some((all, (tolerance + cost).checked_sub(all)?))
}
