//! The formats of keys and values in the store.
//!
//! The format is JSON. It names fields and variants, so a value of another shape cannot be misread by
//! position; serde supports it most completely; and operators can read it.

use std::fmt;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::envelope::Unreadable;
use super::fingerprint::{self, FingerprintError};
use crate::cache::cache_policy::{CacheBoth, CacheNothing, CachePolicy, CacheSuccess, CacheWhole, Cacheable};
use crate::cache::stored_key::StoredKey;
use crate::instance::key::{Key, KeyBuf, KeyRef};
use crate::outcome::Outcome;
use crate::store::StateKey;

/// The first part of the variant in keys.
pub const FORMAT: &str = "json";

/// A value that processes can share.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be shared with other processes: it is not `Serialize + DeserializeOwned`",
    label = "`store` writes each value to the engine, and other processes read it",
    note = "a type of your own can derive both: `#[derive(serde::Serialize, serde::Deserialize)]`; without `store` each \
            process has values of its own"
)]
pub trait SharedValue: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> SharedValue for T {}

/// A key under which processes share a value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a shared value: it is not `Serialize`",
    label = "`store` finds a value by its key in all processes",
    note = "a type of your own can derive it: `#[derive(serde::Serialize)]`; or say with `key = ..` what identifies the call"
)]
pub trait SharedKey: Serialize {}

#[diagnostic::do_not_recommend]
impl<T: Serialize> SharedKey for T {}

/// The part of a stored value that is shared with other processes.
pub trait SharedPart<R>: CachePolicy<R> {
    type Shared;
    /// `None` for a failure, which stays in this process.
    fn shared(value: &Self::Value) -> Option<&Self::Shared>;
    fn stored(shared: Self::Shared) -> Self::Value;
}

impl<T: Cacheable, E> SharedPart<Result<T, E>> for CacheSuccess {
    type Shared = T;

    fn shared(value: &T) -> Option<&T> {
        Some(value)
    }
    fn stored(shared: T) -> T {
        shared
    }
}

impl<T: Cacheable> SharedPart<Option<T>> for CacheSuccess {
    type Shared = T;

    fn shared(value: &T) -> Option<&T> {
        Some(value)
    }
    fn stored(shared: T) -> T {
        shared
    }
}

impl<T: Cacheable> SharedPart<T> for CacheWhole {
    type Shared = T;

    fn shared(value: &T) -> Option<&T> {
        Some(value)
    }
    fn stored(shared: T) -> T {
        shared
    }
}

impl<R> SharedPart<R> for CacheBoth
where
    R: Outcome,
    R::Value: Cacheable,
    R::Failure: Cacheable,
{
    type Shared = R::Value;

    fn shared(value: &Self::Value) -> Option<&R::Value> {
        value.as_ref().ok()
    }
    fn stored(shared: R::Value) -> Self::Value {
        Ok(shared)
    }
}

impl<R> SharedPart<R> for CacheNothing {
    type Shared = ();

    fn shared(value: &Self::Value) -> Option<&()> {
        match *value {}
    }
    fn stored((): ()) -> Self::Value {
        unreachable!("the compiler has reported that the result cannot be cached")
    }
}

/// A payload with its fingerprint.
pub struct Written {
    pub payload: Vec<u8>,
    pub fingerprint: u128,
}

/// Writes keys of one type.
pub struct KeyCodec<K> {
    canonical: fn(&K) -> Result<Vec<u8>, FingerprintError>,
}

/// Writes and reads values of one type.
pub struct ValueCodec<V> {
    write: fn(&V) -> Option<Result<Written, FingerprintError>>,
    read: fn(&[u8], u128) -> Result<V, Unreadable>,
}

impl<K> Clone for KeyCodec<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K> Copy for KeyCodec<K> {}

impl<V> Clone for ValueCodec<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for ValueCodec<V> {}

impl<K> fmt::Debug for KeyCodec<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyCodec").finish_non_exhaustive()
    }
}

impl<V> fmt::Debug for ValueCodec<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValueCodec").finish_non_exhaustive()
    }
}

impl<K: StoredKey> KeyCodec<K>
where
    K::UserKey: SharedKey,
{
    pub(crate) fn new() -> Self {
        Self { canonical: |key| canonical(key.user_key()) }
    }
}

impl<K> KeyCodec<K> {
    pub(super) fn canonical(self, key: &K) -> Result<Vec<u8>, FingerprintError> {
        (self.canonical)(key)
    }
}

/// JSON alone writes `None` and `Some(None)` alike.
fn canonical<K: Serialize + ?Sized>(key: &K) -> Result<Vec<u8>, FingerprintError> {
    let fingerprint = fingerprint::of_key(key)?;
    let mut canonical = StateKey::canonical(key).map_err(|_| FingerprintError::Failed)?;
    canonical.extend_from_slice(&fingerprint.to_le_bytes());
    Ok(canonical)
}

impl<V> ValueCodec<V> {
    pub(crate) fn new<R, P>() -> Self
    where
        P: SharedPart<R, Value = V>,
        P::Shared: SharedValue,
    {
        Self {
            write: |value| P::shared(value).map(write),
            read: |payload, fingerprint| read(payload, fingerprint).map(P::stored),
        }
    }

    pub(super) fn write(&self, value: &V) -> Option<Result<Written, FingerprintError>> {
        (self.write)(value)
    }

    pub(super) fn read(&self, payload: &[u8], fingerprint: u128) -> Result<V, Unreadable> {
        (self.read)(payload, fingerprint)
    }
}

fn write<T: Serialize>(value: &T) -> Result<Written, FingerprintError> {
    let fingerprint = fingerprint::of_value(value)?;
    let payload = serde_json::to_vec(value).map_err(|_| FingerprintError::Failed)?;
    Ok(Written { payload, fingerprint })
}

fn read<T: Serialize + DeserializeOwned>(payload: &[u8], fingerprint: u128) -> Result<T, Unreadable> {
    let value: T = serde_json::from_slice(payload).map_err(|_| Unreadable::Payload)?;
    let is_same = fingerprint::of_value(&value).is_ok_and(|own| own == fingerprint);
    if is_same { Ok(value) } else { Err(Unreadable::Changed) }
}

/// The bounds are on a function of their own, so that each is reported once.
pub fn key_codec<Q>(_: &KeyRef<Q>) -> KeyCodec<KeyBuf<Q::Owned>>
where
    Q: Key,
    KeyBuf<Q::Owned>: StoredKey,
    <KeyBuf<Q::Owned> as StoredKey>::UserKey: SharedKey,
{
    KeyCodec::new()
}

pub fn value_codec<R, P>(_: &P, _: PhantomData<fn() -> R>) -> ValueCodec<P::Value>
where
    P: SharedPart<R>,
    P::Shared: SharedValue,
{
    ValueCodec::new::<R, P>()
}
