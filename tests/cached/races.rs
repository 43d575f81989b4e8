//! Races that a clock or many threads make visible, and what a call costs.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use resilience::cached;
use tokio::time::sleep;

use crate::common::{Answer, Counter, Elapsed, TestError, awaiting, blocking, poll_at_most, secs};

std::thread_local! {
    static CLOCK: RefCell<Option<blocking::Clock>> = const { RefCell::new(None) };
    static RANDOM: Cell<u64> = const { Cell::new(7) };
    static PIECES: Cell<u32> = const { Cell::new(0) };
}

fn random(below: u64) -> u64 {
    let next = RANDOM.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    RANDOM.set(next);
    (next >> 33) % below
}

/// Counts a call of user code, and advances the clock during it.
fn tick() {
    PIECES.set(PIECES.get() + 1);
    CLOCK.with_borrow(|clock| {
        if let Some(clock) = clock {
            clock.sleep(Duration::from_millis(random(2_000)));
        }
    });
}

#[derive(Debug)]
struct Ticking(u64);

impl PartialEq for Ticking {
    fn eq(&self, other: &Self) -> bool {
        tick();
        self.0 == other.0
    }
}
impl Eq for Ticking {}
impl Hash for Ticking {
    fn hash<H: Hasher>(&self, state: &mut H) {
        tick();
        self.0.hash(state);
    }
}
impl Clone for Ticking {
    fn clone(&self) -> Self {
        tick();
        Self(self.0)
    }
}

/// A computed value, and the times between which it was stored.
#[derive(Debug, Clone, Copy)]
struct Made {
    id: u64,
    after: Duration,
    before: Duration,
}

/// BUG-E6: the waiter moves to another task, which is then woken.
#[tokio::test(start_paused = true)]
async fn a_waiter_that_has_moved_to_another_task_is_woken_there() {
    static CALLS: Counter = Counter::new();

    #[cached]
    async fn call() -> u32 {
        sleep(secs(1)).await;
        CALLS.up()
    }

    let leader = tokio::spawn(call());
    awaiting::pause().await;
    let mut waiters: Vec<_> = (0..5).map(|_| Box::pin(call())).collect();
    for waiter in &mut waiters {
        assert_eq!(poll_at_most(1, waiter).await, None);
    }
    let moved: Vec<_> = waiters.into_iter().map(tokio::spawn).collect();
    let all = futures_util::future::join_all(moved.into_iter().chain([leader]));
    let answers = awaiting::ends(all).await;
    assert!(answers.iter().all(|answer| answer.as_ref().ok() == Some(&1)), "{answers:?}");
    assert_eq!(CALLS.get(), 1);
}

/// BUG-E8: each lookup after an expiry finds the lock free, with one caller and with several.
#[sync_and_async::test]
async fn an_expired_entry_is_loaded_again_each_time() {
    #[cached(skip(script), ttl = 10)]
    async fn call(key: u32, script: &Script<'_>) -> Answer {
        script.run().await.map(|call| key + call)
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    for round in 0..50 {
        for key in [1000, 2000] {
            let expected = Ok(key + 2 * round + key / 1000);
            assert_eq!([call(key, &script).await, call(key, &script).await], [expected.clone(), expected]);
        }
        clock.sleep(secs(10)).await;
    }
    assert_eq!(script.calls(), 100);
}

fn now() -> Duration {
    CLOCK.with_borrow(|clock| clock.as_ref().map_or(Duration::ZERO, Elapsed::elapsed))
}

/// BUG-E17: whenever the cache reads the clock, no value is returned that had expired when the call began, and none is
/// loaded again that had not expired when the call ended.
#[test]
fn no_value_is_returned_after_its_expiry_however_the_clock_runs() {
    const TTL: Duration = secs(20);
    const WINDOW: Duration = secs(15);
    /// How early an entry may expire.
    const STEP: Duration = Duration::from_nanos(128);

    static NEXT: AtomicU64 = AtomicU64::new(0);

    std::thread_local! {
        static MADE: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    }

    fn body(key: &Ticking) -> Result<Ticking, TestError> {
        assert!(key.0 < 5);
        tick();
        if random(3) == 0 {
            return Err(TestError::Transient);
        }
        MADE.set(now());
        Ok(Ticking(NEXT.fetch_add(1, SeqCst)))
    }
    #[cached(name = "rows.model", ttl = TTL, max_size = 1000)]
    fn plain(key: &Ticking) -> Result<Ticking, TestError> {
        body(key)
    }
    #[cached(name = "rows.model.stale", ttl = TTL, stale_if_error = WINDOW, max_size = 1000)]
    fn stale(key: &Ticking) -> Result<Ticking, TestError> {
        body(key)
    }

    let functions: [(fn(&Ticking) -> _, _, _); 2] =
        [(plain, Duration::ZERO, "rows.model"), (stale, WINDOW, "rows.model.stale")];
    for (call, window, name) in functions {
        blocking::ends(move || {
            CLOCK.set(Some(blocking::Clock::start()));
            let (mut model, mut outcomes) = (BTreeMap::<u64, Made>::new(), BTreeMap::<&str, u32>::new());
            for _ in 0..20_000 {
                let key = random(5);
                let (loads, start) = (|| resilience::Cache::named(name).map_or(0, |cache| cache.stats().loads), now());
                let before = loads();
                let answer = call(&Ticking(key));
                let (has_loaded, end, known) = (loads() > before, now(), model.get(&key).copied());
                let outcome = match (answer, has_loaded) {
                    (Ok(value), false) => {
                        let known = known.expect("nothing comes from nowhere");
                        assert_eq!(value.0, known.id, "the last one");
                        assert!(start < known.before + TTL, "{start:?}: given out beyond its time, {known:?}");
                        "hit"
                    }
                    (Ok(value), true) if known.is_some_and(|known| known.id == value.0) => {
                        let known = known.expect("just looked at");
                        assert!(start < known.before + TTL + window, "{start:?}: too old for a failure, {known:?}");
                        "old"
                    }
                    (Ok(value), true) => {
                        if let Some(known) = known {
                            assert!(end + STEP >= known.after + TTL, "{end:?}: it had not expired, {known:?}");
                        }
                        model.insert(key, Made { id: value.0, after: MADE.get(), before: end });
                        "new"
                    }
                    (Err(_), has_loaded) => {
                        assert!(has_loaded);
                        if let Some(known) = known {
                            assert!(end + STEP >= known.after + TTL + window, "{end:?}: still good, {known:?}");
                        }
                        "error"
                    }
                };
                *outcomes.entry(outcome).or_default() += 1;
                if random(200) == 0 {
                    resilience::Cache::named(name).expect("called").clear();
                    model.clear();
                }
            }
            let expected = if window.is_zero() { 3 } else { 4 };
            assert!(outcomes.len() == expected && outcomes.values().all(|times| *times > 100), "{outcomes:?}");
        });
    }
}

/// BUG-E26: a call touches as many entries as it takes, however many there are.
#[test]
fn the_cost_of_a_call_does_not_grow_with_the_number_of_entries() {
    #[cached(name = "rows.work", ttl = 3600, max_size = 10_000)]
    fn call(key: &Ticking) -> Ticking {
        Ticking(key.0)
    }

    let mut most = [0; 2];
    for (round, keys) in [(0, 0..20), (1, 20..40_000)] {
        for key in keys {
            PIECES.set(0);
            assert_eq!(call(&Ticking(key)).0, key);
            most[round] = most[round].max(PIECES.get());
        }
    }
    assert_eq!(
        resilience::Cache::named("rows.work").map(resilience::Cache::len).filter(|len| *len > 5_000),
        Some(10_000)
    );
    // Keys whose hashes are alike in part are compared.
    assert!(most[1] <= most[0] + 50, "{most:?} pieces of the user's code");
}

/// BUG-E28, BUG-E31: values count their creation and destruction, over more than 32 threads and every operation.
#[test]
fn forty_threads_get_whole_values_and_leak_none() {
    static ALIVE: AtomicI64 = AtomicI64::new(0);
    static CALLS: AtomicU64 = AtomicU64::new(0);

    #[derive(Debug)]
    struct Whole(Box<[u64; 8]>);

    impl Whole {
        fn new(number: u64) -> Self {
            ALIVE.fetch_add(1, SeqCst);
            Self(Box::new([number; 8]))
        }
    }
    impl Clone for Whole {
        fn clone(&self) -> Self {
            let [first, ..] = *self.0;
            assert_eq!(*self.0, [first; 8]);
            Self::new(first)
        }
    }
    impl Drop for Whole {
        fn drop(&mut self) {
            ALIVE.fetch_sub(1, SeqCst);
        }
    }
    #[cached(name = "rows.threads", ttl_ms = 1, stale_while_revalidate = "1ms", max_size = 50)]
    fn on_a_thread(key: u64) -> Whole {
        Whole::new(key)
    }
    #[cached(name = "rows.threads", ttl_ms = 1, max_size = 50)]
    async fn in_a_task(key: u64) -> Option<Whole> {
        awaiting::pause().await;
        (key != 7).then(|| Whole::new(key))
    }

    blocking::ends(|| {
        let cache = || resilience::Cache::named("rows.threads");
        std::thread::scope(|scope| {
            for thread in 0..40 {
                scope.spawn(move || {
                    RANDOM.set(thread);
                    let runtime =
                        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
                    for _ in 0..1_000 {
                        let key = random(80);
                        match random(100) {
                            0 => drop(cache().map(resilience::Cache::clear)),
                            1..5 => drop(cache().map(|cache| cache.invalidate(&key))),
                            choice => {
                                CALLS.fetch_add(1, SeqCst);
                                let value = if choice % 2 == 0 {
                                    Some(on_a_thread(key))
                                } else {
                                    runtime.block_on(in_a_task(key))
                                };
                                assert_eq!(value.is_none(), key == 7 && choice % 2 == 1);
                                assert!(value.is_none_or(|value| *value.0 == [key; 8]));
                            }
                        }
                    }
                });
            }
        });
        let cache = cache().expect("called");
        let stats = cache.stats();
        assert_eq!(stats.hits + stats.misses, CALLS.load(SeqCst), "{stats:?}");
        assert!(stats.loads <= stats.misses && cache.len() <= 100, "{stats:?}");
        cache.clear();
        assert_eq!((cache.len(), ALIVE.load(SeqCst)), (0, 0), "all have gone, once");
    });
}

/// BUG-E29: the future contains the body once.
#[test]
fn a_cached_future_grows_with_its_body_and_no_faster() {
    async fn body<const N: usize>(key: u32) -> u32 {
        let held = [key; N];
        awaiting::pause().await;
        held.iter().sum()
    }
    #[cached]
    async fn cached<const N: usize>(key: u32) -> u32 {
        let held = [key; N];
        awaiting::pause().await;
        held.iter().sum()
    }

    let (small, large) = (size_of_val(&cached::<1>(1)), size_of_val(&cached::<1001>(1)));
    let (plain, plain_large) = (size_of_val(&body::<1>(1)), size_of_val(&body::<1001>(1)));
    assert_eq!(large - small, plain_large - plain);
    assert!(small <= plain + 400, "{small} bytes, {plain} without the attribute");
}
