//! The weight and the idle time of an entry. The type decides which of them exist, so that an entry
//! takes no memory for the others.

use std::sync::atomic::AtomicU64;

pub trait Weight: Send + Sync + 'static {
    /// The weight of an entry without `weigh`.
    fn unweighed() -> Self;

    fn weight(&self) -> u64;

    /// The moment at which the entry is gone unless it is read, in nanoseconds.
    #[inline]
    fn idle_until(&self) -> Option<&AtomicU64> {
        None
    }
}

/// Without `max_weight`, every entry counts as one.
impl Weight for () {
    fn unweighed() -> Self {}

    fn weight(&self) -> u64 {
        1
    }
}

/// `quick_cache` never evicts an entry of weight 0, so 0 counts as 1.
impl Weight for u64 {
    fn unweighed() -> Self {
        1
    }

    fn weight(&self) -> u64 {
        (*self).max(1)
    }
}

/// A weight for a cache with a `time_to_idle`.
#[derive(Debug)]
pub struct IdleTime<W> {
    weight: W,
    until: AtomicU64,
}

impl<W> IdleTime<W> {
    pub const fn new(weight: W) -> Self {
        Self { weight, until: AtomicU64::new(0) }
    }
}

impl<W: Weight> Weight for IdleTime<W> {
    fn unweighed() -> Self {
        Self::new(W::unweighed())
    }

    fn weight(&self) -> u64 {
        self.weight.weight()
    }

    #[inline]
    fn idle_until(&self) -> Option<&AtomicU64> {
        Some(&self.until)
    }
}

/// A weight for the cache of a policy with a `store`.
#[cfg(feature = "store")]
#[derive(Debug)]
pub struct SharedWeight(IdleTime<u64>);

#[cfg(feature = "store")]
impl SharedWeight {
    pub const fn new(weight: IdleTime<u64>) -> Self {
        Self(weight)
    }
}

#[cfg(feature = "store")]
impl Weight for SharedWeight {
    fn unweighed() -> Self {
        Self(IdleTime::unweighed())
    }

    fn weight(&self) -> u64 {
        self.0.weight()
    }

    #[inline]
    fn idle_until(&self) -> Option<&AtomicU64> {
        self.0.idle_until()
    }
}
