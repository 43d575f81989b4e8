//! Early returns, labels, nested items, bodies that never end.

use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use resilience::{cached, circuit_breaker, retry, timeout};
use tokio::task::yield_now;

use crate::{Fault, Flaky, send};

#[retry(max = 2, backoff = "none")]
async fn recursive(flaky: &Flaky, depth: u32) -> Result<u32, Fault> {
    if depth == 0 {
        return flaky.call();
    }
    Ok(1 + Box::pin(recursive(flaky, depth - 1)).await?)
}

#[retry(max = 2, backoff = "none")]
fn recursive_sync(flaky: &Flaky, depth: u32) -> Result<u32, Fault> {
    if depth == 0 {
        return flaky.call();
    }
    Ok(1 + recursive_sync(flaky, depth - 1)?)
}

#[tokio::test]
async fn a_function_may_call_itself() {
    assert_eq!(send(recursive(&Flaky::failing(2), 5)).await.unwrap(), 8);
    assert_eq!(recursive_sync(&Flaky::failing(2), 5).unwrap(), 8);
}

#[retry(max = 2, backoff = "none")]
async fn control_flow(flaky: &Flaky, numbers: Vec<u32>) -> Result<u32, Fault> {
    let capped = |x: u32| -> u32 {
        if x > 1 {
            return 10;
        }
        x
    };
    let mut sum = 0;
    'outer: for x in &numbers {
        let mut rounds = 2;
        loop {
            if *x == 9 {
                break 'outer;
            }
            if *x == 5 {
                continue 'outer;
            }
            rounds -= 1;
            if rounds == 0 {
                break;
            }
            yield_now().await;
        }
        sum += capped(*x);
    }
    let from_block = 'block: {
        if sum > 100 {
            break 'block 1;
        }
        async { 2 }.await
    };
    let Some(last) = numbers.last() else { return Err(Fault::Down) };
    flaky.call()?;
    if let Some(first) = numbers.first()
        && first < last
    {
        return Ok(sum + from_block);
    }
    Err(Fault::Down)
}

#[retry(max = 2, backoff = "none")]
fn control_flow_sync(flaky: &Flaky, numbers: &[u32]) -> Result<u32, Fault> {
    let mut limit = 2;
    let found = 'search: loop {
        for x in numbers {
            if *x > limit {
                break 'search *x;
            }
        }
        if limit == 0 {
            return Err(Fault::Down);
        }
        limit -= 1;
    };
    flaky.call()?;
    Ok(found)
}

/// BUG-H9.
#[tokio::test]
async fn early_returns_question_marks_and_labels_work_as_in_the_plain_function() {
    assert_eq!(send(control_flow(&Flaky::failing(2), vec![1, 2, 5, 9, 3, 7])).await.unwrap(), 13);
    assert_eq!(control_flow_sync(&Flaky::failing(2), &[1, 2, 3]).unwrap(), 3);
    let flaky = Flaky::failing(0);
    assert_eq!(control_flow_sync(&flaky, &[0]), Err(Fault::Down));
    assert_eq!(control_flow(&flaky, vec![]).await, Err(Fault::Down));
    assert_eq!(flaky.calls(), 0);
}

#[timeout(secs = 1)]
#[retry(max = 1)]
#[circuit_breaker(allow(late_timeout))]
async fn panics(number: u8) -> Option<u8> {
    panic!("here {number}")
}

#[retry(max = 1)]
fn panics_sync(number: u8) -> Option<u8> {
    panic!("here {number}")
}

#[timeout(secs = 2)]
async fn waits_for_ever(_held: String) -> Result<(), Fault> {
    std::future::pending::<()>().await;
    unreachable!("it waits for ever")
}

#[timeout(secs = 2)]
async fn loops_for_ever(mut calls: u64) -> Result<u32, Fault> {
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        calls += 1;
        if calls > 1_000 {
            return Ok(0);
        }
    }
}

#[retry(max = 1)]
async fn not_written_yet() -> Result<Vec<String>, Fault> {
    todo!()
}

#[retry(max = 1)]
async fn never_fails(number: u8) -> Result<u8, std::convert::Infallible> {
    yield_now().await;
    Ok(number)
}

#[retry(max = 1)]
fn never_fails_sync(number: u8) -> Result<u8, std::convert::Infallible> {
    Ok(number)
}

/// BUG-H9, BUG-H12.
#[tokio::test(start_paused = true)]
async fn bodies_that_never_end_or_never_fail_compile_without_a_warning() {
    assert!(tokio::spawn(panics(1)).await.unwrap_err().is_panic());
    assert!(tokio::spawn(not_written_yet()).await.unwrap_err().is_panic());
    assert!(std::panic::catch_unwind(|| panics_sync(1)).is_err());
    assert!(waits_for_ever(String::new()).await.unwrap_err().is_timeout());
    assert!(loops_for_ever(0).await.unwrap_err().is_timeout());
    assert_eq!((never_fails(1).await, never_fails_sync(2)), (Ok(1), Ok(2)));
}

/// Items and inner attributes stay in front.
#[retry(max = 2, backoff = "none")]
async fn items(flaky: &Flaky, mut number: u32) -> Result<u32, Fault> {
    #![allow(non_snake_case, reason = "an inner attribute is about the body")]
    use std::ops::Add as _;
    const ONE: u32 = 1;
    static CALLS: AtomicU32 = AtomicU32::new(0);
    #[derive(Debug)]
    struct Local(u32);
    impl Local {
        const fn get(&self) -> u32 {
            self.0
        }
    }
    macro_rules! twice {
        ($e:expr) => {
            $e + $e
        };
    }
    fn helper() -> Result<u32, Fault> {
        CALLS.fetch_add(1, SeqCst).checked_add(0).ok_or(Fault::Down)
    }
    let Odd = number.add(ONE);
    number = Local(Odd).get();
    yield_now().await;
    flaky.call()?;
    Ok(twice!(number) + helper()?)
}

#[retry(max = 2, backoff = "none")]
fn items_sync(flaky: &Flaky, mut number: u32) -> Result<u32, Fault> {
    #![allow(non_snake_case, reason = "an inner attribute is about the body")]
    const fn helper(number: u32) -> u32 {
        number + 1
    }
    let Odd = helper(number);
    number = Odd;
    flaky.call()?;
    Ok(number)
}

#[retry(max = 2, backoff = "none")]
fn inner_attribute_first(flaky: &Flaky) -> Result<u32, Fault> {
    #![allow(clippy::items_after_statements, reason = "an inner attribute is about the body")]
    let call = flaky.call()?;
    const TEN: u32 = 10;
    Ok(call + TEN)
}

/// BUG-H17.
#[tokio::test]
async fn nested_items_and_inner_attributes_stay_where_they_are() {
    assert_eq!(send(items(&Flaky::failing(2), 4)).await.unwrap(), 10);
    assert_eq!(items_sync(&Flaky::failing(2), 4).unwrap(), 5);
    assert_eq!(inner_attribute_first(&Flaky::failing(2)).unwrap(), 13);
}

#[retry(max = 2, backoff = "none")]
async fn consumes(flaky: &Flaky, list: Vec<u32>, text: String) -> Result<usize, Fault> {
    let handle = tokio::spawn(async move { list.into_iter().map(|x| x as usize).sum::<usize>() });
    let text = text;
    yield_now().await;
    flaky.call()?;
    Ok(handle.await.unwrap_or_default() + text.into_bytes().len())
}

#[tokio::test]
async fn a_body_may_consume_its_arguments_on_every_attempt() {
    assert_eq!(send(consumes(&Flaky::failing(2), vec![1, 2], "abc".into())).await.unwrap(), 6);
}

#[retry(max = 2, backoff = "none")]
#[circuit_breaker(failure_threshold = 100)]
async fn outer(flaky: &Flaky) -> Result<u32, Fault> {
    #[retry(max = 1, backoff = "none")]
    #[circuit_breaker(failure_threshold = 100)]
    async fn inner(flaky: &Flaky) -> Result<u32, Fault> {
        #[cached]
        fn innermost(number: u32) -> u32 {
            number + 100
        }
        yield_now().await;
        flaky.call().map(innermost)
    }
    if flaky.calls() < 2 {
        return flaky.call();
    }
    inner(flaky).await
}

#[tokio::test]
async fn an_annotated_function_may_be_nested_in_another() {
    assert_eq!(send(outer(&Flaky::failing(3))).await.unwrap(), 104);
}
