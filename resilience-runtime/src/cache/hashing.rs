//! How keys are hashed: fast, and differently in every cache.
//!
//! Keys come from outside, and may be chosen to collide. Who chooses them must not know the seeds, so they are drawn for each
//! cache, and no hash leaves it. Why this hash and no other: `docs/cache.md`.

use foldhash::SharedSeed;
use foldhash::quality::SeedableRandomState;

use crate::rng;

pub type KeyHasher = SeedableRandomState;

/// The seeds that `foldhash` draws for itself come from addresses and the time of day, which can be guessed.
pub fn keyed() -> KeyHasher {
    seeded(rng::random(), rng::random())
}

fn seeded(own: u64, shared: u64) -> KeyHasher {
    // Leaked, as the cache is that it belongs to.
    SeedableRandomState::with_seed(own, Box::leak(Box::new(SharedSeed::from_u64(shared))))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::hash::{BuildHasher, Hash};

    use super::super::entry::Entry;
    use super::super::store::{DrivenOut, Room, Store};
    use super::*;
    use crate::time;

    const KEYS: u16 = 300;

    thread_local! {
        static COMPARED: Cell<u64> = const { Cell::new(0) };
    }

    /// A key that counts how often it is compared.
    #[derive(Debug, Clone, Hash)]
    #[expect(clippy::derived_hash_with_manual_eq, reason = "equal as derived, but counted")]
    struct Counted<T>(T);

    impl<T: PartialEq> PartialEq for Counted<T> {
        fn eq(&self, other: &Self) -> bool {
            COMPARED.set(COMPARED.get() + 1);
            self.0 == other.0
        }
    }

    impl<T: Eq> Eq for Counted<T> {}

    fn keys() -> impl Iterator<Item = u64> {
        0..u64::from(KEYS)
    }

    /// Comparisons for each hit, when all of the keys are in one cache. Without collisions there is one.
    #[expect(clippy::cast_precision_loss, reason = "both are small")]
    fn comparisons<T: Hash + Eq + Clone>(hasher: &KeyHasher, keys: impl IntoIterator<Item = T>) -> f64 {
        // By weight, as there is a single table then, for all that collide.
        let store = Store::with_hasher(Room::Weight(100_000), hasher);
        let keys: Vec<_> = keys.into_iter().map(Counted).collect();
        for key in &keys {
            let entry = Entry::new((), 1_u64, None, 0, time::now);
            store.insert(store.hashed(key.clone()), entry, &mut DrivenOut::nothing());
        }
        COMPARED.set(0);
        let found = keys.iter().filter(|key| store.get(*key, 0).is_some()).count();
        assert_eq!(found, keys.len());
        COMPARED.get() as f64 / found as f64
    }

    #[track_caller]
    fn assert_harmless<T: Hash + Eq + Clone>(keys: impl IntoIterator<Item = T>) {
        let keys: Vec<T> = keys.into_iter().collect();
        for _ in 0..3 {
            let found = comparisons(&keyed(), keys.clone());
            assert!(found < 1.5, "{found} comparisons for a hit");
        }
    }

    #[test]
    fn keys_made_to_collide_under_other_seeds_do_not_under_ours() {
        // What is hashed is exclusive-ored with the seed and multiplied: with a factor of zero, the other does not matter.
        let nullified = || keys().map(|key| (0x082E_FA98_EC4E_6C89_u64, key));
        let found = comparisons(&seeded(0, 7), nullified());
        assert!(found > 50.0, "{found} comparisons under the seed they are made for");
        assert_harmless(nullified());

        let known = seeded(1, 2);
        let in_one_bucket = || (0..u64::MAX).filter(|key| known.hash_one(key).trailing_zeros() >= 10).take(KEYS.into());
        let found = comparisons(&known, in_one_bucket());
        assert!(found > 1.9, "{found} comparisons under the seed they are made for");
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
        // The two halves of one text, exchanged: what is combined without order gives the same.
        assert_harmless(keys().flat_map(|key| [format!("{key:08}________"), format!("________{key:08}")]));
        // As collisions of `31 * hash + byte` are made.
        assert_harmless(
            keys().map(|key| (0..9).map(|bit| if key >> bit & 1 == 1 { "BB" } else { "Aa" }).collect::<String>()),
        );
    }
}
