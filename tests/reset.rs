#![deny(warnings)]
//! What `testing::reset` promises about state that is shared by name. One test: a reset is for the whole process.

use resilience::testing::{ManualClock, reset};
use resilience::{Bulkhead, Error, RateLimiter, breaker, bulkhead, circuit_breaker, rate_limit};

#[circuit_breaker(failure_threshold = 1, name = "reset")]
fn guarded() -> Result<(), Error> {
    Err(Error::BulkheadFull { name: "elsewhere".into() })
}

#[bulkhead(max = 1, name = "reset")]
fn alone(depth: u32) -> Result<u32, Error> {
    if depth == 1 {
        return Ok(1);
    }
    let refused = alone(1);
    let seen = || Bulkhead::named("reset").map(Bulkhead::snapshot);
    assert_eq!(seen().map(|seen| (seen.in_flight, seen.refused)), Some((1, 1)));
    reset();
    assert_eq!(seen().map(|seen| (seen.in_flight, seen.refused)), Some((1, 0)), "its caller is still inside");
    refused
}

#[rate_limit(max = 2, per = "1h", name = "reset")]
fn limited() -> Result<u32, Error> {
    Ok(7)
}

#[test]
fn after_a_reset_all_named_state_is_as_new_but_for_the_calls_under_way() {
    let _clock = ManualClock::install();
    let codes = |calls: &[Result<u32, Error>]| -> Vec<&str> {
        calls.iter().map(|call| call.as_ref().map_or_else(Error::code, |_| "ok")).collect()
    };

    assert_eq!(codes(&[alone(0), alone(1)]), ["bulkhead_full", "ok"]);

    for _ in 0..2 {
        assert_eq!(codes(&[limited(), limited(), limited()]), ["ok", "ok", "rate_limited"]);
        assert_eq!(
            [guarded(), guarded()].map(|call| call.err().map(|error| error.code())),
            [Some("bulkhead_full"), Some("circuit_open"),]
        );
        reset();
        let limiter = RateLimiter::named("reset").map(RateLimiter::snapshot);
        assert_eq!(limiter.map(|seen| (seen.available, seen.waiting, seen.refused)), Some((2, 0, 0)));
        assert_eq!(breaker("reset").map(|breaker| breaker.snapshot().refused), Some(0));
    }
}
