use std::fmt;
use std::hash::Hasher;
use std::io;

use serde::Serialize;
use siphasher::sip128::{Hasher128, SipHasher24};

/// The kind of state that a key names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SharedState {
    /// An entry of a cache.
    Cache,
    /// A window of a rate limit.
    RateLimit,
    /// The open signal of a breaker.
    Breaker,
    /// The places of a bulkhead.
    Bulkhead,
}

impl SharedState {
    /// Returns the letter for this kind in the keys of an engine: `c`, `l`, `b` or `p`.
    pub const fn letter(self) -> char {
        match self {
            Self::Cache => 'c',
            Self::RateLimit => 'l',
            Self::Breaker => 'b',
            Self::Bulkhead => 'p',
        }
    }
}

/// The name of one shared state, without the namespace of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StateKey<'a> {
    /// Its kind.
    pub state: SharedState,
    /// The `name` of the attribute.
    pub name: &'a str,
    /// The format and version of the stored value, such as `json:3`. Empty for state without a
    /// value.
    pub variant: &'a str,
    /// The hash of the `key`, or `None` for state without one.
    pub hash: Option<KeyHash>,
}

/// A hash of 128 bits over a key in its canonical form. It is the same in all processes and versions.
///
/// It keeps the keys in the engine short. It does not hide them: anyone who guesses a key can
/// compute its hash, and an attacker can find two keys with one hash. So a value of a cache is
/// stored with its full key, which is compared on each read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyHash(u128);

impl KeyHash {
    /// Hashes a key in its canonical form.
    pub fn of(canonical: &[u8]) -> Self {
        let mut hasher = SipHasher24::new();
        hasher.write(canonical);
        Self(hasher.finish128().as_u128())
    }

    /// Creates the hash with this number.
    pub const fn from_u128(hash: u128) -> Self {
        Self(hash)
    }

    /// Returns the number.
    pub const fn as_u128(self) -> u128 {
        self.0
    }
}

/// 32 hexadecimal digits.
impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The error of a key whose `Serialize` fails.
#[derive(Debug, thiserror::Error)]
#[error("a key cannot be serialised")]
pub struct KeyError(#[source] serde_json::Error);

impl StateKey<'_> {
    /// Writes a key in its canonical form: JSON without spaces.
    ///
    /// # Errors
    ///
    /// Returns an error if `Serialize` of the key fails, or if it contains a map whose keys are not
    /// strings.
    pub fn canonical<K: Serialize + ?Sized>(key: &K) -> Result<Vec<u8>, KeyError> {
        let mut text = Vec::new();
        serde_json::to_writer(io::Write::by_ref(&mut text), key).map_err(KeyError)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_the_same_in_all_versions() {
        let key = StateKey::canonical(&("rust", 7_u32)).expect("it can be written");
        assert_eq!(key, br#"["rust",7]"#);
        assert_eq!(KeyHash::of(&key).to_string(), "12731d26f3fd841080faf94e9722f959");
    }

    #[test]
    fn parts_are_never_concatenated() {
        let hash = |key: &(&str, &str)| KeyHash::of(&StateKey::canonical(key).expect("it can be written"));
        assert_ne!(hash(&("a:b", "c")), hash(&("a", "b:c")));
        assert_ne!(hash(&("a\",\"b", "c")), hash(&("a", "b\",\"c")));
    }
}
