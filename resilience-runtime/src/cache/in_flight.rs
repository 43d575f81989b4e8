//! Single-flight: concurrent misses of one key run the body once.
//!
//! The caller that comes first leads; the others wait for what it brings. A leader that is dropped or panics drops
//! its guard, and exactly one of the waiters leads next. A leader that fails hands its error on where it can be
//! cloned; where it cannot, all waiters run at once, so that failures do not queue up one behind the other.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use super::hashing::{self, KeyHasher};
use super::keep::SharedFailure;
use crate::context::loads::Leads;

use crate::sync::lock;

/// What has become of a flight.
#[derive(Debug, Clone)]
pub enum Landing<V> {
    /// Still in the air.
    Flying,
    Landed {
        value: V,
        degraded: bool,
    },
    /// The error, where it can be cloned.
    Failed(Option<SharedFailure>),
}

/// The keys that are being loaded now, by their hash. No code of the user's runs under the lock: keys are hashed, compared,
/// cloned and dropped outside.
#[derive(Debug)]
pub struct Flights<K, V> {
    hasher: KeyHasher,
    aloft: Mutex<ByHash<K, V>>,
}

type ByHash<K, V> = HashMap<u64, Alike<K, V>, BuildHasherDefault<AsItIs>>;

/// Flights of one hash: one, but for keys that collide and loads that nobody can wait for.
#[derive(Debug)]
struct Alike<K, V> {
    one: Arc<Flight<K, V>>,
    others: Vec<Arc<Flight<K, V>>>,
}

impl<K, V> Alike<K, V> {
    fn iter(&self) -> impl Iterator<Item = &Arc<Flight<K, V>>> {
        std::iter::once(&self.one).chain(&self.others)
    }
}

/// Of what is a hash already.
#[derive(Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("the keys are of type `u64`");
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[derive(Debug)]
struct Flight<K, V> {
    id: u64,
    key: K,
    /// Whether others wait for it; one that nobody can wait for is listed only to be detached.
    takes_followers: bool,
    /// Whether what it brings is no longer wanted in the store. Held while it is stored, so that it is either stored before
    /// it is detached, or not at all.
    is_detached: Mutex<bool>,
    audience: Mutex<Audience<V>>,
}

/// Who waits for a flight. For most nobody does, and they never have a channel.
#[derive(Debug)]
enum Audience<V> {
    Nobody,
    Waits(watch::Sender<Landing<V>>),
    /// Too late: the flight is over, and has left the list before.
    Gone,
}

/// How a caller gets its value.
#[derive(Debug)]
pub enum Boarding<'a, K: Eq + Hash, V> {
    /// Wait for this one.
    Follow(Follow<V>),
    Lead(Lead<'a, K, V>),
    /// The flight waits, perhaps by way of others, for the caller: waiting for it would be for ever.
    Own,
}

/// The duty to bring a value. Dropped without landing, it passes to one of the waiters.
#[derive(Debug)]
pub struct Lead<'a, K: Eq + Hash, V> {
    flights: &'a Flights<K, V>,
    flight: Arc<Flight<K, V>>,
    hash: u64,
    is_over: bool,
}

impl<K: Eq + Hash + Clone, V> Flights<K, V> {
    pub fn new() -> Self {
        Self { hasher: hashing::keyed(), aloft: Mutex::default() }
    }

    fn of_hash(&self, hash: u64) -> Vec<Arc<Flight<K, V>>> {
        lock(&self.aloft).get(&hash).map(|alike| alike.iter().cloned().collect()).unwrap_or_default()
    }

    /// Joins the flight to `key` or begins one. Who begins one looks into the store again: a flight may have landed since
    /// the caller looked.
    pub fn board(&self, key: &K) -> Boarding<'_, K, V> {
        let hash = self.hasher.hash_one(key);
        let mut begun = None;
        loop {
            let seen = self.of_hash(hash);
            if let Some(flight) = seen.iter().find(|flight| flight.takes_followers && flight.key == *key) {
                let Some(landing) = flight.follow() else { continue };
                return match Waiting::begin(flight.id) {
                    Some(waiting) => Boarding::Follow(Follow { landing, _waiting: waiting }),
                    None => Boarding::Own,
                };
            }
            let flight = begun.get_or_insert_with(|| Flight::begin(key.clone(), true));
            let mut aloft = lock(&self.aloft);
            // Others may have begun since, one of them perhaps to the same key.
            let is_new = |other: &Arc<Flight<K, V>>| seen.iter().all(|seen| seen.id != other.id);
            if !aloft.get(&hash).is_some_and(|alike| alike.iter().any(is_new)) {
                let flight = Arc::clone(flight);
                list(&mut aloft, hash, &flight);
                drop(aloft);
                return Boarding::Lead(Lead { flights: self, flight, hash, is_over: false });
            }
        }
    }

    /// Begins a flight that nobody waits for.
    pub fn alone(&self, key: K) -> Lead<'_, K, V> {
        let hash = self.hasher.hash_one(&key);
        let flight = Flight::begin(key, false);
        list(&mut lock(&self.aloft), hash, &flight);
        Lead { flights: self, flight, hash, is_over: false }
    }

    /// What is under way to `key` ends for those who wait for it already, and for nobody else.
    pub fn detach(&self, key: &K) {
        let hash = self.hasher.hash_one(key);
        let flights: Vec<_> = self.of_hash(hash).into_iter().filter(|flight| flight.key == *key).collect();
        for flight in &flights {
            self.leave(hash, flight.id);
            *lock(&flight.is_detached) = true;
        }
    }

    /// The same for all keys; what they bring is known as old by the generation of the cache.
    pub fn detach_all(&self) {
        let aloft = std::mem::take(&mut *lock(&self.aloft));
        // The user's keys are dropped without the lock.
        drop(aloft);
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        lock(&self.aloft).len()
    }
}

impl<K, V> Flight<K, V> {
    fn begin(key: K, takes_followers: bool) -> Arc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let (is_detached, audience) = (Mutex::new(false), Mutex::new(Audience::Nobody));
        Arc::new(Self { id, key, takes_followers, is_detached, audience })
    }

    fn follow(&self) -> Option<watch::Receiver<Landing<V>>> {
        let mut audience = lock(&self.audience);
        match &*audience {
            Audience::Nobody => {
                let (sender, receiver) = watch::channel(Landing::Flying);
                *audience = Audience::Waits(sender);
                Some(receiver)
            }
            Audience::Waits(sender) => Some(sender.subscribe()),
            Audience::Gone => None,
        }
    }
}

fn list<K, V>(aloft: &mut ByHash<K, V>, hash: u64, flight: &Arc<Flight<K, V>>) {
    match aloft.entry(hash) {
        Entry::Vacant(place) => {
            place.insert(Alike { one: Arc::clone(flight), others: Vec::new() });
        }
        Entry::Occupied(mut alike) => alike.get_mut().others.push(Arc::clone(flight)),
    }
}

impl<K: Eq + Hash, V> Flights<K, V> {
    fn leave(&self, hash: u64, id: u64) {
        let mut aloft = lock(&self.aloft);
        let Entry::Occupied(mut alike) = aloft.entry(hash) else { return };
        let gone = if alike.get().one.id == id {
            match alike.get_mut().others.pop() {
                Some(other) => Some(std::mem::replace(&mut alike.get_mut().one, other)),
                None => Some(alike.remove().one),
            }
        } else {
            let others = &mut alike.get_mut().others;
            others.iter().position(|flight| flight.id == id).map(|index| others.swap_remove(index))
        };
        drop(aloft);
        // The user's key is dropped without the lock.
        drop(gone);
    }
}

impl<K: Eq + Hash, V> Lead<'_, K, V> {
    /// For [`load`] and [`lead`], if there can be anyone who waits.
    pub fn id(&self) -> Option<u64> {
        self.flight.takes_followers.then_some(self.flight.id)
    }

    pub fn key(&self) -> &K {
        &self.flight.key
    }

    /// Stores what the flight brings, unless it was detached: then nothing is stored after that has returned.
    pub fn store<R>(&self, store: impl FnOnce() -> R) -> Option<R> {
        let is_detached = lock(&self.flight.is_detached);
        (!*is_detached).then(store)
    }

    /// Ends the flight for all who wait. What is to be stored must be stored before.
    pub fn land(mut self, landing: impl FnOnce() -> Landing<V>) {
        if let Some(audience) = self.end().filter(|audience| audience.receiver_count() > 0) {
            audience.send_replace(landing());
        }
    }

    /// From now on nobody can begin to wait. Who waits already learns, if nothing else, that the channel is gone.
    fn end(&mut self) -> Option<watch::Sender<Landing<V>>> {
        self.is_over = true;
        self.flights.leave(self.hash, self.flight.id);
        match std::mem::replace(&mut *lock(&self.flight.audience), Audience::Gone) {
            Audience::Waits(sender) => Some(sender),
            Audience::Nobody | Audience::Gone => None,
        }
    }
}

impl<K: Eq + Hash, V> Drop for Lead<'_, K, V> {
    fn drop(&mut self) {
        if !self.is_over {
            drop(self.end());
        }
    }
}

/// Another caller's flight, waited for.
#[derive(Debug)]
pub struct Follow<V> {
    landing: watch::Receiver<Landing<V>>,
    _waiting: Waiting,
}

/// Waits for another caller's flight; `None` when its leader has gone without a word.
pub async fn landed<V: Clone>(mut flight: Follow<V>) -> Option<Landing<V>> {
    let landing = flight.landing.wait_for(|landing| !matches!(landing, Landing::Flying)).await;
    landing.ok().map(|landing| landing.clone())
}

/// Which flight waits for which: two loads that ask for each other's key must not wait for each other. Only a body that
/// asks a cache, of a key that another body is loading, ever writes here.
static WAITS: Mutex<Vec<Wait>> = Mutex::new(Vec::new());

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wait {
    waiting: u64,
    awaited: u64,
}

/// The entries of one caller in [`WAITS`], taken out when it is dropped.
#[derive(Debug)]
struct Waiting(Vec<Wait>);

impl Waiting {
    /// `None` if the flight waits for the caller already, directly or not.
    fn begin(awaited: u64) -> Option<Self> {
        let leading = Leads::current();
        let leading = leading.ids();
        if leading.is_empty() {
            return Some(Self(Vec::new()));
        }
        let mut waits = lock(&WAITS);
        let mut reached = vec![awaited];
        let mut next = 0;
        while let Some(flight) = reached.get(next).copied() {
            if leading.contains(&flight) {
                return None;
            }
            let further = waits.iter().filter(|wait| wait.waiting == flight).map(|wait| wait.awaited);
            let further: Vec<u64> = further.filter(|flight| !reached.contains(flight)).collect();
            reached.extend(further);
            next += 1;
        }
        let own: Vec<Wait> = leading.iter().map(|&waiting| Wait { waiting, awaited }).collect();
        waits.extend(&own);
        Some(Self(own))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.0.is_empty() {
            return;
        }
        let mut waits = lock(&WAITS);
        for own in &self.0 {
            if let Some(index) = waits.iter().position(|wait| wait == own) {
                waits.swap_remove(index);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::ContextGuard;
    use crate::context::loads::LeadsLoad;

    type Test = Flights<&'static str, u32>;

    fn board(flights: &Test) -> Boarding<'_, &'static str, u32> {
        flights.board(&"key")
    }

    #[tokio::test]
    async fn a_lead_that_is_dropped_passes_on_and_leaves_nothing_behind() {
        let flights = Test::new();
        let Boarding::Lead(lead) = board(&flights) else { panic!("the first leads") };
        let Boarding::Follow(flight) = board(&flights) else { panic!("the second follows") };
        drop(lead);
        assert!(landed(flight).await.is_none());
        assert!(matches!(board(&flights), Boarding::Lead(_)));
        assert_eq!(flights.len(), 0);
    }

    #[tokio::test]
    async fn all_followers_get_what_the_leader_brings() {
        let flights = Test::new();
        let Boarding::Lead(lead) = board(&flights) else { panic!("the first leads") };
        let followers: Vec<_> = (0..3).map(|_| board(&flights)).collect();
        lead.land(|| Landing::Landed { value: 7, degraded: false });
        for follower in followers {
            let Boarding::Follow(flight) = follower else { panic!("the others follow") };
            assert!(matches!(landed(flight).await, Some(Landing::Landed { value: 7, .. })));
        }
        assert_eq!(flights.len(), 0);
    }

    #[test]
    fn flights_of_one_key_leave_in_any_order() {
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let flights = Test::new();
            let mut leads = [(); 3].map(|()| Some(flights.alone("key")));
            for (gone, index) in order.into_iter().enumerate() {
                leads[index] = None;
                let left = flights.of_hash(flights.hasher.hash_one("key"));
                let expected: Vec<u64> = leads.iter().flatten().map(|lead| lead.flight.id).collect();
                assert!(left.len() == 2 - gone && left.iter().all(|flight| expected.contains(&flight.id)));
            }
            assert_eq!(flights.len(), 0);
        }
    }

    #[test]
    fn nobody_waits_for_a_flight_that_is_over() {
        let flights = Test::new();
        let Boarding::Lead(lead) = board(&flights) else { panic!("the first leads") };
        // Seen in the list, just before it leaves.
        let seen = Arc::clone(&lead.flight);
        lead.land(|| unreachable!("for nobody"));
        assert!(seen.follow().is_none());
        assert!(matches!(board(&flights), Boarding::Lead(_)));
    }

    #[test]
    fn two_leaders_do_not_wait_for_each_other() {
        let flights = Test::new();
        let (Boarding::Lead(one), Boarding::Lead(two)) = (flights.board(&"one"), flights.board(&"two")) else {
            panic!("both lead")
        };
        let first = {
            let _leading = ContextGuard::enter(LeadsLoad(Some(one.flight.id)));
            flights.board(&"two")
        };
        assert!(matches!(first, Boarding::Follow(_)));
        let _leading = ContextGuard::enter(LeadsLoad(Some(two.flight.id)));
        assert!(matches!(flights.board(&"one"), Boarding::Own));
        drop(first);
        assert!(matches!(flights.board(&"one"), Boarding::Follow(_)), "the first no longer waits");
    }

    #[test]
    fn its_own_leader_does_not_wait_for_itself() {
        let flights = Test::new();
        let Boarding::Lead(lead) = board(&flights) else { panic!("the first leads") };
        let _leading = ContextGuard::enter(LeadsLoad(Some(lead.flight.id)));
        assert!(matches!(board(&flights), Boarding::Own));
    }
}
