//! Rate limits of policies that processes share in a store.

use super::invalid::Draft;
#[cfg(not(feature = "store"))]
use super::keyed::{CallKey, Held};
#[cfg(not(feature = "store"))]
use crate::bulkhead::BulkheadConfig;
#[cfg(not(feature = "store"))]
use crate::circuit_breaker::CircuitBreaker;
#[cfg(not(feature = "store"))]
use crate::circuit_breaker::CircuitBreakerConfig;
#[cfg(not(feature = "store"))]
use crate::error::Error;
use crate::rate_limit::RateLimiterConfig;

#[cfg(feature = "store")]
pub use with_store::SharedBy;

/// Without the feature `store`, no limit is shared.
#[cfg(not(feature = "store"))]
#[derive(Debug)]
pub struct SharedBy;

#[cfg(not(feature = "store"))]
impl SharedBy {
    pub const NONE: Self = Self;

    #[allow(clippy::unused_self, reason = "with the feature `store` it is used")]
    pub const fn check(&self, _: &mut Draft<RateLimiterConfig>, _: bool) {}

    #[allow(clippy::unused_self, reason = "with the feature `store` it is used")]
    pub const fn check_breaker(&self, _: &mut Draft<CircuitBreakerConfig>, _: bool) {}

    #[allow(clippy::unused_self, reason = "with the feature `store` it is used")]
    pub const fn check_bulkhead(&self, _: &mut Draft<BulkheadConfig>, _: bool) {}

    #[allow(clippy::unused_async, clippy::unused_self, reason = "with the feature `store` it is used")]
    pub async fn heed(&self, _: &Held<'_, CircuitBreaker>, _: Option<&dyn CallKey>) -> Result<(), Error> {
        Ok(())
    }
}

#[cfg(feature = "store")]
mod with_store {
    use std::any::Any;
    use std::fmt;
    use std::future::Future;

    use resilience_options::rate_limit::{NO_MAX_TO_SHARE, NO_STORE, OPTIONS, check_lease};
    use serde::Serialize;

    use super::{Draft, RateLimiterConfig};
    use crate::context::in_attempt;
    use crate::gate::{enter, enter_blocking};
    use crate::instance::key::{Borrowed, KeyRef};
    use crate::policy::keyed::{CallKey, Held, KeyedBuilder};
    use crate::policy::rate_limit::{LastingPermit, RateLimitLayer, StreamPermit};
    use crate::policy::{Blocking, InnerCall, RateLimitBuilder};
    use crate::rate_limit::{
        OnOutage, RateLimiter, SharedPermit, leave_shared, settle_shared, settle_shared_failed, shared_limit,
    };
    use crate::store::{KeyHash, SharedByKey, SharedStore, WrittenKey, shared_part};

    const KEY_FIRST: &str = "the key of shared state has to be known to its store; write `.key::<K>()` first, and `.store(..)` \
                             after it";

    type HashOfKey = fn(&dyn Any) -> Option<KeyHash>;

    /// The store of a layer, and how processes find the state of a key.
    pub struct SharedBy {
        pub store: Option<&'static dyn SharedStore>,
        hash: Option<HashOfKey>,
    }

    impl SharedBy {
        pub const NONE: Self = Self { store: None, hash: None };

        pub fn check(&self, draft: &mut Draft<RateLimiterConfig>, is_keyed: bool) {
            let has_store = self.store.is_some();
            let of_store = [OPTIONS.lease.key, OPTIONS.on_outage.key, OPTIONS.instances.key];
            draft.problem_if(!has_store && of_store.into_iter().any(|key| draft.has(key)), NO_STORE);
            draft.problem_if(has_store && !draft.has(OPTIONS.max.key), NO_MAX_TO_SHARE);
            self.check_key(draft, is_keyed);
            if has_store {
                draft.set(|config| {
                    check_lease(config.lease_units(), config.effective_burst()).map(|()| config.shared())
                });
            }
        }

        /// Tells the state of a key how other processes find it.
        pub fn tell_key<G: SharedByKey>(&self, state: &Held<'_, G>, key: Option<&dyn CallKey>) {
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

    impl fmt::Debug for SharedBy {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_tuple("SharedBy").field(&self.store.map(|store| store.engine().namespace())).finish()
        }
    }

    impl<S, H> RateLimitBuilder<S, H> {
        option_setters! {
            OPTIONS, rate_limit_docs;
            lease(units: u32) => RateLimiterConfig::try_lease;
            instances(processes: u32) => RateLimiterConfig::try_instances;
        }

        /// Shares the limit with all processes that have this store, by its name.
        ///
        /// `call_blocking` does not wait for the store. It takes units that asynchronous calls have left
        /// over of their [`lease`](Self::lease); otherwise it asks for the share of this process,
        /// `max` divided by [`instances`](Self::instances), and tells the store what has passed.
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
        /// Shares the limit of each key with all processes that have this store. They find it by the name
        /// and by the JSON of the key, which only its hash leaves the process.
        pub fn store(mut self, store: &'static dyn SharedStore) -> Self {
            self.builder.shared = SharedBy::of_key::<K>(store);
            self
        }
    }

    impl<T, E> RateLimitLayer<T, E> {
        fn shared_limiter<F: ?Sized>(&self, inner: &InnerCall<'_, T, E, F>) -> Held<'_, RateLimiter> {
            let limiter = self.gate.gate(inner.key);
            self.shared.tell_key(&limiter, inner.key);
            limiter
        }

        pub async fn call_shared<F, Fut>(
            &self,
            store: &'static dyn SharedStore,
            mut inner: InnerCall<'_, T, E, F>,
        ) -> Result<T, E>
        where
            F: FnMut() -> Fut,
            Fut: Future<Output = Result<T, E>>,
        {
            let limiter = self.shared_limiter(&inner);
            let permit = match enter(&shared_limit(&limiter, self.cost_of(&inner), Some(inner.runs), store)).await {
                Ok(permit) => permit,
                Err(rejection) => return Err(self.gate.rejected(&inner, rejection)),
            };
            let mut permit = StreamPermit::new(permit, &inner);
            let out = in_attempt((), inner.call()).await;
            if let Some(permit) = permit.permit.take() {
                self.end_shared(permit, &out, &inner);
            }
            out
        }

        pub fn call_shared_blocking(
            &self,
            store: &'static dyn SharedStore,
            mut inner: InnerCall<'_, T, E, Blocking<'_, T, E>>,
        ) -> Result<T, E> {
            let limiter = self.shared_limiter(&inner);
            let limit = shared_limit(&limiter, self.cost_of(&inner), Some(inner.runs), store);
            let permit = enter_blocking(&limit, self.gate.function)
                .map_err(|rejection| self.gate.rejected(&inner, rejection))?;
            let out = inner.call_blocking();
            self.end_shared(permit, &out, &inner);
            out
        }

        fn end_shared<F: ?Sized>(
            &self,
            permit: SharedPermit<'_, '_>,
            out: &Result<T, E>,
            inner: &InnerCall<'_, T, E, F>,
        ) {
            self.learn(&permit, out, inner.errors);
            match &self.settle {
                Some(units) if !inner.has_begun() => {
                    settle_shared(permit, out, inner.errors.identity(), |value| units(value, None));
                }
                Some(_) => {
                    settle_shared_failed(permit, out, inner.errors.identity(), inner.units_told(inner.layers.len()));
                }
                None => leave_shared(permit, out, inner.errors.identity()),
            }
        }
    }

    impl LastingPermit for SharedPermit<'_, '_> {
        fn settle(self, taken: Option<u64>) {
            Self::settle(self, taken);
        }

        fn settle_unfinished(self, taken: Option<u64>) {
            Self::settle_unfinished(self, taken);
        }
    }
}
