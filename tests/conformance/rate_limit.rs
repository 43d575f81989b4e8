//! Two hundred calls around the end of a second.

use resilience::rate_limit;

use crate::common::{self, Answer, millis};

/// SYS-E34: A smooth limit after a pause: a hundred calls at once, then one per 10 ms, and never twice the limit.
#[sync_and_async::test]
async fn the_limit_does_not_double_around_the_end_of_a_second() {
    #[rate_limit(max = 100, per = "1s")]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    clock.sleep(millis(950)).await;
    let script = Script::fails(0, &clock);
    let mut letters = String::new();
    for _ in 0..100 {
        letters.push(common::letter(&call(&script).await));
        letters.push(common::letter(&call(&script).await));
        clock.sleep(millis(1)).await;
    }
    assert_eq!((letters.matches('S').count(), script.calls()), (109, 109), "{letters}");
}

/// SYS-E34.
#[sync_and_async::test]
async fn without_a_burst_calls_are_evenly_spaced() {
    #[rate_limit(max = 100, per = "1s", burst = 1)]
    async fn call(script: &Script<'_>) -> Answer {
        script.run().await
    }
    let clock = Clock::start();
    clock.sleep(millis(950)).await;
    let script = Script::fails(0, &clock);
    for _ in 0..100 {
        let _rejected = (call(&script).await, call(&script).await);
        clock.sleep(millis(1)).await;
    }
    assert_eq!(script.gaps(), [millis(10); 9]);
}
