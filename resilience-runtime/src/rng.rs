//! The only place that draws random numbers.

use std::hash::{BuildHasher, Hasher, RandomState};

/// A hash of nothing under `std`'s keys: the system's randomness, once per thread, and a count.
///
/// The keys outlive every destructor of a thread-local. A generator of the crate `rand` panics there.
pub fn random() -> u64 {
    RandomState::new().build_hasher().finish()
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
