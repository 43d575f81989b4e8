use super::*;
use crate::instance::key::KeyPart;
use crate::instance::keyed_maps::KeyedMaps;
use std::cell::Cell;
use std::hash::Hasher;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

#[derive(Debug, Default)]
pub struct FakeInstance(AtomicU8);

impl FakeInstance {
    fn set(&self, class: EvictionClass) {
        self.0.store(class as u8, Ordering::Relaxed);
    }
}

impl Evictable for FakeInstance {
    fn eviction_class(&self) -> EvictionClass {
        match self.0.load(Ordering::Relaxed) {
            0 => EvictionClass::Idle,
            1 => EvictionClass::Partial,
            2 => EvictionClass::Recovered,
            _ => EvictionClass::Pinned,
        }
    }
}

/// A key as a call holds it.
struct By<K>(K);

impl<K: Hash + Eq + Clone + Send + Sync + 'static> KeyPart for By<K> {
    type Owned = K;

    fn hash_part<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
    fn is(&self, owned: &K) -> bool {
        self.0 == *owned
    }
    fn to_owned_part(&self) -> K {
        self.0.clone()
    }
}

pub type Map<K> = KeyedMap<(K,), FakeInstance>;
pub type Held<K> = Arc<KeyedEntry<(K,), FakeInstance>>;

pub fn get<K>(map: &Map<K>, key: K) -> Option<Held<K>>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
{
    map.get_or_insert(&KeyRef((By(key),)), FakeInstance::default)
}

fn hashes<K>(map: &Map<K>) -> usize {
    map.shards.iter().map(|shard| lock(&shard.0).by_hash.len()).sum()
}

#[test]
fn each_key_has_one_instance_of_its_own() {
    let map = Map::new(10);
    let first = get(&map, 1);
    assert!(first.is_some());
    let again = get(&map, 1);
    assert!(first.zip(again).is_some_and(|(first, again)| Arc::ptr_eq(&first, &again)));
    assert!(get(&map, 2).zip(get(&map, 1)).is_some_and(|(two, one)| !Arc::ptr_eq(&two, &one)));
    assert_eq!(map.len(), 2);
}

#[test]
fn a_hit_clones_nothing_of_the_key() {
    static CLONES: AtomicUsize = AtomicUsize::new(0);

    #[derive(PartialEq, Eq, Hash)]
    struct Counted(u32);

    impl Clone for Counted {
        fn clone(&self) -> Self {
            CLONES.fetch_add(1, Ordering::Relaxed);
            Self(self.0)
        }
    }
    let map = Map::new(4);
    for _ in 0..100 {
        assert!(get(&map, Counted(7)).is_some());
    }
    assert_eq!(CLONES.load(Ordering::Relaxed), 1);
}

/// BUG-F1.
#[test]
fn a_flood_of_keys_stays_within_the_limit() {
    let map = Map::new(100);
    for key in 0..100_000 {
        assert!(get(&map, key).is_some(), "an idle one makes room");
        assert!(map.len() <= 100);
    }
    assert_eq!((map.len(), hashes(&map)), (100, 100));
}

/// BUG-F2.
#[test]
fn pinned_and_used_instances_survive_a_flood() {
    let map = Map::new(100);
    let held: Vec<_> = (0..10).map(|key| get(&map, key)).collect();
    for key in 10..20 {
        if let Some(policy) = get(&map, key) {
            policy.set(EvictionClass::Pinned);
        }
    }
    for key in 1_000..50_000 {
        let _policy = get(&map, key);
    }
    for (key, entry) in (0..10).zip(held) {
        assert!(get(&map, key).zip(entry).is_some_and(|(found, held)| Arc::ptr_eq(&found, &held)));
    }
    for key in 10..20 {
        assert!(get(&map, key).is_some_and(|policy| policy.eviction_class() == EvictionClass::Pinned));
    }
}

#[test]
fn the_lowest_class_is_evicted_first_and_pinned_instances_never() {
    let map = Map::new(4);
    let classes = [EvictionClass::Pinned, EvictionClass::Recovered, EvictionClass::Partial, EvictionClass::Idle];
    for (key, class) in classes.into_iter().enumerate() {
        if let Some(policy) = get(&map, key) {
            policy.set(class);
        }
    }
    for (key, gone) in [(10, 3), (11, 2), (12, 1)] {
        if let Some(policy) = get(&map, key) {
            policy.set(EvictionClass::Pinned);
        }
        let hash = map.hasher.hash_one(KeyRef((By(gone),)));
        assert!(map.bucket(hash).is_none(), "{gone} made room for {key}");
    }
    assert!(get(&map, 13).is_none());
    assert_eq!(map.len(), 4);
}

/// BUG-E26.
#[test]
fn a_new_key_examines_a_bounded_number_of_instances() {
    struct Counted;
    static LOOKS: AtomicUsize = AtomicUsize::new(0);
    impl Evictable for Counted {
        fn eviction_class(&self) -> EvictionClass {
            LOOKS.fetch_add(1, Ordering::Relaxed);
            EvictionClass::Pinned
        }
    }
    let map: KeyedMap<(u32,), Counted> = KeyedMap::new(5_000);
    for key in 0..5_000 {
        assert!(map.get_or_insert(&KeyRef((By(key),)), || Counted).is_some());
    }
    assert_eq!(LOOKS.load(Ordering::Relaxed), 0);
    assert!(map.get_or_insert(&KeyRef((By(5_000),)), || Counted).is_none());
    assert_eq!(LOOKS.load(Ordering::Relaxed), SCAN);
}

/// All of these keys have one hash.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Colliding(u32);

impl Hash for Colliding {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

#[test]
fn colliding_keys_are_told_apart_and_evicted_one_by_one() {
    let map = Map::new(8);
    for key in 0..8 {
        if let Some(policy) = get(&map, Colliding(key)) {
            policy.set(if key % 2 == 0 { EvictionClass::Idle } else { EvictionClass::Pinned });
        }
    }
    for key in 8..100 {
        assert!(get(&map, Colliding(key)).is_some());
        assert_eq!((map.len(), hashes(&map)), (8, 1));
    }
    for key in [1, 3, 5, 7] {
        assert!(get(&map, Colliding(key)).is_some_and(|policy| policy.eviction_class() == EvictionClass::Pinned));
    }
}

thread_local! {
    static TRAP: Cell<Option<fn()>> = const { Cell::new(None) };
    /// The operation of a key that panics, counted from now; zero for none.
    static FUSE: Cell<u32> = const { Cell::new(0) };
}

fn spring() {
    if let Some(trap) = TRAP.take() {
        trap();
        TRAP.set(Some(trap));
    }
    if FUSE.get() == 1 {
        FUSE.set(0);
        panic!("the user's code");
    }
    FUSE.set(FUSE.get().saturating_sub(1));
}

/// A key whose every operation springs the trap.
struct Trap(u32);

impl PartialEq for Trap {
    fn eq(&self, other: &Self) -> bool {
        spring();
        self.0 == other.0
    }
}
impl Eq for Trap {}
impl Hash for Trap {
    fn hash<H: Hasher>(&self, state: &mut H) {
        spring();
        self.0.hash(state);
    }
}
impl Clone for Trap {
    fn clone(&self) -> Self {
        spring();
        Self(self.0)
    }
}
impl Drop for Trap {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            spring();
        }
    }
}

static TRAPS: KeyedMaps<FakeInstance> = KeyedMaps::new(2);

#[test]
fn the_code_of_a_key_may_call_the_map_and_may_panic() {
    let map: &'static Map<Trap> = TRAPS.of();
    TRAP.set(Some(|| {
        // Would deadlock on a lock that this thread holds.
        let _policy = get(TRAPS.of(), Trap(99));
    }));
    for key in (0..20).chain(0..20) {
        let _policy = get(map, Trap(key));
    }
    TRAP.set(None);
    // In `hash`, in `eq` or `clone`, and in the `drop` of an evicted key.
    for fuse in 1..=4 {
        for key in [1, 1, 2, 3, 4] {
            FUSE.set(fuse);
            let key_of_call = KeyRef((By(Trap(key)),));
            let _panicked =
                catch_unwind(AssertUnwindSafe(|| drop(map.get_or_insert(&key_of_call, FakeInstance::default))));
            FUSE.set(0);
            assert!(map.len() <= 2);
            assert!(get(map, Trap(key)).is_some(), "as if nothing had happened");
        }
    }
    map.clear();
    assert_eq!(map.len(), 0);
}

/// Inserts its own key while the map clones it, as another thread might.
struct Overtaken<'a> {
    map: &'a Map<u32>,
    first: Cell<Option<Held<u32>>>,
}

impl KeyPart for Overtaken<'_> {
    type Owned = u32;

    fn hash_part<H: Hasher>(&self, state: &mut H) {
        7_u32.hash(state);
    }
    fn is(&self, owned: &u32) -> bool {
        *owned == 7
    }
    fn to_owned_part(&self) -> u32 {
        self.first.set(get(self.map, 7));
        7
    }
}

#[test]
fn a_key_that_another_thread_inserted_meanwhile_is_found() {
    let map = Map::new(4);
    let key = KeyRef((Overtaken { map: &map, first: Cell::new(None) },));
    let late = map.get_or_insert(&key, FakeInstance::default);
    assert!(key.0.0.first.take().zip(late).is_some_and(|(first, late)| Arc::ptr_eq(&first, &late)));
    assert_eq!(map.len(), 1);
}

#[test]
fn an_instance_that_is_being_looked_up_is_in_use() {
    let map = Map::new(4);
    let _policy = get(&map, 7);
    let looked_up = map.bucket(map.hasher.hash_one(KeyRef((By(7),))));
    for key in 1_000..2_000 {
        let _policy = get(&map, key);
    }
    assert!(looked_up.zip(get(&map, 7)).is_some_and(|(bucket, found)| Arc::ptr_eq(&bucket.entries()[0], &found)));
}

#[test]
fn concurrent_calls_with_one_key_find_one_instance() {
    let map = Map::new(4);
    for round in 0..200 {
        let barrier = std::sync::Barrier::new(4);
        let found: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        barrier.wait();
                        get(&map, round)
                    })
                })
                .collect();
            threads.into_iter().filter_map(|thread| thread.join().ok().flatten()).collect()
        });
        assert_eq!(found.len(), 4);
        assert!(found.iter().all(|entry| Arc::ptr_eq(entry, &found[0])));
    }
}

/// More keys than room, on four threads, while another one clears the map and changes its limit.
#[test]
fn threads_keep_a_map_of_shards_within_its_limit_and_lose_no_place() {
    let map = Map::new(LEAST_OF_SHARDED);
    assert_eq!(map.shards.len(), MOST_SHARDS);
    let over = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let (map, over) = (&map, &over);
            scope.spawn(move || {
                let mut random = crate::rng::Reproducible::new(thread);
                let mut held = Vec::new();
                for _ in 0..20_000 {
                    let key = random.below(3_000);
                    let found = get(map, key);
                    if random.below(100) == 0 {
                        if let Some(policy) = &found {
                            policy.set(EvictionClass::Pinned);
                        }
                    }
                    held.push((key, found));
                    if held.len() > 20 {
                        held.clear();
                    }
                    assert!(map.len() <= LEAST_OF_SHARDED);
                }
                over.fetch_add(1, Ordering::Relaxed);
            });
        }
        while over.load(Ordering::Relaxed) < 4 {
            std::thread::sleep(std::time::Duration::from_millis(5));
            map.clear();
            map.set_max(LEAST_OF_SHARDED / 2);
            map.set_max(LEAST_OF_SHARDED);
        }
    });
    assert_eq!(hashes(&map), map.len());
    map.clear();
    for key in 0..LEAST_OF_SHARDED as u64 {
        assert!(get(&map, key).is_some_and(|policy| policy.eviction_class() == EvictionClass::Idle));
    }
    assert_eq!(map.len(), LEAST_OF_SHARDED, "all places can be used");
}

#[test]
fn a_place_that_no_instance_takes_is_given_back() {
    let map: Map<u32> = Map::new(2);
    let places = [map.reserve(), map.reserve()];
    assert!(places.iter().all(Option::is_some) && map.reserve().is_none());
    drop(places);
    assert!(AnyKeyedMap::len(&map) == 0 && get(&map, 1).is_some() && get(&map, 2).is_some());
}

#[test]
fn a_shard_without_an_instance_to_evict_finds_one_in_another() {
    let map = Map::new(LEAST_OF_SHARDED);
    let shard = |key: u32| map.shard(map.hasher.hash_one(KeyRef((By(key),))));
    let (own, others): (Vec<u32>, Vec<u32>) = (0..20_000).partition(|key| shard(*key) == 3);
    let others = &others[..LEAST_OF_SHARDED];
    for key in others {
        assert!(get(&map, *key).is_some());
    }
    assert!(get(&map, own[0]).is_some());
    assert_eq!((map.len(), hashes(&map)), (LEAST_OF_SHARDED, LEAST_OF_SHARDED));
    assert_eq!(lock(&map.shards[3].0).order.len(), 1);
}
