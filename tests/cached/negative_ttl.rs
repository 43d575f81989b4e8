//! Errors and `None` are cached for `negative_ttl`.

use futures_util::future::join_all;
use resilience::{cached, fallback, timeout};
use tokio::time::sleep;

use crate::MINUTE;
use crate::common::{Answer, Script, TestError, Watchdog, awaiting, blocking, millis, secs};

/// BUG-E11.
#[sync_and_async::test]
async fn an_error_selected_by_when_is_cached_for_negative_ttl() {
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

/// BUG-E11.
#[sync_and_async::test]
async fn none_is_cached_for_negative_ttl() {
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
async fn every_spelling_of_negative_ttl_is_honoured() {
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
async fn an_error_after_a_failed_fallback_is_not_cached() {
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
async fn a_cached_error_is_shared_with_waiters() {
    let _watchdog = Watchdog::start();
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

/// A caller that runs out of time does not mean an outage.
#[tokio::test(start_paused = true)]
async fn an_error_caused_by_the_callers_deadline_is_not_cached() {
    let _watchdog = Watchdog::start();
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
fn an_error_on_a_thread_caused_by_the_callers_deadline_is_not_cached() {
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
