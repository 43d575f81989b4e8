//! Fast, randomly seeded hashing of keys, which may be chosen to collide.
//!
//! Each cache draws a seed, and no hash leaves it. `docs/cache.md` compares the functions.

use std::sync::OnceLock;

use foldhash::SharedSeed;
use foldhash::quality::SeedableRandomState;

use crate::rng;

pub type KeyHasher = SeedableRandomState;

/// `foldhash` derives its seeds from addresses and the time of day, which can be guessed. All caches
/// have one of the two seeds in common, because a hasher needs it for as long as the process lives.
pub fn random_state() -> KeyHasher {
    static SHARED: OnceLock<SharedSeed> = OnceLock::new();
    KeyHasher::with_seed(rng::random(), SHARED.get_or_init(|| SharedSeed::from_u64(rng::random())))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::hash::{BuildHasher, Hash};

    use super::super::entry::CacheEntry;
    use super::super::store::{Capacity, Displaced, HashedKey, Store};
    use super::*;
    use crate::time;

    const KEYS: u16 = 300;

    fn seeded(own: u64, shared: u64) -> KeyHasher {
        KeyHasher::with_seed(own, Box::leak(Box::new(SharedSeed::from_u64(shared))))
    }

    thread_local! {
        static COMPARED: Cell<u64> = const { Cell::new(0) };
    }

    /// A key that counts how often it is compared.
    #[derive(Debug, Clone, Hash)]
    #[expect(clippy::derived_hash_with_manual_eq, reason = "equal as derived, but counted")]
    struct CountsComparisons<T>(T);

    impl<T: PartialEq> PartialEq for CountsComparisons<T> {
        fn eq(&self, other: &Self) -> bool {
            COMPARED.set(COMPARED.get() + 1);
            self.0 == other.0
        }
    }

    impl<T: Eq> Eq for CountsComparisons<T> {}

    fn keys() -> impl Iterator<Item = u64> {
        0..u64::from(KEYS)
    }

    /// The comparisons for each hit with all keys in one cache. Without collisions it is one.
    #[expect(clippy::cast_precision_loss, reason = "both are small")]
    fn comparisons<T: Hash + Eq + Clone>(hasher: &KeyHasher, keys: impl IntoIterator<Item = T>) -> f64 {
        // By weight, so that all keys share a single shard.
        let store = Store::with_hasher(Capacity::Weight(100_000), hasher);
        let keys: Vec<_> = keys.into_iter().map(CountsComparisons).collect();
        for key in &keys {
            let entry = CacheEntry::new((), 1_u64, None, 0, time::now);
            store.insert(HashedKey::new(hasher.hash_one(key), key.clone()), entry, &mut Displaced::nothing());
        }
        COMPARED.set(0);
        let found = keys.iter().filter(|key| store.get(*key, || 0).is_some()).count();
        assert_eq!(found, keys.len());
        COMPARED.get() as f64 / found as f64
    }

    #[track_caller]
    fn assert_harmless<T: Hash + Eq + Clone>(keys: impl IntoIterator<Item = T>) {
        let keys: Vec<T> = keys.into_iter().collect();
        for _ in 0..3 {
            let needed = comparisons(&random_state(), keys.clone());
            assert!(needed < 1.5, "{needed} comparisons for a hit");
        }
    }

    #[test]
    fn keys_crafted_for_other_seeds_do_not_collide() {
        // The hash multiplies the key, combined with the seed by exclusive or: a factor of zero hides the other.
        let nullified = || keys().map(|key| (0x082E_FA98_EC4E_6C89_u64, key));
        let found = comparisons(&seeded(0, 7), nullified());
        assert!(found > 50.0, "{found} comparisons under the seed they are crafted for");
        assert_harmless(nullified());

        let known = seeded(1, 2);
        let in_one_bucket = || (0..u64::MAX).filter(|key| known.hash_one(key).trailing_zeros() >= 10).take(KEYS.into());
        let found = comparisons(&known, in_one_bucket());
        assert!(found > 1.9, "{found} comparisons under the seed they are crafted for");
        assert_harmless(in_one_bucket());
    }

    #[test]
    fn numbers_that_differ_in_few_bits_do_not_collide() {
        for shift in 0..=55 {
            assert_harmless(keys().map(|key| key << shift));
        }
        assert_harmless(keys().map(|key| key.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        assert_harmless(keys().map(|key| !key));
        assert_harmless(keys().map(u64::reverse_bits));
        assert_harmless(keys().map(|key| (key, key)));
        assert_harmless(keys().map(|key| (key, !key)));
        assert_harmless(keys().map(|key| u128::from(key) << 64));
        assert_harmless(keys().map(|key| (u32::try_from(key % 17).ok(), key / 17)));
    }

    #[test]
    fn texts_that_differ_in_few_bytes_do_not_collide() {
        assert_harmless(keys().map(|key| format!("https://example.org/users/{key:08}")));
        assert_harmless(keys().map(|key| format!("{key:08}{}", "x".repeat(192))));
        assert_harmless(keys().map(|key| format!("{}{key:08}", "x".repeat(192))));
        assert_harmless((0..KEYS).map(|key| "\0".repeat(key.into())));
        // Swapped halves collide in a hash that combines blocks without their order.
        assert_harmless(keys().flat_map(|key| [format!("{key:08}________"), format!("________{key:08}")]));
        // Collisions of `31 * hash + byte`.
        assert_harmless(
            keys().map(|key| (0..9).map(|bit| if key >> bit & 1 == 1 { "BB" } else { "Aa" }).collect::<String>()),
        );
    }
}
