//! `ttl_jitter` spreads expiry.

use std::collections::BTreeSet;

use resilience::cached;

use crate::common::{Answer, Counter, millis, secs};

/// BUG-E30.
#[sync_and_async::test]
async fn jitter_spreads_expiry_and_never_lengthens_a_ttl() {
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
async fn jitter_accepts_zero_and_one() {
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
