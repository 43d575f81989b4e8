//! Colliding, giant and very many keys.

use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::thread;

use futures_util::future::join_all;
use resilience::cached;
use tokio::time::sleep;

use crate::Colliding;
use crate::common::{Answer, Counter, Script, TestError, Watchdog, awaiting, poll_at_most, secs};

/// BUG-E20: expiry, stale values, eviction and recursion.
#[sync_and_async::test]
async fn colliding_keys_behave_like_any_others() {
    #[cached(ttl = 60, stale_if_error = "1h", skip(script))]
    async fn expiring(key: &Colliding, script: &Script<'_>) -> Answer {
        script.run().await.map(|call| key.0 * 1000 + call)
    }
    #[cached(max_size = 10, skip(calls))]
    async fn bounded(key: &Colliding, calls: &Counter) -> u32 {
        pause().await;
        calls.up();
        key.0
    }
    #[cached]
    async fn recursive(key: &Colliding) -> u64 {
        pause().await;
        if key.0 < 2 {
            return u64::from(key.0);
        }
        boxed(recursive(&Colliding(key.0 - 1))).await + boxed(recursive(&Colliding(key.0 - 2))).await
    }

    let clock = Clock::start();
    let script = Script::new(&clock, |call| if call <= 10 { Ok(call) } else { Err(TestError::Transient) });
    for round in 0..3 {
        for key in 0..10 {
            assert_eq!(expiring(&Colliding(key), &script).await, Ok(key * 1000 + key + 1), "round {round}");
        }
        if round == 1 {
            clock.sleep(secs(60)).await;
        }
    }
    let calls = Counter::new();
    for key in (0..100).chain(0..100) {
        assert_eq!(bounded(&Colliding(key), &calls).await, key);
    }
    assert!(calls.get() > 180, "{} of 200", calls.get());
    assert_eq!(recursive(&Colliding(60)).await, 1_548_008_755_920);
}

/// BUG-E3, BUG-E10, BUG-E13, BUG-E14, BUG-E20.
#[tokio::test(start_paused = true)]
async fn loads_of_colliding_keys_are_kept_apart() {
    let _watchdog = Watchdog::start();
    #[cached(name = "hostile.loads", skip(script))]
    async fn call(key: Colliding, script: &awaiting::Script<'_>) -> Answer {
        let answer = script.next();
        sleep(secs(1)).await;
        answer.map(|_| key.0)
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(0, &clock);
    let answers = join_all((0..200).map(|number| call(Colliding(number % 50), &script))).await;
    assert_eq!(answers, (0..200).map(|number| Ok(number % 50)).collect::<Vec<_>>());
    assert_eq!(script.calls(), 50);

    let mut under_way: Vec<_> = (100..103).map(|number| Box::pin(call(Colliding(number), &script))).collect();
    for load in &mut under_way {
        assert_eq!(poll_at_most(1, load).await, None);
    }
    let cache = resilience::Cache::named("hostile.loads").expect("called");
    assert_eq!((cache.invalidate(&Colliding(101)), cache.invalidate(&Colliding(1))), (Ok(false), Ok(true)));
    drop(under_way.remove(0));
    join_all(under_way).await;
    let calls = script.calls();
    join_all([1, 2, 100, 101, 102].map(|number| call(Colliding(number), &script))).await;
    assert_eq!(script.calls() - calls, 3, "the invalidated one, the one whose load was, and the dropped one");
}

/// BUG-F4: counted in comparisons, which are the cost of a collision.
#[test]
fn colliding_keys_cost_no_more_than_others() {
    static COMPARISONS: AtomicU64 = AtomicU64::new(0);

    #[expect(clippy::derived_hash_with_manual_eq, reason = "the same, counted")]
    #[derive(Clone, Hash, Eq)]
    struct Counting(u64);

    impl PartialEq for Counting {
        fn eq(&self, other: &Self) -> bool {
            COMPARISONS.fetch_add(1, SeqCst);
            self.0 == other.0
        }
    }
    #[cached(max_size = 4_000)]
    fn call(key: &Counting) -> u64 {
        key.0
    }
    let cost = |keys: &dyn Fn(u64) -> u64| {
        let before = COMPARISONS.load(SeqCst);
        for _ in 0..3 {
            for number in 0..1_000 {
                call(&Counting(keys(number)));
            }
        }
        COMPARISONS.load(SeqCst) - before
    };

    let plain = cost(&|number| number);
    // What would meet in one bucket of a table that takes the low bits, the high bits, a remainder, or a multiplication.
    let fibonacci = 0x9E37_79B9_7F4A_7C15_u64;
    let inverse = (0..6).fold(fibonacci, |x, _| x.wrapping_mul(2_u64.wrapping_sub(fibonacci.wrapping_mul(x))));
    let chosen: [&dyn Fn(u64) -> u64; 4] =
        [&|n| (n + 1) << 32, &|n| (n + 1) << 52, &|n| (n + 7) * 65_536 * 4_096, &|n| {
            (n + 1).wrapping_mul(inverse) << 20
        }];
    for keys in chosen {
        let cost = cost(keys);
        assert!(cost <= plain * 2, "{cost} comparisons, others take {plain}");
    }
}

#[test]
fn a_thread_local_destructor_may_call_a_cached_function() {
    #[cached]
    fn twice(number: u32) -> u32 {
        number * 2
    }
    struct Last;

    impl Drop for Last {
        fn drop(&mut self) {
            assert_eq!((twice(1), twice(2)), (2, 4));
        }
    }
    thread_local! {
        static LAST: Last = const { Last };
    }
    // Before the cache's own thread-locals and after them, as they are dropped in the order of their first use or against it.
    for early in [false, true] {
        let ended = thread::spawn(move || {
            if early {
                LAST.with(|_| ());
            }
            assert_eq!(twice(1), 2);
            LAST.with(|_| ());
        });
        assert!(ended.join().is_ok());
    }
}

/// BUG-F1, BUG-F2: a flood of keys fills the cache and nothing else.
#[test]
fn a_flood_of_keys_never_exceeds_max_size() {
    #[cached(name = "hostile.flood", max_size = 100)]
    fn call(key: u64) -> u64 {
        key
    }

    for key in 0..200_000 {
        assert_eq!(call(key), key);
    }
    let cache = resilience::Cache::named("hostile.flood").expect("called");
    let stats = cache.stats();
    assert!(cache.len() <= 100);
    assert_eq!((stats.hits, stats.misses, stats.loads), (0, 200_000, 200_000));
    assert_eq!(stats.evictions, 200_000 - cache.len() as u64, "E31: what came in is there or has been driven out");
    assert_eq!(call(7), 7, "honest calls are served");
}

/// Many more keys from several threads, with values that count themselves.
#[test]
#[ignore = "it takes minutes where tests are not optimized; `.ci/soak` runs it"]
fn a_flood_of_millions_of_keys_never_exceeds_max_size() {
    static ALIVE: AtomicU64 = AtomicU64::new(0);

    struct Counted;

    impl Counted {
        fn new() -> Self {
            ALIVE.fetch_add(1, SeqCst);
            Self
        }
    }
    impl Clone for Counted {
        fn clone(&self) -> Self {
            Self::new()
        }
    }
    impl Drop for Counted {
        fn drop(&mut self) {
            ALIVE.fetch_sub(1, SeqCst);
        }
    }
    #[cached(name = "hostile.flood.long", max_size = 1_000, ttl = 3600, stale_if_error = "1h")]
    fn call(key: u64) -> Option<Counted> {
        (key % 5 != 0).then(Counted::new)
    }

    let begin = std::time::Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            scope.spawn(move || {
                for key in 0..1_000_000 {
                    assert_eq!(call(thread << 32 | key).is_none(), (thread << 32 | key) % 5 == 0);
                    let alive = ALIVE.load(SeqCst);
                    // What is kept, and what four threads hold.
                    assert!(alive <= 1_000 + 4 * 8, "{alive} values");
                }
            });
        }
    });
    let cache = resilience::Cache::named("hostile.flood.long").expect("called");
    let stats = cache.stats();
    assert!(cache.len() <= 1_000 && cache.len() as u64 == ALIVE.load(SeqCst));
    assert_eq!((stats.hits, stats.misses, stats.loads), (0, 4_000_000, 4_000_000));
    assert_eq!(stats.evictions, 3_200_000 - cache.len() as u64);
    let process = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = process.lines().find_map(|line| line.strip_prefix("VmHWM:")).map_or("unknown", str::trim);
    println!("4,000,000 keys in {:.1} s, at most {peak} of memory", begin.elapsed().as_secs_f64());
}

/// BUG-F3: giant keys and values count by weight.
#[test]
fn giant_keys_never_exceed_max_weight() {
    #[cached(name = "hostile.giants", weigh = |key, value| (key.len() + value.len()) as u64, max_weight = 100_000)]
    fn call(key: String) -> String {
        key
    }

    for size in (0..300_usize).map(|number| number * 1_000) {
        assert_eq!(call("k".repeat(size)).len(), size);
        let cache = resilience::Cache::named("hostile.giants").expect("called");
        assert!(cache.len() <= 20, "{} entries", cache.len());
    }
}
