//! Counters without contention or atomic additions: most threads own a stripe that only they write.

use std::cell::Cell;
use std::iter::repeat_with;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::CacheStats;
use crate::sync::lock;

/// The threads that own a stripe at a time; more than most programs run at once.
const OWN: usize = 32;
/// The stripes of all further threads.
const SHARED: usize = 8;

/// Two cache lines, because processors fetch them in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Stripe {
    hits: AtomicU64,
    misses: AtomicU64,
    stale: AtomicU64,
    loads: AtomicU64,
    #[cfg(feature = "store")]
    far_hits: AtomicU64,
    #[cfg(feature = "store")]
    far_misses: AtomicU64,
    #[cfg(feature = "store")]
    unreadable: AtomicU64,
}

/// The stripes never lie on the stack: they would fill that of a small thread.
#[derive(Debug)]
pub struct Counters {
    own: Box<[Stripe; OWN]>,
    shared: Box<[Stripe]>,
    /// Subtracted instead of written to stripes, which only their own threads may write.
    #[cfg(feature = "testing")]
    at_reset: Mutex<CacheStats>,
}

thread_local! {
    /// A constant initial value is read without a check.
    static STRIPE: Cell<usize> = const { Cell::new(UNASSIGNED) };
    /// Separate from `STRIPE`, because a value with a destructor is read with a check.
    static LEASE: StripeLease = const { StripeLease };
}

const UNASSIGNED: usize = usize::MAX;

/// The stripes of ended threads, and the number of stripes assigned so far.
static FREE_STRIPES: Mutex<(Vec<usize>, usize)> = Mutex::new((Vec::new(), 0));

/// The lock makes the counts of an ended thread visible to the next owner of its stripe.
struct StripeLease;

impl Drop for StripeLease {
    fn drop(&mut self) {
        // Later destructors of this thread may count too: they use a shared stripe.
        let stripe = STRIPE.replace(OWN);
        if stripe < OWN {
            lock(&FREE_STRIPES).0.push(stripe);
        }
    }
}

#[cold]
fn assign_stripe() -> usize {
    static NEXT_SHARED: AtomicUsize = AtomicUsize::new(0);
    let can_be_returned = LEASE.try_with(|_| ()).is_ok();
    let own = can_be_returned.then(|| {
        let (free, assigned) = &mut *lock(&FREE_STRIPES);
        free.pop().or_else(|| {
            let next = (*assigned < OWN).then_some(*assigned)?;
            *assigned += 1;
            Some(next)
        })
    });
    let stripe = own.flatten().unwrap_or_else(|| OWN + NEXT_SHARED.fetch_add(1, Ordering::Relaxed) % SHARED);
    STRIPE.set(stripe);
    stripe
}

impl Default for Counters {
    fn default() -> Self {
        let stripes = |count| repeat_with(Stripe::default).take(count).collect::<Box<[Stripe]>>();
        Self {
            own: stripes(OWN).try_into().unwrap_or_else(|_| unreachable!("the length is that of the array")),
            shared: stripes(SHARED),
            #[cfg(feature = "testing")]
            at_reset: Mutex::default(),
        }
    }
}

impl Counters {
    #[inline]
    fn count(&self, counter: impl Fn(&Stripe) -> &AtomicU64) {
        match self.own.get(STRIPE.get()) {
            Some(stripe) => {
                let counter = counter(stripe);
                counter.store(counter.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
            }
            None => self.count_shared(counter),
        }
    }

    #[cold]
    fn count_shared(&self, counter: impl Fn(&Stripe) -> &AtomicU64) {
        let stripe = match STRIPE.get() {
            UNASSIGNED => assign_stripe(),
            stripe => stripe,
        };
        // The first count of a thread comes here, even if it gets a stripe of its own.
        if let Some(stripe) = self.own.iter().chain(&*self.shared).nth(stripe) {
            counter(stripe).fetch_add(1, Ordering::Relaxed);
        }
    }

    #[inline]
    pub fn hit(&self) {
        self.count(|stripe| &stripe.hits);
    }

    pub fn miss(&self) {
        self.count(|stripe| &stripe.misses);
    }

    pub fn stale(&self) {
        self.count(|stripe| &stripe.stale);
    }

    pub fn load(&self) {
        self.count(|stripe| &stripe.loads);
    }

    #[cfg(feature = "store")]
    pub fn far_hit(&self) {
        self.count(|stripe| &stripe.far_hits);
    }

    #[cfg(feature = "store")]
    pub fn far_miss(&self) {
        self.count(|stripe| &stripe.far_misses);
    }

    #[cfg(feature = "store")]
    pub fn unreadable(&self) {
        self.count(|stripe| &stripe.unreadable);
    }

    fn total(&self) -> CacheStats {
        let sum = |of: fn(&Stripe) -> &AtomicU64| {
            let stripes = self.own.iter().chain(&*self.shared);
            stripes.fold(0_u64, |sum, stripe| sum.saturating_add(of(stripe).load(Ordering::Relaxed)))
        };
        CacheStats {
            hits: sum(|stripe| &stripe.hits),
            misses: sum(|stripe| &stripe.misses),
            stale: sum(|stripe| &stripe.stale),
            loads: sum(|stripe| &stripe.loads),
            evictions: 0,
            #[cfg(feature = "store")]
            far_hits: sum(|stripe| &stripe.far_hits),
            #[cfg(feature = "store")]
            far_misses: sum(|stripe| &stripe.far_misses),
            #[cfg(feature = "store")]
            unreadable: sum(|stripe| &stripe.unreadable),
        }
    }

    #[cfg(feature = "testing")]
    pub fn stats(&self, evictions: u64) -> CacheStats {
        let at_reset = *lock(&self.at_reset);
        let total = self.total();
        CacheStats {
            hits: total.hits.saturating_sub(at_reset.hits),
            misses: total.misses.saturating_sub(at_reset.misses),
            stale: total.stale.saturating_sub(at_reset.stale),
            loads: total.loads.saturating_sub(at_reset.loads),
            evictions,
            #[cfg(feature = "store")]
            far_hits: total.far_hits.saturating_sub(at_reset.far_hits),
            #[cfg(feature = "store")]
            far_misses: total.far_misses.saturating_sub(at_reset.far_misses),
            #[cfg(feature = "store")]
            unreadable: total.unreadable.saturating_sub(at_reset.unreadable),
        }
    }

    #[cfg(not(feature = "testing"))]
    pub fn stats(&self, evictions: u64) -> CacheStats {
        CacheStats { evictions, ..self.total() }
    }

    #[cfg(feature = "testing")]
    pub fn reset(&self) {
        let mut at_reset = lock(&self.at_reset);
        *at_reset = self.total();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    #[test]
    fn the_counts_of_all_threads_add_up() {
        let counters = Counters::default();
        // More threads at once than there are stripes.
        let all = Barrier::new(OWN + 2 * SHARED);
        thread::scope(|scope| {
            for _ in 0..OWN + 2 * SHARED {
                scope.spawn(|| {
                    (0..100).for_each(|_| counters.hit());
                    all.wait();
                    (0..100).for_each(|_| counters.hit());
                });
            }
        });
        // One thread after the other: each continues in the stripe of the one before.
        for _ in 0..2 * OWN {
            thread::scope(|scope| _ = scope.spawn(|| (0..100).for_each(|_| counters.hit())));
        }
        counters.miss();
        let stats = counters.stats(7);
        let hits = (OWN + 2 * SHARED) * 200 + 2 * OWN * 100;
        assert_eq!((stats.hits, stats.misses, stats.evictions), (hits as u64, 1, 7));
        let stripe = thread::spawn(|| {
            Counters::default().hit();
            STRIPE.get()
        });
        assert!(stripe.join().is_ok_and(|stripe| stripe < OWN), "ended threads return their stripes");
    }

    #[test]
    fn a_thread_local_destructor_may_count() {
        static COUNTERS: std::sync::LazyLock<Counters> = std::sync::LazyLock::new(Counters::default);
        struct Last;
        impl Drop for Last {
            fn drop(&mut self) {
                COUNTERS.hit();
            }
        }
        thread_local! {
            static LAST: Last = const { Last };
        }
        // Registered before and after the stripe is assigned: the order of destructors is not specified.
        for early in [false, true] {
            let ended = thread::spawn(move || {
                if early {
                    LAST.with(|_| ());
                }
                COUNTERS.hit();
                LAST.with(|_| ());
            });
            assert!(ended.join().is_ok());
        }
        assert_eq!(COUNTERS.stats(0).hits, 4);
    }
}
