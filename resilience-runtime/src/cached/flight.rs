//! Single-flight: concurrent misses of one key run the body once.
//!
//! The caller that comes first leads; the others wait for what it brings. A leader that is dropped or panics drops
//! its guard, and exactly one of the waiters leads next. A leader that fails hands its error on where it can be
//! cloned; where it cannot, all waiters run at once, so that failures do not queue up one behind the other.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tokio::sync::watch;

use super::hashing::{self, KeyHasher};
use super::keep::SharedFailure;
use crate::flow::{Flow, Watch};
use crate::leaf::Section;
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
    /// The leader has gone without a word.
    Abandoned,
}

/// The keys that are being loaded now, by their hash. No code of the user's runs under the lock: keys are hashed, compared,
/// cloned and dropped outside.
#[derive(Debug)]
pub struct Flights<K, V> {
    hasher: KeyHasher,
    aloft: Mutex<ByHash<K, V>>,
}

type ByHash<K, V> = HashMap<u64, Vec<Arc<Flight<K, V>>>>;

#[derive(Debug)]
struct Flight<K, V> {
    id: u64,
    key: K,
    /// Whether others wait for it; one that nobody can wait for is listed only to be detached.
    takes_followers: bool,
    /// Whether what it brings is no longer wanted in the store. Held while it is stored, so that it is either stored before
    /// it is detached, or not at all.
    is_detached: Mutex<bool>,
    landing: watch::Sender<Landing<V>>,
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
}

impl<K: Eq + Hash + Clone, V> Flights<K, V> {
    pub fn new() -> Self {
        Self { hasher: hashing::keyed(), aloft: Mutex::new(HashMap::new()) }
    }

    fn of_hash(&self, hash: u64) -> Vec<Arc<Flight<K, V>>> {
        lock(&self.aloft).get(&hash).cloned().unwrap_or_default()
    }

    /// Joins the flight to `key` or begins one. Who begins one looks into the store again: a flight may have landed since
    /// the caller looked.
    pub fn board(&self, key: &K) -> Boarding<'_, K, V> {
        let hash = self.hasher.hash_one(key);
        let mut begun = None;
        loop {
            let seen = self.of_hash(hash);
            if let Some(flight) = seen.iter().find(|flight| flight.takes_followers && flight.key == *key) {
                let landing = flight.landing.subscribe();
                return match Waiting::begin(flight.id) {
                    Some(waiting) => Boarding::Follow(Follow { landing, _waiting: waiting }),
                    None => Boarding::Own,
                };
            }
            let flight = begun.get_or_insert_with(|| Flight::begin(key.clone(), true));
            let mut aloft = lock(&self.aloft);
            let others = aloft.entry(hash).or_default();
            // Others may have begun since, one of them perhaps to the same key.
            if others.iter().all(|other| seen.iter().any(|seen| seen.id == other.id)) {
                others.push(Arc::clone(flight));
                return Boarding::Lead(Lead { flights: self, flight: Arc::clone(flight), hash });
            }
        }
    }

    /// Begins a flight that nobody waits for.
    pub fn alone(&self, key: K) -> Lead<'_, K, V> {
        let hash = self.hasher.hash_one(&key);
        let flight = Flight::begin(key, false);
        lock(&self.aloft).entry(hash).or_default().push(Arc::clone(&flight));
        Lead { flights: self, flight, hash }
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
        let landing = watch::Sender::new(Landing::Flying);
        Arc::new(Self { id, key, takes_followers, is_detached: Mutex::new(false), landing })
    }
}

impl<K: Eq + Hash, V> Flights<K, V> {
    fn leave(&self, hash: u64, id: u64) {
        let mut aloft = lock(&self.aloft);
        let Some(flights) = aloft.get_mut(&hash) else { return };
        let gone = flights.iter().position(|flight| flight.id == id).map(|index| flights.swap_remove(index));
        if flights.is_empty() {
            aloft.remove(&hash);
        }
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
    pub fn land(self, landing: impl FnOnce() -> Landing<V>) {
        self.flights.leave(self.hash, self.flight.id);
        // Nobody can begin to wait any more.
        if self.flight.landing.receiver_count() > 0 {
            self.flight.landing.send_replace(landing());
        }
    }
}

impl<K: Eq + Hash, V> Drop for Lead<'_, K, V> {
    fn drop(&mut self) {
        self.flights.leave(self.hash, self.flight.id);
        self.flight.landing.send_if_modified(|landing| {
            let is_abandoned = matches!(landing, Landing::Flying);
            if is_abandoned {
                *landing = Landing::Abandoned;
            }
            is_abandoned
        });
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
    landing.ok().map(|landing| landing.clone()).filter(|landing| !matches!(landing, Landing::Abandoned))
}

thread_local! {
    /// The flights whose bodies run on this thread now, outermost first.
    static LEADING: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
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
        let leading = LEADING.with_borrow(Clone::clone);
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
        let own: Vec<Wait> = leading.into_iter().map(|waiting| Wait { waiting, awaited }).collect();
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

/// While it lives, this thread runs the body of a flight.
#[derive(Debug)]
pub struct Leading(());

impl Leading {
    pub fn enter(id: u64) -> Self {
        LEADING.with_borrow_mut(|leading| leading.push(id));
        Self(())
    }
}

impl Drop for Leading {
    fn drop(&mut self) {
        LEADING.with_borrow_mut(Vec::pop);
    }
}

/// Marks the synchronous body of a flight, until the guards are dropped.
pub fn lead(id: Option<u64>, flow: &Flow) -> (Option<Leading>, Watch<'_>) {
    (id.map(Leading::enter), Watch::new(flow))
}

/// Marks the asynchronous body of a flight, whose leaves are awaited through it.
#[derive(Debug)]
pub struct Loads<'a, S: Section = ()> {
    id: Option<u64>,
    /// `None` while the body waits.
    leading: Option<Leading>,
    watch: Watch<'a>,
    outer: S,
}

impl<'a, S: Section> Loads<'a, S> {
    /// In force from now on; of no flight, it marks nothing.
    pub fn new(id: Option<u64>, flow: &'a Flow, outer: S) -> Self {
        Self { id, leading: id.map(Leading::enter), watch: Watch::new(flow), outer }
    }
}

impl<S: Section> Section for Loads<'_, S> {
    type Ends<T> = S::Ends<T>;

    fn ended<T>(out: T) -> S::Ends<T> {
        S::ended(out)
    }

    fn resume(&mut self) {
        self.outer.resume();
        if self.leading.is_none() {
            self.leading = self.id.map(Leading::enter);
        }
        self.watch.resume();
    }

    fn expired<T>(&mut self, cx: &mut Context<'_>) -> Poll<S::Ends<T>> {
        self.outer.expired(cx)
    }

    fn suspend(&mut self) {
        self.watch.suspend();
        self.leading = None;
        self.outer.suspend();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn two_leaders_do_not_wait_for_each_other() {
        let flights = Test::new();
        let (Boarding::Lead(one), Boarding::Lead(two)) = (flights.board(&"one"), flights.board(&"two")) else {
            panic!("both lead")
        };
        let first = {
            let _leading = Leading::enter(one.flight.id);
            flights.board(&"two")
        };
        assert!(matches!(first, Boarding::Follow(_)));
        let _leading = Leading::enter(two.flight.id);
        assert!(matches!(flights.board(&"one"), Boarding::Own));
        drop(first);
        assert!(matches!(flights.board(&"one"), Boarding::Follow(_)), "the first no longer waits");
    }

    #[test]
    fn its_own_leader_does_not_wait_for_itself() {
        let flights = Test::new();
        let Boarding::Lead(lead) = board(&flights) else { panic!("the first leads") };
        let _leading = Leading::enter(lead.flight.id);
        assert!(matches!(board(&flights), Boarding::Own));
    }
}
