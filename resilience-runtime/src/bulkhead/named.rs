use super::word::PlacesWord;
use super::{Bulkhead, BulkheadConfig, BulkheadState};
use crate::count::Count;
use crate::event::GateKind;
use crate::instance::{
    Evictable, EvictionClass, Keyed, KeyedInstances, NamedInstance, Registered, keyed_snapshots, snapshots,
};
use crate::metrics::Meter;
use crate::registry::{Registry, StateName};
use crate::shutdown::wait_for_places;
use crate::sync::Configured;

/// The bulkheads of an attribute with a `key`, one for each value of the key.
///
/// Its methods are those of [`Keyed`]; `snapshot` returns a [`KeyedBulkheadsSnapshot`].
///
/// ```
/// use resilience::{KeyedBulkheads, bulkhead};
///
/// #[bulkhead(name = "per tenant", key = tenant, max = 2)]
/// fn export(tenant: &str) -> Option<u32> {
///     KeyedBulkheads::named("per tenant").map(|bulkheads| bulkheads.snapshot().in_flight)
/// }
///
/// assert_eq!((export("a"), export("b")), (Some(1), Some(1)));
/// let after = KeyedBulkheads::named("per tenant").ok_or("called now")?.snapshot();
/// assert_eq!((after.keys, after.in_flight, after.rejected), (2, 0, 0));
/// # Ok::<(), &str>(())
/// ```
pub type KeyedBulkheads = Keyed<Bulkhead>;

/// The state of a bulkhead at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BulkheadSnapshot {
    /// Its name.
    pub name: String,
    /// The limit on concurrent calls.
    pub max: u32,
    /// Calls in progress.
    pub in_flight: u32,
    /// Calls in the queue. Never more than zero while a place is free.
    pub waiting: u32,
    /// Calls rejected since the process started, including those that waited in vain.
    pub rejected: u64,
    /// The namespace of the store in which processes share its places. The other figures are those of
    /// this process.
    #[cfg(feature = "store")]
    pub store: Option<String>,
}

/// The state of all bulkheads of one attribute with a `key`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct KeyedBulkheadsSnapshot {
    /// Their name.
    pub name: String,
    /// The limit on keys.
    pub max_keys: u32,
    /// Keys that have a bulkhead now.
    pub keys: usize,
    /// Calls in progress, of all keys.
    pub in_flight: u32,
    /// Calls in a queue, of all keys.
    pub waiting: u32,
    /// Calls rejected by the bulkheads that still exist.
    pub rejected: u64,
    /// Calls that shared one bulkhead, because `max_keys` keys were in use.
    pub shared: u64,
}

static BULKHEADS: Registry<Registered<Bulkhead>> = Registry::new();
static KEYED: Registry<KeyedInstances<Bulkhead>> = Registry::new();

/// The calls in progress, by the names of their bulkheads.
fn held_places() -> Vec<(String, u64)> {
    let alone = snapshots::<Bulkhead>().into_iter().map(|one| (one.name, one.in_flight));
    let keyed = keyed_snapshots::<Bulkhead>().into_iter().map(|all| (all.name, all.in_flight));
    alone.chain(keyed).map(|(name, calls)| (name, calls.into())).collect()
}

impl NamedInstance for Bulkhead {
    const KIND: GateKind = GateKind::Bulkhead;

    type Config = BulkheadConfig;
    type Snapshot = BulkheadSnapshot;
    type KeyedSnapshot = KeyedBulkheadsSnapshot;

    fn with_config(name: StateName, config: &BulkheadConfig) -> Self {
        wait_for_places(held_places);
        let inside = Configured { config: *config, state: BulkheadState::new() };
        let (word, rejected) = (PlacesWord::new(), Count::new());
        Self {
            name,
            word,
            inside: inside.into(),
            rejected,
            meter: Meter::new(),
            #[cfg(feature = "store")]
            shared: super::shared::SharedPlaces::new(),
        }
    }
    fn reconfigure(&self, config: &BulkheadConfig) {
        self.take_settings(config);
    }
    fn max_keys(config: &BulkheadConfig) -> u32 {
        config.max_keys
    }
    fn registry() -> &'static Registry<Registered<Self>> {
        &BULKHEADS
    }
    fn keyed_registry() -> &'static Registry<KeyedInstances<Self>> {
        &KEYED
    }
    fn snapshot(&self) -> BulkheadSnapshot {
        self.snapshot()
    }
    fn keyed_snapshot(instances: &KeyedInstances<Self>) -> KeyedBulkheadsSnapshot {
        let mut all = KeyedBulkheadsSnapshot {
            name: instances.name().to_owned(),
            max_keys: instances.max_keys(),
            keys: instances.len(),
            in_flight: 0,
            waiting: 0,
            rejected: 0,
            shared: instances.overflow_calls(),
        };
        instances.for_each(|bulkhead| {
            let one = bulkhead.snapshot();
            all.in_flight = all.in_flight.saturating_add(one.in_flight);
            all.waiting = all.waiting.saturating_add(one.waiting);
            all.rejected = all.rejected.saturating_add(one.rejected);
        });
        all
    }
    /// Calls in progress keep their places.
    fn reset(&self) {
        self.lock().state.forget_rejections();
        self.rejected.reset();
    }
}

impl Evictable for Bulkhead {
    /// A call in progress or in the queue holds its bulkhead; otherwise only a statistic is lost.
    fn eviction_class(&self) -> EvictionClass {
        EvictionClass::Idle
    }
}
