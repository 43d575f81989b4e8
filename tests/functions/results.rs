//! What a function may return.

use std::error::Error;
use std::fmt::Display;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use resilience::{cached, circuit_breaker, retry, timeout};
use tokio::task::yield_now;

use crate::{Fault, Flaky, send};

type Own<T> = Result<T, Fault>;
type Fixed = Result<u32, Fault>;

#[retry(max = 3, backoff = "none")]
async fn coerced(flaky: &Flaky) -> Result<Box<dyn Display + Send>, Fault> {
    yield_now().await;
    if flaky.call()? > 5 {
        return Ok(Box::new("text"));
    }
    Ok(Box::new(3))
}

#[retry(max = 3, backoff = "none")]
fn coerced_sync(flaky: &Flaky) -> Result<Arc<dyn Display>, Box<dyn Error + Send + Sync>> {
    flaky.call()?;
    if flaky.calls() > 5 { Err("late".into()) } else { Ok(Arc::new(3)) }
}

#[timeout(secs = 1)]
#[circuit_breaker(allow(late_timeout))]
async fn coerced_slice(list: &[u32; 1]) -> Result<&[u32], Fault> {
    yield_now().await;
    Ok(list)
}

#[retry(max = 3, backoff = "none")]
async fn of_io(flaky: &Flaky) -> io::Result<u32> {
    yield_now().await;
    flaky.call().map_err(|_| io::Error::from(io::ErrorKind::ConnectionReset))
}

#[retry(max = 3, backoff = "none")]
#[timeout(secs = 1)]
async fn of_anyhow(flaky: &Flaky, text: String) -> anyhow::Result<u32> {
    yield_now().await;
    let call = flaky.call()?;
    anyhow::ensure!(call > 2, "too early: {call}");
    Ok(text.parse::<u32>()? + call)
}

#[retry(max = 3, backoff = "none")]
#[circuit_breaker(failure_threshold = 100)]
fn of_own(flaky: &Flaky) -> Own<()> {
    flaky.call()?;
    Ok(())
}

#[retry(max = 3, backoff = "none")]
#[timeout(secs = 1)]
async fn of_fixed(flaky: &Flaky) -> Fixed {
    yield_now().await;
    flaky.call()
}

#[retry(max = 3, backoff = "none")]
#[timeout(secs = 1)]
async fn of_option(flaky: &Flaky) -> Option<u32> {
    if flaky.call().is_err() {
        std::future::pending::<()>().await;
    }
    Some(flaky.calls())
}

#[retry(max = 3, backoff = "none")]
fn of_nested(flaky: &Flaky) -> Result<Option<Result<u32, ()>>, Fault> {
    flaky.call()?;
    Ok(Some(Err(())))
}

#[timeout(ms = 5)]
async fn late_as_boxed_error() -> Result<u32, Box<dyn Error + Send + Sync>> {
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok("3".parse()?)
}

#[timeout(ms = 5)]
async fn late_as_anyhow() -> anyhow::Result<()> {
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok(())
}

#[cached]
fn plain(text: &str) -> Arc<str> {
    text.into()
}

#[cached]
fn borrowed_for_ever(number: u32) -> Option<&'static str> {
    ["zero", "one"].get(number as usize).copied()
}

#[cached]
async fn plain_later(numbers: &[u8]) -> Vec<u8> {
    yield_now().await;
    numbers.to_vec()
}

#[allow(clippy::type_complexity, reason = "an alias would hide what is looked at")]
#[cached]
fn of_a_function(by: usize) -> Option<Arc<dyn Fn(&str) -> usize + Send + Sync>> {
    Some(Arc::new(move |text| text.len() * by))
}

#[cached]
async fn of_a_function_pointer(_number: u32) -> for<'a> fn(&'a str, &str) -> &'a str {
    yield_now().await;
    |one, _| one
}

#[timeout(secs = 9, mode = "thread")]
fn of_a_function_elsewhere(text: String, scale: fn(&str) -> usize) -> Result<usize, Fault> {
    Ok(scale(&text))
}

/// The borrows of arguments begin when the function is called.
#[tokio::test]
async fn a_function_that_takes_references_borrows_nothing() {
    assert_eq!(of_a_function(2).unwrap()("ab"), 4);
    assert_eq!(of_a_function_pointer(1).await("one", "other"), "one");
    assert_eq!(of_a_function_elsewhere("ab".to_owned(), str::len), Ok(2));
}

/// BUG-H9.
#[tokio::test(start_paused = true)]
async fn a_result_coerces_as_in_the_plain_function() {
    assert_eq!(send(coerced(&Flaky::failing(2))).await.unwrap().to_string(), "3");
    assert_eq!(coerced_sync(&Flaky::failing(2)).unwrap().to_string(), "3");
    assert_eq!(send(coerced_slice(&[1])).await.unwrap(), [1]);
}

/// BUG-H24.
#[tokio::test(start_paused = true)]
async fn an_alias_is_judged_by_the_type_it_names() {
    let flaky = || Flaky::failing(2);
    assert_eq!(send(of_io(&flaky())).await.unwrap(), 3);
    assert_eq!(send(of_anyhow(&flaky(), "4".into())).await.unwrap(), 7);
    assert!(of_own(&flaky()).is_ok());
    assert_eq!(send(of_fixed(&flaky())).await.unwrap(), 3);
    assert_eq!(of_nested(&flaky()).unwrap(), Some(Err(())));
    assert_eq!(send(of_option(&flaky())).await, Some(3), "a timed out attempt is a `None`");
}

#[tokio::test(start_paused = true)]
async fn common_error_types_can_hold_a_rejection() {
    let boxed = send(late_as_boxed_error()).await.unwrap_err();
    assert!(matches!(boxed.downcast_ref(), Some(resilience::Error::Timeout { .. })));
    let erased = send(late_as_anyhow()).await.unwrap_err();
    assert!(matches!(erased.downcast_ref(), Some(resilience::Error::Timeout { .. })));
}

#[tokio::test]
async fn a_plain_value_can_be_cached() {
    assert!(Arc::ptr_eq(&plain("a"), &plain("a")));
    assert_eq!(send(plain_later(&[1])).await, plain_later(&[1]).await);
    assert_eq!((borrowed_for_ever(1), borrowed_for_ever(2)), (Some("one"), None));
}
