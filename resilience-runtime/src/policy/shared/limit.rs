//! Rate limits of policies that processes share in a store.

use std::future::Future;

use resilience_options::rate_limit::OPTIONS;
use serde::Serialize;

use super::LayerSharing;
use crate::context::in_attempt;
use crate::gate::{enter, enter_blocking};
use crate::policy::keyed::{Held, KeyedBuilder};
use crate::policy::rate_limit::{RateLimitLayer, StreamPermit};
use crate::policy::{Blocking, InnerCall, Operation, RateLimitBuilder};
use crate::rate_limit::{OnOutage, RateLimiter, RateLimiterConfig, shared_limit};
use crate::store::SharedStore;

impl<S, H> RateLimitBuilder<S, H> {
    option_setters! {
        OPTIONS, rate_limit_docs;
        lease(units: u32) => RateLimiterConfig::try_lease;
        instances(processes: u32) => RateLimiterConfig::try_instances;
    }

    /// Shares the limit, by its name, with all processes that have this store.
    ///
    /// `call_blocking` does not wait for the store. It takes units that are left of the
    /// [`lease`](Self::lease) of asynchronous calls. Without any, it applies the share of this process,
    /// `max` divided by [`instances`](Self::instances), and reports to the store what has passed.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), resilience::policy::InvalidPolicy> {
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use resilience::testing::{FakeEngine, FakeStore};
    /// use resilience::{Error, Policy, policy};
    /// use std::time::Duration;
    ///
    /// // In a program, a `resilience_redis::Redis`.
    /// static SHARED: FakeStore = FakeStore::new("shop");
    /// SHARED.connect(&FakeEngine::new());
    ///
    /// let ask: Policy<u32, Error> = Policy::new()
    ///     >> policy::rate_limit("calls of all processes")
    ///         .max(1)
    ///         .per(Duration::from_secs(60))
    ///         .instances(4)
    ///         .store(&SHARED)
    ///         .build()?;
    ///
    /// assert_eq!(ask.call(async || Ok(7)).await, Ok(7));
    /// assert!(matches!(ask.call(async || Ok(7)).await, Err(Error::RateLimited { .. })));
    /// # Ok(()) }) }
    /// ```
    pub fn store(mut self, store: &'static dyn SharedStore) -> Self {
        self.shared.store = Some(store);
        self
    }

    /// Sets what decides while the store does not answer. Default: [`OnOutage::Local`].
    pub fn on_outage(mut self, decides: OnOutage) -> Self {
        self.draft.set_option(OPTIONS.on_outage.key, |config| Ok(config.on_outage(decides)));
        self
    }
}

impl<K: Serialize + 'static, S, H> KeyedBuilder<K, RateLimitBuilder<S, H>> {
    /// Shares the limit of each key with all processes that have this store, by the name and the JSON of
    /// the key. Only a hash of the key leaves the process.
    pub fn store(mut self, store: &'static dyn SharedStore) -> Self {
        self.builder.shared = LayerSharing::of_key::<K>(store);
        self
    }
}

impl<T, E> RateLimitLayer<T, E> {
    fn shared_limiter<F: ?Sized>(&self, inner: &InnerCall<'_, T, E, F>) -> Held<'_, RateLimiter> {
        let limiter = self.gate.gate(inner.call.key);
        self.shared.set_key(&limiter, inner.call.key);
        limiter
    }

    pub async fn call_shared<F, Fut>(
        &self,
        store: &'static dyn SharedStore,
        inner: &mut InnerCall<'_, T, E, Operation<'_, F, Fut>>,
    ) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let limiter = self.shared_limiter(inner);
        let permit = match enter(&shared_limit(&limiter, self.cost_of(inner), Some(&inner.call.runs), store)).await {
            Ok(permit) => permit,
            Err(rejection) => return Err(self.gate.rejected(inner, rejection)),
        };
        let mut permit = StreamPermit::new(permit, inner);
        let out = in_attempt((), inner.call()).await;
        if let Some(permit) = permit.permit.take() {
            self.settle(permit, &out, inner);
        }
        out
    }

    pub fn call_shared_blocking(
        &self,
        store: &'static dyn SharedStore,
        inner: &mut InnerCall<'_, T, E, Blocking<'_, T, E>>,
    ) -> Result<T, E> {
        let limiter = self.shared_limiter(inner);
        let limit = shared_limit(&limiter, self.cost_of(inner), Some(&inner.call.runs), store);
        let permit =
            enter_blocking(&limit, self.gate.function).map_err(|rejection| self.gate.rejected(inner, rejection))?;
        let out = inner.call_blocking();
        self.settle(permit, &out, inner);
        out
    }
}
