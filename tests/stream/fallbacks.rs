//! Fallbacks of streams.

use std::sync::Arc;

use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt};
use resilience::{circuit_breaker, fallback, retry, timeout};

use crate::plan::{Fault, Plan};
use crate::{Item, collected, send};

fn small(_: Arc<Plan>) -> impl Stream<Item = Item> + Send {
    futures_util::stream::iter([Ok(70), Ok(71)])
}

#[fallback(small)]
fn answered(plan: Arc<Plan>) -> impl Stream<Item = Item> + Send {
    plan.stream()
}

async fn small_later(plan: &Plan) -> Result<BoxStream<'static, Item>, Fault> {
    if plan.opened() > 1 { Err(Fault::down("small")) } else { Ok(futures_util::stream::iter([Ok(80)]).boxed()) }
}

#[fallback(small_later, value = 90)]
#[retry(max = 1, backoff = "none")]
async fn answered_later(plan: &Plan) -> Result<BoxStream<'static, Item>, Fault> {
    Ok(Box::pin(plan.open()?))
}

#[fallback(value = 90)]
async fn with_a_value(plan: &Plan) -> Result<impl Stream<Item = Item> + Send + use<>, Fault> {
    plan.open()
}

#[fallback(|fault: Fault| futures_util::stream::iter([Ok(1), Err(fault)]).boxed())]
fn with_a_closure(plan: Arc<Plan>) -> BoxStream<'static, Item> {
    plan.stream().boxed()
}

#[fallback(small, value = 5, when = |fault: &Fault| *fault != Fault::down("no"))]
fn of_several(plan: Arc<Plan>) -> BoxStream<'static, Item> {
    plan.stream().boxed()
}

struct Client;

impl Client {
    fn canned(&self, _: &Plan) -> BoxStream<'static, Item> {
        futures_util::stream::iter([Ok(60)]).boxed()
    }

    #[fallback(self.canned)]
    fn ask<'a>(&'a self, plan: &'a Plan) -> BoxStream<'a, Item> {
        plan.stream().boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn a_fallback_is_a_stream_in_place_of_one_without_a_first_item() {
    assert_eq!(collected(send(answered(Plan::new(["x"])))).await, [Ok(70), Ok(71)]);
    assert_eq!(collected(answered(Plan::new(["1 2"]))).await, [Ok(1), Ok(2)]);
    assert_eq!(collected(answered(Plan::new([""]))).await, [], "an empty stream has not failed");
    assert_eq!(collected(Client.ask(&Plan::new(["x"]))).await, [Ok(60)]);
    assert_eq!(collected(with_a_closure(Plan::new(["x"]))).await, [Ok(1), Err(Fault::down("x"))]);
    assert_eq!(collected(of_several(Plan::new(["x"]))).await, [Ok(70), Ok(71)]);
    assert_eq!(collected(of_several(Plan::new(["no"]))).await, [Err(Fault::down("no"))]);
}

#[tokio::test(start_paused = true)]
async fn after_the_first_item_no_fallback_answers() {
    assert_eq!(collected(answered(Plan::new(["1 x"]))).await, [Ok(1), Err(Fault::down("x"))]);
    let stream = with_a_value(&Plan::new(["1 x"])).await.expect("it opens");
    assert_eq!(collected(stream).await, [Ok(1), Err(Fault::down("x"))]);
}

#[tokio::test(start_paused = true)]
async fn fallbacks_run_in_order_and_a_value_is_a_stream_of_one_item() {
    for (openings, answer) in [(["!x", "1"], 1), (["x", "x"], 90), (["x", "!x"], 90)] {
        let stream = answered_later(&Plan::new(openings)).await.expect("there is an answer");
        assert_eq!(collected(stream).await, [Ok(answer)], "{openings:?}");
    }
    let stream = with_a_value(&Plan::new(["!x"])).await.expect("there is an answer");
    assert_eq!(collected(send(stream)).await, [Ok(90)]);
}

#[fallback(value = 7)]
#[retry(max = 1, backoff = "none")]
#[circuit_breaker(name = "stream.fallback", failure_threshold = 2)]
#[timeout(first = "2s", idle = "1s")]
async fn whole_stack(plan: &Plan) -> Result<BoxStream<'static, Item>, Fault> {
    Ok(Box::pin(plan.open()?))
}

#[tokio::test(start_paused = true)]
async fn a_whole_stack_answers_until_the_first_item_and_guards_the_rest() {
    let stalls = Plan::new(["~3 1"]);
    assert_eq!(collected(whole_stack(&stalls).await.expect("there is an answer")).await, [Ok(7)]);
    assert_eq!(stalls.opened(), 2);
    let open = Plan::new(["1"]);
    assert_eq!(collected(whole_stack(&open).await.expect("there is an answer")).await, [Ok(7)]);
    assert_eq!(open.opened(), 0, "the breaker is open");
}
