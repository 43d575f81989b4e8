//! The keys of the values that this process holds copies of or is loading, by the hash in notices.

use std::collections::HashMap;
use std::fmt;
use std::mem;
use std::sync::Mutex;

use crate::store::KeyHash;
use crate::sync::lock;

pub struct Copies<K>(Mutex<KnownCopies<K>>);

struct KnownCopies<K> {
    /// Each key with the number of its last use.
    by_hash: HashMap<KeyHash, (K, u64)>,
    next: u64,
    /// The number of keys from which those of evicted values are removed.
    most: usize,
}

const FEWEST: usize = 1024;

impl<K> Default for Copies<K> {
    fn default() -> Self {
        Self(Mutex::new(KnownCopies { by_hash: HashMap::default(), next: 0, most: FEWEST }))
    }
}

impl<K: Clone> Copies<K> {
    pub fn remember(&self, hash: KeyHash, key: &K) {
        let key = key.clone();
        let mut copies = lock(&self.0);
        copies.next += 1;
        let number = copies.next;
        let replaced = copies.by_hash.insert(hash, (key, number));
        drop(copies);
        // The user's keys are dropped without the lock, here and below.
        drop(replaced);
    }

    /// Removes keys that are no longer needed, if there are many. No user code runs under the lock.
    pub fn prune(&self, is_used: impl Fn(&K) -> bool) {
        let all: Vec<(KeyHash, K, u64)> = {
            let copies = lock(&self.0);
            if copies.by_hash.len() < copies.most {
                return;
            }
            copies.by_hash.iter().map(|(hash, (key, number))| (*hash, key.clone(), *number)).collect()
        };
        let unused: Vec<_> = all.into_iter().filter(|(_, key, _)| !is_used(key)).collect();
        let mut copies = lock(&self.0);
        let mut gone = Vec::with_capacity(unused.len());
        for (hash, _, number) in &unused {
            // Used again meanwhile.
            if copies.by_hash.get(hash).is_some_and(|(_, last)| last == number) {
                gone.extend(copies.by_hash.remove(hash));
            }
        }
        copies.most = copies.by_hash.len().saturating_mul(2).max(FEWEST);
        drop(copies);
        drop(gone);
    }
}

impl<K> Copies<K> {
    pub fn take(&self, hash: KeyHash) -> Option<K> {
        lock(&self.0).by_hash.remove(&hash).map(|(key, _)| key)
    }

    pub fn clear(&self) {
        let copies = mem::take(&mut lock(&self.0).by_hash);
        drop(copies);
    }
}

impl<K> fmt::Debug for Copies<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Copies").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_keys_in_use_are_remembered_for_long() {
        let copies = Copies::default();
        for key in 0..10 * FEWEST {
            copies.remember(KeyHash::from_u128(key as u128), &key);
            copies.prune(|key| key % 100 == 0);
        }
        assert!(lock(&copies.0).by_hash.len() <= FEWEST);
        let used = (0..10 * FEWEST).step_by(100);
        assert!(used.into_iter().all(|key| copies.take(KeyHash::from_u128(key as u128)) == Some(key)));
        copies.clear();
        assert!(lock(&copies.0).by_hash.is_empty());
    }
}
