//! The key of one call, whose type the layers do not know.

use std::hash::Hash;
use std::ops::Deref;
use std::sync::Arc;

use crate::bulkhead::Bulkhead;
use crate::circuit_breaker::CircuitBreaker;
use crate::instance::key::{Borrowed, KeyRef};
use crate::instance::{KeyedInstance, KeyedSite, NamedInstance};
use crate::rate_limit::RateLimiter;

pub(in crate::policy) trait CallKey: Sync {
    fn breaker<'s>(
        &self,
        site: &'s KeyedSite<CircuitBreaker>,
        config: &Config<CircuitBreaker>,
    ) -> Held<'s, CircuitBreaker>;
    fn bulkhead<'s>(&self, site: &'s KeyedSite<Bulkhead>, config: &Config<Bulkhead>) -> Held<'s, Bulkhead>;
    fn limiter<'s>(&self, site: &'s KeyedSite<RateLimiter>, config: &Config<RateLimiter>) -> Held<'s, RateLimiter>;
    /// For the hash of a new key, under which processes share its state.
    #[cfg(feature = "store")]
    fn owned(&self) -> Box<dyn std::any::Any>;
}

type Config<G> = <G as NamedInstance>::Config;

pub(in crate::policy) struct BorrowedKey<'a, Q: ?Sized>(pub &'a Q);

impl<Q> BorrowedKey<'_, Q>
where
    Q: ToOwned + Hash + Eq + Sync + ?Sized,
    Q::Owned: Hash + Eq + Clone + Send + Sync + 'static,
{
    fn hold<'s, G: NamedInstance>(&self, site: &'s KeyedSite<G>, config: &G::Config) -> Held<'s, G> {
        match site.for_key(config, &KeyRef((Borrowed(self.0),))) {
            KeyedInstance::Own(entry) => Held::Own(entry),
            KeyedInstance::Overflow(shared) => Held::Shared(shared),
        }
    }
}

/// The key of a call that may outlive the borrow of its caller.
pub(super) struct OwnedKey<K>(pub K);

impl<K: Hash + Eq + Clone + Send + Sync + 'static> CallKey for OwnedKey<K> {
    fn breaker<'s>(
        &self,
        site: &'s KeyedSite<CircuitBreaker>,
        config: &Config<CircuitBreaker>,
    ) -> Held<'s, CircuitBreaker> {
        BorrowedKey(&self.0).hold(site, config)
    }
    fn bulkhead<'s>(&self, site: &'s KeyedSite<Bulkhead>, config: &Config<Bulkhead>) -> Held<'s, Bulkhead> {
        BorrowedKey(&self.0).hold(site, config)
    }
    fn limiter<'s>(&self, site: &'s KeyedSite<RateLimiter>, config: &Config<RateLimiter>) -> Held<'s, RateLimiter> {
        BorrowedKey(&self.0).hold(site, config)
    }
    #[cfg(feature = "store")]
    fn owned(&self) -> Box<dyn std::any::Any> {
        Box::new(self.0.clone())
    }
}

impl<Q> CallKey for BorrowedKey<'_, Q>
where
    Q: ToOwned + Hash + Eq + Sync + ?Sized,
    Q::Owned: Hash + Eq + Clone + Send + Sync + 'static,
{
    fn breaker<'s>(
        &self,
        site: &'s KeyedSite<CircuitBreaker>,
        config: &Config<CircuitBreaker>,
    ) -> Held<'s, CircuitBreaker> {
        self.hold(site, config)
    }
    fn bulkhead<'s>(&self, site: &'s KeyedSite<Bulkhead>, config: &Config<Bulkhead>) -> Held<'s, Bulkhead> {
        self.hold(site, config)
    }
    fn limiter<'s>(&self, site: &'s KeyedSite<RateLimiter>, config: &Config<RateLimiter>) -> Held<'s, RateLimiter> {
        self.hold(site, config)
    }
    #[cfg(feature = "store")]
    fn owned(&self) -> Box<dyn std::any::Any> {
        Box::new(self.0.to_owned())
    }
}

/// The instance of a key, during one call. Its type does not contain that of the key, because rustc
/// erases the lifetimes of what a future holds.
pub(in crate::policy) enum Held<'s, G: NamedInstance> {
    Own(Arc<dyn Deref<Target = G> + Send + Sync>),
    Shared(&'s G),
}

impl<G: NamedInstance> Deref for Held<'_, G> {
    type Target = G;

    fn deref(&self) -> &G {
        match self {
            Self::Own(own) => own,
            Self::Shared(shared) => shared,
        }
    }
}
