//! A stream that has begun goes on, and one that has not is not opened again.

use futures_util::stream::{self, BoxStream, StreamExt};
use resilience::{Error, begin_shutdown, bulkhead, fallback, retry};

use crate::common::{Counter, secs};
use crate::run;

type Chunks = BoxStream<'static, Result<u32, Error>>;

fn down() -> Error {
    Error::BulkheadFull { name: "theirs".into() }
}

async fn others(_: &Counter, _: bool) -> Result<Chunks, Error> {
    Ok(stream::iter([Ok(2)]).boxed())
}

#[fallback(others)]
#[retry(max = 3, base_delay = "1h", max_delay = "2h", jitter = false, allow(unbounded_retry))]
async fn chunks(opened: &Counter, fails: bool) -> Result<Chunks, Error> {
    opened.up();
    if fails { Err(down()) } else { Ok(stream::iter([Ok(1), Ok(1), Err(down())]).boxed()) }
}

#[bulkhead(name = "shutdown streams", max = 1)]
async fn guarded() -> Result<Chunks, Error> {
    Ok(stream::iter([Ok(1), Ok(1)])
        .then(|item| async {
            tokio::time::sleep(secs(5)).await;
            item
        })
        .boxed())
}

#[test]
fn no_second_opening_and_no_alternative_begin() {
    run(async {
        let opened = Counter::new();
        let (answer, ()) = tokio::join!(chunks(&opened, true), async {
            tokio::time::sleep(secs(1)).await;
            begin_shutdown();
        });
        assert_eq!((answer.err(), opened.get()), (Some(down()), 1));
        let items: Vec<_> = chunks(&opened, false).await.expect("it opens").collect().await;
        assert_eq!(items, [Ok(1), Ok(1), Err(down())]);
    });
}

#[test]
fn a_stream_in_progress_ends_by_itself() {
    run(async {
        let stream = guarded().await.expect("it opens");
        begin_shutdown();
        assert_eq!(stream.collect::<Vec<_>>().await, [Ok(1), Ok(1)]);
        assert_eq!(resilience::Bulkhead::named("shutdown streams").map(|places| places.snapshot().in_flight), Some(0));
    });
}
