//! Rate limits with retries, fallbacks and breakers.

use resilience::{circuit_breaker, fallback, rate_limit, retry};

use crate::FAILED;
use crate::common::{Answer, Counter, Elapsed, TestError, secs};

#[sync_and_async::test]
async fn a_rejection_is_retried_when_a_token_is_due_within_the_delay() {
    #[retry(max = 3, backoff = "constant", base_delay = "2s", jitter = false)]
    #[rate_limit(max = 1, per = "1s")]
    async fn soon(calls: &Counter) -> Answer {
        pause().await;
        Ok(calls.up())
    }
    #[retry(max = 3, backoff = "constant", base_delay = "2s", jitter = false)]
    #[rate_limit(max = 1, per = "10s")]
    async fn late(calls: &Counter) -> Answer {
        pause().await;
        Ok(calls.up())
    }

    let (clock, calls) = (Clock::start(), Counter::new());
    assert_eq!((soon(&calls).await, soon(&calls).await, clock.elapsed()), (Ok(1), Ok(2), secs(2)));
    assert_eq!(late(&calls).await, Ok(3));
    assert_eq!((letters!(1, late(&calls).await), clock.elapsed()), ("L".into(), secs(2)), "rejected at once");
}

#[sync_and_async::test]
async fn a_rejection_selected_by_when_is_retried_and_never_before_its_retry_after() {
    #[retry(max = 3, base_delay = "1s", jitter = false, when = TestError::is_limited, retry_after = TestError::retry_after)]
    #[rate_limit(max = 1, per = "10s")]
    async fn call() -> Answer {
        pause().await;
        Ok(7)
    }

    let clock = Clock::start();
    assert_eq!((call().await, call().await, clock.elapsed()), (Ok(7), Ok(7), secs(10)));
}

#[sync_and_async::test]
async fn each_attempt_counts_below_a_retry_and_each_call_above_it() {
    #[retry(max = 5, backoff = "none")]
    #[rate_limit(max = 3, per = "1h")]
    async fn below(calls: &Counter) -> Answer {
        pause().await;
        calls.up();
        FAILED
    }
    #[rate_limit(max = 3, per = "1h")]
    #[retry(max = 5, backoff = "none")]
    async fn above(calls: &Counter) -> Answer {
        pause().await;
        calls.up();
        FAILED
    }

    let (_clock, calls) = (Clock::start(), Counter::new());
    assert_eq!(
        (letters!(1, below(&calls).await), calls.get()),
        ("F".into(), 3),
        "the fourth attempt would be rejected"
    );
    assert_eq!((letters!(4, above(&calls).await), calls.get()), ("FFFL".into(), 3 + 18));
}

#[sync_and_async::test]
async fn an_outer_fallback_answers_a_rejection_and_an_outer_breaker_does_not_count_it() {
    #[fallback(value = 99)]
    #[rate_limit(max = 1)]
    async fn answered() -> Answer {
        pause().await;
        Ok(7)
    }
    #[circuit_breaker(failure_threshold = 1)]
    #[rate_limit(max = 1)]
    async fn ignored() -> Answer {
        pause().await;
        Ok(7)
    }

    let _clock = Clock::start();
    assert_eq!([answered().await, answered().await], [Ok(7), Ok(99)]);
    assert_eq!(letters!(3, ignored().await), "SLL");
}

#[sync_and_async::test]
async fn a_retry_does_not_sleep_towards_a_limit_that_is_empty() {
    #[retry(max = 5, backoff = "constant", base_delay = "2s", jitter = false)]
    #[rate_limit(max = 2, per = "1h")]
    async fn one_stack(calls: &Counter) -> Answer {
        pause().await;
        calls.up();
        FAILED
    }
    #[retry(max = 5, backoff = "constant", base_delay = "2s", jitter = false)]
    async fn outer(calls: &Counter) -> Answer {
        limited(calls).await
    }
    #[rate_limit(max = 2, per = "1h")]
    async fn limited(calls: &Counter) -> Answer {
        pause().await;
        calls.up();
        FAILED
    }
    #[retry(max = 2, backoff = "constant", base_delay = "2s", jitter = false)]
    #[rate_limit(max = 1, per = "1s")]
    async fn full_again_in_time(calls: &Counter) -> Answer {
        pause().await;
        calls.up();
        FAILED
    }
    #[retry(max = 2, backoff = "none")]
    #[rate_limit(max = 1, per = "30s", wait = "1m")]
    async fn with_patience(calls: &Counter) -> Answer {
        pause().await;
        calls.up();
        FAILED
    }

    let (clock, calls) = (Clock::start(), Counter::new());
    assert_eq!((one_stack(&calls).await, calls.get(), clock.elapsed()), (FAILED, 2, secs(2)), "the cause");
    let before = clock.elapsed();
    assert_eq!((outer(&calls).await, calls.get(), clock.elapsed()), (FAILED, 4, before + secs(2)));
    let before = clock.elapsed();
    assert_eq!((full_again_in_time(&calls).await, calls.get(), clock.elapsed()), (FAILED, 7, before + secs(4)));
    let before = clock.elapsed();
    assert_eq!((with_patience(&calls).await, calls.get(), clock.elapsed()), (FAILED, 10, before + secs(60)));
}
