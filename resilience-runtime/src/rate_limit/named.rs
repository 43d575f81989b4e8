use std::fmt;

use super::{KEYED, RateLimiter};
use crate::instance::site::Many;

/// The rate limiters of an attribute with a `key`, one for each value of it.
///
/// They are seen together only: a key may be a secret, and is never told.
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
/// let seen = KeyedRateLimiters::named("per client").ok_or("called now")?.snapshot();
/// assert_eq!((seen.keys, seen.rejected), (2, 1));
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy)]
pub struct KeyedRateLimiters {
    many: &'static Many<RateLimiter>,
}

/// The rate limiters of one name, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct KeyedRateLimitersSnapshot {
    /// The name they are found under.
    pub name: String,
    /// The most keys there may be.
    pub max_keys: u32,
    /// The keys that have a limiter now.
    pub keys: usize,
    /// Those of them that would reject a call.
    pub used_up: usize,
    /// Callers that wait for their turn.
    pub waiting: u32,
    /// Calls turned away by the limiters that are still there.
    pub rejected: u64,
    /// Calls that shared one limiter with others: there were as many keys as there may be, none of which could be
    /// forgotten.
    pub shared: u64,
}

impl KeyedRateLimiters {
    /// The limiters of this name, once a function that carries it with a `key` has been called.
    pub fn named(name: &str) -> Option<Self> {
        KEYED.get(name).map(|many| Self { many })
    }

    /// What they are doing, added up.
    pub fn snapshot(self) -> KeyedRateLimitersSnapshot {
        let Self { many } = self;
        let mut all = KeyedRateLimitersSnapshot {
            name: many.name().to_owned(),
            max_keys: many.max_keys(),
            keys: many.len(),
            used_up: 0,
            waiting: 0,
            rejected: 0,
            shared: many.shared(),
        };
        many.for_each(|limiter| {
            let one = limiter.snapshot();
            all.used_up += usize::from(one.available == 0);
            all.waiting = all.waiting.saturating_add(one.waiting);
            all.rejected = all.rejected.saturating_add(one.rejected);
        });
        all
    }
}

pub(crate) fn snapshots() -> Vec<KeyedRateLimitersSnapshot> {
    KEYED.all().into_iter().map(|many| KeyedRateLimiters { many }.snapshot()).collect()
}

impl fmt::Debug for KeyedRateLimiters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.snapshot(), f)
    }
}
