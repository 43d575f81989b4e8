use resilience::circuit_breaker;

use crate::{Counter, Failure, Watch, millis};

/// BUG-D7.
#[sync_and_async::test(real_time)]
async fn an_open_breaker_rejects_until_its_recovery_is_over() {
    #[circuit_breaker(failure_threshold = 1, success_threshold = 1, recovery = "300ms")]
    async fn ask(is_up: bool, calls: &Counter) -> Result<u32, Failure> {
        let call = calls.up();
        if is_up { Ok(call) } else { Err(Failure::Down) }
    }

    let (watch, calls) = (Watch::start(), Counter::new());
    assert_eq!(ask(false, &calls).await, Err(Failure::Down));
    while ask(true, &calls).await != Ok(2) {
        watch.assert_soon();
        sleep(millis(10)).await;
    }
    watch.assert_passed(millis(300));
    assert_eq!(ask(true, &calls).await, Ok(3), "the probe has closed it");
}

#[sync_and_async::test(real_time)]
async fn a_window_forgets_what_is_older() {
    #[circuit_breaker(window = "200ms", failure_rate = 1.0, min_calls = 2, recovery = "1h")]
    async fn ask(is_up: bool) -> Result<(), Failure> {
        if is_up { Ok(()) } else { Err(Failure::Down) }
    }

    assert_eq!(ask(false).await, Err(Failure::Down));
    sleep(millis(250)).await;
    assert_eq!(ask(false).await, Err(Failure::Down));
    assert_eq!(ask(true).await, Ok(()), "one failure is within the window");
}

#[sync_and_async::test(real_time)]
async fn a_slow_call_is_measured() {
    #[circuit_breaker(
        window = 1,
        failure_rate = 1.0,
        slow_call = "100ms",
        slow_rate = 1.0,
        min_calls = 1,
        recovery = "1h"
    )]
    async fn ask(calls: &Counter) -> Result<(), Failure> {
        calls.up();
        sleep(millis(120)).await;
        Ok(())
    }

    let calls = Counter::new();
    assert_eq!(ask(&calls).await, Ok(()));
    assert!(ask(&calls).await.is_err());
    assert_eq!(calls.get(), 1, "the slow call has opened it");
}
