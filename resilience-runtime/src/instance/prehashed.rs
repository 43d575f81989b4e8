//! A hasher for maps whose keys are hashes already.

use std::hash::{BuildHasherDefault, Hasher};

pub type BuildPrehashed = BuildHasherDefault<PrehashedHasher>;

/// Uses the written `u64` as the hash.
#[derive(Debug, Default)]
pub struct PrehashedHasher(u64);

impl Hasher for PrehashedHasher {
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("a prehashed key writes one `u64`");
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
