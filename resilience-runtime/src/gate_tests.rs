//! What the three gates have in common. It stands beside `gate`, which knows none of them.

use std::borrow::Cow;
use std::sync::Mutex;
use std::time::Duration;

use crate::bulkhead::{Bulkhead, BulkheadConfig};
use crate::circuit_breaker::{BreakerState, CircuitBreaker, CircuitBreakerConfig, Permit};
use crate::context::facts::identity::{ErrorIdentity, NoIdentity};
use crate::context::facts::{Known, begin, exhausted};
use crate::context::observer::Observer;
use crate::error::Error;
use crate::event::{Event, Listener};
use crate::gate::*;
use crate::instance::NamedInstance;
use crate::outcome::Outcome;
use crate::rate_limit::{RateLimiter, RateLimiterConfig};
use crate::registry::{FunctionName, FunctionRef, StateName};
use crate::sync::lock;
use crate::time::{self, ManualClock, Moment};

const HOUR: Duration = Duration::from_secs(3_600);

#[derive(Debug)]
struct Named;

impl FunctionName for Named {
    fn name(&self) -> &'static str {
        "named"
    }

    fn hold_state(&self) {}
}

/// Names as a user writes them, as a program makes them, and of a function.
fn names() -> [StateName; 3] {
    let made = String::from("named");
    [StateName::Text(Cow::Borrowed("named")), StateName::Text(Cow::Owned(made)), StateName::Function(&Named)]
}

#[derive(Debug, Default)]
struct Rejections(Mutex<u64>);

impl Listener for Rejections {
    fn on_event(&self, event: &Event<'_>) {
        let is_rejection =
            matches!(event, Event::BulkheadFull { .. } | Event::BreakerRejected { .. } | Event::RateLimit { .. });
        *lock(&self.0) += u64::from(is_rejection);
    }
}

/// So many calls count in a word, and more of them in the cells of this thread.
const CALLS: u64 = 200;

fn outcome<G: Gate>(gate: &G) -> Result<(), Error> {
    match gate.try_enter() {
        Ok(permit) => {
            leave(permit);
            Ok(())
        }
        Err(rejection) => Rejection::rejected_by_gate(rejection, ErrorIdentity, FunctionRef::UNNAMED),
    }
}

fn assert_rejects<G: Gate>(gate: &G, expected: &Error, ends: Moment, rejected: impl Fn() -> u64) {
    for turn in 1..=CALLS {
        begin();
        exhausted(&(), NoIdentity);
        assert_eq!(outcome(gate).as_ref(), Err(expected));
        let known = Known::of(expected, ErrorIdentity);
        assert_eq!((known.rejected, known.exhausted), (Some(ends), false), "{expected:?}");
        assert_eq!(rejected(), turn);
    }
    let observer = Observer::new(Rejections::default());
    let entered = observer.enter();
    for turn in 1..=CALLS {
        assert_eq!(outcome(gate).as_ref(), Err(expected));
        assert_eq!((*lock(&observer.listener().0), rejected()), (turn, CALLS + turn));
    }
    drop(entered);
    begin();
    exhausted(&(), NoIdentity);
    let rejection = gate.try_enter().err().map(|rejection| announced_rejection(FunctionRef::UNNAMED, rejection));
    assert_eq!(rejection, Some((expected.clone(), Some(ends))));
    assert!(!Known::of(&(), NoIdentity).exhausted, "of an earlier failure");
    assert_eq!((*lock(&observer.listener().0), rejected()), (CALLS, 2 * CALLS + 1));
}

#[test]
fn a_full_bulkhead_counts_each_rejection_and_says_which_one_it_is() {
    for name in names() {
        let bulkhead = Bulkhead::with_config(name, &BulkheadConfig::DEFAULT.max(1));
        let permits = [bulkhead.try_enter(), bulkhead.try_enter()];
        let counted = bulkhead.snapshot().rejected;
        let full = Error::BulkheadFull { name: "named".into() };
        assert_rejects(&bulkhead, &full, Moment::FAR, || bulkhead.snapshot().rejected - counted);
        drop(permits);
        assert_eq!(outcome(&bulkhead), Ok(()));
    }
}

#[test]
fn a_rate_limit_counts_each_rejection_and_says_when_it_ends() {
    let _clock = ManualClock::install();
    for name in names() {
        let limiter = RateLimiter::with_config(name, &RateLimiterConfig::DEFAULT.max(1).per(HOUR));
        assert!(limiter.try_enter().is_ok());
        let expected = Error::RateLimited { name: "named".into(), retry_after: HOUR };
        assert_rejects(&limiter, &expected, time::now().after(HOUR), || limiter.snapshot().rejected);
    }
}

#[test]
fn a_breaker_that_is_not_closed_counts_each_rejection_and_says_when_it_ends() {
    let clock = ManualClock::install();
    for name in names() {
        let config = CircuitBreakerConfig::DEFAULT.failure_threshold(1).recovery(HOUR);
        let breaker = CircuitBreaker::with_config(name, &config);
        let rejected = |state, retry_after| Error::CircuitOpen { name: "named".into(), state, retry_after };
        breaker.force_open();
        let held = rejected(BreakerState::ForcedOpen, None);
        assert_rejects(&breaker, &held, Moment::FAR, || breaker.snapshot().rejected);
        breaker.reset();
        assert!(breaker.admit().map(Permit::fail).is_ok());
        let open = rejected(BreakerState::Open, Some(HOUR));
        assert_rejects(&breaker, &open, time::now().after(HOUR), || breaker.snapshot().rejected);
        clock.advance(HOUR);
        let counted = breaker.snapshot().rejected;
        let probe = breaker.admit();
        assert!(probe.is_ok());
        let probed = rejected(BreakerState::HalfOpen, None);
        assert_rejects(&breaker, &probed, Moment::FAR, || breaker.snapshot().rejected - counted);
        assert_eq!(breaker.admit().err(), Some(probed));
        assert_eq!(breaker.snapshot().rejected, counted + 2 * CALLS + 2);
    }
}

#[test]
fn a_rejection_becomes_the_failure_of_the_function() {
    let reject: fn(Error) -> Result<u8, Error> = |error| Outcome::from_failure(Rejection::from_rejection(error));
    let timeout = Error::Timeout { limit: Duration::ZERO, elapsed: Duration::ZERO };
    assert_eq!(reject(timeout.clone()), Err(timeout));
}
