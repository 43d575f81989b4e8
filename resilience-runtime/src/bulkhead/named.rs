use std::fmt;

use super::{Bulkhead, KEYED};
use crate::instance::site::Many;

/// The bulkheads of an attribute with a `key`, one for each value of it.
///
/// They are seen together only: a key may be a secret, and is never told.
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
#[derive(Clone, Copy)]
pub struct KeyedBulkheads {
    many: &'static Many<Bulkhead>,
}

/// The bulkheads of one name, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct KeyedBulkheadsSnapshot {
    /// The name they are found under.
    pub name: String,
    /// The most keys there may be.
    pub max_keys: u32,
    /// The keys that have a bulkhead now.
    pub keys: usize,
    /// Calls that run now, of all keys.
    pub in_flight: u32,
    /// Calls that wait for a place.
    pub waiting: u32,
    /// Calls turned away by the bulkheads that are still there.
    pub rejected: u64,
    /// Calls that shared one bulkhead with others: there were as many keys as there may be, all in use.
    pub shared: u64,
}

impl KeyedBulkheads {
    /// The bulkheads of this name, once a function that carries it with a `key` has been called.
    pub fn named(name: &str) -> Option<Self> {
        KEYED.get(name).map(|many| Self { many })
    }

    /// What they are doing, added up.
    pub fn snapshot(self) -> KeyedBulkheadsSnapshot {
        let Self { many } = self;
        let mut all = KeyedBulkheadsSnapshot {
            name: many.name().to_owned(),
            max_keys: many.max_keys(),
            keys: many.len(),
            in_flight: 0,
            waiting: 0,
            rejected: 0,
            shared: many.shared(),
        };
        many.for_each(|bulkhead| {
            let one = bulkhead.snapshot();
            all.in_flight = all.in_flight.saturating_add(one.in_flight);
            all.waiting = all.waiting.saturating_add(one.waiting);
            all.rejected = all.rejected.saturating_add(one.rejected);
        });
        all
    }
}

pub(crate) fn snapshots() -> Vec<KeyedBulkheadsSnapshot> {
    KEYED.all().into_iter().map(|many| KeyedBulkheads { many }.snapshot()).collect()
}

impl fmt::Debug for KeyedBulkheads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.snapshot(), f)
    }
}
