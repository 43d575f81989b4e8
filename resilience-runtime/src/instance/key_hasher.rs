//! A fast, randomly seeded hasher of keys, which may be chosen to collide.

#[cfg(feature = "cached")]
pub use fast::{KeyHasher, key_hasher};
#[cfg(not(feature = "cached"))]
pub use std::hash::RandomState as KeyHasher;

#[cfg(not(feature = "cached"))]
pub fn key_hasher() -> KeyHasher {
    KeyHasher::new()
}

#[cfg(feature = "cached")]
mod fast {
    use std::sync::OnceLock;

    use foldhash::SharedSeed;

    use crate::rng;

    pub use foldhash::quality::SeedableRandomState as KeyHasher;

    /// `foldhash` derives its own seeds from addresses and the time of day, which can be guessed.
    pub fn key_hasher() -> KeyHasher {
        static SHARED: OnceLock<SharedSeed> = OnceLock::new();
        KeyHasher::with_seed(rng::random(), SHARED.get_or_init(|| SharedSeed::from_u64(rng::random())))
    }
}
