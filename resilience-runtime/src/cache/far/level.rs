use std::fmt;
use std::hash::Hash;
use std::time::Duration;

use super::codec::{FORMAT, KeyCodec, ValueCodec};
use super::copies::Copies;
use super::envelope::{self, Age, Envelope, Opened, Unreadable, seen};
use super::fingerprint::FingerprintError;
use crate::event::SkipReason;
use crate::store::{
    Engine, KeyHash, Notice, NoticeKind, OwnedStateKey, Seen, SharedState, SharedStore, StateKey, Subscription, Update,
    ask,
};
use crate::time::{self, Moment};

/// For this time, the mark of a removed entry prevents loads that began earlier from storing their results. A load that
/// takes longer stores nothing.
const TOMBSTONE: Duration = Duration::from_secs(600);

/// The far level of one cache.
pub struct FarLevel<K, V> {
    store: &'static dyn SharedStore,
    name: String,
    variant: String,
    keys: KeyCodec<K>,
    values: ValueCodec<V>,
    pub copies: Copies<K>,
    _notices: Subscription,
}

/// The state of the far level when a load began.
pub struct FarLoad<V> {
    entry: FarEntry,
    /// The state that the loaded value may replace.
    seen: Seen,
    /// Other processes may have copies of an older value.
    has_replaced: bool,
    began: Moment,
    /// A fresh value that is loaded again before it expires.
    pub early: Option<V>,
}

/// A value to store, and for how long.
type SealedValue = (Vec<u8>, Option<Duration>);

struct FarEntry {
    /// The canonical form.
    key: Vec<u8>,
    hash: KeyHash,
}

/// A value of another process.
pub struct FarValue<V> {
    pub value: V,
    pub age: Age,
    pub load_time: Duration,
}

pub struct FarAnswer<V> {
    pub found: Option<FarValue<V>>,
    pub unreadable: Option<Unreadable>,
    pub load: FarLoad<V>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAnswer {
    /// The engine is away, which an event has reported.
    Away,
    /// The key cannot be shared.
    Key,
}

impl<V> FarLoad<V> {
    pub fn load_time(&self) -> Duration {
        time::now().since(self.began)
    }
}

impl<K: Eq + Hash + Clone, V> FarLevel<K, V> {
    /// `on_notice` runs for each message of another process about this cache.
    pub fn new(
        store: &'static dyn SharedStore,
        name: &str,
        version: u32,
        (keys, values): (KeyCodec<K>, ValueCodec<V>),
        on_notice: impl Fn(&Notice) + Send + Sync + 'static,
    ) -> Self {
        Self {
            store,
            name: name.to_owned(),
            variant: format!("{FORMAT}:{version}"),
            keys,
            values,
            copies: Copies::default(),
            _notices: store.engine().subscribe(SharedState::Cache, name, on_notice),
        }
    }

    pub fn namespace(&self) -> &'static str {
        self.store.engine().namespace()
    }

    pub fn is_of(&self, engine: &Engine) -> bool {
        std::ptr::eq(self.store.engine(), engine)
    }

    fn entry(&self, key: &K) -> Result<FarEntry, FingerprintError> {
        let key = self.keys.canonical(key)?;
        Ok(FarEntry { hash: KeyHash::of(&key), key })
    }

    fn state_key(&self, hash: KeyHash) -> StateKey<'_> {
        StateKey { state: SharedState::Cache, name: &self.name, variant: &self.variant, hash: Some(hash) }
    }

    fn owned_key(&self, hash: KeyHash) -> OwnedStateKey {
        self.state_key(hash).into()
    }

    pub async fn ask(&self, key: &K) -> Result<FarAnswer<V>, NoAnswer> {
        let entry = self.entry(key).map_err(|_| NoAnswer::Key)?;
        // Before the request, so that a later notice finds the load.
        self.copies.remember(entry.hash, key);
        let state_key = self.state_key(entry.hash);
        let answer = ask(self.store, |store| store.fetch(&state_key)).await;
        let mut fetched = answer.map_err(|_| NoAnswer::Away)?;
        let seen = seen(&fetched);
        let bytes = fetched.value.take();
        let opened = bytes.as_deref().map(|bytes| self.open(bytes, &entry.key, fetched.left));
        let (found, unreadable) = match opened {
            Some(Ok(found)) => (found, None),
            Some(Err(problem)) => (None, Some(problem)),
            None => (None, None),
        };
        let has_replaced = found.is_some() || unreadable.is_some();
        if unreadable.is_some() {
            // A process that can read it may have stored another one meanwhile.
            self.store.update(Update::Remove { key: self.owned_key(entry.hash), unless_changed: bytes });
        }
        let seen = if unreadable.is_some() { Seen { stamp: Vec::new(), ..seen } } else { seen };
        let load = FarLoad { entry, seen, has_replaced, began: time::now(), early: None };
        Ok(FarAnswer { found, unreadable, load })
    }

    fn open(&self, bytes: &[u8], key: &[u8], left: Option<Duration>) -> Result<Option<FarValue<V>>, Unreadable> {
        match Envelope::open(bytes, key, left)? {
            Opened::Tombstone => Ok(None),
            Opened::Value(Envelope { payload, fingerprint, load_time, .. }, age) => {
                let value = self.values.read(payload, fingerprint)?;
                Ok(Some(FarValue { value, age, load_time }))
            }
        }
    }

    pub fn put(
        &self,
        load: &FarLoad<V>,
        value: &V,
        fresh: Option<Duration>,
        window: Option<Duration>,
    ) -> Result<Vec<Update>, SkipReason> {
        let load_time = load.load_time();
        if load_time >= TOMBSTONE {
            return Ok(Vec::new());
        }
        let Some((value, time)) = self.seal(&load.entry, value, (fresh, window), load_time)? else {
            return Ok(self.forgetting(load));
        };
        let key = self.owned_key(load.entry.hash);
        let mut updates = vec![Update::Put { key, value, seen: Some(load.seen.clone()), time }];
        if load.has_replaced {
            updates.push(self.notice(Some(load.entry.hash), NoticeKind::Invalidated));
        }
        Ok(updates)
    }

    /// `None` for a failure, which stays in this process.
    fn seal(
        &self,
        entry: &FarEntry,
        value: &V,
        (fresh, window): (Option<Duration>, Option<Duration>),
        load_time: Duration,
    ) -> Result<Option<SealedValue>, SkipReason> {
        let Some(written) = self.values.write(value) else { return Ok(None) };
        let written = written.map_err(|_| SkipReason::Format)?;
        let kept = fresh.map(|fresh| whole_millis(fresh.saturating_add(window.unwrap_or_default())));
        let (payload, fingerprint) = (&*written.payload, written.fingerprint);
        let envelope = Envelope { key: &entry.key, payload, fingerprint, fresh, kept, load_time };
        match envelope.seal() {
            Some(bytes) if bytes.len() <= self.store.engine().max_value() => Ok(Some((bytes, kept))),
            _ => Err(SkipReason::MaxValue),
        }
    }

    /// Removes the value that the load has seen, because the new one is not stored.
    pub fn forget(&self, load: &FarLoad<V>) {
        self.send(self.forgetting(load));
    }

    fn forgetting(&self, load: &FarLoad<V>) -> Vec<Update> {
        if !load.has_replaced {
            return Vec::new();
        }
        let (hash, seen, time) = (load.entry.hash, Some(load.seen.clone()), Some(TOMBSTONE));
        let put = Update::Put { key: self.owned_key(hash), value: envelope::tombstone(), seen, time };
        vec![put, self.notice(Some(hash), NoticeKind::Invalidated)]
    }

    pub fn send(&self, updates: impl IntoIterator<Item = Update>) {
        for update in updates {
            self.store.update(update);
        }
    }

    pub fn invalidate(&self, key: &K) {
        if let Ok(entry) = self.entry(key) {
            self.send(self.removing(entry.hash));
        }
    }

    /// Replaces the value with a mark, over which loads that began earlier do not store.
    fn removing(&self, hash: KeyHash) -> [Update; 2] {
        let (key, mark) = (self.owned_key(hash), envelope::tombstone());
        [Update::Mark { key, mark, time: TOMBSTONE }, self.notice(Some(hash), NoticeKind::Invalidated)]
    }

    /// Stores a value that comes from no load.
    pub fn insert(
        &self,
        key: &K,
        value: &V,
        fresh: Option<Duration>,
        window: Option<Duration>,
    ) -> Result<(), SkipReason> {
        let entry = self.entry(key).map_err(|_| SkipReason::Key)?;
        self.copies.remember(entry.hash, key);
        match self.seal(&entry, value, (fresh, window), Duration::ZERO) {
            Ok(Some((value, time))) => {
                let key = self.owned_key(entry.hash);
                self.store.update(Update::Put { key, value, seen: None, time });
                self.store.update(self.notice(Some(entry.hash), NoticeKind::Invalidated));
                Ok(())
            }
            // The old value is wrong in any case.
            other => {
                self.send(self.removing(entry.hash));
                other.map(|_| ())
            }
        }
    }

    pub fn clear(&self) {
        self.copies.clear();
        self.store.update(Update::Clear { name: self.name.clone() });
        self.store.update(self.notice(None, NoticeKind::Cleared));
    }

    fn notice(&self, hash: Option<KeyHash>, kind: NoticeKind) -> Update {
        Update::Tell(Notice { state: SharedState::Cache, name: self.name.clone(), hash, kind })
    }
}

/// Engines keep values for whole milliseconds. A value that is kept for longer than its lifetime would have no age.
fn whole_millis(time: Duration) -> Duration {
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).map_or(Duration::MAX, Duration::from_millis)
}

impl<K, V> fmt::Debug for FarLevel<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FarLevel").field("store", &self.store).field("variant", &self.variant).finish_non_exhaustive()
    }
}

impl<V> fmt::Debug for FarLoad<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FarLoad").field("hash", &self.entry.hash).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_kept_for_whole_milliseconds() {
        let micros = |micros| whole_millis(Duration::from_micros(micros));
        assert_eq!([0, 1, 1_000, 1_001].map(micros), [0, 1, 1, 2].map(Duration::from_millis));
        assert!(whole_millis(Duration::MAX) > Duration::from_secs(1 << 60), "it does not overflow");
    }
}
