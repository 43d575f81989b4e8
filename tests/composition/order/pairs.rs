//! Two attributes in both orders.

use super::*;

#[retry(max = 2, backoff = "none")]
#[timeout(secs = 1)]
async fn retry_timeout() -> Answer {
    stuck().await
}

#[timeout(secs = 1)]
#[retry(max = 2, backoff = "none")]
async fn timeout_retry() -> Answer {
    stuck().await
}

#[tokio::test(start_paused = true)]
async fn a_timeout_limits_each_attempt_below_a_retry_and_the_call_above_it() {
    let start = Instant::now();
    assert_eq!(retry_timeout().await, Err(Fault::Late));
    assert_eq!((&*logged(), start.elapsed().as_secs()), ("stuck late stuck late stuck late", 3));
    let start = Instant::now();
    assert_eq!(timeout_retry().await, Err(Fault::Late));
    assert_eq!((&*logged(), start.elapsed().as_secs()), ("stuck late", 1));
}

#[retry(max = 2, backoff = "none")]
#[circuit_breaker(failure_threshold = 2)]
async fn retry_breaker() -> Answer {
    body().await
}

#[circuit_breaker(failure_threshold = 2)]
#[retry(max = 2, backoff = "none")]
async fn breaker_retry() -> Answer {
    body().await
}

#[tokio::test(start_paused = true)]
async fn a_breaker_counts_attempts_below_a_retry_and_calls_above_it() {
    assert_eq!(retry_breaker().await, Err(Fault::Down));
    assert_eq!(retry_breaker().await, Err(Fault::Open));
    assert_eq!(logged(), "body body open");
    for _ in 0..2 {
        assert_eq!(breaker_retry().await, Err(Fault::Down));
    }
    assert_eq!(breaker_retry().await, Err(Fault::Open));
    assert_eq!(logged(), "body body body body body body open");
}

#[retry(max = 2, backoff = "none")]
#[rate_limit(max = 2, per = "1h")]
async fn retry_limit() -> Answer {
    body().await
}

#[rate_limit(max = 2, per = "1h")]
#[retry(max = 2, backoff = "none")]
async fn limit_retry() -> Answer {
    body().await
}

#[tokio::test(start_paused = true)]
async fn a_limit_counts_attempts_below_a_retry_and_calls_above_it() {
    assert_eq!(retry_limit().await, Err(Fault::Down), "a third attempt would be rejected");
    assert_eq!(retry_limit().await, Err(Fault::Open));
    assert_eq!(logged(), "body body open");
    for _ in 0..2 {
        assert_eq!(limit_retry().await, Err(Fault::Down));
    }
    assert_eq!(limit_retry().await, Err(Fault::Open));
    assert_eq!(logged(), "body body body body body body open");
}

#[bulkhead(max = 1)]
#[fallback(spare)]
async fn bulkhead_fallback() -> Answer {
    body().await
}

#[fallback(spare)]
#[bulkhead(max = 1)]
async fn fallback_bulkhead() -> Answer {
    body().await
}

#[tokio::test(start_paused = true)]
async fn a_fallback_answers_an_inner_full_bulkhead_and_runs_inside_an_outer_one() {
    let two = tokio::join!(fallback_bulkhead(), fallback_bulkhead());
    assert_eq!((two, &*logged()), ((Err(Fault::Down), Err(Fault::Down)), "body open spare spare"));
    let two = tokio::join!(bulkhead_fallback(), bulkhead_fallback());
    assert_eq!((two, &*logged()), ((Err(Fault::Down), Err(Fault::Open)), "body open spare"));
}

#[retry(max = 1, backoff = "none")]
#[cached(key = asked(1))]
async fn retry_cached() -> Answer {
    body().await
}

#[cached(key = asked(1))]
#[retry(max = 1, backoff = "none")]
async fn cached_retry() -> Answer {
    body().await
}

#[tokio::test(start_paused = true)]
async fn a_cache_is_asked_by_each_attempt_below_a_retry_and_by_the_call_above_it() {
    assert_eq!(retry_cached().await, Err(Fault::Down));
    assert_eq!(logged(), "asked body asked body");
    assert_eq!(cached_retry().await, Err(Fault::Down));
    assert_eq!(logged(), "asked body body");
}

#[retry(max = 1, backoff = "none")]
#[fallback(spare, when = |fault| *fault == Fault::Down)]
async fn retry_fallback() -> Answer {
    body().await
}

#[fallback(spare)]
#[retry(max = 1, backoff = "none")]
async fn fallback_retry() -> Answer {
    body().await
}

#[tokio::test(start_paused = true)]
async fn a_fallback_follows_each_attempt_below_a_retry_and_the_last_one_above_it() {
    assert_eq!(retry_fallback().await, Err(Fault::Down));
    assert_eq!(logged(), "body spare body spare");
    assert_eq!(fallback_retry().await, Err(Fault::Down));
    assert_eq!(logged(), "body body spare");
}

#[timeout(secs = 1)]
#[circuit_breaker(failure_threshold = 1, allow(late_timeout))]
async fn timeout_breaker() -> Answer {
    stuck().await
}

#[circuit_breaker(failure_threshold = 1)]
#[timeout(secs = 1)]
async fn breaker_timeout() -> Answer {
    stuck().await
}

#[tokio::test(start_paused = true)]
async fn a_breaker_counts_an_inner_timeout_and_not_an_outer_one() {
    assert_eq!((timeout_breaker().await, timeout_breaker().await), (Err(Fault::Late), Err(Fault::Late)));
    assert_eq!(logged(), "stuck late stuck late");
    assert_eq!((breaker_timeout().await, breaker_timeout().await), (Err(Fault::Late), Err(Fault::Open)));
    assert_eq!(logged(), "stuck late open");
}

#[timeout(secs = 1)]
#[cached(key = asked(1))]
async fn timeout_cached() -> Answer {
    body().await
}

#[cached(key = asked(1))]
#[timeout(secs = 1)]
async fn cached_timeout() -> Answer {
    body().await
}

#[tokio::test(start_paused = true)]
async fn a_cache_lookup_is_limited_by_an_outer_timeout_only() {
    assert_eq!((timeout_cached().await, cached_timeout().await), (Err(Fault::Down), Err(Fault::Down)));
    assert_eq!(logged(), "asked-in-time body asked body");
}

#[timeout(secs = 1)]
#[fallback(spare, allow(late_fallback))]
async fn timeout_fallback() -> Answer {
    body().await
}

#[fallback(spare)]
#[timeout(secs = 1)]
async fn fallback_timeout() -> Answer {
    stuck().await
}

#[tokio::test(start_paused = true)]
async fn a_fallback_is_limited_by_an_outer_timeout_and_not_by_an_inner_one() {
    assert_eq!((timeout_fallback().await, fallback_timeout().await), (Err(Fault::Down), Err(Fault::Down)));
    assert_eq!(logged(), "body spare-in-time stuck late spare");
}

#[circuit_breaker(failure_threshold = 1)]
#[cached(key = asked(*number))]
async fn breaker_cached(number: u32) -> Answer {
    if number == 0 { body().await } else { Ok(number) }
}

#[cached(key = asked(*number))]
#[circuit_breaker(failure_threshold = 1)]
async fn cached_breaker(number: u32) -> Answer {
    if number == 0 { body().await } else { Ok(number) }
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_hides_an_inner_cache_and_not_an_outer_one() {
    assert_eq!((breaker_cached(1).await, breaker_cached(0).await), (Ok(1), Err(Fault::Down)));
    assert_eq!((breaker_cached(1).await, &*logged()), (Err(Fault::Open), "asked asked body open"));
    assert_eq!((cached_breaker(1).await, cached_breaker(0).await), (Ok(1), Err(Fault::Down)));
    assert_eq!((cached_breaker(1).await, &*logged()), (Ok(1), "asked asked body asked"));
}

#[circuit_breaker(failure_threshold = 1)]
#[fallback(value = 7, when = |fault| *fault == Fault::Down)]
async fn breaker_fallback() -> Answer {
    body().await
}

#[fallback(value = 7)]
#[circuit_breaker(failure_threshold = 1)]
async fn fallback_breaker() -> Answer {
    body().await
}

#[tokio::test(start_paused = true)]
async fn a_fallback_answers_for_an_inner_breaker_and_hides_failures_from_an_outer_one() {
    assert_eq!((breaker_fallback().await, breaker_fallback().await), (Ok(7), Ok(7)));
    assert_eq!(logged(), "body body");
    assert_eq!((fallback_breaker().await, fallback_breaker().await), (Ok(7), Ok(7)));
    assert_eq!(logged(), "body open");
}

#[cached(key = asked(1), cache_degraded = true)]
#[fallback(value = 7)]
async fn cached_fallback() -> Answer {
    body().await
}

#[fallback(value = 7)]
#[cached(key = asked(1), cache_degraded = true)]
async fn fallback_cached() -> Answer {
    body().await
}

#[tokio::test(start_paused = true)]
async fn a_cache_sees_the_value_of_an_inner_fallback_and_not_of_an_outer_one() {
    assert_eq!((cached_fallback().await, cached_fallback().await), (Ok(7), Ok(7)));
    assert_eq!(logged(), "asked body asked");
    assert_eq!((fallback_cached().await, fallback_cached().await), (Ok(7), Ok(7)));
    assert_eq!(logged(), "asked body asked body");
}

#[timeout(secs = 5)]
#[retry(max = 9, backoff = "constant", base_delay = "2s", jitter = false)]
#[timeout(secs = 1)]
async fn timeout_retry_timeout() -> Answer {
    stuck().await
}

/// BUG-H23.
#[tokio::test(start_paused = true)]
async fn one_attribute_may_be_used_twice() {
    let start = Instant::now();
    assert_eq!(timeout_retry_timeout().await, Err(Fault::Late));
    assert_eq!((&*logged(), start.elapsed().as_secs()), ("stuck late stuck late", 4));
}
