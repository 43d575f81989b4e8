//! Counters without contention or atomic additions: most threads own a stripe that only they write.

use std::iter::repeat_with;
#[cfg(feature = "testing")]
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::CacheStats;
use crate::count::stripe::{self, OWN, SHARED};
#[cfg(feature = "testing")]
use crate::sync::lock;

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

/// The stripes are never on the stack, because they would fill that of a small thread.
#[derive(Debug)]
pub struct Counters {
    own: Box<[Stripe; OWN]>,
    shared: Box<[Stripe]>,
    /// Subtracted on reads, because a reset may not write to the stripes of other threads.
    #[cfg(feature = "testing")]
    at_reset: Mutex<CacheStats>,
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
        match self.own.get(stripe::current()) {
            Some(stripe) => {
                let counter = counter(stripe);
                counter.store(counter.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
            }
            None => self.count_shared(counter),
        }
    }

    #[cold]
    fn count_shared(&self, counter: impl Fn(&Stripe) -> &AtomicU64) {
        let stripe = stripe::assigned();
        // The first count of a thread is counted here, even if the thread gets a stripe of its own.
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
        // One thread after the other, each in the stripe of its predecessor.
        for _ in 0..2 * OWN {
            thread::scope(|scope| _ = scope.spawn(|| (0..100).for_each(|_| counters.hit())));
        }
        counters.miss();
        let stats = counters.stats(7);
        let hits = (OWN + 2 * SHARED) * 200 + 2 * OWN * 100;
        assert_eq!((stats.hits, stats.misses, stats.evictions), (hits as u64, 1, 7));
        let stripe = thread::spawn(|| {
            Counters::default().hit();
            stripe::current()
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
