//! Breakers and bulkheads of policies that processes share in a store.

use std::future::Future;
use std::time::Duration;

use resilience_options::bulkhead::OPTIONS as OF_BULKHEAD;
use resilience_options::circuit_breaker::OPTIONS as OF_BREAKER;
use serde::Serialize;

use super::LayerSharing;
use crate::bulkhead::{Bulkhead, BulkheadConfig, shared_bulkhead};
use crate::circuit_breaker::CircuitBreakerConfig;
use crate::context::in_attempt;
use crate::gate::{enter, leave};
use crate::policy::bulkhead::LeaveBulkhead;
use crate::policy::gate::GateLayer;
use crate::policy::keyed::KeyedBuilder;
use crate::policy::{BreakerBuilder, BulkheadBuilder, InnerCall, Operation};
use crate::store::SharedStore;

impl<E, W> BreakerBuilder<E, W> {
    option_setters! {
        OF_BREAKER, circuit_breaker_docs;
        quorum(processes: u32) => CircuitBreakerConfig::try_quorum;
    }

    /// Shares the open state of the breaker, by its name, with all processes that have this store.
    ///
    /// `call_blocking` does not ask the store. It reports its own changes to it, and respects the
    /// state that asynchronous calls have read.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), resilience::policy::InvalidPolicy> {
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use resilience::testing::{FakeEngine, FakeStore};
    /// use resilience::{Error, Policy, policy};
    ///
    /// // In a program, a `resilience_redis::Redis`.
    /// static SHARED: FakeStore = FakeStore::new("shop");
    /// SHARED.connect(&FakeEngine::new());
    ///
    /// let stock: Policy<u32, Error> =
    ///     Policy::new() >> policy::circuit_breaker("stock of all processes").store(&SHARED).build()?;
    ///
    /// assert_eq!(stock.call(async || Ok(7)).await, Ok(7));
    /// # Ok(()) }) }
    /// ```
    pub fn store(mut self, store: &'static dyn SharedStore) -> Self {
        self.shared = LayerSharing::of(store);
        self
    }
}

impl<K: Serialize + 'static, E, W> KeyedBuilder<K, BreakerBuilder<E, W>> {
    /// Shares the breaker of each key with all processes that have this store, by the name and the JSON
    /// of the key. Only a hash of the key leaves the process.
    pub fn store(mut self, store: &'static dyn SharedStore) -> Self {
        self.builder.shared = LayerSharing::of_key::<K>(store);
        self
    }
}

impl BulkheadBuilder {
    option_setters! {
        OF_BULKHEAD, bulkhead_docs;
        lease(time: Duration) => BulkheadConfig::try_lease;
    }

    /// Shares the permits of the bulkhead, by its name, with all processes that have this store.
    ///
    /// `call_blocking` does not ask the store. It takes a permit of this process alone.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), resilience::policy::InvalidPolicy> {
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use resilience::testing::{FakeEngine, FakeStore};
    /// use resilience::{Error, Policy, policy};
    ///
    /// // In a program, a `resilience_redis::Redis`.
    /// static SHARED: FakeStore = FakeStore::new("shop");
    /// SHARED.connect(&FakeEngine::new());
    ///
    /// let render: Policy<u32, Error> =
    ///     Policy::new() >> policy::bulkhead("GPUs of all processes").max(50).store(&SHARED).build()?;
    ///
    /// assert_eq!(render.call(async || Ok(7)).await, Ok(7));
    /// # Ok(()) }) }
    /// ```
    pub fn store(mut self, store: &'static dyn SharedStore) -> Self {
        self.shared = LayerSharing::of(store);
        self
    }
}

impl<K: Serialize + 'static> KeyedBuilder<K, BulkheadBuilder> {
    /// Shares the bulkhead of each key with all processes that have this store, by the name and the
    /// JSON of the key. Only a hash of the key leaves the process.
    pub fn store(mut self, store: &'static dyn SharedStore) -> Self {
        self.builder.shared = LayerSharing::of_key::<K>(store);
        self
    }
}

impl<E> GateLayer<Bulkhead, E, LeaveBulkhead> {
    pub async fn call_shared<T, F, Fut>(&self, inner: &mut InnerCall<'_, T, E, Operation<'_, F, Fut>>) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let shared = &self.settle.shared;
        let Some(store) = shared.store else { return self.call(inner).await };
        let bulkhead = self.gate(inner.call.key);
        shared.set_key(&bulkhead, inner.call.key);
        let permit = match enter(&shared_bulkhead(&bulkhead, store)).await {
            Ok(permit) => permit,
            Err(rejection) => return Err(self.rejected(inner, rejection)),
        };
        let out = in_attempt((), inner.call()).await;
        leave(permit);
        out
    }
}
