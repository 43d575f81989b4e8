#![allow(clippy::items_after_statements, reason = "a watchdog comes first")]
//! `#[cached]` with keys and values that do their worst: collide, panic, come back to the cache, come in masses.

use std::cell::Cell;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::common::{Answer, Counter, Script, TestError, awaiting, blocking, poll_at_most, secs};
use futures_util::future::join_all;
use resilience::cached;
use tokio::time::sleep;

// Code of the user's that runs inside of the cache

/// Asks for a key that nobody has asked for, unless it is called from there.
fn come_back(ask: impl FnOnce(u32)) {
    static KEYS: Counter = Counter::new();

    std::thread_local! {
        static IS_BACK: Cell<bool> = const { Cell::new(false) };
    }

    if !IS_BACK.replace(true) {
        ask(KEYS.up() + 1000);
        IS_BACK.set(false);
    }
}

macro_rules! nosy_value {
    (#[cached($($arguments:tt)*)], $test:expr) => {{
        #[derive(Debug)]
        struct Nosy(u32);

        impl Clone for Nosy {
            fn clone(&self) -> Self {
                Self(self.0)
            }
        }
        impl Drop for Nosy {
            fn drop(&mut self) {
                come_back(|key| assert_eq!(call(key).0, key));
            }
        }
        #[cached($($arguments)*)]
        fn call(key: u32) -> Nosy {
            Nosy(key)
        }
        blocking::ends(|| $test(|key| drop(call(key))));
    }};
}

macro_rules! nosy_key {
    (#[cached($($arguments:tt)*)], $test:expr) => {{
        #[derive(PartialEq, Eq, Hash)]
        struct Nosy(u32);

        impl Clone for Nosy {
            fn clone(&self) -> Self {
                Self(self.0)
            }
        }
        impl Drop for Nosy {
            fn drop(&mut self) {
                come_back(|key| assert_eq!(call(Nosy(key)), key));
            }
        }
        #[cached($($arguments)*)]
        fn call(key: Nosy) -> u32 {
            key.0
        }
        blocking::ends(|| $test(|key| assert_eq!(call(Nosy(key)), key)));
    }};
}

fn expire(call: impl Fn(u32)) {
    let clock = blocking::Clock::start();
    for _ in 0..3 {
        call(1);
        clock.sleep(secs(10));
    }
}

fn evict(call: impl Fn(u32)) {
    (0..100).for_each(call);
}

fn clear(name: &str, call: impl Fn(u32)) {
    (0..100).for_each(&call);
    resilience::Cache::named(name).expect("called").clear();
    (0..100).for_each(&call);
}

/// E25.
#[test]
fn a_value_that_asks_the_cache_while_it_expires_does_not_hang() {
    nosy_value!(#[cached(ttl = 10)], expire);
}

/// E25.
#[test]
fn a_value_that_asks_the_cache_while_it_is_evicted_does_not_hang() {
    nosy_value!(#[cached(max_size = 2)], evict);
}

/// E25.
#[test]
fn a_value_that_asks_the_cache_while_it_is_cleared_does_not_hang() {
    nosy_value!(#[cached(name = "nosy.value")], |call| clear("nosy.value", call));
}

/// E25.
#[test]
fn a_key_that_asks_the_cache_while_it_expires_does_not_hang() {
    nosy_key!(#[cached(ttl = 10)], expire);
}

/// E25.
#[test]
fn a_key_that_asks_the_cache_while_it_is_evicted_does_not_hang() {
    nosy_key!(#[cached(max_size = 2)], evict);
}

/// E25.
#[test]
fn a_key_that_asks_the_cache_while_it_is_cleared_does_not_hang() {
    nosy_key!(#[cached(name = "nosy.key")], |call| clear("nosy.key", call));
}

/// E27, F9.
#[test]
fn a_panic_of_a_key_or_a_value_inside_of_the_cache_leaves_it_usable() {
    static PANICS: AtomicBool = AtomicBool::new(false);

    fn may_panic() {
        assert!(!PANICS.load(SeqCst) || std::thread::panicking(), "told to panic");
    }
    struct Key(u32);
    struct Value(u32);

    impl Hash for Key {
        fn hash<H: Hasher>(&self, state: &mut H) {
            may_panic();
            state.write_u8(0);
        }
    }
    impl PartialEq for Key {
        fn eq(&self, other: &Self) -> bool {
            may_panic();
            self.0 == other.0
        }
    }
    impl Eq for Key {}
    impl Clone for Key {
        fn clone(&self) -> Self {
            may_panic();
            Self(self.0)
        }
    }
    impl Clone for Value {
        fn clone(&self) -> Self {
            may_panic();
            Self(self.0)
        }
    }
    impl Drop for Value {
        fn drop(&mut self) {
            may_panic();
        }
    }
    #[cached(name = "cached.panics", key = Key(*number), max_size = 3)]
    fn call(number: u32, panics: bool) -> Value {
        PANICS.store(panics, SeqCst);
        Value(number)
    }

    blocking::ends(|| {
        let usable = || {
            PANICS.store(false, SeqCst);
            for number in 0..100 {
                assert_eq!(call(number, false).0, number);
            }
        };
        usable();
        // Before the body runs.
        PANICS.store(true, SeqCst);
        assert!(catch_unwind(|| call(1, true).0).is_err());
        usable();
        // When the value is stored.
        assert!(catch_unwind(|| call(1000, true).0).is_err());
        usable();
        let cache = resilience::Cache::named("cached.panics").expect("called");
        PANICS.store(true, SeqCst);
        assert!(catch_unwind(|| cache.clear()).is_err());
        usable();
    });
}

/// A piece of code of the user's that a cache calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Hash,
    Eq,
    CloneOfKey,
    DropOfKey,
    CloneOfValue,
    DropOfValue,
}

impl Piece {
    const ALL: [Self; 6] =
        [Self::Hash, Self::Eq, Self::CloneOfKey, Self::DropOfKey, Self::CloneOfValue, Self::DropOfValue];
}

type Trap = (Piece, fn());

std::thread_local! {
    /// What a piece of code does, where it is called on this thread. It is not in force while it runs.
    static TRAP: Cell<Option<Trap>> = const { Cell::new(None) };
    /// How many pieces are called before the one that panics; 0 for none.
    static FUSE: Cell<u32> = const { Cell::new(0) };
    /// The key that is asked for.
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

fn spring(piece: Piece) {
    if let Some((at, trap)) = TRAP.get() {
        if at == piece {
            TRAP.set(None);
            trap();
            TRAP.set(Some((at, trap)));
        }
    }
    if std::thread::panicking() {
        return;
    }
    let fuse = FUSE.get();
    FUSE.set(fuse.saturating_sub(1));
    if fuse == 1 {
        // A panic without a message: there are thousands.
        resume_unwind(Box::new("told to panic"));
    }
}

/// A key and a value that spring the trap.
struct Trapped(u32);
struct TrappedValue(u32);

impl PartialEq for Trapped {
    fn eq(&self, other: &Self) -> bool {
        spring(Piece::Eq);
        self.0 == other.0
    }
}
impl Eq for Trapped {}
impl Hash for Trapped {
    /// Two keys in each place.
    fn hash<H: Hasher>(&self, state: &mut H) {
        spring(Piece::Hash);
        state.write_u32(self.0 / 2);
    }
}
impl Clone for Trapped {
    fn clone(&self) -> Self {
        spring(Piece::CloneOfKey);
        Self(self.0)
    }
}
impl Drop for Trapped {
    fn drop(&mut self) {
        spring(Piece::DropOfKey);
    }
}
impl Clone for TrappedValue {
    fn clone(&self) -> Self {
        spring(Piece::CloneOfValue);
        Self(self.0)
    }
}
impl Drop for TrappedValue {
    fn drop(&mut self) {
        spring(Piece::DropOfValue);
    }
}

/// `trapped!(name, options)`: a module with `ask`, of a cache of at most 40 entries in one table, synchronous and asynchronous.
macro_rules! trapped {
    ($($module:ident: $name:literal ($($options:tt)*);)*) => {$(
        mod $module {
            use super::*;

            #[cached(name = $name, $($options)*)]
            fn synchronous(key: Trapped) -> Result<TrappedValue, TestError> {
                Ok(TrappedValue(key.0 + 7))
            }
            #[cached(name = $name, $($options)*)]
            async fn asynchronous(key: Trapped) -> Result<TrappedValue, TestError> {
                awaiting::pause().await;
                Ok(TrappedValue(key.0 + 7))
            }

            pub fn ask(key: u32) {
                ASKED.set(key);
                assert_eq!(synchronous(Trapped(key)).map(|value| value.0), Ok(key + 7));
            }

            pub fn ask_async(key: u32) {
                ASKED.set(key);
                let answer = futures_util::FutureExt::now_or_never(tokio::task::unconstrained(async {
                    let mut answer = std::pin::pin!(asynchronous(Trapped(key)));
                    loop {
                        if let Some(answer) = poll_at_most(1, &mut answer).await {
                            break answer;
                        }
                    }
                }));
                assert_eq!(answer.expect("never waits").map(|value| value.0), Ok(key + 7));
            }

            pub fn cache() -> resilience::Cache {
                resilience::Cache::named($name).expect("called")
            }

            /// Asks again, whatever was asked, and for others, old and new.
            pub fn come_back() {
                static NEXT: Counter = Counter::new();

                let asked = ASKED.get();
                for key in [asked, asked ^ 1, 1, 1000 + NEXT.up()] {
                    ask(key);
                }
                ASKED.set(asked);
            }

            /// All that a handle can do.
            pub fn use_handle() {
                assert!(cache().invalidate(&Trapped(ASKED.get())).is_ok());
                assert!(cache().len() <= 80 && cache().stats().loads > 0);
                cache().clear();
                assert!(cache().invalidate(&7_u8).is_err());
            }

            /// Everything that can happen to an entry.
            pub fn tour(ask: fn(u32), mut step: impl FnMut(&dyn Fn())) {
                let clock = blocking::Clock::start();
                for key in (0..8).chain(0..8).chain(0..60).chain(55..60).chain(0..2) {
                    step(&|| ask(key));
                }
                clock.sleep(secs(10));
                for key in (50..60).chain(0..2).chain(50..60) {
                    step(&|| ask(key));
                }
                for key in (50..53).chain(50..53) {
                    step(&|| assert!(cache().invalidate(&Trapped(key)).is_ok()));
                    step(&|| ask(key));
                }
                step(&|| cache().clear());
                for key in (0..8).chain(0..8) {
                    step(&|| ask(key));
                }
            }
        }
    )*};
}

trapped! {
    plain: "trapped.plain" (max_size = 40, ttl = 10);
    weighed: "trapped.weighed" (weigh = |_, _| 1, max_weight = 40, ttl = 10);
    alone: "trapped.alone" (max_size = 40, ttl = 10, coalesce = false);
    stale: "trapped.stale" (max_size = 40, ttl = 10, stale_if_error = "1h", stale_while_revalidate = "1h");
    errors: "trapped.errors" (max_size = 40, ttl = 10, negative_ttl = "1s", when = |_| true);
}

/// Both tests below go through the same caches.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// E7, E25: from wherever a piece of a key's or a value's code is called, it may ask the cache, and use its handle.
#[test]
fn every_piece_of_code_of_a_key_or_a_value_may_come_back_to_the_cache() {
    let _turn = turn();
    macro_rules! tours {
        ($($module:ident)*) => {$(
            for piece in Piece::ALL {
                for (ask, trap) in [
                    ($module::ask as fn(u32), $module::come_back as fn()),
                    ($module::ask_async, $module::come_back),
                    ($module::ask, $module::use_handle),
                    ($module::ask_async, $module::use_handle),
                ] {
                    blocking::ends(move || {
                        // So that there is something to come back to.
                        ask(0);
                        $module::tour(ask, |step| {
                            TRAP.set(Some((piece, trap)));
                            step();
                            TRAP.set(None);
                        });
                        assert!($module::cache().len() <= 80, "two functions of 40");
                    });
                }
            }
        )*};
    }
    tours!(plain weighed alone stale errors);
}

/// E13, E14: who clears a cache while it looks for a value gets none of before.
#[test]
fn what_is_cleared_from_inside_of_a_key_is_never_given_out() {
    static VERSION: Counter = Counter::new();

    struct Clears;

    impl PartialEq for Clears {
        fn eq(&self, _: &Self) -> bool {
            spring(Piece::Eq);
            true
        }
    }
    impl Eq for Clears {}
    impl Hash for Clears {
        fn hash<H: Hasher>(&self, _: &mut H) {}
    }
    impl Clone for Clears {
        fn clone(&self) -> Self {
            Self
        }
    }
    #[cached(name = "hostile.cleared.inside", skip(fails), ttl = 60, stale_if_error = "1h")]
    fn call(key: &Clears, fails: bool) -> Option<u32> {
        let Clears = key;
        (!fails).then(|| VERSION.up())
    }

    blocking::ends(|| {
        let cache = || resilience::Cache::named("hostile.cleared.inside").expect("called");
        let traps: [fn(); 2] = [
            || resilience::Cache::named("hostile.cleared.inside").expect("called").clear(),
            || {
                let cache = resilience::Cache::named("hostile.cleared.inside").expect("called");
                assert_eq!(cache.invalidate(&Clears), Ok(true));
            },
        ];
        for trap in traps {
            let old = call(&Clears, false);
            assert_eq!(call(&Clears, true), old);
            TRAP.set(Some((Piece::Eq, trap)));
            call(&Clears, false);
            TRAP.set(None);
            assert_eq!(call(&Clears, true), None, "not even in the place of a failure");
            let new = call(&Clears, false);
            assert_eq!((new, call(&Clears, false)), (Some(VERSION.get()), new));
            assert!(new > old && cache().len() == 1);
        }
    });
}

/// E7.
#[test]
fn a_scale_or_a_predicate_may_ask_for_the_key_that_is_being_stored() {
    #[cached(when = |_| { come_back(|_| assert_eq!(asked(1), 1)); true })]
    fn asked(key: u32) -> u32 {
        key
    }
    #[cached(weigh = |_, _| { come_back(|_| assert_eq!(weighed(1), 1)); 1 }, max_weight = 9)]
    fn weighed(key: u32) -> u32 {
        key
    }

    blocking::ends(|| assert_eq!([asked(1), asked(1), weighed(1), weighed(1)], [1; 4]));
}

/// E27, F9: after a panic of any piece of a key's or a value's code, wherever it is called, everything is as if nothing had
/// happened.
#[test]
fn a_panic_of_any_piece_of_code_of_a_key_or_a_value_leaves_the_cache_usable() {
    let _turn = turn();
    macro_rules! tours {
        ($($module:ident)*) => {$(
            for ask in [$module::ask, $module::ask_async] {
                blocking::ends(move || {
                    let mut panics = 0;
                    for fuse in 1..=16 {
                        $module::tour(ask, |step| {
                            FUSE.set(fuse);
                            panics += u32::from(catch_unwind(AssertUnwindSafe(step)).is_err());
                            FUSE.set(0);
                        });
                        $module::tour(ask, |step| step());
                        assert!($module::cache().len() <= 80, "two functions of 40");
                    }
                    assert!(panics > 100, "{panics}");
                    (0..1000).for_each(ask);
                    assert!((20..=80).contains(&$module::cache().len()), "{} are kept", $module::cache().len());
                    $module::cache().clear();
                    assert_eq!($module::cache().len(), 0);
                });
            }
        )*};
    }
    tours!(plain weighed alone stale errors);
}

macro_rules! nosy_clone {
    (#[cached($($arguments:tt)*)], $test:expr) => {{
        #[derive(PartialEq, Eq, Hash)]
        struct Nosy(u32);

        impl Clone for Nosy {
            fn clone(&self) -> Self {
                come_back(|key| assert_eq!(call(Nosy(key)), key));
                Self(self.0)
            }
        }
        #[cached($($arguments)*)]
        fn call(key: Nosy) -> u32 {
            key.0
        }
        blocking::ends(|| $test(|key| assert_eq!(call(Nosy(key)), key)));
    }};
}

/// E25.
#[test]
fn a_key_that_asks_the_cache_while_it_is_cloned_does_not_hang() {
    nosy_clone!(#[cached(ttl = 10)], expire);
    nosy_clone!(#[cached(max_size = 2)], evict);
    nosy_clone!(#[cached(name = "nosy.clone")], |call| clear("nosy.clone", call));
}

/// E25.
#[test]
fn a_value_that_asks_the_cache_while_it_is_invalidated_does_not_hang() {
    nosy_value!(#[cached(name = "nosy.invalidated")], |call: fn(u32)| {
        for key in 0..100 {
            call(key);
            assert_eq!(resilience::Cache::named("nosy.invalidated").expect("called").invalidate(&key), Ok(true));
        }
    });
}

/// F9.
#[test]
fn a_panic_of_a_scale_or_a_predicate_is_as_if_the_call_had_not_been() {
    #[cached(skip(calls), weigh = |key, _| { assert_ne!(*key, 1, "told to panic"); 1 }, max_weight = 10)]
    fn weighed(key: u32, calls: &Counter) -> u32 {
        key + calls.up()
    }
    #[cached(skip(calls), when = |answer| { assert_ne!(*answer, 2, "told to panic"); true })]
    fn asked(key: u32, calls: &Counter) -> u32 {
        key + calls.up()
    }

    blocking::ends(|| {
        let calls = Counter::new();
        assert!(catch_unwind(AssertUnwindSafe(|| weighed(1, &calls))).is_err());
        assert!(catch_unwind(AssertUnwindSafe(|| weighed(1, &calls))).is_err());
        assert_eq!([weighed(2, &calls), weighed(2, &calls)], [5, 5]);
        let calls = Counter::new();
        assert!(catch_unwind(AssertUnwindSafe(|| asked(1, &calls))).is_err());
        assert_eq!([asked(1, &calls), asked(1, &calls)], [3, 3]);
    });
}

// Keys that collide

/// Keys that are all of one hash.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Colliding(u32);

impl Hash for Colliding {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u8(0);
    }
}

/// E20: expiry, old values, eviction, and recursion.
#[sync_and_async::test]
async fn keys_of_one_hash_behave_as_any_others() {
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

/// E3, E10, E13, E14, E20.
#[tokio::test(start_paused = true)]
async fn loads_of_keys_of_one_hash_are_told_apart() {
    let _watchdog = crate::common::Watchdog::start();
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

/// F4: counted in comparisons, which is what a collision costs.
#[test]
fn keys_chosen_to_collide_cost_no_more_than_others() {
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
fn a_destructor_at_the_end_of_a_thread_may_ask() {
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

/// F1, F2: a flood of keys fills the cache, and nothing else.
#[test]
fn a_flood_of_keys_leaves_no_more_than_max_size() {
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

/// The same with many more, several threads at once, and values that count themselves.
#[test]
#[ignore = "it takes minutes where tests are not optimized; `.ci/soak` runs it"]
fn a_flood_of_millions_of_keys_leaves_no_more_than_max_size() {
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

/// F3: giant keys and values count as what they weigh.
#[test]
fn giant_keys_leave_no_more_than_max_weight() {
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
