//! How many calls pass per period.

use std::time::Duration;

use resilience::{RateLimiter, rate_limit};

use crate::common::{Answer, Counter, Elapsed, Recorder, alone, blocking, millis, secs};
use crate::{FAILED, hint, snapshot, snapshot_of};

#[sync_and_async::test]
async fn max_calls_pass_immediately_and_then_one_per_interval() {
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
async fn per_defaults_to_one_second() {
    #[rate_limit(max = 1)]
    async fn call() -> Answer {
        pause().await;
        Ok(7)
    }

    let _clock = Clock::start();
    assert_eq!((call().await, hint(&call().await)), (Ok(7), Some(secs(1))));
}

#[sync_and_async::test]
async fn per_accepts_text_a_constant_or_a_number_with_a_unit() {
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
async fn burst_may_be_smaller_or_larger_than_max() {
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

/// BUG-B14, BUG-B15.
#[sync_and_async::test]
async fn waiting_exactly_the_retry_after_is_enough() {
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

/// BUG-B11, BUG-B17: Checked against a list of all admitted calls.
#[sync_and_async::test]
async fn no_interval_exceeds_the_rate_plus_the_burst() {
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
async fn a_call_counts_when_admitted_however_its_body_ends() {
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
async fn a_rejection_returns_the_error_or_none_and_the_body_does_not_run() {
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
async fn functions_with_one_name_share_a_limit_and_others_do_not() {
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
async fn each_rejection_emits_an_event_with_the_name_the_retry_after_and_nothing_else() {
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
    assert_eq!(
        (events[0].field("retry_after_ms"), events[0].fields.len()),
        ("90000", 5),
        "and the name, the function, the name of the event and the message"
    );
    assert!(events[0].field("limiter").starts_with(module_path!()), "{events:?}");
    assert!(!format!("{events:?}").contains("4711"));
}

#[sync_and_async::test]
async fn two_limits_on_one_function_both_apply() {
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
fn conflicting_configurations_of_one_name_emit_an_error_event_and_the_first_applies() {
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

#[test]
fn a_snapshot_shows_the_available_tokens() {
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

/// BUG-B16.
#[test]
fn a_clock_that_steps_back_admits_no_more_and_does_not_panic() {
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
