//! Deadlines, given-up retries, classified errors and hooks.

use std::future::pending;
use std::time::Duration;

use resilience::policy::{self, InvalidPolicy};
use resilience::testing::ManualClock;
use resilience::{BreakerState, CircuitBreaker, Error, Policy, RetryState, remaining, retry, timeout};

use crate::common::{Answer, Classified, Counter, TestError, secs};
use crate::{FAILED, Invalid};

/// Retries do not multiply, whether the inner one is an attribute or a policy.
#[tokio::test(start_paused = true)]
async fn retries_exhausted_inside_are_not_retried() -> Invalid {
    static CALLS: Counter = Counter::new();

    #[retry(max = 2, backoff = "none")]
    async fn attributed() -> Answer {
        CALLS.up();
        FAILED
    }
    #[retry(max = 2, backoff = "none")]
    fn attributed_blocking() -> Answer {
        CALLS.up();
        FAILED
    }
    #[retry(max = 3, backoff = "none")]
    async fn around(door: &Policy<u32, TestError>) -> Answer {
        door.call(async || {
            CALLS.up();
            FAILED
        })
        .await
    }

    let three: Policy<u32, TestError> = Policy::new() >> policy::retry().max(2).no_delay().build()?;
    let nested: Policy<u32, TestError> = Policy::new() >> policy::retry().max(1).no_delay().nested(true).build()?;
    let counted = |before: u32| CALLS.get() - before;

    let before = CALLS.get();
    assert_eq!((three.call(attributed).await, counted(before)), (FAILED, 3), "an attribute inside of a policy");
    let before = CALLS.get();
    assert_eq!((three.call_blocking(attributed_blocking), counted(before)), (FAILED, 3));
    let before = CALLS.get();
    assert_eq!((around(&three).await, counted(before)), (FAILED, 3), "a policy inside of an attribute");
    let before = CALLS.get();
    assert_eq!((nested.call(attributed).await, counted(before)), (FAILED, 6), "unless it is told to");
    let before = CALLS.get();
    assert_eq!((nested.call_blocking(attributed_blocking), counted(before)), (FAILED, 6));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_deadline_is_seen_inside_and_the_tighter_one_applies() -> Invalid {
    #[timeout(secs = 3)]
    async fn around(door: &Policy<u32, TestError>) -> Answer {
        door.call(async || {
            tokio::time::sleep(secs(1)).await;
            Ok(u32::try_from(remaining().unwrap_or_default().as_secs()).unwrap_or(0))
        })
        .await
    }

    let door: Policy<u32, TestError> = Policy::new() >> policy::timeout(secs(9))?;
    assert_eq!((around(&door).await, remaining()), (Ok(2), None));
    assert_eq!(
        door.call(async || pending().await).await,
        Err(Error::Timeout { limit: secs(9), elapsed: secs(9) }.into())
    );
    let clock = ManualClock::install();
    let late = door.call_blocking(|| {
        clock.advance(secs(9));
        resilience::checkpoint().map(|()| 1).map_err(Into::into)
    });
    assert_eq!((late, remaining()), (Err(Error::Timeout { limit: secs(9), elapsed: secs(9) }.into()), None));
    Ok(())
}

#[test]
fn a_layer_classifies_errors_when_asked_to() -> Invalid {
    let clock = ManualClock::install();
    let calls = Counter::new();
    let retried = |error: TestError| -> Result<(u32, Duration), InvalidPolicy> {
        let door: Policy<u32, Classified> =
            Policy::new() >> policy::retry().max(2).constant().no_jitter().classified().build()?;
        let (before, began) = (calls.get(), clock.elapsed());
        let answer = door.call_blocking(|| {
            calls.up();
            Err(Classified(error.clone()))
        });
        assert_eq!(answer, Err(Classified(error)));
        Ok((calls.get() - before, clock.elapsed().saturating_sub(began)))
    };
    assert_eq!(retried(TestError::Transient)?, (3, secs(2)));
    assert_eq!(retried(TestError::Permanent)?, (1, Duration::ZERO));
    assert_eq!(retried(TestError::RateLimited(secs(7)))?, (3, secs(14)));

    let door: Policy<u32, Classified> =
        Policy::new() >> policy::circuit_breaker("classified").failure_threshold(1).classified().build()?;
    for (error, state) in [(TestError::Permanent, BreakerState::Closed), (TestError::Transient, BreakerState::Open)] {
        let _failed = door.call_blocking(|| Err(Classified(error.clone())));
        assert_eq!(resilience::CircuitBreaker::named("classified").as_deref().map(CircuitBreaker::state), Some(state));
    }
    Ok(())
}

#[test]
fn a_hook_sees_each_pause() -> Invalid {
    let clock = ManualClock::install();
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = std::sync::Arc::clone(&seen);
    let door: Policy<u32, TestError> = Policy::new()
        >> policy::retry()
            .max(2)
            .no_jitter()
            .on_retry(move |state: &RetryState<'_, TestError>| {
                log.lock().expect("one thread").push((state.attempt, state.delay, state.error.cloned()));
            })
            .build()?;
    assert_eq!(door.call_blocking(|| FAILED), FAILED);
    let transient = Some(TestError::Transient);
    assert_eq!(*seen.lock().expect("one thread"), [(1, secs(1), transient.clone()), (2, secs(2), transient)]);
    assert_eq!(clock.elapsed(), secs(3));
    Ok(())
}
