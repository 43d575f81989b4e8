#![allow(clippy::items_after_statements, reason = "a watchdog comes first")]
//! What `#[cached]` promises about values that expire: kept errors, old values, and when they are given out.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::common::{
    Answer, Counter, Elapsed, Recorder, Script, TestError, awaiting, blocking, is_open, millis, poll_at_most, secs,
};
use futures_util::FutureExt;
use futures_util::future::join_all;
use resilience::{BreakerState, Report, cached, circuit_breaker, fallback, retry, timeout};
use tokio::time::sleep;

const MINUTE: Duration = Duration::from_secs(60);

// Errors

/// E11.
#[sync_and_async::test]
async fn an_error_that_when_names_is_kept_for_its_negative_ttl() {
    #[cached(skip(script), ttl = 60, negative_ttl = "5s", when = |answer| !matches!(answer, Err(TestError::Transient)))]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::new(&clock, |call| match call {
        1 => Err(TestError::Transient),
        2 => Err(TestError::Permanent),
        call => Ok(call),
    });
    assert_eq!(call(&script).await, Err(TestError::Transient));
    assert_eq!([call(&script).await, call(&script).await], [Err(TestError::Permanent), Err(TestError::Permanent)]);
    clock.sleep(millis(4_999)).await;
    assert_eq!((call(&script).await, script.calls()), (Err(TestError::Permanent), 2));
    clock.sleep(millis(1)).await;
    assert_eq!(call(&script).await, Ok(3));
    clock.sleep(millis(59_999)).await;
    assert_eq!(call(&script).await, Ok(3), "a value has its own time");
    clock.sleep(millis(1)).await;
    assert_eq!(call(&script).await, Ok(4));
}

/// E11.
#[sync_and_async::test]
async fn nothing_is_kept_for_its_negative_ttl() {
    #[cached(skip(script), negative_ttl_secs = 5, when = Option::is_none)]
    async fn call(script: &Script<'_>) -> Option<u32> {
        script.run().await.ok()
    }

    let clock = Clock::start();
    let script = Script::of("SFS", &clock);
    assert_eq!([call(&script).await, call(&script).await, call(&script).await], [Some(1), None, None]);
    clock.sleep(secs(5)).await;
    assert_eq!([call(&script).await, call(&script).await], [Some(3), Some(4)], "`when` is asked about values too");
}

#[sync_and_async::test]
async fn each_form_of_a_negative_ttl_is_as_long_as_it_says() {
    macro_rules! lives {
        ($($key:ident = $value:expr),*) => {
            [$({
                #[cached(skip(script), $key = $value, when = |_| true)]
                async fn call(script: &Script<'_>) -> Answer {
                    script.run().await
                }
                let clock = Clock::start();
                let script = Script::fails(1, &clock);
                let mut time = 0;
                while call(&script).await.is_err() {
                    clock.sleep(millis(125)).await;
                    time += 125;
                    assert!(time < 200_000, "it does not end");
                }
                time
            }),*]
        };
    }
    let lives = lives!(negative_ttl = "1m30s", negative_ttl = MINUTE, negative_ttl_secs = 7, negative_ttl_ms = 250);
    assert_eq!(lives, [90_000, 60_000, 7_000, 250]);
}

#[sync_and_async::test]
async fn an_error_is_not_kept_when_a_fallback_has_failed_too() {
    #[cached(skip(script), negative_ttl = "5s", when = |_| true)]
    #[fallback(|error| if error.is_permanent() { Ok(0) } else { Err(error) })]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(2, &clock);
    assert_eq!(letters!(3, call(&script).await), "FFS");
}

#[tokio::test(start_paused = true)]
async fn an_error_that_is_kept_is_shared_by_those_who_wait() {
    let _watchdog = crate::common::Watchdog::start();
    #[cached(skip(script), negative_ttl = "5s", when = |_| true)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        sleep(secs(1)).await;
        script.run().await
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(1, &clock);
    assert_eq!(join_all((0..5).map(|_| call(&script))).await, vec![Err(TestError::Transient); 5]);
    assert_eq!((call(&script).await, script.calls()), (Err(TestError::Transient), 1));
}

/// A caller without time is no outage.
#[tokio::test(start_paused = true)]
async fn an_error_is_not_kept_when_the_time_of_its_caller_was_over() {
    let _watchdog = crate::common::Watchdog::start();
    #[cached(skip(script), negative_ttl = "1h", when = |_| true)]
    #[timeout(secs = 60)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        sleep(secs(2)).await;
        script.run().await
    }
    #[timeout(secs = 1)]
    async fn hurried(script: &awaiting::Script<'_>) -> Answer {
        call(script).await
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(1, &clock);
    assert!(hurried(&script).await.is_err_and(|error| error.is_timeout()));
    assert_eq!(call(&script).await, Err(TestError::Transient));
    assert_eq!((hurried(&script).await, script.calls()), (Err(TestError::Transient), 1), "an outage");
}

#[test]
fn an_error_of_a_thread_is_not_kept_when_the_time_of_its_caller_was_over() {
    #[cached(skip(clock), negative_ttl = "1h", when = |_| true)]
    fn call(clock: &blocking::Clock) -> Answer {
        clock.sleep(secs(2));
        resilience::checkpoint()?;
        Ok(7)
    }
    #[timeout(secs = 1, mode = "cooperative")]
    fn hurried(clock: &blocking::Clock) -> Answer {
        call(clock)
    }

    let clock = blocking::Clock::start();
    assert!(hurried(&clock).is_err_and(|error| error.is_timeout()));
    assert_eq!(call(&clock), Ok(7));
}

// While one refreshes

/// E30: one refresh, whatever comes in while it lasts.
#[tokio::test(start_paused = true)]
async fn one_caller_refreshes_and_all_others_get_the_old_value_at_once() {
    let _watchdog = crate::common::Watchdog::start();
    #[cached(skip(script), ttl = 60, stale_while_revalidate = "30s")]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        let answer = script.next();
        sleep(secs(10)).await;
        answer
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!((call(&script).await, clock.elapsed()), (Ok(1), secs(10)));
    sleep(secs(60)).await;
    let others = async {
        awaiting::pause().await;
        for _ in 0..5 {
            assert_eq!(join_all((0..100).map(|_| call(&script))).await, vec![Ok(1); 100]);
            sleep(secs(1)).await;
        }
        clock.elapsed()
    };
    assert_eq!(tokio::join!(call(&script), others), (Ok(2), secs(75)));
    assert_eq!((call(&script).await, script.calls()), (Ok(2), 2));
}

#[tokio::test(start_paused = true)]
async fn the_old_value_is_given_out_exactly_as_long_as_stale_while_revalidate_says() {
    let _watchdog = crate::common::Watchdog::start();
    macro_rules! lasts {
        ($($key:ident = $value:expr),*) => {
            [$({
                #[cached(skip(script), ttl = 1, $key = $value)]
                async fn call(script: &awaiting::Script<'_>) -> Answer {
                    let answer = script.next();
                    if answer != Ok(1) {
                        sleep(secs(1000)).await;
                    }
                    answer
                }
                let clock = awaiting::Clock::start();
                let script = Script::fails(0, &clock);
                assert_eq!(call(&script).await, Ok(1));
                sleep(secs(1)).await;
                let mut refresher = Box::pin(call(&script));
                assert_eq!(poll_at_most(1, &mut refresher).await, None);
                let mut time = 0;
                while call(&script).now_or_never() == Some(Ok(1)) {
                    sleep(millis(125)).await;
                    time += 125;
                    assert!(time < 200_000, "it does not end");
                }
                time
            }),*]
        };
    }
    let lasts = lasts!(
        stale_while_revalidate = "1m30s",
        stale_while_revalidate = MINUTE,
        stale_while_revalidate_secs = 7,
        stale_while_revalidate_ms = 250
    );
    assert_eq!(lasts, [90_000, 60_000, 7_000, 250]);
}

/// E1.
#[tokio::test(start_paused = true)]
async fn when_the_refresher_is_dropped_the_next_caller_refreshes() {
    let _watchdog = crate::common::Watchdog::start();
    #[cached(skip(script), ttl = 60, stale_while_revalidate = "1h")]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!(call(&script).await, Ok(1));
    sleep(secs(60)).await;
    let mut refresher = Box::pin(call(&script));
    assert_eq!(poll_at_most(1, &mut refresher).await, None);
    assert_eq!(call(&script).await, Ok(1));
    drop(refresher);
    assert_eq!([call(&script).await, call(&script).await], [Ok(3), Ok(3)]);
}

/// Threads: the one that comes first runs the body, the others do not wait for it.
#[test]
fn threads_get_the_old_value_while_one_refreshes() {
    static RUNS: Counter = Counter::new();
    static REFRESHING: std::sync::Barrier = std::sync::Barrier::new(2);

    #[cached(ttl_ms = 1, stale_while_revalidate = "1h")]
    fn call() -> u32 {
        let run = RUNS.up();
        if run == 2 {
            REFRESHING.wait();
            REFRESHING.wait();
        }
        run
    }

    blocking::ends(|| {
        assert_eq!(call(), 1);
        std::thread::scope(|scope| {
            let refresher = scope.spawn(|| {
                loop {
                    match call() {
                        1 => std::thread::yield_now(),
                        run => break run,
                    }
                }
            });
            REFRESHING.wait();
            assert_eq!([call(), call()], [1, 1]);
            REFRESHING.wait();
            assert_eq!(refresher.join().ok(), Some(2));
        });
    });
}

#[sync_and_async::test]
async fn without_others_the_first_caller_after_the_ttl_gets_the_new_value() {
    #[cached(skip(script), ttl = 60, stale_while_revalidate = "1h")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::of("SFS", &clock);
    assert_eq!(call(&script).await, Ok(1));
    clock.sleep(MINUTE).await;
    assert_eq!(call(&script).await, Err(TestError::Transient), "whoever refreshes gets what the body brings");
    assert_eq!(call(&script).await, Ok(3));
}

#[sync_and_async::test]
async fn a_body_that_asks_for_its_own_key_while_it_refreshes_gets_the_old_value() {
    #[cached(skip(script), ttl = 60, stale_while_revalidate = "1h")]
    async fn call(depth: u32, script: &Script<'_>) -> Answer {
        let answer = script.run().await;
        if script.calls() > 1 { boxed(call(depth, script)).await.map(|old| old * 100) } else { answer }
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!(call(1, &script).await, Ok(1));
    clock.sleep(MINUTE).await;
    assert_eq!((call(1, &script).await, script.calls()), (Ok(100), 2));
}

// When the body fails

#[sync_and_async::test]
async fn when_the_body_fails_the_old_value_is_given_out_exactly_as_long_as_stale_if_error_says() {
    macro_rules! lasts {
        ($($key:ident = $value:expr),*) => {
            [$({
                #[cached(skip(script), ttl = 1, $key = $value)]
                async fn call(script: &Script<'_>) -> Answer {
                    script.run().await
                }
                let clock = Clock::start();
                let script = Script::new(&clock, |call| if call == 1 { Ok(1) } else { Err(TestError::Transient) });
                assert_eq!(call(&script).await, Ok(1));
                clock.sleep(secs(1)).await;
                let (mut time, mut calls) = (0, 1);
                while call(&script).await == Ok(1) {
                    clock.sleep(millis(125)).await;
                    time += 125;
                    assert!(time < 200_000, "it does not end");
                    calls += 1;
                }
                assert_eq!(script.calls(), calls + 1, "each call has tried");
                time
            }),*]
        };
    }
    let lasts =
        lasts!(stale_if_error = "1m30s", stale_if_error = MINUTE, stale_if_error_secs = 7, stale_if_error_ms = 250);
    assert_eq!(lasts, [90_000, 60_000, 7_000, 250]);
}

#[sync_and_async::test]
async fn a_success_ends_the_time_of_the_old_value() {
    #[cached(skip(script), ttl = 60, stale_if_error = "1h")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::of("SFSF", &clock);
    let mut answers = Vec::new();
    for _ in 0..4 {
        answers.push(call(&script).await);
        clock.sleep(MINUTE).await;
    }
    assert_eq!(answers, [Ok(1), Ok(1), Ok(3), Ok(3)]);
}

#[sync_and_async::test]
async fn none_is_a_failure_too() {
    #[cached(skip(script), ttl = 60, stale_if_error = "1h")]
    async fn call(script: &Script<'_>) -> Option<u32> {
        script.run().await.ok()
    }

    let clock = Clock::start();
    let script = Script::of("SF", &clock);
    assert_eq!(call(&script).await, Some(1));
    clock.sleep(MINUTE).await;
    assert_eq!(call(&script).await, Some(1));
}

#[sync_and_async::test]
async fn without_an_old_value_the_error_returns_unchanged() {
    #[cached(skip(script), ttl = 60, stale_if_error = "1h")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::always(TestError::RateLimited(secs(9)), &clock);
    assert_eq!(call(&script).await, Err(TestError::RateLimited(secs(9))));
}

#[sync_and_async::test]
async fn an_error_that_is_an_answer_takes_the_place_of_the_old_value() {
    #[cached(
        skip(script), ttl = 60, negative_ttl = "10s", stale_if_error = "1h",
        when = |answer| !matches!(answer, Err(TestError::Transient))
    )]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::new(&clock, |call| match call {
        1 => Ok(1),
        3 => Err(TestError::Permanent),
        _ => Err(TestError::Transient),
    });
    assert_eq!(call(&script).await, Ok(1));
    clock.sleep(MINUTE).await;
    assert_eq!(call(&script).await, Ok(1), "no answer");
    assert_eq!(call(&script).await, Err(TestError::Permanent), "an answer");
    assert_eq!((call(&script).await, script.calls()), (Err(TestError::Permanent), 3));
    clock.sleep(secs(10)).await;
    assert_eq!(call(&script).await, Err(TestError::Transient), "an old error is not given out");
}

/// E13: what was dropped is not given out, however much fails.
#[sync_and_async::test]
async fn an_old_value_of_before_a_clear_is_never_given_out() {
    #[cached(name = "expiry.cleared", skip(script), ttl = 60, stale_if_error = "1h", stale_while_revalidate = "1h")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::of("SFF", &clock);
    assert_eq!(call(&script).await, Ok(1));
    clock.sleep(MINUTE).await;
    resilience::Cache::named("expiry.cleared").expect("called").clear();
    assert_eq!(call(&script).await, Err(TestError::Transient));
}

#[sync_and_async::test]
async fn an_open_breaker_serves_the_old_value_before_it_rejects() {
    #[cached(skip(script), ttl = 60, stale_if_error = "1h")]
    #[circuit_breaker(failure_threshold = 2, recovery = "1d", allow(long_recovery))]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::of("SFFFFFFFF", &clock);
    assert_eq!(call(&script).await, Ok(1));
    clock.sleep(MINUTE).await;
    for _ in 0..10 {
        assert_eq!(call(&script).await, Ok(1));
    }
    assert_eq!(script.calls(), 3, "two failures have opened it");
    clock.sleep(secs(3600)).await;
    assert!(is_open(&call(&script).await));
}

#[sync_and_async::test]
async fn each_old_value_is_an_event_and_is_counted() {
    #[cached(name = "expiry.events", skip(script), ttl = 60, stale_if_error = "1h")]
    async fn call(secret: &str, script: &Script<'_>) -> Answer {
        script.run().await.map(|call| call + u32::from(secret.is_empty()))
    }

    let clock = Clock::start();
    let script = Script::of("SFF", &clock);
    let recorder = Recorder::start();
    assert_eq!(call("hunter2", &script).await, Ok(1));
    clock.sleep(MINUTE).await;
    assert_eq!(call("hunter2", &script).await, Ok(1));
    assert_eq!(recorder.names(), ["cache.miss", "cache.miss", "cache.stale"]);
    let event = recorder.named("cache.stale").remove(0);
    assert_eq!((event.field("cache"), event.field("reason")), ("expiry.events", "failed"));
    assert!(!format!("{event:?}").contains("hunter2"));
    assert!(resilience::Cache::named("expiry.events").expect("called").stats().stale >= 1);
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_for_a_body_that_fails_share_the_old_value() {
    let _watchdog = crate::common::Watchdog::start();
    #[cached(skip(script), ttl = 60, stale_if_error = "1h")]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        let answer = script.next();
        sleep(secs(1)).await;
        answer
    }

    let clock = awaiting::Clock::start();
    let script = Script::of("SF", &clock);
    assert_eq!(call(&script).await, Ok(1));
    sleep(MINUTE).await;
    assert_eq!(join_all((0..5).map(|_| call(&script))).await, vec![Ok(1); 5]);
    assert_eq!(script.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_old_value_while_somebody_refreshes_is_an_event_of_its_own() {
    let _watchdog = crate::common::Watchdog::start();
    #[cached(skip(script), ttl = 60, stale_while_revalidate = "1h")]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        script.run().await
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!(call(&script).await, Ok(1));
    sleep(MINUTE).await;
    let recorder = Recorder::start();
    assert_eq!(tokio::join!(call(&script), call(&script)), (Ok(2), Ok(1)));
    assert_eq!(recorder.names(), ["cache.miss", "cache.miss", "cache.stale"]);
    assert_eq!(recorder.named("cache.stale")[0].field("reason"), "revalidating");
}

// The ladder

/// What a report says of an answer that is not the full one.
fn steps(report: &Report) -> (u32, u32, u32, bool) {
    (report.fallbacks, report.stale, report.rejections, report.degraded)
}

/// Full answer, fallback, old value, canned value, error: each where the one before has failed, each to be seen in the
/// report.
#[sync_and_async::test]
async fn a_stack_degrades_step_by_step() {
    fn small_model(script: &Script<'_>) -> Answer {
        script.next().map(|call| call + 1000)
    }
    #[fallback(value = 0, when = |error| error.is_transient() || error.is_open())]
    #[cached(skip(script), ttl = 60, stale_if_error = "2h")]
    #[fallback(small_model, when = |error| error.is_transient() || error.is_open())]
    #[retry(max = 1, backoff = "none", when = TestError::is_transient)]
    #[circuit_breaker(failure_threshold = 4, success_threshold = 1, recovery = "1h")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::new(&clock, |call| match call {
        1 | 4 => Ok(call),
        11 => Err(TestError::Permanent),
        _ => Err(TestError::Transient),
    });

    let (answer, report) = observed(async || call(&script).await).await;
    assert_eq!((answer, steps(&report)), (Ok(1), (0, 0, 0, false)), "the full answer");
    let (answer, report) = observed(async || call(&script).await).await;
    assert_eq!((answer, steps(&report), report.cache_hits), (Ok(1), (0, 0, 0, false), 1), "and again");
    clock.sleep(MINUTE).await;

    let (answer, report) = observed(async || call(&script).await).await;
    assert_eq!((answer, steps(&report), report.attempts), (Ok(1004), (1, 0, 0, true), 2), "the fallback's");
    assert_eq!(report.breaker, Some(BreakerState::Closed));
    let (answer, report) = observed(async || call(&script).await).await;
    assert_eq!((answer, steps(&report), report.attempts), (Ok(1), (1, 1, 0, true), 2), "the old one");
    assert_eq!((script.calls(), report.breaker), (7, Some(BreakerState::Closed)));

    let (answer, report) = observed(async || call(&script).await).await;
    assert_eq!((answer, steps(&report)), (Ok(1), (1, 1, 1, true)), "where the breaker rejects, too");
    assert_eq!((script.calls(), report.breaker), (8, Some(BreakerState::Open)), "only the fallback was asked");

    clock.sleep(secs(7200)).await;
    let (answer, report) = observed(async || call(&script).await).await;
    assert_eq!((answer, steps(&report)), (Ok(0), (2, 0, 1, true)), "the canned one, after a probe and a rejection");
    assert_eq!(script.calls(), 10);

    clock.sleep(secs(3600)).await;
    let (answer, report) = observed(async || call(&script).await).await;
    assert_eq!(
        (answer, steps(&report)),
        (Err(TestError::Permanent), (0, 0, 0, false)),
        "an error, degraded by nothing"
    );
    assert_eq!((script.calls(), report.breaker), (11, Some(BreakerState::HalfOpen)));
}

#[sync_and_async::test]
async fn a_stale_value_is_degraded_for_the_caches_further_out() {
    #[cached(skip(script), ttl = 60, stale_if_error = "1h")]
    async fn inner(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[cached(skip(script), ttl = 60)]
    async fn outer(script: &Script<'_>) -> Answer {
        inner(script).await
    }

    let clock = Clock::start();
    let script = Script::of("SFS", &clock);
    assert_eq!(outer(&script).await, Ok(1));
    clock.sleep(MINUTE).await;
    let (answer, report) = observed(async || outer(&script).await).await;
    assert_eq!((answer, report.stale, report.degraded), (Ok(1), 1, true));
    let (answer, report) = observed(async || outer(&script).await).await;
    assert_eq!((answer, report.stale, report.degraded), (Ok(3), 0, false), "the old one was not kept as a new one");
}

#[sync_and_async::test]
async fn an_error_that_no_step_takes_over_returns() {
    #[fallback(value = 0, when = TestError::is_transient)]
    #[cached(skip(script), ttl = 60, stale_if_error = "1h")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::always(TestError::Permanent, &clock);
    assert_eq!(call(&script).await, Err(TestError::Permanent));
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_for_a_stale_value_are_degraded_as_well() {
    let _watchdog = crate::common::Watchdog::start();
    #[cached(skip(script), ttl = 60, stale_if_error = "1h")]
    async fn inner(script: &awaiting::Script<'_>) -> Answer {
        let answer = script.next();
        sleep(secs(1)).await;
        answer
    }
    /// Each caller has an entry of its own here.
    #[cached(skip(script), ttl = 60)]
    async fn outer(caller: u32, script: &awaiting::Script<'_>) -> Answer {
        inner(script).await.map(|answer| answer * 10 + caller)
    }

    let clock = awaiting::Clock::start();
    let script = Script::of("SFS", &clock);
    let all = || join_all((1..=3).map(|caller| outer(caller, &script)));
    assert_eq!(awaiting::ends(all()).await, [Ok(11), Ok(12), Ok(13)]);
    sleep(MINUTE).await;
    assert_eq!((awaiting::ends(all()).await, script.calls()), (vec![Ok(11), Ok(12), Ok(13)], 2), "the old one");
    assert_eq!((awaiting::ends(all()).await, script.calls()), (vec![Ok(31), Ok(32), Ok(33)], 3), "kept by none");
}

/// The same for the answer of a fallback.
#[tokio::test(start_paused = true)]
async fn those_who_wait_for_a_fallback_are_degraded_as_well() {
    let _watchdog = crate::common::Watchdog::start();
    #[cached(skip(script))]
    #[fallback(value = 9)]
    async fn inner(script: &awaiting::Script<'_>) -> Answer {
        let answer = script.next();
        sleep(secs(1)).await;
        answer
    }
    #[cached(skip(script))]
    async fn outer(caller: u32, script: &awaiting::Script<'_>) -> Answer {
        inner(script).await.map(|answer| answer * 10 + caller)
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(1, &clock);
    let all = || join_all((1..=3).map(|caller| outer(caller, &script)));
    assert_eq!((all().await, script.calls()), (vec![Ok(91), Ok(92), Ok(93)], 1), "the fallback's");
    assert_eq!((all().await, script.calls()), (vec![Ok(21), Ok(22), Ok(23)], 2), "kept by none");
}

/// Loads that do not wait for each other: the one that fails gives what the other has brought.
#[tokio::test(start_paused = true)]
async fn a_failure_is_covered_by_a_value_that_has_come_meanwhile() {
    let _watchdog = crate::common::Watchdog::start();
    #[cached(skip(answer, time), ttl = 60, stale_if_error = "1h", coalesce = false)]
    async fn call(answer: Answer, time: Duration) -> Answer {
        sleep(time).await;
        answer
    }

    let failure = Err(TestError::Transient);
    assert_eq!(tokio::join!(call(failure, secs(2)), call(Ok(7), secs(1))), (Ok(7), Ok(7)));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_inside_is_a_failure_that_the_old_value_covers() {
    let _watchdog = crate::common::Watchdog::start();
    #[cached(skip(script), ttl = 60, stale_if_error = "1h")]
    #[timeout(secs = 1)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        let answer = script.run().await;
        if answer != Ok(1) {
            sleep(secs(10)).await;
        }
        answer
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!(call(&script).await, Ok(1));
    sleep(MINUTE).await;
    assert_eq!((call(&script).await, clock.elapsed()), (Ok(1), secs(61)));
}

// Jitter

/// E30.
#[sync_and_async::test]
async fn a_jitter_spreads_the_ends_and_never_lengthens_a_ttl() {
    #[cached(skip(calls), ttl = 100, ttl_jitter = 0.25)]
    async fn call(number: u32, calls: &Counter) -> u32 {
        pause().await;
        calls.up();
        number
    }

    let clock = Clock::start();
    let calls = Counter::new();
    for number in 0..200 {
        call(number, &calls).await;
    }
    let mut ends = BTreeSet::new();
    for second in 1..=100 {
        clock.sleep(secs(1)).await;
        let before = calls.get();
        for number in 0..200 {
            call(number, &calls).await;
        }
        match calls.get() - before {
            0 => {}
            many => {
                assert!((75..=100).contains(&second), "{many} after {second} seconds");
                assert!(many < 40, "{many} of 200 in one second of 25");
                ends.insert(second);
            }
        }
    }
    assert_eq!(calls.get(), 400, "each has ended once");
    assert!(ends.len() >= 15, "{ends:?}");
}

#[sync_and_async::test]
async fn a_jitter_of_one_and_of_zero_are_both_ends() {
    const NONE: f64 = 0.0;

    #[cached(skip(script), ttl = 10, ttl_jitter = NONE)]
    async fn none(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[cached(skip(script), ttl = 10, ttl_jitter = 1)]
    async fn full(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(0, &clock);
    assert_eq!(none(&script).await, Ok(1));
    full(&script).await.ok();
    clock.sleep(millis(9_999)).await;
    assert_eq!(none(&script).await, Ok(1));
    clock.sleep(millis(1)).await;
    assert_eq!([none(&script).await, full(&script).await], [Ok(3), Ok(4)]);
}
