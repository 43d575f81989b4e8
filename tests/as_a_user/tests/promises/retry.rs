use std::time::Duration;

use resilience::retry;

use crate::{Counter, Failure, Watch, millis};

/// BUG-D7.
#[sync_and_async::test(real_time)]
async fn a_retry_pauses_before_each_further_attempt() {
    #[retry(max = 2, base_delay = "150ms", backoff = "constant", jitter = false)]
    async fn ask(calls: &Counter) -> Result<u32, Failure> {
        let call = calls.up();
        if call < 3 { Err(Failure::Down) } else { Ok(call) }
    }

    let (watch, calls) = (Watch::start(), Counter::new());
    assert_eq!(ask(&calls).await, Ok(3));
    watch.assert_passed(millis(300));
}

#[sync_and_async::test(real_time)]
async fn exponential_pauses_add_up() {
    #[retry(max = 3, base_delay = "50ms", jitter = false)]
    async fn ask(calls: &Counter) -> Option<()> {
        calls.up();
        None
    }

    let (watch, calls) = (Watch::start(), Counter::new());
    assert_eq!((ask(&calls).await, calls.get()), (None, 4));
    watch.assert_passed(millis(50 + 100 + 200));
}

#[sync_and_async::test(real_time)]
async fn a_hint_is_waited_for() {
    const fn hint(_: &Failure) -> Option<Duration> {
        Some(millis(300))
    }

    #[retry(max = 1, base_delay = "1ms", retry_after = hint)]
    async fn ask(calls: &Counter) -> Result<u32, Failure> {
        let call = calls.up();
        if call < 2 { Err(Failure::Down) } else { Ok(call) }
    }

    let (watch, calls) = (Watch::start(), Counter::new());
    assert_eq!(ask(&calls).await, Ok(2));
    watch.assert_passed(millis(300));
}

#[sync_and_async::test(real_time)]
async fn a_pause_that_does_not_fit_is_not_begun() {
    // A constant, or the compiler would reject a pause that never fits.
    const PAUSE: Duration = Duration::from_secs(59);

    #[retry(max = 3, base_delay = PAUSE, jitter = false, max_elapsed = "58s")]
    async fn ask(calls: &Counter) -> Result<(), Failure> {
        calls.up();
        Err(Failure::Down)
    }

    let (watch, calls) = (Watch::start(), Counter::new());
    assert_eq!((ask(&calls).await, calls.get()), (Err(Failure::Down), 1));
    watch.assert_passed(millis(0));
}
