//! The requests of an engine, as a state machine. The time is an argument, in nanoseconds.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::store::{
    Charge, Charged, Fetched, LeaseRequest, Leased, OpenSignal, OwnedStateKey, Probe, Seen, SharedWindow, StateKey,
    Update,
};

type Nanos = u128;

#[derive(Debug, Default)]
pub struct EngineMachine {
    windows: HashMap<FullKey, WindowLevel>,
    values: HashMap<FullKey, StoredBytes>,
    clears: HashMap<FullName, u64>,
    places: HashMap<FullKey, BTreeMap<u128, HeldPlace>>,
    breakers: HashMap<FullKey, Breaker>,
}

/// Keys include the namespace.
type FullKey = (String, OwnedStateKey);
type FullName = (String, String);

fn full(namespace: &str, key: StateKey<'_>) -> FullKey {
    (namespace.to_owned(), key.into())
}

/// In units of which a nanosecond is worth `max`, and a call `per`.
#[derive(Debug, Default, Clone, Copy)]
struct WindowLevel {
    /// The theoretical arrival time of the cell rate algorithm.
    arrival: u128,
    held_until: Nanos,
    max: u128,
    per: u128,
}

impl WindowLevel {
    /// A window whose size changes keeps the calls that have passed, as a limiter does.
    fn of_size(self, sizes: &Sizes, now: Nanos) -> Self {
        let Sizes { max, per, .. } = *sizes;
        if (self.max, self.per) == (max, per) {
            return self;
        }
        let start = now.max(self.held_until);
        let ahead = self.arrival.saturating_sub(start * self.max).saturating_mul(per).div_ceil(self.per.max(1));
        Self { arrival: start * max + ahead, max, per, ..self }
    }
}

#[derive(Debug)]
struct StoredBytes {
    bytes: Vec<u8>,
    clears: u64,
    end: Nanos,
}

#[derive(Debug, Default)]
struct Breaker {
    generation: u64,
    open_until: Nanos,
    /// The processes that have opened the breaker, and how long each of them stays open.
    openers: BTreeMap<u128, Nanos>,
    probers: BTreeMap<u128, Nanos>,
}

#[derive(Debug, Clone, Copy)]
struct HeldPlace {
    end: Nanos,
    /// The time for which a connection renews it.
    kept_for: Option<Duration>,
}

/// The sizes of a window, wide enough for products.
struct Sizes {
    max: u128,
    per: u128,
    burst: u128,
}

impl Sizes {
    fn of(window: &SharedWindow<'_>) -> Self {
        Self { max: window.max.max(1).into(), per: window.per.as_nanos().max(1), burst: window.burst.max(1).into() }
    }

    fn time(&self, units: u128) -> Duration {
        duration(units.div_ceil(self.max))
    }
}

fn duration(nanos: Nanos) -> Duration {
    u64::try_from(nanos).map_or(Duration::MAX, Duration::from_nanos)
}

fn end_of(time: Option<Duration>, now: Nanos) -> Nanos {
    time.map_or(Nanos::MAX, |time| now.saturating_add(time.as_nanos()))
}

/// The calls of a process count from its token.
const fn is_of(token: u128, process: u128) -> bool {
    token.wrapping_sub(process) <= u64::MAX as u128
}

fn is_unchanged(seen: &Seen, found: &Fetched) -> bool {
    let is_stamped = |value: &Vec<u8>| !seen.stamp.is_empty() && value.starts_with(&seen.stamp);
    seen.clears == found.clears && found.value.as_ref().map_or(seen.stamp.is_empty(), is_stamped)
}

impl EngineMachine {
    pub fn charge(&mut self, namespace: &str, charge: &Charge<'_>, now: Nanos) -> Charged {
        let cost = u128::from(charge.units);
        let (mut wait, mut spare) = (Duration::ZERO, u128::from(charge.lease.saturating_sub(charge.units)));
        for window in charge.windows {
            let sizes = Sizes::of(window);
            let found = *self.level(namespace, window, now);
            let at = found.arrival.max(now * sizes.max);
            let held = sizes.time(found.held_until.saturating_sub(now) * sizes.max);
            let most = now * sizes.max + sizes.burst * sizes.per;
            if cost > sizes.burst {
                return Charged::Rejected { wait: Duration::MAX };
            }
            let after = at + cost * sizes.per;
            let behind = if cost == 0 { Duration::ZERO } else { sizes.time(after.saturating_sub(most)) };
            wait = wait.max(held).max(behind);
            spare = spare.min(most.saturating_sub(after) / sizes.per);
        }
        if wait > charge.patience {
            return Charged::Rejected { wait };
        }
        let units = cost + if wait.is_zero() { spare } else { 0 };
        for window in charge.windows {
            let sizes = Sizes::of(window);
            let kept = self.level(namespace, window, now);
            if units > 0 {
                kept.arrival = kept.arrival.max(now * sizes.max) + units * sizes.per;
            }
        }
        Charged::Passed { units: u64::try_from(units).unwrap_or(u64::MAX), wait }
    }

    fn level(&mut self, namespace: &str, window: &SharedWindow<'_>, now: Nanos) -> &mut WindowLevel {
        let kept = self.windows.entry(full(namespace, window.key)).or_default();
        *kept = kept.of_size(&Sizes::of(window), now);
        kept
    }

    fn settle(&mut self, namespace: &str, window: &SharedWindow<'_>, units: i64, now: Nanos) {
        let sizes = Sizes::of(window);
        let kept = self.level(namespace, window, now);
        let change = u128::from(units.unsigned_abs()) * sizes.per;
        let arrival = kept.arrival.max(now * sizes.max);
        kept.arrival = if units < 0 { arrival.saturating_sub(change) } else { arrival + change };
    }

    /// Afterwards calls pass at the rate of the window, as from a bucket with one token.
    fn hold(&mut self, namespace: &str, window: &SharedWindow<'_>, time: Duration, now: Nanos) {
        let sizes = Sizes::of(window);
        let kept = self.level(namespace, window, now);
        let until = now + time.as_nanos();
        kept.held_until = kept.held_until.max(until);
        kept.arrival = kept.arrival.max(until * sizes.max + (sizes.burst - 1) * sizes.per);
    }

    pub fn fetch(&mut self, namespace: &str, key: &StateKey<'_>, now: Nanos) -> Fetched {
        let clears = self.clears(namespace, key.name);
        let found = self.values.get(&full(namespace, *key));
        let found = found.filter(|value| now < value.end && value.clears == clears);
        let left = found.filter(|value| value.end != Nanos::MAX).map(|value| duration(value.end - now));
        Fetched { value: found.map(|value| value.bytes.clone()), left, clears }
    }

    fn clears(&self, namespace: &str, name: &str) -> u64 {
        self.clears.get(&(namespace.to_owned(), name.to_owned())).copied().unwrap_or(0)
    }

    pub fn cached_keys(&self) -> Vec<OwnedStateKey> {
        self.values.keys().map(|(_, key)| key.clone()).collect()
    }

    pub fn lease(&mut self, namespace: &str, lease: &LeaseRequest<'_>, now: Nanos) -> Leased {
        let places = self.places.entry(full(namespace, lease.key)).or_default();
        places.retain(|_, place| place.kept_for.is_some() || now < place.end);
        let has_place = places.contains_key(&lease.token) || places.len() < lease.max as usize;
        if has_place {
            let kept_for = places.get(&lease.token).and_then(|place| place.kept_for);
            places.insert(lease.token, HeldPlace { end: end_of(Some(lease.time), now), kept_for });
            return Leased::Held;
        }
        let next = |place: &HeldPlace| place.kept_for.map_or(place.end.saturating_sub(now), |time| time.as_nanos());
        Leased::Full { next: duration(places.values().map(next).min().unwrap_or(0)) }
    }

    /// A process has died, so the leases of its calls are no longer renewed.
    pub fn lose(&mut self, namespace: &str, process: u128, now: Nanos) {
        for ((space, _), places) in &mut self.places {
            for (token, place) in places.iter_mut().filter(|_| space == namespace) {
                if let Some(time) = place.kept_for.take_if(|_| is_of(*token, process)) {
                    place.end = end_of(Some(time), now);
                }
            }
        }
    }

    pub fn signal(&mut self, namespace: &str, key: &StateKey<'_>, now: Nanos) -> OpenSignal {
        let Some(breaker) = self.breakers.get(&full(namespace, *key)) else { return OpenSignal::default() };
        OpenSignal { generation: breaker.generation, left: duration(breaker.open_until.saturating_sub(now)) }
    }

    pub fn probe(&mut self, namespace: &str, probe: &Probe<'_>, now: Nanos) -> bool {
        let Some(breaker) = self.breakers.get_mut(&full(namespace, probe.key)) else { return false };
        breaker.probers.retain(|_, end| now < *end);
        let is_due = breaker.generation == probe.generation && breaker.open_until <= now;
        let is_new = !breaker.probers.contains_key(&probe.token);
        if !is_due || is_new && breaker.probers.len() >= probe.max as usize {
            return false;
        }
        breaker.probers.insert(probe.token, end_of(Some(probe.time), now));
        true
    }

    pub fn update(&mut self, namespace: &str, update: &Update, now: Nanos) {
        match update {
            Update::Settle { window, units } => self.settle(namespace, &window.borrow(), *units, now),
            Update::Hold { window, time } => self.hold(namespace, &window.borrow(), *time, now),
            Update::ResetWindow { key } => drop(self.windows.remove(&full(namespace, key.borrow()))),
            Update::Put { key, value, seen, time } => {
                let found = self.fetch(namespace, &key.borrow(), now);
                if seen.as_ref().is_none_or(|seen| is_unchanged(seen, &found)) {
                    let value = StoredBytes { bytes: value.clone(), clears: found.clears, end: end_of(*time, now) };
                    self.values.insert(full(namespace, key.borrow()), value);
                }
            }
            Update::Mark { key, mark, time } => {
                let (value, time) = (mark.clone(), Some(*time));
                self.update(namespace, &Update::Put { key: key.clone(), value, seen: None, time }, now);
            }
            Update::Remove { key, unless_changed } => {
                let key = full(namespace, key.borrow());
                let is_asked = |value: &StoredBytes| unless_changed.as_ref().is_none_or(|asked| *asked == value.bytes);
                if self.values.get(&key).is_some_and(is_asked) {
                    self.values.remove(&key);
                }
            }
            Update::Clear { name } => *self.clears.entry((namespace.to_owned(), name.clone())).or_default() += 1,
            Update::Keep { key, token, time } => {
                let places = self.places.get_mut(&full(namespace, key.borrow()));
                if let Some(place) = places.and_then(|places| places.get_mut(token)) {
                    place.kept_for = Some(*time);
                }
            }
            Update::Leave { key, token } => {
                if let Some(places) = self.places.get_mut(&full(namespace, key.borrow())) {
                    places.remove(token);
                }
            }
            Update::Open { key, token, time, quorum } => {
                self.breakers.entry(full(namespace, key.borrow())).or_default().open(*token, *time, *quorum, now);
            }
            Update::Close { key, generation } => {
                if let Some(breaker) = self.breakers.get_mut(&full(namespace, key.borrow())) {
                    breaker.close(*generation);
                }
            }
            Update::Tell(_) => {}
        }
    }
}

impl Breaker {
    fn open(&mut self, token: u128, time: Duration, quorum: u32, now: Nanos) {
        self.openers.retain(|_, end| now < *end);
        let end = end_of(Some(time), now);
        self.openers.insert(token, end);
        if self.openers.len() >= quorum as usize {
            self.generation += if self.generation % 2 == 0 { 1 } else { 2 };
            self.open_until = self.open_until.max(end);
            self.probers.clear();
        }
    }

    fn close(&mut self, generation: u64) {
        if self.generation == generation && generation % 2 == 1 {
            self.generation += 1;
            (self.open_until, self.openers, self.probers) = (0, BTreeMap::new(), BTreeMap::new());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::SharedState;

    const SECOND: Nanos = 1_000_000_000;
    const KEY: StateKey<'static> = StateKey { state: SharedState::RateLimit, name: "search", variant: "", hash: None };

    fn charge(machine: &mut EngineMachine, units: u64, patience: u64, lease: u64, now: Nanos) -> Charged {
        let window = SharedWindow { key: KEY, max: 2, per: Duration::from_secs(1), burst: 4 };
        let patience = Duration::from_millis(patience);
        machine.charge("shop", &Charge { windows: &[window], units, patience, lease }, now)
    }

    #[test]
    fn a_window_passes_its_burst_and_then_its_rate() {
        let (mut machine, now) = (EngineMachine::default(), 100 * SECOND);
        let passed = |units, wait| Charged::Passed { units, wait: Duration::from_millis(wait) };
        let rejected = |wait| Charged::Rejected { wait: Duration::from_millis(wait) };
        assert_eq!(charge(&mut machine, 4, 0, 0, now), passed(4, 0));
        assert_eq!(charge(&mut machine, 1, 0, 0, now), rejected(500));
        assert_eq!(charge(&mut machine, 0, 0, 0, now), passed(0, 0));
        assert_eq!(charge(&mut machine, 1, 500, 0, now), passed(1, 500));
        assert_eq!(charge(&mut machine, 1, 500, 0, now), rejected(1_000));
        assert_eq!(charge(&mut machine, 1, 0, 9, now + 2 * SECOND), passed(3, 0), "in advance");
        assert_eq!(charge(&mut machine, 0, 0, 9, now + 3 * SECOND), passed(2, 0), "in advance alone");
        assert_eq!(charge(&mut machine, 0, 0, 9, now + 3 * SECOND), passed(0, 0));
        assert_eq!(charge(&mut machine, 5, 0, 0, now + 60 * SECOND), Charged::Rejected { wait: Duration::MAX });
    }

    #[test]
    fn a_window_of_another_size_keeps_the_calls_that_have_passed() {
        let (mut machine, now) = (EngineMachine::default(), 100 * SECOND);
        let mut left = |max: u64, burst: u64, now| {
            let window = SharedWindow { key: KEY, max, per: Duration::from_secs(60), burst };
            let charge = Charge { windows: &[window], units: 1, patience: Duration::ZERO, lease: 0 };
            (0..99).take_while(|_| matches!(machine.charge("shop", &charge, now), Charged::Passed { .. })).count()
        };
        assert_eq!(left(4, 4, now), 4);
        assert_eq!(left(10, 10, now), 6);
        assert_eq!(left(4, 4, now), 0);
        assert_eq!(left(4, 4, now + 90 * SECOND), 0, "six too many");
        assert_eq!(left(4, 4, now + 120 * SECOND), 2);
    }

    #[test]
    fn a_held_window_starts_again_at_its_rate() {
        let (mut machine, now) = (EngineMachine::default(), 100 * SECOND);
        let window = SharedWindow { key: KEY, max: 2, per: Duration::from_secs(1), burst: 4 };
        machine.hold("shop", &window, Duration::from_secs(10), now);
        let rejected = |wait| Charged::Rejected { wait: Duration::from_millis(wait) };
        assert_eq!(charge(&mut machine, 1, 0, 0, now), rejected(10_000));
        assert_eq!(charge(&mut machine, 0, 0, 0, now), rejected(10_000));
        let open = now + 10 * SECOND;
        assert_eq!(charge(&mut machine, 1, 0, 0, open), Charged::Passed { units: 1, wait: Duration::ZERO });
        assert_eq!(charge(&mut machine, 1, 0, 0, open), rejected(500));
    }

    #[test]
    fn a_value_is_stored_only_over_what_was_seen() {
        let (mut machine, now) = (EngineMachine::default(), 100 * SECOND);
        let key = StateKey { state: SharedState::Cache, ..KEY };
        let put = |machine: &mut EngineMachine, value: &[u8], seen: Option<Seen>, now| {
            let time = Some(Duration::from_secs(60));
            machine.update("shop", &Update::Put { key: key.into(), value: value.to_vec(), seen, time }, now);
            machine.fetch("shop", &key, now)
        };
        let seen = |stamp: &[u8], clears| Some(Seen { clears, stamp: stamp.to_vec() });
        let minute = Some(Duration::from_secs(60));
        let found = |value: &[u8], clears| Fetched { value: Some(value.to_vec()), left: minute, clears };
        assert_eq!(put(&mut machine, b"a1", seen(b"", 0), now), found(b"a1", 0));
        assert_eq!(put(&mut machine, b"a2", seen(b"", 0), now), found(b"a1", 0), "there is one");
        assert_eq!(put(&mut machine, b"b1", seen(b"a", 0), now), found(b"b1", 0));
        assert_eq!(put(&mut machine, b"c1", seen(b"a", 0), now), found(b"b1", 0), "another one");
        machine.update("shop", &Update::Clear { name: "search".to_owned() }, now);
        assert_eq!(put(&mut machine, b"c1", seen(b"", 0), now), Fetched { clears: 1, ..Fetched::default() });
        assert_eq!(put(&mut machine, b"c1", seen(b"", 1), now), found(b"c1", 1));
        assert_eq!(put(&mut machine, b"d1", None, now), found(b"d1", 1));
        let later = machine.fetch("shop", &key, now + 40 * SECOND);
        assert_eq!(later.left, Some(Duration::from_secs(20)));
    }
}
