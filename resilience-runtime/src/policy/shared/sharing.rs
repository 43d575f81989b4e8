//! The store of a layer, and the key under which processes share state in it.

use std::any::Any;
use std::fmt;

use resilience_options::bulkhead::{NO_STORE as NO_SHARED_PLACES, OPTIONS as OF_BULKHEAD};
use resilience_options::circuit_breaker::{NO_STORE as NO_SHARED_BREAKER, OPTIONS as OF_BREAKER};
use resilience_options::rate_limit::{NO_MAX_TO_SHARE, NO_STORE, OPTIONS, check_lease};
use serde::Serialize;

use super::LayerSharing;
use crate::bulkhead::BulkheadConfig;
use crate::circuit_breaker::{CircuitBreaker, CircuitBreakerConfig, RejectedCall, heed_signal};
use crate::instance::key::{Borrowed, KeyRef};
use crate::policy::invalid::Draft;
use crate::policy::keyed::{CallKey, Held};
use crate::rate_limit::RateLimiterConfig;
use crate::store::{KeyHash, SharedByKey, SharedStore, WrittenKey, shared_part};

const KEY_FIRST: &str = "the key of shared state has to be known to its store; write `.key::<K>()` first, and `.store(..)` \
                         after it";

pub(super) type HashOfKey = fn(&dyn Any) -> Option<KeyHash>;

impl LayerSharing {
    pub const NONE: Self = Self { store: None, hash: None };

    pub fn check_limit(&self, draft: &mut Draft<RateLimiterConfig>, is_keyed: bool) {
        let has_store = self.store.is_some();
        let of_store = [OPTIONS.lease.key, OPTIONS.on_outage.key, OPTIONS.instances.key];
        draft.problem_if(!has_store && of_store.into_iter().any(|key| draft.has(key)), NO_STORE);
        draft.problem_if(has_store && !draft.has(OPTIONS.max.key), NO_MAX_TO_SHARE);
        self.check_key(draft, is_keyed);
        if has_store {
            draft.set(|config| check_lease(config.lease_units(), config.effective_burst()).map(|()| config.shared()));
        }
    }

    pub fn check_breaker(&self, draft: &mut Draft<CircuitBreakerConfig>, is_keyed: bool) {
        let has_store = self.store.is_some();
        draft.problem_if(!has_store && draft.has(OF_BREAKER.quorum.key), NO_SHARED_BREAKER);
        self.check_key(draft, is_keyed);
        if has_store {
            draft.set(|config| Ok(config.shared()));
        }
    }

    pub fn check_bulkhead(&self, draft: &mut Draft<BulkheadConfig>, is_keyed: bool) {
        let has_store = self.store.is_some();
        draft.problem_if(!has_store && draft.has(OF_BULKHEAD.lease.key), NO_SHARED_PLACES);
        self.check_key(draft, is_keyed);
        if has_store {
            draft.set(|config| Ok(config.shared()));
        }
    }

    pub async fn check_signal<'a>(
        &self,
        breaker: &'a Held<'_, CircuitBreaker>,
        key: Option<&dyn CallKey>,
    ) -> Result<(), RejectedCall<'a>> {
        let Some(store) = self.store else { return Ok(()) };
        self.set_key(breaker, key);
        heed_signal(breaker, store).await
    }

    /// Sets the hash under which other processes share the state of a key.
    pub fn set_key<G: SharedByKey>(&self, state: &Held<'_, G>, key: Option<&dyn CallKey>) {
        if let (Some(hash), Some(key)) = (self.hash, key) {
            state.set_key(matches!(state, Held::Shared(_)), || hash(&*key.owned()));
        }
    }

    /// The key of a layer has to be known to its store.
    pub fn check_key<C: Copy>(&self, draft: &mut Draft<C>, is_keyed: bool) {
        draft.problem_if(self.store.is_some() && is_keyed && self.hash.is_none(), KEY_FIRST);
    }

    pub fn of(store: &'static dyn SharedStore) -> Self {
        Self { store: Some(store), hash: None }
    }

    pub fn of_key<K: Serialize + 'static>(store: &'static dyn SharedStore) -> Self {
        let hash: HashOfKey = |key| KeyRef((shared_part(Borrowed(key.downcast_ref::<K>()?)),)).key_hash().ok();
        Self { store: Some(store), hash: Some(hash) }
    }
}

impl fmt::Debug for LayerSharing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LayerSharing").field(&self.store.map(|store| store.engine().namespace())).finish()
    }
}
