//! Counting without contention, and without the price of an atomic addition: a thread has words that nobody else writes.

use std::cell::Cell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::CacheStats;
use crate::sync::lock;

/// So many threads have a stripe of their own, as long as they live; more than most programs run at once.
const OWN: usize = 32;
/// The others share these.
const SHARED: usize = 8;

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
pub struct Counters {
    own: [Stripe; OWN],
    shared: [Stripe; SHARED],
    /// What had been counted at the last reset: nobody but its thread may write to a stripe.
    #[cfg(feature = "testing")]
    forgotten: Mutex<CacheStats>,
}

thread_local! {
    /// `UNKNOWN` until the thread has a place: a constant to begin with is read without a check.
    static PLACE: Cell<usize> = const { Cell::new(UNKNOWN) };
    /// Apart from it, as what has a destructor is read with one.
    static RETURNED: Place = const { Place };
}

const UNKNOWN: usize = usize::MAX;

/// The places of threads that have ended, and how many were ever given.
static PLACES: Mutex<(Vec<usize>, usize)> = Mutex::new((Vec::new(), 0));

/// Gives the thread's own stripe to the next thread. What this one has written, that one sees, by the lock.
struct Place;

impl Drop for Place {
    fn drop(&mut self) {
        // A destructor that runs after this one may count, too.
        let place = PLACE.replace(OWN);
        if place < OWN {
            lock(&PLACES).0.push(place);
        }
    }
}

#[cold]
fn choose_place() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let has_time_left = RETURNED.try_with(|_| ()).is_ok();
    let own = has_time_left.then(|| {
        let (returned, given) = &mut *lock(&PLACES);
        returned.pop().or_else(|| {
            let next = (*given < OWN).then_some(*given)?;
            *given += 1;
            Some(next)
        })
    });
    let place = own.flatten().unwrap_or_else(|| OWN + NEXT.fetch_add(1, Ordering::Relaxed) % SHARED);
    PLACE.set(place);
    place
}

impl Counters {
    #[inline]
    fn count(&self, counter: impl Fn(&Stripe) -> &AtomicU64) {
        match self.own.get(PLACE.get()) {
            Some(stripe) => {
                let counter = counter(stripe);
                counter.store(counter.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
            }
            None => self.count_shared(counter),
        }
    }

    #[cold]
    fn count_shared(&self, counter: impl Fn(&Stripe) -> &AtomicU64) {
        let place = match PLACE.get() {
            UNKNOWN => choose_place(),
            place => place,
        };
        // The first time, it may be the thread's own after all.
        if let Some(stripe) = self.own.iter().chain(&self.shared).nth(place) {
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

    fn counted(&self) -> CacheStats {
        let sum = |of: fn(&Stripe) -> &AtomicU64| {
            let stripes = self.own.iter().chain(&self.shared);
            stripes.fold(0_u64, |sum, stripe| sum.saturating_add(of(stripe).load(Ordering::Relaxed)))
        };
        CacheStats {
            hits: sum(|stripe| &stripe.hits),
            misses: sum(|stripe| &stripe.misses),
            stale: sum(|stripe| &stripe.stale),
            loads: sum(|stripe| &stripe.loads),
            evictions: 0,
        }
    }

    #[cfg(feature = "testing")]
    pub fn stats(&self, evictions: u64) -> CacheStats {
        let forgotten = *lock(&self.forgotten);
        let counted = self.counted();
        CacheStats {
            hits: counted.hits.saturating_sub(forgotten.hits),
            misses: counted.misses.saturating_sub(forgotten.misses),
            stale: counted.stale.saturating_sub(forgotten.stale),
            loads: counted.loads.saturating_sub(forgotten.loads),
            evictions,
        }
    }

    #[cfg(not(feature = "testing"))]
    pub fn stats(&self, evictions: u64) -> CacheStats {
        CacheStats { evictions, ..self.counted() }
    }

    #[cfg(feature = "testing")]
    pub fn reset(&self) {
        let mut forgotten = lock(&self.forgotten);
        *forgotten = self.counted();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    #[test]
    fn the_threads_counts_add_up() {
        let counters = Counters::default();
        // More at once than there are places.
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
        // One after the other: each begins where the one before it has stopped.
        for _ in 0..2 * OWN {
            thread::scope(|scope| _ = scope.spawn(|| (0..100).for_each(|_| counters.hit())));
        }
        counters.miss();
        let stats = counters.stats(7);
        let hits = (OWN + 2 * SHARED) * 200 + 2 * OWN * 100;
        assert_eq!((stats.hits, stats.misses, stats.evictions), (hits as u64, 1, 7));
        let place = thread::spawn(|| {
            Counters::default().hit();
            PLACE.get()
        });
        assert!(place.join().is_ok_and(|place| place < OWN), "those that have ended need no place");
    }

    #[test]
    fn a_destructor_at_the_end_of_a_thread_may_count() {
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
        // Before and after the place is taken, as destructors run in the order of the first use, or in the other one.
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
