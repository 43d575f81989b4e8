//! Cache, retry, breaker and fallback degrade step by step.

use std::time::Duration;

use futures_util::future::join_all;
use resilience::{BreakerState, Report, cached, circuit_breaker, fallback, retry, timeout};
use tokio::time::sleep;

use crate::MINUTE;
use crate::common::{Answer, Elapsed, Script, TestError, Watchdog, awaiting, secs};

/// The counts of a report that show degradation.
fn steps(report: &Report) -> (u32, u32, u32, bool) {
    (report.fallbacks, report.stale, report.rejections, report.degraded)
}

/// Full answer, fallback, stale value, canned value, error: each replaces the one before when that fails, and each shows
/// in the report.
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
    assert_eq!((answer, steps(&report)), (Ok(0), (2, 0, 0, true)), "the canned one, after a probe");
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
async fn a_stale_value_counts_as_degraded_for_outer_caches() {
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
async fn an_error_that_no_step_answers_is_returned() {
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
async fn waiters_that_get_a_stale_value_are_degraded_too() {
    let _watchdog = Watchdog::start();
    #[cached(skip(script), ttl = 60, stale_if_error = "1h")]
    async fn inner(script: &awaiting::Script<'_>) -> Answer {
        let answer = script.next();
        sleep(secs(1)).await;
        answer
    }
    /// Each caller has its own entry here.
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

/// The answer comes from a fallback instead of a stale value.
#[tokio::test(start_paused = true)]
async fn waiters_that_get_a_fallback_value_are_degraded_too() {
    let _watchdog = Watchdog::start();
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

/// Loads do not wait for each other here. The one that fails returns the value that the other has stored.
#[tokio::test(start_paused = true)]
async fn a_failure_is_covered_by_a_value_loaded_meanwhile() {
    let _watchdog = Watchdog::start();
    #[cached(skip(answer, time), ttl = 60, stale_if_error = "1h", coalesce = false)]
    async fn call(answer: Answer, time: Duration) -> Answer {
        sleep(time).await;
        answer
    }

    let failure = Err(TestError::Transient);
    assert_eq!(tokio::join!(call(failure, secs(2)), call(Ok(7), secs(1))), (Ok(7), Ok(7)));
}

#[tokio::test(start_paused = true)]
async fn a_stale_value_covers_an_inner_timeout() {
    let _watchdog = Watchdog::start();
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
