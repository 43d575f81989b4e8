//! The synchronous twins that differ in their expansion.

use super::*;

fn body_now() -> Answer {
    log("body");
    Err(Fault::Down)
}

fn spare_now() -> Answer {
    log(if resilience::remaining().is_some() { "spare-in-time" } else { "spare" });
    Err(Fault::Down)
}

#[retry(max = 1, backoff = "none")]
#[cached(key = asked(1))]
fn retry_cached() -> Answer {
    body_now()
}

#[cached(key = asked(1))]
#[retry(max = 1, backoff = "none")]
fn cached_retry() -> Answer {
    body_now()
}

#[retry(max = 1, backoff = "none")]
#[fallback(spare_now, when = |fault| *fault == Fault::Down)]
fn retry_fallback() -> Answer {
    body_now()
}

#[fallback(spare_now)]
#[retry(max = 1, backoff = "none")]
fn fallback_retry() -> Answer {
    body_now()
}

#[timeout(secs = 1, mode = "cooperative")]
#[fallback(spare_now)]
fn timeout_fallback() -> Answer {
    body_now()
}

#[fallback(spare_now)]
#[timeout(secs = 1, mode = "cooperative")]
fn fallback_timeout() -> Answer {
    body_now()
}

#[timeout(secs = 1, mode = "cooperative")]
#[cached(key = asked(1))]
fn timeout_cached() -> Answer {
    body_now()
}

#[cached(key = asked(1))]
#[timeout(secs = 1, mode = "cooperative")]
fn cached_timeout() -> Answer {
    body_now()
}

#[retry(max = 2, backoff = "none")]
#[circuit_breaker(failure_threshold = 2)]
fn retry_breaker() -> Answer {
    body_now()
}

#[circuit_breaker(failure_threshold = 2)]
#[retry(max = 2, backoff = "none")]
fn breaker_retry() -> Answer {
    body_now()
}

#[test]
fn a_synchronous_stack_has_the_same_order() {
    let said = |call: fn() -> Answer| {
        assert!(call().is_err());
        logged()
    };
    assert_eq!(said(retry_cached), "asked body asked body");
    assert_eq!(said(cached_retry), "asked body body");
    assert_eq!(said(retry_fallback), "body spare body spare");
    assert_eq!(said(fallback_retry), "body body spare");
    assert_eq!(said(timeout_fallback), "body spare-in-time");
    assert_eq!(said(fallback_timeout), "body spare");
    assert_eq!(said(timeout_cached), "asked-in-time body");
    assert_eq!(said(cached_timeout), "asked body");
    assert_eq!(said(retry_breaker), "body body");
    assert_eq!(said(retry_breaker), "open");
    assert_eq!(said(breaker_retry), "body body body");
}
