#![deny(warnings)]
//! What `testing::reset` promises. A reset affects the whole process, so its test is alone in this program.

use resilience::{CircuitBreaker, cached, circuit_breaker, testing};

fn all_is_as_new_after_a_reset() {
    #[circuit_breaker(name = "one", failure_threshold = 1)]
    fn guarded(up: bool) -> Option<u32> {
        up.then_some(1)
    }
    #[circuit_breaker(name = "many", failure_threshold = 1, max_keys = 1, key = key)]
    fn keyed(key: u32, up: bool) -> Option<u32> {
        up.then_some(key)
    }
    #[cached(name = "kept")]
    fn kept(key: u32) -> u32 {
        key
    }

    for _ in 0..2 {
        assert_eq!((guarded(false), guarded(true)), (None, None));
        assert_eq!((keyed(1, false), keyed(1, true), keyed(2, true)), (None, None, Some(2)));
        assert_eq!((kept(3), kept(3)), (3, 3));
        let one = resilience::CircuitBreaker::named("one")
            .as_deref()
            .map(CircuitBreaker::snapshot)
            .map(|one| (one.opened, one.rejected));
        let many = resilience::KeyedCircuitBreakers::named("many").map(|many| (many.len(), many.snapshot().unguarded));
        let kept = resilience::Cache::named("kept").map(|kept| (kept.len(), kept.stats().hits));
        assert_eq!((one, many, kept), (Some((1, 1)), Some((1, 1)), Some((1, 1))));
        testing::reset();
    }
    assert_eq!((guarded(true), keyed(1, true)), (Some(1), Some(1)));
}

mod gates {
    use resilience::testing::{ManualClock, reset};
    use resilience::{Bulkhead, CircuitBreaker, Error, RateLimiter, bulkhead, circuit_breaker, rate_limit};

    #[circuit_breaker(failure_threshold = 1, name = "reset")]
    fn guarded() -> Result<(), Error> {
        Err(Error::BulkheadFull { name: "elsewhere".into() })
    }

    #[bulkhead(max = 1, name = "reset")]
    fn alone(depth: u32) -> Result<u32, Error> {
        if depth == 1 {
            return Ok(1);
        }
        let rejected = alone(1);
        let seen = || Bulkhead::named("reset").as_deref().map(Bulkhead::snapshot);
        assert_eq!(seen().map(|seen| (seen.in_flight, seen.rejected)), Some((1, 1)));
        reset();
        assert_eq!(seen().map(|seen| (seen.in_flight, seen.rejected)), Some((1, 0)), "its caller is still inside");
        rejected
    }

    #[rate_limit(max = 2, per = "1h", name = "reset")]
    fn limited() -> Result<u32, Error> {
        Ok(7)
    }

    pub fn all_is_as_new_after_a_reset_but_for_the_calls_under_way() {
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
            let limiter = RateLimiter::named("reset").as_deref().map(RateLimiter::snapshot);
            assert_eq!(limiter.map(|seen| (seen.available, seen.waiting, seen.rejected)), Some((2, 0, 0)));
            assert_eq!(CircuitBreaker::named("reset").map(|breaker| breaker.snapshot().rejected), Some(0));
        }
    }
}

mod keyed {
    use resilience::testing::{ManualClock, reset};
    use resilience::{Error, bulkhead, rate_limit, snapshot};

    #[rate_limit(max = 1, per = "1h", name = "reset: limits", key = key)]
    fn limited(key: u32) -> Result<u32, Error> {
        Ok(key)
    }

    #[bulkhead(max = 1, name = "reset: bulkheads", key = key)]
    fn alone(key: u32, depth: u32) -> Result<u32, Error> {
        if depth == 0 { Ok(key) } else { alone(key, depth - 1) }
    }

    pub fn all_keys_are_forgotten() {
        let _clock = ManualClock::install();
        let keys = || {
            let all = snapshot();
            let limits = all.keyed_rate_limiters.iter().find(|limits| limits.name == "reset: limits");
            let bulkheads = all.keyed_bulkheads.iter().find(|bulkheads| bulkheads.name == "reset: bulkheads");
            limits.map(|limits| limits.keys).zip(bulkheads.map(|bulkheads| bulkheads.keys))
        };
        for _ in 0..2 {
            assert!(limited(1).is_ok() && limited(1).is_err() && limited(2).is_ok());
            assert!(alone(1, 1).is_err() && alone(1, 0).is_ok());
            reset();
            assert_eq!(keys(), Some((0, 0)));
        }
    }
}

mod retries {
    use resilience::testing::{Script, reset};
    use resilience::{RetryBudget, retry};

    static OWN: RetryBudget = RetryBudget::new("reset: own").capacity(1).ratio(0.0).min_per_second(0);

    #[retry(max = 3, backoff = "none", budget = "reset: budget")]
    fn named(service: &Script<u32, ()>) -> Result<u32, ()> {
        service.call_blocking()
    }

    #[retry(max = 3, backoff = "none", budget = OWN)]
    fn own(service: &Script<u32, ()>) -> Result<u32, ()> {
        service.call_blocking()
    }

    pub fn named_budgets_are_full_and_those_in_a_static_are_left_alone() {
        let service = Script::new().then_fail(|| ());
        assert_eq!((named(&service), own(&service)), (Err(()), Err(())));
        let available = || RetryBudget::named("reset: budget").map(|budget| budget.snapshot().available);
        assert_eq!((service.calls(), available(), OWN.snapshot().available), (4 + 2, Some(97), 0));
        reset();
        assert_eq!((available(), OWN.snapshot().available), (Some(100), 0));
    }
}

mod policies {
    use resilience::testing::{Script, reset};
    use resilience::{Error, Policy, policy};

    pub fn their_state_is_reset_too() {
        let breaker = policy::circuit_breaker("reset: policy").failure_threshold(1).build().expect("a breaker");
        let policy: Policy<u32, Error> = Policy::new() >> breaker;
        let service = Script::new().fail_times(1, || Error::BulkheadFull { name: "elsewhere".into() }).then_ok(1);
        let call = || policy.call_blocking(|| service.call_blocking());
        assert!(call().is_err() && call().is_err_and(|error| error.code() == "circuit_open"));
        reset();
        assert_eq!(call(), Ok(1));
    }
}

mod clocks {
    use std::time::Duration;

    use resilience::testing::reset;
    use resilience::{Error, circuit_breaker, rate_limit};
    use tokio::runtime::Builder;

    #[circuit_breaker(failure_threshold = 1, name = "reset: ahead")]
    fn guarded(up: bool) -> Result<u32, Error> {
        if up { Ok(7) } else { Err(Error::BulkheadFull { name: "elsewhere".into() }) }
    }

    #[rate_limit(max = 1, per = "1m", name = "reset: ahead")]
    fn limited() -> Result<u32, Error> {
        Ok(7)
    }

    /// A paused runtime that has been advanced by an hour leaves its moments in the future of the real clock.
    pub fn state_from_a_clock_that_ran_ahead_is_reset_too() {
        let hour = Duration::from_secs(3600);
        let paused = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
        paused.block_on(async {
            tokio::time::advance(hour).await;
            assert!(guarded(false).is_err() && limited().is_ok());
        });
        let rejected = [guarded(true), limited()].map(|call| call.err().and_then(|error| error.retry_after()));
        assert!(rejected.iter().all(|wait| wait.is_some_and(|wait| wait > hour)), "{rejected:?}");
        reset();
        assert_eq!((guarded(true), limited()), (Ok(7), Ok(7)));
    }
}

/// BUG-I2.
#[test]
fn a_reset_restores_all_named_state() {
    all_is_as_new_after_a_reset();
    gates::all_is_as_new_after_a_reset_but_for_the_calls_under_way();
    keyed::all_keys_are_forgotten();
    retries::named_budgets_are_full_and_those_in_a_static_are_left_alone();
    policies::their_state_is_reset_too();
    clocks::state_from_a_clock_that_ran_ahead_is_reset_too();
}
