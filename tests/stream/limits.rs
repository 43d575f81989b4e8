//! The limits of a stream: `first`, `idle` and the whole.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt};
use resilience::{Error, circuit_breaker, retry, timeout};
use tokio::time::Instant;

use crate::plan::{Fault, Plan};
use crate::{Item, collected, send};

fn timed_out(limit: u64) -> Item {
    let limit = Duration::from_secs(limit);
    Err(Fault::Resilience(Error::Timeout { limit, elapsed: limit }))
}

#[timeout(first = "60s", idle = "20s", secs = 600)]
fn limited(plan: Arc<Plan>) -> impl Stream<Item = Item> + Send {
    plan.stream()
}

#[timeout(first = "60s", idle = "20s", secs = 600)]
async fn limited_later(plan: &Plan) -> Result<BoxStream<'static, Item>, Fault> {
    Ok(Box::pin(plan.open()?))
}

#[tokio::test(start_paused = true)]
async fn the_first_item_has_a_limit_of_its_own() {
    let start = Instant::now();
    assert_eq!(collected(send(limited(Plan::new(["~59 1"])))).await, [Ok(1)]);
    assert_eq!(collected(limited(Plan::new(["~61 1"]))).await, [timed_out(60)]);
    assert_eq!(start.elapsed(), Duration::from_secs(59 + 60));
    let late = limited_later(&Plan::new(["~61 1"])).await;
    assert_eq!(late.err(), timed_out(60).err(), "the function has not returned yet");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_stalls_between_two_items_ends_by_its_idle_limit() {
    let (start, plan) = (Instant::now(), Plan::new(["~30 1 ~19 2 ~21 3"]));
    assert_eq!(collected(limited(Arc::clone(&plan))).await, [Ok(1), Ok(2), timed_out(20)]);
    assert_eq!(start.elapsed(), Duration::from_secs(30 + 19 + 20));
    assert_eq!(plan.alive(), 0);
    let stalled = limited_later(&plan).await.expect("it opens");
    assert_eq!(collected(stalled).await, [Ok(1), Ok(2), timed_out(20)]);
}

#[tokio::test(start_paused = true)]
async fn the_whole_stream_has_a_limit() {
    let whole = "1 ~15 ".repeat(100);
    let plan = Plan::new([&*whole.leak()]);
    let start = Instant::now();
    let items = collected(limited(Arc::clone(&plan))).await;
    assert_eq!(start.elapsed(), Duration::from_secs(600));
    assert_eq!((items.len(), items.last()), (41, Some(&timed_out(600))));
    assert_eq!(plan.alive(), 0);
}

/// Something wakes the task all the time, as the pings of HTTP/2 do.
fn pings() -> impl Stream<Item = Item> + Send {
    let mut beat = tokio::time::interval(Duration::from_secs(1));
    let mut first = true;
    futures_util::stream::poll_fn(move |cx| {
        if std::mem::take(&mut first) {
            return std::task::Poll::Ready(Some(Ok(1)));
        }
        while beat.poll_tick(cx).is_ready() {}
        std::task::Poll::Pending
    })
}

#[timeout(idle = "20s")]
fn pinged() -> impl Stream<Item = Item> + Send {
    pings()
}

#[tokio::test(start_paused = true)]
async fn nothing_but_an_item_renews_the_idle_limit() {
    let start = Instant::now();
    assert_eq!(collected(pinged()).await, [Ok(1), timed_out(20)]);
    assert_eq!(start.elapsed(), Duration::from_secs(20));
}

#[timeout(idle = "20s")]
fn idle_only(plan: Arc<Plan>) -> BoxStream<'static, Item> {
    Box::pin(plan.stream())
}

#[timeout(first = "5s")]
async fn first_only(plan: &Plan) -> Result<impl Stream<Item = Item> + Send + use<>, Fault> {
    tokio::time::sleep(Duration::from_secs(2)).await;
    plan.open()
}

#[timeout(secs = 30)]
fn whole_only(plan: Arc<Plan>) -> BoxStream<'static, Item> {
    Box::pin(plan.stream())
}

#[tokio::test(start_paused = true)]
async fn each_limit_works_alone() {
    assert_eq!(collected(idle_only(Plan::new(["~500 1 ~19 2 ~21 3"]))).await, [Ok(1), Ok(2), timed_out(20)]);
    let opened = first_only(&Plan::new(["~2 1 ~500 2"])).await.expect("it opens");
    assert_eq!(collected(opened).await, [Ok(1), Ok(2)]);
    assert_eq!(first_only(&Plan::new(["~4 1"])).await.err(), timed_out(5).err(), "the opening is a part of it");
    assert_eq!(collected(whole_only(Plan::new(["~29 1 ~29 2"]))).await, [Ok(1), timed_out(30)]);
    assert_eq!(collected(whole_only(Plan::new(["~31 1"]))).await, [timed_out(30)]);
}

#[tokio::test(start_paused = true)]
async fn the_time_of_the_consumer_is_not_idle() {
    let mut stream = idle_only(Plan::new(["1 ~1 2 3"]));
    for item in 1..=3 {
        assert_eq!(stream.next().await, Some(Ok(item)));
        tokio::time::sleep(Duration::from_secs(100)).await;
    }
    assert_eq!(stream.next().await, None);
    let mut stream = whole_only(Plan::new(["1 2"]));
    assert_eq!(stream.next().await, Some(Ok(1)));
    tokio::time::sleep(Duration::from_secs(100)).await;
    let over = stream.next().await;
    assert!(matches!(over, Some(Err(Fault::Resilience(Error::Timeout { .. })))), "the whole is over: {over:?}");
    assert_eq!(stream.next().await, None);
}

#[derive(Debug, PartialEq)]
struct Foreign(String);

impl Foreign {
    fn new(error: Error) -> Self {
        Self(error.to_string())
    }
}

#[timeout(first = "2s", idle = "1s", map_err = Foreign::new)]
async fn mapped(plan: &Plan) -> Result<impl Stream<Item = Result<u32, Foreign>> + Send + use<>, Foreign> {
    let stream = plan.open().map_err(|_| Foreign("open".to_owned()))?;
    Ok(stream.map(|item| item.map_err(|_| Foreign("item".to_owned()))))
}

#[tokio::test(start_paused = true)]
async fn the_errors_of_the_limits_are_made_by_map_err() {
    let mut stream = mapped(&Plan::new(["1 ~2 2"])).await.expect("it opens");
    assert_eq!(stream.next().await, Some(Ok(1)));
    assert_eq!(stream.next().await, Some(Err(Foreign("timed out after 1s".to_owned()))));
    assert_eq!(stream.next().await, None);
    assert_eq!(mapped(&Plan::new(["~3 1"])).await.err(), Some(Foreign("timed out after 2s".to_owned())));
}

#[retry(max = 2, backoff = "none")]
#[circuit_breaker(name = "stream.stalls", failure_threshold = 3)]
#[timeout(first = "10s", idle = "5s")]
async fn retried(plan: &Plan) -> Result<BoxStream<'static, Item>, Fault> {
    Ok(Box::pin(plan.open()?))
}

#[tokio::test(start_paused = true)]
async fn a_late_first_item_is_retried_and_a_late_item_counts_for_the_breaker() {
    let plan = Plan::new(["~11 1", "1 ~6 2"]);
    let stream = retried(&plan).await.expect("the second one opens");
    assert_eq!(collected(stream).await, [Ok(1), timed_out(5)]);
    assert_eq!(plan.opened(), 2);
    let breaker = resilience::CircuitBreaker::named("stream.stalls").expect("it has been called");
    assert_eq!(breaker.snapshot().consecutive_failures, 2);
}

#[timeout(secs = 30)]
async fn around() -> Result<Vec<Option<Duration>>, Error> {
    let mut stream = inside(Duration::from_secs(1));
    let mut seen = Vec::new();
    while let Some(left) = stream.next().await {
        seen.push(left.ok());
    }
    Ok(seen)
}

#[timeout(first = "8s", idle = "5s", secs = 20)]
fn inside(pause: Duration) -> BoxStream<'static, Result<Duration, Error>> {
    let left = move |_| async move {
        tokio::time::sleep(pause).await;
        Ok(resilience::remaining().unwrap_or(Duration::MAX))
    };
    futures_util::stream::iter(0..3).then(left).boxed()
}

#[tokio::test(start_paused = true)]
async fn the_code_of_a_stream_sees_the_nearest_limit() {
    let seen: Vec<u64> = around().await.expect("in time").into_iter().flatten().map(|left| left.as_secs()).collect();
    assert_eq!(seen, [7, 4, 4]);
}
