//! A stale value covers a failure of the body.

use futures_util::future::join_all;
use resilience::{cached, circuit_breaker};
use tokio::time::sleep;

use crate::MINUTE;
use crate::common::{Answer, Recorder, Script, TestError, Watchdog, awaiting, is_open, millis, secs};

#[sync_and_async::test]
async fn a_stale_value_is_returned_for_a_failure_exactly_as_long_as_stale_if_error() {
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
async fn a_success_replaces_the_stale_value() {
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
async fn a_none_of_the_body_is_an_answer() {
    #[cached(skip(script), ttl = 60, stale_if_error = "1h")]
    async fn call(script: &Script<'_>) -> Option<u32> {
        script.run().await.ok()
    }

    let clock = Clock::start();
    let script = Script::of("SF", &clock);
    assert_eq!(call(&script).await, Some(1));
    clock.sleep(MINUTE).await;
    assert_eq!((call(&script).await, call(&script).await), (None, Some(3)));
}

#[sync_and_async::test]
async fn without_a_stale_value_the_error_is_returned_unchanged() {
    #[cached(skip(script), ttl = 60, stale_if_error = "1h")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::always(TestError::RateLimited(secs(9)), &clock);
    assert_eq!(call(&script).await, Err(TestError::RateLimited(secs(9))));
}

#[sync_and_async::test]
async fn a_cached_error_replaces_the_stale_value() {
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

/// BUG-E13: a dropped value is not returned, whatever fails.
#[sync_and_async::test]
async fn a_value_from_before_a_clear_is_never_returned() {
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
async fn an_open_breaker_serves_the_stale_value_before_it_rejects() {
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
async fn each_stale_value_emits_an_event_and_is_counted() {
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
async fn waiters_of_a_failing_body_share_the_stale_value() {
    let _watchdog = Watchdog::start();
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
async fn a_stale_value_during_a_refresh_emits_its_own_event() {
    let _watchdog = Watchdog::start();
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
