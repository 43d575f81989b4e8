//! Every form of return type, in functions, methods and traits.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::future::{BoxFuture, LocalBoxFuture};
use futures_util::stream::{BoxStream, LocalBoxStream};
use futures_util::{FutureExt, Stream};
use resilience::{circuit_breaker, retry, timeout};

use crate::plan::{Fault, Plan};
use crate::{Item, collected, send};

#[retry(max = 2, backoff = "none")]
fn as_impl(plan: Arc<Plan>) -> impl Stream<Item = Item> + Send {
    plan.stream()
}

#[retry(max = 2, backoff = "none")]
fn as_unpin(plan: Arc<Plan>) -> impl Stream<Item = Item> + Send + Unpin {
    plan.stream()
}

#[retry(max = 2, backoff = "none")]
fn as_box_stream(plan: Arc<Plan>) -> BoxStream<'static, Item> {
    Box::pin(plan.stream())
}

#[retry(max = 2, backoff = "none")]
fn as_local_box_stream(plan: Arc<Plan>) -> LocalBoxStream<'static, Item> {
    Box::pin(plan.stream())
}

#[retry(max = 2, backoff = "none")]
fn as_pinned(plan: Arc<Plan>) -> Pin<Box<dyn Stream<Item = Result<u32, Fault>> + Send>> {
    Box::pin(plan.stream())
}

#[retry(max = 2, backoff = "none")]
fn as_box(plan: Arc<Plan>) -> Box<dyn Stream<Item = Item> + Send + Unpin> {
    Box::new(plan.stream())
}

#[retry(max = 2, backoff = "none")]
fn as_impl_in_result(plan: Arc<Plan>) -> Result<impl Stream<Item = Item> + Send, Fault> {
    plan.open()
}

#[retry(max = 2, backoff = "none")]
fn as_box_stream_in_result(plan: Arc<Plan>) -> Result<BoxStream<'static, Item>, Fault> {
    Ok(Box::pin(plan.open()?))
}

#[retry(max = 2, backoff = "none")]
fn as_pinned_in_result(plan: Arc<Plan>) -> Result<Pin<Box<dyn Stream<Item = Item> + Send>>, Fault> {
    let stream = plan.open()?;
    Ok(Box::pin(stream))
}

#[retry(max = 2, backoff = "none")]
async fn later_as_impl(plan: &Plan) -> impl Stream<Item = Item> + Send + use<> {
    plan.stream()
}

#[retry(max = 2, backoff = "none")]
async fn later_as_box_stream(plan: &Plan) -> BoxStream<'static, Item> {
    Box::pin(plan.stream())
}

#[retry(max = 2, backoff = "none")]
async fn later_as_pinned(plan: &Plan) -> Pin<Box<dyn Stream<Item = Item> + Send>> {
    Box::pin(plan.stream())
}

#[retry(max = 2, backoff = "none")]
async fn later_as_impl_in_result(plan: &Plan) -> Result<impl Stream<Item = Item> + Send + use<>, Fault> {
    plan.open()
}

#[retry(max = 2, backoff = "none")]
async fn later_as_box_stream_in_result(plan: &Plan) -> Result<BoxStream<'static, Item>, Fault> {
    tokio::task::yield_now().await;
    Ok(Box::pin(plan.open()?))
}

#[retry(max = 2, backoff = "none")]
async fn later_as_pinned_in_result(plan: &Plan) -> Result<Pin<Box<dyn Stream<Item = Item> + Send>>, Fault> {
    Ok(Box::pin(plan.open()?))
}

type Answer<T> = Result<T, Fault>;

#[retry(max = 2, backoff = "none")]
async fn under_an_alias_of_the_result(plan: &Plan) -> Answer<BoxStream<'static, Answer<u32>>> {
    Ok(Box::pin(plan.open()?))
}

#[retry(max = 2, backoff = "none")]
fn as_a_future_of_a_stream(plan: &Plan) -> BoxFuture<'_, Result<BoxStream<'static, Item>, Fault>> {
    Box::pin(async move {
        let stream: BoxStream<'static, Item> = Box::pin(plan.open()?);
        Ok(stream)
    })
}

struct Client(Arc<Plan>);

impl Client {
    #[retry(max = 2, backoff = "none")]
    fn ask(&self) -> impl Stream<Item = Item> + Send {
        self.0.stream()
    }

    #[retry(max = 2, backoff = "none")]
    fn ask_boxed(&self) -> BoxStream<'_, Item> {
        Box::pin(self.0.stream())
    }

    #[retry(max = 2, backoff = "none")]
    async fn ask_later(&mut self, from: u32) -> Result<BoxStream<'static, Item>, Fault> {
        self.0.open().map(|stream| -> BoxStream<'static, Item> {
            Box::pin(futures_util::StreamExt::map(stream, move |item| item.map(|item| item + from)))
        })
    }

    #[retry(max = 2, backoff = "none")]
    fn consumed(self) -> BoxStream<'static, Item>
    where
        Self: Clone,
    {
        Box::pin(self.0.stream())
    }
}

impl Clone for Client {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

trait Ask {
    fn ask(&self) -> impl Stream<Item = Item> + Send;
    fn ask_boxed(&self) -> BoxStream<'_, Item>;
    fn ask_later(&self) -> impl Future<Output = Result<BoxStream<'static, Item>, Fault>> + Send;
}

struct Asker(Arc<Plan>);

impl Ask for Asker {
    #[retry(max = 2, backoff = "none")]
    fn ask(&self) -> impl Stream<Item = Item> + Send {
        self.0.stream()
    }

    #[retry(max = 2, backoff = "none")]
    fn ask_boxed(&self) -> BoxStream<'_, Item> {
        Box::pin(self.0.stream())
    }

    #[retry(max = 2, backoff = "none")]
    async fn ask_later(&self) -> Result<BoxStream<'static, Item>, Fault> {
        Ok(Box::pin(self.0.open()?))
    }
}

#[async_trait::async_trait]
trait AskAsync {
    async fn ask(&self) -> Result<BoxStream<'static, Item>, Fault>;
    fn ask_boxed(&self) -> BoxStream<'_, Item>;
}

#[async_trait::async_trait]
impl AskAsync for Asker {
    #[retry(max = 2, backoff = "none")]
    async fn ask(&self) -> Result<BoxStream<'static, Item>, Fault> {
        Ok(Box::pin(self.0.open()?))
    }

    #[retry(max = 2, backoff = "none")]
    fn ask_boxed(&self) -> BoxStream<'_, Item> {
        Box::pin(self.0.stream())
    }
}

async fn collected_if_open<S: Stream<Item = Item>>(opened: Result<S, Fault>) -> Vec<Item> {
    match opened {
        Ok(stream) => collected(stream).await,
        Err(fault) => vec![Err(fault)],
    }
}

type Form = fn(Arc<Plan>) -> LocalBoxFuture<'static, Vec<Item>>;

/// All forms, and whether they can fail when they open.
fn forms() -> Vec<(&'static str, bool, Form)> {
    vec![
        ("fn impl", false, |plan| collected(send(as_impl(plan))).boxed_local()),
        ("fn impl + Unpin", false, |plan| collected(send(as_unpin(plan))).boxed_local()),
        ("fn BoxStream", false, |plan| collected(as_box_stream(plan)).boxed_local()),
        ("fn LocalBoxStream", false, |plan| collected(as_local_box_stream(plan)).boxed_local()),
        ("fn Pin<Box>", false, |plan| collected(as_pinned(plan)).boxed_local()),
        ("fn Box", false, |plan| collected(as_box(plan)).boxed_local()),
        ("fn Result<impl>", true, |plan| collected_if_open(as_impl_in_result(plan).map(send)).boxed_local()),
        ("fn Result<BoxStream>", true, |plan| collected_if_open(as_box_stream_in_result(plan)).boxed_local()),
        ("fn Result<Pin<Box>>", true, |plan| collected_if_open(as_pinned_in_result(plan)).boxed_local()),
        ("async fn impl", false, |plan| {
            async move { collected(send(send(later_as_impl(&plan)).await)).await }.boxed_local()
        }),
        ("async fn BoxStream", false, |plan| {
            async move { collected(send(later_as_box_stream(&plan)).await).await }.boxed_local()
        }),
        ("async fn Pin<Box>", false, |plan| {
            async move { collected(send(later_as_pinned(&plan)).await).await }.boxed_local()
        }),
        ("async fn Result<impl>", true, |plan| {
            async move { collected_if_open(send(later_as_impl_in_result(&plan)).await.map(send)).await }.boxed_local()
        }),
        ("async fn Result<BoxStream>", true, |plan| {
            async move { collected_if_open(send(later_as_box_stream_in_result(&plan)).await).await }.boxed_local()
        }),
        ("async fn Result<Pin<Box>>", true, |plan| {
            async move { collected_if_open(send(later_as_pinned_in_result(&plan)).await).await }.boxed_local()
        }),
        ("async fn alias", true, |plan| {
            async move { collected_if_open(send(under_an_alias_of_the_result(&plan)).await).await }.boxed_local()
        }),
        ("future of a stream", true, |plan| {
            async move { collected_if_open(as_a_future_of_a_stream(&plan).await).await }.boxed_local()
        }),
        ("method impl", false, |plan| async move { collected(send(Client(plan).ask())).await }.boxed_local()),
        ("method BoxStream", false, |plan| async move { collected(Client(plan).ask_boxed()).await }.boxed_local()),
        ("method async", true, |plan| {
            async move { collected_if_open(send(Client(plan).ask_later(0)).await).await }.boxed_local()
        }),
        ("method by value", false, |plan| collected(Client(plan).consumed()).boxed_local()),
        ("trait impl", false, |plan| async move { collected(Ask::ask(&Asker(plan))).await }.boxed_local()),
        ("trait BoxStream", false, |plan| async move { collected(Ask::ask_boxed(&Asker(plan))).await }.boxed_local()),
        ("trait async", true, |plan| {
            async move { collected_if_open(Ask::ask_later(&Asker(plan)).await).await }.boxed_local()
        }),
        ("async_trait", true, |plan| {
            async move { collected_if_open(AskAsync::ask(&Asker(plan)).await).await }.boxed_local()
        }),
        ("async_trait BoxStream", false, |plan| {
            async move { collected(AskAsync::ask_boxed(&Asker(plan))).await }.boxed_local()
        }),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_retry_opens_the_stream_again_until_its_first_item_has_come() {
    for (form, _, ask) in forms() {
        let plan = Plan::new(["x", "~1 x", "1 2 3"]);
        assert_eq!(ask(Arc::clone(&plan)).await, [Ok(1), Ok(2), Ok(3)], "{form}");
        assert_eq!((plan.opened(), plan.alive()), (3, 0), "{form}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_after_the_first_item_is_the_users_and_not_retried() {
    for (form, _, ask) in forms() {
        let plan = Plan::new(["1 x", "2"]);
        assert_eq!(ask(Arc::clone(&plan)).await, [Ok(1), Err(Fault::down("x"))], "{form}");
        assert_eq!((plan.opened(), plan.alive()), (1, 0), "{form}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_empty_has_not_failed() {
    for (form, _, ask) in forms() {
        let plan = Plan::new([""]);
        assert_eq!(ask(Arc::clone(&plan)).await, [], "{form}");
        assert_eq!((plan.opened(), plan.alive()), (1, 0), "{form}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_error_before_the_first_item_is_returned_unchanged() {
    for (form, _, ask) in forms() {
        let plan = Plan::new(["x", "y", "z"]);
        assert_eq!(ask(Arc::clone(&plan)).await, [Err(Fault::down("z"))], "{form}");
        assert_eq!((plan.opened(), plan.alive()), (3, 0), "{form}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_fails_to_open_is_opened_again() {
    for (form, _, ask) in forms().into_iter().filter(|(_, may_fail, _)| *may_fail) {
        let plan = Plan::new(["!x", "y", "1 2"]);
        assert_eq!(ask(Arc::clone(&plan)).await, [Ok(1), Ok(2)], "{form}");
        let plan = Plan::new(["!x", "y", "!z"]);
        assert_eq!(ask(Arc::clone(&plan)).await, [Err(Fault::down("z"))], "{form}");
        assert_eq!((plan.opened(), plan.alive()), (3, 0), "{form}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_stays_where_the_function_has_put_it() {
    let opening = later_as_box_stream_in_result(&Plan::new(["x", "!y"])).await;
    assert_eq!(opening.err(), Some(Fault::down("y")), "the function has failed");
    let opening = later_as_box_stream_in_result(&Plan::new(["!x", "y"])).await;
    assert_eq!(collected(opening.expect("the item has failed")).await, [Err(Fault::down("y"))]);
}

/// The error of the function differs from that of the items.
#[retry(max = 2, backoff = "none")]
#[timeout(first = "5s")]
async fn with_two_errors(plan: &Plan) -> Result<BoxStream<'static, Item>, Refused> {
    match plan.open() {
        Ok(stream) => Ok(Box::pin(stream)),
        Err(_) => Err(Refused),
    }
}

#[derive(Debug, PartialEq)]
struct Refused;

impl From<Refused> for Fault {
    fn from(Refused: Refused) -> Self {
        Self::down("refused")
    }
}

#[tokio::test(start_paused = true)]
async fn a_function_with_another_error_than_its_items_fails_by_its_first_item() {
    let stream = with_two_errors(&Plan::new(["!x", "y", "1 2"])).await.expect("it opens");
    assert_eq!(collected(stream).await, [Ok(1), Ok(2)]);
    let stream = with_two_errors(&Plan::new(["!x"])).await.expect("its failure is an item");
    assert_eq!(collected(stream).await, [Err(Fault::down("refused"))]);
}

#[circuit_breaker(failure_threshold = 5)]
#[timeout(first = "5s")]
async fn two_layers(plan: &Plan) -> Result<BoxStream<'static, Item>, Fault> {
    Ok(Box::pin(plan.open()?))
}

#[tokio::test(start_paused = true)]
async fn nothing_runs_before_the_first_poll_of_a_plain_function() {
    let plan = Plan::new(["1"]);
    let stream = as_impl(Arc::clone(&plan));
    assert_eq!(plan.opened(), 0);
    assert_eq!(collected(stream).await, [Ok(1)]);
    assert_eq!(collected(two_layers(&plan).await.expect("it opens")).await, [Ok(1)]);
}
