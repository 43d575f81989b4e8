//! Lifetimes, generic parameters and bounds.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::{Debug, Display};
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilience::{Category, Classify, cached, circuit_breaker, retry, timeout};
use tokio::task::yield_now;

use crate::{Fault, Flaky, send};

#[retry(max = 3, backoff = "none")]
#[timeout(secs = 1)]
async fn everything<'a, 'b: 'a, T, const N: usize>(
    flaky: &Flaky,
    text: T,
    tail: &'a [u8; N],
    other: &'b str,
) -> Result<(String, &'a [u8], &'b str), Fault>
where
    T: AsRef<str> + Clone + Send + Sync + 'a,
{
    yield_now().await;
    flaky.call()?;
    Ok((text.as_ref().to_owned(), &tail[..], other))
}

#[retry(max = 3, backoff = "none")]
fn elided<'a>(flaky: &Flaky, pages: &'a [String], index: usize) -> Result<&'a str, Fault> {
    flaky.call()?;
    pages.get(index).map(String::as_str).ok_or(Fault::Down)
}

#[retry(max = 3, backoff = "none")]
async fn only_in_the_result<T: FromStr>(flaky: &Flaky) -> Result<T, T::Err>
where
    T::Err: From<Fault>,
{
    yield_now().await;
    flaky.call()?;
    "7".parse()
}

#[retry(max = N, backoff = "none")]
fn as_often_as<const N: u32>(flaky: &Flaky) -> Result<u32, Fault> {
    flaky.call()
}

trait Limits {
    const RETRIES: u32;
}

#[retry(max = T::RETRIES, backoff = "none")]
async fn as_often_as_its<T: Limits>(flaky: &Flaky) -> Result<u32, Fault> {
    yield_now().await;
    flaky.call()
}

struct Twice;

impl Limits for Twice {
    const RETRIES: u32 = 2;
}

#[retry(max = 3, backoff = "none")]
async fn impl_trait(
    flaky: &Flaky,
    convert: impl Fn(u32) -> u32 + Clone + Send + Sync,
    items: impl IntoIterator<Item = u32> + Clone + Send,
) -> Result<impl Display, Fault> {
    let sum: u32 = items.into_iter().map(convert).sum();
    yield_now().await;
    flaky.call()?;
    Ok(sum)
}

#[retry(max = 3, backoff = "none")]
fn returns_a_function(flaky: &Flaky, by: u32) -> Result<impl Fn(u32) -> Result<u32, String> + use<>, Fault> {
    flaky.call()?;
    Ok(move |x: u32| x.checked_sub(by).ok_or_else(|| "too small".to_owned()))
}

#[retry(max = 3, backoff = "none")]
fn returns_a_borrowing_function(flaky: &Flaky) -> Result<impl for<'x> Fn(&'x str) -> &'x str + use<>, Fault> {
    flaky.call()?;
    Ok(str::trim)
}

#[retry(max = 3, backoff = "none")]
async fn returns_two(flaky: &Flaky) -> Result<(impl Debug, impl Iterator<Item = impl Debug>), Fault> {
    yield_now().await;
    flaky.call()?;
    Ok((1, [2, 3].into_iter()))
}

#[retry(max = 3, backoff = "none")]
async fn by_exclusive_impl(flaky: &Flaky, next: &mut impl Iterator<Item = u32>) -> Result<u32, Fault> {
    let value = next.next().ok_or(Fault::Down)?;
    yield_now().await;
    flaky.call()?;
    Ok(value)
}

#[retry(max = 3, backoff = "none")]
async fn by_dyn(flaky: &Flaky, each: &mut (dyn FnMut() + Send), map: &(dyn Fn(u32) -> u32 + Sync)) -> Option<u32> {
    each();
    yield_now().await;
    flaky.call().ok().map(map)
}

#[allow(clippy::future_not_send, reason = "nothing is said about the closure's future")]
#[retry(max = 3, backoff = "none")]
async fn by_async_closure(call: &impl AsyncFn() -> Result<u32, Fault>) -> Result<u32, Fault> {
    call().await
}

#[allow(clippy::future_not_send, reason = "nothing is said about the closure's future")]
#[retry(max = 3, backoff = "none")]
async fn by_async_closure_value(call: impl AsyncFn() -> Result<u32, Fault> + Clone) -> Result<u32, Fault> {
    call().await
}

#[cached]
fn kept_per_type<T: Default + Clone + Debug + Send + Sync + 'static>(calls: &'static str) -> (T, u32) {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    assert_eq!(calls, "k");
    (T::default(), CALLS.fetch_add(1, SeqCst))
}

#[circuit_breaker]
fn maps<K: std::hash::Hash + Eq, V: Clone>(map: &HashMap<K, V>, key: &K) -> Option<V> {
    map.get(key).cloned()
}

#[timeout(secs = 1)]
async fn cow<'a>(text: Cow<'a, str>) -> Result<Cow<'a, str>, Fault> {
    yield_now().await;
    Ok(text)
}

/// BUG-H6, BUG-H7, BUG-H8.
#[tokio::test(start_paused = true)]
async fn lifetimes_and_generics_of_every_kind_are_kept() {
    let flaky = || Flaky::failing(2);
    assert_eq!(send(everything(&flaky(), "t", b"ab", "o")).await.unwrap(), ("t".into(), &b"ab"[..], "o"));
    assert_eq!(elided(&flaky(), &["p".into()], 0).unwrap(), "p");
    let counted = flaky();
    assert_eq!(impl_trait(&counted, |x| x * 2, vec![1, 2]).await.unwrap().to_string(), "6");
    assert_eq!(returns_a_function(&flaky(), 3).unwrap()(5), Ok(2));
    let counted = flaky();
    let (first, rest) = send(returns_two(&counted)).await.unwrap();
    assert_eq!(format!("{first:?}{:?}", rest.collect::<Vec<_>>()), "1[2, 3]");
    assert_eq!(maps(&HashMap::from([(1, 2)]), &1), Some(2));
    assert_eq!(send(cow("c".into())).await.unwrap(), "c");
}

/// A closure cannot return `impl Trait`, so it is inferred for a single lifetime.
#[test]
fn limit_a_returned_function_that_holds_for_every_lifetime_is_a_named_one() {
    assert_eq!(returns_a_borrowing_function(&Flaky::failing(2)).unwrap()(" a "), "a");
}

/// BUG-H6.
#[tokio::test]
async fn a_generic_may_appear_only_in_the_result() {
    #[derive(Debug, PartialEq)]
    struct Seven;
    impl FromStr for Seven {
        type Err = Fault;
        fn from_str(text: &str) -> Result<Self, Fault> {
            if text == "7" { Ok(Self) } else { Err(Fault::Down) }
        }
    }
    assert_eq!(send(only_in_the_result::<Seven>(&Flaky::failing(2))).await, Ok(Seven));
}

#[tokio::test]
async fn a_value_may_depend_on_a_generic() {
    assert_eq!(as_often_as::<1>(&Flaky::failing(9)), Err(Fault::Down));
    assert_eq!(as_often_as::<1>(&Flaky::failing(1)), Ok(2));
    assert_eq!(as_often_as::<9>(&Flaky::failing(9)), Ok(10));
    let flaky = Flaky::failing(9);
    assert_eq!(as_often_as_its::<Twice>(&flaky).await, Err(Fault::Down));
    assert_eq!(flaky.calls(), 3);
}

#[tokio::test]
async fn mutable_references_of_any_type_are_reborrowed_for_each_attempt() {
    assert_eq!(by_exclusive_impl(&Flaky::failing(2), &mut [4, 5, 6].into_iter()).await.unwrap(), 6);
    let mut times = 0;
    assert_eq!(send(by_dyn(&Flaky::failing(2), &mut || times += 1, &|call| call * 2)).await, Some(6));
    assert_eq!(times, 3);
}

#[tokio::test]
async fn an_asynchronous_closure_is_an_argument_like_any_other() {
    let flaky = Flaky::failing(2);
    let call = async || {
        yield_now().await;
        flaky.call()
    };
    assert_eq!(by_async_closure(&call).await, Ok(3));
    assert_eq!(by_async_closure_value(call).await, Ok(4));
}

#[test]
fn a_generic_function_is_cached_per_type() {
    assert_eq!((kept_per_type::<u8>("k"), kept_per_type::<u8>("k")), ((0, 0), (0, 0)));
    assert_eq!(kept_per_type::<String>("k"), (String::new(), 1));
}

struct Permanent;

impl Classify for Permanent {
    fn category(&self) -> Category {
        Category::Permanent
    }
}

#[retry(max = 3, backoff = "none")]
fn with_the_bound<E: Classify>(calls: &AtomicU32, error: impl Fn() -> E + Clone) -> Result<u32, E> {
    calls.fetch_add(1, SeqCst);
    Err(error())
}

#[retry(max = 3, backoff = "none")]
fn without_the_bound<E>(calls: &AtomicU32, error: impl Fn() -> E + Clone) -> Result<u32, E> {
    calls.fetch_add(1, SeqCst);
    Err(error())
}

#[test]
fn limit_the_class_of_a_generic_error_is_seen_only_through_a_written_bound() {
    let (with, without) = (AtomicU32::new(0), AtomicU32::new(0));
    assert!(with_the_bound(&with, || Permanent).is_err());
    assert!(without_the_bound(&without, || Permanent).is_err());
    assert_eq!((with.into_inner(), without.into_inner()), (1, 4));
}
