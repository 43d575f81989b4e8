//! Rate limits whose units the items of a stream tell.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::BoxStream;
use futures_util::{FutureExt, Stream, StreamExt};
use resilience::policy::{InvalidPolicy, KeyedPolicy};
use resilience::{Error, Handle, Policy, RateLimiter, bulkhead, fallback, policy, rate_limit, retry, timeout};
use tokio::time::Instant;

use crate::plan::{Fault, Plan};
use crate::{Item, collected, send};

const DAY: Duration = Duration::from_secs(86_400);

fn limiter(name: &str) -> Handle<RateLimiter> {
    RateLimiter::named(name).expect("the function has been called")
}

fn used(name: &str) -> u32 {
    let snapshot = limiter(name).snapshot();
    snapshot.max - snapshot.available
}

/// Items from 100 on are the usage that the last chunk of a model tells.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "`settle` takes a reference")]
fn usage(item: &u32) -> Option<u64> {
    (*item >= 100).then_some(u64::from(*item))
}

#[rate_limit(name = "settled.total", max = 10_000, per = "24h", cost = 500_u32, settle = usage)]
async fn total(plan: &Plan) -> Result<BoxStream<'static, Item>, Fault> {
    Ok(Box::pin(plan.open()?))
}

#[tokio::test(start_paused = true)]
async fn the_latest_total_of_the_items_is_what_a_stream_took() {
    let mut paid = 0;
    for (words, took) in [
        ("1 2 120", 120),
        ("100 200 300", 300),
        ("300 1 2", 300),
        ("900 250", 250),
        ("1 2 3", 500),
        ("", 500),
        ("2000", 2000),
        ("1 800 x", 800),
        ("1 120 x", 500),
        ("x", 500),
        ("!x", 500),
    ] {
        if let Ok(stream) = total(&Plan::new([words])).await {
            collected(stream).await;
        }
        paid += took;
        assert_eq!(used("settled.total"), paid, "{words:?}");
    }
}

#[rate_limit(name = "settled.sum", max = 10_000, per = "24h", cost = 50_u32, settle = |bytes: &u32| u64::from(*bytes))]
fn sum(plan: Arc<Plan>) -> impl Stream<Item = Item> + Send {
    plan.stream()
}

#[tokio::test(start_paused = true)]
async fn the_numbers_of_the_items_add_up() {
    let mut paid = 0;
    for (words, took) in [("10 20 5", 35), ("10 0", 10), ("0", 0), ("200 1", 201), ("10 x", 50), ("40 20 x", 60)] {
        collected(send(sum(Plan::new([words])))).await;
        paid += took;
        assert_eq!(used("settled.sum"), paid, "{words:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_stream_keeps_its_cost_unless_its_items_told_more() {
    #[rate_limit(name = "settled.dropped", max = 10_000, per = "24h", cost = 50_u32, settle = |item: &u32| u64::from(*item))]
    async fn call(plan: &Plan) -> Result<impl Stream<Item = Item> + Send + use<>, Fault> {
        plan.open()
    }
    let plan = || Plan::new(["10 20 100 1"]);
    let mut paid = 0;
    for (items, took) in [(0, 50), (1, 50), (2, 50), (3, 130), (4, 131)] {
        let mut stream = Box::pin(call(&plan()).await.expect("it opens"));
        assert_eq!(used("settled.dropped"), paid + 50, "it is charged its cost while it lasts");
        for _ in 0..items {
            assert!(stream.next().await.is_some_and(|item| item.is_ok()));
        }
        drop(stream);
        paid += took;
        assert_eq!(used("settled.dropped"), paid, "after {items} items");
    }
    let mut ended = Box::pin(call(&plan()).await.expect("it opens"));
    while ended.next().await.is_some() {}
    assert_eq!(used("settled.dropped"), paid + 131, "it is settled at its end");
    drop(ended);
    assert_eq!(used("settled.dropped"), paid + 131, "and only once");
}

#[tokio::test(start_paused = true)]
async fn an_overdraft_delays_the_next_callers() {
    #[rate_limit(name = "settled.overdraft", max = 100, per = "100s", wait = "10m", cost = 10_u32, settle = usage)]
    async fn call(plan: &Plan) -> Result<BoxStream<'static, Item>, Fault> {
        Ok(Box::pin(plan.open()?))
    }
    let start = Instant::now();
    let first = call(&Plan::new(["1 160"])).await.expect("it opens");
    assert_eq!(collected(first).await, [Ok(1), Ok(160)]);
    let second = call(&Plan::new(["1 100"])).await.expect("it opens after its turn");
    assert_eq!(start.elapsed(), Duration::from_secs(70), "sixty too many, and ten of its own");
    drop(second);
}

#[tokio::test(start_paused = true)]
async fn a_stream_with_a_key_settles_with_the_limit_of_its_key() {
    #[rate_limit(max = 1000, per = "24h", key = user, cost = 600_u32, settle = usage)]
    async fn call(user: u32, plan: &Plan) -> Result<impl Stream<Item = Item> + Send + use<>, Fault> {
        plan.open()
    }
    let one = || async { call(1, &Plan::new(["1 100"])).await };
    let open = send(one().await.expect("it opens"));
    assert!(matches!(one().await.err(), Some(Fault::Resilience(Error::RateLimited { .. }))));
    assert!(call(2, &Plan::new(["1"])).await.is_ok());
    assert_eq!(collected(open).await, [Ok(1), Ok(100)]);
    assert!(one().await.is_ok(), "five hundred came back");
    assert!(one().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_stream_above_other_gates_gets_back_what_they_reject() {
    #[rate_limit(name = "settled.above", max = 1000, per = "24h", cost = 100_u32, settle = usage)]
    #[fallback(other)]
    #[bulkhead(name = "settled.above", max = 1)]
    async fn call(plan: &Plan) -> Result<impl Stream<Item = Item> + Send + use<>, Fault> {
        plan.open()
    }
    async fn other(_: &Plan) -> Result<impl Stream<Item = Item> + Send + use<>, Fault> {
        tokio::task::yield_now().await;
        Ok(futures_util::stream::iter([Ok(7), Ok(900)]))
    }
    let open = call(&Plan::new(["1 150"])).await.expect("it opens");
    let instead = call(&Plan::new(["1"])).await.expect("the fallback answers");
    assert_eq!(used("settled.above"), 100, "the body of the second one has not run");
    assert_eq!(collected(instead).await, [Ok(7), Ok(900)]);
    assert_eq!(used("settled.above"), 100);
    assert_eq!(collected(open).await, [Ok(1), Ok(150)]);
    assert_eq!(used("settled.above"), 150);
}

#[tokio::test(start_paused = true)]
async fn each_attempt_pays_its_cost_and_the_one_that_opens_what_it_took() {
    #[retry(max = 3, backoff = "none")]
    #[rate_limit(name = "settled.retried", max = 1000, per = "24h", cost = 100_u32, settle = usage)]
    async fn call(plan: &Plan) -> Result<impl Stream<Item = Item> + Send + use<>, Fault> {
        plan.open()
    }
    let stream = call(&Plan::new(["x", "!x", "1 250 x"])).await.expect("the third attempt opens");
    assert_eq!(collected(stream).await, [Ok(1), Ok(250), Err(Fault::down("x"))]);
    assert_eq!(used("settled.retried"), 450);
}

#[tokio::test(start_paused = true)]
async fn a_limit_below_ends_a_stream_as_a_failure() {
    #[rate_limit(name = "settled.limited", max = 1000, per = "24h", cost = 100_u32, settle = |item: &u32| u64::from(*item))]
    #[timeout(idle = "5s")]
    async fn call(plan: &Plan) -> Result<impl Stream<Item = Item> + Send + use<>, Fault> {
        plan.open()
    }
    let stalled = collected(call(&Plan::new(["1 2 ~9 3"])).await.expect("it opens")).await;
    assert!(matches!(stalled[..], [Ok(1), Ok(2), Err(Fault::Resilience(Error::Timeout { .. }))]), "{stalled:?}");
    assert_eq!(used("settled.limited"), 100);
}

#[tokio::test(start_paused = true)]
async fn an_argument_may_decide_what_an_item_took() {
    #[rate_limit(name = "settled.arguments", max = 1000, per = "24h", settle = |item: &u32| u64::from(*item) * factor)]
    async fn call(factor: u64, plan: Arc<Plan>) -> Result<impl Stream<Item = Item> + Send + use<>, Fault> {
        plan.open()
    }
    let stream = call(3, Plan::new(["1 2 3"])).await.expect("it opens");
    assert_eq!(collected(stream).await.len(), 3);
    assert_eq!(used("settled.arguments"), 18);
}

#[retry(max = 3, backoff = "none")]
#[rate_limit(name = "settled.anywhere", max = 1000, per = "24000h", cost = 100_u32, settle = |item: &u32| u64::from(*item))]
#[bulkhead(name = "settled.anywhere", max = 1)]
#[timeout(first = "30s", idle = "20s", secs = 50)]
async fn dropped_anywhere(plan: &Plan) -> Result<impl Stream<Item = Item> + Send + use<>, Fault> {
    tokio::task::yield_now().await;
    plan.open()
}

#[tokio::test(start_paused = true)]
async fn a_stream_dropped_at_any_poll_is_charged_once() {
    let mut charged = Vec::new();
    for polls in 0..30 {
        let plan = Plan::new(["x", "!x", "~1 1 ~1 150 ~1 x"]);
        if polls > 0 {
            limiter("settled.anywhere").reset();
        }
        {
            let mut call = Box::pin(async {
                match dropped_anywhere(&plan).await {
                    Ok(stream) => collected(stream).await,
                    Err(fault) => vec![Err(fault)],
                }
            });
            for _ in 0..polls.max(1) {
                if call.as_mut().now_or_never().is_some() {
                    break;
                }
                tokio::time::advance(Duration::from_millis(500)).await;
            }
        }
        assert_eq!(plan.alive(), 0, "{polls}");
        charged.push(used("settled.anywhere"));
        tokio::time::advance(DAY * 1000).await;
        assert_eq!(used("settled.anywhere"), 0, "{polls}: all of it has come back");
    }
    charged.dedup();
    assert_eq!(charged, [100, 200, 300, 351], "each attempt that began, and what the items of the last one told");
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_settle_leaves_the_limit_sound() {
    #[rate_limit(name = "settled.panic", max = 1000, per = "24h", cost = 100_u32, settle = |item: &u32| {
        assert_ne!(*item, 3, "told to panic");
        Some(u64::from(*item) * 100)
    })]
    async fn call(plan: &Plan) -> Result<impl Stream<Item = Item> + Send + use<>, Fault> {
        plan.open()
    }
    for (words, took) in [("1 2 3 4", 200), ("3", 100)] {
        forget("settled.panic");
        let run = async { collected(call(&Plan::new([words])).await.expect("it opens")).await };
        assert!(std::panic::AssertUnwindSafe(run).catch_unwind().await.is_err());
        assert_eq!(used("settled.panic"), took, "{words}");
    }
}

fn forget(name: &str) {
    if let Some(limiter) = RateLimiter::named(name) {
        limiter.reset();
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_in_the_middle_of_a_stream_is_a_hint_too() {
    #[rate_limit(name = "settled.hints", learn = true, retry_after = hint)]
    async fn call(plan: &Plan) -> Result<impl Stream<Item = Item> + Send + use<>, Fault> {
        plan.open()
    }
    #[rate_limit(max = 1000, per = "24h", key = user, learn = true, retry_after = hint, settle = usage)]
    #[bulkhead(max = 10)]
    fn keyed(user: u32, plan: Arc<Plan>) -> impl Stream<Item = Item> + Send {
        plan.stream()
    }
    fn hint(fault: &Fault) -> Option<Duration> {
        matches!(fault, Fault::Down(word) if word == "busy").then_some(Duration::from_secs(30))
    }

    let stream = call(&Plan::new(["1 busy"])).await.expect("it opens");
    assert!(call(&Plan::new(["1"])).await.is_ok(), "the server has not said anything yet");
    assert_eq!(collected(stream).await.len(), 2);
    let rejected = call(&Plan::new(["1"])).await.err();
    assert!(
        matches!(rejected, Some(Fault::Resilience(Error::RateLimited { retry_after, .. })) if retry_after > Duration::from_secs(29))
    );

    assert_eq!(collected(keyed(1, Plan::new(["1 busy"]))).await.len(), 2);
    assert!(matches!(
        collected(keyed(1, Plan::new(["1"]))).await[..],
        [Err(Fault::Resilience(Error::RateLimited { .. }))]
    ));
    assert_eq!(collected(keyed(2, Plan::new(["1"]))).await, [Ok(1)]);
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_stream_may_not_know_what_it_took() {
    #[rate_limit(name = "settled.optional", max = 1000, per = "24h", cost = 500_u32, settle = |item: &u32| usage(item))]
    async fn call(item: u32) -> Item {
        Ok(item)
    }
    assert_eq!(call(120).await, Ok(120));
    assert_eq!(used("settled.optional"), 120);
    assert_eq!(call(1).await, Ok(1));
    assert_eq!(used("settled.optional"), 620, "it keeps its cost");
}

fn through(policy: &Policy<u32, Fault>, plan: Arc<Plan>) -> impl Stream<Item = Item> + Send + use<> {
    send(policy.call_stream(move || {
        let opened = plan.open();
        async move { opened }
    }))
}

#[tokio::test(start_paused = true)]
async fn a_policy_settles_a_stream_as_the_attribute_does() -> Result<(), InvalidPolicy> {
    let limit = || policy::rate_limit("settled.policy").max(10_000).per(DAY).cost(50);
    let totals = Policy::new()
        >> policy::rate_limit("settled.policy.all")
            .max(9_000)
            .per(DAY)
            .cost(50)
            .settle(|item: &u32| u64::from(*item))
            .build()?
        >> policy::retry().max(1).no_delay().build()?
        >> limit().settle(usage).build()?
        >> policy::bulkhead("settled.policy").max(1).build()?;
    let (mut total, mut sum) = (0, 0);
    for (words, of_total, of_sum) in [
        ("1 2 120", 120, 123),
        ("100 200", 200, 300),
        ("1 2 3", 50, 6),
        ("", 50, 50),
        ("100 x", 100, 100),
        ("1 x", 50, 50),
        ("x", 100, 50),
    ] {
        collected(through(&totals, Plan::new([words]))).await;
        (total, sum) = (total + of_total, sum + of_sum);
        assert_eq!((used("settled.policy"), used("settled.policy.all")), (total, sum), "{words:?}");
    }
    let mut dropped = Box::pin(through(&totals, Plan::new(["1 150 1"])));
    for _ in 0..2 {
        assert!(dropped.next().await.is_some());
    }
    assert_eq!(used("settled.policy"), total + 50);
    let rejected = collected(through(&totals, Plan::new(["1"]))).await;
    assert!(matches!(rejected[..], [Err(Fault::Resilience(Error::BulkheadFull { .. }))]), "{rejected:?}");
    assert_eq!(
        (used("settled.policy"), used("settled.policy.all")),
        (total + 50, sum + 50),
        "a rejection costs nothing"
    );
    drop(dropped);
    assert_eq!((used("settled.policy"), used("settled.policy.all")), (total + 150, sum + 151));
    assert_eq!(totals.with_cost(300).call(async || Ok(7)).await, Ok(7));
    assert_eq!((used("settled.policy"), used("settled.policy.all")), (total + 450, sum + 158));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_keyed_policy_settles_a_stream_with_the_limit_of_its_key() -> Result<(), InvalidPolicy> {
    let keyed: KeyedPolicy<u32, u32, Fault> = Policy::new()
        >> policy::rate_limit("settled.policy.keys").max(1000).per(DAY).cost(600).settle(usage).key::<u32>().build()?;
    let ask = |user: u32| {
        let plan = Plan::new(["1 100"]);
        collected(send(keyed.call_stream_for(user, move || std::future::ready(plan.open()))))
    };
    assert_eq!(ask(1).await.len(), 2);
    assert_eq!(ask(1).await.len(), 2);
    assert_eq!(ask(2).await.len(), 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_a_policy_dropped_at_any_poll_is_charged_once() -> Result<(), InvalidPolicy> {
    let limited = Policy::new()
        >> policy::retry().max(3).no_delay().build()?
        >> policy::rate_limit("settled.policy.dropped")
            .max(1000)
            .per(DAY * 1000)
            .cost(100)
            .settle(|item: &u32| u64::from(*item))
            .build()?
        >> policy::bulkhead("settled.policy.dropped").max(1).build()?
        >> policy::stream_timeout().first(Duration::from_secs(30)).idle(Duration::from_secs(20)).build()?;
    let mut charged = Vec::new();
    for polls in 1..20 {
        forget("settled.policy.dropped");
        let plan = Plan::new(["x", "!x", "~1 1 ~1 150 ~1 x"]);
        {
            let mut all = Box::pin(collected(through(&limited, Arc::clone(&plan))));
            for _ in 0..polls {
                if all.as_mut().now_or_never().is_some() {
                    break;
                }
                tokio::time::advance(Duration::from_millis(500)).await;
            }
        }
        assert_eq!(plan.alive(), 0, "{polls}");
        charged.push(used("settled.policy.dropped"));
        tokio::time::advance(DAY * 1000).await;
        assert_eq!(used("settled.policy.dropped"), 0, "{polls}");
    }
    charged.dedup();
    assert_eq!(charged, [300, 351]);
    Ok(())
}
