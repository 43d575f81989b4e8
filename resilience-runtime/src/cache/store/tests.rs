use super::*;

fn entry<W: Weight>(value: u64, weight: W) -> CacheEntry<u64, W> {
    CacheEntry::new(value, weight, None, 0, time::now)
}

fn hashed<W: Weight>(store: &Store<u64, u64, W>, key: u64) -> HashedKey<u64> {
    HashedKey::new(store.hasher().hash_one(key), key)
}

fn insert<W: Weight>(store: &Store<u64, u64, W>, key: u64, entry: CacheEntry<u64, W>) {
    store.insert(hashed(store, key), entry, &mut Displaced::nothing());
}

#[test]
fn the_size_is_bounded_and_evictions_are_counted() {
    for max_size in [1_u64, 2, 10, 1000] {
        let store = Store::new(Capacity::Entries(usize::try_from(max_size).unwrap_or(usize::MAX)));
        for key in 0..max_size * 3 {
            insert(&store, key, entry(key, ()));
        }
        let len = store.len() as u64;
        assert!(len <= max_size, "{len} entries of {max_size}");
        assert!(store.evictions() >= max_size);
    }
    let sharded = Store::new(Capacity::Entries(10_001));
    assert_eq!(sharded.shards.iter().map(|shard| read(shard).capacity()).sum::<u64>(), 10_001);
    (0..40_000).for_each(|key| insert(&sharded, key, entry(key, ())));
    assert_eq!(sharded.len(), 10_001, "every shard is exactly full");
    let one = Store::new(Capacity::Entries(1));
    insert(&one, 1, entry(1, ()));
    assert_eq!(one.get(&1, || 0), Some(1), "a cache of one keeps one");
}

#[test]
fn a_replaced_entry_is_not_an_eviction() {
    let store = Store::new(Capacity::Weight(10));
    for (value, weight) in [(1, 1), (2, 9), (3, 1), (4, 100)] {
        let mut displaced = Displaced::nothing();
        store.insert(hashed(&store, 7), entry(value, weight), &mut displaced);
        assert_eq!(displaced.replaced.map(|(_, entry)| *entry.value()), (value > 1).then_some(value - 1));
    }
    assert_eq!((store.len(), store.evictions()), (0, 0));
}

#[test]
fn a_small_cache_holds_exactly_as_many_keys_as_its_size() {
    for max_size in [1, 2, 10, 1000, 8191] {
        let store = Store::new(Capacity::Entries(max_size));
        for key in 0..weight_of(max_size) {
            insert(&store, key, entry(key, ()));
        }
        assert_eq!((store.len(), store.evictions()), (max_size, 0));
        assert!((0..weight_of(max_size)).all(|key| store.get(&key, || 0) == Some(key)));
    }
}

/// Compares hits with those of a plain `quick_cache`: nothing around it disturbs its choice.
#[test]
fn the_hit_rate_is_that_of_a_plain_quick_cache() {
    // Some keys are more frequent than others, and the frequent ones change over time.
    let mut random = 1_u64;
    let keys: Vec<u64> = (0..100_000_u64)
        .map(|at| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let skewed = random >> 54;
            skewed * skewed * skewed / (1 << 18) + at / 10_000 * 1_000_000
        })
        .collect();
    let plain = quick_cache::sync::Cache::<u64, u64>::new(100);
    let store = Store::new(Capacity::Entries(100));
    let (mut hits, mut own) = (0_u32, 0_u32);
    for key in keys {
        match plain.get(&key) {
            Some(_) => hits += 1,
            None => plain.insert(key, key),
        }
        match store.get(&key, || 0) {
            Some(_) => own += 1,
            None => insert(&store, key, entry(key, ())),
        }
    }
    assert!(own + hits / 50 >= hits, "{own} hits, where {hits} are possible");
}

#[test]
fn the_total_weight_is_bounded() {
    for max_weight in [1_u64, 2, 10, 1000, 100_000] {
        let store = Store::new(Capacity::Weight(max_weight));
        for key in 0..5_000 {
            insert(&store, key, entry(key, key % 7));
            assert!(read(&store.shards[0]).weight() <= max_weight);
        }
        let heaviest = (max_weight * 97 / 100).max(1);
        insert(&store, 0, entry(7, heaviest));
        assert_eq!(store.get(&0, || 0), Some(7), "one entry may take nearly all the capacity");
    }
}

#[test]
fn an_entry_that_is_too_heavy_is_not_stored_and_evicts_nothing() {
    let store = Store::new(Capacity::Weight(10));
    (0..10).for_each(|key| insert(&store, key, entry(key, 1)));
    insert(&store, 10, entry(10, 10));
    insert(&store, 11, entry(11, u64::MAX));
    assert_eq!((store.len(), store.evictions()), (10, 0));
    assert_eq!((store.get(&10, || 0), store.get(&11, || 0)), (None, None));
}

#[test]
fn a_weight_of_zero_counts_as_one() {
    let store = Store::new(Capacity::Weight(10));
    (0..100).for_each(|key| insert(&store, key, entry(key, 0)));
    assert_eq!(store.len(), 10);
}
