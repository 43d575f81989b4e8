//! Patterns, ignored and mutable arguments, `#[cfg]` and lint levels on them.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use resilience::{cached, circuit_breaker, fallback, retry, timeout};
use tokio::task::yield_now;

use crate::{Fault, Flaky, send};

#[derive(Clone)]
struct Point {
    x: u32,
    names: Vec<String>,
    rest: u8,
}

#[retry(max = 3, backoff = "none")]
#[allow(clippy::too_many_arguments, reason = "one of each kind")]
fn patterns_sync(
    flaky: &Flaky,
    (label, (mut numbers, _)): (String, (Vec<u32>, u8)),
    Point { x, mut names, .. }: Point,
    [first, .., last]: [u32; 3],
    &[shift, ..]: &[u32; 3],
    &mut ref mut sink: &mut Vec<u32>,
    whole @ (_, inner): (u8, u8),
    ref tail: String,
) -> Result<(String, u32), Fault> {
    numbers.push(x);
    names.push(label);
    sink.push(shift);
    flaky.call()?;
    let sum = numbers.iter().sum::<u32>() + first + last + shift + u32::from(whole.0 + inner);
    Ok((names.join("") + tail, sum))
}

#[retry(max = 3, backoff = "none")]
#[timeout(secs = 1)]
async fn patterns(
    flaky: &Flaky,
    (label, (mut numbers, _)): (String, (Vec<u32>, u8)),
    Point { x, mut names, rest: _ }: Point,
    [first, .., last]: [u32; 3],
    &[shift, ..]: &[u32; 3],
    mut sink: &mut Vec<u32>,
    whole @ (_, inner): (u8, u8),
) -> Result<(String, u32), Fault> {
    let mut other = Vec::new();
    numbers.push(x);
    names.push(label);
    sink.push(shift);
    yield_now().await;
    sink = &mut other;
    sink.push(shift);
    flaky.call()?;
    Ok((names.join(""), numbers.iter().sum::<u32>() + first + last + u32::from(whole.0 + inner)))
}

#[timeout(secs = 1)]
async fn patterns_once((mut label, _): (String, u8), Point { mut names, .. }: Point) -> Result<String, Fault> {
    label.push('!');
    yield_now().await;
    names.push(label);
    Ok(names.concat())
}

#[cached]
fn patterns_of_a_key(
    (label, count): (String, u32),
    [low, high]: [u8; 2],
    mut list: Vec<u8>,
    slice: &[u8],
    text: &str,
) -> usize {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    assert_eq!(CALLS.fetch_add(1, SeqCst), 0, "kept");
    list.push(low + high);
    label.len() + count as usize + list.len() + slice.len() + text.len()
}

const fn point() -> Point {
    Point { x: 1, names: Vec::new(), rest: 9 }
}

/// BUG-H2, BUG-H4.
#[tokio::test(start_paused = true)]
async fn every_attempt_starts_from_the_values_of_the_caller() {
    let (flaky, mut sink) = (Flaky::failing(2), Vec::new());
    let tuple = || ("a".to_owned(), (vec![10], 0));
    let got = patterns_sync(&flaky, tuple(), point(), [2, 3, 4], &[5; 3], &mut sink, (6, 7), "e".into());
    assert_eq!((got, sink), (Ok(("ae".into(), 35)), vec![5, 5, 5]));

    let (flaky, mut sink) = (Flaky::failing(2), Vec::new());
    let got = send(patterns(&flaky, tuple(), point(), [2, 3, 4], &[5; 3], &mut sink, (6, 7))).await;
    assert_eq!((got, sink), (Ok(("a".into(), 30)), vec![5, 5, 5]));

    let Point { x, names, rest } = point();
    assert_eq!((x, names.len(), rest), (1, 0, 9));
    assert_eq!(send(patterns_once(("a".into(), 0), point())).await.unwrap(), "a!");
}

/// BUG-H4.
#[test]
fn a_key_includes_whole_patterns() {
    let call = || patterns_of_a_key(("a".into(), 1), [2, 3], vec![4], b"xy", "z");
    assert_eq!((call(), call()), (7, 7));
}

#[cached(key = (a, *b + 1))]
fn key_of_parts((a, b): (String, u32), _label: &str) -> String {
    format!("{a}{b}")
}

#[fallback(|error| Ok(format!("{a}{b}{error}")))]
fn answer_of_parts((a, b): (String, u32)) -> Result<String, String> {
    if a.len() > 5 { Ok(a) } else { Err(format!("!{b}")) }
}

#[test]
fn a_key_and_a_fallback_closure_see_what_a_pattern_binds() {
    assert_eq!(key_of_parts(("a".into(), 1), "one"), "a1");
    assert_eq!(key_of_parts(("a".into(), 1), "other"), "a1");
    assert_eq!(answer_of_parts(("a".into(), 1)).unwrap(), "a1!1");
}

#[retry(max = 3, backoff = "none")]
async fn mutable(flaky: &Flaky, mut count: u32, mut list: Vec<u32>) -> Result<(u32, Vec<u32>), Fault> {
    count += 1;
    list.push(count);
    yield_now().await;
    flaky.call()?;
    Ok((count, list))
}

#[timeout(secs = 1)]
#[circuit_breaker(allow(late_timeout))]
async fn mutable_once(mut count: u32, mut list: Vec<u32>) -> Result<(u32, Vec<u32>), Fault> {
    count += 1;
    yield_now().await;
    list.push(count);
    Ok((count, list))
}

#[circuit_breaker]
fn mutable_once_sync(mut count: u32, mut list: Vec<u32>) -> Result<(u32, Vec<u32>), Fault> {
    count += 1;
    list.push(count);
    Ok((count, list))
}

/// BUG-H2.
#[tokio::test(start_paused = true)]
async fn mutable_arguments_are_reset_for_each_attempt() {
    let expected = (6, vec![9, 6]);
    assert_eq!(send(mutable(&Flaky::failing(2), 5, vec![9])).await.unwrap(), expected);
    assert_eq!(send(mutable_once(5, vec![9])).await.unwrap(), expected);
    assert_eq!(mutable_once_sync(5, vec![9]).unwrap(), expected);
}

struct NotClone(u32);

async fn ignored_spare(_: &Flaky, number: u32, _: u8, text: String, (): ()) -> Result<String, Fault> {
    yield_now().await;
    Ok(format!("{number}{text}"))
}

#[fallback(ignored_spare)]
#[retry(max = 3, backoff = "none")]
async fn ignored(flaky: &Flaky, _: u32, _: u8, _unused: String, unit: ()) -> Result<String, Fault> {
    yield_now().await;
    flaky.call()?;
    let () = unit;
    Ok(String::new())
}

fn number_and_text(number: u8, text: &str) -> Option<String> {
    (number > 0).then(|| format!("{number}{text}"))
}

#[cached]
#[fallback(number_and_text)]
fn ignored_by_name(_number: u8, _text: &str) -> Option<String> {
    None
}

#[retry(max = 3, backoff = "none")]
fn ignored_and_not_clone(flaky: &Flaky, _: NotClone, _: &mut NotClone) -> Result<u32, Fault> {
    flaky.call()
}

/// BUG-H4, BUG-H29.
#[tokio::test]
async fn an_ignored_argument_reaches_the_fallback_and_needs_no_clone_otherwise() {
    assert_eq!(send(ignored(&Flaky::failing(2), 1, 2, "t".into(), ())).await.unwrap(), "");
    assert_eq!(ignored(&Flaky::failing(9), 1, 2, "t".into(), ()).await.unwrap(), "1t");
    assert_eq!(ignored_by_name(1, "t").unwrap(), "1t");
    assert_eq!(ignored_and_not_clone(&Flaky::failing(2), NotClone(0), &mut NotClone(1)).unwrap(), 3);
}

fn configured_spare(here: u32, _: u8) -> Option<u32> {
    (here < 1_000).then(|| here + 100)
}

#[cached]
#[fallback(configured_spare)]
#[retry(max = 3, backoff = "none")]
fn configured(
    #[cfg(not(test))] gone: NotClone,
    #[cfg(test)] here: u32,
    #[allow(unused_variables, reason = "not in this configuration")] only_elsewhere: u8,
    #[cfg(not(test))] (gone, too): (u8, u8),
) -> Option<u32> {
    #[cfg(not(test))]
    drop(gone);
    here.checked_sub(10)
}

#[timeout(secs = 1)]
async fn configured_once(#[cfg(not(test))] gone: &mut NotClone, #[cfg(test)] mut here: u32) -> Option<u32> {
    here += 1;
    yield_now().await;
    Some(here)
}

/// BUG-H5.
#[tokio::test]
async fn cfg_on_an_argument_is_honoured_everywhere() {
    assert_eq!((configured(11, 0), configured(1, 0)), (Some(1), Some(101)));
    assert_eq!(send(configured_once(1)).await, Some(2));
}

#[retry(max = 3, backoff = "none")]
async fn linted(
    flaky: &Flaky,
    #[expect(unused_variables, reason = "the lint belongs to the argument")] spare: String,
    #[allow(unused_mut, reason = "the lint belongs to the argument")] mut list: Vec<u32>,
) -> Result<Vec<u32>, Fault> {
    yield_now().await;
    flaky.call()?;
    Ok(list)
}

#[tokio::test]
async fn lint_levels_on_an_argument_are_honoured() {
    assert_eq!(linted(&Flaky::failing(2), String::new(), vec![1]).await.unwrap(), [1]);
}

fn r#else(r#type: String, r#mut: &mut Vec<u32>) -> Option<String> {
    r#mut.push(0);
    (!r#type.is_empty()).then_some(r#type)
}

#[fallback(r#else)]
#[retry(max = 1, backoff = "none")]
fn r#match(r#type: String, r#mut: &mut Vec<u32>) -> Option<String> {
    r#mut.push(1);
    (r#type == "raw").then_some(r#type)
}

#[cached(key = (r#type, r#ref), name = "raw")]
#[fallback(|()| Some(r#type))]
async fn r#async(r#type: String, r#ref: &str) -> Option<String> {
    yield_now().await;
    (r#type == r#ref).then_some(r#type)
}

#[allow(clippy::needless_pass_by_value, reason = "`share` is about arguments by value")]
#[retry(max = 2, backoff = "none", share(r#box))]
fn r#loop(flaky: &Flaky, r#box: NotClone) -> Result<u32, Fault> {
    flaky.call().map(|call| call + r#box.0)
}

#[cached(skip(r#ref))]
fn r#static(r#type: u8, r#ref: &str) -> String {
    r#type.to_string() + r#ref
}

/// BUG-H11.
#[tokio::test]
async fn raw_identifiers_work_like_any_other_name() {
    let mut sink = Vec::new();
    assert_eq!(r#match("raw".into(), &mut sink), Some("raw".into()));
    assert_eq!(r#match("cooked".into(), &mut sink), Some("cooked".into()));
    assert_eq!(sink, [1, 1, 1, 0]);
    assert_eq!(send(r#async("a".into(), "b")).await, Some("a".into()));
    assert_eq!(r#loop(&Flaky::failing(2), NotClone(4)), Ok(7));
    assert_eq!((&*r#static(1, "a"), &*r#static(1, "b")), ("1a", "1a"));
}

#[timeout(secs = 1)]
async fn optional(sink: Option<&mut Vec<u32>>, next: Box<dyn FnOnce() -> u32 + Send>) -> Option<usize> {
    yield_now().await;
    let sink = sink?;
    sink.push(next());
    Some(sink.len())
}

#[allow(clippy::mut_mut, reason = "the form is what is tested")]
#[retry(max = 2, backoff = "none")]
fn nested(flaky: &Flaky, sink: &mut &mut [u32], text: &mut str) -> Result<u32, Fault> {
    sink[0] += 1;
    text.make_ascii_uppercase();
    flaky.call()
}

#[tokio::test]
async fn references_inside_of_values_and_references_to_references_work() {
    assert_eq!(send(optional(Some(&mut vec![0]), Box::new(|| 1))).await, Some(2));
    let (mut numbers, mut text) = ([0], "a".to_owned());
    assert_eq!(nested(&Flaky::failing(2), &mut &mut numbers[..], &mut text), Ok(3));
    assert_eq!((numbers, &*text), ([3], "A"));
}
