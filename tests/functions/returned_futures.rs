//! Functions that return a future.

use std::pin::Pin;
use std::time::Duration;

use futures_util::future::{BoxFuture, LocalBoxFuture};
use resilience::{cached, circuit_breaker, fallback, retry, timeout};
use tokio::task::yield_now;

use crate::{Fault, Flaky, send};

type Answer = Result<String, Fault>;

#[retry(max = 3, backoff = "none")]
#[allow(clippy::manual_async_fn, reason = "the form is what is tested")]
fn as_impl(flaky: &Flaky, text: String) -> impl Future<Output = Answer> + Send {
    async move {
        yield_now().await;
        flaky.call()?;
        Ok(text)
    }
}

#[retry(max = 3, backoff = "none")]
fn as_impl_after_statements<T: AsRef<str> + Clone + Send + Sync>(
    flaky: &Flaky,
    text: T,
) -> impl Future<Output = Answer> + Send + use<'_, T> {
    let early = flaky.call();
    let text = text.as_ref().to_owned();
    async move {
        yield_now().await;
        early?;
        Ok(text)
    }
}

#[retry(max = 3, backoff = "none")]
fn as_box(flaky: &Flaky, text: String) -> Pin<Box<dyn Future<Output = Answer> + Send + '_>> {
    Box::pin(async move {
        yield_now().await;
        flaky.call()?;
        Ok(text)
    })
}

#[retry(max = 3, backoff = "none")]
fn as_box_future<'a>(flaky: &'a Flaky, text: &'a str) -> BoxFuture<'a, Answer> {
    let text = text.to_uppercase();
    Box::pin(async move {
        flaky.call()?;
        Ok(text)
    })
}

#[retry(max = 3, backoff = "none")]
fn as_local_box_future(flaky: std::rc::Rc<Flaky>) -> LocalBoxFuture<'static, Answer> {
    Box::pin(async move {
        yield_now().await;
        flaky.call().map(|call| call.to_string())
    })
}

fn push_later(sink: &mut Vec<u32>) -> BoxFuture<'_, Option<usize>> {
    Box::pin(async move {
        yield_now().await;
        sink.push(1);
        (sink.len() > 2).then_some(sink.len())
    })
}

#[timeout(secs = 1)]
fn lent_once(sink: &mut Vec<u32>) -> BoxFuture<'_, Option<usize>> {
    push_later(sink)
}

#[retry(max = 3, backoff = "none")]
fn lent_again(sink: &mut Vec<u32>) -> BoxFuture<'_, Option<usize>> {
    push_later(sink)
}

#[retry(max = 3, backoff = "none")]
fn lent_as_impl(sink: &mut Vec<u32>) -> impl Future<Output = Option<usize>> + Send {
    push_later(sink)
}

#[retry(max = 3, backoff = "none")]
fn as_unpin_box(flaky: &Flaky) -> Box<dyn Future<Output = Answer> + Send + Unpin + '_> {
    Box::new(Box::pin(async move {
        yield_now().await;
        flaky.call().map(|call| call.to_string())
    }))
}

#[timeout(ms = 50)]
fn slow() -> BoxFuture<'static, Answer> {
    Box::pin(async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        Ok(String::new())
    })
}

fn spare(_: &Flaky, text: String) -> BoxFuture<'_, Answer> {
    Box::pin(async move { Ok(format!("spare {text}")) })
}

#[cached(key = text)]
#[timeout(secs = 10)]
#[fallback(spare)]
#[retry(max = 2, backoff = "none")]
#[circuit_breaker(failure_threshold = 100)]
#[timeout(secs = 1)]
fn whole_stack(flaky: &Flaky, text: String) -> BoxFuture<'_, Answer> {
    Box::pin(async move {
        yield_now().await;
        flaky.call()?;
        Ok(text)
    })
}

struct Owner {
    sink: Vec<u32>,
}

impl Owner {
    #[retry(max = 3, backoff = "none")]
    fn by_mut(&mut self) -> BoxFuture<'_, Option<usize>> {
        push_later(&mut self.sink)
    }

    #[timeout(secs = 1)]
    fn by_mut_once(&mut self) -> Pin<Box<dyn Future<Output = Option<usize>> + Send + '_>> {
        push_later(&mut self.sink)
    }
}

#[tokio::test(start_paused = true)]
async fn a_function_may_return_its_future() {
    let flaky = || Flaky::failing(2);
    assert_eq!(send(as_impl(&flaky(), "a".into())).await.unwrap(), "a");
    assert_eq!(send(as_impl_after_statements(&flaky(), "a")).await.unwrap(), "a");
    assert_eq!(send(as_box(&flaky(), "a".into())).await.unwrap(), "a");
    assert_eq!(send(as_box_future(&flaky(), "a")).await.unwrap(), "A");
    assert_eq!(as_local_box_future(std::rc::Rc::new(flaky())).await.unwrap(), "3");
    assert_eq!(send(as_unpin_box(&flaky())).await.unwrap(), "3");
    assert!(send(slow()).await.unwrap_err().is_timeout());
    assert_eq!(send(whole_stack(&flaky(), "a".into())).await.unwrap(), "a");
    assert_eq!(whole_stack(&Flaky::failing(9), "b".into()).await.unwrap(), "spare b");
}

#[tokio::test(start_paused = true)]
async fn a_returned_future_may_borrow_exclusively() {
    assert_eq!(send(lent_once(&mut vec![0, 0])).await, Some(3));
    assert_eq!(send(lent_again(&mut Vec::new())).await, Some(3));
    assert_eq!(send(lent_as_impl(&mut Vec::new())).await, Some(3));
    let mut owner = Owner { sink: Vec::new() };
    assert_eq!(send(owner.by_mut()).await, Some(3));
    assert_eq!(send(owner.by_mut_once()).await, Some(4));
}

/// BUG-H18, BUG-C15.
#[tokio::test]
async fn limit_statements_in_front_of_a_returned_future_run_with_each_attempt_and_not_before_the_first_poll() {
    let flaky = Flaky::failing(2);
    let future = as_impl_after_statements(&flaky, "a");
    assert_eq!(flaky.calls(), 0);
    future.await.unwrap();
    assert_eq!(flaky.calls(), 3);
}
