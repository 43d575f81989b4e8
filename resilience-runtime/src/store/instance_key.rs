//! The key under which processes share the state of one key.

use std::sync::OnceLock;

use super::key::KeyHash;
use super::key_parts::WrittenKey;
use crate::instance::key::{Key, KeyRef};
use crate::instance::{KeyedInstance, KeyedSite, NamedInstance};

/// The hash under which processes share the state of a key. It is set before the first call with a store, and never
/// for state without a key.
#[derive(Debug, Default)]
pub struct InstanceKey(OnceLock<Option<KeyHash>>);

/// The key cannot be serialized, so this process does not share its state.
#[derive(Debug, Clone, Copy)]
pub struct Unshareable;

impl InstanceKey {
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// `None` for state without a key.
    pub fn hash(&self) -> Result<Option<KeyHash>, Unshareable> {
        self.0.get().map_or(Ok(None), |hash| hash.map(Some).ok_or(Unshareable))
    }
}

/// State that exists once per key, and that processes can share.
pub trait SharedByKey: NamedInstance {
    /// The hash of the state that keys beyond the limit share. No other key has it, except by chance.
    const OVERFLOW: Option<KeyHash> = Some(KeyHash::from_u128(0));

    fn instance_key(&self) -> &InstanceKey;

    fn set_key(&self, is_overflow: bool, hash: impl FnOnce() -> Option<KeyHash>) {
        self.instance_key().0.get_or_init(|| if is_overflow { Self::OVERFLOW } else { hash() });
    }
}

impl<T: SharedByKey> KeyedSite<T> {
    /// Finds the state of a key, and sets the hash under which processes share it.
    pub fn for_shared_key<P: Key>(&self, config: &T::Config, key: &KeyRef<P>) -> KeyedInstance<'_, P::Owned, T>
    where
        KeyRef<P>: WrittenKey,
    {
        let found = self.for_key(config, key);
        found.set_key(matches!(found, KeyedInstance::Overflow(_)), || key.key_hash().ok());
        found
    }
}
