use resilience::rate_limit;

use crate::{Failure, Watch, millis};

#[sync_and_async::test(real_time)]
async fn a_call_too_early_is_rejected_until_its_time_has_come() {
    #[rate_limit(max = 1, per = "200ms", burst = 1)]
    async fn ask() -> Result<(), Failure> {
        Ok(())
    }

    let watch = Watch::start();
    assert_eq!(ask().await, Ok(()));
    while ask().await.is_err() {
        watch.assert_soon();
        sleep(millis(10)).await;
    }
    watch.assert_passed(millis(200));
}

/// BUG-D7.
#[sync_and_async::test(real_time)]
async fn waiting_calls_keep_to_the_rate() {
    #[rate_limit(max = 10, per = "1s", burst = 1, wait = "40s")]
    async fn ask() -> Result<(), Failure> {
        Ok(())
    }

    let watch = Watch::start();
    for _ in 0..4 {
        assert_eq!(ask().await, Ok(()));
    }
    watch.assert_passed(millis(300));
}

#[sync_and_async::test(real_time)]
async fn after_the_time_that_a_rejection_names_a_call_passes() {
    #[rate_limit(max = 1, per = "300ms", burst = 1)]
    async fn ask() -> Result<(), Failure> {
        Ok(())
    }

    assert_eq!(ask().await, Ok(()));
    if let Err(Failure::Resilience(rejection)) = ask().await {
        sleep(rejection.retry_after().expect("a rate limit knows when")).await;
        assert_eq!(ask().await, Ok(()));
    }
}
