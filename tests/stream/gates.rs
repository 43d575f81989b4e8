//! Circuit breakers, bulkheads and rate limits end with the stream.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::BoxStream;
use futures_util::{FutureExt, Stream, StreamExt};
use resilience::{
    Bulkhead, CircuitBreaker, Error, Policy, bulkhead, circuit_breaker, policy, rate_limit, retry, timeout,
};

use crate::plan::{Fault, Plan};
use crate::{Item, collected, send};

fn breaker(name: &str) -> resilience::Handle<CircuitBreaker> {
    CircuitBreaker::named(name).expect("the function has been called")
}

fn running(name: &str) -> u32 {
    Bulkhead::named(name).expect("the function has been called").snapshot().in_flight
}

#[circuit_breaker(name = "stream.counted", window = 100, failure_rate = 1.0, min_calls = 100)]
fn counted(plan: Arc<Plan>) -> impl Stream<Item = Item> + Send {
    plan.stream()
}

#[tokio::test(start_paused = true)]
async fn a_breaker_counts_a_stream_at_its_end_at_its_error_and_not_when_it_is_dropped() {
    let counts = || {
        let snapshot = breaker("stream.counted").snapshot();
        (snapshot.calls, snapshot.failures)
    };
    let mut ended = Box::pin(counted(Plan::new(["1 2"])));
    assert_eq!(ended.next().await, Some(Ok(1)));
    assert_eq!(counts(), (0, 0), "it has only begun");
    assert_eq!(ended.next().await, Some(Ok(2)));
    assert_eq!(ended.next().await, None);
    assert_eq!(counts(), (1, 0));

    let mut failed = Box::pin(counted(Plan::new(["1 x"])));
    assert_eq!(failed.next().await, Some(Ok(1)));
    assert_eq!(failed.next().await, Some(Err(Fault::down("x"))));
    assert_eq!(counts(), (2, 1));
    drop(failed);
    assert_eq!(counts(), (2, 1), "it counts once");

    let mut dropped = Box::pin(counted(Plan::new(["1 2"])));
    assert_eq!(dropped.next().await, Some(Ok(1)));
    drop(dropped);
    assert_eq!(counts(), (2, 1), "a dropped stream is abandoned");

    assert_eq!(collected(counted(Plan::new(["x"]))).await, [Err(Fault::down("x"))]);
    assert_eq!(counts(), (3, 2), "so is one that fails before its first item");
    assert_eq!(collected(counted(Plan::new([""]))).await, []);
    assert_eq!(counts(), (4, 2), "an empty one has succeeded");
}

#[circuit_breaker(name = "stream.opened", failure_threshold = 1, success_threshold = 1, recovery = "10s")]
async fn opened(plan: &Plan) -> Result<BoxStream<'static, Item>, Fault> {
    Ok(Box::pin(plan.open()?))
}

#[tokio::test(start_paused = true)]
async fn a_failure_in_the_middle_opens_the_breaker_and_a_stream_probes_it() {
    let failing = opened(&Plan::new(["1 x"])).await.expect("it opens");
    assert_eq!(collected(failing).await, [Ok(1), Err(Fault::down("x"))]);
    let plan = Plan::new(["1 ~60 2"]);
    let rejected = opened(&plan).await.err();
    assert!(matches!(rejected, Some(Fault::Resilience(Error::CircuitOpen { .. }))), "{rejected:?}");
    assert_eq!(plan.opened(), 0);

    tokio::time::sleep(Duration::from_secs(11)).await;
    let probe = opened(&plan).await.expect("it is the probe");
    assert_eq!(breaker("stream.opened").snapshot().probes, 1);
    assert!(opened(&plan).await.is_err(), "the stream is still the probe");
    drop(probe);
    assert_eq!(breaker("stream.opened").snapshot().probes, 0, "a dropped probe gives its place back");
    let probe = opened(&plan).await.expect("it is the probe");
    assert_eq!(collected(probe).await, [Ok(1), Ok(2)]);
    assert_eq!(breaker("stream.opened").snapshot().state, resilience::BreakerState::Closed);
}

#[circuit_breaker(name = "stream.recursive", failure_threshold = 1, success_threshold = 1, recovery = "10s")]
fn recursive(depth: u32) -> BoxStream<'static, Item> {
    if depth == 0 {
        return futures_util::stream::once(async { Err(Fault::down("x")) }).boxed();
    }
    if depth == 1 {
        return futures_util::stream::iter([Ok(1)]).boxed();
    }
    // What the stream calls is a part of its probe, at each poll.
    let inner = futures_util::stream::once(async move { recursive(depth - 1).next().await.unwrap_or(Ok(0)) });
    futures_util::stream::iter([Ok(depth)]).chain(inner).boxed()
}

#[tokio::test(start_paused = true)]
async fn what_a_stream_calls_while_it_holds_a_probe_passes_the_breaker() {
    assert_eq!(collected(recursive(0)).await, [Err(Fault::down("x"))]);
    tokio::time::sleep(Duration::from_secs(11)).await;
    let mut probe = recursive(2);
    assert_eq!(probe.next().await, Some(Ok(2)));
    let outside = recursive(1).next().await;
    assert!(
        matches!(outside, Some(Err(Fault::Resilience(Error::CircuitOpen { .. })))),
        "between two polls: {outside:?}"
    );
    assert_eq!(probe.next().await, Some(Ok(1)));
    assert_eq!(probe.next().await, None);
    assert_eq!(breaker("stream.recursive").snapshot().state, resilience::BreakerState::Closed);
}

#[bulkhead(name = "stream.places", max = 1)]
async fn placed(plan: &Plan) -> Result<BoxStream<'static, Item>, Fault> {
    Ok(Box::pin(plan.open()?))
}

#[bulkhead(name = "stream.places_of_keys", key = user, max = 1)]
fn placed_by_key(user: u32, plan: Arc<Plan>) -> impl Stream<Item = Item> + Send {
    plan.stream()
}

#[circuit_breaker(key = user, failure_threshold = 1)]
async fn broken_by_key(user: u32, plan: &Plan) -> Result<impl Stream<Item = Item> + Send + use<>, Fault> {
    plan.open()
}

#[tokio::test(start_paused = true)]
async fn a_place_is_free_when_the_stream_has_ended_failed_or_gone() {
    let is_full = |fault: Option<Fault>| matches!(fault, Some(Fault::Resilience(Error::BulkheadFull { .. })));
    for (words, items) in [("1 2", 2), ("1 x", 2)] {
        let mut stream = placed(&Plan::new([words])).await.expect("there is room");
        for _ in 0..items {
            assert_eq!(running("stream.places"), 1, "{words}");
            assert!(is_full(placed(&Plan::new(["1"])).await.err()), "{words}");
            assert!(stream.next().await.is_some(), "{words}");
        }
        if words == "1 2" {
            assert_eq!(stream.next().await, None);
        }
        assert_eq!(running("stream.places"), 0, "{words}: the stream is over, and still in hand");
        drop(stream);
        assert_eq!(running("stream.places"), 0, "{words}");
    }
    let dropped = placed(&Plan::new(["1 2"])).await.expect("there is room");
    drop(dropped);
    assert_eq!(running("stream.places"), 0);
    assert!(placed(&Plan::new(["!x"])).await.is_err());
    assert_eq!(running("stream.places"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_gate_with_a_key_lives_as_long_as_the_stream() {
    let mut one = Box::pin(send(placed_by_key(1, Plan::new(["1 2"]))));
    assert_eq!(one.next().await, Some(Ok(1)));
    let full = collected(placed_by_key(1, Plan::new(["1"]))).await;
    assert!(matches!(full[..], [Err(Fault::Resilience(Error::BulkheadFull { .. }))]), "{full:?}");
    assert_eq!(collected(placed_by_key(2, Plan::new(["1"]))).await, [Ok(1)]);
    assert_eq!(one.next().await, Some(Ok(2)));
    assert_eq!(one.next().await, None);
    assert_eq!(collected(placed_by_key(1, Plan::new(["1"]))).await, [Ok(1)]);

    let failing = send(broken_by_key(1, &Plan::new(["1 x"])).await.expect("it opens"));
    assert_eq!(collected(failing).await, [Ok(1), Err(Fault::down("x"))]);
    assert!(broken_by_key(1, &Plan::new(["1"])).await.is_err());
    assert!(broken_by_key(2, &Plan::new(["1"])).await.is_ok());
}

#[retry(max = 3, backoff = "none")]
#[circuit_breaker(name = "stream.dropped.breaker", failure_threshold = 1000)]
#[bulkhead(name = "stream.dropped.places", max = 1)]
#[rate_limit(name = "stream.dropped.rate", max = 1000, wait = "1s")]
#[timeout(first = "30s", idle = "20s", secs = 50)]
async fn dropped_anywhere(plan: &Plan) -> Result<impl Stream<Item = Item> + Send + use<>, Fault> {
    tokio::task::yield_now().await;
    plan.open()
}

#[tokio::test(start_paused = true)]
async fn a_stream_dropped_at_any_poll_leaves_nothing_behind() {
    for polls in 0..30 {
        let plan = Plan::new(["x", "!x", "~1 1 ~1 2 ~1 x"]);
        let mut left = polls;
        {
            let mut call = Box::pin(async {
                match dropped_anywhere(&plan).await {
                    Ok(stream) => collected(stream).await,
                    Err(fault) => vec![Err(fault)],
                }
            });
            while left > 0 {
                left -= 1;
                if call.as_mut().now_or_never().is_some() {
                    break;
                }
                tokio::time::advance(Duration::from_millis(500)).await;
            }
        }
        assert_eq!(plan.alive(), 0, "{polls}");
        if polls > 0 {
            assert_eq!(running("stream.dropped.places"), 0, "{polls}");
        }
        assert_eq!(resilience::remaining(), None, "{polls}");
        assert_eq!(resilience::attempt(), 1, "{polls}");
    }
}

#[rate_limit(name = "stream.rate", max = 1, per = "1h")]
fn limited(plan: Arc<Plan>) -> impl Stream<Item = Item> + Send {
    plan.stream()
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_admits_the_opening() {
    assert_eq!(collected(limited(Plan::new(["1 2 3"]))).await, [Ok(1), Ok(2), Ok(3)]);
    let rejected = collected(limited(Plan::new(["1"]))).await;
    assert!(matches!(rejected[..], [Err(Fault::Resilience(Error::RateLimited { .. }))]), "{rejected:?}");
}

fn timed(name: &str) -> (u64, u64, u64) {
    let snapshot = breaker(name).snapshot();
    (snapshot.calls, snapshot.failures, snapshot.slow_calls)
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_slow_if_its_first_item_comes_late() {
    #[circuit_breaker(name = "stream.slow", window = 100, failure_rate = 1, slow_call = "5s", slow_rate = 1)]
    async fn call(plan: &Plan) -> Result<impl Stream<Item = Item> + Send + use<>, Fault> {
        plan.open()
    }
    #[circuit_breaker(name = "stream.slow.lazy", window = 100, failure_rate = 1, slow_call = "5s", slow_rate = 1)]
    fn lazy(plan: Arc<Plan>) -> BoxStream<'static, Item> {
        Box::pin(plan.stream())
    }
    let policy: Policy<u32, Fault> = Policy::new()
        >> policy::circuit_breaker("stream.slow.policy")
            .window(100)
            .failure_rate(1.0)
            .slow_call(Duration::from_secs(5))
            .slow_rate(1.0)
            .build()
            .expect("it is valid");

    let mut counts = (0, 0, 0);
    for (words, failed, slow) in [
        ("~4 1 ~60 2", 0, 0),
        ("~6 1 2", 0, 1),
        ("~4 1 ~60 x", 1, 0),
        ("~6 1 x", 1, 1),
        ("~6 x", 1, 1),
        ("~6", 0, 1),
        ("~4", 0, 0),
        ("1", 0, 0),
    ] {
        if let Ok(stream) = call(&Plan::new([words])).await {
            tokio::time::sleep(Duration::from_secs(100)).await;
            collected(stream).await;
        }
        collected(lazy(Plan::new([words]))).await;
        let plan = Plan::new([words]);
        collected(policy.call_stream(|| std::future::ready(plan.open()))).await;
        counts = (counts.0 + 1, counts.1 + failed, counts.2 + slow);
        for name in ["stream.slow", "stream.slow.lazy", "stream.slow.policy"] {
            assert_eq!(timed(name), counts, "{name}: {words}");
        }
    }
    for words in ["~4 1 ~60 2", "~6 1 ~60 2"] {
        drop(call(&Plan::new([words])).await.expect("it opens"));
        let plan = Plan::new([words]);
        let mut stream = Box::pin(policy.call_stream(|| std::future::ready(plan.open())));
        assert_eq!(stream.next().await, Some(Ok(1)));
        drop(stream);
    }
    assert_eq!((timed("stream.slow"), timed("stream.slow.policy")), (counts, counts), "a dropped one is abandoned");
}

#[tokio::test(start_paused = true)]
async fn a_breaker_of_a_key_times_its_streams_too() {
    #[circuit_breaker(key = user, window = 4, failure_rate = 1, min_calls = 2, slow_call = "5s", slow_rate = 1)]
    async fn call(user: u32, plan: &Plan) -> Result<impl Stream<Item = Item> + Send + use<>, Fault> {
        plan.open()
    }
    for (user, words) in [(1, "~4 1 ~60 2"), (2, "~6 1 2")] {
        for _ in 0..2 {
            let stream = call(user, &Plan::new([words])).await.expect("it opens");
            assert_eq!(collected(stream).await.len(), 2);
        }
    }
    assert!(call(1, &Plan::new(["1"])).await.is_ok());
    assert!(call(2, &Plan::new(["1"])).await.is_err(), "two slow ones of two");
}

#[tokio::test(start_paused = true)]
async fn a_failure_in_the_middle_says_for_how_long_the_breaker_stays_open() {
    #[circuit_breaker(name = "stream.hinted", failure_threshold = 1, recovery = "5s", retry_after = hint)]
    async fn call(plan: &Plan) -> Result<impl Stream<Item = Item> + Send + use<>, Fault> {
        plan.open()
    }
    fn hint(fault: &Fault) -> Option<Duration> {
        matches!(fault, Fault::Down(word) if word == "busy").then_some(Duration::from_secs(30))
    }
    let stream = call(&Plan::new(["1 busy"])).await.expect("it opens");
    assert_eq!(collected(stream).await.len(), 2);
    let left = breaker("stream.hinted").snapshot().retry_after;
    assert_eq!(left, Some(Duration::from_secs(30)));
}
