use resilience::policy::{self, InvalidPolicy};
use resilience::testing::{self, record, record_blocking};
use resilience::{Policy, begin_shutdown};
use tokio::time::advance;

use crate::Walk;
use crate::attributes::{Answer, Failure, Service, busy, down, secs, up};
use crate::common::Process;

type Calls = Policy<u32, Failure>;

/// What one policy emits in a call that is awaited, and in one that is not.
macro_rules! see {
    ($walk:ident, $policy:ident, $service:expr) => {{
        let service: Service = $service;
        $walk.saw($policy.name(), &record($policy.call(|| service.call())).await.1);
        $walk.saw($policy.name(), &record_blocking(|| $policy.call_blocking(|| service.call_blocking())).1);
    }};
}

fn again(policy: &Calls) -> Answer {
    policy.call_blocking(|| Ok(1))
}

async fn walk_through(walk: &mut Walk) -> Result<(), InvalidPolicy> {
    let retried: Calls = Policy::named("retries")? >> policy::retry().max(1).no_delay().build()?;
    see!(walk, retried, down());
    let ended: Calls = Policy::named("limits")? >> policy::timeout(secs(1))?;
    walk.saw(ended.name(), &record(ended.call(|| async { std::future::pending().await })).await.1);

    let guarded: Calls = Policy::named("guards")?
        >> policy::circuit_breaker("p breaker").failure_threshold(1).recovery(secs(9)).build()?;
    see!(walk, guarded, down());
    advance(secs(10)).await;
    for _ in 0..5 {
        see!(walk, guarded, up());
    }
    let slow =
        policy::circuit_breaker("p slow").window(1).failure_rate(1.0).slow_call(secs(2)).slow_rate(1.0).build()?;
    let slow: Calls = Policy::named("slow calls")? >> policy::timeout(secs(3))? >> slow;
    let (_, events) = record(slow.call(|| async { std::future::pending().await })).await;
    assert_eq!(events.names(), ["timeout", "breaker.open"]);
    walk.saw(slow.name(), &events);

    let placed: Calls = Policy::named("places")? >> policy::bulkhead("p places").max(1).build()?;
    walk.saw(placed.name(), &record_blocking(|| placed.call_blocking(|| again(&placed))).1);
    let limited: Calls = Policy::named("turns")? >> policy::rate_limit("p limit").max(1).per(secs(3600)).build()?;
    see!(walk, limited, up());
    let costing: Calls = Policy::named("costs")? >> policy::rate_limit("p costs").max(1).cost(1).build()?;
    walk.saw("costs", &record_blocking(|| costing.with_cost(99).call_blocking(|| Ok(1))).1);
    let learning: Calls = Policy::named("learns")? >> policy::rate_limit("p learner").max(9).learn().build()?;
    see!(walk, learning, busy());
    let answered: Calls = Policy::named("answers")? >> policy::fallback(|_| Ok(1));
    see!(walk, answered, down());

    let breakers = policy::circuit_breaker("p breakers").failure_threshold(1).key::<u32>().max_keys(1).build()?;
    let breakers = Policy::<u32, Failure>::named("guards by key")? >> breakers;
    let limits = policy::rate_limit("p limits").max(1).per(secs(3600)).key::<u32>().max_keys(1).build()?;
    let limits = Policy::<u32, Failure>::named("turns by key")? >> limits;
    let keyed = policy::bulkhead("p keyed places").max(9).key::<u32>().max_keys(1).build()?;
    let keyed = Policy::<u32, Failure>::named("places by key")? >> keyed;
    for key in [1, 2] {
        let fails = || Err(Failure::Down);
        walk.saw("guards by key", &record_blocking(|| breakers.call_for_blocking(&key, fails)).1);
        walk.saw("turns by key", &record_blocking(|| limits.call_for_blocking(&key, || Ok(1))).1);
    }
    let inner = || keyed.call_for_blocking(&2, || Ok(1));
    walk.saw("places by key", &record_blocking(|| keyed.call_for_blocking(&1, inner)).1);

    let cache = policy::cached("p cache").ttl(secs(60)).stale_if_error(secs(3600)).when(|out| *out != Ok(0)).build()?;
    let kept = cache >> Policy::<u32, Failure>::named("keeps")? >> policy::timeout(secs(60))?;
    for _ in 0..2 {
        walk.saw("keeps", &record(kept.call_for(&1, || async { Ok(1) })).await.1);
    }
    walk.saw("keeps", &record_blocking(|| kept.call_for_blocking(&2, || Ok(0))).1);
    advance(secs(61)).await;
    walk.saw("keeps", &record(kept.call_for(&1, || async { Err(Failure::Down) })).await.1);

    crate::shared::of_policies(walk).await?;

    begin_shutdown();
    see!(walk, retried, down());
    walk.saw("keeps", &record(kept.call_for(&1, || async { Ok(1) })).await.1);
    walk.saw("keeps", &record_blocking(|| kept.call_for_blocking(&3, || Ok(1))).1);
    let waiting = policy::rate_limit("p turns").max(1).per(secs(3600)).wait(secs(9 * 3600)).build()?;
    let waiting: Calls = Policy::named("waits")? >> waiting;
    see!(walk, waiting, up());
    testing::reset();
    Ok(())
}

#[test]
fn every_event_of_a_call_of_a_policy_names_it() {
    let _process = Process::start();
    let mut walk = Walk::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(walk_through(&mut walk)).expect("each policy is valid");
    walk.has_seen_all_but(&["function.conflict"]);
}
