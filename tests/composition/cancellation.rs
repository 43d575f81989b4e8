//! Calls that are dropped at any poll or end with a panic leave nothing behind.

use std::cell::Cell;
use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::common::awaiting::{Clock, Script, pause};
use crate::common::{Answer, Counter, Elapsed, Parcel, TestError, blocking, poll_at_most, secs};
use futures_util::FutureExt;
use futures_util::future::join_all;
use resilience::{
    BreakerState, Bulkhead, Cache, CircuitBreaker, RateLimiter, bulkhead, cached, circuit_breaker, fallback,
    rate_limit, remaining, retry, timeout,
};
use tokio::time::sleep;

const FAILED: Answer = Err(TestError::Transient);

/// Makes a call repeatedly and drops it after 0, 1, 2 .. polls until one of them completes. Checks after each of them
/// whether something is left behind, and returns the number of polls of a complete call.
async fn drop_at_every_poll<T>(call: impl AsyncFn(usize) -> T, look: impl AsyncFn(usize)) -> usize {
    for polls in 0..1000 {
        let whole = poll_at_most(polls, call(polls)).await.is_some();
        assert_eq!(remaining(), None, "a deadline is left behind after {polls} polls");
        if whole {
            return polls;
        }
        look(polls).await;
    }
    unreachable!("it does not end");
}

/// Fails the test if the future would hang.
async fn in_an_hour<F: Future>(call: F) -> F::Output {
    tokio::time::timeout(secs(3600), call).await.expect("it hangs")
}

/// Counts the running bodies.
#[derive(Default)]
struct Bodies(Counter);

struct Body<'a>(&'a Counter);

impl Bodies {
    fn enter(&self) -> Body<'_> {
        self.0.up();
        Body(&self.0)
    }
}

impl Drop for Body<'_> {
    fn drop(&mut self) {
        self.0.down();
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_retry_leaves_nothing_behind() {
    #[retry(max = 2, jitter = false)]
    async fn call(parcel: Parcel<'_>, script: &Script<'_>, bodies: &Bodies) -> Answer {
        let _body = bodies.enter();
        pause().await;
        drop(parcel);
        script.run().await
    }

    let clock = Clock::start();
    let (bodies, clones, script) = (Bodies::default(), Counter::new(), Script::fails(999, &clock));
    let polls = drop_at_every_poll(
        |_| call(Parcel::new(&clones), &script, &bodies),
        async |_| {
            assert_eq!(bodies.0.get(), 0);
            let calls = script.calls();
            sleep(secs(60)).await;
            assert_eq!(script.calls(), calls, "nothing goes on behind");
            let (begin, script) = (clock.elapsed(), Script::fails(9, &clock));
            assert_eq!(call(Parcel::new(&clones), &script, &bodies).await, FAILED);
            assert_eq!(script.starts(), [0, 1, 3].map(|after| begin + secs(after)), "as new");
        },
    );
    assert_eq!(polls.await, 9, "three attempts of two pauses, two sleeps, and the end");
}

/// BUG-D11.
#[tokio::test(start_paused = true)]
async fn a_dropped_timeout_leaves_nothing_behind() {
    #[timeout(secs = 5)]
    async fn call(bodies: &Bodies) -> Answer {
        let _body = bodies.enter();
        pause().await;
        sleep(secs(2)).await;
        pending().await
    }

    let bodies = Bodies::default();
    let polls = drop_at_every_poll(
        |_| call(&bodies),
        async |_| {
            assert_eq!(bodies.0.get(), 0);
            let clock = Clock::start();
            assert!(crate::common::is_timeout(&call(&bodies).await));
            assert_eq!(clock.elapsed(), secs(5), "as new");
        },
    );
    assert_eq!(polls.await, 4);
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_under_a_closed_breaker_is_not_counted() {
    static BREAKER: CircuitBreaker = CircuitBreaker::new("closed").failure_threshold(2);

    #[circuit_breaker(shared = BREAKER)]
    async fn call(script: &Script<'_>) -> Answer {
        pause().await;
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(99, &clock);
    assert_eq!(call(&script).await, FAILED);
    let polls = drop_at_every_poll(
        |_| call(&script),
        async |_| {
            let snapshot = BREAKER.snapshot();
            assert_eq!((snapshot.state, snapshot.consecutive_failures), (BreakerState::Closed, 1));
        },
    );
    assert_eq!((polls.await, BREAKER.state()), (3, BreakerState::Open));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_probe_releases_its_permit() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("half-open").failure_threshold(1).success_threshold(1).recovery(Duration::from_secs(10));

    #[circuit_breaker(shared = BREAKER)]
    async fn call(script: &Script<'_>) -> Answer {
        pause().await;
        sleep(secs(1)).await;
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(1, &clock);
    assert_eq!(call(&script).await, FAILED);
    sleep(secs(10)).await;
    let polls = drop_at_every_poll(
        |_| call(&script),
        async |polls| {
            let snapshot = BREAKER.snapshot();
            let state = if polls == 0 { BreakerState::Open } else { BreakerState::HalfOpen };
            assert_eq!((snapshot.state, snapshot.probes), (state, 0));
        },
    );
    assert_eq!((polls.await, BREAKER.state()), (4, BreakerState::Closed));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_load_stores_nothing_and_does_not_block_its_key() {
    #[cached(name = "cancelled.load", skip(bodies))]
    async fn call(key: usize, bodies: &Bodies) -> usize {
        let _body = bodies.enter();
        pause().await;
        sleep(secs(1)).await;
        key
    }

    let bodies = Bodies::default();
    let polls = drop_at_every_poll(
        |polls| call(polls, &bodies),
        async |polls| {
            assert_eq!(bodies.0.get(), 0);
            let entries = || resilience::Cache::named("cancelled.load").map_or(0, Cache::len);
            let before = entries();
            assert_eq!(in_an_hour(call(polls, &bodies)).await, polls);
            assert_eq!(entries(), before + 1, "the dropped call has stored nothing");
        },
    );
    assert_eq!(polls.await, 3);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_waiter_does_not_affect_the_load() {
    #[cached(skip(bodies, loads))]
    async fn call(key: usize, bodies: &Bodies, loads: &Counter) -> usize {
        let _body = bodies.enter();
        loads.up();
        pause().await;
        sleep(secs(1)).await;
        key
    }

    for polls in 0..3 {
        let (bodies, loads) = (Bodies::default(), Counter::new());
        let mut leader = Box::pin(call(polls, &bodies, &loads));
        assert_eq!(poll_at_most(1, &mut leader).await, None);
        let mut waiter = Box::pin(call(polls, &bodies, &loads));
        assert_eq!(poll_at_most(polls.min(1), &mut waiter).await, None);
        drop(waiter);
        let others = join_all((0..3).map(|_| call(polls, &bodies, &loads)));
        let (led, others) = in_an_hour(async { tokio::join!(leader, others) }).await;
        assert_eq!((led, others, loads.get(), bodies.0.get()), (polls, vec![polls; 3], 1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_fallback_leaves_nothing_behind() {
    async fn second(parcel: Parcel<'_>, script: &Script<'_>, bodies: &Bodies) -> Answer {
        let _body = bodies.enter();
        pause().await;
        drop(parcel);
        script.run().await
    }
    #[fallback(second, second, value = 99)]
    async fn call(parcel: Parcel<'_>, script: &Script<'_>, bodies: &Bodies) -> Answer {
        let _body = bodies.enter();
        drop(parcel);
        script.run().await
    }

    let clock = Clock::start();
    let (bodies, clones) = (Bodies::default(), Counter::new());
    let polls = drop_at_every_poll(
        async |_| {
            let script = Script::fails(9, &clock);
            call(Parcel::new(&clones), &script, &bodies).await
        },
        async |_| {
            assert_eq!(bodies.0.get(), 0);
            let script = Script::fails(2, &clock);
            assert_eq!(call(Parcel::new(&clones), &script, &bodies).await, Ok(3), "as new");
        },
    );
    assert_eq!(polls.await, 6);
}

/// A permit, a place in the queue, and a turn of a rate limit.
#[tokio::test(start_paused = true)]
async fn a_dropped_call_leaves_the_bulkhead_its_queue_and_the_rate_limit() {
    #[rate_limit(max = 1, wait = "1h", name = "cancelled.limit")]
    #[bulkhead(max = 1, queue = 1, wait = "1h", name = "cancelled.bulkhead")]
    #[retry(max = 1, jitter = false)]
    async fn call(script: &Script<'_>, bodies: &Bodies) -> Answer {
        let _body = bodies.enter();
        pause().await;
        sleep(secs(2)).await;
        script.run().await
    }

    let clock = Clock::start();
    let bodies = Bodies::default();
    let polls = drop_at_every_poll(
        async |_| {
            let (first, second) = (Script::fails(1, &clock), Script::fails(1, &clock));
            // The second one waits for its turn, and then for its place.
            let (first, second) = tokio::join!(call(&first, &bodies), call(&second, &bodies));
            assert_eq!((first, second), (Ok(2), Ok(2)));
        },
        async |polls| {
            assert_eq!(bodies.0.get(), 0);
            let places = Bulkhead::named("cancelled.bulkhead").as_deref().map(Bulkhead::snapshot);
            assert!(places.is_none_or(|seen| (seen.in_flight, seen.waiting) == (0, 0)), "after {polls} polls");
            let turns = RateLimiter::named("cancelled.limit").as_deref().map(RateLimiter::snapshot);
            assert!(turns.is_none_or(|seen| seen.waiting == 0), "after {polls} polls");
            sleep(secs(60)).await;
            let (begin, script) = (clock.elapsed(), Script::fails(0, &clock));
            assert_eq!((call(&script, &bodies).await, clock.elapsed()), (Ok(1), begin + secs(2)), "as new");
            sleep(secs(60)).await;
        },
    );
    assert!(polls.await >= 12);
}

// The full stack

static BREAKER: CircuitBreaker =
    CircuitBreaker::new("stack").failure_threshold(3).success_threshold(1).recovery(Duration::from_secs(10));

async fn second(_: &str, script: &Script<'_>, bodies: &Bodies) -> Answer {
    let _body = bodies.enter();
    pause().await;
    script.run().await
}

#[cached(name = "cancelled.stack", key = key)]
#[timeout(secs = 60)]
#[fallback(second)]
#[retry(max = 2, jitter = false)]
#[circuit_breaker(shared = BREAKER)]
#[timeout(secs = 5)]
async fn stack(key: &str, script: &Script<'_>, bodies: &Bodies) -> Answer {
    let _body = bodies.enter();
    pause().await;
    match script.run().await {
        Err(TestError::Permanent) => pending().await,
        answer => answer,
    }
}

/// One test, because the stack has one breaker and one cache.
/// BUG-D11.
#[tokio::test(start_paused = true)]
async fn a_stack_dropped_at_any_point_leaves_nothing_behind() {
    let clock = Clock::start();
    let bodies = Bodies::default();
    // What the attempts, and then the fallback, come to: success, failure, or no end (`P`).
    let outcome = |history: &'static str, call: u32| match history.as_bytes()[call as usize - 1] {
        b'S' => Ok(call),
        b'F' => FAILED,
        _ => Err(TestError::Permanent),
    };
    let entries = || resilience::Cache::named("cancelled.stack").map_or(0, Cache::len);
    let mut seen = Vec::new();
    for (history, half_open) in [("S", false), ("S", true), ("FPS", false), ("FFFS", false), ("FS", true), ("PS", true)]
    {
        let prepare = || async {
            BREAKER.reset();
            if half_open {
                while let Ok(permit) = BREAKER.admit() {
                    permit.fail();
                }
                sleep(secs(10)).await;
            }
        };
        let key = |polls: usize| format!("{history} {half_open} {polls}");
        let polls = drop_at_every_poll(
            async |polls| {
                prepare().await;
                let script = Script::new(&clock, |call| outcome(history, call));
                stack(&key(polls), &script, &bodies).await
            },
            async |polls| {
                assert_eq!((bodies.0.get(), BREAKER.snapshot().probes), (0, 0), "{history}, {polls} polls");
                BREAKER.reset();
                let (before, begin, script) = (entries(), clock.elapsed(), Script::fails(2, &clock));
                assert_eq!(in_an_hour(stack(&key(polls), &script, &bodies)).await, Ok(3), "{history}, {polls} polls");
                assert_eq!(script.starts(), [0, 1, 3].map(|after| begin + secs(after)), "as new");
                assert_eq!(entries(), before + 1, "the dropped call has stored nothing");
            },
        );
        seen.push(polls.await);
    }
    assert!(seen.iter().all(|polls| *polls >= 3), "{seen:?}");
}

// Panics of what the user hands in

/// Calls a function whose attributes use `told` or `answer`, which panic during the first call.
macro_rules! panics_once {
    ($(#[$($attribute:tt)*])+) => {{
            thread_local! {
                static PANICS: Cell<bool> = const { Cell::new(false) };
            }

            fn told<T>(value: T) -> T {
                assert!(!PANICS.get(), "told to panic");
                value
            }

            fn answer(_: u32, _: &Counter) -> Answer {
                told(Ok(99))
            }

            $(#[$($attribute)*])+
            async fn asynchronous(key: u32, calls: &Counter) -> Answer {
                pause().await;
                if calls.up() == 1 { FAILED } else { Ok(key) }
            }

            let _used = answer;
            PANICS.set(true);
            assert!(AssertUnwindSafe(asynchronous(7, &Counter::new())).catch_unwind().await.is_err());
            assert_eq!(remaining(), None);
            PANICS.set(false);
            let expected = in_an_hour(asynchronous(7, &Counter::new())).await;
            assert!(expected == Ok(7) || expected == Ok(99), "{expected:?}");
    }};
}

#[tokio::test(start_paused = true)]
async fn a_panicking_predicate_of_a_retry_leaves_nothing_behind() {
    panics_once! {
        #[retry(max = 2, when = |_| told(true))]
    }
}

#[tokio::test(start_paused = true)]
async fn a_panicking_predicate_of_values_leaves_nothing_behind() {
    panics_once! {
        #[retry(max = 2, when_ok = |_| told(false))]
    }
}

#[tokio::test(start_paused = true)]
async fn a_panicking_hint_leaves_nothing_behind() {
    panics_once! {
        #[retry(max = 2, retry_after = |_| told(None))]
    }
}

#[tokio::test(start_paused = true)]
async fn a_panicking_hook_leaves_nothing_behind() {
    panics_once! {
        #[retry(max = 2, on_retry = |_| told(()))]
    }
}

#[tokio::test(start_paused = true)]
async fn a_panicking_backoff_leaves_nothing_behind() {
    panics_once! {
        #[retry(max = 2, backoff = |_| told(secs(1)))]
    }
}

#[tokio::test(start_paused = true)]
async fn a_panicking_fallback_leaves_nothing_behind() {
    panics_once! {
        #[cached(skip(calls))]
        #[fallback(answer)]
    }
}

#[tokio::test(start_paused = true)]
async fn a_panicking_fallback_closure_leaves_nothing_behind() {
    panics_once! {
        #[cached(skip(calls))]
        #[timeout(secs = 60)]
        #[fallback(|_| told(Ok(99)), allow(late_fallback))]
    }
}

#[tokio::test(start_paused = true)]
async fn a_panicking_value_leaves_nothing_behind() {
    panics_once! {
        #[cached(skip(calls))]
        #[fallback(value = told(99))]
    }
}

#[tokio::test(start_paused = true)]
async fn a_panicking_key_leaves_nothing_behind() {
    panics_once! {
        #[retry(max = 2)]
        #[cached(key = told(7))]
    }
}

#[tokio::test(start_paused = true)]
async fn a_panicking_predicate_of_a_cache_leaves_nothing_behind() {
    panics_once! {
        #[retry(max = 2)]
        #[cached(skip(calls), when = |_| told(true))]
    }
}

#[tokio::test(start_paused = true)]
async fn a_panicking_predicate_of_a_fallback_leaves_nothing_behind() {
    panics_once! {
        #[cached(skip(calls))]
        #[fallback(value = 99, when = |_| told(true))]
    }
}

#[test]
fn a_panicking_breaker_predicate_releases_the_probe() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("predicate").failure_threshold(1).success_threshold(1).recovery(Duration::from_secs(10));

    thread_local! {
        static PANICS: Cell<bool> = const { Cell::new(false) };
    }

    fn told(value: bool) -> bool {
        assert!(!PANICS.get(), "told to panic");
        value
    }

    #[circuit_breaker(shared = BREAKER, when = |_| told(true))]
    fn judged(answer: Answer) -> Answer {
        answer
    }
    #[circuit_breaker(shared = BREAKER, ignore = |_| told(false))]
    fn ignored(answer: Answer) -> Answer {
        answer
    }

    let clock = blocking::Clock::start();
    assert_eq!(judged(FAILED), FAILED);
    clock.sleep(secs(10));
    PANICS.set(true);
    assert!(catch_unwind(|| judged(FAILED)).is_err());
    assert_eq!((BREAKER.state(), BREAKER.snapshot().probes), (BreakerState::HalfOpen, 0));
    assert!(catch_unwind(|| ignored(FAILED)).is_err());
    assert_eq!((BREAKER.state(), BREAKER.snapshot().probes), (BreakerState::HalfOpen, 0));
    PANICS.set(false);
    assert_eq!(judged(Ok(7)), Ok(7));
    assert_eq!(BREAKER.state(), BreakerState::Closed);
}

#[test]
fn a_panicking_map_err_releases_every_permit() {
    fn told(_: resilience::Error) -> TestError {
        panic!("told to panic")
    }

    #[bulkhead(max = 1, queue = 1, wait = "1s", name = "panicking.bulkhead", map_err = told)]
    fn place(again: bool) -> Answer {
        if again { place(false) } else { Ok(7) }
    }
    #[rate_limit(max = 1, wait = "1ms", name = "panicking.limit", map_err = told)]
    fn turn() -> Answer {
        Ok(7)
    }

    let clock = blocking::Clock::start();
    assert!(catch_unwind(|| place(true)).is_err());
    let seen = Bulkhead::named("panicking.bulkhead").as_deref().map(Bulkhead::snapshot).expect("called");
    assert_eq!((seen.in_flight, seen.waiting, place(false)), (0, 0, Ok(7)));
    assert_eq!((turn(), catch_unwind(turn).is_err()), (Ok(7), true));
    clock.sleep(secs(1));
    assert_eq!(turn(), Ok(7));
}

#[test]
fn a_panic_under_a_synchronous_stack_leaves_nothing_behind() {
    static BREAKER: CircuitBreaker =
        CircuitBreaker::new("sync stack").failure_threshold(1).success_threshold(1).recovery(Duration::from_secs(10));

    #[cached(name = "cancelled.sync", skip(panics))]
    #[timeout(secs = 60, mode = "cooperative")]
    #[fallback(value = 99)]
    #[retry(max = 2, backoff = "none")]
    #[circuit_breaker(shared = BREAKER)]
    fn call(key: u32, panics: bool) -> Answer {
        assert!(!panics, "told to panic");
        Ok(key)
    }

    let clock = blocking::Clock::start();
    BREAKER.admit().expect("closed").fail();
    clock.sleep(secs(10));
    assert!(catch_unwind(|| call(7, true)).is_err());
    assert_eq!((BREAKER.state(), BREAKER.snapshot().probes), (BreakerState::HalfOpen, 0));
    assert_eq!((remaining(), resilience::Cache::named("cancelled.sync").map(Cache::len)), (None, Some(0)));
    assert_eq!(call(7, false), Ok(7));
    assert_eq!(BREAKER.state(), BreakerState::Closed);
}
