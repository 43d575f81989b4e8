//! Fallback values are not cached unless the attribute opts in.

use futures_util::future::join_all;
use resilience::{cached, fallback};
use tokio::time::sleep;

use crate::common::{Answer, Recorder, Script, Watchdog, awaiting, secs};

#[sync_and_async::test]
async fn a_fallback_value_is_not_cached() {
    fn canned(_: &Script<'_>) -> Answer {
        Ok(99)
    }
    #[cached(skip(script))]
    #[fallback(canned)]
    async fn function(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[cached(skip(script))]
    #[fallback(value = 98)]
    async fn value(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[cached(skip(script))]
    #[fallback(|error| if error.is_transient() { Ok(97) } else { Err(error) })]
    async fn closure(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::of("FFS", &clock);
    let answers = [function(&script).await, function(&script).await, function(&script).await, function(&script).await];
    assert_eq!((answers, script.calls()), ([Ok(99), Ok(99), Ok(3), Ok(3)], 3));
    let script = Script::of("FS", &clock);
    assert_eq!([value(&script).await, value(&script).await, value(&script).await], [Ok(98), Ok(2), Ok(2)]);
    let script = Script::of("FS", &clock);
    assert_eq!([closure(&script).await, closure(&script).await, closure(&script).await], [Ok(97), Ok(2), Ok(2)]);
}

#[sync_and_async::test]
async fn cache_degraded_caches_a_fallback_value() {
    #[cached(skip(script), cache_degraded = true)]
    #[fallback(value = 99)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(1, &clock);
    assert_eq!([call(&script).await, call(&script).await], [Ok(99), Ok(99)]);
    assert_eq!(script.calls(), 1);
}

#[sync_and_async::test]
async fn a_cache_inside_the_fallback_does_not_see_its_value() {
    #[fallback(value = 99)]
    #[cached(skip(script))]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(1, &clock);
    assert_eq!([call(&script).await, call(&script).await, call(&script).await], [Ok(99), Ok(2), Ok(2)]);
    assert_eq!(script.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn waiters_share_a_fallback_value_that_is_not_cached() {
    let _watchdog = Watchdog::start();
    #[cached(skip(script))]
    #[fallback(value = 99)]
    async fn call(script: &awaiting::Script<'_>) -> Answer {
        sleep(secs(1)).await;
        script.run().await
    }

    let clock = awaiting::Clock::start();
    let script = Script::fails(1, &clock);
    assert_eq!(join_all((0..5).map(|_| call(&script))).await, vec![Ok(99); 5]);
    assert_eq!(script.calls(), 1);
    assert_eq!(call(&script).await, Ok(2));
}

/// BUG-F5.
#[sync_and_async::test]
async fn each_lookup_emits_an_event_without_arguments() {
    #[cached(skip(script))]
    async fn call(secret: &str, script: &Script<'_>) -> Answer {
        script.run().await.map(|call| call + u32::from(secret.is_empty()))
    }

    let clock = Clock::start();
    let recorder = Recorder::start();
    let script = Script::fails(1, &clock);
    assert_eq!(letters!(3, call("hunter2", &script).await), "FSS");
    assert_eq!(recorder.names(), ["cache.miss", "cache.miss", "cache.hit"]);
    for event in recorder.events() {
        assert!(event.field("cache").ends_with("::call"), "{event:?}");
        assert!(!format!("{event:?}").contains("hunter2"), "{event:?}");
    }
}
