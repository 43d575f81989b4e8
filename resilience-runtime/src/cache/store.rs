//! The store: bounded, with expiry. What to evict is the business of `quick_cache`, and how threads share it that of a lock of
//! `crossbeam-utils` in several parts, of which a reader takes its own.
//!
//! Keys are compared and values cloned under that lock. `quick_cache` also hashes keys again, when its table grows or
//! something is evicted, and its books are wrong for good when a hash panics then. So each key brings its hash along, and
//! whoever asks a store out of its own `Eq` or `Clone` is told that there is nothing ([`Inside`]).

use std::cell::Cell;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::sync::ShardedLock;
use quick_cache::{Equivalent, Lifecycle, OptionsBuilder, Weighter, unsync};

use super::entry::{Age, Entry};
use super::hashing::{self, KeyHasher};
use crate::sync::{read, write};
use crate::time;

/// What an entry takes of the room.
pub trait Weight: Copy + Send + Sync + 'static {
    fn weight(self) -> u64;
}

/// Every entry counts as one.
impl Weight for () {
    fn weight(self) -> u64 {
        1
    }
}

/// As the user weighs it. `quick_cache` would keep what weighs nothing for ever, so nothing weighs nothing.
impl Weight for u64 {
    fn weight(self) -> u64 {
        self.max(1)
    }
}

/// How much there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    Entries(usize),
    Weight(u64),
}

/// Counts evictions, and keeps what is evicted until the lock is released: a destructor of the user's may
/// come back to the cache.
#[derive(Debug, Clone)]
struct Evictions(Arc<AtomicU64>);

impl<K, V> Lifecycle<K, V> for Evictions {
    type RequestState = Evicted<K, V>;

    fn on_evict(&self, evicted: &mut Evicted<K, V>, key: K, value: V) {
        self.0.fetch_add(1, Ordering::Relaxed);
        match evicted.one {
            None => evicted.one = Some((key, value)),
            Some(_) => evicted.others.push((key, value)),
        }
    }
}

/// One entry for another, where all weigh the same.
#[derive(Debug)]
struct Evicted<K, V> {
    one: Option<(K, V)>,
    others: Vec<(K, V)>,
}

impl<K, V> Evicted<K, V> {
    const NOTHING: Self = Self { one: None, others: Vec::new() };
}

impl<K, V> Default for Evicted<K, V> {
    fn default() -> Self {
        Self::NOTHING
    }
}

/// Reads the weight that the entry brings: a function of the user's is never called under the lock.
#[derive(Debug, Clone)]
struct Scale;

impl<K, V, W: Weight> Weighter<K, Entry<V, W>> for Scale {
    fn weight(&self, _: &K, entry: &Entry<V, W>) -> u64 {
        entry.weight().weight()
    }
}

/// A key as it is stored.
pub struct Hashed<K> {
    hash: u64,
    key: K,
}

impl<K> Hash for Hashed<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl<K: Eq> PartialEq for Hashed<K> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl<K: Eq> Eq for Hashed<K> {}

/// A key that is looked for.
struct Sought<'a, Q: ?Sized> {
    hash: u64,
    key: &'a Q,
}

impl<Q: ?Sized> Hash for Sought<'_, Q> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl<K, Q: Equivalent<K> + ?Sized> Equivalent<Hashed<K>> for Sought<'_, Q> {
    fn equivalent(&self, stored: &Hashed<K>) -> bool {
        self.key.equivalent(&stored.key)
    }
}

/// Gives back the hash it is given.
#[derive(Debug, Default)]
struct Given(u64);

impl Hasher for Given {
    fn write(&mut self, _: &[u8]) {
        unreachable!("what is hashed here is a hash");
    }
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

thread_local! {
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// While it lives, this thread is in some store, and may hold a lock of it. Whatever it runs of the user's stays out of all
/// stores: of this one, where it would wait for itself, and of others, where two threads could wait for each other.
struct Inside(());

impl Inside {
    #[inline]
    fn enter() -> Option<Self> {
        // Not `then_some`, which would make one and drop it.
        (!IS_INSIDE.replace(true)).then(|| Self(()))
    }
}

impl Drop for Inside {
    #[inline]
    fn drop(&mut self) {
        IS_INSIDE.set(false);
    }
}

/// Whether this thread has come out of a store, and must not wait for anyone who wants to go in.
pub fn is_inside() -> bool {
    IS_INSIDE.get()
}

/// What an insertion has driven out, to be dropped where the caller holds no lock.
pub struct DrivenOut<K, V, W> {
    replaced: Option<(Hashed<K>, Entry<V, W>)>,
    evicted: Evicted<Hashed<K>, Entry<V, W>>,
}

impl<K, V, W> DrivenOut<K, V, W> {
    pub const fn nothing() -> Self {
        Self { replaced: None, evicted: Evicted::NOTHING }
    }

    /// How many had to make room.
    pub fn evicted(&self) -> usize {
        usize::from(self.evicted.one.is_some()) + self.evicted.others.len()
    }
}

type Table<K, V, W> = unsync::Cache<Hashed<K>, Entry<V, W>, Scale, BuildHasherDefault<Given>, Evictions>;

/// Values by key.
pub struct Store<K, V, W> {
    hasher: KeyHasher,
    tables: Box<[ShardedLock<Table<K, V, W>>]>,
    evictions: Arc<AtomicU64>,
    /// The heaviest entry there is room for.
    heaviest: u64,
}

/// So many entries are worth several tables, of which a writer locks one. Less room than that is not split: keys spread
/// unevenly, and one table would be full while there is room in the next.
const WORTH_SPLITTING: usize = 8192;
/// A power of two, as a table is found by some bits of the hash.
const TABLES: usize = 8;

impl<K: Eq + Hash + Clone, V: Clone, W: Weight> Store<K, V, W> {
    pub fn new(room: Room) -> Self {
        Self::with_hasher(room, &hashing::keyed())
    }

    pub fn with_hasher(room: Room, hasher: &KeyHasher) -> Self {
        let evictions = Arc::new(AtomicU64::new(0));
        let (tables, heaviest) = match room {
            Room::Entries(entries) => {
                let tables = if entries < WORTH_SPLITTING { 1 } else { TABLES };
                let parts = (0..tables).map(|at| entries / tables + usize::from(at < entries % tables));
                (parts.map(|part| table(part, weight_of(part), &evictions)).collect(), u64::MAX)
            }
            // A single entry may take nearly all the room.
            Room::Weight(weight) => {
                let heaviest = u64::try_from(u128::from(weight) * 97 / 100).unwrap_or(weight).max(1);
                (Box::from([table(usize::try_from(weight.min(1024)).unwrap_or(1024), weight, &evictions)]), heaviest)
            }
        };
        Self { hasher: hasher.clone(), tables, evictions, heaviest }
    }

    /// A value that may be given out.
    #[inline]
    pub fn get<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q, generation: u64) -> Option<V> {
        self.find(key, |entry| entry.is_fresh(generation, time::is_before).then(|| entry.value().clone()))
    }

    /// Whatever there is under this key, and how old it is.
    pub fn look(&self, key: &K, generation: u64) -> Option<(V, Age)> {
        self.find(key, |entry| Some((entry.value().clone(), entry.age(generation, time::now))))
    }

    #[inline]
    fn find<Q, T>(&self, key: &Q, look: impl FnOnce(&Entry<V, W>) -> Option<T>) -> Option<T>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let sought = self.sought(key);
        let _inside = Inside::enter()?;
        let table = read(self.table(sought.hash));
        look(table.get(&sought)?)
    }

    #[inline]
    fn table(&self, hash: u64) -> &ShardedLock<Table<K, V, W>> {
        // Bits from the middle: the table itself goes by the lowest and the highest.
        let at = (hash >> 40) as usize & (self.tables.len() - 1);
        &self.tables[at]
    }

    #[inline]
    fn sought<'a, Q: Hash + ?Sized>(&self, key: &'a Q) -> Sought<'a, Q> {
        Sought { hash: self.hasher.hash_one(key), key }
    }

    /// A key to be stored: to hash it takes code of the user's, for which the caller should hold no lock.
    pub fn hashed(&self, key: K) -> Hashed<K> {
        Hashed { hash: self.hasher.hash_one(&key), key }
    }

    /// An entry that is too heavy is not kept, and drives out nothing but what it replaces. The store keeps 3 % of the room
    /// for newcomers, so that is what there is room for; with all of it for one, it would choose worse.
    pub fn insert(&self, key: Hashed<K>, entry: Entry<V, W>, driven_out: &mut DrivenOut<K, V, W>) {
        let Some(_inside) = Inside::enter() else { return };
        // Should a key panic in its `Eq`, they are dropped after the lock is released, and inside.
        let (key, entry) = (key, entry);
        let mut table = write(self.table(key.hash));
        // Taken out first, as what is replaced was not evicted. A plain `remove` would also forget that the key was here before,
        // by which the store knows what is worth keeping.
        driven_out.replaced = table.remove_if(&key, |_| true);
        if entry.weight().weight() <= self.heaviest {
            table.insert_with_lifecycle(key, entry, &mut driven_out.evicted);
        }
    }

    pub fn remove(&self, key: &K) -> Option<(K, Entry<V, W>)> {
        let sought = self.sought(key);
        let _inside = Inside::enter()?;
        let removed = write(self.table(sought.hash)).remove(&sought);
        removed.map(|(hashed, entry)| (hashed.key, entry))
    }

    pub fn len(&self) -> usize {
        Inside::enter().map_or(0, |_inside| self.tables.iter().map(|table| read(table).len()).sum())
    }

    pub fn clear(&self) {
        for table in &self.tables {
            // Dropped here, without a lock.
            let _entries: Option<Vec<_>> = Inside::enter().map(|_inside| write(table).drain().collect());
        }
    }

    pub fn evictions(&self) -> u64 {
        self.evictions.load(Ordering::Relaxed)
    }
}

fn weight_of(entries: usize) -> u64 {
    u64::try_from(entries).unwrap_or(u64::MAX)
}

fn table<K: Eq + Hash, V, W: Weight>(
    entries: usize,
    weight: u64,
    evictions: &Arc<AtomicU64>,
) -> ShardedLock<Table<K, V, W>> {
    let options = match OptionsBuilder::new().estimated_items_capacity(entries).weight_capacity(weight).build() {
        Ok(options) => options,
        Err(error) => unreachable!("both capacities are given: {error}"),
    };
    let lifecycle = Evictions(Arc::clone(evictions));
    ShardedLock::new(unsync::Cache::with_options(options, Scale, BuildHasherDefault::default(), lifecycle))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry<W>(value: u64, weight: W) -> Entry<u64, W> {
        Entry::new(value, weight, None, 0, time::now)
    }

    fn insert<W: Weight>(store: &Store<u64, u64, W>, key: u64, entry: Entry<u64, W>) {
        store.insert(store.hashed(key), entry, &mut DrivenOut::nothing());
    }

    #[test]
    fn the_size_is_bounded_and_evictions_are_counted() {
        for max_size in [1_u64, 2, 10, 1000] {
            let store = Store::new(Room::Entries(usize::try_from(max_size).unwrap_or(usize::MAX)));
            for key in 0..max_size * 3 {
                insert(&store, key, entry(key, ()));
            }
            let len = store.len() as u64;
            assert!(len <= max_size, "{len} entries of {max_size}");
            assert!(store.evictions() >= max_size);
        }
        let split = Store::new(Room::Entries(10_001));
        assert_eq!(split.tables.iter().map(|table| read(table).capacity()).sum::<u64>(), 10_001);
        (0..40_000).for_each(|key| insert(&split, key, entry(key, ())));
        assert_eq!(split.len(), 10_001, "each part is full, and none is fuller");
        let one = Store::new(Room::Entries(1));
        insert(&one, 1, entry(1, ()));
        assert_eq!(one.get(&1, 0), Some(1), "a cache of one keeps one");
    }

    #[test]
    fn what_is_replaced_was_not_evicted() {
        let store = Store::new(Room::Weight(10));
        for (value, weight) in [(1, 1), (2, 9), (3, 1), (4, 100)] {
            let mut driven_out = DrivenOut::nothing();
            store.insert(store.hashed(7), entry(value, weight), &mut driven_out);
            assert_eq!(driven_out.replaced.map(|(_, entry)| *entry.value()), (value > 1).then_some(value - 1));
        }
        assert_eq!((store.len(), store.evictions()), (0, 0));
    }

    #[test]
    fn a_small_cache_keeps_as_many_keys_as_it_has_room_for() {
        for max_size in [1, 2, 10, 1000, 8191] {
            let store = Store::new(Room::Entries(max_size));
            for key in 0..weight_of(max_size) {
                insert(&store, key, entry(key, ()));
            }
            assert_eq!((store.len(), store.evictions()), (max_size, 0));
            assert!((0..weight_of(max_size)).all(|key| store.get(&key, 0) == Some(key)));
        }
    }

    /// The number of hits is that of `quick_cache` left to itself: nothing that is done around it disturbs its choice.
    #[test]
    fn what_to_keep_is_chosen_as_well_as_quick_cache_can() {
        // Some keys are asked for more often than others, and which ones they are changes from time to time.
        let mut random = 1_u64;
        let keys: Vec<u64> = (0..100_000_u64)
            .map(|at| {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let part = random >> 54;
                part * part * part / (1 << 18) + at / 10_000 * 1_000_000
            })
            .collect();
        let plain = quick_cache::sync::Cache::<u64, u64>::new(100);
        let store = Store::new(Room::Entries(100));
        let (mut hits, mut own) = (0_u32, 0_u32);
        for key in keys {
            match plain.get(&key) {
                Some(_) => hits += 1,
                None => plain.insert(key, key),
            }
            match store.get(&key, 0) {
                Some(_) => own += 1,
                None => insert(&store, key, entry(key, ())),
            }
        }
        assert!(own + hits / 50 >= hits, "{own} hits, where {hits} are possible");
    }

    #[test]
    fn the_weight_is_bounded() {
        for max_weight in [1_u64, 2, 10, 1000, 100_000] {
            let store = Store::new(Room::Weight(max_weight));
            for key in 0..5_000 {
                insert(&store, key, entry(key, key % 7));
                assert!(read(&store.tables[0]).weight() <= max_weight);
            }
            let heaviest = (max_weight * 97 / 100).max(1);
            insert(&store, 0, entry(7, heaviest));
            assert_eq!(store.get(&0, 0), Some(7), "one may take nearly all the room");
        }
    }

    #[test]
    fn what_is_too_heavy_is_not_kept_and_evicts_nothing() {
        let store = Store::new(Room::Weight(10));
        (0..10).for_each(|key| insert(&store, key, entry(key, 1)));
        insert(&store, 10, entry(10, 10));
        insert(&store, 11, entry(11, u64::MAX));
        assert_eq!((store.len(), store.evictions()), (10, 0));
        assert_eq!((store.get(&10, 0), store.get(&11, 0)), (None, None));
    }

    #[test]
    fn what_weighs_nothing_counts_as_one() {
        let store = Store::new(Room::Weight(10));
        (0..100).for_each(|key| insert(&store, key, entry(key, 0)));
        assert_eq!(store.len(), 10);
    }
}
