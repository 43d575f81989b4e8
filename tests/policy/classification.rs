//! Errors mean to a policy what they mean to attributes, without being asked to.

use std::future::ready;

use resilience::policy::{self, CachedPolicy, InvalidPolicy, KeyedPolicy};
use resilience::testing::ManualClock;
use resilience::{CircuitBreaker, Classify, Error, Policy, cached, circuit_breaker, retry};

use super::Invalid;
use crate::common::{Classified, Counter, TestError, secs};

const PERMANENT: Classified = Classified(TestError::Permanent);
const TRANSIENT: Classified = Classified(TestError::Transient);

fn retrying<E>() -> Result<Policy<u32, E>, InvalidPolicy> {
    Ok(Policy::new() >> policy::retry().max(2).no_delay().build()?)
}

/// The number of calls that a failing operation gets through each kind of call.
macro_rules! attempts {
    ($policy:expr, $error:expr $(, $key:expr)?) => {{
        let (policy, error, calls) = ($policy, $error, Counter::new());
        let fail = || {
            calls.up();
            Err(error.clone())
        };
        let awaited = attempts!(@call policy, || ready(fail()) $(, $key)?).await;
        let asynchronous = calls.get();
        let blocked = attempts!(@block policy, fail $(, $key)?);
        assert_eq!((awaited, blocked), (Err(error.clone()), Err(error.clone())));
        (asynchronous, calls.get() - asynchronous)
    }};
    (@call $policy:ident, $operation:expr) => { $policy.call($operation) };
    (@call $policy:ident, $operation:expr, $key:expr) => { $policy.call_for($key, $operation) };
    (@block $policy:ident, $operation:expr) => { $policy.call_blocking($operation) };
    (@block $policy:ident, $operation:expr, $key:expr) => { $policy.call_for_blocking($key, $operation) };
}

#[tokio::test]
async fn a_retry_does_not_repeat_a_permanent_error_of_a_type_that_is_classified() -> Invalid {
    #[retry(max = 2, backoff = "none")]
    fn annotated(calls: &Counter) -> Result<u32, Classified> {
        calls.up();
        Err(PERMANENT)
    }

    assert_eq!(attempts!(retrying::<Classified>()?, TRANSIENT), (3, 3));
    assert_eq!(attempts!(retrying::<Classified>()?, PERMANENT), (1, 1));
    assert_eq!(attempts!(retrying::<TestError>()?, TestError::Permanent), (3, 3), "not classified");
    assert_eq!(attempts!(retrying::<&str>()?, "down"), (3, 3), "not classified");
    let calls = Counter::new();
    assert_eq!((annotated(&calls), calls.get()), (Err(PERMANENT), 1), "as the attribute");
    Ok(())
}

#[tokio::test]
async fn a_policy_that_is_called_with_a_key_finds_the_classification_too() -> Invalid {
    let keyed = |name| -> Result<KeyedPolicy<String, u32, Classified>, InvalidPolicy> {
        Ok(retrying()? >> policy::bulkhead(name).max(9).key().build()?)
    };
    assert_eq!(attempts!(keyed("classified: keyed")?, PERMANENT, "a"), (1, 1));
    assert_eq!(attempts!(keyed("classified: keyed")?, TRANSIENT, "a"), (3, 3));
    let kept = |name| -> Result<CachedPolicy<String, u32, Classified>, InvalidPolicy> {
        Ok(policy::cached(name).build()? >> retrying()?)
    };
    assert_eq!(attempts!(kept("classified: kept")?, PERMANENT, "a"), (1, 1));
    assert_eq!(attempts!(kept("classified: kept")?, TRANSIENT, "a"), (3, 3));
    Ok(())
}

#[tokio::test]
async fn generic_code_knows_a_classification_by_its_bound() -> Invalid {
    async fn without<E: Clone + PartialEq + std::fmt::Debug>(error: E) -> Result<(u32, u32), InvalidPolicy> {
        Ok(attempts!(retrying::<E>()?, error))
    }
    async fn with<E: Classify + Clone + PartialEq + std::fmt::Debug>(error: E) -> Result<(u32, u32), InvalidPolicy> {
        Ok(attempts!(retrying::<E>()?, error))
    }
    async fn asked_to<E: Classify + Clone + PartialEq + std::fmt::Debug + 'static>(
        error: E,
    ) -> Result<(u32, u32), InvalidPolicy> {
        let policy: Policy<u32, E> = Policy::new() >> policy::retry().max(2).no_delay().classified().build()?;
        without_bound(&policy, error).await
    }
    async fn without_bound<E: Clone + PartialEq + std::fmt::Debug>(
        policy: &Policy<u32, E>,
        error: E,
    ) -> Result<(u32, u32), InvalidPolicy> {
        Ok(attempts!(policy, error))
    }
    assert_eq!(without(PERMANENT).await?, (3, 3));
    assert_eq!(with(PERMANENT).await?, (1, 1));
    assert_eq!(asked_to(PERMANENT).await?, (1, 1));
    Ok(())
}

#[test]
fn a_breaker_counts_no_permanent_error_of_a_type_that_is_classified() -> Invalid {
    #[circuit_breaker(name = "classified: annotated", failure_threshold = 1)]
    fn annotated() -> Result<u32, Classified> {
        Err(PERMANENT)
    }

    fn opens<E: From<Error>>(
        name: &'static str,
        call: impl Fn(&Policy<u32, E>) -> Result<u32, E>,
    ) -> Result<bool, InvalidPolicy> {
        let policy = Policy::new() >> policy::circuit_breaker(name).failure_threshold(1).build()?;
        let _failed = call(&policy);
        Ok(CircuitBreaker::named(name).is_some_and(|breaker| breaker.state() == resilience::BreakerState::Open))
    }
    assert!(!opens::<Classified>("classified: permanent", |policy| policy.call_blocking(|| Err(PERMANENT)))?);
    assert!(opens::<Classified>("classified: transient", |policy| policy.call_blocking(|| Err(TRANSIENT)))?);
    assert!(opens::<TestError>("classified: not", |policy| policy.call_blocking(|| Err(TestError::Permanent)))?);
    assert_eq!([annotated(), annotated()], [Err(PERMANENT), Err(PERMANENT)], "as the attribute");
    Ok(())
}

#[test]
fn an_expired_value_stands_in_for_no_verdict_of_a_type_that_is_classified() -> Invalid {
    #[cached(ttl = 1, stale_if_error = "1m", key = ())]
    fn annotated(answer: Result<u32, Classified>) -> Result<u32, Classified> {
        answer
    }

    let clock = ManualClock::install();
    let policy: CachedPolicy<u32, u32, Classified> =
        policy::cached("classified: stale").ttl(secs(1)).stale_if_error(secs(60)).build()? >> Policy::new();
    let call = |answer: Result<u32, Classified>| {
        clock.advance(secs(2));
        policy.call_for_blocking(&1, || answer.clone())
    };
    assert_eq!([call(Ok(1)), call(Err(TRANSIENT)), call(Err(PERMANENT))], [Ok(1), Ok(1), Err(PERMANENT)]);
    let call = |answer| {
        clock.advance(secs(2));
        annotated(answer)
    };
    assert_eq!([call(Ok(1)), call(Err(TRANSIENT)), call(Err(PERMANENT))], [Ok(1), Ok(1), Err(PERMANENT)]);
    Ok(())
}

#[test]
fn a_closure_of_a_builder_sees_the_types_that_the_builder_is_given() -> Invalid {
    let policy: Policy<u32, &str> =
        Policy::new() >> policy::retry::<u32, &str>().max(2).no_delay().when_ok(|value| *value < 3).build()?;
    let calls = Counter::new();
    assert_eq!(policy.call_blocking(|| Ok(calls.up())), Ok(3));
    Ok(())
}
