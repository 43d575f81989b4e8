//! Handles and the statistics of a cache.

use std::hash::Hash;

use futures_util::future::join_all;
use resilience::{Cache, cached};
use tokio::time::sleep;

use crate::common::{Watchdog, blocking, secs};

#[test]
fn a_handle_shows_and_clears_the_cache() {
    #[cached(name = "cached.handle", max_size = 100)]
    fn call(number: u32) -> Option<u32> {
        (number != 0).then_some(number)
    }

    assert!(resilience::Cache::named("cached.handle").is_none(), "never called");
    assert!(resilience::Cache::named("cached.unknown").is_none());
    for number in [1, 2, 1, 0, 0, 3, 1] {
        call(number);
    }
    let cache = resilience::Cache::named("cached.handle").expect("called");
    let stats = cache.stats();
    assert_eq!((cache.len(), cache.is_empty()), (3, false));
    assert_eq!((stats.hits, stats.misses, stats.loads, stats.evictions), (2, 5, 5, 0));
    assert!((stats.hit_rate() - 2.0 / 7.0).abs() < 1e-9);
    cache.clear();
    assert_eq!((cache.len(), cache.is_empty()), (0, true));
    call(1);
    call(1);
    let stats = cache.stats();
    assert_eq!((cache.len(), stats.hits, stats.misses), (1, 3, 6), "clearing is no reason to forget the past");
}

#[test]
fn only_entries_removed_to_make_room_count_as_evicted() {
    #[cached(name = "cached.evictions", max_size = 2, ttl = 10)]
    fn call(number: u32) -> u32 {
        number
    }

    let clock = blocking::Clock::start();
    let evictions = || resilience::Cache::named("cached.evictions").expect("called").stats().evictions;
    call(1);
    clock.sleep(secs(10));
    call(1);
    assert_eq!(evictions(), 0, "replaced, because it had expired");
    assert_eq!((2..10).map(call).sum::<u32>(), 44);
    assert_eq!(evictions(), 7);
}

#[tokio::test(start_paused = true)]
async fn concurrent_misses_count_as_one_load() {
    let _watchdog = Watchdog::start();
    #[cached(name = "cached.concurrent")]
    async fn call(number: u32) -> u32 {
        sleep(secs(1)).await;
        number
    }

    join_all((0..100).map(|_| call(1))).await;
    call(1).await;
    let stats = resilience::Cache::named("cached.concurrent").expect("called").stats();
    assert_eq!((stats.hits, stats.misses, stats.loads), (1, 100, 1));
    assert!((stats.hit_rate() - 1.0 / 101.0).abs() < 1e-9, "of all calls");
}

#[test]
fn one_handle_covers_all_types_of_a_generic_function() {
    #[cached(name = "cached.generic")]
    fn call<T: Clone + Eq + Hash + Send + Sync + 'static>(value: T) -> T {
        value
    }

    call(1_u8);
    call(1_u16);
    call("text".to_owned());
    call(1_u8);
    let cache = resilience::Cache::named("cached.generic").expect("called");
    let stats = cache.stats();
    assert_eq!((cache.len(), stats.hits, stats.misses), (3, 1, 3));
    cache.clear();
    assert!(cache.is_empty());
}

#[test]
fn a_cache_without_a_name_is_found_by_the_path_of_its_function() {
    #[cached]
    fn found_by_path() -> u32 {
        7
    }

    found_by_path();
    assert_eq!(resilience::Cache::named(concat!(module_path!(), "::found_by_path")).map(Cache::len), Some(1));
}
