//! The calls of a function that returns a stream end with the stream.

use futures_util::stream::{BoxStream, StreamExt, iter};
use resilience::{bulkhead, circuit_breaker, retry};

use crate::Seen;
use crate::common::{Answer, TestError, secs};

#[retry(max = 1, backoff = "none")]
fn ask(items: Vec<Answer>) -> BoxStream<'static, Answer> {
    iter(items)
        .then(|item| async {
            tokio::time::sleep(secs(1)).await;
            item
        })
        .boxed()
}

#[circuit_breaker(name = "streamed")]
#[bulkhead(name = "streamed", max = 1)]
async fn guarded(items: Vec<Answer>) -> Result<BoxStream<'static, Answer>, TestError> {
    Ok(iter(items).boxed())
}

#[tokio::test(start_paused = true)]
async fn a_call_lasts_until_its_stream_has_ended() {
    let seen = Seen::default();
    let _local = seen.here();
    let mut stream = ask(vec![Ok(1), Ok(2)]);
    assert_eq!(seen.lines(), Vec::<String>::new(), "nothing has run");
    assert_eq!(stream.next().await, Some(Ok(1)));
    assert_eq!(seen.lines(), ["attempts_total{ask} 1", "calls_in_progress{ask} 1"]);
    assert_eq!(stream.next().await, Some(Ok(2)));
    assert_eq!(stream.next().await, None);
    let lines = [
        "attempts_total{ask} 1",
        "call_duration_seconds{ask,ok} [2.0]",
        "calls_in_progress{ask} 0",
        "calls_total{ask,ok} 1",
    ];
    assert_eq!(seen.lines(), lines);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_fails_or_is_dropped_counts_as_such() {
    let seen = Seen::default();
    let _local = seen.here();
    let items: Vec<_> = ask(vec![Ok(1), Err(TestError::Transient)]).collect().await;
    assert_eq!(items.len(), 2);
    let mut dropped = ask(vec![Ok(1), Ok(2)]);
    assert_eq!(dropped.next().await, Some(Ok(1)));
    drop(dropped);
    let counts: Vec<String> = seen.lines().into_iter().filter(|line| !line.contains("seconds")).collect();
    let expected = [
        "attempts_total{ask} 2",
        "calls_in_progress{ask} 0",
        "calls_total{ask,cancelled} 1",
        "calls_total{ask,error} 1",
    ];
    assert_eq!(counts, expected);
}

#[tokio::test(start_paused = true)]
async fn the_metrics_of_its_gates_end_with_it() {
    let seen = Seen::default();
    let _local = seen.here();
    let mut stream = guarded(vec![Ok(1), Err(TestError::Transient)]).await.expect("there is room");
    assert_eq!(seen.told("bulkhead_running", "streamed").value, 1.0);
    while stream.next().await.is_some() {}
    assert_eq!(seen.told("bulkhead_running", "streamed").value, 0.0);
    let failures = seen.lines().into_iter().filter(|line| line.starts_with("breaker_calls_total")).collect::<Vec<_>>();
    assert_eq!(failures, ["breaker_calls_total{streamed,failure} 1"]);
}
