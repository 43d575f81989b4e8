//! Successes in the current bucket of a window of time, counted by each thread for itself.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::thread;

use super::window::BucketEnd;
use crate::time::RoughMoment;

#[derive(Debug)]
pub struct Stripes(OnceLock<Box<StripeSet>>);

#[derive(Debug)]
struct StripeSet {
    /// The number of the last publication, in 24 bits. A count of another epoch is void, so none is
    /// lost or counted twice.
    epoch: AtomicU32,
    ends: RoughMoment,
    stripes: Box<[SuccessStripe]>,
}

/// The epoch, and the successes in it, on a cache line of its own.
#[derive(Debug)]
#[repr(align(128))]
struct SuccessStripe(AtomicU64);

const EPOCHS: u32 = 1 << 24;
const MOST: usize = 16;

thread_local! {
    static NUMBER: Cell<usize> = const { Cell::new(usize::MAX) };
}

#[cold]
fn number() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    let number = THREADS.fetch_add(1, Ordering::Relaxed) % MOST;
    NUMBER.set(number);
    number
}

impl Stripes {
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Counts a success, unless the bucket or the epoch has ended.
    #[inline]
    pub fn count(&self, epoch: u32) -> bool {
        let Some(set) = self.0.get() else { return false };
        if !set.ends.is_ahead() {
            return false;
        }
        let own = match NUMBER.get() {
            usize::MAX => number(),
            own => own,
        };
        let Some(SuccessStripe(stripe)) = set.stripes.get(own & (set.stripes.len() - 1)) else { return false };
        let mut counted = stripe.load(Ordering::Relaxed);
        while counted >> 32 == u64::from(epoch) && counted & (1 << 31) == 0 {
            match stripe.compare_exchange_weak(counted, counted + 1, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(seen) => counted = seen,
            }
        }
        false
    }

    /// Called under the lock. Returns the successes of the epoch, and ends it.
    pub fn collect(&self, epoch: u32) -> u64 {
        let Some(set) = self.0.get() else { return 0 };
        let next = u64::from(next(epoch)) << 32;
        let counted = set.stripes.iter().map(|stripe| stripe.0.swap(next, Ordering::AcqRel));
        counted.filter(|counted| counted >> 32 == u64::from(epoch)).map(|counted| counted & u64::from(u32::MAX)).sum()
    }

    /// Called under the lock, after [`collect`](Self::collect). Returns the new epoch.
    pub fn publish(&self, ends: BucketEnd) -> u32 {
        let set = self.0.get_or_init(|| Box::new(StripeSet::new()));
        if ends.is_long {
            set.ends.set(ends.at);
        } else {
            set.ends.set_exactly(ends.at);
        }
        let epoch = next(set.epoch.load(Ordering::Relaxed));
        set.epoch.store(epoch, Ordering::Relaxed);
        let none = u64::from(epoch) << 32;
        for SuccessStripe(stripe) in set.stripes.iter().filter(|stripe| stripe.0.load(Ordering::Relaxed) != none) {
            stripe.store(none, Ordering::Release);
        }
        epoch
    }
}

const fn next(epoch: u32) -> u32 {
    (epoch + 1) % EPOCHS
}

impl StripeSet {
    fn new() -> Self {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let stripes = processors.clamp(1, MOST).next_power_of_two();
        Self {
            epoch: AtomicU32::new(0),
            ends: RoughMoment::new(),
            stripes: (0..stripes).map(|_| SuccessStripe(AtomicU64::new(0))).collect(),
        }
    }
}
