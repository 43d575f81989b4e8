//! Keys and values whose own code calls the cache.

use std::cell::Cell;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use resilience::cached;

use crate::clear;
use crate::common::{Counter, TestError, alone, awaiting, blocking, poll_at_most, secs};

/// Calls the cache with a new key, unless it is already inside such a call.
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

/// A piece of user code that a cache calls.
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
    /// What user code does when it is called on this thread. It is disabled while it runs.
    static TRAP: Cell<Option<Trap>> = const { Cell::new(None) };
    /// How many calls precede the one that panics; 0 for none.
    static FUSE: Cell<u32> = const { Cell::new(0) };
    /// The key of the current call.
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
    /// Two keys per hash.
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

/// `trapped!(name, options)` makes a module with a synchronous and an asynchronous cache of at most 40 entries.
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

            /// Calls the current key again, and others, old and new.
            pub fn come_back() {
                static NEXT: Counter = Counter::new();

                let asked = ASKED.get();
                for key in [asked, asked ^ 1, 1, 1000 + NEXT.up()] {
                    ask(key);
                }
                ASKED.set(asked);
            }

            /// Uses every method of a handle.
            pub fn use_handle() {
                assert!(cache().invalidate(&Trapped(ASKED.get())).is_ok());
                assert!(cache().len() <= 80 && cache().stats().loads > 0);
                cache().clear();
                assert!(cache().invalidate(&7_u8).is_err());
            }

            /// Puts an entry through everything that can happen to it.
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

/// BUG-E25.
#[test]
fn a_value_that_calls_the_cache_while_it_expires_does_not_hang() {
    nosy_value!(#[cached(ttl = 10)], expire);
}

/// BUG-E25.
#[test]
fn a_value_that_calls_the_cache_while_it_is_evicted_does_not_hang() {
    nosy_value!(#[cached(max_size = 2)], evict);
}

/// BUG-E25.
#[test]
fn a_value_that_calls_the_cache_while_it_is_cleared_does_not_hang() {
    nosy_value!(#[cached(name = "nosy.value")], |call| clear("nosy.value", call));
}

/// BUG-E25.
#[test]
fn a_key_that_calls_the_cache_while_it_expires_does_not_hang() {
    nosy_key!(#[cached(ttl = 10)], expire);
}

/// BUG-E25.
#[test]
fn a_key_that_calls_the_cache_while_it_is_evicted_does_not_hang() {
    nosy_key!(#[cached(max_size = 2)], evict);
}

/// BUG-E25.
#[test]
fn a_key_that_calls_the_cache_while_it_is_cleared_does_not_hang() {
    nosy_key!(#[cached(name = "nosy.key")], |call| clear("nosy.key", call));
}

/// BUG-E7, BUG-E25: key and value code may call the cache and use its handle from everywhere.
#[test]
fn all_key_and_value_code_may_call_back_into_the_cache() {
    let _alone = alone();
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

/// BUG-E13, BUG-E14: a call that clears the cache during its lookup gets no earlier value.
#[test]
fn a_value_cleared_from_inside_a_key_is_never_returned() {
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

/// BUG-E7.
#[test]
fn weigh_and_when_may_call_the_key_being_stored() {
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

/// BUG-E27, BUG-F9: after a panic in key or value code, wherever it is called, everything is as if nothing had
/// happened.
#[test]
fn a_panic_in_any_key_or_value_code_leaves_the_cache_usable() {
    let _alone = alone();
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

/// BUG-E25.
#[test]
fn a_key_that_calls_the_cache_while_it_is_cloned_does_not_hang() {
    nosy_clone!(#[cached(ttl = 10)], expire);
    nosy_clone!(#[cached(max_size = 2)], evict);
    nosy_clone!(#[cached(name = "nosy.clone")], |call| clear("nosy.clone", call));
}

/// BUG-E25.
#[test]
fn a_value_that_calls_the_cache_while_it_is_invalidated_does_not_hang() {
    nosy_value!(#[cached(name = "nosy.invalidated")], |call: fn(u32)| {
        for key in 0..100 {
            call(key);
            assert_eq!(resilience::Cache::named("nosy.invalidated").expect("called").invalidate(&key), Ok(true));
        }
    });
}

/// The body on the other thread works for the load of its caller, so waiting for that load would never end.
#[test]
fn a_body_on_a_thread_of_its_own_does_not_wait_for_the_load_it_works_for() {
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

    static BODIES: AtomicU32 = AtomicU32::new(0);

    #[cached(name = "load carried to a thread")]
    fn outer(key: u32) -> Result<u32, resilience::Error> {
        if BODIES.fetch_add(1, SeqCst) == 0 { on_a_thread(key) } else { Ok(key) }
    }

    #[resilience::timeout(secs = 5, mode = "thread")]
    fn on_a_thread(key: u32) -> Result<u32, resilience::Error> {
        outer(key)
    }

    assert_eq!(outer(7), Ok(7));
    assert_eq!(BODIES.load(SeqCst), 2);
}

/// A thread-local is destroyed after those of the crate that were used later.
#[test]
fn a_cached_call_in_the_destructor_of_a_thread_local_does_not_panic() {
    use std::sync::mpsc::{Sender, channel};

    #[cached(name = "called while a thread ends")]
    fn answer(key: u32) -> Option<u32> {
        Some(resilience::observe_blocking(|| key * 2).0)
    }

    struct AtTheEnd(Sender<Option<u32>>);
    impl Drop for AtTheEnd {
        fn drop(&mut self) {
            self.0.send(answer(2)).expect("the test waits");
        }
    }
    std::thread_local! {
        static AT_THE_END: Cell<Option<AtTheEnd>> = const { Cell::new(None) };
    }

    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        AT_THE_END.set(Some(AtTheEnd(sender)));
        assert_eq!(resilience::observe_blocking(|| answer(1)).0, Some(2));
    })
    .join()
    .expect("no panic");
    assert_eq!(receiver.recv(), Ok(Some(4)));
}
