//! The only place that draws random numbers.

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};

use rand::rngs::{SysRng, Xoshiro256PlusPlus};
use rand::{Rng, SeedableRng};

thread_local! {
    /// It has no destructor, so the destructors of other thread-locals can draw. `rand`'s own
    /// generator of a thread panics there.
    static GENERATOR: Cell<Option<Xoshiro256PlusPlus>> = const { Cell::new(None) };
}

pub fn random() -> u64 {
    GENERATOR.with(|shared| {
        let mut generator = shared.take().unwrap_or_else(seeded);
        let drawn = generator.next_u64();
        shared.set(Some(generator));
        drawn
    })
}

#[cold]
fn seeded() -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::try_from_rng(&mut SysRng)
        .unwrap_or_else(|_| Xoshiro256PlusPlus::seed_from_u64(RandomState::new().hash_one(())))
}

/// A generator of tests, with the same numbers in each run.
#[cfg(test)]
pub struct Reproducible(Xoshiro256PlusPlus);

#[cfg(test)]
impl Reproducible {
    pub fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use super::*;

    const DRAWS: u32 = 20_000;

    #[test]
    fn every_bit_is_a_fair_coin_and_changes_at_every_second_draw() {
        let (mut ones, mut changes, mut last) = ([0; 64], [0; 64], random());
        for _ in 0..DRAWS {
            let drawn = random();
            for bit in 0..64 {
                ones[bit] += u32::from(drawn >> bit & 1 == 1);
                changes[bit] += u32::from((drawn ^ last) >> bit & 1 == 1);
            }
            last = drawn;
        }
        // Seven standard deviations, which chance exceeds once in a billion runs.
        let fair = DRAWS / 2 - 500..DRAWS / 2 + 500;
        assert!(ones.iter().chain(&changes).all(|count| fair.contains(count)), "{ones:?} {changes:?}");
    }

    #[test]
    fn no_two_threads_draw_the_same() {
        let draws = || (0..1000).map(|_| random()).collect::<Vec<_>>();
        let threads: Vec<_> = (0..8).map(|_| thread::spawn(draws)).collect();
        let distinct: HashSet<u64> = threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect();
        assert_eq!(distinct.len(), 8000);
    }
}
