use resilience::{fallback, retry};

use crate::{Counter, Failure, Watch, millis};

#[sync_and_async::test(real_time)]
async fn a_fallback_answers_after_the_last_attempt() {
    #[fallback(value = 7)]
    #[retry(max = 1, base_delay = "100ms", jitter = false)]
    async fn ask(calls: &Counter) -> Result<u32, Failure> {
        calls.up();
        Err(Failure::Down)
    }

    let (watch, calls) = (Watch::start(), Counter::new());
    assert_eq!((ask(&calls).await, calls.get()), (Ok(7), 2));
    watch.assert_passed(millis(100));
}

#[sync_and_async::test(real_time)]
async fn a_fallback_is_observed() {
    #[fallback(value = 7)]
    async fn ask() -> Option<u32> {
        None
    }

    let (answer, report) = observed(ask).await;
    assert_eq!(answer, Some(7));
    assert_eq!(report.fallbacks, 1);
}
