//! Policies whose operation returns a stream.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt, Stream, StreamExt};
use resilience::policy::{InvalidPolicy, KeyedPolicy};
use resilience::{Bulkhead, CircuitBreaker, Error, Policy, policy};
use tokio::time::Instant;

use crate::plan::{Fault, Plan};
use crate::{Item, collected, send};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn timed_out(limit: u64) -> Item {
    Err(Fault::Resilience(Error::Timeout { limit: seconds(limit), elapsed: seconds(limit) }))
}

fn call(policy: &Policy<u32, Fault>, plan: &Arc<Plan>) -> impl Stream<Item = Item> + Send + use<> {
    let plan = Arc::clone(plan);
    send(policy.call_stream(move || {
        let opened = plan.open();
        async move {
            tokio::task::yield_now().await;
            opened
        }
    }))
}

fn retried() -> Result<Policy<u32, Fault>, InvalidPolicy> {
    Ok(Policy::new() >> policy::retry().max(2).no_delay().build()?)
}

#[tokio::test(start_paused = true)]
async fn a_retry_acts_until_the_first_item_has_come() -> Result<(), InvalidPolicy> {
    for (openings, items, opened) in [
        (["x", "!y", "1 2"], vec![Ok(1), Ok(2)], 3),
        (["1 x", "2", "3"], vec![Ok(1), Err(Fault::down("x"))], 1),
        (["x", "!y", "z"], vec![Err(Fault::down("z"))], 3),
        (["", "1", "1"], vec![], 1),
    ] {
        let plan = Plan::new(openings);
        assert_eq!(collected(call(&retried()?, &plan)).await, items, "{openings:?}");
        assert_eq!((plan.opened(), plan.alive()), (opened, 0), "{openings:?}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_fallback_is_a_stream_of_one_item_in_place_of_one_without() -> Result<(), InvalidPolicy> {
    let answered = Policy::new() >> policy::fallback(|_| Ok(7)) >> policy::retry().max(1).no_delay().build()?;
    assert_eq!(collected(call(&answered, &Plan::new(["x"]))).await, [Ok(7)]);
    assert_eq!(collected(call(&answered, &Plan::new(["1 x"]))).await, [Ok(1), Err(Fault::down("x"))]);
    assert_eq!(collected(call(&answered, &Plan::new([""]))).await, []);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_stream_has_three_limits() -> Result<(), InvalidPolicy> {
    let limits = || policy::stream_timeout().first(seconds(60)).idle(seconds(20));
    let limited = Policy::new() >> limits().whole(seconds(600)).build()?;
    assert_eq!(collected(call(&limited, &Plan::new(["~59 1 ~19 2"]))).await, [Ok(1), Ok(2)]);
    assert_eq!(collected(call(&limited, &Plan::new(["~61 1"]))).await, [timed_out(60)]);
    assert_eq!(collected(call(&limited, &Plan::new(["~30 1 ~19 2 ~21 3"]))).await, [Ok(1), Ok(2), timed_out(20)]);
    let start = Instant::now();
    let whole = collected(call(&limited, &Plan::new([&*"1 ~15 ".repeat(100).leak()]))).await;
    assert_eq!((start.elapsed(), whole.last()), (seconds(600), Some(&timed_out(600))));

    let whole_only = Policy::new() >> policy::timeout(seconds(30))?;
    assert_eq!(collected(call(&whole_only, &Plan::new(["~29 1 ~29 2"]))).await, [Ok(1), timed_out(30)]);
    let idle_only = Policy::new() >> policy::stream_timeout().idle(seconds(20)).build()?;
    let mut slow = Box::pin(call(&idle_only, &Plan::new(["~500 1 ~1 2 3"])));
    for item in 1..=3 {
        assert_eq!(slow.next().await, Some(Ok(item)), "the time of the consumer is not idle");
        tokio::time::sleep(seconds(100)).await;
    }
    assert_eq!(slow.next().await, None);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn limits_that_never_act_are_refused() {
    let problems =
        |built: Result<policy::Layer<u32, Error>, InvalidPolicy>| built.err().map(|error| error.problems().len());
    assert_eq!(problems(policy::stream_timeout().build()), Some(1));
    assert_eq!(problems(policy::stream_timeout().first(Duration::ZERO).idle(seconds(1)).build()), Some(1));
    let late = policy::stream_timeout().first(seconds(9)).idle(seconds(9)).whole(seconds(9));
    assert_eq!(problems(late.build()), Some(2));
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_stream_has_the_first_limit() -> Result<(), InvalidPolicy> {
    let limited: Policy<u32, Error> =
        Policy::new() >> policy::stream_timeout().first(seconds(5)).idle(seconds(2)).build()?;
    let limit = seconds(5);
    assert_eq!(limited.call(std::future::pending).await, Err(Error::Timeout { limit, elapsed: limit }));
    assert_eq!(limited.call_blocking(|| Ok(1)), Ok(1));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn gates_are_left_when_the_stream_ends_fails_or_is_dropped() -> Result<(), InvalidPolicy> {
    let breaker = policy::circuit_breaker("stream.policy").window(100).failure_rate(1.0).min_calls(100);
    let guarded = Policy::new() >> breaker.build()? >> policy::bulkhead("stream.policy").max(1).build()?;
    let counts = || {
        let calls = CircuitBreaker::named("stream.policy").expect("it exists").snapshot();
        (calls.calls, calls.failures, Bulkhead::named("stream.policy").expect("it exists").snapshot().in_flight)
    };
    let mut ended = Box::pin(call(&guarded, &Plan::new(["1 2"])));
    assert_eq!(ended.next().await, Some(Ok(1)));
    assert_eq!(counts(), (0, 0, 1));
    let full = call(&guarded, &Plan::new(["1"])).collect::<Vec<_>>().await;
    assert!(matches!(full[..], [Err(Fault::Resilience(Error::BulkheadFull { .. }))]), "{full:?}");
    assert_eq!(ended.next().await, Some(Ok(2)));
    assert_eq!(ended.next().await, None);
    assert_eq!(counts(), (1, 0, 0));
    assert_eq!(ended.next().await, None);

    let failed = collected(call(&guarded, &Plan::new(["1 x"]))).await;
    assert_eq!(failed, [Ok(1), Err(Fault::down("x"))]);
    assert_eq!(counts(), (2, 1, 0));

    let mut dropped = Box::pin(call(&guarded, &Plan::new(["1 2"])));
    assert_eq!(dropped.next().await, Some(Ok(1)));
    drop(dropped);
    assert_eq!(counts(), (2, 1, 0), "it is abandoned");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_probe_lasts_as_long_as_its_stream() -> Result<(), InvalidPolicy> {
    let breaker = policy::circuit_breaker("stream.policy.probe").failure_threshold(1).success_threshold(1);
    let guarded = Policy::new() >> breaker.recovery(seconds(10)).build()?;
    assert_eq!(collected(call(&guarded, &Plan::new(["x"]))).await.len(), 1);
    tokio::time::sleep(seconds(11)).await;
    let mut probe = Box::pin(call(&guarded, &Plan::new(["1 2"])));
    assert_eq!(probe.next().await, Some(Ok(1)));
    let rejected = collected(call(&guarded, &Plan::new(["1"]))).await;
    assert!(matches!(rejected[..], [Err(Fault::Resilience(Error::CircuitOpen { .. }))]), "{rejected:?}");
    assert_eq!(probe.next().await, Some(Ok(2)));
    assert_eq!(probe.next().await, None);
    let state = CircuitBreaker::named("stream.policy.probe").expect("it exists").snapshot().state;
    assert_eq!(state, resilience::BreakerState::Closed);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_key_has_a_state_of_its_own() -> Result<(), InvalidPolicy> {
    let keyed: KeyedPolicy<String, u32, Fault> =
        Policy::new() >> policy::bulkhead("stream.policy.keys").max(1).key::<String>().build()?;
    let ask = |user: &str| {
        let plan = Plan::new(["1 2"]);
        Box::pin(send(keyed.call_stream_for(user.to_owned(), move || std::future::ready(plan.open()))))
    };
    let mut first = ask("a");
    assert_eq!(first.next().await, Some(Ok(1)));
    assert!(matches!(ask("a").next().await, Some(Err(Fault::Resilience(Error::BulkheadFull { .. })))));
    assert_eq!(ask("b").next().await, Some(Ok(1)));
    drop(first);
    assert_eq!(ask("a").next().await, Some(Ok(1)));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_policys_stream_dropped_at_any_poll_leaves_nothing_behind() -> Result<(), InvalidPolicy> {
    let guarded = Policy::new()
        >> policy::retry().max(3).no_delay().build()?
        >> policy::bulkhead("stream.policy.dropped").max(1).build()?
        >> policy::stream_timeout().first(seconds(30)).idle(seconds(20)).whole(seconds(50)).build()?;
    for polls in 1..20 {
        let plan = Plan::new(["x", "!x", "~1 1 ~1 2 ~1 x"]);
        {
            let mut all = Box::pin(collected(call(&guarded, &plan)));
            for _ in 0..polls {
                if all.as_mut().now_or_never().is_some() {
                    break;
                }
                tokio::time::advance(Duration::from_millis(500)).await;
            }
        }
        assert_eq!(plan.alive(), 0, "{polls}");
        let running = Bulkhead::named("stream.policy.dropped").expect("it exists").snapshot().in_flight;
        assert_eq!((running, resilience::remaining(), resilience::attempt()), (0, None, 1), "{polls}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_operation_and_the_error_may_borrow() -> Result<(), InvalidPolicy> {
    let text = "down".to_owned();
    let borrowing: Policy<u32, &str> = Policy::new() >> policy::retry().max(1).no_delay().build()?;
    let calls = std::sync::atomic::AtomicU32::new(0);
    let stream = send(borrowing.call_stream(|| {
        calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let text = &*text;
        async move { Ok(futures_util::stream::iter([Err(text)])) }
    }));
    assert_eq!(stream.collect::<Vec<Result<u32, &str>>>().await, [Err("down")]);
    assert_eq!(calls.into_inner(), 2);
    Ok(())
}
