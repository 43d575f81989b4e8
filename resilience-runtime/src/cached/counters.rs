//! Counting without contention: threads that hit one cache must not write to one word.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::CacheStats;

/// As many as there are threads that count at once, more or less.
const STRIPES: usize = 8;

/// On cache lines of its own; two, since processors fetch them in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Stripe {
    hits: AtomicU64,
    misses: AtomicU64,
    stale: AtomicU64,
    loads: AtomicU64,
}

#[derive(Debug, Default)]
pub struct Counters([Stripe; STRIPES]);

thread_local! {
    /// `STRIPES` until the thread has one: a constant to begin with is read without a check.
    static STRIPE: Cell<usize> = const { Cell::new(STRIPES) };
}

#[cold]
fn choose_stripe() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let stripe = NEXT.fetch_add(1, Ordering::Relaxed) % STRIPES;
    STRIPE.set(stripe);
    stripe
}

impl Counters {
    fn here(&self) -> &Stripe {
        match self.0.get(STRIPE.get()) {
            Some(stripe) => stripe,
            None => &self.0[choose_stripe()],
        }
    }

    pub fn hit(&self) {
        self.here().hits.fetch_add(1, Ordering::Relaxed);
    }

    pub fn miss(&self) {
        self.here().misses.fetch_add(1, Ordering::Relaxed);
    }

    pub fn stale(&self) {
        self.here().stale.fetch_add(1, Ordering::Relaxed);
    }

    pub fn load(&self) {
        self.here().loads.fetch_add(1, Ordering::Relaxed);
    }

    pub fn stats(&self, evictions: u64) -> CacheStats {
        let sum = |of: fn(&Stripe) -> &AtomicU64| {
            self.0.iter().fold(0_u64, |sum, stripe| sum.saturating_add(of(stripe).load(Ordering::Relaxed)))
        };
        CacheStats {
            hits: sum(|stripe| &stripe.hits),
            misses: sum(|stripe| &stripe.misses),
            stale: sum(|stripe| &stripe.stale),
            loads: sum(|stripe| &stripe.loads),
            evictions,
        }
    }

    #[cfg(feature = "testing")]
    pub fn reset(&self) {
        for Stripe { hits, misses, stale, loads } in &self.0 {
            for counter in [hits, misses, stale, loads] {
                counter.store(0, Ordering::Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_threads_counts_add_up() {
        let counters = Counters::default();
        std::thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| (0..100).for_each(|_| counters.hit()));
            }
        });
        counters.miss();
        let stats = counters.stats(7);
        assert_eq!((stats.hits, stats.misses, stats.evictions), (2000, 1, 7));
    }
}
