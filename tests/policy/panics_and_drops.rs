//! Calls that panic or are dropped.

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures_util::FutureExt;
use resilience::policy::{self, CachedPolicy};
use resilience::{Bulkhead, Policy, RateLimiter, remaining};

use crate::common::{Counter, TestError, millis, poll_at_most, secs};
use crate::{FAILED, Invalid};

/// A call through all layers is dropped after 0, 1, 2 .. polls.
#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_at_any_poll_leaves_nothing_behind() -> Invalid {
    let door: CachedPolicy<usize, u32, TestError> = policy::cached("dropped").build()?
        >> Policy::new()
        >> policy::timeout(secs(60))?
        >> policy::retry().max(1).no_jitter().build()?
        >> policy::circuit_breaker("dropped").failure_threshold(1000).build()?
        >> policy::bulkhead("dropped").max(1).queue(1).build()?
        >> policy::rate_limit("dropped").max(1).per(millis(10)).wait(secs(1)).build()?
        >> policy::timeout(secs(30))?;
    let bodies = Counter::new();
    for polls in 0..1000 {
        let body = || {
            let attempt = bodies.up();
            async move {
                tokio::time::sleep(millis(5)).await;
                if attempt == 0 { Ok(1) } else { FAILED }
            }
        };
        let whole = poll_at_most(polls, door.call_for(&polls, body)).await.is_some();
        assert_eq!(remaining(), None, "after {polls} polls");
        let left = resilience::Bulkhead::named("dropped").as_deref().map(Bulkhead::snapshot);
        assert_eq!(left.map_or((0, 0), |left| (left.in_flight, left.waiting)), (0, 0), "after {polls} polls");
        let waiting = RateLimiter::named("dropped").map_or(0, |limiter| limiter.snapshot().waiting);
        assert_eq!(waiting, 0, "after {polls} polls");
        // Whoever comes next leads, and does not wait for the call that has gone.
        let next = tokio::time::timeout(secs(5), door.call_for(&polls, async || Ok(7))).await;
        assert_eq!(next, Ok(Ok(7)), "after {polls} polls");
        if whole {
            assert!(polls > 3, "it waits in several places");
            return Ok(());
        }
    }
    unreachable!("it does not end");
}

/// Whatever the operation holds, such as a connection, is free for the next attempt and for the fallback.
#[tokio::test(start_paused = true)]
async fn an_operation_is_dropped_before_its_layers_go_on() -> Invalid {
    let connection = Arc::new(());
    let [at_retry, at_fallback] = [Arc::clone(&connection), Arc::clone(&connection)];
    // Each closure holds one as well.
    let is_free = |connection: &Arc<()>| Arc::strong_count(connection) == 3;
    let ask: Policy<bool, TestError> = Policy::new()
        >> policy::fallback(move |_| Ok(is_free(&at_fallback)))
        >> policy::retry()
            .max(2)
            .no_delay()
            .on_retry(move |_| assert!(is_free(&at_retry), "the attempt is over"))
            .build()?
        >> policy::timeout(secs(1))?;

    let mut attempts = 0;
    let free_after_failures = ask.call(|| {
        assert!(is_free(&connection), "the attempt before is over");
        attempts += 1;
        let (held, fails) = (Arc::clone(&connection), attempts == 1);
        async move {
            let out = if fails { Err(TestError::Transient) } else { pending().await };
            drop(held);
            out
        }
    });
    assert_eq!(free_after_failures.await, Ok(true));
    assert_eq!(attempts, 3);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_dropped_or_panics_gives_its_place_back() -> Invalid {
    let door: Policy<u32, TestError> =
        Policy::new() >> policy::circuit_breaker("probed").failure_threshold(1).recovery(secs(1)).build()?;
    assert_eq!(door.call(async || FAILED).await, FAILED);
    tokio::time::sleep(secs(1)).await;
    assert!(poll_at_most(1, door.call(async || pending().await)).await.is_none());
    let probes = || resilience::CircuitBreaker::named("probed").map(|breaker| breaker.snapshot().probes);
    assert_eq!(probes(), Some(0));
    let panicked = AssertUnwindSafe(door.call(async || panic!("of the body"))).catch_unwind().await;
    assert!(panicked.is_err());
    assert_eq!(probes(), Some(0));
    assert_eq!(door.call(async || Ok(1)).await, Ok(1));
    Ok(())
}

#[test]
fn a_panic_goes_through_and_leaves_nothing_behind() -> Invalid {
    let door: Policy<u32, TestError> = Policy::new()
        >> policy::timeout(secs(60))?
        >> policy::fallback(|_| Ok(0))
        >> policy::retry().no_delay().build()?
        >> policy::bulkhead("panicked").max(1).build()?;
    let calls = Counter::new();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        door.call_blocking(|| {
            calls.up();
            panic!("of the body")
        })
    }));
    assert!(panicked.is_err());
    assert_eq!((calls.get(), remaining()), (1, None), "no retry, no fallback, no deadline");
    assert_eq!(door.call_blocking(|| Ok(1)), Ok(1));
    Ok(())
}
