#![deny(warnings)]
//! What `#[rate_limit]` promises.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use common::{Answer, Counter, Elapsed, Recorder, TestError, awaiting, blocking, millis, poll_at_most, secs};
use futures_util::FutureExt;
use futures_util::future::join_all;
use resilience::{
    KeyedRateLimiters, KeyedRateLimitersSnapshot, RateLimiter, RateLimiterSnapshot, circuit_breaker, fallback,
    rate_limit, retry, timeout,
};
use tokio::time::{Instant, sleep};

const FAILED: Answer = Err(TestError::Transient);

fn snapshot(name: &str) -> RateLimiterSnapshot {
    RateLimiter::named(name).expect("its function has been called").snapshot()
}

/// The hint of a rejection.
fn hint(answer: &Answer) -> Option<Duration> {
    answer.as_ref().err().filter(|error| error.is_limited()).and_then(TestError::retry_after)
}

/// Both endings of a scenario have the same names: one of them at a time, on limiters that are full again.
struct Alone(#[expect(dead_code, reason = "held for as long as the scenario runs")] MutexGuard<'static, ()>);

fn alone() -> Alone {
    static TURN: Mutex<()> = Mutex::new(());
    Alone(TURN.lock().unwrap_or_else(PoisonError::into_inner))
}

// The rate

#[sync_and_async::test]
async fn so_many_calls_pass_at_once_and_then_one_each_part_of_the_time() {
    #[rate_limit(max = 4, per = "1s")]
    async fn call() -> Answer {
        pause().await;
        Ok(7)
    }

    let clock = Clock::start();
    assert_eq!(letters!(6, call().await), "SSSSLL");
    for _ in 0..3 {
        clock.sleep(millis(249)).await;
        assert_eq!(letters!(1, call().await), "L");
        clock.sleep(millis(1)).await;
        assert_eq!(letters!(2, call().await), "SL");
    }
    clock.sleep(secs(60)).await;
    assert_eq!(letters!(6, call().await), "SSSSLL", "no more than the burst, however long the pause");
}

#[sync_and_async::test]
async fn without_a_time_it_is_a_second() {
    #[rate_limit(max = 1)]
    async fn call() -> Answer {
        pause().await;
        Ok(7)
    }

    let _clock = Clock::start();
    assert_eq!((call().await, hint(&call().await)), (Ok(7), Some(secs(1))));
}

#[sync_and_async::test]
async fn the_time_is_given_as_text_or_a_constant_or_a_number_of_some_unit() {
    const TIME: Duration = Duration::from_secs(3);
    const MAX: u32 = 2;

    macro_rules! hints {
        ($($key:ident = $value:expr),*) => {
            [$({
                #[rate_limit(max = MAX, $key = $value, burst = 1)]
                async fn call() -> Answer {
                    pause().await;
                    Ok(7)
                }
                let _clock = Clock::start();
                assert_eq!(call().await, Ok(7));
                hint(&call().await)
            }),*]
        };
    }
    let hints = hints!(per = "1h", per = TIME, per_secs = 20, per_ms = 250);
    assert_eq!(hints, [1_800_000, 1_500, 10_000, 125].map(|time| Some(millis(time))));
}

#[sync_and_async::test]
async fn a_burst_may_be_smaller_or_larger_than_the_number_of_calls() {
    const FIVE: u32 = 5;

    macro_rules! bursts {
        ($($burst:expr),*) => {
            [$({
                #[rate_limit(max = 2, burst = $burst)]
                async fn call() -> Answer {
                    pause().await;
                    Ok(7)
                }
                let clock = Clock::start();
                let first = letters!(7, call().await);
                clock.sleep(secs(1)).await;
                (first, letters!(7, call().await))
            }),*]
        };
    }
    let seen = bursts!(1, 2, FIVE);
    let expected = [("SLLLLLL", "SLLLLLL"), ("SSLLLLL", "SSLLLLL"), ("SSSSSLL", "SSLLLLL")];
    assert_eq!(seen, expected.map(|(first, second)| (first.to_owned(), second.to_owned())));
}

/// B14. B15.
#[sync_and_async::test]
async fn waiting_exactly_as_long_as_told_is_enough() {
    macro_rules! told {
        ($($max:literal per $per:literal burst $burst:literal),*) => {$({
            #[rate_limit(max = $max, per = $per, burst = $burst)]
            async fn call() -> Answer {
                pause().await;
                Ok(7)
            }
            let clock = Clock::start();
            let (mut calls, mut waits) = (0, 0);
            while waits < 20 && calls < 2000 {
                let answer = call().await;
                calls += 1;
                if let Some(wait) = hint(&answer) {
                    // tokio's clock moves by milliseconds.
                    let rounded = if wait.subsec_nanos() % 1_000_000 == 0 { wait } else { wait + millis(1) };
                    clock.sleep(rounded).await;
                    assert_eq!(call().await, Ok(7), "{} per {} after {wait:?}", stringify!($max), $per);
                    waits += 1;
                } else {
                    assert_eq!(answer, Ok(7));
                }
            }
        })*};
    }
    told!(
        1 per "1s" burst 1, 3 per "1s" burst 2, 7 per "1m" burst 7, 1000 per "1h" burst 3, 1 per "24h" burst 1,
        4_294_967_295 per "1s" burst 5, 4_294_967_295 per "1ns" burst 1, 2_000_000_000 per "1s" burst 4_294_967_295
    );
}

/// B11. B17. Against a list of all calls that have passed.
#[sync_and_async::test]
async fn over_any_time_no_more_pass_than_the_rate_and_the_burst() {
    #[rate_limit(max = 10, per = "1s", burst = 4)]
    async fn call() -> Answer {
        pause().await;
        Ok(7)
    }

    let clock = Clock::start();
    let mut passed: Vec<Duration> = Vec::new();
    for step in 0_u64..600 {
        if call().await.is_ok() {
            passed.push(clock.elapsed());
        }
        // From a herd to a pause, in no order.
        clock.sleep(millis([0, 0, 0, 13, 1, 0, 97, 0, 350, 29][usize::try_from(step * step % 10).unwrap()])).await;
    }
    for (index, from) in passed.iter().enumerate() {
        for (calls, to) in (1_u128..).zip(&passed[index..]) {
            let allowed = to.saturating_sub(*from).as_millis() * 10 / 1000 + 4;
            assert!(calls <= allowed, "{calls} calls from {from:?} to {to:?}");
        }
    }
    let all = clock.elapsed().as_millis() * 10 / 1000;
    assert!(passed.len() as u128 * 10 >= all * 5, "{} of {all} have passed", passed.len());
}

#[sync_and_async::test]
async fn a_call_counts_when_it_passes_whatever_its_body_comes_to() {
    #[rate_limit(max = 2)]
    async fn call(fails: bool) -> Answer {
        pause().await;
        if fails { FAILED } else { Ok(7) }
    }

    let _clock = Clock::start();
    assert_eq!([call(true).await, call(true).await], [FAILED, FAILED], "the error of the body as it is");
    assert_eq!(letters!(1, call(false).await), "L");
}

#[sync_and_async::test]
async fn a_rejection_is_told_by_the_error_or_by_none_and_the_body_does_not_run() {
    #[rate_limit(max = 1, per = "10s")]
    async fn result(calls: &Counter) -> Answer {
        pause().await;
        Ok(calls.up())
    }
    #[rate_limit(max = 1)]
    async fn option(calls: &Counter) -> Option<u32> {
        pause().await;
        Some(calls.up())
    }
    #[rate_limit(max = 1, map_err = |error| error.code())]
    async fn mapped(calls: &Counter) -> Result<u32, &'static str> {
        pause().await;
        Ok(calls.up())
    }

    let _clock = Clock::start();
    let calls = Counter::new();
    assert_eq!(result(&calls).await, Ok(1));
    let rejected = result(&calls).await.expect_err("too early");
    assert!(rejected.is_limited() && rejected.to_string().ends_with("is reached, next call in 10s"), "{rejected}");
    assert_eq!([option(&calls).await, option(&calls).await], [Some(2), None]);
    assert_eq!([mapped(&calls).await, mapped(&calls).await], [Ok(3), Err("rate_limited")]);
    assert_eq!(calls.get(), 3);
}

#[sync_and_async::test]
async fn functions_of_one_name_share_the_limit_and_others_do_not() {
    #[rate_limit(max = 2, name = "shared limit", per = "1h")]
    async fn one() -> Answer {
        pause().await;
        Ok(1)
    }
    #[rate_limit(max = 2, name = "shared limit", per = "1h", burst = 2)]
    async fn other() -> Answer {
        pause().await;
        Ok(2)
    }
    #[rate_limit(max = 2)]
    async fn unnamed() -> Answer {
        pause().await;
        Ok(3)
    }

    let (_alone, clock, recorder) = (alone(), Clock::start(), Recorder::start());
    // As long as it takes after the other ending of this scenario.
    while snapshot_of("shared limit").is_some_and(|seen| seen.available < 2) {
        clock.sleep(secs(3600)).await;
    }
    let letters = letters!(1, one().await) + &letters!(2, other().await) + &letters!(2, unnamed().await);
    assert_eq!(letters, "SSLSS");
    assert!(recorder.named("rate_limit.conflict").is_empty(), "the same, said in two ways");
}

#[sync_and_async::test]
async fn each_rejection_is_an_event_that_says_the_name_and_the_time_and_nothing_else() {
    #[rate_limit(max = 1, per = "90s")]
    async fn call(secret: u32) -> Answer {
        pause().await;
        Ok(secret)
    }

    let (_clock, recorder) = (Clock::start(), Recorder::start());
    assert_eq!(call(4711).await, Ok(4711));
    assert_eq!(recorder.names(), <[&str; 0]>::default());
    assert_eq!(letters!(1, call(4711).await), "L");
    let events = recorder.events();
    assert_eq!(recorder.names(), ["rate_limit"]);
    assert_eq!((events[0].field("retry_after_ms"), events[0].fields.len()), ("90000", 3), "and the message");
    assert!(events[0].field("limiter").starts_with("rate_limit::each_rejection"), "{events:?}");
    assert!(!format!("{events:?}").contains("4711"));
}

#[sync_and_async::test]
async fn two_limits_on_one_function_both_hold() {
    #[rate_limit(max = 2)]
    #[rate_limit(max = 3, per = "1h")]
    async fn call() -> Answer {
        pause().await;
        Ok(7)
    }

    let clock = Clock::start();
    assert_eq!(letters!(3, call().await), "SSL", "two a second");
    clock.sleep(secs(1)).await;
    let rejected = letters!(1, call().await) + &letters!(1, call().await);
    assert_eq!(rejected, "SL", "three an hour");
}

#[test]
fn two_configurations_of_one_name_are_an_error_event_and_the_first_one_applies() {
    #[rate_limit(max = 3, per = "1h", name = "conflict")]
    fn one() -> Answer {
        Ok(1)
    }
    #[rate_limit(max = 4, per = "1h", name = "conflict")]
    fn other() -> Answer {
        Ok(2)
    }
    #[rate_limit(max = 3, per = "1h", name = "conflict")]
    fn agrees() -> Answer {
        Ok(3)
    }

    let recorder = Recorder::start();
    assert_eq!([one(), agrees()], [Ok(1), Ok(3)]);
    assert_eq!(recorder.names(), <[&str; 0]>::default());
    assert_eq!([other(), other().or(Ok(2))], [Ok(2), Ok(2)]);
    let events = recorder.named("rate_limit.conflict");
    assert_eq!((events.len(), snapshot("conflict").max), (1, 3), "told at the first call");
    let places = ["first", "second"].map(|place| events[0].field(place));
    assert_eq!((events[0].level, events[0].field("limiter")), (tracing::Level::ERROR, "conflict"));
    assert!(
        places.iter().all(|place| place.starts_with(concat!(file!(), ":"))) && places[0] != places[1],
        "{places:?}"
    );
}

fn snapshot_of(name: &str) -> Option<RateLimiterSnapshot> {
    RateLimiter::named(name).map(RateLimiter::snapshot)
}

#[test]
fn a_snapshot_tells_what_would_pass() {
    #[rate_limit(max = 4, per = "1s", burst = 3, name = "snapshot")]
    fn call() -> Option<u32> {
        Some(7)
    }

    let clock = blocking::Clock::start();
    let available = || snapshot("snapshot").available;
    assert!(RateLimiter::named("snapshot").is_none(), "never called");
    assert_eq!((call(), available()), (Some(7), 2));
    assert_eq!([call(), call(), call(), call()], [Some(7), Some(7), None, None]);
    let seen = snapshot("snapshot");
    assert_eq!((seen.max, seen.per, seen.burst, seen.available, seen.rejected), (4, secs(1), 3, 0, 2));
    clock.sleep(millis(249));
    assert_eq!(available(), 0);
    clock.sleep(millis(1));
    assert_eq!(available(), 1);
    clock.sleep(secs(60));
    assert_eq!(available(), 3);
}

/// B16.
#[test]
fn a_clock_that_steps_back_lets_no_more_in_and_nothing_panics() {
    #[rate_limit(max = 10, burst = 2)]
    fn call() -> Answer {
        Ok(7)
    }
    #[rate_limit(max = 10, burst = 2, wait = "150ms")]
    fn waits() -> Answer {
        Ok(7)
    }

    let clock = blocking::Clock::start();
    clock.sleep(secs(100));
    assert_eq!(letters!(3, call()), "SSL");
    assert_eq!((letters!(3, waits()), clock.elapsed()), ("SSS".into(), millis(100_100)));
    clock.step_back(secs(10));
    assert_eq!(letters!(3, call()), "LLL");
    assert_eq!(letters!(3, waits()), "LLL");
    let rejected = call();
    clock.sleep(hint(&rejected).expect("rejected"));
    assert_eq!(letters!(2, call()), "SL");
    clock.step_back(Duration::MAX);
    assert_eq!(letters!(2, call()), "LL");
}

// Under a retry

#[sync_and_async::test]
async fn a_rejection_is_retried_when_a_call_passes_within_the_delay_that_was_due() {
    #[retry(max = 3, backoff = "constant", base_delay = "2s", jitter = false)]
    #[rate_limit(max = 1, per = "1s")]
    async fn soon(calls: &Counter) -> Answer {
        pause().await;
        Ok(calls.up())
    }
    #[retry(max = 3, backoff = "constant", base_delay = "2s", jitter = false)]
    #[rate_limit(max = 1, per = "10s")]
    async fn late(calls: &Counter) -> Answer {
        pause().await;
        Ok(calls.up())
    }

    let (clock, calls) = (Clock::start(), Counter::new());
    assert_eq!((soon(&calls).await, soon(&calls).await, clock.elapsed()), (Ok(1), Ok(2), secs(2)));
    assert_eq!(late(&calls).await, Ok(3));
    assert_eq!((letters!(1, late(&calls).await), clock.elapsed()), ("L".into(), secs(2)), "rejected at once");
}

#[sync_and_async::test]
async fn a_rejection_is_retried_when_the_retry_asks_for_it_and_never_before_its_time() {
    #[retry(max = 3, base_delay = "1s", jitter = false, when = TestError::is_limited, retry_after = TestError::retry_after)]
    #[rate_limit(max = 1, per = "10s")]
    async fn call() -> Answer {
        pause().await;
        Ok(7)
    }

    let clock = Clock::start();
    assert_eq!((call().await, call().await, clock.elapsed()), (Ok(7), Ok(7), secs(10)));
}

#[sync_and_async::test]
async fn below_a_retry_each_attempt_counts_and_above_it_each_call() {
    #[retry(max = 5, backoff = "none")]
    #[rate_limit(max = 3, per = "1h")]
    async fn below(calls: &Counter) -> Answer {
        pause().await;
        calls.up();
        FAILED
    }
    #[rate_limit(max = 3, per = "1h")]
    #[retry(max = 5, backoff = "none")]
    async fn above(calls: &Counter) -> Answer {
        pause().await;
        calls.up();
        FAILED
    }

    let (_clock, calls) = (Clock::start(), Counter::new());
    assert_eq!((letters!(1, below(&calls).await), calls.get()), ("L".into(), 3));
    assert_eq!((letters!(4, above(&calls).await), calls.get()), ("FFFL".into(), 3 + 18));
}

#[sync_and_async::test]
async fn a_fallback_above_it_answers_for_a_rejection_and_a_breaker_counts_it_unless_it_is_ignored() {
    #[fallback(value = 99)]
    #[rate_limit(max = 1)]
    async fn answered() -> Answer {
        pause().await;
        Ok(7)
    }
    #[circuit_breaker(failure_threshold = 1)]
    #[rate_limit(max = 1, allow(counted_rejections))]
    async fn counted() -> Answer {
        pause().await;
        Ok(7)
    }
    #[circuit_breaker(failure_threshold = 1, ignore = TestError::is_limited)]
    #[rate_limit(max = 1)]
    async fn ignored() -> Answer {
        pause().await;
        Ok(7)
    }

    let _clock = Clock::start();
    assert_eq!([answered().await, answered().await], [Ok(7), Ok(99)]);
    assert_eq!(letters!(3, counted().await), "SLO");
    assert_eq!(letters!(3, ignored().await), "SLL");
}

// Waiting

#[sync_and_async::test]
async fn a_call_whose_turn_comes_in_time_waits_for_it_and_any_other_is_turned_away_at_once() {
    #[rate_limit(max = 10, burst = 1, wait = "100ms")]
    async fn call() -> Answer {
        pause().await;
        Ok(7)
    }
    #[rate_limit(max = 10, burst = 1, wait = "99ms")]
    async fn impatient() -> Answer {
        pause().await;
        Ok(7)
    }

    let clock = Clock::start();
    assert_eq!((letters!(5, call().await), clock.elapsed()), ("SSSSS".into(), millis(400)));
    assert_eq!(letters!(1, impatient().await), "S");
    assert_eq!(hint(&impatient().await), Some(millis(100)), "the time after which a call passes");
    assert_eq!(clock.elapsed(), millis(400));
}

#[sync_and_async::test]
async fn the_wait_is_given_as_text_or_a_constant_or_a_number_of_some_unit() {
    const WAIT: Duration = Duration::from_secs(3);

    macro_rules! waits {
        ($($key:ident = $value:expr, per $per:literal);*) => {$({
            #[rate_limit(max = 1, per = $per, $key = $value)]
            async fn call() -> Answer {
                pause().await;
                Ok(7)
            }
            let _clock = Clock::start();
            assert_eq!(letters!(2, call().await), "SS", "{} {}", stringify!($key), $per);
        })*};
    }
    waits!(wait = "2s", per "2s"; wait = WAIT, per "3s"; wait_secs = 4, per "4s"; wait_ms = 250, per "250ms");
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_served_in_the_order_of_arrival_and_at_the_rate() {
    #[rate_limit(max = 4, burst = 2, wait = "1s", name = "order")]
    async fn call(begin: Instant) -> Result<Duration, TestError> {
        Ok(begin.elapsed())
    }

    let begin = Instant::now();
    let answers = join_all((0..9).map(|_| call(begin))).await;
    let times: Vec<_> = answers.iter().map(|answer| answer.as_ref().ok().map(Duration::as_millis)).collect();
    assert_eq!(times, [Some(0), Some(0), Some(250), Some(500), Some(750), Some(1000), None, None, None]);
    assert_eq!(answers[8].as_ref().err().and_then(TestError::retry_after), Some(millis(1250)));
    let after = snapshot("order");
    assert_eq!((after.waiting, after.rejected), (0, 3));
}

/// B11. A herd that waits passes at the rate, and those who come later wait behind it.
#[tokio::test(start_paused = true)]
async fn a_herd_that_waits_keeps_to_the_rate() {
    #[rate_limit(max = 100, burst = 5, wait = "1h")]
    async fn call(begin: Instant, passed: &Mutex<Vec<Duration>>) -> Answer {
        passed.lock().unwrap().push(begin.elapsed());
        Ok(7)
    }

    let (begin, passed) = (Instant::now(), Mutex::default());
    let late = async {
        sleep(millis(333)).await;
        join_all((0..100).map(|_| call(begin, &passed))).await
    };
    let (first, second) = tokio::join!(join_all((0..200).map(|_| call(begin, &passed))), late);
    assert!(first.iter().chain(&second).all(|answer| *answer == Ok(7)));
    let passed = passed.into_inner().unwrap();
    let expected: Vec<Duration> = (0..300_u64).map(|call| millis(call.saturating_sub(4) * 10)).collect();
    assert_eq!(passed, expected);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_does_not_fit_into_the_deadline_is_not_begun() {
    const LONG: Duration = Duration::from_secs(60);

    #[timeout(secs = 2)]
    #[rate_limit(max = 1, wait = LONG)]
    async fn call() -> Answer {
        Ok(7)
    }
    #[rate_limit(max = 1, wait = LONG)]
    async fn inner() -> Answer {
        Ok(7)
    }
    #[timeout(secs = 2)]
    async fn outer() -> Answer {
        inner().await
    }

    let clock = awaiting::Clock::start();
    let letters: String = join_all((0..4).map(|_| call())).await.iter().map(common::letter).collect();
    assert_eq!((&*letters, clock.elapsed()), ("SSLL", secs(1)), "at its end there is no time left for the body");
    let letters: String = join_all((0..4).map(|_| outer())).await.iter().map(common::letter).collect();
    assert_eq!((&*letters, clock.elapsed()), ("SSLL", secs(2)));
}

#[test]
fn a_wait_that_does_not_fit_into_a_cooperative_deadline_is_not_begun() {
    const LONG: Duration = Duration::from_secs(60);

    #[timeout(secs = 2, mode = "cooperative")]
    #[rate_limit(max = 1, per = "3s", wait = LONG)]
    fn call() -> Answer {
        Ok(7)
    }

    let clock = blocking::Clock::start();
    assert_eq!((letters!(2, call()), clock.elapsed()), ("SL".into(), secs(0)));
    clock.sleep(millis(1001));
    assert_eq!((letters!(1, call()), clock.elapsed()), ("S".into(), secs(3)));
}

// Keys

fn keyed(name: &str) -> KeyedRateLimitersSnapshot {
    KeyedRateLimiters::named(name).expect("its function has been called").snapshot()
}

#[sync_and_async::test]
async fn each_key_has_a_limit_of_its_own() {
    #[rate_limit(max = 2, key = client)]
    async fn call(client: &str) -> Answer {
        pause().await;
        Ok(7)
    }

    let clock = Clock::start();
    assert_eq!(letters!(3, call("a").await) + &letters!(3, call("b").await), "SSLSSL");
    clock.sleep(millis(500)).await;
    assert_eq!(letters!(2, call("b").await) + &letters!(2, call("a").await), "SLSL");
}

#[sync_and_async::test]
async fn a_key_is_an_expression_over_the_arguments_and_leaves_them_to_the_body() {
    #[retry(max = 1, base_delay = "1s", jitter = false)]
    #[rate_limit(max = 1, wait = "1ms", key = (path.len(), client))]
    async fn call(client: String, path: Vec<u8>, calls: &Counter) -> Answer {
        pause().await;
        drop((client, path));
        if calls.up() == 1 { FAILED } else { Ok(calls.get()) }
    }

    let clock = Clock::start();
    let calls = Counter::new();
    assert_eq!((call("a".to_owned(), vec![1], &calls).await, clock.elapsed()), (Ok(2), secs(1)));
    assert_eq!(call("a".to_owned(), vec![1, 2], &calls).await, Ok(3));
    assert_eq!(call("b".to_owned(), vec![1], &calls).await, Ok(4));
}

/// F1. F2. A flood of keys lets nobody begin anew who is rejected, and shuts nobody out.
#[sync_and_async::test]
async fn there_are_no_more_limiters_than_max_keys_and_none_that_rejects_is_forgotten() {
    #[rate_limit(max = 2, per = "1h", key = client, max_keys = 10, name = "flood")]
    async fn call(client: u32) -> Answer {
        pause().await;
        Ok(7)
    }

    let (_alone, clock) = (alone(), Clock::start());
    // As long as it takes after the other ending of this scenario.
    while KeyedRateLimiters::named("flood").is_some_and(|limiters| limiters.snapshot().used_up > 0) {
        clock.sleep(secs(3600)).await;
    }
    clock.sleep(secs(3600)).await;
    assert_eq!(letters!(3, call(1).await), "SSL");
    for stranger in 100..1000 {
        assert_eq!(letters!(1, call(stranger).await), "S");
        assert!(keyed("flood").keys <= 10);
    }
    assert_eq!(letters!(1, call(1).await), "L", "still rejected");
    clock.sleep(secs(1800)).await;
    assert_eq!(letters!(2, call(1).await), "SL");
}

#[sync_and_async::test]
async fn keys_that_find_no_room_share_one_limit() {
    #[rate_limit(max = 1, per = "1h", key = client, max_keys = 3)]
    async fn call(client: u32) -> Answer {
        pause().await;
        Ok(7)
    }

    let (clock, recorder) = (Clock::start(), Recorder::start());
    let mut letters = String::new();
    for client in 0..8 {
        letters += &letters!(1, call(client).await);
    }
    assert_eq!(letters, "SSSSLLLL", "three of their own, and one that is shared");
    assert_eq!(recorder.named("rate_limit.keys_full").len(), 3, "at the first, the second and the fourth of them");
    clock.sleep(secs(3600)).await;
    assert_eq!(letters!(1, call(9).await), "S", "those of the first three may be forgotten now");
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_for_a_turn_keep_their_limiter() {
    #[rate_limit(max = 1, wait = "1m", key = client, max_keys = 2, name = "waiting by key")]
    async fn call(client: u32) -> Answer {
        awaiting::pause().await;
        Ok(client)
    }

    let clock = awaiting::Clock::start();
    let calls = join_all([1, 1, 1, 2, 2].map(call));
    let flood = async {
        for stranger in 10..100 {
            let _answer = poll_at_most(1, call(stranger)).await;
        }
        assert_eq!(keyed("waiting by key").waiting, 3);
    };
    assert_eq!(tokio::join!(calls, flood).0, [Ok(1), Ok(1), Ok(1), Ok(2), Ok(2)]);
    assert_eq!((clock.elapsed(), keyed("waiting by key").waiting), (secs(2), 0));
}

// Cancellation

#[tokio::test(start_paused = true)]
async fn a_caller_that_is_dropped_gives_its_turn_back_if_it_is_the_last_one() {
    #[rate_limit(max = 1, wait = "1h", name = "given back")]
    async fn call() -> Answer {
        awaiting::pause().await;
        Ok(7)
    }

    let clock = awaiting::Clock::start();
    assert_eq!(call().await, Ok(7));
    for polls in 0..9 {
        let begin = clock.elapsed();
        assert_eq!(poll_at_most(polls.min(1), call()).await, None);
        assert_eq!((snapshot("given back").waiting, clock.elapsed()), (0, begin));
    }
    assert_eq!((call().await, clock.elapsed()), (Ok(7), secs(1)), "as if nobody had been there");
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_is_dropped_in_the_middle_passes_unused_and_the_rate_holds() {
    #[rate_limit(max = 1, wait = "1h", name = "unused")]
    async fn call() -> Answer {
        awaiting::pause().await;
        Ok(7)
    }

    let clock = awaiting::Clock::start();
    assert_eq!(call().await, Ok(7));
    let mut waiters: Vec<_> = (0..3).map(|_| Box::pin(call())).collect();
    for waiter in &mut waiters {
        assert_eq!(poll_at_most(1, waiter).await, None);
    }
    assert_eq!(snapshot("unused").waiting, 3);
    drop(waiters.remove(0));
    assert_eq!(snapshot("unused").waiting, 2);
    assert_eq!((waiters.remove(0).await, clock.elapsed()), (Ok(7), secs(2)));
    let (next, last) = tokio::join!(call(), waiters.remove(0));
    assert_eq!((next, last, clock.elapsed()), (Ok(7), Ok(7), secs(4)), "one behind the other");
    assert_eq!(snapshot("unused").waiting, 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_at_any_poll_leaves_no_waiter_behind() {
    #[rate_limit(max = 1, wait = "1h", name = "any poll")]
    async fn call() -> Answer {
        awaiting::pause().await;
        sleep(secs(1)).await;
        Ok(7)
    }

    for polls in 0..6 {
        let _seen = poll_at_most(polls, call()).await;
        let _behind = tokio::join!(poll_at_most(polls, call()), poll_at_most(6 - polls, call()));
        if let Some(seen) = snapshot_of("any poll") {
            assert_eq!(seen.waiting, 0, "after {polls} polls");
        }
    }
    assert!(call().await.is_ok());
}

/// B9.
#[test]
fn a_runtime_that_goes_away_leaves_no_waiter_behind() {
    #[rate_limit(max = 1, per = "1m", wait = "1h", name = "runtime")]
    async fn call() -> Answer {
        pending().await
    }

    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    for _ in 0..5 {
        drop(runtime.spawn(call()));
    }
    runtime.block_on(awaiting::pause());
    assert_eq!(snapshot("runtime").waiting, 4);
    drop(runtime);
    assert_eq!(snapshot("runtime").waiting, 0);
}

#[test]
fn a_panic_of_the_body_changes_nothing_about_the_rate() {
    #[rate_limit(max = 2)]
    fn call(panics: bool) -> Answer {
        assert!(!panics, "told to panic");
        Ok(7)
    }
    #[rate_limit(max = 2)]
    async fn later(panics: bool) -> Answer {
        assert!(!panics, "told to panic");
        Ok(7)
    }

    let _clock = blocking::Clock::start();
    assert!(catch_unwind(|| call(true)).is_err());
    assert_eq!(letters!(2, call(false)), "SL");
    assert!(AssertUnwindSafe(later(true)).catch_unwind().now_or_never().unwrap().is_err());
    assert_eq!(letters!(2, later(false).now_or_never().unwrap()), "SL");
}

/// B10. A task that has used up tokio's budget is not turned away.
#[tokio::test]
async fn a_task_without_budget_passes_while_there_are_tokens() {
    #[rate_limit(max = 1000, per = "1h", wait = "1m")]
    async fn call() -> Answer {
        Ok(7)
    }

    while tokio::task::consume_budget().now_or_never().is_some() {}
    for _ in 0..1000 {
        assert_eq!(call().now_or_never(), Some(Ok(7)));
    }
}

// Threads

/// B18. Also for a rate that no clock can tell from none.
#[test]
fn threads_that_come_at_once_find_exactly_the_tokens() {
    #[rate_limit(max = 50, per = "1h", name = "threads")]
    fn call() -> Answer {
        Ok(7)
    }
    #[rate_limit(max = 4_294_967_295, per = "1ms")]
    fn unlimited() -> Answer {
        Ok(7)
    }

    let (start, passed, all) = (Arc::new(Barrier::new(8)), Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let (start, passed, all) = (Arc::clone(&start), Arc::clone(&passed), Arc::clone(&all));
            thread::spawn(move || {
                start.wait();
                for _ in 0..1000 {
                    passed.fetch_add(u32::from(call().is_ok()), SeqCst);
                    all.fetch_add(u32::from(unlimited().is_ok()), SeqCst);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!((passed.load(SeqCst), all.load(SeqCst)), (50, 8000));
    let seen = snapshot("threads");
    assert_eq!((seen.available, seen.waiting, seen.rejected), (0, 0, 7950));
}

/// B18. Nobody sleeps for ever.
#[tokio::test(start_paused = true)]
async fn a_thousand_tasks_all_pass_in_their_turn() {
    #[rate_limit(max = 100, wait = "1m", name = "thousand")]
    async fn call(number: u32) -> Answer {
        awaiting::pause().await;
        Ok(number)
    }

    let begin = Instant::now();
    let tasks: Vec<_> = (0..1000).map(|number| tokio::spawn(call(number))).collect();
    for (number, task) in (0..).zip(tasks) {
        assert_eq!(task.await.unwrap(), Ok(number));
    }
    assert_eq!((begin.elapsed(), snapshot("thousand").waiting), (secs(9), 0));
}
