use std::mem;
use std::sync::Arc;
use std::time::Duration;

use super::gcra::GcraState;
use super::turn_wait::switched_off;
use super::word::QuotaWord;
use super::{Limit, LimiterInside, RateLimiter, RateLimiterConfig};
use crate::count::Count;
use crate::event::GateKind;
use crate::instance::{Evictable, EvictionClass, Keyed, KeyedInstances, NamedInstance, Registered};
use crate::metrics::Meter;
use crate::registry::{Registry, StateName};
use crate::time;

/// The rate limiters of an attribute with a `key`, one for each value of the key.
///
/// Its methods are those of [`Keyed`]; `snapshot` returns a [`KeyedRateLimitersSnapshot`].
///
/// ```
/// use resilience::{KeyedRateLimiters, rate_limit};
///
/// #[rate_limit(name = "per client", key = client, max = 1, per = "1h")]
/// fn search(client: &str) -> Option<usize> {
///     Some(client.len())
/// }
///
/// assert_eq!((search("a"), search("a"), search("b")), (Some(1), None, Some(1)));
/// let limiters = KeyedRateLimiters::named("per client").ok_or("called now")?;
/// assert_eq!((limiters.len(), limiters.snapshot().rejected), (2, 1));
/// limiters.reset_all();
/// assert_eq!(search("a"), Some(1));
/// # Ok::<(), &str>(())
/// ```
pub type KeyedRateLimiters = Keyed<RateLimiter>;

impl KeyedRateLimiters {
    /// Forgets all keys, so that each starts with its full burst. Calls that wait keep their turns.
    pub fn reset_all(self) {
        self.reset();
    }
}

/// The state of a rate limiter at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RateLimiterSnapshot {
    /// Its name.
    pub name: String,
    /// The limit on calls, or on units of `cost`, in each period. `u32::MAX` without `max`.
    pub max: u32,
    /// The length of the period.
    pub per: Duration,
    /// The limit on calls at once.
    pub burst: u32,
    /// Calls, or units of `cost`, that would be admitted now, one after the other.
    pub available: u32,
    /// The time for which a hint of the server still holds all calls back.
    pub held_for: Option<Duration>,
    /// Calls that wait for their turn.
    pub waiting: u32,
    /// Calls rejected since the process started.
    pub rejected: u64,
    /// The state of the store, for a limit that processes share. `available` is then the share of
    /// this process alone, which counts while the store does not answer.
    #[cfg(feature = "store")]
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub shared: Option<SharedLimitSnapshot>,
}

/// The state of a rate limiter that processes share, as far as this process knows it.
#[cfg(feature = "store")]
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct SharedLimitSnapshot {
    /// The namespace of the store.
    pub store: String,
    /// True if the store is connected and not known to be away.
    pub is_available: bool,
    /// The units that this process has taken in advance, by `lease`, and has not used yet.
    pub leased: u64,
}

/// The state of all rate limiters of one attribute with a `key`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct KeyedRateLimitersSnapshot {
    /// Their name.
    pub name: String,
    /// The limit on keys.
    pub max_keys: u32,
    /// Keys that have a rate limiter now.
    pub keys: usize,
    /// Rate limiters that would reject a call now.
    pub used_up: usize,
    /// Calls that wait for their turn, of all keys.
    pub waiting: u32,
    /// Calls rejected by the rate limiters that still exist.
    pub rejected: u64,
    /// Calls that shared one rate limiter, because `max_keys` keys were in use or used up.
    pub shared: u64,
}

impl RateLimiter {
    fn with_limit(name: StateName, limit: Arc<Limit>) -> Self {
        let word = QuotaWord::new();
        word.put_back(GcraState::FULL, limit.quota, limit.config.wait.is_some(), time::now());
        Self {
            word,
            rejected: Count::new(),
            name,
            inside: LimiterInside { limit, machine: None }.into(),
            meter: Meter::new(),
            #[cfg(feature = "store")]
            shared: super::shared::SharedLink::default(),
        }
    }

    fn take_limit(&self, limit: Arc<Limit>) {
        let mut locked = self.lock();
        let after = *limit;
        let before = mem::replace(&mut locked.inside.limit, limit);
        let (_, state) = locked.parts();
        if before.config.is_enabled && after.config.is_enabled {
            state.convert(before.quota, after.quota, time::now());
        } else {
            state.reset();
        }
        drop(locked);
        #[cfg(feature = "store")]
        self.forget_rejection();
        if before.config.is_enabled && !after.config.is_enabled {
            switched_off();
        }
    }
}

static LIMITERS: Registry<Registered<RateLimiter>> = Registry::new();
static KEYED: Registry<KeyedInstances<RateLimiter>> = Registry::new();

impl NamedInstance for RateLimiter {
    const KIND: GateKind = GateKind::RateLimit;

    type Config = RateLimiterConfig;
    type Snapshot = RateLimiterSnapshot;
    type KeyedSnapshot = KeyedRateLimitersSnapshot;

    fn with_config(name: StateName, config: &RateLimiterConfig) -> Self {
        Self::with_limit(name, Arc::new(Limit::new(config)))
    }
    fn for_key(name: StateName, config: &RateLimiterConfig, other: &Self) -> Self {
        let limit = other.limit();
        if limit.config == *config { Self::with_limit(name, limit) } else { Self::with_config(name, config) }
    }
    /// The calls that have passed stay a debt, in calls.
    fn reconfigure(&self, config: &RateLimiterConfig) {
        self.take_limit(Arc::new(Limit::new(config)));
    }
    fn reconfigure_key(&self, config: &RateLimiterConfig, other: &Self) {
        let limit = other.limit();
        self.take_limit(if limit.config == *config { limit } else { Arc::new(Limit::new(config)) });
    }
    fn max_keys(config: &RateLimiterConfig) -> u32 {
        config.max_keys
    }
    fn registry() -> &'static Registry<Registered<Self>> {
        &LIMITERS
    }
    fn keyed_registry() -> &'static Registry<KeyedInstances<Self>> {
        &KEYED
    }
    fn snapshot(&self) -> RateLimiterSnapshot {
        self.snapshot()
    }
    fn keyed_snapshot(instances: &KeyedInstances<Self>) -> KeyedRateLimitersSnapshot {
        let mut all = KeyedRateLimitersSnapshot {
            name: instances.name().to_owned(),
            max_keys: instances.max_keys(),
            keys: instances.len(),
            used_up: 0,
            waiting: 0,
            rejected: 0,
            shared: instances.overflow_calls(),
        };
        instances.for_each(|limiter| {
            let one = limiter.snapshot();
            all.used_up += usize::from(one.available == 0);
            all.waiting = all.waiting.saturating_add(one.waiting);
            all.rejected = all.rejected.saturating_add(one.rejected);
        });
        all
    }
    fn reset(&self) {
        self.reset();
    }
    #[cfg(feature = "store")]
    fn forgotten(&self) {
        self.share_reset();
    }
}

impl Evictable for RateLimiter {
    /// Pins a limiter that rejects, or a flood of other keys would renew its tokens. One with
    /// tokens may go: a caller with so many keys has as many limits anyway.
    fn eviction_class(&self) -> EvictionClass {
        self.look(|Limit { config, quota }, state| match state.available(*quota, time::now()) {
            0 => EvictionClass::Pinned,
            tokens if tokens < config.effective_burst() => EvictionClass::Partial,
            _ => EvictionClass::Idle,
        })
    }
}
