//! State that policies share with each other and with attributes.

use std::time::Duration;

use futures_util::future::join_all;
use resilience::policy::{self, CachedPolicy};
use resilience::{BreakerState, Bulkhead, CircuitBreaker, Policy, RateLimiter, bulkhead, circuit_breaker, observe};

use crate::common::{Answer, Recorder, TestError, is_open, letter, secs};
use crate::{FAILED, Invalid};

/// With one permit and a queue of one, five concurrent calls are two that run in turn and three that are rejected.
#[tokio::test(start_paused = true)]
async fn a_bulkhead_admits_and_rejects_like_the_attribute() -> Invalid {
    #[bulkhead(name = "crowded", max = 1, queue = 1, wait = "10s")]
    async fn ask(takes: Duration) -> Answer {
        tokio::time::sleep(takes).await;
        Ok(1)
    }

    let door: Policy<u32, TestError> =
        Policy::new() >> policy::bulkhead("crowded").max(1).queue(1).wait(secs(10)).build()?;
    let through = async |takes| {
        let body = || async move {
            tokio::time::sleep(takes).await;
            Ok(1)
        };
        door.call(body).await
    };
    for (takes, letters) in [(secs(2), "SSBBB"), (secs(11), "SBBBB")] {
        let recorder = Recorder::start();
        let attributed = join_all((0..5).map(|_| ask(takes))).await;
        let full = recorder.named("bulkhead.full").len();
        let called = join_all((0..5).map(|_| through(takes))).await;
        assert_eq!(attributed.iter().map(letter).collect::<String>(), letters);
        assert_eq!((called, recorder.named("bulkhead.full").len()), (attributed, 2 * full));
        assert_eq!(recorder.events().len(), 2 * full, "one bulkhead, one configuration");
    }
    let left = Bulkhead::named("crowded").expect("called").snapshot();
    assert_eq!((left.in_flight, left.waiting), (0, 0));
    Ok(())
}

#[test]
fn a_thread_inside_a_bulkhead_is_rejected_when_it_reenters() -> Invalid {
    let door: Policy<u32, TestError> = Policy::new() >> policy::bulkhead("again").max(1).build()?;
    let again = door.call_blocking(|| Ok(u32::from(letter(&door.call_blocking(|| Ok(1))))));
    assert_eq!(again, Ok(u32::from('B')));
    assert_eq!(door.call_blocking(|| Ok(1)), Ok(1));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_rejection_of_a_bulkhead_or_a_rate_limit_under_a_retry_fails_fast() -> Invalid {
    let limited: Policy<u32, TestError> = Policy::new()
        >> policy::retry().no_jitter().build()?
        >> policy::rate_limit("twice").max(1).per(secs(60)).build()?;
    assert_eq!(limited.call(async || Ok(1)).await, Ok(1));
    let (answer, report) = observe(limited.call(async || Ok(1))).await;
    assert_eq!((letter(&answer), report.attempts, report.elapsed), ('L', 1, Duration::ZERO));
    assert_eq!(RateLimiter::named("twice").expect("called").snapshot().rejected, 1);
    Ok(())
}

/// `#[circuit_breaker(name = "both")]` and `policy::circuit_breaker("both")` are one breaker; so are two policies.
#[test]
fn state_is_shared_by_name_with_the_attributes() -> Invalid {
    #[circuit_breaker(name = "both", failure_threshold = 2)]
    fn ask(answer: Answer) -> Answer {
        answer
    }

    let recorder = Recorder::start();
    let name = ["bo", "th"].concat();
    let door: Policy<u32, TestError> =
        Policy::new() >> policy::circuit_breaker(name.clone()).failure_threshold(2).build()?;
    let other: Policy<u32, TestError> = Policy::new() >> policy::circuit_breaker(name).recovery(secs(5)).build()?;
    assert_eq!((ask(FAILED), door.call_blocking(|| FAILED)), (FAILED, FAILED));
    assert_eq!(
        resilience::CircuitBreaker::named("both").as_deref().map(CircuitBreaker::state),
        Some(BreakerState::Open)
    );
    assert!(is_open(&ask(Ok(1))) && is_open(&door.call_blocking(|| Ok(1))));
    assert_eq!(recorder.names(), ["breaker.open", "breaker.rejected", "breaker.rejected"]);

    assert!(is_open(&other.call_blocking(|| Ok(1))));
    let conflicts = recorder.named("breaker.conflict");
    assert!(conflicts[0].field("first").starts_with(file!()) && conflicts[0].field("second").starts_with(file!()));
    assert_ne!(conflicts[0].field("first"), conflicts[0].field("second"));
    Ok(())
}

#[test]
fn two_policies_of_one_name_and_the_same_types_share_a_cache() -> Invalid {
    let recorder = Recorder::start();
    let one: CachedPolicy<u32, u32, TestError> = policy::cached("shared").max_size(1).build()? >> Policy::new();
    let other: CachedPolicy<u32, u32, TestError> = policy::cached("shared").max_size(2).build()? >> Policy::new();
    assert_eq!((one.call_for_blocking(&1, || Ok(7)), other.call_for_blocking(&1, || FAILED)), (Ok(7), Ok(7)));
    assert_eq!(recorder.names(), ["cache.miss", "cache.hit"]);
    Ok(())
}
