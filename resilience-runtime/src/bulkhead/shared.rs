//! A bulkhead whose places processes share in a store.
//!
//! A call takes a place of this process first, and then leases one of all processes. The connection
//! to the store renews the lease for as long as the call runs. Without an answer, the bulkhead of this
//! process alone decides.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::permit::BulkheadPermit;
use super::{Bulkhead, BulkheadConfig, BulkheadRejection};
use crate::context;
use crate::error::Error;
use crate::gate::{Gate, GateResult};
use crate::metrics::{Meter, OfSharedBulkhead};
use crate::registry::FunctionRef;
use crate::shutdown::until_shutdown;
use crate::store::{
    InstanceKey, LeaseRequest, Leased, OwnedStateKey, SharedByKey, SharedState, SharedStore, StoreError, Update, ask,
};
use crate::time::{self, Moment};

/// The pause after which a call that waits for a place asks again.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// The key under which processes find the places. Exists in every bulkhead; unused before a call comes
/// with a store.
#[derive(Debug)]
pub struct SharedPlaces {
    key: InstanceKey,
    store: OnceLock<&'static dyn SharedStore>,
    decisions: Meter<OfSharedBulkhead>,
}

impl SharedPlaces {
    pub const fn new() -> Self {
        Self { key: InstanceKey::new(), store: OnceLock::new(), decisions: Meter::new() }
    }
}

/// Different for each place of this process, whatever its bulkhead: the connection renews places by their tokens.
fn next_token(store: &dyn SharedStore) -> u128 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    store.engine().token().wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed).into())
}

/// A place of all processes. Dropping it leaves it.
pub struct PlaceLease {
    store: &'static dyn SharedStore,
    key: OwnedStateKey,
    token: u128,
    /// Set if the engine may have it.
    is_known: bool,
}

impl Drop for PlaceLease {
    fn drop(&mut self) {
        if !self.is_known {
            return;
        }
        let key = std::mem::replace(&mut self.key, empty_key());
        self.store.update(Update::Leave { key, token: self.token });
    }
}

const fn empty_key() -> OwnedStateKey {
    OwnedStateKey { state: SharedState::Bulkhead, name: String::new(), variant: String::new(), hash: None }
}

impl fmt::Debug for PlaceLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlaceLease").field("key", &self.key).finish_non_exhaustive()
    }
}

/// A bulkhead, asked for a call of a function with a `store`.
#[derive(Debug, Clone, Copy)]
pub struct SharedBulkhead<'a> {
    bulkhead: &'a Bulkhead,
    store: &'static dyn SharedStore,
}

#[inline]
pub fn shared_bulkhead<'a>(bulkhead: &'a Bulkhead, store: &'static dyn SharedStore) -> SharedBulkhead<'a> {
    SharedBulkhead { bulkhead, store }
}

impl SharedByKey for Bulkhead {
    fn instance_key(&self) -> &InstanceKey {
        &self.shared.key
    }
}

impl Bulkhead {
    #[cold]
    fn reject_in_shutdown(&self) -> Error {
        self.rejected.add_one();
        self.shutting_down()
    }

    pub(super) fn store_namespace(&self) -> Option<&'static str> {
        Some(self.shared.store.get()?.engine().namespace())
    }
}

impl<'a> SharedBulkhead<'a> {
    fn config(&self) -> BulkheadConfig {
        self.bulkhead.lock().config
    }

    fn decided(&self, by: OfSharedBulkhead) {
        self.bulkhead.shared.decisions.count(&self.bulkhead.name, by);
    }

    /// `None` if the store cannot share this bulkhead.
    fn key(&self) -> Option<OwnedStateKey> {
        let shared = &self.bulkhead.shared;
        shared.store.get_or_init(|| self.store);
        let hash = shared.key.hash().ok()?;
        let name = self.bulkhead.name.to_string();
        Some(OwnedStateKey { state: SharedState::Bulkhead, name, variant: String::new(), hash })
    }

    /// Leases a place, for a call that has come at `began`. `None` without an answer of the store.
    async fn lease(&self, began: Moment) -> Result<Option<PlaceLease>, BulkheadRejection<'a>> {
        let config = self.config();
        // A bulkhead that is switched off has no places to share.
        if config.is_switched_off() {
            return Ok(None);
        }
        let Some(key) = self.key() else {
            self.decided(OfSharedBulkhead::Process);
            return Ok(None);
        };
        let token = next_token(self.store);
        // Made first: a request that is given up may have been carried out.
        let mut place = PlaceLease { store: self.store, key, token, is_known: true };
        let request = LeaseRequest { key: place.key.borrow(), max: config.max, token, time: config.lease };
        let patience = if config.queue == 0 { Duration::ZERO } else { config.wait.unwrap_or(Duration::MAX) };
        // Its time in the queue of this process is a part of `wait`.
        let latest = began.after(patience);
        let latest = context::time_left().map_or(latest, |left| latest.min(time::now().after(left)));
        loop {
            match ask(self.store, |store| store.lease(&request)).await {
                Ok(Leased::Held) => {
                    self.decided(OfSharedBulkhead::Store);
                    break;
                }
                Ok(Leased::Full { next }) => {
                    let left = latest.since(time::now());
                    if left.is_zero() {
                        self.decided(OfSharedBulkhead::Store);
                        return Err(BulkheadRejection::Full(self.bulkhead));
                    }
                    let wait = next.min(ASK_EVERY).max(Duration::from_millis(1)).min(left);
                    if until_shutdown(context::sleep(wait)).await.is_none() {
                        return Err(self.bulkhead.reject_in_shutdown().into());
                    }
                }
                Err(problem) => {
                    self.decided(OfSharedBulkhead::Process);
                    // The engine was not asked, and has answered before that there was no place.
                    place.is_known = !matches!(problem, StoreError::Away | StoreError::NotConnected);
                    return Ok(None);
                }
            }
        }
        let (key, time) = (place.key.clone(), request.time);
        self.store.update(Update::Keep { key, token, time });
        Ok(Some(place))
    }
}

impl<'a> Gate for SharedBulkhead<'a> {
    type Permit<'p>
        = BulkheadPermit<'a>
    where
        Self: 'p;
    type Rejection<'p>
        = BulkheadRejection<'a>
    where
        Self: 'p;

    fn try_enter(&self) -> GateResult<'_, Self> {
        self.bulkhead.try_enter()
    }

    async fn enter(&self) -> GateResult<'_, Self> {
        let began = time::now();
        let mut permit = self.bulkhead.enter().await?;
        permit.lease = Box::pin(self.lease(began)).await?.map(Box::new);
        Ok(permit)
    }

    fn enter_blocking(&self, function: FunctionRef) -> GateResult<'_, Self> {
        self.bulkhead.enter_blocking(function)
    }
}
