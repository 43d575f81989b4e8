#![deny(warnings)]
#![allow(deprecated, reason = "hazards, where they are the shortest way to what is tested")]
//! What `#[bulkhead]` promises.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;

use std::cell::RefCell;
use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use common::{Answer, Counter, Elapsed, Recorder, TestError, awaiting, blocking, millis, poll_at_most, secs};
use futures_util::FutureExt;
use futures_util::future::join_all;
use resilience::{
    Bulkhead, BulkheadSnapshot, Error, KeyedBulkheads, KeyedBulkheadsSnapshot, bulkhead, circuit_breaker, fallback,
    retry, timeout,
};
use tokio::time::sleep;

const FAILED: Answer = Err(TestError::Transient);

fn snapshot(name: &str) -> BulkheadSnapshot {
    Bulkhead::named(name).expect("its function has been called").snapshot()
}

/// Places taken, callers that wait.
fn state(name: &str) -> (u32, u32) {
    let BulkheadSnapshot { in_flight, waiting, .. } = snapshot(name);
    (in_flight, waiting)
}

/// Both endings of a scenario have the same names: one of them at a time.
struct Alone(#[expect(dead_code, reason = "held for as long as the scenario runs")] MutexGuard<'static, ()>);

fn alone() -> Alone {
    static TURN: Mutex<()> = Mutex::new(());
    Alone(TURN.lock().unwrap_or_else(PoisonError::into_inner))
}

fn full(name: &'static str) -> Answer {
    Err(TestError::Resilience(Error::BulkheadFull { name: name.into() }))
}

// Places

#[sync_and_async::test]
async fn exactly_so_many_calls_are_inside_at_the_same_time() {
    macro_rules! seen {
        ($($max:literal)*) => {
            [$({
                #[bulkhead(max = $max)]
                async fn call(depth: u32) -> Answer {
                    pause().await;
                    boxed(call(depth + 1)).await.or(Ok(depth))
                }
                call(1).await
            }),*]
        };
    }
    assert_eq!(seen!(1 2 3 7), [1, 2, 3, 7].map(Ok), "the next one is turned away, and its body does not run");
}

#[sync_and_async::test]
async fn a_rejection_is_told_by_the_error_or_by_none() {
    let _alone = alone();
    #[bulkhead(max = 1, name = "told")]
    async fn result(again: bool) -> Answer {
        pause().await;
        if again { boxed(result(false)).await } else { Ok(7) }
    }
    #[bulkhead(max = 1)]
    async fn option(again: bool) -> Option<u32> {
        pause().await;
        if again { boxed(option(false)).await } else { Some(7) }
    }
    #[bulkhead(max = 1, map_err = |error| error.code())]
    async fn mapped(again: bool) -> Result<u32, &'static str> {
        pause().await;
        if again { boxed(mapped(false)).await } else { Ok(7) }
    }

    assert_eq!((result(true).await, result(false).await), (full("told"), Ok(7)));
    assert_eq!((option(true).await, option(false).await), (None, Some(7)));
    assert_eq!((mapped(true).await, mapped(false).await), (Err("bulkhead_full"), Ok(7)));
    assert_eq!(full("told").map_err(|error| error.to_string()), Err("bulkhead `told` is full".to_owned()));
}

/// B2. B3.
#[sync_and_async::test]
async fn a_place_is_free_again_however_the_body_has_ended() {
    let _alone = alone();
    #[bulkhead(max = 1, name = "ended")]
    async fn call(script: &Script<'_>) -> Answer {
        assert_eq!(state("ended"), (1, 0));
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::of("SFFS", &clock);
    for expected in ["S", "F", "F", "S"] {
        assert_eq!(letters!(1, call(&script).await), expected, "the error of the body as it is");
        assert_eq!(state("ended"), (0, 0));
    }
}

#[sync_and_async::test]
async fn functions_of_one_name_share_the_places_and_others_do_not() {
    let _alone = alone();
    #[bulkhead(max = 1, name = "shared places")]
    async fn one(script: &Script<'_>) -> Answer {
        boxed(other(script)).await
    }
    #[bulkhead(max = 1, name = "shared places")]
    async fn other(script: &Script<'_>) -> Answer {
        boxed(script.run()).await
    }
    #[bulkhead(max = 1)]
    async fn unnamed(script: &Script<'_>) -> Answer {
        boxed(unnamed_too(script)).await
    }
    #[bulkhead(max = 1)]
    async fn unnamed_too(script: &Script<'_>) -> Answer {
        boxed(script.run()).await
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!((one(&script).await, other(&script).await), (full("shared places"), Ok(1)));
    assert_eq!(unnamed(&script).await, Ok(2));
}

#[sync_and_async::test]
async fn a_constant_is_as_good_as_a_number() {
    let _alone = alone();
    const MAX: u32 = 2;
    const QUEUE: u32 = 1;
    const WAIT: Duration = Duration::from_secs(3);

    #[bulkhead(max = MAX, queue = QUEUE, wait = WAIT, name = "constants")]
    async fn call(depth: u32) -> Answer {
        pause().await;
        boxed(call(depth + 1)).await.or(Ok(depth))
    }

    let clock = Clock::start();
    assert_eq!((call(1).await, clock.elapsed()), (Ok(2), secs(3)));
    assert_eq!(snapshot("constants").max, 2);
}

#[test]
fn methods_of_two_types_have_a_bulkhead_each() {
    struct One;
    struct Two;

    impl One {
        #[bulkhead(max = 1)]
        fn method() -> Option<u32> {
            Two::method()
        }
    }

    impl Two {
        #[bulkhead(max = 2)]
        fn method() -> Option<u32> {
            Bulkhead::named(concat!(module_path!(), "::method#2")).map(|bulkhead| bulkhead.snapshot().max)
        }
    }

    assert_eq!(One::method(), Some(2));
    assert_eq!(snapshot(concat!(module_path!(), "::method")).max, 1);
}

#[tokio::test(start_paused = true)]
async fn a_place_is_free_when_the_body_is_done_and_not_when_its_future_is_dropped() {
    #[bulkhead(max = 1)]
    async fn call() -> Answer {
        awaiting::pause().await;
        Ok(7)
    }

    let mut done = Box::pin(call());
    assert_eq!((&mut done).await, Ok(7));
    assert_eq!(call().await, Ok(7));
    drop(done);
}

/// B3.
#[tokio::test(start_paused = true)]
async fn a_place_is_free_before_the_layers_around_it_go_on() {
    async fn spare(calls: &Counter) -> Answer {
        assert_eq!(state("layers"), (0, 0));
        awaiting::pause().await;
        calls.up();
        FAILED
    }
    #[retry(max = 2, jitter = false, on_retry = |_| assert_eq!(state("layers"), (0, 0)))]
    #[fallback(spare, when = |_| { assert_eq!(state("layers"), (0, 0)); true })]
    #[bulkhead(max = 1, name = "layers")]
    async fn call(calls: &Counter) -> Answer {
        assert_eq!(state("layers"), (1, 0));
        calls.up();
        FAILED
    }

    let (first, second) = (Counter::new(), Counter::new());
    let later = async {
        sleep(millis(500)).await;
        call(&second).await
    };
    assert_eq!(tokio::join!(call(&first), later), (FAILED, FAILED));
    assert_eq!((first.get(), second.get()), (6, 6), "none was turned away while the other paused");
}

// Rejected

#[sync_and_async::test]
async fn a_rejection_is_not_retried_unless_when_says_so() {
    let _alone = alone();
    #[bulkhead(max = 1, name = "retried")]
    async fn holder(asks: bool) -> Answer {
        if asks { boxed(asked()).await } else { boxed(call()).await }
    }
    #[retry(max = 3, jitter = false)]
    #[bulkhead(max = 1, name = "retried")]
    async fn call() -> Answer {
        pause().await;
        Ok(7)
    }
    #[retry(max = 3, jitter = false, when = TestError::is_full)]
    #[bulkhead(max = 1, name = "retried")]
    async fn asked() -> Answer {
        pause().await;
        Ok(7)
    }

    let clock = Clock::start();
    assert_eq!((holder(false).await, clock.elapsed()), (full("retried"), secs(0)));
    assert_eq!((holder(true).await, clock.elapsed()), (full("retried"), secs(1 + 2 + 4)));
}

#[sync_and_async::test]
async fn a_failure_of_the_body_is_retried_as_ever() {
    #[retry(max = 3, backoff = "none")]
    #[bulkhead(max = 1)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(2, &clock);
    assert_eq!(call(&script).await, Ok(3));
}

#[sync_and_async::test]
async fn a_fallback_above_it_answers_for_a_rejection() {
    #[fallback(value = 99)]
    #[bulkhead(max = 1)]
    async fn call(depth: u32) -> Answer {
        pause().await;
        if depth == 0 { boxed(call(1)).await } else { Ok(depth) }
    }
    assert_eq!(call(0).await, Ok(99));
}

#[sync_and_async::test]
async fn a_rejection_below_a_breaker_is_a_failure_of_it_unless_it_is_ignored() {
    #[circuit_breaker(failure_threshold = 1)]
    #[bulkhead(max = 1)]
    async fn counts(again: bool) -> Answer {
        pause().await;
        if again { boxed(counts(false)).await } else { Ok(7) }
    }
    #[circuit_breaker(failure_threshold = 1, ignore = TestError::is_full)]
    #[bulkhead(max = 1)]
    async fn ignores(again: bool) -> Answer {
        pause().await;
        if again { boxed(ignores(false)).await } else { Ok(7) }
    }

    let _clock = Clock::start();
    assert_eq!(letters!(1, counts(true).await), "B");
    assert_eq!(letters!(1, counts(false).await), "O");
    assert_eq!(letters!(1, ignores(true).await), "B");
    assert_eq!(letters!(1, ignores(false).await), "S");
}

#[sync_and_async::test]
async fn each_rejection_is_an_event_that_says_the_name_and_nothing_else() {
    let _alone = alone();
    #[bulkhead(max = 1, name = "events")]
    async fn call(secret: u32) -> Answer {
        pause().await;
        if secret == 4711 { boxed(call(4712)).await } else { Ok(secret) }
    }

    let recorder = Recorder::start();
    assert_eq!(call(1).await, Ok(1));
    assert_eq!(recorder.names(), <[&str; 0]>::default());
    assert_eq!(call(4711).await, full("events"));
    let events = recorder.events();
    assert_eq!(recorder.names(), ["bulkhead.full"]);
    assert_eq!((events[0].field("bulkhead"), events[0].fields.len()), ("events", 2), "and the message");
    assert!(!format!("{events:?}").contains("471"));
}

#[test]
fn two_configurations_of_one_name_are_an_error_event_and_the_first_one_applies() {
    #[bulkhead(max = 3, name = "conflict")]
    fn one() -> Answer {
        Ok(1)
    }
    #[bulkhead(max = 4, name = "conflict")]
    fn other() -> Answer {
        Ok(2)
    }
    #[bulkhead(max = 3, name = "conflict")]
    fn agrees() -> Answer {
        Ok(3)
    }

    let recorder = Recorder::start();
    assert_eq!([one(), agrees()], [Ok(1), Ok(3)]);
    assert_eq!(recorder.names(), <[&str; 0]>::default());
    assert_eq!([other(), other().or(Ok(2))], [Ok(2), Ok(2)]);
    let events = recorder.named("bulkhead.conflict");
    assert_eq!((events.len(), snapshot("conflict").max), (1, 3), "told at the first call");
    let places = ["first", "second"].map(|place| events[0].field(place));
    assert_eq!((events[0].level, events[0].field("bulkhead")), (tracing::Level::ERROR, "conflict"));
    assert!(
        places.iter().all(|place| place.starts_with(concat!(file!(), ":"))) && places[0] != places[1],
        "{places:?}"
    );
}

// Queue

#[sync_and_async::test]
async fn a_wait_in_vain_ends_after_its_time() {
    macro_rules! waited {
        ($($key:ident = $value:expr),*) => {
            [$({
                #[bulkhead(max = 1, queue = 1, $key = $value)]
                async fn call(depth: u32) -> Answer {
                    pause().await;
                    if depth == 0 { boxed(call(1)).await } else { Ok(depth) }
                }
                let clock = Clock::start();
                assert_eq!(letters!(1, call(0).await), "B");
                clock.elapsed()
            }),*]
        };
    }
    const TIME: Duration = Duration::from_millis(1500);
    let waited = waited!(wait = "1m30s", wait = TIME, wait_secs = 20, wait_ms = 250);
    assert_eq!(waited, [90_000, 1_500, 20_000, 250].map(millis));
}

#[sync_and_async::test]
async fn who_has_waited_in_vain_is_gone_from_the_queue_and_counted_as_rejected() {
    let _alone = alone();
    #[bulkhead(max = 1, queue = 1, wait = "1s", name = "in vain")]
    async fn call(depth: u32) -> Answer {
        pause().await;
        if depth > 0 {
            return Ok(depth);
        }
        let rejected = boxed(call(1)).await;
        assert_eq!(state("in vain"), (1, 0));
        rejected
    }

    let _clock = Clock::start();
    let before = Bulkhead::named("in vain").map_or(0, |bulkhead| bulkhead.snapshot().rejected);
    assert_eq!((call(0).await, call(1).await), (full("in vain"), Ok(1)));
    assert!(snapshot("in vain").rejected > before);
}

/// The body holds its place until it is told to go on.
#[tokio::test(start_paused = true)]
async fn the_queue_is_first_come_first_served() {
    #[bulkhead(max = 2, queue = 20)]
    async fn call(number: u32, order: &RefCell<Vec<u32>>) -> Answer {
        order.borrow_mut().push(number);
        sleep(secs(1)).await;
        Ok(number)
    }

    let (clock, order) = (awaiting::Clock::start(), RefCell::default());
    let answers = join_all((0..20).map(|number| call(number, &order))).await;
    assert_eq!(answers, (0..20).map(Ok).collect::<Vec<_>>());
    assert_eq!((order.take(), clock.elapsed()), ((0..20).collect(), secs(10)));
}

#[tokio::test(start_paused = true)]
async fn who_comes_later_does_not_overtake() {
    #[bulkhead(max = 1, queue = 9, name = "no overtaking")]
    async fn call(number: u32, order: &RefCell<Vec<u32>>) -> Answer {
        awaiting::pause().await;
        order.borrow_mut().push(number);
        Ok(number)
    }

    let order = RefCell::default();
    let mut first = Box::pin(call(1, &order));
    assert_eq!(poll_at_most(1, &mut first).await, None);
    let mut waiter = Box::pin(call(2, &order));
    assert_eq!(poll_at_most(1, &mut waiter).await, None);
    assert_eq!(first.await, Ok(1));
    // The place is the waiter's now, though it has not been polled since.
    assert_eq!(state("no overtaking"), (1, 0));
    let (third, waiter) = tokio::join!(call(3, &order), waiter);
    assert_eq!((waiter, third, order.take()), (Ok(2), Ok(3), vec![1, 2, 3]));
}

#[tokio::test(start_paused = true)]
async fn the_queue_has_its_length_and_no_more() {
    #[bulkhead(max = 2, queue = 3, name = "length")]
    async fn call() -> Answer {
        sleep(secs(1)).await;
        Ok(7)
    }

    let answers = join_all((0..10).map(|_| call())).await;
    let letters: String = answers.iter().map(common::letter).collect();
    assert_eq!(letters, "SSSSSBBBBB");
    let after = snapshot("length");
    assert_eq!((after.in_flight, after.waiting, after.rejected), (0, 0, 5));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_rewarded_in_time_is_a_call_like_any_other() {
    #[bulkhead(max = 1, queue = 9, wait = "2s")]
    async fn call(time: Duration) -> Answer {
        sleep(time).await;
        Ok(7)
    }

    let clock = awaiting::Clock::start();
    let answers = tokio::join!(call(millis(1999)), call(secs(60)));
    assert_eq!((answers, clock.elapsed()), ((Ok(7), Ok(7)), millis(61_999)), "`wait` does not limit the body");
}

/// B1. The place that becomes free at the very moment when the wait is over is not lost.
#[tokio::test(start_paused = true)]
async fn a_place_given_at_the_end_of_the_wait_is_not_lost() {
    #[bulkhead(max = 1, queue = 9, wait = "1s", name = "moment")]
    async fn call(time: Duration) -> Answer {
        sleep(time).await;
        Ok(7)
    }

    for _ in 0..10 {
        let answers = tokio::join!(call(secs(1)), call(secs(1)), call(secs(1)));
        assert_eq!(answers.0, Ok(7));
        let letters: String = [&answers.1, &answers.2].map(common::letter).iter().collect();
        assert!(["BB", "SB"].contains(&&*letters), "{letters}");
        assert_eq!(state("moment"), (0, 0));
    }
}

// Deadlines

#[tokio::test(start_paused = true)]
async fn a_timeout_around_a_wait_ends_it_and_says_so() {
    #[timeout(secs = 2)]
    #[bulkhead(max = 1, queue = 9, name = "deadline")]
    async fn call() -> Answer {
        pending().await
    }
    #[bulkhead(max = 1, queue = 9, name = "deadline")]
    async fn inner() -> Answer {
        pending().await
    }
    #[timeout(secs = 2)]
    async fn outer() -> Answer {
        inner().await
    }

    let clock = awaiting::Clock::start();
    let mut holder = Box::pin(inner());
    assert_eq!(poll_at_most(1, &mut holder).await, None);
    let letters: String = join_all((0..3).map(|_| call())).await.iter().map(common::letter).collect();
    assert_eq!((&*letters, clock.elapsed(), state("deadline")), ("TTT", secs(2), (1, 0)));
    let letters: String = join_all((0..3).map(|_| outer())).await.iter().map(common::letter).collect();
    assert_eq!((&*letters, clock.elapsed(), state("deadline")), ("TTT", secs(4), (1, 0)));
    drop(holder);
    // Those who are let in at the last moment have no time left either.
    let letters: String = join_all((0..3).map(|_| call())).await.iter().map(common::letter).collect();
    assert_eq!((&*letters, clock.elapsed(), state("deadline")), ("TTT", secs(6), (0, 0)));
}

#[test]
fn a_cooperative_deadline_ends_the_wait_of_a_synchronous_call() {
    #[timeout(secs = 2, mode = "cooperative")]
    #[bulkhead(max = 1, queue = 9, name = "cooperative")]
    fn call(again: bool) -> Answer {
        if again { call(false) } else { Ok(7) }
    }

    let clock = blocking::Clock::start();
    assert_eq!((call(true), clock.elapsed()), (full("cooperative"), secs(2)));
    assert_eq!((call(false), state("cooperative")), (Ok(7), (0, 0)));
}

/// Nobody else would end the wait.
#[test]
fn a_cooperative_deadline_ends_the_wait_of_an_asynchronous_call_too() {
    #[bulkhead(max = 1, queue = 9, name = "cooperative async")]
    async fn held() -> Answer {
        pending().await
    }
    #[timeout(secs = 2, mode = "cooperative")]
    fn call(runtime: &tokio::runtime::Runtime) -> Answer {
        runtime.block_on(async {
            let mut first = Box::pin(held());
            assert_eq!(poll_at_most(1, &mut first).await, None);
            held().await
        })
    }

    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    assert_eq!((call(&runtime), state("cooperative async")), (full("cooperative async"), (0, 0)));
}

#[test]
fn with_no_time_left_nobody_waits() {
    #[bulkhead(max = 1, queue = 9, wait = "1m", name = "no time")]
    fn call(again: bool) -> Answer {
        if again { call(false) } else { Ok(7) }
    }
    #[timeout(secs = 1, mode = "cooperative")]
    fn late(clock: &blocking::Clock) -> Answer {
        clock.sleep(secs(3));
        call(true)
    }

    let clock = blocking::Clock::start();
    assert_eq!((late(&clock), clock.elapsed(), state("no time")), (full("no time"), secs(3), (0, 0)));
}

// Cancellation

/// B1. B2. B5. B7.
#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_at_any_poll_leaves_its_place_or_the_queue() {
    #[bulkhead(max = 1, queue = 3, wait = "1m", name = "dropped")]
    async fn call() -> Answer {
        awaiting::pause().await;
        sleep(secs(1)).await;
        Ok(7)
    }

    for polls in 0..9 {
        let mut holder = Box::pin(call());
        assert_eq!(poll_at_most(1, &mut holder).await, None);
        let (dropped, behind) = (poll_at_most(polls, call()), call());
        let (held, _, behind) = tokio::join!(holder, dropped, behind);
        assert_eq!((held, behind, state("dropped")), (Ok(7), Ok(7), (0, 0)), "after {polls} polls");
    }
}

/// B1. B6. A waiter that has been given a place and is not polled passes it on when it is dropped.
#[tokio::test(start_paused = true)]
async fn a_place_given_to_a_waiter_that_is_dropped_goes_to_the_next() {
    #[bulkhead(max = 1, queue = 3, name = "passed on")]
    async fn call(number: u32) -> Answer {
        awaiting::pause().await;
        Ok(number)
    }

    let mut holder = Box::pin(call(0));
    assert_eq!(poll_at_most(1, &mut holder).await, None);
    let mut waiters: Vec<_> = (1..=3).map(|number| Box::pin(call(number))).collect();
    for waiter in &mut waiters {
        assert_eq!(poll_at_most(1, waiter).await, None);
    }
    assert_eq!(state("passed on"), (1, 3));
    assert_eq!(holder.await, Ok(0));
    assert_eq!(state("passed on"), (1, 2), "given to the first");
    let last = waiters.pop().expect("three");
    drop(waiters);
    assert_eq!(state("passed on"), (1, 0), "given to the last");
    assert_eq!((last.await, state("passed on")), (Ok(3), (0, 0)));
}

/// B5.
#[tokio::test(start_paused = true)]
async fn waiters_dropped_in_any_order_leave_the_others_their_turn() {
    #[bulkhead(max = 1, queue = 5, name = "any order")]
    async fn call(number: u32, order: &RefCell<Vec<u32>>) -> Answer {
        awaiting::pause().await;
        order.borrow_mut().push(number);
        Ok(number)
    }

    for dropped in 0..1_u32 << 5 {
        let order = RefCell::default();
        let mut holder = Box::pin(call(9, &order));
        assert_eq!(poll_at_most(1, &mut holder).await, None);
        let mut waiters: Vec<_> = (0..5).map(|number| Some(Box::pin(call(number, &order)))).collect();
        for waiter in waiters.iter_mut().flatten() {
            assert_eq!(poll_at_most(1, waiter).await, None);
        }
        // Half of them before the place is free, half of them after.
        let drop_some = |waiters: &mut Vec<Option<_>>, range: std::ops::Range<usize>| {
            for index in range.filter(|index| dropped >> index & 1 == 1) {
                waiters[index] = None;
            }
        };
        drop_some(&mut waiters, 2..5);
        assert_eq!(holder.await, Ok(9));
        drop_some(&mut waiters, 0..2);
        join_all(waiters.into_iter().flatten()).await;
        let left: Vec<u32> = (0..5).filter(|number| dropped >> number & 1 == 0).collect();
        assert_eq!((&order.take()[1..], state("any order")), (&*left, (0, 0)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_gives_the_place_to_the_next() {
    #[bulkhead(max = 1, queue = 1, name = "panic")]
    async fn call(panics: bool) -> Answer {
        awaiting::pause().await;
        assert!(!panics, "told to panic");
        Ok(7)
    }

    let (panicked, next) = tokio::join!(AssertUnwindSafe(call(true)).catch_unwind(), call(false));
    assert!(panicked.is_err());
    assert_eq!((next, state("panic")), (Ok(7), (0, 0)));
}

#[test]
fn a_panic_of_a_synchronous_body_gives_the_place_back() {
    #[bulkhead(max = 1, name = "sync panic")]
    fn call(panics: bool) -> Answer {
        assert!(!panics, "told to panic");
        Ok(7)
    }

    assert!(catch_unwind(|| call(true)).is_err());
    assert_eq!((call(false), state("sync panic")), (Ok(7), (0, 0)));
}

/// B9.
#[test]
fn a_runtime_that_goes_away_gives_all_places_back() {
    #[bulkhead(max = 2, queue = 3, name = "runtime")]
    async fn call() -> Answer {
        sleep(secs(60)).await;
        Ok(7)
    }

    for _ in 0..2 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        for _ in 0..5 {
            drop(runtime.spawn(call()));
        }
        runtime.block_on(awaiting::pause());
        assert_eq!(state("runtime"), (2, 3));
        drop(runtime);
        assert_eq!(state("runtime"), (0, 0));
    }
}

/// B10. A task that has used up tokio's budget is not told that there is no place.
#[tokio::test]
async fn a_task_without_budget_finds_a_free_place() {
    #[bulkhead(max = 1, queue = 1, wait = "1m", name = "budget")]
    async fn call(number: u32) -> Answer {
        Ok(number)
    }

    while tokio::task::consume_budget().now_or_never().is_some() {}
    for number in 0..300 {
        assert_eq!(poll_at_most(1, call(number)).await, Some(Ok(number)));
    }
}

/// B10. Nor does one wait for ever that a synchronous call of such a task is promised: the budget comes back only when
/// the task has yielded.
#[tokio::test]
async fn a_waiting_thread_of_a_task_without_budget_is_let_in() {
    #[bulkhead(max = 1, queue = 1, name = "thread without budget")]
    fn call(wait_for_another: bool) -> Answer {
        while wait_for_another && state("thread without budget").1 == 0 {
            thread::yield_now();
        }
        Ok(7)
    }

    let other = thread::spawn(|| call(true));
    while Bulkhead::named("thread without budget").is_none_or(|bulkhead| bulkhead.snapshot().in_flight == 0) {
        thread::yield_now();
    }
    while tokio::task::consume_budget().now_or_never().is_some() {}
    assert_eq!((call(false), other.join().unwrap()), (Ok(7), Ok(7)));
}

/// B8. A waker whose destructor, or whose call, comes back to the bulkhead finds no lock taken.
#[test]
fn a_waker_may_come_back_to_the_bulkhead() {
    #[bulkhead(max = 1, queue = 2, name = "waker")]
    async fn call() -> Answer {
        pending().await
    }

    struct Nosy(AtomicU32);

    impl Nosy {
        fn look(&self) {
            self.0.fetch_add(1, SeqCst);
            let _seen = snapshot("waker");
            assert_eq!(call().now_or_never().and_then(Result::ok), None);
        }
    }

    impl Wake for Nosy {
        fn wake(self: Arc<Self>) {
            self.look();
        }
    }

    impl Drop for Nosy {
        fn drop(&mut self) {
            self.look();
        }
    }

    fn poll(call: &mut Pin<Box<impl Future<Output = Answer>>>, waker: &Waker) {
        assert_eq!(call.as_mut().poll(&mut Context::from_waker(waker)), Poll::Pending);
    }

    let (mut holder, mut waiter) = (Box::pin(call()), Box::pin(call()));
    poll(&mut holder, Waker::noop());
    for _ in 0..3 {
        // Each poll replaces the waker of the one before.
        poll(&mut waiter, &Waker::from(Arc::new(Nosy(AtomicU32::new(0)))));
    }
    drop(holder);
    drop(waiter);
    assert_eq!(state("waker"), (0, 0));
}

// Keys

fn keyed(name: &str) -> KeyedBulkheadsSnapshot {
    KeyedBulkheads::named(name).expect("its function has been called").snapshot()
}

#[sync_and_async::test]
async fn each_key_has_places_of_its_own() {
    #[bulkhead(max = 1, key = tenant)]
    async fn call(tenant: &str, next: &[&str]) -> Answer {
        pause().await;
        match next {
            [next, rest @ ..] => boxed(call(next, rest)).await,
            [] => Ok(7),
        }
    }

    assert_eq!(call("a", &["b", "c"]).await, Ok(7));
    assert_eq!(letters!(1, call("a", &["b", "a"]).await), "B");
    assert_eq!(call("a", &["c"]).await, Ok(7), "free again");
}

#[sync_and_async::test]
async fn one_for_everybody_and_one_for_each_key_may_stand_on_one_function() {
    #[bulkhead(max = 3)]
    #[bulkhead(max = 2, key = tenant)]
    async fn call(tenant: u32, next: &[u32]) -> Answer {
        pause().await;
        match next {
            [next, rest @ ..] => boxed(call(*next, rest)).await,
            [] => Ok(7),
        }
    }

    assert_eq!(letters!(1, call(1, &[1, 2]).await), "S");
    assert_eq!(letters!(1, call(1, &[1, 1]).await), "B", "the third of one tenant");
    assert_eq!(letters!(1, call(1, &[2, 3, 4]).await), "B", "the fourth of all");
    assert_eq!(letters!(1, call(1, &[1, 2]).await), "S", "nothing is left taken");
}

#[sync_and_async::test]
async fn a_key_is_an_expression_over_the_arguments_and_leaves_them_to_the_body() {
    struct Shop {
        region: u32,
    }

    impl Shop {
        #[retry(max = 1, backoff = "none")]
        #[bulkhead(max = 1, queue = 1, wait = "1s", key = (self.region, name.to_lowercase()))]
        async fn call(
            &self,
            name: String,
            next: Option<(&Self, String)>,
            failed: &Counter,
        ) -> Result<String, TestError> {
            pause().await;
            if failed.up() == 1 {
                return Err(TestError::Transient);
            }
            match next {
                Some((shop, next)) => boxed(shop.call(next, None, failed)).await.map(|answer| name + &answer),
                None => Ok(name),
            }
        }
    }

    let (_clock, one, other) = (Clock::start(), Shop { region: 1 }, Shop { region: 2 });
    let own = |text: &str| text.to_owned();
    assert_eq!(one.call(own("A"), Some((&one, own("b"))), &Counter::new()).await, Ok(own("Ab")));
    assert_eq!(one.call(own("A"), Some((&other, own("a"))), &Counter::new()).await, Ok(own("Aa")));
    let same = one.call(own("A"), Some((&one, own("a"))), &Counter::new()).await;
    assert!(same.is_err_and(|error| error.is_full()));
}

/// F1. F2.
#[sync_and_async::test]
async fn there_are_no_more_bulkheads_than_max_keys_and_none_in_use_is_forgotten() {
    #[bulkhead(max = 1, key = tenant, max_keys = 10, name = "flood")]
    async fn call(tenant: u32, script: &Script<'_>) -> Answer {
        if tenant != 1 {
            return script.run().await;
        }
        for stranger in 100..1000 {
            assert!(boxed(call(stranger, script)).await.is_ok());
            assert!(keyed("flood").keys <= 10);
        }
        boxed(call(1, script)).await
    }

    let _alone = alone();
    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!((letters!(1, call(1, &script).await), keyed("flood").shared), ("B".into(), 0), "its place was taken");
    assert_eq!((keyed("flood").keys, keyed("flood").in_flight), (10, 0));
}

#[sync_and_async::test]
async fn keys_that_find_no_room_share_one_bulkhead() {
    #[bulkhead(max = 1, key = depth, max_keys = 3, name = "no room")]
    async fn call(depth: u32) -> Answer {
        pause().await;
        boxed(call(depth + 1)).await.or(Ok(depth))
    }

    let _alone = alone();
    let recorder = Recorder::start();
    let before = KeyedBulkheads::named("no room").map_or(0, |bulkheads| bulkheads.snapshot().shared);
    assert_eq!(call(1).await, Ok(4), "three of their own, and one that is shared");
    let seen = keyed("no room");
    assert_eq!((seen.keys, seen.max_keys, seen.in_flight, seen.shared - before), (3, 3, 0, 2));
    assert!(recorder.names().contains(&"bulkhead.full"));
    let events = recorder.named("bulkhead.keys_full");
    assert!(before > 0 || events.len() == 2, "at the first and the second of them");
    assert!(events.iter().all(|event| event.field("bulkhead") == "no room" && event.field("max_keys") == "3"));
}

#[tokio::test(start_paused = true)]
async fn a_keyed_call_that_is_dropped_at_any_poll_leaves_its_place_or_the_queue() {
    #[bulkhead(max = 1, queue = 3, wait = "1m", key = tenant, name = "dropped by key")]
    async fn call(tenant: String) -> Answer {
        awaiting::pause().await;
        sleep(secs(1)).await;
        Ok(u32::try_from(tenant.len()).unwrap())
    }

    for polls in 0..9 {
        let mut holder = Box::pin(call("a".to_owned()));
        assert_eq!(poll_at_most(1, &mut holder).await, None);
        let (dropped, behind) = (poll_at_most(polls, call("a".to_owned())), call("a".to_owned()));
        let (held, _, behind) = tokio::join!(holder, dropped, behind);
        let seen = keyed("dropped by key");
        assert_eq!((held, behind, seen.in_flight, seen.waiting), (Ok(1), Ok(1), 0, 0), "after {polls} polls");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_the_keys_never_more_than_allowed_are_inside_for_one_of_them() {
    static CROWDS: [Crowd; 4] = [const { Crowd { now: AtomicU32::new(0), most: AtomicU32::new(0) } }; 4];

    #[bulkhead(max = 2, queue = 1000, key = key, max_keys = 4, name = "crowds")]
    async fn call(key: usize) -> Answer {
        let _present = CROWDS.get(key).map(Crowd::enter);
        for _ in 0..key % 3 {
            awaiting::pause().await;
        }
        Ok(7)
    }

    let tasks: Vec<_> = (0..2000).map(|number| tokio::spawn(call(number % 4))).collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok(7));
    }
    let seen = keyed("crowds");
    assert_eq!((seen.keys, seen.in_flight, seen.waiting, seen.rejected, seen.shared), (4, 0, 0, 0, 0));
    assert!(CROWDS.iter().all(|crowd| (1..=2).contains(&crowd.most.load(SeqCst))), "{CROWDS:?}");
}

// Threads

/// Calls that are inside now, and how many have been at most.
#[derive(Debug, Default)]
struct Crowd {
    now: AtomicU32,
    most: AtomicU32,
}

struct Present<'a>(&'a Crowd);

impl Crowd {
    fn enter(&self) -> Present<'_> {
        let now = self.now.fetch_add(1, SeqCst) + 1;
        self.most.fetch_max(now, SeqCst);
        Present(self)
    }
}

impl Drop for Present<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_tasks_all_finish_and_never_more_than_allowed_are_inside() {
    static CROWD: Crowd = Crowd { now: AtomicU32::new(0), most: AtomicU32::new(0) };

    #[bulkhead(max = 7, queue = 1000, name = "thousand")]
    async fn call(number: u32) -> Answer {
        let _present = CROWD.enter();
        for _ in 0..number % 5 {
            awaiting::pause().await;
        }
        Ok(number)
    }

    let tasks: Vec<_> = (0..1000).map(|number| tokio::spawn(call(number))).collect();
    for (number, task) in (0..).zip(tasks) {
        assert_eq!(task.await.unwrap(), Ok(number));
    }
    let after = snapshot("thousand");
    assert_eq!((after.in_flight, after.waiting, after.rejected), (0, 0, 0));
    assert!((2..=7).contains(&CROWD.most.load(SeqCst)), "{CROWD:?}");
}

/// B1. B2. B4. B20. Threads that block, tasks that wait and tasks that give up, all in one bulkhead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn synchronous_and_asynchronous_callers_share_one_bulkhead_and_lose_nothing() {
    const MAX: u32 = 3;
    static CROWD: Crowd = Crowd { now: AtomicU32::new(0), most: AtomicU32::new(0) };

    #[bulkhead(max = MAX, queue = 64, name = "mixed")]
    fn blocking() -> Answer {
        let _present = CROWD.enter();
        thread::yield_now();
        Ok(1)
    }
    #[bulkhead(max = MAX, queue = 64, name = "mixed")]
    async fn waiting(pauses: u32) -> Answer {
        let _present = CROWD.enter();
        for _ in 0..pauses {
            awaiting::pause().await;
        }
        Ok(2)
    }

    let done = Arc::new(AtomicU32::new(0));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let done = Arc::clone(&done);
            thread::spawn(move || {
                for _ in 0..500 {
                    assert_eq!(blocking(), Ok(1));
                    let seen = snapshot("mixed");
                    assert!(seen.in_flight <= MAX && (seen.waiting == 0 || seen.in_flight == MAX), "{seen:?}");
                }
                done.fetch_add(1, SeqCst);
            })
        })
        .collect();
    let tasks: Vec<_> = (0..8_usize)
        .map(|task| {
            tokio::spawn(async move {
                for round in 0..500 {
                    let polls = (task + round) % 4;
                    let answer = poll_at_most(polls, waiting(2)).await;
                    assert!(matches!(answer, None | Some(Ok(2))), "{answer:?}");
                    assert_eq!(waiting(1).await, Ok(2));
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    while done.load(SeqCst) < 4 {
        awaiting::pause().await;
    }
    for thread in threads {
        thread.join().unwrap();
    }
    let after = snapshot("mixed");
    assert_eq!((after.in_flight, after.waiting, after.rejected), (0, 0, 0));
    assert!(CROWD.most.load(SeqCst) <= MAX, "{CROWD:?}");
}

/// B4.
#[test]
fn threads_that_come_at_once_find_exactly_the_places() {
    static MEET: Mutex<Option<Arc<Barrier>>> = Mutex::new(None);

    #[bulkhead(max = 3, name = "at once")]
    fn call() -> Answer {
        let barrier = MEET.lock().unwrap().clone().expect("set");
        barrier.wait();
        Ok(7)
    }

    for _ in 0..100 {
        // Those inside wait until the others have been turned away: all that is left is one who never comes.
        let start = Arc::new(Barrier::new(8));
        *MEET.lock().unwrap() = Some(Arc::new(Barrier::new(4)));
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let start = Arc::clone(&start);
                thread::spawn(move || {
                    start.wait();
                    call()
                })
            })
            .collect();
        while Bulkhead::named("at once").is_none_or(|bulkhead| bulkhead.snapshot().in_flight < 3)
            || threads.iter().filter(|thread| thread.is_finished()).count() < 5
        {
            thread::yield_now();
        }
        assert_eq!(call().map_err(|error| error.is_full()), Err(true));
        let barrier = MEET.lock().unwrap().clone().expect("set");
        barrier.wait();
        let passed = threads.into_iter().filter_map(|thread| thread.join().unwrap().ok()).count();
        assert_eq!((passed, state("at once")), (3, (0, 0)));
    }
}

#[test]
fn a_thread_that_waits_is_let_in_when_the_one_before_has_left() {
    static INSIDE: AtomicU32 = AtomicU32::new(0);

    #[bulkhead(max = 1, queue = 1, wait = "1h", name = "threads")]
    fn call(wait_for_another: bool) -> Answer {
        while wait_for_another && state("threads").1 == 0 {
            thread::yield_now();
        }
        Ok(INSIDE.fetch_add(1, SeqCst))
    }

    let first = thread::spawn(|| call(true));
    while Bulkhead::named("threads").is_none_or(|bulkhead| bulkhead.snapshot().in_flight == 0) {
        thread::yield_now();
    }
    assert_eq!((call(false), first.join().unwrap()), (Ok(1), Ok(0)));
}

/// The one wait in real time: nobody could end it on a clock that stands still.
#[test]
fn a_thread_that_waits_in_vain_goes_on_after_its_time() {
    #[bulkhead(max = 1, queue = 1, wait_ms = 2, name = "thread in vain")]
    fn call(again: bool) -> Answer {
        if again { call(false) } else { Ok(7) }
    }
    assert_eq!((call(true), call(false)), (full("thread in vain"), Ok(7)));
}

#[test]
fn a_waiting_thread_inside_of_a_runtime_waits_as_any_other() {
    #[bulkhead(max = 1, queue = 1, wait_ms = 2, name = "thread of a runtime")]
    fn call(again: bool) -> Answer {
        if again { call(false) } else { Ok(7) }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(async { call(true) }), full("thread of a runtime"));
}

// The future

#[test]
fn what_it_adds_to_a_future_is_small() {
    #[bulkhead(max = 1, queue = 1, wait = "1s")]
    async fn waits() -> Option<u8> {
        pending().await
    }
    #[bulkhead(max = 1)]
    async fn rejects() -> Option<u8> {
        pending().await
    }
    let (waits, rejects) = (size_of_val(&waits()), size_of_val(&rejects()));
    // The guard that counts the call, and the gauge of the place.
    let counted = if cfg!(feature = "metrics") { 56 } else { 0 };
    assert!(rejects <= 64 + counted && waits <= 160 + counted, "{rejects} and {waits} bytes");
}
