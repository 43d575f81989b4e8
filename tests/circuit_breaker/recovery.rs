//! An open breaker rejects calls until its recovery time is over.

use std::time::Duration;

use resilience::circuit_breaker;

use crate::common::{Answer, millis, secs};
use crate::{wait, wait_secs};

#[sync_and_async::test]
async fn a_rejection_carries_the_time_until_the_next_probe() {
    #[circuit_breaker(failure_threshold = 1, recovery = "10s")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(1, &clock);
    assert_eq!(letters!(1, call(&script).await), "F");
    for left in [10, 7, 4, 1] {
        let rejected = call(&script).await;
        assert_eq!(wait(&rejected), Some(secs(left)));
        clock.sleep(secs(3).min(secs(left))).await;
    }
    assert_eq!(call(&script).await, Ok(2), "waiting exactly that long is enough");
    assert_eq!(script.calls(), 2);
}

#[sync_and_async::test]
async fn recovery_accepts_text_a_constant_or_a_number_with_a_unit() {
    const TIME: Duration = Duration::from_secs(3);

    macro_rules! waits {
        ($($key:ident = $value:expr),*) => {
            [$({
                #[circuit_breaker(failure_threshold = 1, $key = $value)]
                async fn call(script: &Script<'_>) -> Answer {
                    script.run().await
                }
                let clock = Clock::start();
                let script = Script::fails(9, &clock);
                assert_eq!(letters!(1, call(&script).await), "F");
                wait(&call(&script).await).map(|wait| wait.as_millis())
            }),*]
        };
    }
    let waits =
        waits!(recovery = "1m30s", recovery = TIME, recovery_secs = 20, recovery_ms = 250, recovery_timeout = "40s");
    assert_eq!(waits, [90_000, 3_000, 20_000, 250, 40_000].map(Some));
}

#[sync_and_async::test]
async fn recovery_grows_with_each_failed_probe_up_to_max_recovery_and_resets_when_closed() {
    #[circuit_breaker(
        failure_threshold = 1,
        success_threshold = 1,
        recovery = "10s",
        recovery_factor = 2.0,
        max_recovery = "60s"
    )]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::of("FFFFF S F", &clock);
    let mut waits = Vec::new();
    for _ in 0..5 {
        assert_eq!(letters!(1, call(&script).await), "F");
        let rejected = call(&script).await;
        waits.push(wait_secs(&rejected));
        clock.sleep(wait(&rejected).unwrap_or_default()).await;
    }
    assert_eq!(waits, [10, 20, 40, 60, 60].map(Some));
    assert_eq!(letters!(3, call(&script).await), "SFO");
    assert_eq!(wait_secs(&call(&script).await), Some(10));
}

#[sync_and_async::test]
async fn recovery_is_constant_without_a_factor() {
    #[circuit_breaker(failure_threshold = 1, recovery = "10s")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(9, &clock);
    for _ in 0..4 {
        assert_eq!(letters!(1, call(&script).await), "F");
        assert_eq!(wait_secs(&call(&script).await), Some(10));
        clock.sleep(secs(10)).await;
    }
}

#[sync_and_async::test]
async fn no_configuration_is_too_large() {
    #[circuit_breaker(failure_threshold = 2, recovery = Duration::MAX, probe_lease = Duration::MAX)]
    async fn forever(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[circuit_breaker(
        failure_threshold = 4_294_967_295,
        success_threshold = 4_294_967_295,
        half_open_max = 4_294_967_295
    )]
    async fn never(script: &Script<'_>) -> Answer {
        script.run().await
    }
    #[circuit_breaker(failure_threshold = 1, recovery_ms = 1, recovery_factor = 1e9)]
    async fn explodes(script: &Script<'_>) -> Answer {
        script.run().await
    }

    let clock = Clock::start();
    let script = Script::fails(9999, &clock);
    assert_eq!(letters!(3, forever(&script).await), "FFO");
    clock.sleep(secs(1 << 30)).await;
    assert_eq!(letters!(1, forever(&script).await), "O");
    assert_eq!(letters!(9, never(&script).await), "FFFFFFFFF");
    for expected in [1, 1_000_000_000] {
        assert_eq!(letters!(1, explodes(&script).await), "F");
        assert_eq!(wait(&explodes(&script).await), Some(millis(expected)));
        clock.sleep(millis(expected)).await;
    }
    assert_eq!(letters!(2, explodes(&script).await), "FO");
}
